//! An emitted file as people read it.
//!
//! In: the text of an emitted file, which the runtime may have changed since. Out: [`Readable`]: the
//! program without what is there for messages and for Rust (`#line`, assertions about layouts, the
//! depth at which it stood in a Rust file), and apart from it the fixed pieces it uses.

use super::builtin::{self, COUNTER_PREFIX};
use super::{INCLUDES, LAYOUT, LICENSE};
use crate::lex::lex_quietly;
use crate::scan::words_in;
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Punct, TokenKind};
use std::collections::BTreeSet;

/// libbpf's headers for programs, and how the names begin that each of them has.
const HEADERS: [(&str, &[&str]); 4] = [
    ("bpf_helpers.h", &[""]),
    (
        "bpf_tracing.h",
        &[
            "PT_REGS_",
            "BPF_PROG",
            "BPF_KPROBE",
            "BPF_KRETPROBE",
            "BPF_UPROBE",
            "BPF_URETPROBE",
            "BPF_KSYSCALL",
            "BPF_USDT",
        ],
    ),
    (
        "bpf_core_read.h",
        &[
            "BPF_CORE_",
            "BPF_PROBE_READ",
            "bpf_core_",
            "BPF_FIELD_",
            "BPF_TYPE_",
            "BPF_ENUMVAL_",
        ],
    ),
    (
        "bpf_endian.h",
        &[
            "bpf_hton",
            "bpf_ntoh",
            "bpf_cpu_to_",
            "bpf_be",
            "__bpf_hton",
            "__bpf_ntoh",
            "__bpf_constant_",
        ],
    ),
];

/// The start of a line that says where the lines behind it come from.
const MARK: &str = "#line ";

/// An emitted file in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readable {
    /// The fixed pieces that the program uses.
    pub pieces: String,
    /// The program.
    pub program: String,
}

/// Takes an emitted file apart.
#[must_use]
pub fn readable(code: &str) -> Readable {
    let code = code.strip_prefix(INCLUDES).unwrap_or(code);
    let start = code.find(MARK).unwrap_or(code.len());
    let (head, body) = code.split_at_checked(start).unwrap_or((code, ""));
    let (body, license) = match body.rsplit_once(LICENSE) {
        Some((body, rest)) => (body, rest.lines().next().unwrap_or("")),
        None => (body, ""),
    };
    let body = body.rsplit_once(LAYOUT).map_or(body, |(body, _)| body);
    let body = uncounted(&unmarked(body));
    let mut program = tidy(&without_unused_macros(&unindented(&body)));
    if !license.is_empty() {
        program.push('\n');
        program.push_str(license);
        program.push('\n');
    }
    let used = builtin::needed(&program, |_| false);
    let pieces: Vec<&str> = used
        .iter()
        .filter(|piece| piece.names != builtin::READ_HELPERS)
        .map(|piece| piece.text)
        .filter(|text| head.contains(text))
        .collect();
    Readable {
        pieces: pieces.join("\n"),
        program,
    }
}

/// The headers of libbpf that these texts need, in their order: those with names that the texts do
/// not define themselves.
#[must_use]
pub fn libbpf_headers(texts: &[&str]) -> Vec<&'static str> {
    let mut words: BTreeSet<&str> = texts.iter().flat_map(|text| words_in(text)).collect();
    for line in texts.iter().flat_map(|text| text.lines()) {
        if let Some(name) = defined(line) {
            words.remove(name);
        }
    }
    let needed = |starts: &[&str]| {
        let mut starts = starts.iter();
        starts.any(|start| start.is_empty() || words.iter().any(|word| word.starts_with(start)))
    };
    let headers = HEADERS.iter().filter(|(_, starts)| needed(starts));
    headers.map(|(name, _)| *name).collect()
}

/// What the members of a map's definition begin with, each behind a mark.
const MAP_MEMBERS: [&str; 3] = ["__uint(", "__type(", "__array("];

/// The text without its `#line`s. Where one stands behind a finished statement, the rest of the
/// statement's line follows it again, unless that is the end of a function or a member of a map.
fn unmarked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with(MARK) {
            out.push_str(line);
            continue;
        }
        let names_file = line.contains('"');
        let next = lines.peek().map_or("", |next| next.trim_start());
        let ends_block = next.starts_with('}');
        let is_member = MAP_MEMBERS.iter().any(|start| next.starts_with(start));
        if !names_file && !ends_block && !is_member && out.ends_with(";\n") {
            out.pop();
        }
    }
    out
}

/// The text without what counts failures: only the runtime knows which number stands for which call.
fn uncounted(text: &str) -> String {
    let source = SourceText::new("", text);
    let tokens = lex_quietly(&source);
    let mut out = String::with_capacity(text.len());
    // For each open parenthesis, whether it is a counter's.
    let mut open = Vec::new();
    let mut at = 0;
    let mut keep_to = |end: u32, from: u32| {
        out.push_str(source.slice(Span::new(at, end)));
        at = from;
    };
    for (index, token) in tokens.iter().enumerate() {
        let is_counter = |at: usize| {
            let name = at.checked_sub(1).and_then(|at| tokens.get(at));
            name.is_some_and(|name| source.slice(name.span).starts_with(COUNTER_PREFIX))
        };
        match token.kind {
            TokenKind::Punct(Punct::LeftParen) if is_counter(index) => {
                let comma = tokens.get(index + 2).map_or(token.span, |comma| comma.span);
                let call = tokens.get(index + 3).map_or(comma, |call| call.span);
                let name = tokens.get(index - 1).map_or(token.span, |name| name.span);
                keep_to(name.start, call.start);
                open.push(true);
            }
            TokenKind::Punct(Punct::LeftParen) => open.push(false),
            TokenKind::Punct(Punct::RightParen) if open.pop() == Some(true) => {
                keep_to(token.span.start, token.span.end);
            }
            _ => {}
        }
    }
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    keep_to(end, end);
    out
}

/// The text without the blanks that all its lines begin with. Lines that begin inside of a literal
/// stay as they are, and directives count for nothing.
fn unindented(text: &str) -> String {
    let inside = lines_inside_literals(text);
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut shared: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        let rest = line.trim_start();
        if rest.is_empty() || rest.starts_with('#') || inside.contains(&number) {
            continue;
        }
        let own = line.get(..blanks(line)).unwrap_or("");
        shared = Some(shared.map_or(own, |shared| common_start(shared, own)));
    }
    let shared = shared.unwrap_or("");
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        if inside.contains(&number) {
            out.push_str(line);
        } else {
            let own = line.get(..blanks(line)).unwrap_or("");
            let cut = common_start(shared, own).len();
            out.push_str(line.get(cut..).unwrap_or("").trim_end());
        }
        out.push('\n');
    }
    out
}

/// Numbers of the lines, from 0, that begin inside of a string or a character literal.
fn lines_inside_literals(text: &str) -> BTreeSet<usize> {
    let source = SourceText::new("", text);
    let tokens = lex_quietly(&source).into_iter();
    let literals = tokens.filter(|token| matches!(token.kind, TokenKind::String | TokenKind::Char));
    let mut numbers = BTreeSet::new();
    for token in literals {
        let first = source.position(token.span.start).line as usize;
        let breaks = source.slice(token.span).matches('\n').count();
        // Lines count from 1, so that this is the number of the next one.
        numbers.extend(first..first + breaks);
    }
    numbers
}

fn common_start<'t>(a: &'t str, b: &str) -> &'t str {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    a.get(..same).unwrap_or("")
}

/// The name that a line defines as a macro.
fn defined(line: &str) -> Option<&str> {
    let directive = line.trim_start().strip_prefix('#')?.trim_start();
    words_in(directive.strip_prefix("define")?).find(|word| !word.is_empty())
}

/// The text without macros with arguments that nothing in it uses: those that are written out
/// where they were used may hold what is no C.
fn without_unused_macros(text: &str) -> String {
    let mut kept = text.to_owned();
    loop {
        let shorter = without_macros_unused_in(&kept);
        if shorter.len() == kept.len() {
            return kept;
        }
        kept = shorter;
    }
}

fn without_macros_unused_in(text: &str) -> String {
    let is_used = |name: &str| words_in(text).filter(|word| *word == name).count() > 1;
    let mut out = String::with_capacity(text.len());
    let mut dropping = false;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        if !continued {
            dropping = defined(line).is_some_and(|name| {
                let takes_arguments = line.contains(&format!("{name}("));
                takes_arguments && !is_used(name)
            });
        }
        continued = line.trim_end().ends_with('\\');
        if !dropping {
            out.push_str(line);
        }
    }
    out
}

/// The text without the comments that stand for `#include`s, and with at most one empty line
/// between two others; maps and programs stand apart.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let taken_out = line.starts_with("/* #include <") && line.ends_with("> */");
        let repeated = line.is_empty() && (out.is_empty() || out.ends_with("\n\n"));
        // Definitions that were one line stand apart.
        let before = out.trim_end_matches('\n').rsplit('\n').next().unwrap_or("");
        let behind_map = before.starts_with('}') && before.contains(" SEC(\".maps\");");
        let behind_program = before.ends_with('}') && line.starts_with("SEC(");
        if (behind_map || behind_program) && !line.is_empty() && !out.ends_with("\n\n") {
            out.push('\n');
        }
        if !taken_out && !repeated {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, text: &str, column: u32) -> Readable {
        let origin = crate::source::Position { line: 7, column };
        let source = SourceText::with_origin(name, text, origin);
        let program = crate::compile(&source).program.expect("no mistakes");
        readable(&program.code)
    }

    /// Marks, assertions and the depth in a Rust file go; comments, blank lines and the rest stay.
    #[test]
    fn reads_like_a_file_of_its_own() {
        let text = "#include <linux/sched.h>\n    struct key_t { u32 pid; };\n\n\n\
                    \x20   BPF_HASH(counts, struct key_t); // by process\n    \
                    // Counts.\n    int count(struct pt_regs *ctx, int fd) {\n        \
                    struct key_t key = { fd };\n        counts.increment(key);\n        \
                    return 0;\n    }\n";
        let found = written("x.rs", text, 5);
        let expected = "struct key_t { u32 pid; };\n\n\
            struct {\n    __uint(type, BPF_MAP_TYPE_HASH);\n    __type(key, struct key_t);\n    \
            __type(value, u64);\n    __uint(max_entries, 10240);\n} counts SEC(\".maps\"); // by process\n\n\
            // Counts.\nSEC(\"kprobe\")\nint BPF_KPROBE(count, int fd) {\n    \
            struct key_t key = { fd };\n    bcc_increment_at(&counts, &key, 1);\n    return 0;\n}\n\n\
            char LICENSE[] SEC(\"license\") = \"GPL\";\n";
        assert_eq!(found.program, expected);
        assert!(found.pieces.contains("\n/* Adds `n`"), "{}", found.pieces);
        assert_eq!(
            libbpf_headers(&[&found.program, &found.pieces]),
            ["bpf_helpers.h", "bpf_tracing.h"]
        );
    }

    /// What was written out where it was used is not left behind.
    #[test]
    fn unused_macros_go() {
        let text = "#define A(x) \\\n  B(x)\n#define B(x) m.f(x)\n#define C(x) x\n#define D 1\nint c = C(1);\n";
        let kept = "#define C(x) x\n#define D 1\nint c = C(1);\n";
        assert_eq!(without_unused_macros(text), kept);
    }

    /// What a literal goes on with on the next line belongs to it.
    #[test]
    fn literals_keep_their_blanks() {
        let text = "  char a[] = \"x\\\n    y\";\n  int b;\n";
        assert_eq!(unindented(text), "char a[] = \"x\\\n    y\";\nint b;\n");
    }
}
