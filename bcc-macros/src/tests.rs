//! Expansions, parsed and checked by their structure.

use crate::expand::expand_module;
use crate::expand_program;
use crate::input::Header;
use crate::span_map::SpanMap;
use bcc_lang::program::{
    Global, GlobalSection, KernelNeeds, Map, MapKind, Member, Probe, ProbeKind, Program, Type,
    TypeDef, TypeDefKind, TypeKeyword, TypeName,
};
use bcc_lang::span::Span as TextSpan;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use std::collections::BTreeMap;

const HERE: TextSpan = TextSpan::new(0, 0);
const U8: Type = Type::Int { size: 1, signed: false };
const U32: Type = Type::Int { size: 4, signed: false };
const I32: Type = Type::Int { size: 4, signed: true };
const U64: Type = Type::Int { size: 8, signed: false };

fn type_name(keyword: TypeKeyword, name: &str) -> TypeName {
    TypeName { keyword, name: name.to_owned() }
}

fn tagged(name: &str) -> Type {
    Type::Named(type_name(TypeKeyword::Struct, name))
}

fn array(element: Type, len: u64) -> Type {
    Type::Array { element: Box::new(element), len }
}

fn member(name: &str, ty: Type, offset: u64) -> Member {
    let name = (!name.is_empty()).then(|| name.to_owned());
    Member { name, span: HERE, ty, bit_offset: offset * 8, bit_width: None }
}

fn bits(name: &str, ty: Type, bit_offset: u64, width: u32) -> Member {
    Member { bit_offset, bit_width: Some(width), ..member(name, ty, 0) }
}

fn record(name: &str, size: u64, align: u64, members: Vec<Member>) -> TypeDef {
    let kind = TypeDefKind::Struct(members);
    TypeDef { name: type_name(TypeKeyword::Struct, name), span: HERE, kind, size, align }
}

fn union(name: &str, size: u64, align: u64, members: Vec<Member>) -> TypeDef {
    TypeDef { kind: TypeDefKind::Union(members), ..record(name, size, align, Vec::new()) }
}

fn program(types: Vec<TypeDef>) -> Program {
    Program {
        code: "int x;".to_owned(),
        license: "GPL".to_owned(),
        maps: Vec::new(),
        probes: Vec::new(),
        types,
        globals: Vec::new(),
        needs: KernelNeeds::default(),
    }
}

/// The generated items, by the name they define; implementations by what they implement.
struct Module {
    items: BTreeMap<String, syn::Item>,
}

impl Module {
    fn of(program: &Program) -> Self {
        let header = Header {
            attributes: quote!(#[cfg(all())]),
            visibility: quote!(pub),
            name: Ident::new("opens", Span::call_site()),
        };
        let spans = SpanMap::single(Span::call_site());
        Self::parse(expand_module(&header, program, &spans, &TokenStream::new()))
    }

    fn parse(tokens: TokenStream) -> Self {
        let file: syn::File = syn::parse2(tokens).expect("the expansion is Rust");
        let module = file.items.into_iter().find_map(|item| match item {
            syn::Item::Mod(module) => Some(module),
            _ => None,
        });
        let (_, items) = module.and_then(|module| module.content).expect("there is a module");
        let items = items.into_iter().map(|item| (key(&item), item)).collect();
        Self { items }
    }

    fn item(&self, key: &str) -> &syn::Item {
        self.items.get(key).unwrap_or_else(|| panic!("`{key}` in {:?}", self.items.keys()))
    }

    /// Names and types of the fields of a struct.
    fn fields(&self, name: &str) -> Vec<(String, String)> {
        let syn::Item::Struct(item) = self.item(name) else { panic!("`{name}` is a struct") };
        let field = |field: &syn::Field| {
            (field.ident.as_ref().map(ToString::to_string).unwrap_or_default(), text(&field.ty))
        };
        item.fields.iter().map(field).collect()
    }

    /// What stands in `repr(..)`.
    fn repr(&self, name: &str) -> String {
        let syn::Item::Struct(item) = self.item(name) else { panic!("`{name}` is a struct") };
        let repr = item.attrs.iter().find(|attribute| attribute.path().is_ident("repr"));
        text(&repr.expect("a repr").meta.require_list().expect("a list").tokens)
    }

    /// Signatures of the methods in `impl name { .. }`.
    fn methods(&self, name: &str) -> Vec<String> {
        let Some(syn::Item::Impl(item)) = self.items.get(&format!("impl {name}")) else {
            return Vec::new();
        };
        let signature = |item: &syn::ImplItem| match item {
            syn::ImplItem::Fn(method) => text(&method.sig),
            syn::ImplItem::Const(constant) => text(&constant.ident),
            other => panic!("unexpected {}", text(other)),
        };
        item.items.iter().map(signature).collect()
    }
}

/// Names an item.
fn key(item: &syn::Item) -> String {
    match item {
        syn::Item::Struct(item) => item.ident.to_string(),
        syn::Item::Const(item) => item.ident.to_string(),
        syn::Item::Type(item) => item.ident.to_string(),
        syn::Item::Fn(item) => item.sig.ident.to_string(),
        syn::Item::Impl(item) => {
            let implemented = item.trait_.as_ref().map(|(path, _)| format!("{} for ", text(path)));
            format!("impl {}{}", implemented.unwrap_or_default(), text(&item.self_ty))
        }
        other => panic!("unexpected {}", text(other)),
    }
}

/// Tokens with no white space but what parts two words.
fn text(tokens: &impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut out = String::new();
    for word in spaced.split_whitespace() {
        if out.ends_with(is_word) && word.starts_with(is_word) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn pairs<'a>(list: &'a [(String, String)]) -> Vec<(&'a str, &'a str)> {
    list.iter().map(|(name, ty)| (name.as_str(), ty.as_str())).collect()
}

/// Every C type of a member, and padding where C has it.
#[test]
fn struct_fields() {
    let pointer = Type::Pointer(Box::new(Type::Void));
    let module = Module::of(&program(vec![record("data_t", 80, 8, vec![
        member("pid", U32, 0),
        member("ts", U64, 8),
        member("comm", array(Type::Char, 16), 16),
        member("addr", pointer, 32),
        member("ok", Type::Bool, 40),
        member("grid", array(array(I32, 2), 3), 44),
        member("type", Type::Char, 68),
        member("self", Type::Float { size: 4 }, 72),
        member("rest", array(U8, 0), 76),
    ])]));
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
        (record("s", 8, 4, vec![member("a", U8, 0), member("b", U32, 4)]), "C"),
        (record("s", 5, 1, vec![member("a", U8, 0), member("b", U32, 1)]), "C,packed(1)"),
        (record("s", 6, 2, vec![member("a", U8, 0), member("b", U32, 2)]), "C,packed(2)"),
        (record("s", 8, 8, vec![member("a", U32, 0), member("b", U32, 4)]), "C,align(8)"),
        (record("s", 32, 32, vec![member("a", U64, 0)]), "C,align(32)"),
        // Padding can carry the alignment.
        (record("s", 16, 16, vec![member("a", U64, 0)]), "C"),
        // One packed member among others, and packed together with aligned: bytes.
        (record("s", 16, 4, vec![member("a", U8, 0), member("b", U64, 1)]), "C"),
        (record("s", 66, 2, vec![member("o", tagged("over"), 2)]), "C"),
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
    let kind = TypeDefKind::Enum { signed: true, variants };
    let name = type_name(TypeKeyword::Enum, "color");
    let color_def = TypeDef { name, span: HERE, kind, size: 4, align: 4 };
    let members = vec![
        bits("x", I32, 0, 3),
        bits("", U32, 3, 2),
        bits("on", Type::Bool, 5, 1),
        bits("hue", color, 6, 9),
        member("n", U8, 2),
        bits("late", U32, 24, 8),
    ];
    let module = Module::of(&program(vec![color_def, record("s", 4, 4, members)]));
    let expected =
        [("_pad0", "[u32;0]"), ("_bytes0", "[u8;2]"), ("n", "u8"), ("_bytes1", "[u8;1]")];
    assert_eq!(pairs(&module.fields("S")), expected);
    assert_eq!(module.repr("S"), "C");
    let getters: Vec<String> =
        module.methods("S").into_iter().filter(|method| method.contains("(&self)")).collect();
    let expected =
        ["fn x(&self)->i32", "fn on(&self)->bool", "fn hue(&self)->Color", "fn late(&self)->u32"];
    assert_eq!(getters, expected);
    assert_eq!(module.methods("Color"), ["RED", "r#match"]);
    assert_eq!(module.repr("Color"), "transparent");
}

/// Members of anonymous structs stand in the struct around them, those of unions in its methods.
#[test]
fn anonymous_members() {
    let types = vec![
        record("s::0", 8, 4, vec![member("a", U32, 0), member("b", U32, 4)]),
        union("s::1", 8, 8, vec![member("v4", U32, 0), member("", tagged("s::0"), 0), member("v", U64, 0)]),
        record("s::2", 8, 8, vec![member("c", U64, 0)]),
        record("s", 24, 8, vec![
            member("pid", U32, 0),
            member("", tagged("s::1"), 8),
            member("", tagged("s::2"), 16),
        ]),
    ];
    let module = Module::of(&program(types));
    let expected = [("pid", "u32"), ("_pad0", "[u8;4]"), ("_bytes0", "[u64;1]"), ("c", "u64")];
    assert_eq!(pairs(&module.fields("S")), expected);
    let setters: Vec<String> =
        module.methods("S").into_iter().filter(|method| method.contains("&mut")).collect();
    let expected = [
        "fn set_v4(&mut self,value:u32)",
        "fn set_a(&mut self,value:u32)",
        "fn set_b(&mut self,value:u32)",
        "fn set_v(&mut self,value:u64)",
    ];
    assert_eq!(setters, expected);
    assert!(!module.items.contains_key("S1"), "an anonymous type is no type of its own");
}

/// Each kind of map and of program has its handle; unknown contents are bytes.
#[test]
fn handles() {
    let map = |name: &str, kind, key: Type, value, event| {
        Map { name: name.to_owned(), span: HERE, kind, key, value, event }
    };
    let probe = |name: &str, kind| Probe { name: name.to_owned(), span: HERE, kind };
    let section = ProbeKind::Section { name: "xdp".to_owned() };
    let program = Program {
        maps: vec![
            map("events", MapKind::PerfEventArray, I32, U32, Some(tagged("data_t"))),
            map("raw", MapKind::PerfEventArray, I32, U32, None),
            map("counts", MapKind::LruHash, U32, U64, None),
            map("type", MapKind::PercpuArray, I32, tagged("data_t"), None),
            map("per", MapKind::LruPercpuHash, Type::Unknown("x".to_owned()), U64, None),
            map("socks", MapKind::Hash, tagged("sock"), array(U64, 40), None),
            map("slots", MapKind::Array, I32, U64, None),
        ],
        probes: vec![probe("f", ProbeKind::Any), probe("loop", section)],
        ..program(vec![record("data_t", 4, 4, vec![member("a", U32, 0)])])
    };
    let module = Module::of(&program);
    let expected = [
        ("events", "::bcc_runtime::map::PerfEventArray<DataT>"),
        ("raw", "::bcc_runtime::map::PerfEventArray<::bcc_runtime::map::Bytes>"),
        ("counts", "::bcc_runtime::map::Hash<u32,u64>"),
        ("r#type", "::bcc_runtime::map::PercpuArray<DataT>"),
        ("per", "::bcc_runtime::map::PercpuHash<::bcc_runtime::map::Bytes,u64>"),
        ("socks", "::bcc_runtime::map::Hash<::bcc_runtime::map::Bytes,[u64;40]>"),
        ("slots", "::bcc_runtime::map::Array<u64>"),
    ];
    assert_eq!(pairs(&module.fields("Maps")), expected);
    let expected =
        [("f", "::bcc_runtime::program::Any"), ("r#loop", "::bcc_runtime::program::Section")];
    assert_eq!(pairs(&module.fields("Progs")), expected);
    let spec = text(module.item("impl ::bcc_runtime::__private::Module for Module"));
    assert!(spec.contains("loaded.map(\"type\")"), "{spec}");
    assert!(spec.contains("key_size:::core::option::Option::None"), "{spec}");
}

/// Only `const volatile` variables of known type can be set.
#[test]
fn consts() {
    let global = |name: &str, ty, section| Global { name: name.to_owned(), span: HERE, ty, section };
    let program = Program {
        globals: vec![
            global("target_pid", U32, GlobalSection::Rodata),
            global("count", U64, GlobalSection::Bss),
            global("sk", tagged("sock"), GlobalSection::Rodata),
        ],
        ..program(Vec::new())
    };
    assert_eq!(pairs(&Module::of(&program).fields("Consts")), [("target_pid", "u32")]);
}

/// Names of the text that are names of the module, twice the same one, and types that meet.
#[test]
fn clashes() {
    let one = |name: &str| record(name, 4, 4, vec![member("a", U32, 0)]);
    let module = Module::of(&program(vec![one("maps"), one("a_b"), one("aB"), one("a_b")]));
    for name in ["Maps_", "AB", "AB_"] {
        assert_eq!(pairs(&module.fields(name)), [("a", "u32")], "{name}");
    }
}

/// Layouts speak of the members of anonymous structs, at their place in the outermost one.
#[test]
fn layouts() {
    let types = vec![
        record("s::0", 8, 4, vec![bits("b", U32, 3, 5), member("c", U32, 4)]),
        record("s", 12, 4, vec![member("a", U32, 0), member("", tagged("s::0"), 4)]),
    ];
    let spec = text(Module::of(&program(types)).item("impl ::bcc_runtime::__private::Module for Module"));
    let borrowed = "::std::borrow::Cow::Borrowed";
    let row = |name: &str, offset: u64, size: u64| {
        format!("({borrowed}(\"{name}\"),{offset}u64,{size}u64)")
    };
    let rows = [row("a", 0, 32), row("b", 35, 5), row("c", 64, 32)].join(",");
    assert!(spec.contains(&format!("=&[{rows}];")), "{spec}");
    assert!(!spec.contains("s::0"), "C has no name for an anonymous struct");
}

/// The text of a real block goes all the way; its types and maps arrive.
#[test]
fn whole_block() {
    let input = "pub mod opens;
        struct data_t { u32 pid; u64 ts; };
        BPF_HASH(counts, u32, struct data_t);
        int f(struct pt_regs *ctx) { return 0; }";
    let module = Module::parse(expand_program(input.parse().expect("lexes")));
    assert_eq!(pairs(&module.fields("DataT")).len(), 3);
    assert_eq!(
        pairs(&module.fields("Maps")),
        [("counts", "::bcc_runtime::map::Hash<u32,DataT>")]
    );
    assert_eq!(pairs(&module.fields("Progs")), [("f", "::bcc_runtime::program::Registers")]);
}

/// All three forms of the same text give the same module.
#[test]
fn forms_agree() {
    let c = "struct data_t { u32 pid; }; BPF_ARRAY(a, struct data_t, 4);";
    let types = |input: String| {
        let module = Module::parse(expand_program(input.parse().expect("lexes")));
        (module.fields("DataT"), module.fields("Maps"))
    };
    let block = types(format!("mod a; {c}"));
    assert_eq!(types(format!("mod a; r#\"{c}\"#")), block);
    assert_eq!(types(format!("mod a; {c:?}")), block);
}

/// An error leaves the module and its names standing.
#[test]
fn errors_beside_the_module() {
    let table = [
        ("mod a; struct data_t { u32 pid; }; BPF_HASH(m, u32); BPF_HASH(m, u32);", 1),
        ("mod a; include_str!(\"no such file\")", 1),
        ("mod a int x;", 1),
        ("mod a; \"int x;\" y", 1),
    ];
    for (input, expected) in table {
        let tokens = expand_program(input.parse().expect("lexes"));
        let file: syn::File = syn::parse2(tokens).expect("the expansion is Rust");
        let is_error = |item: &&syn::Item| {
            matches!(item, syn::Item::Macro(call) if text(&call.mac.path) == "::core::compile_error")
        };
        assert_eq!(file.items.iter().filter(is_error).count(), expected, "{input}");
        let is_module = |item: &syn::Item| matches!(item, syn::Item::Mod(module) if module.ident == "a");
        assert!(file.items.iter().any(is_module), "{input}");
    }
}
