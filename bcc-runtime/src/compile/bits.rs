//! Reads of bit-fields.
//!
//! In: the program's C, in which `BCC_READ(skb, ip_summed)` stands for a read of a member, and the
//! header, which knows what members of the running kernel's structs are bit-fields. Out: the C with
//! `BCC_READ_MAYBE_BITS` in place of such reads, and what that needs. A bit-field has no address: its
//! bytes are read and its bits taken from them.

use crate::kernel::header::Header;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const MACROS: &str = include_str!("../prelude/bits.h");

/// The macros that read a member, and the helper each of them calls.
const READS: [(&str, &str); 3] = [
    ("BCC_READ(", "bpf_probe_read_kernel"),
    ("BCC_READ_USER(", "bpf_probe_read_user"),
    ("BCC_READ_ANY(", "bpf_probe_read"),
];

/// The program's C with its reads of bit-fields.
#[derive(Debug, Default)]
pub(super) struct Bits {
    /// Definitions to stand in front; empty if there are no such reads.
    pub(super) definitions: String,
    pub(super) source: String,
}

/// Rewrites the reads of bit-fields. `path` tells what members a macro name stands for.
pub(super) fn rewrite<'a>(
    source: &str,
    header: &Header,
    path: impl Fn(&str) -> Option<&'a str>,
) -> Bits {
    let mut rewriter = Rewriter {
        header,
        path: &path,
        found: BTreeSet::new(),
    };
    let mut out = Bits::default();
    let mut rest = source;
    // Definitions of the macros are no uses of them.
    while let Some(at) = rest.find("#define BCC_READ") {
        let (before, from) = rest.split_at(at);
        let (line, behind) = from.split_at(from.find('\n').unwrap_or(from.len()));
        out.source.push_str(&rewriter.reads(before));
        out.source.push_str(line);
        rest = behind;
    }
    out.source.push_str(&rewriter.reads(rest));
    for name in &rewriter.found {
        let _ = write!(out.definitions, "#define __bcc_bits_{name}");
        for holder in header.bit_fields.get(name).into_iter().flatten() {
            let _ = write!(out.definitions, " {holder} *: 1, const {holder} *: 1,");
        }
        out.definitions.push('\n');
    }
    if !out.definitions.is_empty() {
        out.definitions.push_str(MACROS);
    }
    out
}

struct Rewriter<'h, 'a> {
    header: &'h Header,
    path: &'h dyn Fn(&str) -> Option<&'a str>,
    /// Names of bit-fields that are read.
    found: BTreeSet<String>,
}

impl Rewriter<'_, '_> {
    /// A piece of C with its reads rewritten.
    fn reads(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((at, name, helper)) = next_read(rest) {
            let (before, from) = rest.split_at(at + name.len());
            let Some(call) = Call::split(from) else {
                out.push_str(before);
                rest = from;
                continue;
            };
            let pointer = self.reads(call.pointer);
            if let Some((holder, member)) = self.bit_field(call.member.trim()) {
                out.push_str(&before[..at]);
                let _ = write!(
                    out,
                    "BCC_READ_MAYBE_BITS({helper}, {pointer}, {holder}, {member})"
                );
            } else {
                let member = call.member;
                let _ = write!(out, "{before}{pointer},{member})");
            }
            rest = call.behind;
        }
        out.push_str(rest);
        out
    }

    /// Where the bit-field at the end of a path lies, and its name.
    fn bit_field(&mut self, path: &str) -> Option<(String, String)> {
        let (outer, last) = split_path(path);
        let whole = match (self.path)(last) {
            Some(path) if outer.is_empty() => path.to_owned(),
            Some(path) => format!("{outer}.{path}"),
            None => path.to_owned(),
        };
        let (outer, last) = split_path(&whole);
        self.header.bit_fields.get(last)?;
        self.found.insert(last.to_owned());
        let holder = match outer {
            "" => "__bcc_p".to_owned(),
            outer => format!("&__bcc_p->{outer}"),
        };
        Some((holder, last.to_owned()))
    }
}

/// A path without its last member, and that.
pub(super) fn split_path(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

/// The next read in `text`: where its name begins, the name, the helper.
fn next_read(text: &str) -> Option<(usize, &'static str, &'static str)> {
    let found = READS.iter().filter_map(|(name, helper)| {
        let starts_word = |at: &usize| {
            let before = text[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let at = text
            .match_indices(name)
            .map(|(at, _)| at)
            .find(starts_word)?;
        Some((at, *name, *helper))
    });
    found.min()
}

/// What stands behind the opening parenthesis of a read.
pub(super) struct Call<'t> {
    pub(super) pointer: &'t str,
    pub(super) member: &'t str,
    pub(super) behind: &'t str,
}

impl<'t> Call<'t> {
    pub(super) fn split(text: &'t str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (mut depth, mut comma, mut at) = (0_usize, None, 0);
        loop {
            match *bytes.get(at)? {
                b'(' => depth += 1,
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                b',' if depth == 0 => comma = Some(at),
                quote @ (b'"' | b'\'') => at = end_of_quoted(bytes, at, quote),
                _ => {}
            }
            at += 1;
        }
        let comma = comma?;
        Some(Self {
            pointer: &text[..comma],
            member: &text[comma + 1..at],
            behind: &text[at + 1..],
        })
    }
}

/// Where the quotes end that begin at `start`.
fn end_of_quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at).filter(|byte| **byte != quote) {
        at += if *byte == b'\\' { 2 } else { 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(source: &str) -> Bits {
        let mut header = Header::default();
        for (name, holder) in [
            ("cloned", "struct sk_buff"),
            ("skc_reuse", "struct sock_common"),
        ] {
            let holders = header.bit_fields.entry(name.to_owned()).or_default();
            holders.insert(holder.to_owned());
        }
        let path = |name: &str| (name == "sk_reuse").then_some("__sk_common.skc_reuse");
        rewrite(source, &header, path)
    }

    /// Only reads that end in a bit-field change, also inside others and by another name.
    #[test]
    fn reads_of_bit_fields_change() {
        const ROWS: &[(&str, &str)] = &[
            ("x = BCC_READ(skb, len);", "x = BCC_READ(skb, len);"),
            (
                "x = BCC_READ(f(skb, ')'), cloned) + 1;",
                "x = BCC_READ_MAYBE_BITS(bpf_probe_read_kernel, f(skb, ')'), __bcc_p, cloned) + 1;",
            ),
            (
                "BCC_READ_ANY(BCC_READ(skb, sk), sk_reuse)",
                "BCC_READ_MAYBE_BITS(bpf_probe_read, BCC_READ(skb, sk), &__bcc_p->__sk_common, skc_reuse)",
            ),
            (
                "BCC_READ_USER(BCC_READ(skb, cloned), x)",
                "BCC_READ_USER(BCC_READ_MAYBE_BITS(bpf_probe_read_kernel, skb, __bcc_p, cloned), x)",
            ),
            ("MY_BCC_READ(a, cloned", "MY_BCC_READ(a, cloned"),
            (
                "#define BCC_READ(p, cloned) x\n",
                "#define BCC_READ(p, cloned) x\n",
            ),
        ];
        for (source, expected) in ROWS {
            assert_eq!(rewritten(source).source, *expected);
        }
    }

    /// What the reads need comes only with them.
    #[test]
    fn definitions_come_with_reads() {
        assert_eq!(rewritten("BCC_READ(skb, len)").definitions, "");
        let definitions = rewritten("BCC_READ(skb, cloned)").definitions;
        let line = "#define __bcc_bits_cloned struct sk_buff *: 1, const struct sk_buff *: 1,\n";
        assert!(definitions.starts_with(line), "{definitions}");
    }
}
