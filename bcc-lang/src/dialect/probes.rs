//! Forms in which a text names what it probes.

use crate::program::{Hook, NetContext, ProbeKind};

/// A macro that begins a program: `TRACEPOINT_PROBE(category, event) { ... }`.
#[derive(Clone, Copy, Debug)]
pub struct ProbeMacro {
    /// The macro's name.
    pub name: &'static str,
    /// What its arguments are called in messages.
    pub params: &'static [&'static str],
    /// Whether the parameters of the traced function follow.
    pub takes_arguments: bool,
    /// What it begins.
    pub form: ProbeForm,
    /// Arguments that fit, for messages.
    pub example: &'static str,
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
    /// The entry of a system call.
    Syscall,
    /// A hook the kernel makes from a function's type: function, or module and function.
    Trampoline(Hook),
    /// An iterator over things of the kernel: what it goes over.
    Iter,
}

/// The probe macros.
pub const PROBE_MACROS: &[ProbeMacro] = &[
    ProbeMacro {
        name: "TRACEPOINT_PROBE",
        params: &["category", "event"],
        takes_arguments: false,
        form: ProbeForm::Tracepoint,
        example: "sched, sched_switch",
    },
    ProbeMacro {
        name: "RAW_TRACEPOINT_PROBE",
        params: &["event"],
        takes_arguments: false,
        form: ProbeForm::RawTracepoint,
        example: "sched_switch",
    },
    ProbeMacro {
        name: "KFUNC_PROBE",
        params: &["function"],
        takes_arguments: true,
        form: ProbeForm::Trampoline(Hook::Kfunc),
        example: "vfs_open, const struct path *path, struct file *file",
    },
    ProbeMacro {
        name: "KRETFUNC_PROBE",
        params: &["function"],
        takes_arguments: true,
        form: ProbeForm::Trampoline(Hook::Kretfunc),
        example: "vfs_open, const struct path *path, struct file *file, int ret",
    },
    ProbeMacro {
        name: "MODULE_KFUNC_PROBE",
        params: &["module", "function"],
        takes_arguments: true,
        form: ProbeForm::Trampoline(Hook::Kfunc),
        example: "overlay, ovl_open, struct inode *inode, struct file *file",
    },
    ProbeMacro {
        name: "MODULE_KRETFUNC_PROBE",
        params: &["module", "function"],
        takes_arguments: true,
        form: ProbeForm::Trampoline(Hook::Kretfunc),
        example: "overlay, ovl_open, struct inode *inode, struct file *file, int ret",
    },
    ProbeMacro {
        name: "KMOD_RET",
        params: &["function"],
        takes_arguments: true,
        form: ProbeForm::Trampoline(Hook::KmodRet),
        example: "security_file_open, struct file *file, int ret",
    },
    ProbeMacro {
        name: "LSM_PROBE",
        params: &["hook"],
        takes_arguments: true,
        form: ProbeForm::Trampoline(Hook::Lsm),
        example: "file_open, struct file *file",
    },
    ProbeMacro {
        name: "BPF_ITER",
        params: &["target"],
        takes_arguments: false,
        form: ProbeForm::Iter,
        example: "task",
    },
];

/// Prefixes of function names that say what a program attaches to at load.
pub const NAME_PREFIXES: &[(&str, ProbeForm)] = &[
    ("kprobe__", ProbeForm::Kprobe),
    ("kretprobe__", ProbeForm::Kretprobe),
    ("tracepoint__", ProbeForm::Tracepoint),
    ("raw_tracepoint__", ProbeForm::RawTracepoint),
    ("syscall__", ProbeForm::Syscall),
    ("kfunc__", ProbeForm::Trampoline(Hook::Kfunc)),
    ("kretfunc__", ProbeForm::Trampoline(Hook::Kretfunc)),
    ("kmod_ret__", ProbeForm::Trampoline(Hook::KmodRet)),
    ("lsm__", ProbeForm::Trampoline(Hook::Lsm)),
    ("bpf_iter__", ProbeForm::Iter),
];

/// What a name says in place of a module where the function is the kernel's own.
pub const NO_MODULE: &str = "vmlinux";

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

/// The prefix of the names of programs of a form.
#[must_use]
pub fn name_prefix(form: ProbeForm) -> &'static str {
    NAME_PREFIXES
        .iter()
        .find(|(_, known)| *known == form)
        .map_or("", |(prefix, _)| prefix)
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

/// How many arguments the kernel hands to a program on a hook, the result included.
pub const HOOK_ARGUMENTS: usize = 12;

/// How a program comes by the arguments of what it traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentForm<'a> {
    /// In the registers of its context.
    Registers,
    /// Of a system call: where the kernel wraps its functions for those, their only argument is
    /// the address of the registers that hold the call's.
    Wrapped,
    /// As those of a system call, unless the kernel has a function of exactly this name.
    MaybeWrapped(&'a str),
    /// In an array whose entries the kernel knows the types of.
    Typed,
}

/// Prefixes of the kernel's functions for system calls that are wrapped.
const WRAPPED: &[&str] = &["__x64_sys_", "__arm64_sys_", "__riscv_sys_"];

/// Prefix of functions for system calls that may stand for a wrapped one, and of other functions.
const MAYBE_WRAPPED: &str = "sys_";

/// How a program comes by the arguments of what it traces.
#[must_use]
pub fn argument_form(kind: &ProbeKind) -> ArgumentForm<'_> {
    match kind {
        ProbeKind::Syscall { .. } => ArgumentForm::Wrapped,
        ProbeKind::Trampoline(_) => ArgumentForm::Typed,
        ProbeKind::Kprobe { function } => {
            if WRAPPED.iter().any(|prefix| function.starts_with(prefix)) {
                ArgumentForm::Wrapped
            } else if function.starts_with(MAYBE_WRAPPED) {
                ArgumentForm::MaybeWrapped(function)
            } else {
                ArgumentForm::Registers
            }
        }
        ProbeKind::Registers
        | ProbeKind::Any
        | ProbeKind::Kretprobe { .. }
        | ProbeKind::Iter { .. }
        | ProbeKind::Tracepoint { .. }
        | ProbeKind::TracepointFn { .. }
        | ProbeKind::RawTracepoint { .. }
        | ProbeKind::RawTracepointFn
        | ProbeKind::PerfEvent
        | ProbeKind::Network { .. }
        | ProbeKind::Section { .. } => ArgumentForm::Registers,
    }
}

/// The module and the function of a hook's name behind its prefix.
#[must_use]
pub fn split_hook(hook: Hook, name: &str) -> Option<(Option<&str>, &str)> {
    let (module, function) = if hook.names_module() {
        let (module, function) = name.split_once("__")?;
        (Some(module).filter(|module| *module != NO_MODULE), function)
    } else {
        (None, name)
    };
    (!function.is_empty() && module != Some("")).then_some((module, function))
}
