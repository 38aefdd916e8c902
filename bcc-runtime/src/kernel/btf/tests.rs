//! Small blobs of BTF, whole and damaged.

use super::{Btf, Kind};
use crate::kernel::header::{Places, Wanted, write};
use std::collections::HashSet;
use zerocopy::IntoBytes as _;

/// Names `int`, `a`, `s`, `b`, `c<`, at 1, 5, 7, 9, 11.
const NAMES: &[u8; 14] = b"\0int\0a\0s\0b\0c<\0";

/// BTF from the words of its types.
fn btf(types: &[u32]) -> Vec<u8> {
    let len = u32::try_from(types.len() * 4).expect("it is small");
    let names_len = u32::try_from(NAMES.len()).expect("it is small");
    let header = [0x0001_eb9f, 24, 0, len, len, names_len];
    let words: Vec<u32> = header.iter().chain(types).copied().collect();
    [words.as_bytes(), NAMES].concat()
}

/// `int`, `struct s { int a; int b : 3; }`, `typedef struct s a`, `int [3]`.
const TYPES: [u32; 23] = [
    1,
    1 << 24,
    4,
    1 << 24 | 32, // 1: int
    7,
    0x8400_0002,
    8,
    5,
    1,
    0,
    9,
    1,
    3 << 24 | 32, // 2: struct s
    5,
    8 << 24,
    2, // 3: typedef
    0,
    3 << 24,
    0,
    1,
    1,
    3, // 4: array
    0, // cut off below
];

/// Types, members, bit-fields, typedefs and sizes of a small blob.
#[test]
fn reads_types() {
    let btf = Btf::from_bytes(&btf(&TYPES[..22])).expect("it is in order");
    assert_eq!(btf.ids(), 1..5);
    assert_eq!(btf.declared(), [2, 3]);
    let (id, ty) = btf.resolve(3).expect("a struct");
    assert_eq!((id, ty.kind, btf.name(ty.name)), (2, Kind::Struct, "s"));
    let members: Vec<_> = ty.members().collect();
    assert_eq!(btf.name(members[0].name), "a");
    assert_eq!((members[1].bit_offset, members[1].bits), (32, 3));
    assert_eq!(btf.size(4).expect("an array"), 12);
    assert!(btf.get(1).expect("int").int().expect("int").signed);
}

/// What is cut off, or refers to nothing, or is of a kind nobody knows, is an error.
#[test]
fn refuses_damage() {
    let whole = btf(&TYPES[..22]);
    let cases: [(&[u8], &str); 5] = [
        (b"", "the header is cut off"),
        (&[0; 64], "magic number"),
        (&whole[..whole.len() - 1], "names are cut off"),
        (&btf(&TYPES), "last type is cut off"),
        (
            &btf(&[0, 31 << 24, 0]),
            "kind 31, which only newer versions know",
        ),
    ];
    for (bytes, expected) in cases {
        let error = Btf::from_bytes(bytes).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
    let lost = Btf::from_bytes(&btf(&[5, 8 << 24, 77])).expect("the walk is in order");
    assert!(lost.resolve(1).is_err());
    let circle = Btf::from_bytes(&btf(&[5, 8 << 24, 1])).expect("the walk is in order");
    assert!(circle.resolve(1).is_err());
}

/// Random damage anywhere: an answer or an error, never a panic and never a hang.
#[test]
fn survives_random_damage() {
    let whole = btf(&TYPES[..22]);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..=next(3) {
            let (at, value) = (next(bytes.len()), next(256));
            bytes[at] = u8::try_from(value).unwrap_or(0);
        }
        bytes.truncate(whole.len() - next(3) * next(8));
        let Ok(btf) = Btf::from_bytes(&bytes) else {
            continue;
        };
        walk(&btf);
    }
}

/// Uses everything there is to use, and writes a header of it all.
fn walk(btf: &Btf) {
    let names = ["int", "a", "s", "b"].into_iter().collect::<HashSet<_>>();
    for id in btf.ids() {
        drop(btf.size(id));
        if let Ok((_, ty)) = btf.resolve(id) {
            let count = ty.members().count() + ty.enumerators().count();
            assert!(count < 1_000_000);
        }
    }
    drop(write(
        btf,
        &Wanted {
            names: names.clone(),
            members: names,
            ..Wanted::default()
        },
    ));
}

/// Types in another order give the same header.
#[test]
fn the_order_does_not_show() {
    let tagged = [7, 6 << 24 | 1, 4, 5, 1];
    let nameless = [0, 6 << 24 | 1, 4, 9, 2];
    let wanted = Wanted {
        names: HashSet::from(["a", "b"]),
        ..Wanted::default()
    };
    let header = |types: [[u32; 5]; 2]| {
        let btf = Btf::from_bytes(&btf(types.as_flattened())).expect("it is in order");
        write(&btf, &wanted).expect("a header").text
    };
    let text = header([tagged, nameless]);
    assert_eq!(text, header([nameless, tagged]));
    assert_eq!(text, "enum s { a = 1, };\nenum { b = 2, };\n");
}

/// What is defined anyhow stays out of an enum without a tag, if it is the same.
#[test]
fn known_numbers_stay_out() {
    let header = |types: [u32; 5], known| {
        let btf = Btf::from_bytes(&btf(&types)).expect("it is in order");
        let wanted = Wanted {
            names: HashSet::from(["b"]),
            known: [("b", known)].into(),
            ..Wanted::default()
        };
        write(&btf, &wanted).expect("a header").text
    };
    let nameless = [0, 6 << 24 | 1, 4, 9, 2];
    assert_eq!(header(nameless, 2), "");
    assert_eq!(header(nameless, 3), "enum { b = 2, };\n");
    assert_eq!(header([7, 6 << 24 | 1, 4, 9, 2], 2), "enum s { b = 2, };\n");
}

/// A struct comes for its tag, and not for a word that is the same.
#[test]
fn words_are_no_tags() {
    let btf = Btf::from_bytes(&btf(&TYPES[..22])).expect("it is in order");
    let of_word = Wanted {
        names: HashSet::from(["s"]),
        ..Wanted::default()
    };
    assert_eq!(write(&btf, &of_word).expect("a header").text, "");
    let of_tag = Wanted {
        tags: HashSet::from(["s"]),
        ..Wanted::default()
    };
    let text = write(&btf, &of_tag).expect("a header").text;
    assert!(text.starts_with("struct s;\nstruct s {\n"), "{text}");
}

/// What libbpf might take for another type is said: names that the kernel has twice, also where the
/// program has the name and the type another one, and names that C does not have.
#[test]
fn names_that_are_no_certain_ones_are_told() {
    let int = [1, 1 << 24, 4, 1 << 24 | 32];
    let struct_of = |name| [name, 4 << 24 | 1, 4, 5, 1, 0];
    let typedef = [9, 8 << 24, 2];
    let ambiguous = |types: &[&[u32]], wanted: Wanted<'_>| {
        let btf = Btf::from_bytes(&btf(&types.concat())).expect("it is in order");
        let wanted = Wanted {
            members: HashSet::from(["a"]),
            places: Places::Apart(8),
            ..wanted
        };
        let header = write(&btf, &wanted).expect("a header");
        header.ambiguous.into_iter().collect::<Vec<_>>()
    };
    let tag = || Wanted {
        tags: HashSet::from(["s"]),
        ..Wanted::default()
    };
    assert!(ambiguous(&[&int, &struct_of(7)], tag()).is_empty());
    assert_eq!(
        ambiguous(&[&int, &struct_of(7), &struct_of(7)], tag()),
        ["s"]
    );
    let name = || Wanted {
        names: HashSet::from(["b"]),
        own: HashSet::from(["b"]),
        ..Wanted::default()
    };
    assert!(ambiguous(&[&int, &struct_of(7), &typedef], name()).is_empty());
    let twice: [&[u32]; 4] = [&int, &struct_of(7), &typedef, &typedef];
    assert_eq!(ambiguous(&twice, name()), ["b"]);
    // `c<`, as Rust code in the kernel names types.
    let rust = ambiguous(
        &[&int, &struct_of(11), &typedef],
        Wanted {
            own: HashSet::new(),
            ..name()
        },
    );
    assert_eq!(rust, ["__bcc_type_1"]);
}
