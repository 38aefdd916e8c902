//! The block, the literals and the file give the same program for the same text.

use bcc_runtime::bpf_program;

bpf_program! {
    mod block;

    struct event { u32 pid; char comm[16]; };
BPF_HASH(events, u32, struct event);

int on_entry(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    struct event *event = events.lookup(&pid);
    if (event)
        bpf_trace_printk("%s\n", event->comm);
    return 0;
}
}

bpf_program! {
    mod raw;

    r#"struct event { u32 pid; char comm[16]; };
BPF_HASH(events, u32, struct event);

int on_entry(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    struct event *event = events.lookup(&pid);
    if (event)
        bpf_trace_printk("%s\n", event->comm);
    return 0;
}"#
}

bpf_program! {
    mod plain;

    "struct event { u32 pid; char comm[16]; };\nBPF_HASH(events, u32, struct event);\n
int on_entry(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    struct event *event = events.lookup(&pid);
    if (event)
        bpf_trace_printk(\"%s\\n\", event->comm);
    return 0;
}"
}

bpf_program! {
    mod file;

    include_str!("forms.bpf.c");
}

/// The C without the marks that say where it comes from, and without blank lines.
fn unmarked(source: &str) -> Vec<&str> {
    let lines = source.lines().filter(|line| !line.starts_with("#line"));
    lines
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

/// The mark of the user's own text.
fn mark(source: &str) -> &str {
    source
        .lines()
        .find(|line| line.starts_with("#line"))
        .unwrap_or_default()
}

fn main() {
    for source in [raw::SOURCE, plain::SOURCE, file::SOURCE] {
        assert_eq!(unmarked(source), unmarked(block::SOURCE));
    }
    assert!(
        mark(block::SOURCE).contains("forms.rs"),
        "{}",
        mark(block::SOURCE)
    );
    assert!(
        mark(raw::SOURCE).starts_with("#line 23 "),
        "{}",
        mark(raw::SOURCE)
    );
    assert!(
        mark(plain::SOURCE).starts_with("#line 1 "),
        "{}",
        mark(plain::SOURCE)
    );
    assert!(
        mark(file::SOURCE).ends_with("forms.bpf.c\""),
        "{}",
        mark(file::SOURCE)
    );
    let sizes = [
        size_of::<block::Event>(),
        size_of::<raw::Event>(),
        size_of::<file::Event>(),
    ];
    assert_eq!(sizes, [20; 3]);
}
