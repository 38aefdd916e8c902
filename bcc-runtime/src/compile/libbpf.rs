//! libbpf's headers for BPF programs, as far as a program needs them.
//!
//! In: the program's words. Out: the headers' text, and the kernel's names behind its macros.

use super::includes::without_includes;
use super::unit::section;
use crate::spec::Spec;
use crate::sys::machine::libbpf_header;
use std::collections::HashSet;

/// libbpf's list of helpers, which its other headers include.
const HELPERS: &str = "bpf_helper_defs.h";
/// libbpf's headers a program may include, in the order they need.
const HEADERS: [&str; 4] = [
    "bpf_helpers.h",
    "bpf_tracing.h",
    "bpf_core_read.h",
    "bpf_endian.h",
];
/// The one with functions that use constants, which the prelude defines.
const USDT: &str = "usdt.bpf.h";
/// Helpers that macros of those headers call.
const BEHIND_HEADERS: [&str; 15] = [
    "bpf_probe_read_kernel",
    "bpf_probe_read_kernel_str",
    "bpf_probe_read_user",
    "bpf_probe_read_user_str",
    "bpf_probe_read_str",
    "bpf_probe_read",
    "bpf_trace_printk",
    "bpf_trace_vprintk",
    "bpf_seq_printf",
    "bpf_snprintf",
    "bpf_tail_call",
    "bpf_get_func_arg",
    "bpf_get_func_arg_cnt",
    "bpf_get_attach_cookie",
    "bpf_map_lookup_elem",
];

/// Names of libbpf's headers, by how they start, and the kernel's names behind them.
const BEHIND_MACROS: [(&str, &[&str]); 7] = [
    ("bpf_perf_event_output", &["BPF_F_CURRENT_CPU"]),
    ("PT_REGS_", &["pt_regs"]),
    ("BPF_KPROBE", &["pt_regs"]),
    ("bpf_for", &["bpf_iter_num"]),
    ("bpf_repeat", &["bpf_iter_num"]),
    ("BPF_MAP_TYPE_", &["bpf_map_type"]),
    (
        "bpf_usdt_",
        &[
            "pt_regs",
            "bool",
            "BPF_MAP_TYPE_ARRAY",
            "BPF_MAP_TYPE_HASH",
            "ESRCH",
            "ENOENT",
            "EINVAL",
        ],
    ),
];

/// The kernel's names a program needs because of libbpf's macros it uses.
pub(super) fn kernel_names<'a>(used: &HashSet<&'a str>) -> impl Iterator<Item = &'a str> {
    let is_used = |start: &str| used.iter().any(|word| word.starts_with(start));
    let needed = BEHIND_MACROS
        .iter()
        .filter(move |(start, _)| is_used(start));
    needed.flat_map(|(_, names)| names.iter().copied())
}

/// libbpf's headers that stand in front of the prelude, as far as the program includes them.
pub(super) fn write(out: &mut String, spec: &Spec, used: &HashSet<&str>) {
    section(out, HELPERS, &used_helpers(libbpf_header(HELPERS), used));
    for name in HEADERS {
        write_header(out, name, spec);
    }
}

/// libbpf's headers that stand behind the prelude.
pub(super) fn write_behind_prelude(out: &mut String, spec: &Spec) {
    write_header(out, USDT, spec);
}

/// Whether a program includes libbpf's header for USDT.
pub(super) fn has_usdt(spec: &Spec) -> bool {
    includes(spec, USDT)
}

fn includes(spec: &Spec, name: &str) -> bool {
    let include = format!("#include <bpf/{name}>");
    spec.source.lines().any(|line| line.trim() == include)
}

fn write_header(out: &mut String, name: &str, spec: &Spec) {
    if includes(spec, name) {
        section(out, name, &without_includes(libbpf_header(name)));
    }
}

/// The declarations of the helpers the program may call. There are hundreds, with long comments:
/// all of them would cost clang as much time as the rest of the text.
fn used_helpers(text: &str, used: &HashSet<&str>) -> String {
    let wanted = |line: &&str| {
        if line.starts_with([' ', '/', '\t']) || line.is_empty() {
            return false;
        }
        let name = line
            .split_once("(* const ")
            .and_then(|(_, rest)| rest.split_once(')'));
        name.is_none_or(|(name, _)| used.contains(name) || BEHIND_HEADERS.contains(&name))
    };
    text.lines()
        .filter(wanted)
        .flat_map(|line| [line, "\n"])
        .collect()
}
