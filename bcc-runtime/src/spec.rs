//! What a program text asks of the runtime, as constant data.
//!
//! The `bpf_program!` macro writes a [`Spec`] into the user's crate as a constant.

use bcc_lang::requirements::Requirements;
use std::borrow::Cow;

pub use bcc_lang::program::Hook;

/// A list that is either part of the user's binary or made at run time.
pub(crate) type List<T> = Cow<'static, [T]>;
/// A text that is either part of the user's binary or made at run time.
pub(crate) type Text = Cow<'static, str>;

/// One program text, compiled by the macro as far as that goes without a kernel.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// Name of the module that holds the program; names the object in the kernel's lists.
    pub name: Text,
    /// The rewritten C.
    pub source: Text,
    /// Maps in the order of the text.
    pub maps: List<MapSpec>,
    /// Programs in the order of the text.
    pub probes: List<ProbeSpec>,
    /// Layouts of all types shared with Rust.
    pub layouts: List<LayoutSpec>,
    /// Names the C uses but does not define (types, enum constants, macros).
    pub kernel_names: List<Text>,
    /// Names the C defines at file scope: a kernel type of the same name has to give way.
    pub kernel_defined: List<Text>,
    /// Names the C uses for parameters, variables and members of its own.
    pub kernel_locals: List<Text>,
    /// Names used behind `.` and `->`.
    pub kernel_members: List<Text>,
    /// What the C includes, without `<>` or `""`.
    pub includes: List<Text>,
    /// Tracepoints whose argument struct is used.
    pub tracepoints: List<(Text, Text)>,
    /// What the program asks of the machine it runs on.
    pub requirements: Requirements,
    /// Calls of maps whose failures can be counted, by their numbers in the C.
    pub sites: List<SiteSpec>,
}

/// A call of a map whose failures can be counted.
#[derive(Clone, Debug)]
pub struct SiteSpec {
    /// The map.
    pub map: Text,
    /// The method.
    pub method: Text,
    /// The C function it stands in; none if it stands in the definition of a macro.
    pub function: Option<Text>,
    /// Line of the file, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A map as the C text defines it.
#[derive(Clone, Debug)]
pub struct MapSpec {
    /// Its name.
    pub name: Text,
    /// The kernel's constant, such as `BPF_MAP_TYPE_HASH`.
    pub kind: Text,
    /// Size of a key in bytes; `None` if only the kernel's types tell.
    pub key_size: Option<u32>,
    /// Size of a value in bytes; `None` if only the kernel's types tell.
    pub value_size: Option<u32>,
    /// How many entries the text gives it; `None` if only clang knows.
    pub max_entries: Option<u32>,
    /// Who else uses it.
    pub sharing: SharingSpec,
    /// For a map of maps, the map whose like it holds.
    pub inner: Option<Text>,
}

/// Who uses a map beside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharingSpec {
    /// Nobody.
    Private,
    /// Whoever opens the path that the compiled object holds.
    Pinned,
    /// Programs of this process.
    Public,
    /// Programs of this process in the same namespace.
    Shared,
    /// It is another program's map.
    Extern,
}

/// A program as the C text defines it.
#[derive(Clone, Debug)]
pub struct ProbeSpec {
    /// The C function's name.
    pub name: Text,
    /// What it attaches to.
    pub attach: AttachSpec,
    /// How many arguments it names, if it is on a kernel function's entry and needs no registers
    /// for anything else.
    pub hook_arguments: Option<usize>,
}

/// What a program can attach to, and whether it attaches by itself at load.
#[derive(Clone, Debug)]
pub enum AttachSpec {
    /// By hand, with registers as the context: kprobe, uprobe and their return forms.
    Registers,
    /// By hand, to anything.
    Any,
    /// At load, to a kernel function's entry.
    Kprobe {
        /// The kernel function.
        function: Text,
    },
    /// At load, to a kernel function's return.
    Kretprobe {
        /// The kernel function.
        function: Text,
    },
    /// By hand, to the entry of a system call.
    Syscall {
        /// The system call the name stands for.
        call: Text,
    },
    /// At load, to a kernel function by its type.
    Trampoline {
        /// Where the program runs.
        hook: Hook,
        /// The module that has the function; `None` if it is the kernel's own.
        module: Option<Text>,
        /// The kernel function, or the name of the security hook.
        function: Text,
        /// How many arguments the program names, the result included; 0 if their places do not
        /// matter.
        arguments: usize,
    },
    /// Whenever its output is read.
    Iter {
        /// What it goes over.
        target: Text,
    },
    /// At load, to a tracepoint.
    Tracepoint {
        /// Its category.
        category: Text,
        /// Its event.
        event: Text,
    },
    /// By hand, to a tracepoint.
    TracepointFn {
        /// Category of the context's type.
        category: Text,
        /// Event of the context's type.
        event: Text,
    },
    /// At load, to a raw tracepoint.
    RawTracepoint {
        /// Its name.
        event: Text,
    },
    /// By hand, to a raw tracepoint.
    RawTracepointFn,
    /// By hand, to a perf event.
    PerfEvent,
    /// By hand, to what gives it its context: a device, a socket, a cgroup.
    Network {
        /// The tag of the context's struct, such as `xdp_md`.
        context: Text,
    },
    /// By the section the text gives; attached at load if libbpf can.
    Section {
        /// The section's name.
        name: Text,
    },
}

/// The layout of one type, as computed at compile time.
#[derive(Clone, Debug)]
pub struct LayoutSpec {
    /// `struct data_t`
    pub name: Text,
    /// Size in bytes.
    pub size: u64,
    /// Members: name, offset in bits, size in bits. Members of anonymous structs and unions are
    /// listed here by their own name.
    pub members: List<(Text, u64, u64)>,
}
