//! Everything else in the generated module, and what stands beside it.

use super::*;
use crate::expand_program;
use bcc_lang::program::Sharing;

/// Each kind of map and of program has its handle; unknown contents are bytes.
#[test]
fn handles() {
    let map = |name: &str, kind, key: Type, value, event| Map {
        name: name.to_owned(),
        span: HERE,
        kind,
        key,
        value,
        max_entries: None,
        event,
        sharing: Sharing::Private,
        inner: None,
    };
    let probe = |name: &str, kind| Probe {
        name: name.to_owned(),
        span: HERE,
        kind,
        hook_arguments: None,
    };
    let section = ProbeKind::Section {
        name: "xdp".to_owned(),
    };
    let program = Program {
        maps: vec![
            map(
                "events",
                MapKind::PerfEventArray,
                I32,
                U32,
                Some(tagged("data_t")),
            ),
            map("raw", MapKind::PerfEventArray, I32, U32, None),
            map("counts", MapKind::LruHash, U32, U64, None),
            map("type", MapKind::PercpuArray, I32, tagged("data_t"), None),
            map(
                "per",
                MapKind::LruPercpuHash,
                Type::Unknown("x".to_owned()),
                U64,
                None,
            ),
            map("socks", MapKind::Hash, tagged("sock"), array(U64, 40), None),
            map("slots", MapKind::Array, I32, U64, None),
            map("tasks", MapKind::TaskStorage, I32, tagged("data_t"), None),
            Map {
                sharing: Sharing::Extern,
                ..map("theirs", MapKind::Extern, U32, U64, None)
            },
            Map {
                inner: Some("counts".to_owned()),
                ..map("by_slot", MapKind::ArrayOfMaps, I32, I32, None)
            },
            Map {
                inner: Some("unknown".to_owned()),
                ..map("by_key", MapKind::HashOfMaps, U64, I32, None)
            },
        ],
        probes: vec![probe("f", ProbeKind::Any), probe("loop", section)],
        ..program(vec![record("data_t", 4, 4, vec![member("a", U32, 0)])])
    };
    let module = Module::of(&program);
    let expected = [
        ("events", "::bcc_runtime::map::PerfEventArray<DataT>"),
        (
            "raw",
            "::bcc_runtime::map::PerfEventArray<::bcc_runtime::map::Bytes>",
        ),
        ("counts", "::bcc_runtime::map::Hash<u32,u64>"),
        ("r#type", "::bcc_runtime::map::PercpuArray<DataT>"),
        (
            "per",
            "::bcc_runtime::map::PercpuHash<::bcc_runtime::map::Bytes,u64>",
        ),
        (
            "socks",
            "::bcc_runtime::map::Hash<::bcc_runtime::map::Bytes,[u64;40]>",
        ),
        ("slots", "::bcc_runtime::map::Array<u64>"),
        ("tasks", "::bcc_runtime::map::TaskStorage<DataT>"),
        ("theirs", "::bcc_runtime::map::Extern"),
        (
            "by_slot",
            "::bcc_runtime::map::ArrayOfMaps<::bcc_runtime::map::Hash<u32,u64>>",
        ),
        (
            "by_key",
            "::bcc_runtime::map::HashOfMaps<u64,::bcc_runtime::map::Untyped>",
        ),
    ];
    assert_eq!(pairs(&module.fields("Maps")), expected);
    let expected = [
        ("f", "::bcc_runtime::program::Any"),
        ("r#loop", "::bcc_runtime::program::Section"),
    ];
    assert_eq!(pairs(&module.fields("Progs")), expected);
    let spec = text(module.item("impl ::bcc_runtime::__private::Module for Module"));
    assert!(spec.contains("loaded.map(\"type\")"), "{spec}");
    assert!(
        spec.contains("key_size:::core::option::Option::None"),
        "{spec}"
    );
}

/// Only `const volatile` variables of known type can be set.
#[test]
fn consts() {
    let global = |name: &str, ty, section| Global {
        name: name.to_owned(),
        span: HERE,
        ty,
        section,
    };
    let program = Program {
        globals: vec![
            global("target_pid", U32, GlobalSection::Rodata),
            global("count", U64, GlobalSection::Bss),
            global("sk", tagged("sock"), GlobalSection::Rodata),
        ],
        ..program(Vec::new())
    };
    assert_eq!(
        pairs(&Module::of(&program).fields("Consts")),
        [("target_pid", "u32")]
    );
}

/// Names of the text that are names of the module, twice the same one, and types that meet.
#[test]
fn clashes() {
    let one = |name: &str| record(name, 4, 4, vec![member("a", U32, 0)]);
    let module = Module::of(&program(vec![
        one("maps"),
        one("a_b"),
        one("aB"),
        one("a_b"),
    ]));
    for name in ["Maps_", "AB", "AB_"] {
        assert_eq!(pairs(&module.fields(name)), [("a", "u32")], "{name}");
    }
}

/// Layouts speak of the members of anonymous structs, at their place in the outermost one.
#[test]
fn layouts() {
    let types = vec![
        record(
            "s::0",
            8,
            4,
            vec![bits("b", U32, 3, 5), member("c", U32, 4)],
        ),
        record(
            "s",
            12,
            4,
            vec![member("a", U32, 0), member("", tagged("s::0"), 4)],
        ),
    ];
    let spec =
        text(Module::of(&program(types)).item("impl ::bcc_runtime::__private::Module for Module"));
    let borrowed = "::std::borrow::Cow::Borrowed";
    let row = |name: &str, offset: u64, size: u64| {
        format!("({borrowed}(\"{name}\"),{offset}u64,{size}u64)")
    };
    let rows = [row("a", 0, 32), row("b", 35, 5), row("c", 64, 32)].join(",");
    assert!(spec.contains(&format!("=&[{rows}];")), "{spec}");
    assert!(
        !spec.contains("s::0"),
        "C has no name for an anonymous struct"
    );
}

/// The text of a real block goes all the way; its types and maps arrive.
#[test]
fn whole_block() {
    let input = "pub mod opens;
        struct data_t { u32 pid; u64 ts; };
        BPF_HASH(counts, u32, struct data_t);
        int f(struct pt_regs *ctx) { return 0; }";
    let module = Module::parse(expand_program(input.parse().expect("lexes")));
    assert_eq!(pairs(&module.fields("DataT")).len(), 3);
    assert_eq!(
        pairs(&module.fields("Maps")),
        [("counts", "::bcc_runtime::map::Hash<u32,DataT>")]
    );
    assert_eq!(
        pairs(&module.fields("Progs")),
        [("f", "::bcc_runtime::program::Registers")]
    );
}

/// All three forms of the same text give the same module.
#[test]
fn forms_agree() {
    let c = "struct data_t { u32 pid; }; BPF_ARRAY(a, struct data_t, 4);";
    let types = |input: String| {
        let module = Module::parse(expand_program(input.parse().expect("lexes")));
        (module.fields("DataT"), module.fields("Maps"))
    };
    let block = types(format!("mod a; {c}"));
    assert_eq!(types(format!("mod a; r#\"{c}\"#")), block);
    assert_eq!(types(format!("mod a; {c:?}")), block);
}

/// An error leaves the module and its names standing.
#[test]
fn errors_beside_the_module() {
    let table = [
        (
            "mod a; struct data_t { u32 pid; }; BPF_HASH(m, u32); BPF_HASH(m, u32);",
            1,
        ),
        ("mod a; include_str!(\"no such file\")", 1),
        ("mod a int x;", 1),
        ("mod a; \"int x;\" y", 1),
    ];
    for (input, expected) in table {
        let tokens = expand_program(input.parse().expect("lexes"));
        let file: syn::File = syn::parse2(tokens).expect("the expansion is Rust");
        let is_error = |item: &&syn::Item| matches!(item, syn::Item::Macro(call) if text(&call.mac.path) == "::core::compile_error");
        assert_eq!(
            file.items.iter().filter(is_error).count(),
            expected,
            "{input}"
        );
        let is_module =
            |item: &syn::Item| matches!(item, syn::Item::Mod(module) if module.ident == "a");
        assert!(file.items.iter().any(is_module), "{input}");
    }
}

/// Attributes for the C text are taken from the module; Rust's own and comments stay.
#[test]
fn attributes_for_the_text() {
    let input = "#[allow(dead_code)] #[min_kernel(\"5.8\")] #[semantics(strict)] #[doc = \"x\"]
        mod tool; BPF_RINGBUF_OUTPUT(events, 8);";
    let tokens = expand_program(input.parse().expect("lexes"));
    let file: syn::File = syn::parse2(tokens).expect("the expansion is Rust");
    let module = file.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) => Some(module),
        _ => None,
    });
    let attributes: Vec<String> = module
        .expect("there is a module")
        .attrs
        .iter()
        .map(|attribute| text(attribute).chars().take(20).collect())
        .collect();
    let expected = [
        "#[allow(dead_code)]",
        "#[doc=\"x\"]",
        "#[doc=\"The BPF progr",
        "#[allow(dead_code,mi",
    ];
    assert_eq!(attributes, expected);
}

/// The documentation of the module says what the program asks of the machine.
#[test]
fn documentation_of_requirements() {
    let input = "mod tool; BPF_RINGBUF_OUTPUT(events, 8);
        TRACEPOINT_PROBE(sched, sched_switch) { bpf_trace_printk(\"x\"); return 0; }";
    let tokens = expand_program(input.parse().expect("lexes"));
    let file: syn::File = syn::parse2(tokens).expect("the expansion is Rust");
    let doc = file.items.iter().find_map(|item| {
        let syn::Item::Mod(module) = item else {
            return None;
        };
        let mut docs = module.attrs.iter();
        let doc = docs.find(|attribute| attribute.path().is_ident("doc"))?;
        match &doc.meta.require_name_value().ok()?.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        }
    });
    let expected = "The BPF program `tool`.

# Requirements

Linux 5.8 or newer with its types (BTF or headers); `CAP_BPF`, `CAP_PERFMON` (before Linux 5.8, `CAP_SYS_ADMIN`).

| Linux | for | line |
|---|---|---|
| 5.8 | map type `BPF_MAP_TYPE_RINGBUF` | 1 |
| 5.2 | the format of `bpf_trace_printk` | 1 |
| 4.7 | a program on a tracepoint | 1 |
| 4.1 | helper `bpf_trace_printk` | 1 |

Only under a GPL-compatible licence: `bpf_trace_printk` (line 1).

The kernel is built with `CONFIG_BPF_SYSCALL`, `CONFIG_BPF_EVENTS`.

Named in the program: tracepoint `sched:sched_switch`.
";
    assert_eq!(doc.as_deref(), Some(expected));
}
