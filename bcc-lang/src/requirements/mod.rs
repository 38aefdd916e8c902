//! What a program asks of the machine it runs on, as data.
//!
//! In: what the text uses. Out: [`Requirements`]: which kernel and why, which rights, which licence
//! and because of what, and what the program attaches to. All of it can stand in a constant. It
//! prints as text, and as documentation.

mod assumed;
mod collect;
mod members;
mod text;

pub(crate) use collect::collect;

use crate::version::KernelVersion;
use std::borrow::Cow;
use std::fmt;

/// A text that is either part of a binary or made at run time.
pub type Text = Cow<'static, str>;
/// A list that is either part of a binary or made at run time.
pub type List<T> = Cow<'static, [T]>;

/// What a program asks of the machine it runs on.
///
/// It says what follows from the program text. Whether a given kernel has it all is another
/// question: distributions bring features to older kernels, and leave some out of newer ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// The file of the program text, which places refer to.
    pub file: Text,
    /// The oldest kernel the program says that it runs on.
    pub min_kernel: Option<KernelVersion>,
    /// What the program needs of the kernel, newest first.
    pub kernel: List<KernelItem>,
    /// The rights it takes to load and attach the program.
    pub capabilities: List<CapabilityItem>,
    /// The licence of the program.
    pub license: Text,
    /// What only programs under a GPL-compatible licence may use, in the order of the text, each
    /// helper once.
    pub gpl: List<GplItem>,
    /// What the program needs the kernel's types (BTF) for.
    pub btf: BtfNeed,
    /// Options the kernel must be built with.
    pub config: List<ConfigItem>,
    /// What the program text names to attach to, in its order.
    pub targets: List<Target>,
    /// Members of the kernel's structs, and fields of tracepoints, without which the program does
    /// not compile.
    pub members: List<MemberItem>,
}

impl Requirements {
    /// The first release of Linux with all that the program cannot do without.
    #[must_use]
    pub fn kernel_version(&self) -> Option<KernelVersion> {
        let needed = self.kernel.iter().filter(|item| !item.optional);
        needed.map(|item| item.since).max()
    }

    /// Whether the program needs a licence that is compatible with the GPL.
    #[must_use]
    pub fn needs_gpl(&self) -> bool {
        !self.gpl.is_empty()
    }
}

/// A place in the program text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line of the file, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Something that not every kernel has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelItem {
    /// The first release on which it works.
    pub since: KernelVersion,
    /// What kind of thing it is.
    pub kind: KernelItemKind,
    /// Its name, such as `bpf_ringbuf_output`.
    pub name: Text,
    /// The constant of the kernel's interface that came with it, such as
    /// `BPF_FUNC_ringbuf_output`: a kernel that has it has the thing, whatever its release. Empty
    /// if there is none.
    pub constant: Text,
    /// Where the text asks for it first; `None` where only a macro or an alternative of an `#if`
    /// does.
    pub place: Option<Place>,
    /// Whether the program may do without: it asks the kernel first, or an `#if` decides.
    pub optional: bool,
}

/// What kind of thing a kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KernelItemKind {
    /// A type of map.
    MapType,
    /// A type of program, or a way to attach it.
    Program,
    /// A helper.
    Helper,
    /// Anything else.
    Feature,
}

impl KernelItemKind {
    /// The variant's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MapType => "MapType",
            Self::Program => "Program",
            Self::Helper => "Helper",
            Self::Feature => "Feature",
        }
    }
}

/// A right of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Capability {
    /// `CAP_BPF`
    Bpf,
    /// `CAP_PERFMON`
    Perfmon,
    /// `CAP_NET_ADMIN`
    NetAdmin,
    /// `CAP_SYS_ADMIN`
    SysAdmin,
}

impl Capability {
    /// The variant's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bpf => "Bpf",
            Self::Perfmon => "Perfmon",
            Self::NetAdmin => "NetAdmin",
            Self::SysAdmin => "SysAdmin",
        }
    }

    /// The kernel's number for it.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::NetAdmin => 12,
            Self::SysAdmin => 21,
            Self::Perfmon => 38,
            Self::Bpf => 39,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bpf => "CAP_BPF",
            Self::Perfmon => "CAP_PERFMON",
            Self::NetAdmin => "CAP_NET_ADMIN",
            Self::SysAdmin => "CAP_SYS_ADMIN",
        })
    }
}

/// A right, and what it is for. Before Linux 5.8 `CAP_SYS_ADMIN` stands for `CAP_BPF` and
/// `CAP_PERFMON`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapabilityItem {
    /// The right.
    pub capability: Capability,
    /// What it is for.
    pub reason: Text,
}

/// What only programs under a GPL-compatible licence may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GplItem {
    /// The helper.
    pub helper: Text,
    /// What the text says there: `sk->sk_family` is a call of a helper as well.
    pub text: Text,
    /// Where.
    pub place: Place,
}

/// What a program needs the kernel's types for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BtfNeed {
    /// Nothing.
    #[default]
    Nothing,
    /// To be compiled; a file of types or kernel headers serve as well.
    Types,
    /// To be loaded: the kernel itself must know its types.
    Hooks,
}

impl BtfNeed {
    /// The variant's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "Nothing",
            Self::Types => "Types",
            Self::Hooks => "Hooks",
        }
    }
}

/// An option the kernel must be built with, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigItem {
    /// `CONFIG_KPROBES`
    pub option: Text,
    /// What it is for.
    pub reason: Text,
}

/// What a program attaches to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub kind: TargetKind,
    /// Its name: `category:event` of a tracepoint, `module:function` of a module's function.
    pub name: Text,
    /// The function of the program text.
    pub program: Text,
    /// Where the text names it.
    pub place: Place,
    /// Whether the program is there on every kernel: no `#if` may leave it out or make another of
    /// it.
    pub certain: bool,
    /// The arguments of a kernel function that the program names, the result of a `KRETFUNC_PROBE`
    /// behind them; empty where they are not those of a function.
    pub arguments: List<Argument>,
}

/// An argument of a kernel function, as a program declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name; empty if it has none.
    pub name: Text,
    /// The declaration: `struct sock *sk`.
    pub text: Text,
    /// What the text takes it for.
    pub ty: ArgumentType,
    /// Whether the program uses it.
    pub used: bool,
}

/// What a program text takes an argument for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArgumentType {
    /// The text alone does not tell.
    Unknown,
    /// An integer of so many bytes, or an enum.
    Integer(u8),
    /// A pointer.
    Pointer,
    /// A pointer to a struct of the kernel, by its tag.
    Struct(Text),
}

/// A member of a struct of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberItem {
    /// The tag of the struct; `tracepoint__CATEGORY__EVENT` stands for the fields of a tracepoint.
    pub owner: Text,
    /// The member, behind those that lead to it: `mm.exe_file`.
    pub path: Text,
    /// Where the text names it first.
    pub place: Place,
}

/// What kind of thing a program attaches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TargetKind {
    /// The entry of a kernel function.
    Function,
    /// The return of a kernel function.
    FunctionReturn,
    /// The entry of a system call.
    SystemCall,
    /// A tracepoint.
    Tracepoint,
    /// A raw tracepoint.
    RawTracepoint,
    /// A hook of the security modules.
    SecurityHook,
    /// Things of the kernel to go over.
    Iterator,
}

impl TargetKind {
    /// The variant's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Function => "Function",
            Self::FunctionReturn => "FunctionReturn",
            Self::SystemCall => "SystemCall",
            Self::Tracepoint => "Tracepoint",
            Self::RawTracepoint => "RawTracepoint",
            Self::SecurityHook => "SecurityHook",
            Self::Iterator => "Iterator",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::FunctionReturn => "return of function",
            Self::SystemCall => "system call",
            Self::Tracepoint => "tracepoint",
            Self::RawTracepoint => "raw tracepoint",
            Self::SecurityHook => "security hook",
            Self::Iterator => "iterator",
        }
    }
}
