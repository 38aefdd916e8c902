//! Numbers.

use super::{check_said, check_silent};
use crate::diag::Level;

#[test]
fn x15_constant_indices_are_inside() {
    check_said(
        Level::Error,
        &[
            (
                "int i = 4; a.lookup(&i);",
                "&i",
                "index 4 is outside of `a`, which has 4 entries",
            ),
            (
                "int i = 3; i++; if (a.lookup(&i)) return 0;",
                "&i",
                "index 4",
            ),
            (
                "int i = 0; a.lookup(&i); i = 9; a.update(&i, &zero);",
                "&i",
                "index 9",
            ),
        ],
    );
    check_silent(&[
        "int i = 3; a.lookup(&i);",
        "int i = 4; i = arg; a.lookup(&i);",
        "int i = 4; if (arg) i = 1; a.lookup(&i);",
        "for (int i = 0; i < 8; i++) { a.lookup(&i); }",
        "int i = 4; if (i < 4) a.lookup(&i);",
        "int i = 4; bpf_probe_read_kernel(&i, sizeof(i), from); a.lookup(&i);",
        "u32 i = 100; m.lookup(&i);",
    ]);
}

#[test]
fn x34_x35_sizes_have_bounds() {
    check_said(
        Level::Error,
        &[
            (
                "char b[64]; bpf_probe_read_user(b, len, from);",
                "len",
                "`len` has no upper bound",
            ),
            (
                "char b[64]; u32 n = len; bpf_probe_read_kernel(b, n, from);",
                "n",
                "no upper bound",
            ),
        ],
    );
    check_said(
        Level::Error,
        &[
            (
                "char b[64]; u64 *p = m.lookup(&k); if (!p) return 0; u64 n = *p; bpf_probe_read_kernel(b, n, from);",
                "n",
                "no upper bound",
            ),
            (
                "char b[64]; int n = arg; if (n > 64) return 0; bpf_probe_read_kernel(b, n, from);",
                "n",
                "may be negative",
            ),
            (
                "char b[64]; int n = arg; if (n > 64) n = 64; bpf_probe_read_kernel(b, n, from);",
                "n",
                "may be negative",
            ),
        ],
    );
    check_silent(&[
        "char b[64]; if (len > 64) return 0; bpf_probe_read_user(b, len, from);",
        "char b[64]; if (len > sizeof(b)) len = sizeof(b); bpf_probe_read_user(b, len, from);",
        "char b[64]; len &= 63; bpf_probe_read_user(b, len, from);",
        "char b[64]; bpf_probe_read_user(b, len & 63, from);",
        "char b[64]; bpf_probe_read_user(b, len % 64, from);",
        "char b[64]; bpf_probe_read_user(b, len < 64 ? len : 64, from);",
        "char b[64]; u8 n = len; bpf_probe_read_user(b, n, from);",
        "char b[64]; u16 n = len; bpf_probe_read_user(b, n, from);",
        "char b[64]; if (len < 64) bpf_probe_read_user(b, len, from);",
        "char b[64]; u32 n = len; if (len > 64) return 0; bpf_probe_read_user(b, n, from);",
        "char b[64]; int n = arg; if (n < 0) return 0; if (n > 64) n = 64; bpf_probe_read_kernel(b, n, from);",
        "char b[64]; int n = arg; if (n > 64 || n < 0) return 0; bpf_probe_read_kernel(b, n, from);",
        "char b[64]; int n = arg; if (n > sizeof(b)) return 0; bpf_probe_read_kernel(b, n, from);",
        "char b[64]; int n = arg; if ((u32)n > 64) return 0; bpf_probe_read_kernel(b, n, from);",
        "char b[64]; u32 n = 0; bpf_probe_read_kernel(&n, sizeof(n), from); n = min(n, 64); bpf_probe_read_kernel(b, n, from);",
        "char b[64]; u64 n = len; n = n > 64 ? 64 : n; bpf_probe_read_kernel(b, n, from);",
    ]);
}

#[test]
fn x70_indices_have_bounds() {
    check_said(
        Level::Warning,
        &[(
            "char b[16] = {}; b[len] = 0;",
            "len",
            "`len` has no bound, and `b` has 16 elements",
        )],
    );
    check_silent(&[
        "char b[16] = {}; if (len < 16) b[len] = 0;",
        "char b[16] = {}; b[len & 15] = 0;",
        "char b[16] = {}; for (int i = 0; i < 16; i++) b[i] = 0;",
        "char b[16] = {}; u8 i = len; if (i > 15) return 0; b[i] = 1;",
    ]);
}

#[test]
fn x50_numbers_of_stacks_are_tested_before_an_unsigned_key() {
    check_said(
        Level::Warning,
        &[
            (
                "u32 id = st.get_stackid(ctx, 0); stacks.increment(id);",
                "id",
                "negative error number",
            ),
            (
                "int id = st.get_stackid(ctx, 0); stacks.increment(id);",
                "id",
                "negative error number",
            ),
            (
                "u32 id = st.get_stackid(ctx, 0); stacks.update(&id, &one);",
                "&id",
                "`id` may be a negative",
            ),
        ],
    );
    check_silent(&[
        "int id = st.get_stackid(ctx, 0); if (id < 0) return 0; stacks.increment(id);",
        "int id = st.get_stackid(ctx, 0); if (id >= 0) stacks.increment(id);",
        "u32 id = st.get_stackid(ctx, 0); if ((int)id < 0) return 0; stacks.increment(id);",
    ]);
}

#[test]
fn x62_x63_halves_of_numbers() {
    check_said(
        Level::Warning,
        &[
            (
                "u32 pid = bpf_get_current_pid_tgid(); if (pid != 1234) return 0;",
                "pid",
                "`pid` is a thread id here",
            ),
            (
                "u64 id = bpf_get_current_pid_tgid(); u32 pid = (u32)id; if (pid == TARGET) return 0;",
                "pid",
                "thread id",
            ),
            (
                "u64 id = bpf_get_current_pid_tgid(); if (id == 1234) return 0;",
                "id",
                "process id and the thread id together",
            ),
            (
                "u64 id = bpf_get_current_uid_gid(); if (id == 0) return 0;",
                "id",
                "user id and the group id together",
            ),
            (
                "if (bpf_get_current_uid_gid() != 1000) return 0;",
                "bpf_get_current_uid_gid()",
                "user id and the group id",
            ),
        ],
    );
    check_silent(&[
        "u32 pid = bpf_get_current_pid_tgid() >> 32; if (pid != 1234) return 0;",
        "u32 tid = bpf_get_current_pid_tgid(); if (tid != 1234) return 0;",
        "u32 pid = bpf_get_current_pid_tgid(); if (pid == 0) return 0;",
        "u32 pid = bpf_get_current_pid_tgid(), tgid = bpf_get_current_pid_tgid() >> 32; if (pid != tgid) return 0;",
        "u32 pid = bpf_get_current_pid_tgid(); if (pid == arg) return 0;",
        "u32 uid = bpf_get_current_uid_gid(); if (uid == 0) return 0;",
        "u64 id = bpf_get_current_uid_gid(); if ((u32)id == 0) return 0;",
        "u64 id = bpf_get_current_uid_gid() & 0xffffffff; if (id == 0) return 0;",
        "u32 gid = bpf_get_current_uid_gid() >> 32; if (gid == 0) return 0;",
    ]);
}
