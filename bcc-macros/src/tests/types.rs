//! Generated structs, unions and enums.

use super::*;

/// Every C type of a member, and padding where C has it.
#[test]
fn struct_fields() {
    let pointer = Type::Pointer(Box::new(Type::Void));
    let module = Module::of(&program(vec![record(
        "data_t",
        80,
        8,
        vec![
            member("pid", U32, 0),
            member("ts", U64, 8),
            member("comm", array(Type::Char, 16), 16),
            member("addr", pointer, 32),
            member("ok", Type::Bool, 40),
            member("grid", array(array(I32, 2), 3), 44),
            member("type", Type::Char, 68),
            member("self", Type::Float { size: 4 }, 72),
            member("rest", array(U8, 0), 76),
        ],
    )]));
    let expected = [
        ("pid", "u32"),
        ("_pad0", "[u8;4]"),
        ("ts", "u64"),
        ("comm", "::bcc_runtime::types::CharArray<16>"),
        ("addr", "::bcc_runtime::types::Address"),
        ("ok", "::bcc_runtime::types::Bool"),
        ("_pad1", "[u8;3]"),
        ("grid", "[[i32;2];3]"),
        ("r#type", "i8"),
        ("_pad2", "[u8;3]"),
        ("self_", "f32"),
        ("_pad3", "[u8;4]"),
    ];
    assert_eq!(pairs(&module.fields("DataT")), expected);
    assert_eq!(module.repr("DataT"), "C");
}

/// A field of the text keeps its name, even one that padding would like to have.
#[test]
fn padding_gives_way() {
    let members = vec![member("_pad0", U8, 0), member("x", U32, 4)];
    let module = Module::of(&program(vec![record("s", 8, 4, members)]));
    assert_eq!(pairs(&module.fields("S"))[1].0, "_pad0_");
}

/// Each way in which C can place members finds the `repr` that does the same.
#[test]
fn representations() {
    let over = record("over", 64, 64, vec![member("a", U32, 0)]);
    let table = [
        (
            record("s", 8, 4, vec![member("a", U8, 0), member("b", U32, 4)]),
            "C",
        ),
        (
            record("s", 5, 1, vec![member("a", U8, 0), member("b", U32, 1)]),
            "C,packed(1)",
        ),
        (
            record("s", 6, 2, vec![member("a", U8, 0), member("b", U32, 2)]),
            "C,packed(2)",
        ),
        (
            record("s", 8, 8, vec![member("a", U32, 0), member("b", U32, 4)]),
            "C,align(8)",
        ),
        (
            record("s", 32, 32, vec![member("a", U64, 0)]),
            "C,align(32)",
        ),
        // Padding can carry the alignment.
        (record("s", 16, 16, vec![member("a", U64, 0)]), "C"),
        // One packed member among others, and packed together with aligned: bytes.
        (
            record("s", 16, 4, vec![member("a", U8, 0), member("b", U64, 1)]),
            "C",
        ),
        (
            record("s", 66, 2, vec![member("o", tagged("over"), 2)]),
            "C",
        ),
        (record("s", 0, 8, vec![]), "C,align(8)"),
        (record("s", 0, 1, vec![]), "C"),
    ];
    for (def, expected) in table {
        let described = format!("{def:?}");
        let module = Module::of(&program(vec![over.clone(), def]));
        assert_eq!(module.repr("S"), expected, "{described}");
    }
}

/// What no `repr` can express becomes aligned bytes with accessors.
#[test]
fn odd_layouts() {
    let members = vec![member("a", U8, 0), member("b", U64, 1)];
    let module = Module::of(&program(vec![record("s", 16, 4, members)]));
    assert_eq!(pairs(&module.fields("S")), [("_bytes0", "[u32;4]")]);
    let methods = [
        "fn a(&self)->u8",
        "fn set_a(&mut self,value:u8)",
        "fn b(&self)->u64",
        "fn set_b(&mut self,value:u64)",
    ];
    assert_eq!(module.methods("S"), methods);
}

/// Bit-fields share bytes, and their accessors speak the declared type.
#[test]
fn bit_fields() {
    let color = Type::Named(type_name(TypeKeyword::Enum, "color"));
    let variants = vec![("RED".to_owned(), -1), ("match".to_owned(), 2)];
    let kind = TypeDefKind::Enum {
        signed: true,
        variants,
    };
    let name = type_name(TypeKeyword::Enum, "color");
    let color_def = TypeDef {
        name,
        span: HERE,
        kind,
        size: 4,
        align: 4,
    };
    let members = vec![
        bits("x", I32, 0, 3),
        bits("", U32, 3, 2),
        bits("on", Type::Bool, 5, 1),
        bits("hue", color, 6, 9),
        member("n", U8, 2),
        bits("late", U32, 24, 8),
    ];
    let module = Module::of(&program(vec![color_def, record("s", 4, 4, members)]));
    let expected = [
        ("_pad0", "[u32;0]"),
        ("_bytes0", "[u8;2]"),
        ("n", "u8"),
        ("_bytes1", "[u8;1]"),
    ];
    assert_eq!(pairs(&module.fields("S")), expected);
    assert_eq!(module.repr("S"), "C");
    let getters: Vec<String> = module
        .methods("S")
        .into_iter()
        .filter(|method| method.contains("(&self)"))
        .collect();
    let expected = [
        "fn x(&self)->i32",
        "fn on(&self)->bool",
        "fn hue(&self)->Color",
        "fn late(&self)->u32",
    ];
    assert_eq!(getters, expected);
    assert_eq!(module.methods("Color"), ["RED", "r#match"]);
    assert_eq!(module.repr("Color"), "transparent");
}

/// Members of anonymous structs stand in the struct around them, those of unions in its methods.
#[test]
fn anonymous_members() {
    let types = vec![
        record("s::0", 8, 4, vec![member("a", U32, 0), member("b", U32, 4)]),
        union(
            "s::1",
            8,
            8,
            vec![
                member("v4", U32, 0),
                member("", tagged("s::0"), 0),
                member("v", U64, 0),
            ],
        ),
        record("s::2", 8, 8, vec![member("c", U64, 0)]),
        record(
            "s",
            24,
            8,
            vec![
                member("pid", U32, 0),
                member("", tagged("s::1"), 8),
                member("", tagged("s::2"), 16),
            ],
        ),
    ];
    let module = Module::of(&program(types));
    let expected = [
        ("pid", "u32"),
        ("_pad0", "[u8;4]"),
        ("_bytes0", "[u64;1]"),
        ("c", "u64"),
    ];
    assert_eq!(pairs(&module.fields("S")), expected);
    let setters: Vec<String> = module
        .methods("S")
        .into_iter()
        .filter(|method| method.contains("&mut"))
        .collect();
    let expected = [
        "fn set_v4(&mut self,value:u32)",
        "fn set_a(&mut self,value:u32)",
        "fn set_b(&mut self,value:u32)",
        "fn set_v(&mut self,value:u64)",
    ];
    assert_eq!(setters, expected);
    assert!(
        !module.items.contains_key("S1"),
        "an anonymous type is no type of its own"
    );
}
