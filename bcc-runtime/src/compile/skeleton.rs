//! What of a program's text decides which kernel headers it includes.
//!
//! In: the rewritten C, where each `#include <...>` has become a comment, and what to include. Out: [`Skeleton`], the same
//! text with nothing left but preprocessor lines, and those comments turned back. It is compiled
//! in front of everything else, because headers must not see our own macros; line numbers stay.

use super::words::words;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How the front end writes an `#include` it has taken out.
const COMMENTED: &str = "/* #include ";
/// Lines that are kept wherever they are: without them the rest would not fit together.
const ALWAYS: [&str; 7] = ["if", "ifdef", "ifndef", "elif", "else", "endif", "line"];
/// Headers that are not the kernel's, and what of the kernel's they include in turn: what else
/// they have is there anyway.
const OURS: [(&str, &str); 4] = [
    ("bcc/proto.h", "<uapi/linux/if_ether.h>"),
    ("bcc/", ""),
    ("bpf/", ""),
    ("vmlinux.h", ""),
];
/// Lines that are kept as long as an `#include` may follow.
const BEFORE_INCLUDES: [&str; 3] = ["define", "undef", "error"];

/// A part of the text that starts at a line.
enum Piece<'a> {
    /// `#include <path>`
    Include(&'a str),
    /// A preprocessor line with its continuation lines, and its word.
    Directive(&'a str, String),
    Other,
}

/// The preprocessor lines of a program, as far as its includes depend on them.
pub(super) fn skeleton(source: &str, includes: &[impl AsRef<str>]) -> String {
    let pieces = pieces(source, includes);
    let last = pieces
        .iter()
        .rposition(|piece| matches!(piece, Piece::Include(_)));
    let Some(last) = last else {
        return String::new();
    };
    let mut out = String::new();
    let mut defined = BTreeSet::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Include(path) => {
                let path = kernel_header(path);
                if !path.is_empty() {
                    let _ = write!(out, "#include {path}");
                }
            }
            Piece::Directive(word, text) => {
                let early = at < last && BEFORE_INCLUDES.contains(word);
                if early && *word == "define" {
                    defined.extend(words(text).nth(1).map(|name| name.text));
                }
                if early || ALWAYS.contains(word) {
                    out.push_str(text);
                } else {
                    out.extend(text.matches('\n'));
                }
            }
            Piece::Other => {}
        }
        out.push('\n');
    }
    // The program itself defines them again, in its own place.
    for name in defined {
        let _ = writeln!(out, "#undef {name}");
    }
    out
}

/// Takes the lines of a text apart.
fn pieces<'a>(source: &'a str, includes: &[impl AsRef<str>]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut lines = source.lines();
    let mut in_comment = false;
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        let open = in_comment;
        in_comment = ends_in_comment(line, open);
        if open {
            pieces.push(Piece::Other);
        } else if let Some(path) = included(trimmed, includes) {
            pieces.push(Piece::Include(path));
        } else if let Some(rest) = trimmed.strip_prefix('#') {
            let rest = rest.trim_start();
            let end = rest.find(|c: char| !c.is_ascii_alphabetic());
            let word = &rest[..end.unwrap_or(rest.len())];
            let mut text = line.to_owned();
            while text.ends_with('\\') {
                let Some(next) = lines.next() else { break };
                in_comment = ends_in_comment(next, in_comment);
                text.push('\n');
                text.push_str(next);
            }
            pieces.push(Piece::Directive(word, text));
        } else {
            pieces.push(Piece::Other);
        }
    }
    pieces
}

/// `<linux/sched.h>`, if the line includes it or is the comment that stands for that.
fn included<'a>(line: &'a str, includes: &[impl AsRef<str>]) -> Option<&'a str> {
    let path = if let Some(rest) = line.strip_prefix(COMMENTED) {
        rest.split_once(" */")?.0
    } else {
        let directive = line.strip_prefix('#')?.trim_start();
        directive.strip_prefix("include")?.trim()
    };
    let plain = path.get(1..path.len().checked_sub(1)?)?;
    includes
        .iter()
        .any(|one| one.as_ref() == plain)
        .then_some(path)
}

/// The header of the kernel that a path stands for; none for one that is not the kernel's.
fn kernel_header(path: &str) -> &str {
    let plain = path.trim_start_matches(['<', '"']);
    let row = OURS.iter().find(|(start, _)| plain.starts_with(start));
    row.map_or(path, |(_, header)| header)
}

/// Whether the line behind this one is inside a comment.
fn ends_in_comment(mut line: &str, mut in_comment: bool) -> bool {
    loop {
        if in_comment {
            let Some((_, rest)) = line.split_once("*/") else {
                return true;
            };
            line = rest;
        }
        let Some(at) = line.find(['"', '\'', '/']) else {
            return false;
        };
        let here = &line[at..];
        if here.starts_with("//") {
            return false;
        }
        in_comment = here.starts_with("/*");
        line = if in_comment {
            &here[2..]
        } else {
            here.strip_prefix('/')
                .unwrap_or_else(|| behind_quoted(here))
        };
    }
}

/// What follows a text in quotes that stands at the start of a line.
fn behind_quoted(line: &str) -> &str {
    let quote = line.as_bytes().first().copied();
    let mut escaped = true;
    let end = line.bytes().position(|byte| {
        let ends = !escaped && Some(byte) == quote;
        escaped = !escaped && byte == b'\\';
        ends
    });
    end.map_or("", |end| &line[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Includes with all they depend on, each in its line; nothing else.
    #[test]
    fn keeps_what_includes_depend_on() {
        let source = "#line 3 \"x.c\"\n#define A 1 \\\n  + 2\nint x;\n#if A == 3\n\
                      /* #include <a/b.h> */  /* why */\n#endif\n#define B 1\n#ifdef B\nint y;\n\
                      #endif\n";
        let expected = "#line 3 \"x.c\"\n#define A 1 \\\n  + 2\n\n#if A == 3\n#include <a/b.h>\n\
                        #endif\n\n#ifdef B\n\n#endif\n#undef A\n";
        assert_eq!(skeleton(source, &["a/b.h"]), expected);
    }

    /// A comment of the user's that only looks like one of ours; text in comments and strings.
    #[test]
    fn leaves_comments_alone() {
        let source = "/* #include <own.h> */\n/*\n#define X 1\n*/ char *s = \"/*\\\"/*\";\n// /*\n\
                      #include \"l.h\"\n";
        assert_eq!(skeleton(source, &["l.h"]), "\n\n\n\n\n#include \"l.h\"\n");
        assert_eq!(skeleton(source, &["z.h"]), "");
    }

    /// Headers of bcc and libbpf are no files of the kernel.
    #[test]
    fn takes_out_headers_of_others() {
        let source = "/* #include <bcc/proto.h> */\n/* #include \"vmlinux.h\" */\n";
        let expected = "#include <uapi/linux/if_ether.h>\n\n";
        assert_eq!(skeleton(source, &["bcc/proto.h", "vmlinux.h"]), expected);
    }
}
