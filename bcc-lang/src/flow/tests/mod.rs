//! What is said of programs, and above all what is not.

mod null;
mod numbers;
mod records;
mod returns;
mod speed;
mod unwritten;

use crate::diag::{Diagnostic, Level};
use crate::source::SourceText;

/// Maps and helpers that the rows use.
const BEFORE: &str = "
struct value { u64 n; u64 total; char name[16]; };
struct event { u32 pid; u64 at; char comm[16]; };
BPF_HASH(m, u32, u64);
BPF_HASH(v, u32, struct value);
BPF_ARRAY(a, struct value, 4);
BPF_PERCPU_ARRAY(scratch, struct event, 1);
BPF_HASH(stacks, u32, u64);
BPF_STACK_TRACE(st, 128);
BPF_PERF_OUTPUT(events);
BPF_RINGBUF_OUTPUT(rb, 8);
";

/// What is said of a text.
fn said(text: &str) -> (SourceText, Vec<Diagnostic>) {
    let source = SourceText::new("t.c", text);
    let outcome = crate::compile(&source);
    (source, outcome.diagnostics)
}

/// A program of statements.
fn program(body: &str) -> String {
    if body.contains("on_entry(") {
        return format!("{BEFORE}{body}");
    }
    format!(
        "{BEFORE}int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {{\nu32 k = bpf_get_smp_processor_id(); u64 one = 1; struct value zero = {{}};\n{body}\nreturn 0; }}"
    )
}

/// Each row: statements, the guilty piece, and words of the only message.
fn check_said(level: Level, rows: &[(&str, &str, &str)]) {
    for (body, guilty, words) in rows {
        let text = program(body);
        let (source, said) = said(&text);
        let [one] = said.as_slice() else {
            panic!("{body}\n{said:#?}");
        };
        assert_eq!(one.level, level, "{body}\n{one:?}");
        assert_eq!(source.slice(one.span), *guilty, "{body}\n{one:?}");
        assert!(one.message.contains(words), "{body}\n{one:?}");
    }
}

/// Nothing is said of these.
fn check_silent(rows: &[&str]) {
    for body in rows {
        let text = program(body);
        let (source, said) = said(&text);
        let said: Vec<String> = said.iter().map(|one| one.render(&source)).collect();
        assert!(said.is_empty(), "{body}\n{}", said.join("\n"));
    }
}
