//! What a build script finds in this file is what the macro makes of it.

use bcc_runtime::{ahead, bpf_program};
use std::path::Path;

bpf_program! {
    /* Not the first token. */
    BPF_HASH(counts, u32); // "{"
    /// Goes away.
    int f(struct pt_regs *ctx) {
        char brace = '}', text[] = "}\"";
        counts.increment(brace + text[0]);
        return 0;
    }
    // Nor the last one.
}

bpf_program! {
    #[min_kernel("4.18")]
    /// With attributes.
    pub(crate) mod r#loop;
    #define ONE 1
    struct data_t { u32 pid; char comm[TASK_COMM_LEN]; };
    BPF_PERF_OUTPUT(events);
    TRACEPOINT_PROBE(sched, sched_process_exec) {
        struct data_t data = { .pid = ONE };
        events.perf_submit(args, &data, sizeof(data));
        return 0;
    }
}

bpf_program! { mod one_line; BPF_ARRAY(values, u64, 4); }

// The formatter takes these for expressions.
#[rustfmt::skip]
mod inner {
    use bcc_runtime::bpf_program;

    bpf_program!(
        pub mod raw;
        r#"
BPF_HASH(counts);
int f(struct pt_regs *ctx) { counts.increment('\012' + sizeof("\e")); return 0; }
"#
    );

    bpf_program![ pub mod escaped; "BPF_HASH(counts);\nint f(void *ctx) { counts.increment(1); return 0; }\n" ];
}

bpf_program! { mod file; include_str!("ahead_sources.bpf.c") }

/// The text without paths of files, which depend on where the compiler runs.
fn without_paths(source: &str) -> String {
    let here = env!("CARGO_MANIFEST_DIR");
    let source = source.replace(&format!("{here}/"), "");
    source.replace("tests/tests/", "tests/")
}

/// AOT: the text in the `.rs` file is the only one, in each of its forms.
#[test]
fn finds_what_the_macro_gets() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ahead_sources.rs");
    let found = ahead::list(&path).unwrap();
    let expected = [
        ("bpf", bpf::SOURCE),
        ("loop", r#loop::SOURCE),
        ("one_line", one_line::SOURCE),
        ("raw", inner::raw::SOURCE),
        ("escaped", inner::escaped::SOURCE),
        ("file", file::SOURCE),
    ];
    let names: Vec<&str> = found.iter().map(|one| &*one.name).collect();
    assert_eq!(names, expected.map(|(name, _)| name));
    for (one, (name, source)) in found.iter().zip(expected) {
        assert_eq!(without_paths(&one.source), without_paths(source), "{name}");
    }
}

/// AOT: so it is in every example.
#[test]
fn reads_the_examples() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/src/bin");
    let mut programs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let calls = text.matches("\nbpf_program! {\n").count();
        assert_eq!(ahead::list(&path).unwrap().len(), calls, "{path:?}");
        programs += calls;
    }
    assert!(programs > 5, "{programs}");
}
