//! The argument struct of a tracepoint, as bcc declares it.
//!
//! In: the text of a tracepoint's `format` file. Out: `struct tracepoint__CATEGORY__EVENT` in C,
//! with each field at the offset the kernel gives it. The fields all tracepoints share are hidden
//! behind `__do_not_use__`; a field of dynamic length is an `int data_loc_NAME`, or an unsigned one if
//! its offset counts from behind the field.

use super::header::Header;
use crate::attach::list::TracepointField;
use std::collections::HashSet;
use std::fmt::Write as _;

/// Bytes in front of a tracepoint's own fields that BPF programs may not read.
const HIDDEN: u64 = 8;

/// Integer types of formats: the name, its size, what C calls it.
const INTEGERS: [(&str, u64, &str); 36] = [
    ("bool", 1, "_Bool"),
    ("char", 1, "char"),
    ("signed char", 1, "signed char"),
    ("unsigned char", 1, "unsigned char"),
    ("short", 2, "short"),
    ("unsigned short", 2, "unsigned short"),
    ("int", 4, "int"),
    ("signed int", 4, "int"),
    ("unsigned", 4, "unsigned int"),
    ("unsigned int", 4, "unsigned int"),
    ("long", 8, "long"),
    ("unsigned long", 8, "unsigned long"),
    ("long long", 8, "long long"),
    ("unsigned long long", 8, "unsigned long long"),
    ("u8", 1, "unsigned char"),
    ("u16", 2, "unsigned short"),
    ("u32", 4, "unsigned int"),
    ("u64", 8, "unsigned long long"),
    ("s8", 1, "signed char"),
    ("s16", 2, "short"),
    ("s32", 4, "int"),
    ("s64", 8, "long long"),
    ("__u8", 1, "unsigned char"),
    ("__u16", 2, "unsigned short"),
    ("__u32", 4, "unsigned int"),
    ("__u64", 8, "unsigned long long"),
    ("__s8", 1, "signed char"),
    ("__s16", 2, "short"),
    ("__s32", 4, "int"),
    ("__s64", 8, "long long"),
    ("uint8_t", 1, "unsigned char"),
    ("uint16_t", 2, "unsigned short"),
    ("uint32_t", 4, "unsigned int"),
    ("uint64_t", 8, "unsigned long long"),
    ("pid_t", 4, "int"),
    ("size_t", 8, "unsigned long"),
];

/// A tracepoint's own fields.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Format {
    fields: Vec<Field>,
}

/// One field.
#[derive(Debug, PartialEq, Eq)]
struct Field {
    name: String,
    /// The type as the text has it.
    ty: String,
    shape: Shape,
    offset: u64,
    size: u64,
    signed: bool,
}

/// What the text says of a field's type.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    /// `int x`, `struct sockaddr x`
    Plain(String),
    /// `const char * x`: what stands before the stars, and the stars.
    Pointer(String, String),
    /// `char x[16]`: the type of an element and the number, if it is a number.
    Array(String, Option<u64>),
    /// `__data_loc char[] x`: offset from the start of the record, and length.
    DataLocation,
    /// `__rel_loc char[] x`: offset from behind the field, and length.
    RelativeLocation,
}

impl Format {
    /// Reads the text of a `format` file. Lines of an unknown form are left out.
    pub(crate) fn parse(text: &str) -> Self {
        let fields = text.lines().filter_map(parse_line);
        Self {
            fields: fields
                .filter(|field| !field.name.starts_with("common_"))
                .collect(),
        }
    }

    /// Tags and typedefs of the kernel that the named fields need.
    pub(crate) fn kernel_names<'a>(
        &'a self,
        members: &'a HashSet<&str>,
    ) -> impl Iterator<Item = &'a str> {
        let used = self
            .fields
            .iter()
            .filter(|field| members.contains(field.name.as_str()));
        used.filter_map(|field| match &field.shape {
            Shape::Plain(base) | Shape::Pointer(base, _) => Some(last_word(base)),
            Shape::Array(..) | Shape::DataLocation | Shape::RelativeLocation => None,
        })
    }

    /// The fields that programs can read, for people.
    pub(crate) fn listed(&self) -> impl Iterator<Item = TracepointField> {
        let shown = self.fields.iter().filter(|field| field.offset >= HIDDEN);
        shown.map(|field| TracepointField {
            name: field.name.clone(),
            ty: field.ty.clone(),
            offset: field.offset,
            size: field.size,
            signed: field.signed,
        })
    }

    /// Where each field is that the struct has.
    pub(crate) fn places(&self) -> impl Iterator<Item = (String, u64)> {
        let shown = self.fields.iter().filter(|field| field.offset >= HIDDEN);
        shown.map(|field| match field.shape {
            Shape::DataLocation | Shape::RelativeLocation => {
                (format!("data_loc_{}", field.name), field.offset)
            }
            _ => (field.name.clone(), field.offset),
        })
    }

    /// The struct in C, given what the header has.
    pub(crate) fn write(&self, category: &str, event: &str, header: &Header) -> String {
        let mut forwards = String::new();
        let mut body = String::from("\tunsigned long long __do_not_use__;\n");
        let mut end = HIDDEN;
        let mut natural = true;
        for (number, field) in self.fields.iter().enumerate() {
            if field.offset < end {
                // What overlaps with the hidden part cannot be read by a program anyway.
                continue;
            }
            if field.offset > end {
                let _ = writeln!(body, "\tchar __pad_{number}[{}];", field.offset - end);
            }
            let _ = writeln!(body, "\t{};", field.declare(header, &mut forwards));
            end = field.offset.saturating_add(field.size);
            natural &= field.size == 0 || field.offset % field.align() == 0;
        }
        let attributes = if natural {
            ""
        } else {
            " __attribute__((packed, aligned(8)))"
        };
        format!("{forwards}struct tracepoint__{category}__{event} {{\n{body}}}{attributes};\n")
    }
}

impl Field {
    /// The field's declaration in C, with the size the kernel gives whatever the text says.
    fn declare(&self, header: &Header, forwards: &mut String) -> String {
        let Self { name, size, .. } = self;
        match &self.shape {
            Shape::DataLocation => format!("int data_loc_{name}"),
            // The macros that copy what it stands for tell it by its type.
            Shape::RelativeLocation => format!("unsigned int data_loc_{name}"),
            Shape::Pointer(base, stars) if *size == 8 => {
                format!("{} {stars}{name}", pointee(base, header, forwards))
            }
            Shape::Plain(base) if header.tags.contains(last_word(base)) && is_tagged(base) => {
                format!("{base} {name}")
            }
            Shape::Array(element, len) => match element_type(element, *len, *size, self.signed) {
                Some((element, each)) => format!("{element} {name}[{}]", size / each),
                None => format!("unsigned char {name}[{size}]"),
            },
            Shape::Plain(base) | Shape::Pointer(base, _) => {
                match scalar(base, *size, self.signed) {
                    Some(integer) => format!("{integer} {name}"),
                    None => format!("unsigned char {name}[{size}]"),
                }
            }
        }
    }

    /// The alignment C gives the declared type, at most.
    fn align(&self) -> u64 {
        match &self.shape {
            Shape::Array(element, len) => {
                element_type(element, *len, self.size, self.signed).map_or(1, |(_, each)| each)
            }
            Shape::Plain(base) if is_tagged(base) => 8,
            _ if self.size.is_power_of_two() && self.size <= 8 => self.size,
            _ => 1,
        }
    }
}

/// Reads `field:int x; offset:8; size:4; signed:1;`, with tabs between the parts.
fn parse_line(line: &str) -> Option<Field> {
    let mut parts = line.trim().split(';').map(str::trim);
    let declaration = parts.next()?.strip_prefix("field:")?;
    let mut number = |key: &str| -> Option<u64> { parts.next()?.strip_prefix(key)?.parse().ok() };
    let (offset, size) = (number("offset:")?, number("size:")?);
    let signed = number("signed:").unwrap_or(0) == 1;
    let (name, shape) = parse_declaration(declaration)?;
    let (before, behind) = declaration.rsplit_once(&name)?;
    Some(Field {
        ty: format!("{}{}", before.trim_end(), behind.trim_start()),
        name,
        shape,
        offset,
        size,
        signed,
    })
}

/// Splits a declaration into its name and its type.
fn parse_declaration(text: &str) -> Option<(String, Shape)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (text, len) = match text.strip_suffix(']') {
        Some(text) => {
            let (text, len) = text.rsplit_once('[')?;
            (text.trim_end(), Some(len.trim().parse().ok()))
        }
        None => (text, None),
    };
    let before = text.trim_end_matches(is_word);
    let name = text[before.len()..].to_owned();
    let ty = before.trim().trim_start_matches("const ").trim();
    if name.is_empty() || ty.is_empty() {
        return None;
    }
    if ty.starts_with("__data_loc ") {
        return Some((name, Shape::DataLocation));
    }
    if ty.starts_with("__rel_loc ") {
        return Some((name, Shape::RelativeLocation));
    }
    let shape = match (len, ty.find('*')) {
        (Some(len), None) => Shape::Array(ty.to_owned(), len),
        (Some(len), Some(_)) => Shape::Array("unsigned long".to_owned(), len),
        (None, Some(star)) => {
            let stars: String = ty[star..].chars().filter(|c| *c == '*').collect();
            Shape::Pointer(ty[..star].trim().to_owned(), stars)
        }
        (None, None) => Shape::Plain(ty.to_owned()),
    };
    Some((name, shape))
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or(text)
}

fn is_tagged(base: &str) -> bool {
    base.starts_with("struct ") || base.starts_with("union ")
}

/// What a pointer points to: as written if C knows it by now, else `void`.
fn pointee(base: &str, header: &Header, forwards: &mut String) -> String {
    let (qualifier, plain) = match base.strip_prefix("const ").or(base.strip_suffix(" const")) {
        Some(plain) => ("const ", plain.trim()),
        None => ("", base),
    };
    if is_tagged(plain) && plain.split(' ').count() == 2 {
        let _ = writeln!(forwards, "{plain};");
        return base.to_owned();
    }
    let known = INTEGERS
        .iter()
        .find(|(name, ..)| *name == plain)
        .map(|(_, _, c)| *c);
    let known = known.or_else(|| header.names.contains(plain).then_some(plain));
    format!("{qualifier}{}", known.unwrap_or("void"))
}

/// The C type of an integer field: as the text says if that fits, else by size and sign.
fn scalar(base: &str, size: u64, signed: bool) -> Option<&'static str> {
    if let Some((_, _, c)) = INTEGERS
        .iter()
        .find(|(name, len, _)| *name == base && *len == size)
    {
        return Some(c);
    }
    let name = match (size, signed) {
        (1, false) => "u8",
        (1, true) => "s8",
        (2, false) => "u16",
        (2, true) => "s16",
        (4, false) => "u32",
        (4, true) => "s32",
        (8, false) => "u64",
        (8, true) => "s64",
        _ => return None,
    };
    INTEGERS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, _, c)| *c)
}

/// The C type of an array's elements, and their size.
fn element_type(
    element: &str,
    len: Option<u64>,
    size: u64,
    signed: bool,
) -> Option<(&'static str, u64)> {
    let known = INTEGERS
        .iter()
        .find(|(name, ..)| *name == element)
        .map(|(_, each, _)| *each);
    let each = known.or_else(|| size.checked_div(len?))?;
    let whole = each != 0 && size.is_multiple_of(each);
    let c = scalar(element, each, signed).filter(|_| whole)?;
    Some((c, each))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each form of a field the kernel's formats have, with what C gets.
    #[test]
    fn declares_fields() {
        let header = Header {
            names: HashSet::from(["gfp_t".to_owned()]),
            tags: HashSet::from(["in6_addr".to_owned()]),
            ..Header::default()
        };
        let cases = [
            ("int __syscall_nr", 4, 1, "int __syscall_nr"),
            ("const char * filename", 8, 0, "char *filename"),
            ("char comm[16]", 16, 0, "char comm[16]"),
            ("char prev_comm[TASK_COMM_LEN]", 16, 1, "char prev_comm[16]"),
            ("__u8 saddr[4]", 4, 0, "unsigned char saddr[4]"),
            ("unsigned long args[6]", 48, 0, "unsigned long args[6]"),
            ("__data_loc char[] name", 4, 1, "int data_loc_name"),
            ("__rel_loc char[] msg", 4, 0, "unsigned int data_loc_msg"),
            ("pid_t pid", 8, 1, "long long pid"),
            ("dev_t dev", 4, 0, "unsigned int dev"),
            ("bool success", 1, 0, "_Bool success"),
            ("enum tick_dep which", 4, 0, "unsigned int which"),
            ("struct sk_buff * skb", 8, 0, "struct sk_buff *skb"),
            ("const struct sock * const sk", 8, 0, "struct sock *sk"),
            ("gfp_t * flags", 8, 0, "gfp_t *flags"),
            ("foo_t * foo", 8, 0, "void *foo"),
            ("struct in6_addr addr", 16, 0, "struct in6_addr addr"),
            ("struct unknown thing", 24, 0, "unsigned char thing[24]"),
            ("char * const argv[2]", 16, 0, "unsigned long argv[2]"),
        ];
        for (text, size, signed, expected) in cases {
            let line = format!("\tfield:{text};\toffset:8;\tsize:{size};\tsigned:{signed};");
            let field = parse_line(&line).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                field.declare(&header, &mut String::new()),
                expected,
                "{text}"
            );
        }
    }

    /// Gaps become padding; what all tracepoints share is hidden.
    #[test]
    fn writes_the_struct() {
        let text = "name: x\nID: 7\nformat:\n\
            \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\
            \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\
            \tfield:int nr;\toffset:8;\tsize:4;\tsigned:1;\n\
            \tfield:struct file * f;\toffset:16;\tsize:8;\tsigned:0;\n\nprint fmt: \"%d\", REC->nr\n";
        let written = Format::parse(text).write("a", "b", &Header::default());
        let expected = "struct file;\nstruct tracepoint__a__b {\n\
            \tunsigned long long __do_not_use__;\n\tint nr;\n\tchar __pad_1[4];\n\
            \tstruct file *f;\n};\n";
        assert_eq!(written, expected);
    }

    /// Text that is no format gives no fields, and no panic.
    #[test]
    fn survives_other_text() {
        for text in [
            "",
            "field:",
            "field:int;",
            "field:x[;offset:1;size:2;signed:0;",
            "field:]; offset:0",
        ] {
            assert_eq!(Format::parse(text).fields, [], "{text}");
        }
    }
}
