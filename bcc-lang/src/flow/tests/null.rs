//! Results that may be `NULL`.

use super::{check_said, check_silent, program, said};
use crate::diag::Level;

#[test]
fn x1_results_are_tested_before_they_are_followed() {
    check_said(
        Level::Error,
        &[
            (
                "u64 *p = m.lookup(&k); *p += 1;",
                "*p",
                "`p` may be NULL here: `m.lookup`",
            ),
            ("u64 *p; p = m.lookup(&k); (*p)++;", "*p", "finds nothing"),
            (
                "struct value *p = v.lookup(&k); p->n = 1;",
                "p->n",
                "`p` may be NULL",
            ),
            (
                "struct value *p = v.lookup(&k); u64 n = p->n;",
                "p->n",
                "`p` may be NULL",
            ),
            (
                "struct value *p = v.lookup(&k); char c = p->name[3];",
                "p->name[3]",
                "`p` may",
            ),
            (
                "u64 *p = m.lookup(&k); u64 n = p[0];",
                "p[0]",
                "`p` may be NULL",
            ),
            (
                "u64 *p = m.lookup(&k), *q = p; if (arg) return 0; *q = 1;",
                "*q",
                "`q` may be NULL",
            ),
            (
                "u64 *p = (u64 *)m.lookup(&k); if (arg) *p = 1;",
                "*p",
                "may be NULL",
            ),
            (
                "u64 *p = bpf_map_lookup_elem(&m, &k); *p = 1;",
                "*p",
                "`bpf_map_lookup_elem`",
            ),
            (
                "u64 *p = m.lookup(&k); while (arg--) { *p += 1; }",
                "*p",
                "may be NULL",
            ),
            (
                "u64 *p = m.lookup(&k); switch (arg) { case 1: *p = 1; }",
                "*p",
                "may be NULL",
            ),
            (
                "u64 *p = m.lookup(&k); goto out; out: *p = 1;",
                "*p",
                "may be NULL",
            ),
            (
                "u64 *p = m.lookup(&k); if (arg > 1 || *p > 2) return 0;",
                "*p",
                "may be NULL",
            ),
            (
                "u64 *p = m.lookup(&k); u64 n = arg ? *p : 0;",
                "*p",
                "may be NULL",
            ),
            (
                "u64 *p = m.lookup(&k); u64 n = ({ u64 t = *p; t; });",
                "*p",
                "may be NULL",
            ),
        ],
    );
}

#[test]
fn x1_what_is_handed_on_is_tested_before() {
    check_said(
        Level::Error,
        &[
            (
                "struct value *p = v.lookup(&k); bpf_probe_read_kernel(p, sizeof(*p), from);",
                "p",
                "may be NULL",
            ),
            (
                "struct value *p = v.lookup(&k); bpf_get_current_comm(&p->name, sizeof(p->name));",
                "&p->name",
                "may be NULL",
            ),
            (
                "u64 *p = m.lookup(&k); m.update(&k, p);",
                "p",
                "may be NULL",
            ),
            (
                "struct value *p = v.lookup(&k); events.perf_submit(ctx, p, sizeof(*p));",
                "p",
                "may be NULL",
            ),
            (
                "u64 *p = m.lookup(&k); if (!p) { bpf_trace_printk(\"none\\n\"); } *p = 1;",
                "*p",
                "NULL here on the path",
            ),
            (
                "u64 *p = m.lookup(&k); if (!p) *p = 1;",
                "*p",
                "NULL here on the path",
            ),
        ],
    );
}

#[test]
fn x2_a_test_behind_the_use_is_named() {
    let (_, said) = said(&program(
        "u64 *tsp = m.lookup(&k); u64 d = one - *tsp; if (!tsp) return 0; m.delete(&k);",
    ));
    let labels: Vec<&str> = said[0]
        .labels
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(labels, ["looked up here", "tested only here"]);
}

#[test]
fn x3_x4_x6_other_results_that_may_be_null() {
    check_said(
        Level::Error,
        &[
            (
                "u64 *p = m.lookup(&k); if (!p) { m.update(&k, &one); p = m.lookup(&k); } (*p)++;",
                "*p",
                "this `m.lookup` can fail too",
            ),
            (
                "struct value *p = v.lookup(&k); if (p == NULL) { v.insert(&k, &zero); p = v.lookup(&k); } p->n++;",
                "p->n",
                "can fail too",
            ),
            (
                "u64 *p = m.lookup_or_try_init(&k, &one); (*p)++;",
                "*p",
                "unlike `lookup_or_init`",
            ),
            (
                "if (*m.lookup(&k) == 0) return 0;",
                "*m.lookup(&k)",
                "without a test for NULL",
            ),
            (
                "u64 n = v.lookup(&k)->n;",
                "v.lookup(&k)->n",
                "follows the result of `v.lookup`",
            ),
        ],
    );
}

#[test]
fn tests_in_every_form_are_seen() {
    check_silent(&[
        "u64 *p = m.lookup(&k); if (p) *p = 1;",
        "u64 *p = m.lookup(&k); if (!p) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if (p == NULL) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if (NULL == p) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if (p == 0) { return 0; } else { *p = 1; }",
        "u64 *p = m.lookup(&k); if (p != (void *)0) *p = 1;",
        "u64 *p; if ((p = m.lookup(&k)) == NULL) return 0; *p = 1;",
        "u64 *p; if (!(p = m.lookup(&k))) return 0; *p = 1;",
        "u64 *p; if ((p = m.lookup(&k))) *p = 1;",
        "u64 *p = m.lookup(&k); if (unlikely(!p)) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if (__builtin_expect(!!(p == NULL), 0)) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if (likely(p)) *p = 1;",
        "u64 *p = m.lookup(&k); if (p && *p > 2) return 0;",
        "u64 *p = m.lookup(&k); if (!p || *p > 2) return 0; *p = 1;",
        "u64 *p = m.lookup(&k), *q = m.lookup(&k); if (p && q && *p > *q) *p = 1;",
        "u64 *p = m.lookup(&k); if (arg && !p) return 0; if (!arg) return 0; one = arg;",
        "u64 *p = m.lookup(&k); u64 n = p ? *p : 0;",
        "u64 *p = m.lookup(&k); u64 n = !p ? 0 : *p;",
        "u64 *p = m.lookup(&k); int ok = p != NULL; if (ok) *p = 1;",
        "u64 *p = m.lookup(&k); int ok = !!p; if (!ok) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); bool ok = p; if (ok) *p = 1;",
        "u64 *p = m.lookup(&k); int found = 0; if (p) found = 1; if (!found) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if (!p) goto out; *p = 1; out: ;",
        "u64 *p = m.lookup(&k); for (; p; p = 0) *p = 1;",
        "u64 *p; while ((p = m.lookup(&k))) { k = *p; }",
        "u64 *p = m.lookup(&k); do { if (!p) break; *p = 1; } while (0);",
        "u64 *p; for (int i = 0; i < 4; i++) { p = m.lookup(&k); if (!p) continue; *p += i; }",
        "u64 *p = m.lookup(&k); switch (arg) { case 1: if (!p) break; *p = 1; break; default: break; }",
        "u64 *p = m.lookup(&k); if (!p) { p = m.lookup(&k); if (!p) return 0; } *p = 1;",
        "u64 *p = m.lookup(&k); if (!p) { p = &one; } *p = 1;",
        "u64 *p = &one; if (arg) { p = m.lookup(&k); if (!p) return 0; } *p = 1;",
        "u64 *p = NULL; if (arg) p = m.lookup(&k); if (!p) return 0; *p = 1;",
        "u64 *p = NULL; if (arg) { p = m.lookup(&k); if (!p) return 0; } if (arg) *p = 1;",
        "u64 *p = m.lookup(&k); if (arg) { if (!p) return 0; } if (arg) *p = 1;",
        "u64 *p = m.lookup_or_init(&k, &one); (*p)++;",
        "(*m.lookup_or_init(&k, &one))++;",
        "u64 *p = m.lookup_or_try_init(&k, &one); if (p) (*p)++;",
        "u64 *p = m.lookup(&k), *q = p; if (!q) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if ((u64)p == 0) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); u64 address = (u64)p; if (!address) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); u64 n = sizeof(*p); typeof(*p) t = 1;",
        "struct value *p = v.lookup(&k); u64 n = sizeof(p->name); one = n;",
        "u64 *p = m.lookup(&k); u64 **q = &p; if (!*q) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if (!p) asm volatile(\"\"); *p = 1;",
        "u64 *p = m.lookup(&k), *q; if (q = p, !q) return 0; *p = 1;",
        "u64 *p = m.lookup(&k); if (!p) __builtin_unreachable(); *p = 1;",
        "u64 *p = m.lookup(&k); if (0) *p = 1;",
    ]);
}

#[test]
fn macros_and_alternatives_make_things_unknown() {
    check_silent(&[
        "#define CHECK(p) if (!(p)) return 0\nint on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p = m.lookup(&k); CHECK(p); *p = 1; return 0; }",
        "#define BAIL if (!p) return 0;\nint on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p = m.lookup(&k); BAIL *p = 1; return 0; }",
        "#define OUT return 0\nint on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p = m.lookup(&k); if (!p) OUT; *p = 1; return 0; }",
        "#define OUT goto out\nint on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p = m.lookup(&k); if (!p) OUT; *p = 1; out: return 0; }",
        "#define IS_NULL(p) ((p) == 0)\nint on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p = m.lookup(&k); if (IS_NULL(p)) return 0; *p = 1; return 0; }",
        "#define MISSING (p == 0)\nint on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p = m.lookup(&k); if (MISSING) return 0; *p = 1; return 0; }",
        "int on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p = m.lookup(&k);\n#ifdef CONFIG_A\nif (!p) return 0;\n#else\nif (p == 0) return 0;\n#endif\n*p = 1; return 0; }",
        "int on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p;\n#if CONFIG_A\np = m.lookup(&k); if (!p) return 0;\n#else\np = &k;\n#endif\n*p = 1; return 0; }",
        "int on_entry(struct pt_regs *ctx) { u32 k = 1; u64 *p = m.lookup(&k);\n#if 0\n*p = 1;\n#endif\nreturn 0; }",
    ]);
}

#[test]
fn helpers_of_the_text_are_looked_into() {
    const FIND: &str = "static u64 *find(u32 k) { u64 *p = m.lookup(&k); return p; }\n";
    const TRY: &str = "static u64 *find(u32 k) { u64 *p = m.lookup(&k); if (!p) return NULL; *p += 1; return p; }\n";
    const ADD: &str = "static void add(u64 *p) { *p += 1; }\n";
    const MAYBE: &str = "static void add(u64 *p) { if (p) *p += 1; }\n";
    const OK: &str = "static int ok(u64 *p) { return p != 0; }\n";
    const SAME: &str = "static u64 *same(u64 *p) { return p; }\n";
    const SURE: &str = "static u64 *find(u32 k, u64 *other) { u64 *p = m.lookup(&k); if (!p) return other; return p; }\n";
    let on_entry = |body: &str| {
        format!(
            "int on_entry(struct pt_regs *ctx, int arg) {{ u32 k = arg; u64 one = 1; {body} return 0; }}"
        )
    };
    let rows = [
        (FIND, "u64 *p = find(k); *p = 1;", "*p"),
        (TRY, "u64 *p = find(k); *p = 1;", "*p"),
        (ADD, "u64 *p = m.lookup(&k); add(p);", "p"),
        (SAME, "u64 *p = same(m.lookup(&k)); *p = 1;", "*p"),
    ];
    for (helper, body, guilty) in rows {
        let text = format!("{helper}{}", on_entry(body));
        check_said(Level::Error, &[(&text, guilty, "may be NULL")]);
    }
    let rows = [
        (FIND, "u64 *p = find(k); if (p) *p = 1;"),
        (TRY, "u64 *p = find(k); if (!p) return 0; *p = 1;"),
        (ADD, "u64 *p = m.lookup(&k); if (p) add(p);"),
        (MAYBE, "u64 *p = m.lookup(&k); add(p);"),
        (OK, "u64 *p = m.lookup(&k); if (!ok(p)) return 0; *p = 1;"),
        (
            SAME,
            "u64 *p = m.lookup(&k), *q = same(p); if (!q) return 0; *p = 1;",
        ),
        (SURE, "u64 *p = find(k, &one); *p = 1;"),
    ];
    for (helper, body) in rows {
        let text = format!("{helper}{}", on_entry(body));
        check_silent(&[&text]);
    }
}

/// From Linux 6.15 on, an array's entry at a constant index needs no test.
#[test]
fn an_array_at_a_constant_index_is_a_warning() {
    check_said(
        Level::Warning,
        &[(
            "int i = 1; struct value *p = a.lookup(&i); p->n = 1;",
            "p->n",
            "may be NULL",
        )],
    );
    check_said(
        Level::Error,
        &[(
            "int i = arg; struct value *p = a.lookup(&i); p->n = 1;",
            "p->n",
            "may be NULL",
        )],
    );
}

#[test]
fn x7_entries_are_not_used_behind_delete() {
    check_said(
        Level::Warning,
        &[(
            "struct value *p = v.lookup(&k); if (!p) return 0; v.delete(&k); one = p->n;",
            "p->n",
            "deleted: another CPU may reuse it",
        )],
    );
    check_silent(&[
        "struct value *p = v.lookup(&k); if (!p) return 0; one = p->n; v.delete(&k);",
        "struct value *p = v.lookup(&k); if (!p) return 0; k = 7; v.delete(&k); one = p->n;",
        "struct value *p = v.lookup(&k); if (!p) return 0; m.delete(&k); one = p->n;",
        "struct value *p = v.lookup(&k); if (!p) return 0; v.delete(&k); p = v.lookup(&k); if (p) one = p->n;",
        "struct value *p = v.lookup(&k); if (!p) return 0; if (arg) { v.delete(&k); return 0; } one = p->n;",
        "struct value *p = v.lookup(&k); u32 other = 3; if (!p) return 0; v.delete(&other); one = p->n;",
    ]);
}
