//! The checked program: what the macro and the runtime both work from.
//!
//! In: filled by `check` and `lower`. Out: plain data with no reference to the syntax tree, so that
//! a second surface can produce it as well.

use crate::requirements::{Place, Requirements};
use crate::span::Span;
use std::fmt;

/// A program that passed all checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The rewritten C, with `#line` marks back to the text it came from.
    pub code: String,
    /// The licence, as the kernel will read it.
    pub license: String,
    /// The maps in the order of the text.
    pub maps: Vec<Map>,
    /// The BPF programs in the order of the text.
    pub probes: Vec<Probe>,
    /// Every struct, union and enum that is a key, a value, an event, a global or reachable from
    /// one, each behind those it contains.
    pub types: Vec<TypeDef>,
    /// Variables at file scope.
    pub globals: Vec<Global>,
    /// What the code needs to know of the running kernel.
    pub needs: KernelNeeds,
    /// What the program asks of the machine it runs on.
    pub requirements: Requirements,
    /// The calls whose failures are counted, by their numbers in the code.
    pub sites: Vec<Site>,
}

/// A call whose failures the code can count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The map.
    pub map: String,
    /// The method, as the text names it.
    pub method: &'static str,
    /// The function it stands in; none if it stands in the definition of a macro.
    pub function: Option<String>,
    /// Where it stands; where the macro is used, if it is hidden in one.
    pub place: Place,
}

impl Program {
    /// Changes every place.
    pub(crate) fn move_places(&mut self, place: impl Fn(Span) -> Span) {
        let names = self.maps.iter_mut().map(|map| &mut map.span);
        let names = names.chain(self.probes.iter_mut().map(|probe| &mut probe.span));
        for span in names.chain(self.globals.iter_mut().map(|global| &mut global.span)) {
            *span = place(*span);
        }
        for def in &mut self.types {
            def.span = place(def.span);
            match &mut def.kind {
                TypeDefKind::Struct(members) | TypeDefKind::Union(members) => {
                    for member in members {
                        member.span = place(member.span);
                    }
                }
                TypeDefKind::Enum { .. } => {}
            }
        }
    }
}

/// A map.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Its name in C.
    pub name: String,
    /// Where it is defined.
    pub span: Span,
    /// Its kind.
    pub kind: MapKind,
    /// The key's type.
    pub key: Type,
    /// The value's type.
    pub value: Type,
    /// How many entries it has room for; `None` if only clang knows that, or if it has the map.
    pub max_entries: Option<u32>,
    /// The type submitted to it, for maps that carry events to user space; `None` if nothing, or
    /// nothing with a known type, is submitted.
    pub event: Option<Type>,
    /// Who else uses it.
    pub sharing: Sharing,
    /// For a map of maps, the map whose like it holds.
    pub inner: Option<String>,
}

/// Who uses a map beside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody.
    Private,
    /// Whoever opens the path it is pinned to. The object's section [`PINS`] holds the path, since
    /// it may be made of macros that only clang knows.
    Pinned,
    /// Programs of the process that declare it as `extern`.
    Public,
    /// Programs of the process in the same namespace that declare it as `extern`.
    Shared,
    /// It is the map of another program, which is [`Sharing::Public`] or [`Sharing::Shared`].
    Extern,
}

/// The section of the paths of pinned maps, each a string named [`PIN_PREFIX`] and the map's name.
pub const PINS: &str = "bcc_pins";
/// What the name of a path begins with.
pub const PIN_PREFIX: &str = "__bcc_pin_";

/// The kind of a map, by the kernel's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MapKind {
    /// `BPF_MAP_TYPE_HASH`
    Hash,
    /// `BPF_MAP_TYPE_ARRAY`
    Array,
    /// `BPF_MAP_TYPE_PERCPU_HASH`
    PercpuHash,
    /// `BPF_MAP_TYPE_PERCPU_ARRAY`
    PercpuArray,
    /// `BPF_MAP_TYPE_LRU_HASH`
    LruHash,
    /// `BPF_MAP_TYPE_LRU_PERCPU_HASH`
    LruPercpuHash,
    /// `BPF_MAP_TYPE_LPM_TRIE`
    LpmTrie,
    /// `BPF_MAP_TYPE_PERF_EVENT_ARRAY` that carries events to user space
    PerfEventArray,
    /// `BPF_MAP_TYPE_PERF_EVENT_ARRAY` that holds counters
    PerfCounterArray,
    /// `BPF_MAP_TYPE_RINGBUF`
    RingBuf,
    /// `BPF_MAP_TYPE_STACK_TRACE`
    StackTrace,
    /// `BPF_MAP_TYPE_STACK_TRACE` of build ids and offsets
    StackTraceBuildId,
    /// `BPF_MAP_TYPE_PROG_ARRAY`
    ProgArray,
    /// `BPF_MAP_TYPE_CGROUP_ARRAY`
    CgroupArray,
    /// `BPF_MAP_TYPE_DEVMAP`
    DevMap,
    /// `BPF_MAP_TYPE_CPUMAP`
    CpuMap,
    /// `BPF_MAP_TYPE_XSKMAP`
    XskMap,
    /// `BPF_MAP_TYPE_SOCKMAP`
    SockMap,
    /// `BPF_MAP_TYPE_SOCKHASH`
    SockHash,
    /// `BPF_MAP_TYPE_QUEUE`
    Queue,
    /// `BPF_MAP_TYPE_STACK`
    Stack,
    /// `BPF_MAP_TYPE_SK_STORAGE`
    SkStorage,
    /// `BPF_MAP_TYPE_INODE_STORAGE`
    InodeStorage,
    /// `BPF_MAP_TYPE_TASK_STORAGE`
    TaskStorage,
    /// `BPF_MAP_TYPE_CGROUP_STORAGE`
    CgroupStorage,
    /// `BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE`
    PercpuCgroupStorage,
    /// `BPF_MAP_TYPE_ARRAY_OF_MAPS`
    ArrayOfMaps,
    /// `BPF_MAP_TYPE_HASH_OF_MAPS`
    HashOfMaps,
    /// That of another program's map, known once that program is loaded
    Extern,
}

impl MapKind {
    /// The kernel's constant, such as `BPF_MAP_TYPE_HASH`.
    #[must_use]
    pub const fn kernel_name(self) -> &'static str {
        match self {
            Self::Hash => "BPF_MAP_TYPE_HASH",
            Self::Array => "BPF_MAP_TYPE_ARRAY",
            Self::PercpuHash => "BPF_MAP_TYPE_PERCPU_HASH",
            Self::PercpuArray => "BPF_MAP_TYPE_PERCPU_ARRAY",
            Self::LruHash => "BPF_MAP_TYPE_LRU_HASH",
            Self::LruPercpuHash => "BPF_MAP_TYPE_LRU_PERCPU_HASH",
            Self::LpmTrie => "BPF_MAP_TYPE_LPM_TRIE",
            Self::PerfEventArray | Self::PerfCounterArray => "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
            Self::RingBuf => "BPF_MAP_TYPE_RINGBUF",
            Self::StackTrace | Self::StackTraceBuildId => "BPF_MAP_TYPE_STACK_TRACE",
            Self::ProgArray => "BPF_MAP_TYPE_PROG_ARRAY",
            Self::CgroupArray => "BPF_MAP_TYPE_CGROUP_ARRAY",
            Self::DevMap => "BPF_MAP_TYPE_DEVMAP",
            Self::CpuMap => "BPF_MAP_TYPE_CPUMAP",
            Self::XskMap => "BPF_MAP_TYPE_XSKMAP",
            Self::SockMap => "BPF_MAP_TYPE_SOCKMAP",
            Self::SockHash => "BPF_MAP_TYPE_SOCKHASH",
            Self::Queue => "BPF_MAP_TYPE_QUEUE",
            Self::Stack => "BPF_MAP_TYPE_STACK",
            Self::SkStorage => "BPF_MAP_TYPE_SK_STORAGE",
            Self::InodeStorage => "BPF_MAP_TYPE_INODE_STORAGE",
            Self::TaskStorage => "BPF_MAP_TYPE_TASK_STORAGE",
            Self::CgroupStorage => "BPF_MAP_TYPE_CGROUP_STORAGE",
            Self::PercpuCgroupStorage => "BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE",
            Self::ArrayOfMaps => "BPF_MAP_TYPE_ARRAY_OF_MAPS",
            Self::HashOfMaps => "BPF_MAP_TYPE_HASH_OF_MAPS",
            Self::Extern => "BPF_MAP_TYPE_UNSPEC",
        }
    }
}

/// A BPF program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The C function's name.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// What it can attach to.
    pub kind: ProbeKind,
    /// For a `kprobe__` program that uses nothing of its context but the arguments it names: how
    /// many these are. It can run as fentry as well.
    pub hook_arguments: Option<usize>,
}

/// What a program can attach to, and whether it attaches by itself at load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// A function with a register context (`struct pt_regs *`): kprobe, uprobe and their return
    /// forms, attached by hand.
    Registers,
    /// A function with a context of unknown type (`void *`): any kind, attached by hand.
    Any,
    /// `kprobe__FN`: attaches at load.
    Kprobe {
        /// The kernel function.
        function: String,
    },
    /// `kretprobe__FN`: attaches at load.
    Kretprobe {
        /// The kernel function.
        function: String,
    },
    /// `syscall__NAME`: the entry of a system call, attached by hand.
    Syscall {
        /// The system call, if `NAME` is one.
        call: String,
    },
    /// `KFUNC_PROBE(function, ...)` and its like: attaches at load.
    Trampoline(Trampoline),
    /// `BPF_ITER(target)`: runs whenever its output is read.
    Iter {
        /// What it goes over.
        target: String,
    },
    /// `TRACEPOINT_PROBE(category, event)`: attaches at load.
    Tracepoint {
        /// The tracepoint's category.
        category: String,
        /// The tracepoint's event.
        event: String,
    },
    /// A function whose context is a tracepoint struct, attached by hand.
    TracepointFn {
        /// The tracepoint of its context type.
        category: String,
        /// The tracepoint's event.
        event: String,
    },
    /// `RAW_TRACEPOINT_PROBE(event)`: attaches at load.
    RawTracepoint {
        /// The raw tracepoint.
        event: String,
    },
    /// A function with `struct bpf_raw_tracepoint_args *`, attached by hand.
    RawTracepointFn,
    /// A function with `struct bpf_perf_event_data *`, attached by hand.
    PerfEvent,
    /// A function whose context is a packet, a socket or a request of a cgroup, attached by hand.
    Network {
        /// What its context is.
        context: NetContext,
        /// The section it is loaded as; it can be attached as other things of its context, too.
        section: String,
    },
    /// A function that carries its own `SEC("...")`, which is left to libbpf.
    Section {
        /// The section's name.
        name: String,
    },
}

/// What a program of the network, or of a cgroup, gets as its context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetContext {
    /// `struct xdp_md *`: a packet as the device hands it over.
    Xdp,
    /// `struct __sk_buff *`: a packet in the kernel.
    Skb,
    /// `struct bpf_sock_ops *`: something happens to a TCP connection.
    SockOps,
    /// `struct sk_msg_md *`: a message sent through a socket.
    SkMsg,
    /// `struct bpf_sock_addr *`: a socket's call that takes or gives an address.
    SockAddr,
    /// `struct bpf_sock *`: a socket that is made, bound or released.
    CgroupSock,
    /// `struct bpf_cgroup_dev_ctx *`: a device is made or opened.
    CgroupDevice,
    /// `struct bpf_sysctl *`: a file below `/proc/sys` is read or written.
    CgroupSysctl,
    /// `struct bpf_sockopt *`: an option of a socket is read or set.
    CgroupSockopt,
    /// `struct sk_reuseport_md *`: one of several sockets on the same port is chosen.
    SkReuseport,
    /// `struct bpf_sk_lookup *`: the socket for a packet is looked for.
    SkLookup,
}

/// A hook that the kernel makes from the type of one of its functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trampoline {
    /// Where the program runs.
    pub hook: Hook,
    /// The module that has the function; `None` if it is the kernel's own.
    pub module: Option<String>,
    /// The kernel function, or the name of the security hook.
    pub function: String,
    /// How many arguments the program names, the result included; 0 if the last of them is not
    /// used, or if the text has several alternatives of the program.
    pub arguments: usize,
}

/// Where a program on a kernel function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    /// At the entry.
    Kfunc,
    /// At the return, with the arguments and the result.
    Kretfunc,
    /// Before the function, which does not run if the program returns an error.
    KmodRet,
    /// On a hook of the security modules, which denies if the program returns an error.
    Lsm,
}

impl Hook {
    /// What libbpf's sections call it.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::Kfunc => "fentry",
            Self::Kretfunc => "fexit",
            Self::KmodRet => "fmod_ret",
            Self::Lsm => "lsm",
        }
    }

    /// Whether bcc's names for programs on it say which module has the function.
    #[must_use]
    pub const fn names_module(self) -> bool {
        match self {
            Self::Kfunc | Self::Kretfunc => true,
            Self::KmodRet | Self::Lsm => false,
        }
    }

    /// The variant's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kfunc => "Kfunc",
            Self::Kretfunc => "Kretfunc",
            Self::KmodRet => "KmodRet",
            Self::Lsm => "Lsm",
        }
    }
}

/// A variable at file scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub span: Span,
    /// Its type.
    pub ty: Type,
    /// Where it lives.
    pub section: GlobalSection,
}

/// Where a variable lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalSection {
    /// `const volatile`: set before load, constant for the verifier.
    Rodata,
    /// With an initial value other than zero.
    Data,
    /// Starts as zeros.
    Bss,
}

/// What the code needs to know of the running kernel. All lists are sorted and free of repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelNeeds {
    /// Names the text uses but does not define: typedefs, enum constants, struct, union and enum
    /// tags (`sock`), and names that turn out to be macros of the prelude.
    pub names: Vec<String>,
    /// Names the text defines at file scope (tags, typedefs, enum constants, macros, functions and
    /// variables): a kernel type of the same name has to give way.
    pub defined: Vec<String>,
    /// Names of parameters and local variables, and names of the text's own members: a macro of
    /// the prelude that stands for a member would break them.
    pub locals: Vec<String>,
    /// Every name the text uses behind `.` or `->` or in a designator: only these members of
    /// kernel types are declared.
    pub members: Vec<String>,
    /// Tracepoints whose argument struct the code uses: category and event.
    pub tracepoints: Vec<(String, String)>,
    /// `#include` paths, in the order of the text.
    pub includes: Vec<String>,
}

/// A C type after all names are resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `void`
    Void,
    /// `_Bool`
    Bool,
    /// Plain `char`: an array of it is text.
    Char,
    /// An integer.
    Int {
        /// Size in bytes: 1, 2, 4, 8 or 16.
        size: u8,
        /// Whether it has a sign.
        signed: bool,
    },
    /// `float` (4) or `double` (8).
    Float {
        /// Size in bytes.
        size: u8,
    },
    /// A pointer; what it points to is for messages and reads only.
    Pointer(Box<Self>),
    /// A function, only ever behind a pointer.
    Function,
    /// An array.
    Array {
        /// Type of an element.
        element: Box<Self>,
        /// Number of elements; 0 for a flexible array.
        len: u64,
    },
    /// A struct, union or enum of [`Program::types`], or one that only the kernel defines.
    Named(TypeName),
    /// Something only the kernel or a macro knows. The text is how the program spells it.
    Unknown(String),
}

/// How C refers to a struct, union or enum.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeName {
    /// `struct`, `union`, `enum` or the name of a typedef.
    pub keyword: TypeKeyword,
    /// The tag or the typedef's name. An anonymous type nested in a member is named after the
    /// path to it, `data_t::inner`, which no C name can be.
    pub name: String,
}

/// The word before a type's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TypeKeyword {
    /// `struct`
    Struct,
    /// `union`
    Union,
    /// `enum`
    Enum,
    /// None: the name is a typedef of an anonymous type.
    Typedef,
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keyword = match self.keyword {
            TypeKeyword::Struct => "struct ",
            TypeKeyword::Union => "union ",
            TypeKeyword::Enum => "enum ",
            TypeKeyword::Typedef => "",
        };
        write!(f, "{keyword}{}", self.name)
    }
}

/// The definition of a struct, union or enum with its layout for the bpf target.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDef {
    /// Its name.
    pub name: TypeName,
    /// Where it is defined.
    pub span: Span,
    /// What it holds.
    pub kind: TypeDefKind,
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes.
    pub align: u64,
}

/// What a type definition holds.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeDefKind {
    /// A struct.
    Struct(Vec<Member>),
    /// A union.
    Union(Vec<Member>),
    /// An enum with its constants.
    Enum {
        /// Whether the compiler gives it a signed type.
        signed: bool,
        /// Name and value of each constant.
        variants: Vec<(String, i128)>,
    },
}

/// A member of a struct or union.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// `None` for an anonymous struct or union, whose members are reached as if they stood here,
    /// and for padding bit-fields.
    pub name: Option<String>,
    /// Where the name stands; where the type stands if there is none.
    pub span: Span,
    /// Its type.
    pub ty: Type,
    /// Offset from the start of the struct in bits; a multiple of 8 unless it is a bit-field.
    pub bit_offset: u64,
    /// Width in bits of a bit-field.
    pub bit_width: Option<u32>,
}
