//! The order of the sections of the emitted C file.
//!
//! In: the changed text and what it shares with Rust. Out: one C file for libbpf: includes, fixed
//! pieces, the text under `#line` marks of its own file, layout assertions, licence.

pub mod builtin;
pub mod readable;

use crate::program::{Member, TypeDef, TypeDefKind, TypeKeyword, TypeName};
use crate::source::SourceText;
use std::fmt::Write as _;

/// What goes into the file.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Where the text came from.
    pub source: &'a SourceText,
    /// The changed text.
    pub body: &'a str,
    /// Types whose layout is asserted.
    pub types: &'a [TypeDef],
    /// The licence; `None` if the text brings its own section.
    pub license: Option<&'a str>,
}

/// Headers of libbpf that every file includes.
const INCLUDES: &str = "#include \"vmlinux.h\"\n\
                        #include <bpf/bpf_helpers.h>\n\
                        #include <bpf/bpf_tracing.h>\n\
                        #include <bpf/bpf_core_read.h>\n\
                        #include <bpf/bpf_endian.h>\n\
                        #include \"bcc_prelude.h\"\n";

/// In front of the assertions about layouts.
const LAYOUT: &str = "\n#line 1 \"<layout>\"\n";
/// In front of the licence.
const LICENSE: &str = "\n#line 1 \"<license>\"\n";

/// Writes the file.
#[must_use]
pub fn write_file(parts: &Parts<'_>, defined: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(parts.body.len() + 1024);
    out.push_str(INCLUDES);
    for piece in builtin::needed(parts.body, defined) {
        out.push('\n');
        out.push_str(piece.text);
    }
    write_body(&mut out, parts);
    write_layout_assertions(&mut out, parts.types);
    if let Some(license) = parts.license {
        let _ = writeln!(
            out,
            "{LICENSE}char LICENSE[] SEC(\"license\") = {};",
            quote(license)
        );
    }
    out
}

/// The text, each line and column where it stands in the user's file.
fn write_body(out: &mut String, parts: &Parts<'_>) {
    let origin = parts.source.origin();
    let (preamble, body) = split_lines(parts.body, parts.source.preamble_lines());
    if !preamble.is_empty() {
        let _ = write!(out, "\n#line 1 \"<flags>\"\n{preamble}");
    }
    let _ = write!(
        out,
        "\n#line {} {}\n",
        origin.line,
        quote(parts.source.name())
    );
    let indent = origin.column.saturating_sub(1) as usize;
    // A directive may be indented, but nothing else may stand before it.
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(body);
    if !body.ends_with('\n') {
        out.push('\n');
    }
}

/// The first lines of a text, and the others.
fn split_lines(text: &str, lines: u32) -> (&str, &str) {
    let Some(last) = lines.checked_sub(1) else {
        return ("", text);
    };
    let mut ends = text.match_indices('\n');
    let end = ends.nth(last as usize).map_or(text.len(), |(at, _)| at + 1);
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The C side of the layout lock: the same numbers are asserted in the generated Rust.
fn write_layout_assertions(out: &mut String, types: &[TypeDef]) {
    let mut lines = String::new();
    for def in types.iter().filter(|def| is_nameable(&def.name)) {
        let name = &def.name;
        let _ = writeln!(
            lines,
            "_Static_assert(sizeof({name}) == {}, \"size of {name}\");",
            def.size
        );
        let (TypeDefKind::Struct(members) | TypeDefKind::Union(members)) = &def.kind else {
            continue;
        };
        for member in members {
            if let Some(offset) = asserted_offset(member) {
                let field = member.name.as_deref().unwrap_or("");
                let _ = writeln!(
                    lines,
                    "_Static_assert(__builtin_offsetof({name}, {field}) == {offset}, \"offset of {field} in {name}\");"
                );
            }
        }
    }
    if !lines.is_empty() {
        out.push_str(LAYOUT);
        out.push_str(&lines);
    }
}

/// Offset in bytes of a member that C can take the offset of.
fn asserted_offset(member: &Member) -> Option<u64> {
    let plain = member.name.is_some() && member.bit_width.is_none();
    plain.then_some(member.bit_offset / 8)
}

/// Whether C can name the type at file scope. Enums are left out: their size follows from their
/// constants, which stand in the same text.
fn is_nameable(name: &TypeName) -> bool {
    name.keyword != TypeKeyword::Enum && !name.name.contains("::")
}

/// A C string literal of `text`.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
