//! Programs, by what they can attach to.
//!
//! In: a loaded object's program, and what the program text says of its context. Out: a handle
//! with the attach methods that fit; each returns a [`Link`].
//!
//! A function whose name or macro says where it belongs attaches when it is loaded. Any other is attached by hand, by
//! the methods that its context allows; a wrong one is an error of the Rust compiler:
//!
//! ```no_run
//! bcc_runtime::bpf_program! {
//!     mod tool;
//!     u64 calls;
//!     int count(struct pt_regs *ctx) { __sync_fetch_and_add(&calls, 1); return 0; }
//! }
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! let bpf = tool::load()?;
//! let in_kernel = bpf.progs.count.attach_kprobe("vfs_read")?;
//! let in_library = bpf.progs.count.attach_uprobe("c", "malloc")?;
//! std::thread::sleep(Duration::from_secs(1));
//! drop(in_kernel); // detached; the other one goes on
//! println!("{} calls", bpf.globals.calls.get());
//! # drop(in_library);
//! # Ok(())
//! # }
//! ```

mod loaded;

pub(crate) use self::loaded::Core;

use crate::attach::{self, IterReader, KprobeOpts, PerfEventOpts, TracepointOpts, UprobeOpts};
use crate::error::Result;
use crate::link::Link;
use crate::perf_event::{Counter, Sampling};
use std::fmt;
use std::marker::PhantomData;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

/// A program whose context is of kind `K`.
///
/// Clones share the program, and a clone keeps it loaded after its `Bpf` is gone. Each program can
/// attach to any number of targets at any time.
pub struct Program<K> {
    core: Arc<Core>,
    kind: PhantomData<fn() -> K>,
}

/// A function with `struct pt_regs *ctx`: for kprobes, uprobes, their returns and USDT probes.
pub type Registers = Program<kind::Registers>;
/// A function with `void *ctx`: for anything.
pub type Any = Program<kind::Any>;
/// `kprobe__FN`: attached at load, and to other probes by hand.
pub type Kprobe = Program<kind::Kprobe>;
/// `kretprobe__FN`: attached at load, and to other probes by hand.
pub type Kretprobe = Program<kind::Kretprobe>;
/// `syscall__NAME`: for the entry of a system call, and for other probes.
pub type Syscall = Program<kind::Syscall>;
/// `KFUNC_PROBE`, `MODULE_KFUNC_PROBE`: attached at load to the entry of a kernel function.
///
/// # Minimum kernel version
/// 5.5
pub type Kfunc = Program<kind::Kfunc>;
/// `KRETFUNC_PROBE`, `MODULE_KRETFUNC_PROBE`: attached at load to the return of a kernel function.
///
/// # Minimum kernel version
/// 5.5
pub type Kretfunc = Program<kind::Kretfunc>;
/// `KMOD_RET`: attached at load in front of a kernel function, whose result it can decide.
///
/// # Minimum kernel version
/// 5.7
pub type KmodRet = Program<kind::KmodRet>;
/// `LSM_PROBE`: attached at load to a security hook, where it can deny.
///
/// # Minimum kernel version
/// 5.7
pub type Lsm = Program<kind::Lsm>;
/// `BPF_ITER`: runs whenever its output is read.
///
/// # Minimum kernel version
/// 5.8
pub type Iter = Program<kind::Iter>;
/// `TRACEPOINT_PROBE`, attached at load, or a function whose context is a tracepoint's struct.
pub type Tracepoint = Program<kind::Tracepoint>;
/// `RAW_TRACEPOINT_PROBE`, attached at load, or a function with `struct bpf_raw_tracepoint_args`.
pub type RawTracepoint = Program<kind::RawTracepoint>;
/// A function with `struct bpf_perf_event_data *ctx`: for counters and clocks, see
/// [`perf_event`](crate::perf_event).
pub type PerfEvent = Program<kind::PerfEvent>;
/// A function with `struct xdp_md *ctx`, for packets of a device, before the kernel sees them.
pub type Xdp = Program<kind::Xdp>;
/// A function with `struct __sk_buff *skb`, for packets of a device, a socket or a cgroup.
pub type Skb = Program<kind::Skb>;
/// A function with `struct bpf_sock_ops *ctx`, for TCP connections of a cgroup.
pub type SockOps = Program<kind::SockOps>;
/// A function with `struct sk_msg_md *msg`, for messages of the sockets of a map.
pub type SkMsg = Program<kind::SkMsg>;
/// A function with `struct bpf_sock_addr *ctx`, for addresses of sockets of a cgroup.
pub type SockAddr = Program<kind::SockAddr>;
/// A function with `struct bpf_sock *sk`, for new sockets of a cgroup.
pub type CgroupSock = Program<kind::CgroupSock>;
/// A function with `struct bpf_cgroup_dev_ctx *ctx`, for the use of devices in a cgroup.
pub type CgroupDevice = Program<kind::CgroupDevice>;
/// A function with `struct bpf_sysctl *ctx`, for files below `/proc/sys`.
pub type CgroupSysctl = Program<kind::CgroupSysctl>;
/// A function with `struct bpf_sockopt *ctx`, for options of sockets of a cgroup.
pub type CgroupSockopt = Program<kind::CgroupSockopt>;
/// A function with `struct sk_reuseport_md *ctx`, which chooses a socket of several on one port.
pub type SkReuseport = Program<kind::SkReuseport>;
/// A function with `struct bpf_sk_lookup *ctx`, which finds the socket for a packet.
pub type SkLookup = Program<kind::SkLookup>;
/// A function with its own `SEC("...")`, attached at load if libbpf can.
pub type Section = Program<kind::Section>;
/// A function of a text that came at run time: what it can attach to is known only then.
pub type Dynamic = Program<kind::Dynamic>;

/// The kinds of a program's context, and which of them can attach to what.
pub mod kind {
    macro_rules! kinds {
        ($($kind:ident: $($able:ident)*;)*) => {$(
            #[doc = concat!("See [`", stringify!($kind), "`](super::", stringify!($kind), ").")]
            #[derive(Clone, Copy, Debug)]
            pub enum $kind {}
            $(impl $able for $kind {})*
        )*};
    }

    /// Can attach to kprobes and uprobes.
    pub trait Probes {}
    /// Can attach to tracepoints.
    pub trait Tracepoints {}
    /// Can attach to raw tracepoints.
    pub trait RawTracepoints {}
    /// Can attach to perf events.
    pub trait PerfEvents {}
    /// Has a target in the program text.
    pub trait Targeted {}
    /// Can attach to packets of a device before the kernel sees them.
    pub trait Xdps {}
    /// Can attach to packets in the kernel.
    pub trait Skbs {}
    /// Can attach to cgroups, to maps of sockets and to network namespaces.
    pub trait Funcs {}
    /// Can choose among sockets.
    pub trait Reuseports {}

    kinds! {
        Registers: Probes;
        Any: Probes Tracepoints RawTracepoints PerfEvents Xdps Skbs Funcs Reuseports;
        Kprobe: Probes Targeted;
        Kretprobe: Probes Targeted;
        Syscall: Probes Targeted;
        Kfunc: Targeted;
        Kretfunc: Targeted;
        KmodRet: Targeted;
        Lsm: Targeted;
        Iter:;
        Tracepoint: Tracepoints Targeted;
        RawTracepoint: RawTracepoints Targeted;
        PerfEvent: PerfEvents;
        Xdp: Xdps;
        Skb: Skbs Funcs;
        SockOps: Funcs;
        SkMsg: Funcs;
        SockAddr: Funcs;
        CgroupSock: Funcs;
        CgroupDevice: Funcs;
        CgroupSysctl: Funcs;
        CgroupSockopt: Funcs;
        SkReuseport: Reuseports;
        SkLookup: Funcs;
        Section: Targeted Xdps Skbs Funcs Reuseports;
        Dynamic: Probes Tracepoints RawTracepoints PerfEvents Targeted Xdps Skbs Funcs Reuseports;
    }
}

impl<K> Program<K> {
    /// The C function's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.core.name()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

impl<K: kind::Targeted> Program<K> {
    /// Attaches to what the program text names, as happens at load unless
    /// [`auto_attach`](crate::Builder::auto_attach) is off.
    ///
    /// # Errors
    /// If the target does not exist or cannot be probed, or if the text names none.
    pub fn attach(&self) -> Result<Link> {
        attach::to_own_target(&self.core, None)
    }
}

impl<K: kind::Probes> Program<K> {
    /// Attaches to the entry of a kernel function. bcc's `attach_kprobe`.
    ///
    /// A name such as `sys_clone`, which the kernel may have under another prefix, stands for the
    /// function of that system call; its arguments are those of functions named `syscall__...`.
    ///
    /// # Errors
    /// If the kernel has no kprobes, no such function, or does not let it be probed.
    ///
    /// # Minimum kernel version
    /// 4.17
    pub fn attach_kprobe(&self, function: &str) -> Result<Link> {
        self.attach_kprobe_with_opts(function, &KprobeOpts::new())
    }

    /// Attaches into a kernel function, or with a cookie.
    ///
    /// # Errors
    /// As [`attach_kprobe`](Self::attach_kprobe), and `Unsupported` for a cookie before Linux 5.15.
    pub fn attach_kprobe_with_opts(&self, function: &str, opts: &KprobeOpts) -> Result<Link> {
        attach::kprobe(&self.core, function, opts)
    }

    /// Attaches to the return of a kernel function. bcc's `attach_kretprobe`.
    ///
    /// There is no `maxactive`: how many calls can be under way at once, of which the return is
    /// seen, is the kernel's default, at least twice the number of CPUs. Another number can only be
    /// given through a file of tracefs, where the probe would stay behind if the process is killed.
    ///
    /// # Errors
    /// As [`attach_kprobe`](Self::attach_kprobe).
    pub fn attach_kretprobe(&self, function: &str) -> Result<Link> {
        self.attach_kretprobe_with_opts(function, &KprobeOpts::new())
    }

    /// Attaches to the return of a kernel function, with a cookie.
    ///
    /// # Errors
    /// As [`attach_kprobe`](Self::attach_kprobe), `InvalidInput` for an offset, and `Unsupported` for a
    /// cookie before Linux 5.15.
    pub fn attach_kretprobe_with_opts(&self, function: &str, opts: &KprobeOpts) -> Result<Link> {
        attach::kretprobe(&self.core, function, opts)
    }

    /// Attaches to the entry of a function of a library or binary, in all processes. bcc's
    /// `attach_uprobe`.
    ///
    /// `binary` is a path; or the name of a library, such as `c` for libc, found like the dynamic
    /// linker finds it; or else the name of a program, found in `PATH`.
    ///
    /// # Errors
    /// `NotFound` if there is no such library or symbol; otherwise if the kernel refuses.
    ///
    /// # Minimum kernel version
    /// 4.17
    pub fn attach_uprobe(&self, binary: impl AsRef<Path>, symbol: &str) -> Result<Link> {
        self.attach_uprobe_with_opts(binary, symbol, &UprobeOpts::new())
    }

    /// Attaches into a function of a library or binary, in one process or with a cookie. An empty
    /// `symbol` goes with [`UprobeOpts::address`].
    ///
    /// # Errors
    /// As [`attach_uprobe`](Self::attach_uprobe), and `Unsupported` for a cookie before Linux 5.15.
    pub fn attach_uprobe_with_opts(
        &self,
        binary: impl AsRef<Path>,
        symbol: &str,
        opts: &UprobeOpts,
    ) -> Result<Link> {
        attach::uprobe(&self.core, binary.as_ref(), symbol, opts)
    }

    /// Attaches to the return of a function of a library or binary. bcc's `attach_uretprobe`.
    ///
    /// # Errors
    /// As [`attach_uprobe`](Self::attach_uprobe).
    pub fn attach_uretprobe(&self, binary: impl AsRef<Path>, symbol: &str) -> Result<Link> {
        self.attach_uretprobe_with_opts(binary, symbol, &UprobeOpts::new())
    }

    /// Attaches to the return of a function of a library or binary, in one process or with a cookie.
    ///
    /// # Errors
    /// As [`attach_uprobe`](Self::attach_uprobe), and `Unsupported` for a cookie before Linux 5.15.
    pub fn attach_uretprobe_with_opts(
        &self,
        binary: impl AsRef<Path>,
        symbol: &str,
        opts: &UprobeOpts,
    ) -> Result<Link> {
        attach::uretprobe(&self.core, binary.as_ref(), symbol, opts)
    }
}

impl Iter {
    /// Begins a pass over what the iterator goes over; reading it runs the program.
    ///
    /// ```no_run
    /// # use std::io::Read as _;
    /// bcc_runtime::bpf_program! {
    ///     mod tasks;
    ///     BPF_ITER(task) {
    ///         struct task_struct *task = ctx->task;
    ///         if (task)
    ///             BPF_SEQ_PRINTF(ctx->meta->seq, "%d %s\n", task->pid, task->comm);
    ///         return 0;
    ///     }
    /// }
    ///
    /// # fn main() -> bcc_runtime::Result<()> {
    /// let bpf = tasks::load()?;
    /// let mut text = String::new();
    /// bpf.progs.bpf_iter__task.iter()?.read_to_string(&mut text)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the kernel refuses, or if the iterator goes over what a map holds and so needs one.
    ///
    /// # Minimum kernel version
    /// 5.8
    #[expect(
        clippy::iter_not_returning_iterator,
        reason = "the kernel's word for it; what comes out is bytes"
    )]
    pub fn iter(&self) -> Result<IterReader> {
        attach::iter(&self.core, None)
    }

    /// Begins a pass over what a map holds, for `BPF_ITER(bpf_map_elem)` and
    /// `BPF_ITER(bpf_sk_storage_map)`.
    ///
    /// # Errors
    /// If the kernel refuses, for example because the map is of a kind the iterator cannot go over.
    ///
    /// # Minimum kernel version
    /// 5.9
    pub fn iter_map(&self, map: &impl AsFd) -> Result<IterReader> {
        attach::iter(&self.core, Some(map.as_fd()))
    }
}

impl<K: kind::Tracepoints> Program<K> {
    /// Attaches to a tracepoint, given as `category:event`. bcc's `attach_tracepoint`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such tracepoint.
    pub fn attach_tracepoint(&self, tracepoint: &str) -> Result<Link> {
        self.attach_tracepoint_with_opts(tracepoint, &TracepointOpts::new())
    }

    /// Attaches to a tracepoint, with a cookie.
    ///
    /// # Errors
    /// As [`attach_tracepoint`](Self::attach_tracepoint), and `Unsupported` for a cookie before Linux
    /// 5.15.
    pub fn attach_tracepoint_with_opts(
        &self,
        tracepoint: &str,
        opts: &TracepointOpts,
    ) -> Result<Link> {
        attach::tracepoint(&self.core, tracepoint, opts)
    }
}

impl<K: kind::RawTracepoints> Program<K> {
    /// Attaches to a raw tracepoint, given as `event`. bcc's `attach_raw_tracepoint`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such tracepoint.
    ///
    /// # Minimum kernel version
    /// 4.17
    pub fn attach_raw_tracepoint(&self, event: &str) -> Result<Link> {
        attach::raw_tracepoint(&self.core, event)
    }
}

impl<K: kind::PerfEvents> Program<K> {
    /// Attaches to a counter on all online CPUs. bcc's `attach_perf_event`.
    ///
    /// # Errors
    /// If this machine has no such counter, or the kernel refuses.
    ///
    /// # Minimum kernel version
    /// 4.9
    pub fn attach_perf_event(
        &self,
        counter: impl Into<Counter>,
        sampling: Sampling,
    ) -> Result<Link> {
        self.attach_perf_event_with_opts(counter, sampling, &PerfEventOpts::new())
    }

    /// Attaches to a counter of one CPU or one thread, or with a cookie.
    ///
    /// # Errors
    /// As [`attach_perf_event`](Self::attach_perf_event), and `Unsupported` for a cookie before Linux
    /// 5.15.
    pub fn attach_perf_event_with_opts(
        &self,
        counter: impl Into<Counter>,
        sampling: Sampling,
        opts: &PerfEventOpts,
    ) -> Result<Link> {
        attach::perf_event(&self.core, counter.into(), sampling, opts)
    }
}

impl<K> Clone for Program<K> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            kind: PhantomData,
        }
    }
}

impl<K> fmt::Debug for Program<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Program").field(&self.name()).finish()
    }
}

/// A handle that can be made of a program; what generated code asks for.
#[doc(hidden)]
pub trait FromProgram: Sized {
    /// Makes the handle.
    fn from_program(source: ProgramSource) -> Self;
}

/// A loaded program.
#[doc(hidden)]
#[derive(Debug)]
pub struct ProgramSource(pub(crate) Arc<Core>);

impl<K> FromProgram for Program<K> {
    fn from_program(source: ProgramSource) -> Self {
        Self {
            core: source.0,
            kind: PhantomData,
        }
    }
}
