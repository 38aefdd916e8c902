//! What programs attach to.
//!
//! In: a loaded program and the words for a target. Out: a [`Link`]. Everything hangs on
//! descriptors of this process; nothing is written to tracefs, where it would stay behind.
//!
//! The methods that attach are those of [`Program`](crate::program::Program) and, by name, of
//! [`Bpf`](crate::Bpf). Here are their options, and lists of what there is:
//!
//! ```no_run
//! use bcc_runtime::attach::{UprobeOpts, get_kprobe_functions, get_tracepoints};
//!
//! bcc_runtime::bpf_program! {
//!     mod tool;
//!     int on_call(struct pt_regs *ctx) { return 0; }
//! }
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! println!("{:?}", get_tracepoints("sched:.*exec.*")?);
//! let bpf = tool::load()?;
//! let in_one_process = UprobeOpts::new().pid(1234);
//! let _call = bpf.progs.on_call.attach_uprobe_with_opts("c", "malloc", &in_one_process)?;
//! // The first of several names that this kernel has:
//! if let Some(function) = get_kprobe_functions("(__)?blk_account_io_done")?.first() {
//!     let _done = bpf.progs.on_call.attach_kprobe(function)?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | what is traced | with | stays as it is between kernels |
//! |---|---|---|
//! | an event that the kernel announces | a tracepoint | mostly |
//! | the same at less cost, arguments as they are | a raw tracepoint | mostly |
//! | any function of the kernel | a kprobe or kretprobe; cheaper with Linux 5.5, `KFUNC_PROBE` | no |
//! | a function of a program or library | a uprobe or uretprobe | |
//! | an event that a program announces | a USDT probe | |
//! | time, or a counter of the processor | a perf event | yes |

mod by_name;
mod cookie;
mod device;
mod elf;
pub(crate) mod fentry;
mod func;
mod functions;
mod iter;
mod kprobe;
mod library;
pub mod list;
pub(crate) mod many;
mod pattern;
mod perf_event;
mod pmu;
mod raw_tracepoint;
mod socket;
mod syscall;
mod tc;
mod tracepoint;
mod trampoline;
mod uprobe;
pub(crate) mod usdt;
mod xdp;

pub(crate) use self::device::index as device_index;
pub(crate) use self::func::{cgroup, check_context, func, is_particular};
pub(crate) use self::iter::iter;
pub(crate) use self::kprobe::{kprobe, kretprobe, make as make_kprobe};
pub(crate) use self::perf_event::perf_event;
pub(crate) use self::raw_tracepoint::raw_tracepoint;
pub(crate) use self::socket::{raw_socket, to_socket};
pub(crate) use self::syscall::{resolve as resolve_syscall, split as split_syscall};
pub(crate) use self::tc::tc;
pub(crate) use self::tracepoint::tracepoint;
pub(crate) use self::uprobe::{uprobe, uretprobe};
pub(crate) use self::xdp::{xdp, xdp_target};

pub use self::func::AttachType;
pub use self::functions::{
    get_kprobe_functions, get_tracepoints, get_user_addresses, get_user_functions,
    get_user_functions_and_addresses, tracepoint_exists,
};
pub use self::iter::IterReader;
pub use self::kprobe::KprobeOpts;
pub use self::many::RegexOpts;
pub use self::perf_event::PerfEventOpts;
pub use self::socket::RawSocket;
pub use self::syscall::get_syscall_fnname;
pub use self::tc::TcHook;
pub use self::tracepoint::TracepointOpts;
pub use self::uprobe::UprobeOpts;
pub use self::usdt::{Usdt, UsdtArgument, UsdtLocation, UsdtOpts, UsdtProbe};
pub use self::xdp::XdpFlags;

use crate::error::{Error, ErrorKind, Result};
use crate::link::{Attachment, Link};
use crate::nearest::offer;
use crate::program::Core;
use crate::spec::AttachSpec;
use crate::sys::perf::{self, Cookie, Event};
use libbpf_rs::{OpenProgramMut, ProgramAttachType, ProgramType};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

/// Attaches to what the program text names; to the probe that [`make_kprobe`] has made for it, if
/// there is one.
pub(crate) fn to_own_target(program: &Core, made: Option<OwnedFd>) -> Result<Link> {
    match program.attach_spec() {
        AttachSpec::Kprobe { function } => kprobe::own(program, function, false, made),
        AttachSpec::Kretprobe { function } => kprobe::own(program, function, true, made),
        AttachSpec::Syscall { call } => {
            kprobe(program, &get_syscall_fnname(call), &KprobeOpts::new())
        }
        AttachSpec::Trampoline {
            hook,
            module,
            function,
            ..
        } => trampoline::attach(program, *hook, module.as_deref(), function),
        AttachSpec::Tracepoint { category, event }
        | AttachSpec::TracepointFn { category, event } => {
            tracepoint::attach(program, category, event, &TracepointOpts::new())
        }
        AttachSpec::RawTracepoint { event } => raw_tracepoint(program, event),
        AttachSpec::Section { name } => {
            let attachment = program.attach_by_libbpf(None)?;
            let target = format!("`{name}`");
            Ok(Link::new(program.name(), target, vec![attachment]))
        }
        AttachSpec::Registers
        | AttachSpec::Any
        | AttachSpec::Iter { .. }
        | AttachSpec::RawTracepointFn
        | AttachSpec::PerfEvent
        | AttachSpec::Network { .. } => Err(no_target(program)),
    }
}

/// Whether a program attaches by itself at load.
pub(crate) fn is_automatic(spec: &AttachSpec) -> bool {
    match spec {
        AttachSpec::Kprobe { .. }
        | AttachSpec::Kretprobe { .. }
        | AttachSpec::Trampoline { .. }
        | AttachSpec::Tracepoint { .. }
        | AttachSpec::RawTracepoint { .. }
        | AttachSpec::Section { .. } => true,
        AttachSpec::Registers
        | AttachSpec::Any
        | AttachSpec::Syscall { .. }
        | AttachSpec::Iter { .. }
        | AttachSpec::TracepointFn { .. }
        | AttachSpec::RawTracepointFn
        | AttachSpec::PerfEvent
        | AttachSpec::Network { .. } => false,
    }
}

/// The type to load a program as; `None` leaves it to libbpf.
pub(crate) fn program_type(spec: &AttachSpec) -> Option<ProgramType> {
    match spec {
        AttachSpec::Registers
        | AttachSpec::Any
        | AttachSpec::Kprobe { .. }
        | AttachSpec::Kretprobe { .. }
        | AttachSpec::Syscall { .. } => Some(ProgramType::Kprobe),
        AttachSpec::Tracepoint { .. } | AttachSpec::TracepointFn { .. } => {
            Some(ProgramType::Tracepoint)
        }
        AttachSpec::RawTracepoint { .. } | AttachSpec::RawTracepointFn => {
            Some(ProgramType::RawTracepoint)
        }
        AttachSpec::PerfEvent => Some(ProgramType::PerfEvent),
        // Their sections say what libbpf has to look up for them.
        AttachSpec::Network { .. }
        | AttachSpec::Trampoline { .. }
        | AttachSpec::Iter { .. }
        | AttachSpec::Section { .. } => None,
    }
}

/// Sections that libbpf knows by their whole names only. A program with the section's name has it
/// with a slash behind, since clang takes both for one symbol; then libbpf has to be told.
const WHOLE_SECTIONS: [(&str, ProgramType, Option<ProgramAttachType>); 8] = [
    ("xdp/", ProgramType::Xdp, None),
    ("tc/", ProgramType::SchedCls, None),
    ("socket/", ProgramType::SocketFilter, None),
    ("sockops/", ProgramType::SockOps, None),
    ("sk_msg/", ProgramType::SkMsg, None),
    (
        "flow_dissector/",
        ProgramType::FlowDissector,
        Some(ProgramAttachType::FlowDissector),
    ),
    (
        "sk_reuseport/",
        ProgramType::SkReuseport,
        Some(ProgramAttachType::SkReuseportSelect),
    ),
    (
        "sk_lookup/",
        ProgramType::SkLookup,
        Some(ProgramAttachType::SkLookup),
    ),
];

/// Gives a program that is called like its section the type that the section stands for.
pub(crate) fn set_section_type(program: &mut OpenProgramMut<'_>) {
    let section = program.section().to_string_lossy().into_owned();
    let row = WHOLE_SECTIONS.iter().find(|(name, ..)| *name == section);
    if let Some((_, kind, attach_type)) = row {
        program.set_prog_type(*kind);
        if let Some(attach_type) = attach_type {
            program.set_attach_type(attach_type.clone());
        }
    }
}

/// Whether the kernel has kprobes.
pub(crate) fn has_kprobes() -> Result<()> {
    pmu::Pmu::Kprobe.kind().map(drop)
}

/// Whether the kernel has uprobes.
pub(crate) fn has_uprobes() -> Result<()> {
    pmu::Pmu::Uprobe.kind().map(drop)
}

fn no_target(program: &Core) -> Error {
    let text = format!(
        "the program text names no target for `{}`; give one to an attach method",
        program.name()
    );
    Error::new(ErrorKind::InvalidInput, text)
}

/// Opens a perf event and puts the program on it.
fn attach_event(
    program: &Core,
    kind: ProgramType,
    event: &Event,
    cookie: Option<u64>,
) -> Result<io::Result<Attachment>> {
    put_on(program, kind, event.open(), cookie)
}

/// Puts the program on a perf event.
fn put_on(
    program: &Core,
    kind: ProgramType,
    event: io::Result<OwnedFd>,
    cookie: Option<u64>,
) -> Result<io::Result<Attachment>> {
    let fd = program.fd_as(kind)?;
    let chosen = cookie::choose(program, cookie)?.unwrap_or(0);
    let cookie = if cookie.is_some() {
        Cookie::Must(chosen)
    } else {
        Cookie::May(chosen)
    };
    Ok(event.and_then(|event| {
        let link = perf::attach(fd.as_fd(), event.as_fd(), cookie)?;
        Ok(Attachment::Event {
            link,
            _event: event,
        })
    }))
}

/// The error for a target that exists but cannot be attached to.
fn failed(program: &str, target: &str, cause: io::Error) -> Error {
    let text = format!("failed to attach `{program}` to {target}");
    if perf::is_without_cookies(&cause) {
        let text = format!(
            "{text}: attachments have cookies since Linux 5.15; for older kernels load the program once \
             for each target, with a `const volatile` variable that tells which it is"
        );
        return Error::new(ErrorKind::Unsupported, text);
    }
    let (kind, text) = match cause.kind() {
        io::ErrorKind::PermissionDenied => (
            ErrorKind::PermissionDenied,
            format!("{text}: no right to; run as root (CAP_SYS_ADMIN)"),
        ),
        _ => (ErrorKind::Attach, text),
    };
    Error::new(kind, text).with_cause(cause)
}
