//! Memory that is handed on before it is written.

use super::{check_said, check_silent};
use crate::diag::Level;

#[test]
fn x29_what_is_handed_on_is_written_before() {
    check_said(
        Level::Error,
        &[
            (
                "struct event e; e.pid = 1; e.at = 2; events.perf_submit(ctx, &e, sizeof(e));",
                "e",
                "`comm` of `e` is handed on as an event",
            ),
            (
                "struct event e; e.pid = 1; rb.ringbuf_output(&e, sizeof(e), 0);",
                "e",
                "`at`, `comm` of `e` are handed on",
            ),
            (
                "u32 key; m.lookup(&key);",
                "key",
                "`key` is handed on as a key, and nothing was written",
            ),
            (
                "u64 value; m.update(&k, &value);",
                "value",
                "handed on as a value",
            ),
            (
                "struct value one_more; one_more.n = 1; v.update(&k, &one_more);",
                "one_more",
                "`total`, `name` of `one_more`",
            ),
            (
                "struct event e; if (arg) e.pid = 1; else e.at = 2; events.perf_submit(ctx, &e, sizeof(e));",
                "e",
                "`comm` of `e`",
            ),
        ],
    );
}

#[test]
fn x29_padding_is_a_warning() {
    check_said(
        Level::Warning,
        &[(
            "struct event e; e.pid = 1; e.at = 2; bpf_get_current_comm(&e.comm, sizeof(e.comm)); events.perf_submit(ctx, &e, sizeof(e));",
            "e",
            "4 bytes of padding in `e`",
        )],
    );
}

#[test]
fn x29_what_is_written_in_every_way() {
    check_silent(&[
        "struct event e = {}; e.pid = 1; events.perf_submit(ctx, &e, sizeof(e));",
        "struct event e = { .pid = 1 }; events.perf_submit(ctx, &e, sizeof(e));",
        "struct event e; __builtin_memset(&e, 0, sizeof(e)); events.perf_submit(ctx, &e, sizeof(e));",
        "struct event e; memset(&e, 0, sizeof(struct event)); events.perf_submit(ctx, &e, sizeof(e));",
        "struct event e; e = (struct event){}; events.perf_submit(ctx, &e, sizeof(e));",
        "struct event e; bpf_probe_read_kernel(&e, sizeof(e), from); events.perf_submit(ctx, &e, sizeof(e));",
        "static void fill(struct event *e) { e->pid = 1; }\nint on_entry(struct pt_regs *ctx) { struct event e; fill(&e); events.perf_submit(ctx, &e, sizeof(e)); return 0; }",
        "struct event e, *p = &e; p->pid = 1; events.perf_submit(ctx, &e, sizeof(e));",
        "struct value x; x.n = 1; x.total = 2; for (int i = 0; i < 16; i++) x.name[i] = 0; v.update(&k, &x);",
        "struct value x; x.n = 1; x.total = 2; bpf_probe_read_kernel_str(x.name, sizeof(x.name), from); v.update(&k, &x);",
        "u32 key; key = 3; m.lookup(&key);",
        "u32 key; bpf_probe_read_kernel(&key, sizeof(key), from); m.lookup(&key);",
        "u32 key; if (arg) key = 1; m.lookup(&key);",
        "u32 key; again: if (arg) { m.lookup(&key); return 0; } key = 3; arg = 1; goto again;",
        "struct event e; events.perf_submit(ctx, &e, 0);",
        "struct event e; e.pid = 1; events.perf_submit(ctx, &e, sizeof(e.pid));",
        "struct event e; foo(&e); events.perf_submit(ctx, &e, sizeof(e));",
        "union u { u32 v4; u8 v6[16]; };\nBPF_HASH(us, union u);\nint on_entry(struct pt_regs *ctx) { union u a; a.v4 = 1; us.lookup(&a); return 0; }",
        "struct u { union { u32 v4; u8 v6[16]; }; u32 n; };\nBPF_HASH(us, struct u);\nint on_entry(struct pt_regs *ctx) { struct u a; a.v4 = 1; a.n = 1; us.lookup(&a); return 0; }",
        "struct b { u32 x : 3, y : 29; };\nBPF_HASH(bs, struct b);\nint on_entry(struct pt_regs *ctx) { struct b a; a.x = 1; a.y = 1; bs.lookup(&a); return 0; }",
    ]);
}
