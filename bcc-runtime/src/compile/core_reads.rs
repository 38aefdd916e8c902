//! Reads of the kernel's structs, as libbpf's `BPF_CORE_READ`.
//!
//! In: the program's C, in which `BCC_READ(sk, sk_num)` stands for a read of a member of a struct of
//! the kernel, and the header. Out: the C with `BPF_CORE_READ` in its place, and a chain of reads as
//! one. Of an array only the
//! address is meant, so that nothing is read; a bit-field cannot be read that way.

use super::bits::{Call, split_path};
use super::words::{directive, words};
use crate::kernel::header::Header;
use std::collections::HashSet;

const READ: &str = "BCC_READ(";
const CORE_READ: &str = "BPF_CORE_READ(";
/// How many arguments libbpf's macro takes.
const MOST_ARGUMENTS: usize = 9;

/// Rewrites the reads. `path` tells what members a macro name stands for.
pub(super) fn rewrite<'a>(
    source: &'a str,
    header: &'a Header,
    path: impl Fn(&str) -> Option<&'a str>,
) -> String {
    let definitions = source.lines().filter_map(|line| directive(line, "define"));
    let definitions = definitions.filter_map(|definition| words(definition).next());
    let rewriter = Rewriter {
        header,
        path: &path,
        macros: definitions.map(|word| word.text).collect(),
    };
    let mut out = String::with_capacity(source.len());
    let mut code = String::new();
    let mut continued = false;
    for line in source.split_inclusive('\n') {
        // In a directive a member may be a parameter.
        let directive = continued || line.trim_start().starts_with('#');
        continued = directive && line.trim_end().ends_with('\\');
        if directive {
            out.push_str(&rewriter.reads(&std::mem::take(&mut code)));
            out.push_str(line);
        } else {
            code.push_str(line);
        }
    }
    out.push_str(&rewriter.reads(&code));
    out
}

struct Rewriter<'h, 'a> {
    header: &'h Header,
    path: &'h dyn Fn(&str) -> Option<&'a str>,
    /// What the program defines as macros.
    macros: HashSet<&'h str>,
}

impl Rewriter<'_, '_> {
    /// A piece of C with its reads rewritten.
    fn reads(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = next_read(rest) {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let from = &from[READ.len()..];
            let Some(call) = Call::split(from) else {
                out.push_str(READ);
                rest = from;
                continue;
            };
            let pointer = self.reads(call.pointer);
            let member = call.member.trim();
            let is_read = chain(&pointer).is_some();
            let chain = chain(&pointer).or_else(|| self.is_plain(&pointer).then_some(&*pointer));
            if let Some(chain) = chain.filter(|_| self.is_copied(member)) {
                out.extend([CORE_READ, chain, ", ", member, ")"]);
            } else if self.is_array(member) {
                // Only its address is meant.
                let is_name = pointer
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_');
                if is_name || is_read {
                    out.extend([&pointer, "->", member]);
                } else {
                    out.extend(["(", &pointer, ")->", member]);
                }
            } else {
                out.extend([READ, &pointer, ",", call.member, ")"]);
            }
            rest = call.behind;
        }
        out.push_str(rest);
        out
    }

    /// Whether a pointer is no more than a variable or what a helper returns, perhaps cast: libbpf's
    /// macro would also relocate the members of the program's own structs that lead to it.
    fn is_plain(&self, pointer: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '*' | '(' | ')');
        let is_helper = |head: &str| {
            let name = head
                .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next();
            name.is_none_or(|name| name.is_empty() || name.starts_with("bpf_"))
        };
        let mut calls = pointer.match_indices('(').map(|(at, _)| &pointer[..at]);
        pointer.chars().all(plain)
            && calls.all(is_helper)
            && !words(pointer).any(|word| self.macros.contains(word.text))
    }

    /// Whether a member is an array, whatever the struct.
    fn is_array(&self, member: &str) -> bool {
        let (_, last) = split_path(member);
        let last = (self.path)(last).map_or(last, |path| split_path(path).1);
        self.header.arrays.contains(last)
    }

    /// Whether a member of the kernel's structs can be copied to a variable of its type.
    fn is_copied(&self, member: &str) -> bool {
        let (_, last) = split_path(member);
        let last = (self.path)(last).map_or(last, |path| split_path(path).1);
        self.header.members.contains(last)
            && !self.header.uncopied.contains(last)
            && !self.header.bit_fields.contains_key(last)
    }
}

/// Where the next read begins.
fn next_read(text: &str) -> Option<usize> {
    let starts_word = |at: &usize| {
        let before = text[..*at].chars().next_back();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut found = text.match_indices(READ).map(|(at, _)| at);
    found.find(starts_word)
}

/// The arguments of the read that `pointer` is, if there may be one more.
fn chain(pointer: &str) -> Option<&str> {
    let inside = pointer.trim().strip_prefix(CORE_READ)?;
    let call = Call::split(inside)?;
    let arguments = &inside[..inside.len() - 1];
    let is_whole = call.behind.is_empty();
    let fits = arguments.matches(',').count() + 1 < MOST_ARGUMENTS;
    (is_whole && fits).then_some(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only members that can be copied; chains become one read; directives stay.
    #[test]
    fn reads_become_libbpfs() {
        const ROWS: &[(&str, &str)] = &[
            ("x = BCC_READ(sk, num);", "x = BPF_CORE_READ(sk, num);"),
            (
                "BCC_READ(BCC_READ((struct x *)bpf_f(), mm), common.num) + 1",
                "BPF_CORE_READ((struct x *)bpf_f(), mm, common.num) + 1",
            ),
            (
                "BCC_READ(BCC_READ(t, mm) + 1, num)",
                "BCC_READ(BPF_CORE_READ(t, mm) + 1, num)",
            ),
            ("BCC_READ(t, sometimes)", "BCC_READ(t, sometimes)"),
            ("BCC_READ(t, comm)", "t->comm"),
            ("BCC_READ(t + 1, comm)", "(t + 1)->comm"),
            (
                "BCC_READ(BPF_CORE_READ(t, mm) + 1, comm)",
                "(BPF_CORE_READ(t, mm) + 1)->comm",
            ),
            (
                "BCC_READ(BCC_READ(t, mm), comm)",
                "BPF_CORE_READ(t, mm)->comm",
            ),
            ("BCC_READ(own.t, num)", "BCC_READ(own.t, num)"),
            ("BCC_READ(F(t), num)", "BCC_READ(F(t), num)"),
            (
                "#define T own.t\nBCC_READ(T, num)",
                "#define T own.t\nBCC_READ(T, num)",
            ),
            ("BCC_READ(t, cloned)", "BCC_READ(t, cloned)"),
            ("BCC_READ(t, own)", "BCC_READ(t, own)"),
            ("BCC_READ(t, alias)", "BPF_CORE_READ(t, alias)"),
            ("MY_BCC_READ(t, num)", "MY_BCC_READ(t, num)"),
            (
                "#define F(num) \\\n BCC_READ(t, num)\n",
                "#define F(num) \\\n BCC_READ(t, num)\n",
            ),
        ];
        let mut header = Header::default();
        for name in ["num", "mm", "comm", "sometimes", "cloned"] {
            header.members.insert(name.to_owned());
        }
        header
            .uncopied
            .extend(["comm", "sometimes"].map(str::to_owned));
        header.arrays.insert("comm".to_owned());
        header.bit_fields.entry("cloned".to_owned()).or_default();
        let path = |name: &str| (name == "alias").then_some("common.num");
        for (source, expected) in ROWS {
            assert_eq!(rewrite(source, &header, path), *expected);
        }
    }
}
