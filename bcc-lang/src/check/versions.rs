//! What came later than the oldest kernel the program has to run on.

use crate::analysis::Analysis;
use crate::diag::{Diagnostic, Diagnostics};
use crate::uses::{Use, What};
use crate::version::KernelVersion;

pub(super) fn check_versions(context: Analysis<'_>, uses: &[Use], cx: &mut Diagnostics) {
    let Some(oldest) = context.options.min_kernel else {
        return;
    };
    for one in uses {
        if one.certain && one.since > oldest && !follows(one, uses) {
            cx.push(report(context, one, oldest));
        }
    }
}

/// Whether a use only follows from another that is reported: the methods of a map that the kernel
/// does not have.
fn follows(one: &Use, uses: &[Use]) -> bool {
    let What::Helper(helper) = one.what else {
        return false;
    };
    let Some(map_type) = only_for(helper) else {
        return false;
    };
    let of_map = |other: &&Use| other.what == What::MapType(map_type);
    uses.iter()
        .filter(of_map)
        .any(|other| other.certain && other.since >= one.since)
}

/// The only type of map that a helper works with.
fn only_for(helper: &str) -> Option<&'static str> {
    const ROWS: &[(&str, &str)] = &[
        ("bpf_ringbuf_", "BPF_MAP_TYPE_RINGBUF"),
        ("bpf_sk_storage_", "BPF_MAP_TYPE_SK_STORAGE"),
        ("bpf_inode_storage_", "BPF_MAP_TYPE_INODE_STORAGE"),
        ("bpf_task_storage_", "BPF_MAP_TYPE_TASK_STORAGE"),
    ];
    let row = ROWS.iter().find(|(start, _)| helper.starts_with(start));
    row.map(|(_, map_type)| *map_type)
}

fn report(context: Analysis<'_>, one: &Use, oldest: KernelVersion) -> Diagnostic {
    let since = one.since;
    let text = context.source.slice(one.span);
    let what = match one.what {
        What::Helper(helper) if helper == text => format!("`{helper}`"),
        What::Helper(helper) => format!("`{text}` is the helper `{helper}`, which"),
        What::MapType(name) => format!("this map is a `{name}`, which"),
        What::BuildIds => "this map holds stacks as build ids, which".to_owned(),
        What::Program(ty) => format!("`{text}` makes {}, which", ty.words),
        What::Variable => format!("`{text}` is a variable at file scope, which"),
        What::Data(words) => format!("{words} is kept in data of the program, which"),
    };
    let way_out = match one.what {
        What::Helper(_) => instead_of_helper(&one.what, oldest),
        What::MapType(name) => instead_of_map(name, oldest),
        What::BuildIds => Some("use `BPF_STACK_TRACE`"),
        What::Program(_) => instead_of_program(text),
        What::Variable => Some("use a map with one entry, `BPF_ARRAY(name, type, 1)`"),
        What::Data(_) => Some("submit an event"),
    };
    let raise = format!("raise `min_kernel` to {since}");
    let help = match way_out {
        Some(way_out) => format!("{way_out}, or {raise}"),
        None => match one.what {
            What::Helper(helper) if helper == text => format!(
                "{raise}, or call it behind `if (bpf_core_enum_value_exists(enum bpf_func_id, \
                 BPF_FUNC_{}))`",
                helper.strip_prefix("bpf_").unwrap_or(helper)
            ),
            _ => raise,
        },
    };
    let message =
        format!("{what} needs Linux {since}, and the program says that it runs from {oldest} on");
    Diagnostic::error(one.span, message).with_help(help)
}

/// An older helper for the same end.
fn instead_of_helper(what: &What, oldest: KernelVersion) -> Option<&'static str> {
    const ROWS: &[(&str, KernelVersion, &str)] = &[
        (
            "bpf_get_current_task_btf",
            KernelVersion::new(4, 8),
            "use `bpf_get_current_task`",
        ),
        (
            "bpf_ktime_get_boot_ns",
            KernelVersion::new(4, 1),
            "use `bpf_ktime_get_ns`, which stands still while the machine sleeps",
        ),
        (
            "bpf_ktime_get_coarse_ns",
            KernelVersion::new(4, 1),
            "use `bpf_ktime_get_ns`",
        ),
        (
            "bpf_loop",
            KernelVersion::new(5, 3),
            "use a loop with a constant bound",
        ),
        (
            "bpf_snprintf",
            KernelVersion::new(4, 4),
            "submit the values and format them in Rust",
        ),
        (
            "bpf_strncmp",
            KernelVersion::new(5, 3),
            "compare in a loop with a constant bound",
        ),
        (
            "bpf_trace_vprintk",
            KernelVersion::new(4, 1),
            "use `bpf_trace_printk` with three values at most",
        ),
    ];
    let What::Helper(helper) = what else {
        return None;
    };
    let row = ROWS
        .iter()
        .find(|(name, since, _)| name == helper && *since <= oldest);
    row.map(|(_, _, text)| *text)
}

/// An older type of map for the same end.
fn instead_of_map(name: &str, oldest: KernelVersion) -> Option<&'static str> {
    const HASH: &str = "use `BPF_HASH` with the address or a number as the key";
    let (since, text) = match name {
        "BPF_MAP_TYPE_RINGBUF" => (KernelVersion::new(4, 4), "use `BPF_PERF_OUTPUT`"),
        "BPF_MAP_TYPE_TASK_STORAGE" | "BPF_MAP_TYPE_SK_STORAGE" | "BPF_MAP_TYPE_INODE_STORAGE" => {
            (KernelVersion::new(3, 19), HASH)
        }
        _ => return None,
    };
    (since <= oldest).then_some(text)
}

/// An older type of program for the same end.
fn instead_of_program(text: &str) -> Option<&'static str> {
    if text.starts_with("KFUNC_PROBE") || text.starts_with("kfunc__") {
        Some("use a `kprobe__` function")
    } else if text.starts_with("KRETFUNC_PROBE") || text.starts_with("kretfunc__") {
        Some("use a `kretprobe__` function")
    } else {
        None
    }
}
