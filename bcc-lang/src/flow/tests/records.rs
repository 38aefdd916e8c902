//! Records of ring buffers.

use super::{check_said, check_silent};
use crate::diag::Level;

#[test]
fn x71_reservations_are_tested() {
    check_said(
        Level::Error,
        &[
            (
                "struct event *e = rb.ringbuf_reserve(sizeof(*e)); e->pid = 1; rb.ringbuf_submit(e, 0);",
                "e->pid",
                "`rb.ringbuf_reserve` fails when the buffer is full",
            ),
            (
                "struct event *e = rb.ringbuf_reserve(sizeof(*e)); rb.ringbuf_submit(e, 0);",
                "e",
                "fails when the buffer is full",
            ),
        ],
    );
}

#[test]
fn x72_records_are_given_back() {
    check_said(
        Level::Error,
        &[
            (
                "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; if (arg) return 0; rb.ringbuf_submit(e, 0);",
                "return 0;",
                "neither submitted nor discarded",
            ),
            (
                "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; e->pid = 1; if (arg) rb.ringbuf_submit(e, 0);",
                "return 0;",
                "neither submitted nor discarded",
            ),
            (
                "if (arg) { struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; e->pid = 1; }",
                "return 0;",
                "neither submitted nor discarded",
            ),
            (
                "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; e->at = *m.lookup_or_init(&k, &one); rb.ringbuf_submit(e, 0);",
                "m.lookup_or_init",
                "hides a `return 0`",
            ),
        ],
    );
}

#[test]
fn x73_records_are_not_used_afterwards() {
    check_said(
        Level::Error,
        &[
            (
                "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; rb.ringbuf_submit(e, 0); e->pid = 1;",
                "e->pid",
                "given back before",
            ),
            (
                "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; rb.ringbuf_submit(e, 0); rb.ringbuf_discard(e, 0);",
                "e",
                "given back before",
            ),
            (
                "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; if (arg) rb.ringbuf_discard(e, 0); rb.ringbuf_submit(e, 0);",
                "e",
                "given back before",
            ),
        ],
    );
}

#[test]
fn records_that_are_given_back_in_every_way() {
    check_silent(&[
        "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; e->pid = 1; bpf_get_current_comm(&e->comm, sizeof(e->comm)); rb.ringbuf_submit(e, 0);",
        "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (e) { e->pid = 1; rb.ringbuf_submit(e, 0); }",
        "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; if (arg) { rb.ringbuf_discard(e, 0); return 0; } rb.ringbuf_submit(e, BPF_RB_FORCE_WAKEUP);",
        "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; if (arg) rb.ringbuf_discard(e, 0); else rb.ringbuf_submit(e, 0);",
        "struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; if (arg) goto drop; rb.ringbuf_submit(e, 0); return 0; drop: rb.ringbuf_discard(e, 0);",
        "struct event *e = NULL; if (arg) { e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; e->pid = 1; } if (arg) rb.ringbuf_submit(e, 0);",
        "struct event *e; for (int i = 0; i < 4; i++) { e = rb.ringbuf_reserve(sizeof(*e)); if (!e) break; e->pid = i; rb.ringbuf_submit(e, 0); }",
        "struct event *e = bpf_ringbuf_reserve(&rb, sizeof(*e), 0); if (!e) return 0; e->pid = 1; bpf_ringbuf_submit(e, 0);",
        "static void finish(struct event *e) { e->pid = 1; rb.ringbuf_submit(e, 0); }\nint on_entry(struct pt_regs *ctx) { struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; finish(e); return 0; }",
        "static int finish(struct event *e, int n) { if (n) rb.ringbuf_submit(e, 0); else rb.ringbuf_discard(e, 0); return 0; }\nint on_entry(struct pt_regs *ctx) { struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; return finish(e, 3); }",
        "static struct event *make(void) { struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return NULL; e->pid = 1; return e; }\nint on_entry(struct pt_regs *ctx) { struct event *e = make(); if (!e) return 0; rb.ringbuf_submit(e, 0); return 0; }",
        "static int fill(struct event *e) { if (bpf_probe_read_kernel(e, sizeof(*e), 0)) return 1; return 0; }\nint on_entry(struct pt_regs *ctx) { struct event *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 0; if (fill(e)) rb.ringbuf_discard(e, 0); else rb.ringbuf_submit(e, 0); return 0; }",
    ]);
}
