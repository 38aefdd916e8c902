//! Forms in which a text names what it probes.

use crate::program::NetContext;

/// A macro that begins a program: `TRACEPOINT_PROBE(category, event) { ... }`.
#[derive(Clone, Copy, Debug)]
pub struct ProbeMacro {
    /// The macro's name.
    pub name: &'static str,
    /// What its arguments are called in messages.
    pub params: &'static [&'static str],
    /// What it begins.
    pub form: ProbeForm,
}

/// What a probe macro or a name prefix begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeForm {
    /// A tracepoint: category and event.
    Tracepoint,
    /// A raw tracepoint: event.
    RawTracepoint,
    /// The entry of a kernel function.
    Kprobe,
    /// The return of a kernel function.
    Kretprobe,
}

/// The probe macros.
pub const PROBE_MACROS: &[ProbeMacro] = &[
    ProbeMacro {
        name: "TRACEPOINT_PROBE",
        params: &["category", "event"],
        form: ProbeForm::Tracepoint,
    },
    ProbeMacro {
        name: "RAW_TRACEPOINT_PROBE",
        params: &["event"],
        form: ProbeForm::RawTracepoint,
    },
];

/// Probe macros of bcc that are not supported yet.
pub const PLANNED_PROBE_MACROS: &[&str] = &[
    "BPF_ITER",
    "KFUNC_PROBE",
    "KMOD_RET",
    "KRETFUNC_PROBE",
    "LSM_PROBE",
    "MODULE_KFUNC_PROBE",
    "MODULE_KRETFUNC_PROBE",
];

/// Prefixes of function names that say what a program attaches to at load.
pub const NAME_PREFIXES: &[(&str, ProbeForm)] = &[
    ("kprobe__", ProbeForm::Kprobe),
    ("kretprobe__", ProbeForm::Kretprobe),
    ("tracepoint__", ProbeForm::Tracepoint),
    ("raw_tracepoint__", ProbeForm::RawTracepoint),
];

/// What a context's struct says about a program that has no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextForm {
    /// The registers of a probed function.
    Registers,
    /// The arguments of a raw tracepoint.
    RawTracepoint,
    /// A sample of a perf event.
    PerfEvent,
    /// A packet, a socket or a request of a cgroup.
    Network(NetContext),
}

/// Tags of context structs.
pub const CONTEXTS: &[(&str, ContextForm)] = &[
    ("pt_regs", ContextForm::Registers),
    ("bpf_raw_tracepoint_args", ContextForm::RawTracepoint),
    ("bpf_perf_event_data", ContextForm::PerfEvent),
    ("xdp_md", ContextForm::Network(NetContext::Xdp)),
    ("__sk_buff", ContextForm::Network(NetContext::Skb)),
    ("bpf_sock_ops", ContextForm::Network(NetContext::SockOps)),
    ("sk_msg_md", ContextForm::Network(NetContext::SkMsg)),
    ("bpf_sock_addr", ContextForm::Network(NetContext::SockAddr)),
    ("bpf_sock", ContextForm::Network(NetContext::CgroupSock)),
    (
        "bpf_cgroup_dev_ctx",
        ContextForm::Network(NetContext::CgroupDevice),
    ),
    ("bpf_sysctl", ContextForm::Network(NetContext::CgroupSysctl)),
    (
        "bpf_sockopt",
        ContextForm::Network(NetContext::CgroupSockopt),
    ),
    (
        "sk_reuseport_md",
        ContextForm::Network(NetContext::SkReuseport),
    ),
    ("bpf_sk_lookup", ContextForm::Network(NetContext::SkLookup)),
];

/// Prefix of the structs that hold a tracepoint's arguments: `tracepoint__CATEGORY__EVENT`.
pub const TRACEPOINT_STRUCT_PREFIX: &str = "tracepoint__";

/// The row of the probe macro called `name`.
#[must_use]
pub fn find_probe_macro(name: &str) -> Option<&'static ProbeMacro> {
    PROBE_MACROS.iter().find(|row| row.name == name)
}

/// What a context whose struct has this tag is.
#[must_use]
pub fn find_context(tag: &str) -> Option<ContextForm> {
    let row = CONTEXTS.iter().find(|(known, _)| *known == tag);
    row.map(|(_, form)| *form)
}

/// What the prefix of a function's name says, and the rest of the name.
#[must_use]
pub fn split_prefix(name: &str) -> Option<(ProbeForm, &str)> {
    NAME_PREFIXES
        .iter()
        .find_map(|(prefix, form)| Some((*form, name.strip_prefix(prefix)?)))
}

/// Category and event of a `CATEGORY__EVENT` name. The category ends at the first `__`; no
/// category of the kernel holds one, while events may.
#[must_use]
pub fn split_tracepoint(name: &str) -> Option<(&str, &str)> {
    name.split_once("__")
        .filter(|(category, event)| !category.is_empty() && !event.is_empty())
}

/// How many arguments of a traced function arrive in registers (x86-64).
pub const REGISTER_ARGUMENTS: usize = 6;
