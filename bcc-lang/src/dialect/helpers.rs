//! Kernel helpers and libbpf macros the front end treats specially. All others pass through: they
//! are declared by libbpf's own headers.

/// Where a pointer leads, outside the program's own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSpace {
    /// Kernel memory.
    Kernel,
    /// Memory of the current process.
    User,
    /// Either: the address itself must tell.
    Any,
}

/// A helper that copies memory from outside into a buffer of the program.
#[derive(Clone, Copy, Debug)]
pub struct ReadHelper {
    /// The helper's name.
    pub name: &'static str,
    /// Where it reads; `None` if its third argument decides.
    pub space: Option<AddressSpace>,
}

/// Helpers with the arguments (destination, size, source).
pub const READ_HELPERS: &[ReadHelper] = &[
    ReadHelper {
        name: "bpf_probe_read",
        space: None,
    },
    ReadHelper {
        name: "bpf_probe_read_str",
        space: None,
    },
    ReadHelper {
        name: "bpf_probe_read_kernel",
        space: Some(AddressSpace::Kernel),
    },
    ReadHelper {
        name: "bpf_probe_read_kernel_str",
        space: Some(AddressSpace::Kernel),
    },
    ReadHelper {
        name: "bpf_probe_read_user",
        space: Some(AddressSpace::User),
    },
    ReadHelper {
        name: "bpf_probe_read_user_str",
        space: Some(AddressSpace::User),
    },
];

/// Helpers whose result is the address of kernel memory that must be read with a helper.
pub const KERNEL_POINTER_HELPERS: &[&str] = &["bpf_get_current_task"];

/// Helpers that return a pointer to memory of a map.
pub const MAP_POINTER_HELPERS: &[&str] = &["bpf_map_lookup_elem", "bpf_map_lookup_percpu_elem"];

/// Functions with the arguments (destination, source, size) that copy the program's own memory.
pub const COPY_FUNCTIONS: &[&str] = &["__builtin_memcpy", "__builtin_memmove", "memcpy", "memmove"];

/// Structs of the interface between user space and kernel: a pointer to one may lead to either.
pub const USER_STRUCTS: &[&str] = &[
    "bpf_attr",
    "epoll_event",
    "iovec",
    "itimerspec",
    "kernel_timespec",
    "__kernel_itimerspec",
    "__kernel_timespec",
    "linux_dirent",
    "linux_dirent64",
    "mmsghdr",
    "msghdr",
    "open_how",
    "perf_event_attr",
    "pollfd",
    "rlimit",
    "rlimit64",
    "robust_list_head",
    "rusage",
    "sched_attr",
    "sigaction",
    "siginfo",
    "sockaddr",
    "sockaddr_in",
    "sockaddr_in6",
    "sockaddr_storage",
    "sockaddr_un",
    "stat",
    "statfs",
    "statx",
    "timespec",
    "timespec64",
    "timeval",
    "timezone",
    "user_msghdr",
    "utsname",
];

/// Beginnings of the names of libbpf macros and builtins that read or describe their arguments
/// themselves: nothing inside their parentheses is rewritten.
pub const RAW_CALL_PREFIXES: &[&str] = &[
    "BPF_CORE_READ",
    "BPF_CORE_WRITE",
    "BPF_PROBE_READ",
    "bpf_core_",
    "__builtin_preserve_",
    "__builtin_types_compatible_p",
    "__builtin_btf_type_id",
    "__builtin_object_size",
];

/// Whether nothing inside the parentheses of a call of `name` is rewritten.
#[must_use]
pub fn is_raw_call(name: &str) -> bool {
    RAW_CALL_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// A macro of libbpf's that follows members from a pointer.
#[derive(Clone, Copy, Debug)]
pub struct MemberMacro {
    /// Its name.
    pub name: &'static str,
    /// The argument that is the pointer; the members are those behind it.
    pub pointer: usize,
    /// How many arguments behind the pointer are members, at most.
    pub most: usize,
}

const fn member_macro(name: &'static str, pointer: usize, most: usize) -> MemberMacro {
    MemberMacro {
        name,
        pointer,
        most,
    }
}

/// As many members as the macro is given.
const ALL: usize = usize::MAX;

/// Macros of which arguments name members of the type that a pointer leads to.
pub const MEMBER_MACROS: &[MemberMacro] = &[
    member_macro("BPF_CORE_READ", 0, ALL),
    member_macro("BPF_CORE_READ_BITFIELD", 0, 1),
    member_macro("BPF_CORE_READ_BITFIELD_PROBED", 0, 1),
    member_macro("BPF_CORE_READ_INTO", 1, ALL),
    member_macro("BPF_CORE_READ_STR_INTO", 1, ALL),
    member_macro("BPF_CORE_READ_USER", 0, ALL),
    member_macro("BPF_CORE_READ_USER_INTO", 1, ALL),
    member_macro("BPF_CORE_READ_USER_STR_INTO", 1, ALL),
    member_macro("BPF_CORE_WRITE_BITFIELD", 0, 1),
    member_macro("BPF_PROBE_READ", 0, ALL),
    member_macro("BPF_PROBE_READ_INTO", 1, ALL),
    member_macro("BPF_PROBE_READ_STR_INTO", 1, ALL),
    member_macro("BPF_PROBE_READ_USER", 0, ALL),
    member_macro("BPF_PROBE_READ_USER_INTO", 1, ALL),
    member_macro("BPF_PROBE_READ_USER_STR_INTO", 1, ALL),
];

impl MemberMacro {
    /// The arguments that name members.
    #[must_use]
    pub fn members_of<'a, T>(&self, args: &'a [T]) -> &'a [T] {
        let behind = args.get(self.pointer + 1..).unwrap_or_default();
        behind.get(..self.most).unwrap_or(behind)
    }
}

/// The row of the macro called `name` that follows members.
#[must_use]
pub fn find_member_macro(name: &str) -> Option<&'static MemberMacro> {
    MEMBER_MACROS.iter().find(|row| row.name == name)
}

/// The row of the read helper called `name`.
#[must_use]
pub fn find_read_helper(name: &str) -> Option<&'static ReadHelper> {
    READ_HELPERS.iter().find(|row| row.name == name)
}

/// Macros that name a register of a `struct pt_regs *`.
pub const REGISTER_MACROS: &[&str] = &[
    "PT_REGS_PARM1",
    "PT_REGS_PARM2",
    "PT_REGS_PARM3",
    "PT_REGS_PARM4",
    "PT_REGS_PARM5",
    "PT_REGS_PARM6",
    "PT_REGS_PARM1_SYSCALL",
    "PT_REGS_PARM2_SYSCALL",
    "PT_REGS_PARM3_SYSCALL",
    "PT_REGS_PARM4_SYSCALL",
    "PT_REGS_PARM5_SYSCALL",
    "PT_REGS_PARM6_SYSCALL",
    "PT_REGS_RC",
    "PT_REGS_RET",
    "PT_REGS_IP",
    "PT_REGS_SP",
    "PT_REGS_FP",
];

/// End of the names of macros for registers of a system call.
pub const SYSCALL_SUFFIX: &str = "_SYSCALL";

/// The macro that gives the registers of a system call, given those of the kernel's function for it.
pub const SYSCALL_REGISTERS: &str = "PT_REGS_SYSCALL_CTX";

/// libbpf's name of a register macro for registers that must themselves be read from kernel memory.
#[must_use]
pub fn core_register_macro(name: &str) -> String {
    match name.strip_suffix(SYSCALL_SUFFIX) {
        Some(register) => format!("{register}_CORE{SYSCALL_SUFFIX}"),
        None => format!("{name}_CORE"),
    }
}

/// A reader of the arguments of USDT probes.
#[derive(Clone, Copy, Debug)]
pub struct UsdtReader {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// How many arguments it takes.
    pub count: usize,
}

/// Readers with the arguments (number, context, where to, ...).
pub const USDT_READERS: &[UsdtReader] = &[
    UsdtReader {
        name: "bpf_usdt_readarg",
        usage: "bpf_usdt_readarg(1, ctx, &value)",
        count: 3,
    },
    UsdtReader {
        name: "bpf_usdt_readarg_p",
        usage: "bpf_usdt_readarg_p(1, ctx, &buffer, sizeof(buffer))",
        count: 4,
    },
];

/// The row of the USDT reader called `name`.
#[must_use]
pub fn find_usdt_reader(name: &str) -> Option<&'static UsdtReader> {
    USDT_READERS.iter().find(|row| row.name == name)
}

/// A USDT probe has at most so many arguments (those of `sys/sdt.h`).
pub const USDT_MAX_ARGUMENTS: i128 = 12;

/// Whether a text may ask for arguments of USDT probes, its macros included. A comment that names
/// one is taken for one, which does no harm.
#[must_use]
pub fn asks_for_usdt(text: &str) -> bool {
    text.contains("bpf_usdt_")
}

/// Helpers the kernel lends to programs under a GPL-compatible licence only.
pub const GPL_ONLY_HELPERS: &[&str] = &[
    "bpf_copy_from_user_task",
    "bpf_fib_lookup",
    "bpf_get_branch_snapshot",
    "bpf_get_current_task",
    "bpf_get_current_task_btf",
    "bpf_get_stack",
    "bpf_get_stackid",
    "bpf_get_task_stack",
    "bpf_override_return",
    "bpf_perf_event_output",
    "bpf_perf_event_read",
    "bpf_perf_event_read_value",
    "bpf_perf_prog_read_value",
    "bpf_probe_read",
    "bpf_probe_read_kernel",
    "bpf_probe_read_kernel_str",
    "bpf_probe_read_str",
    "bpf_probe_read_user",
    "bpf_probe_read_user_str",
    "bpf_probe_write_user",
    "bpf_rc_keydown",
    "bpf_rc_pointer_rel",
    "bpf_rc_repeat",
    "bpf_read_branch_records",
    "bpf_seq_printf",
    "bpf_seq_printf_btf",
    "bpf_seq_write",
    "bpf_skb_output",
    "bpf_snprintf",
    "bpf_task_pt_regs",
    "bpf_trace_printk",
    "bpf_trace_vprintk",
    "bpf_xdp_output",
];

/// Licences the kernel takes as compatible with the GPL.
pub const GPL_COMPATIBLE: &[&str] = &[
    "GPL",
    "GPL v2",
    "GPL and additional rights",
    "Dual BSD/GPL",
    "Dual MIT/GPL",
    "Dual MPL/GPL",
];

/// The licence of a text that names none.
pub const DEFAULT_LICENSE: &str = "GPL";

/// Conversions `bpf_trace_printk` knows behind a `%`.
pub const PRINTK_CONVERSIONS: &[&str] = &[
    "d", "i", "u", "x", "X", "ld", "li", "lu", "lx", "lX", "lld", "lli", "llu", "llx", "llX", "p",
    "pS", "pK", "px", "pB", "s", "ps", "pks", "pus", "c",
];

/// Functions of the C library and of the kernel that people reach for, and what to use instead.
pub const NOT_CALLABLE: &[(&str, &str)] = &[
    (
        "strcmp",
        "compare with a bounded loop, or `bpf_strncmp` from Linux 5.17 on",
    ),
    (
        "strncmp",
        "compare with a bounded loop, or `bpf_strncmp` from Linux 5.17 on",
    ),
    (
        "strlen",
        "read the text with `bpf_probe_read_kernel_str` or `bpf_probe_read_user_str`: it returns the length",
    ),
    (
        "strcpy",
        "use `bpf_probe_read_kernel_str` or `__builtin_memcpy`",
    ),
    (
        "strncpy",
        "use `bpf_probe_read_kernel_str` or `__builtin_memcpy`",
    ),
    ("printf", "use `bpf_trace_printk`, or submit an event"),
    ("printk", "use `bpf_trace_printk`, or submit an event"),
    (
        "snprintf",
        "use `bpf_snprintf` from Linux 5.13 on, or format in Rust",
    ),
    (
        "sprintf",
        "use `bpf_snprintf` from Linux 5.13 on, or format in Rust",
    ),
    ("malloc", "use a map or a variable"),
    ("kmalloc", "use a map or a variable"),
    (
        "free",
        "there is nothing to free: memory is on the stack or in maps",
    ),
    (
        "kfree",
        "there is nothing to free: memory is on the stack or in maps",
    ),
    ("copy_from_user", "use `bpf_probe_read_user`"),
];
