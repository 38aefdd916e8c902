//! Values by layouts made by hand; the real ones come from objects, in the tests on a kernel.

use super::layout::{ArrayLayout, EnumLayout, Field, Layout, RecordLayout};
use super::value::Value;
use crate::error::ErrorKind;
use crate::types::{Address, CharArray};
use std::sync::Arc;

const U8: Layout = int(1, false);
const U32: Layout = int(4, false);
const I64: Layout = int(8, true);

const fn int(size: usize, signed: bool) -> Layout {
    Layout::Int { size, signed }
}

fn field(name: &str, layout: Layout, byte: usize) -> Field {
    Field {
        name: Arc::from(name),
        layout,
        bit_offset: byte * 8,
        bits: None,
    }
}

fn bits(name: &str, layout: Layout, bit_offset: usize, width: u32) -> Field {
    Field {
        bit_offset,
        bits: Some(width),
        ..field(name, layout, 0)
    }
}

fn record(name: &str, is_union: bool, size: usize, fields: Vec<Field>) -> Layout {
    let name = Arc::from(name);
    Layout::Record(Arc::new(RecordLayout {
        name,
        is_union,
        size,
        fields,
    }))
}

fn color() -> Layout {
    let constants = [("RED", 1), ("GREEN", 2), ("NONE", -1)];
    Layout::Enum(Arc::new(EnumLayout {
        name: Arc::from("enum color"),
        size: 4,
        signed: true,
        constants: constants.map(|(name, n)| (Arc::from(name), n)).to_vec(),
    }))
}

fn array(element: Layout, len: usize) -> Layout {
    Layout::Array(Arc::new(ArrayLayout { element, len }))
}

/// `struct s { u32 id; char name[8]; enum color c; u8 low:3, high:5; u8 pair[2]; struct in in; }`
fn sample() -> Layout {
    let inner = record("struct in", false, 8, vec![field("n", I64, 0)]);
    let fields = vec![
        field("id", U32, 0),
        field("name", Layout::Text { len: 8 }, 4),
        field("c", color(), 12),
        bits("low", int(1, true), 128, 3),
        bits("high", U8, 131, 5),
        field("pair", array(U8, 2), 17),
        field("in", inner, 24),
    ];
    record("struct s", false, 32, fields)
}

fn sample_bytes() -> Vec<u8> {
    let mut bytes = vec![0; 32];
    bytes[..4].copy_from_slice(&7_u32.to_ne_bytes());
    bytes[4..8].copy_from_slice(b"bash");
    bytes[12..16].copy_from_slice(&(-1_i32).to_ne_bytes());
    bytes[16] = 0b1111_1110;
    bytes[17..19].copy_from_slice(&[3, 4]);
    bytes[24..].copy_from_slice(&(-5_i64).to_ne_bytes());
    bytes
}

/// Every kind of member is read, and the value makes the same bytes again.
#[test]
fn structs_survive_the_way_there_and_back() {
    let value = sample().decode(&sample_bytes()).unwrap();
    assert_eq!(value["id"], 7);
    assert_eq!(value["name"], "bash");
    assert_eq!(value["c"], "NONE");
    assert_eq!(value["c"], -1);
    assert_eq!(value["low"], -2);
    assert_eq!(value["high"], 31_u8);
    assert_eq!(value["pair"][1], 4);
    assert_eq!(value["in"]["n"], -5);
    let what = || "the value".to_owned();
    assert_eq!(sample().encode(&value, what).unwrap(), sample_bytes());
    let shown = "{id: 7, name: \"bash\", c: NONE, low: -2, high: 31, pair: [3, 4], in: in {n: -5}}";
    let expected = shown.replace("in {n: -5}", "struct in { n: -5 }");
    assert_eq!(value.to_string(), expected);
}

/// Short bytes are an error, whatever they hold; long ones are fine, as events are padded.
#[test]
fn any_bytes_are_answered() {
    let layout = sample();
    for len in 0..32 {
        let error = layout.decode(&vec![0xff; len]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let expected = format!("the value takes 32 bytes, there are {len}");
        assert_eq!(error.to_string(), expected);
    }
    let value = layout.decode(&[0xff; 40]).unwrap();
    assert_eq!(value["id"], u32::MAX);
    assert_eq!(value["name"].as_str(), None);
    assert_eq!(value["name"].to_string(), "\u{fffd}".repeat(8));
}

/// Integers of all sizes keep their value and sign.
#[test]
fn integers_of_all_sizes() {
    for size in [1, 2, 4, 8, 16] {
        let value = int(size, true).decode(&[0xff; 16]).unwrap();
        assert_eq!(value, -1, "{size}");
        let value = int(size, false).decode(&[0xff; 16]).unwrap();
        let unused = 128 - 8 * u32::try_from(size).unwrap();
        assert_eq!(value, u128::MAX >> unused, "{size}");
    }
    let what = || "it".to_owned();
    let most = i128::MIN.to_ne_bytes();
    let value = int(16, true).decode(&most).unwrap();
    assert_eq!(int(16, true).encode(&value, what).unwrap(), most);
    assert!(int(16, true).encode(&u128::MAX.into(), what).is_err());
}

/// What does not fit is named, with its place.
#[test]
fn misfits_name_the_member() {
    let table: [(Value, &str); 9] = [
        (
            Value::record([("id", -1)]),
            "`id` of `struct s`: `-1`, an integer, does not fit into an unsigned integer of 32 bits",
        ),
        (
            Value::record([("nane", "x")]),
            "`struct s` has no field `nane`; nearest names: `name`",
        ),
        (
            Value::record([("name", "too long for it")]),
            "`name` of `struct s`: a text has 15 bytes, a text of up to 8 bytes takes 8",
        ),
        (
            Value::record([("c", "BLUE")]),
            "`c` of `struct s`: `enum color` has no constant `BLUE`",
        ),
        (
            Value::record([("low", 4)]),
            "`low` of `struct s`: `4` does not fit into a bit-field of 3 bits",
        ),
        (
            Value::record([("pair", [1, 300])]),
            "`pair[1]` of `struct s`: `300`, an integer, does not fit into an unsigned integer of 8 bits",
        ),
        (
            Value::record([("in", Value::record([("n", "x")]))]),
            "`in.n` of `struct s`: `x`, a text, does not fit into a signed integer of 64 bits",
        ),
        ((1, "a").into(), "it has 7 members, 2 are given"),
        (
            5.into(),
            "a value by names of members is needed, not an integer",
        ),
    ];
    for (value, expected) in table {
        let error = sample().encode(&value, || "the key".to_owned());
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let expected = format!("the key cannot be made: {expected}");
        assert_eq!(error.to_string(), expected);
    }
}

/// A struct is made of names, of its members in order, or of its only member.
#[test]
fn structs_are_made_in_three_ways() {
    let layout = record(
        "struct key",
        false,
        16,
        vec![field("pid", U32, 0), field("n", I64, 8)],
    );
    let what = || "the key".to_owned();
    let by_name = Value::record([("n", 2), ("pid", 1)]);
    let bytes = layout.encode(&by_name, what).unwrap();
    assert_eq!(layout.encode(&(1, 2).into(), what).unwrap(), bytes);
    let single = record("struct one", false, 8, vec![field("n", I64, 0)]);
    let bytes = single.encode(&7.into(), what).unwrap();
    assert_eq!(bytes, 7_i64.to_ne_bytes());
}

/// A union is seen as each member, and made of one, or of several that agree.
#[test]
fn unions() {
    let layout = record(
        "union u",
        true,
        8,
        vec![field("low", U32, 0), field("all", I64, 0)],
    );
    let what = || "the value".to_owned();
    let bytes = 0x1_0000_0007_i64.to_ne_bytes();
    let value = layout.decode(&bytes).unwrap();
    assert_eq!(
        (&value["low"], &value["all"]),
        (&7.into(), &0x1_0000_0007_i64.into())
    );
    assert_eq!(layout.encode(&value, what).unwrap(), bytes);
    let both = Value::record([("low", 1), ("all", 2)]);
    let error = layout.encode(&both, what).unwrap_err();
    let expected = "the value cannot be made: `all` of `union u`: another member of the union says \
                    otherwise; give one of them only";
    assert_eq!(error.to_string(), expected);
}

/// Scalars print with width and alignment, as their Rust counterparts.
#[test]
fn prints() {
    let text = Value::from("ab");
    assert_eq!(format!("{text:<4}|{text:>4}|{text:?}"), "ab  |  ab|\"ab\"");
    let number = Value::from(-7);
    assert_eq!(format!("{number:>4}|{number:04}"), "  -7|-007");
    assert_eq!(format!("{:x}", Value::from(255)), "ff");
    assert_eq!(Value::from(Address(16)).to_string(), "0x10");
    assert_eq!(Value::from(true).to_string(), "true");
    assert_eq!(Value::Bytes(vec![1, 0xab]).to_string(), "01 ab");
    assert_eq!(format!("{:>8}", Value::from([1, 2])), "  [1, 2]");
}

/// Numbers come out as Rust's, if they fit.
#[test]
fn converts() {
    let value = Value::from(300);
    assert_eq!(u16::try_from(&value).unwrap(), 300);
    let error = u8::try_from(&value).unwrap_err();
    assert_eq!(error.to_string(), "`300`, an integer, is no `u8`");
    assert!(u64::try_from(&Value::from("7")).is_err());
    assert_eq!(Value::from(7_u8), Value::from(7_i64));
    assert_ne!(Value::from(u64::MAX), Value::from(-1));
    assert_eq!(Value::from(CharArray(*b"ab\0\0")), Value::from("ab"));
    assert_eq!(Value::PerCpu(vec![1.into(), 5.into()]).sum(), Some(6));
    assert_eq!(Value::PerCpu(vec![1.into(), 6.into()]).average(), Some(3));
    assert_eq!(Value::from(vec![1, 6]).max(), Some(6));
}

/// A field that is not there panics with the nearest names; `get` does not.
#[test]
#[should_panic(expected = "`struct s` has no field `nme`; nearest names: `name`")]
fn a_wrong_name_is_told() {
    let value = sample().decode(&sample_bytes()).unwrap();
    assert!(value.get("nme").is_none());
    assert_eq!(value["nme"], 0);
}
