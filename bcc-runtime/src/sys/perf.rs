//! Perf events: the kernel objects that probes hang on.
//!
//! In: what to count or where to probe. Out: an event's descriptor, with a program on it.

use super::{check, size_u32};
use libbpf_sys::{
    bpf_attach_type, bpf_link_create_opts, bpf_link_create_opts__bindgen_ty_1__bindgen_ty_2,
    bpf_link_create_opts__bindgen_ty_1__bindgen_ty_3, perf_event_attr,
};
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

/// `PERF_EVENT_IOC_*` of `linux/perf_event.h`, as all architectures with the generic ioctl numbers
/// have them.
const IOC_ENABLE: libc::Ioctl = 0x2400;
const IOC_SET_BPF: libc::Ioctl = 0x4004_2408;
/// What a program is loaded for that attaches to many kernel functions at once.
pub(crate) const KPROBE_MULTI: u32 = libbpf_sys::BPF_TRACE_KPROBE_MULTI;
/// What a program is loaded for that attaches to many places of a file at once.
pub(crate) const UPROBE_MULTI: u32 = libbpf_sys::BPF_TRACE_UPROBE_MULTI;
/// `PERF_FLAG_FD_CLOEXEC`
const FLAG_FD_CLOEXEC: libc::c_ulong = 1 << 3;

/// A perf event to open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Event {
    /// `PERF_TYPE_*` or the number of a PMU.
    pub(crate) kind: u32,
    /// What the kind gives it to mean.
    pub(crate) config: u64,
    /// A name that stands in `config1` as an address: a kernel function or the path of a binary.
    pub(crate) name: Option<CString>,
    /// `config2`: an offset from the name.
    pub(crate) offset: u64,
    /// When it fires.
    pub(crate) sample: Sample,
    /// The process or thread to watch; `None` for all.
    pub(crate) pid: Option<u32>,
    /// The CPU to watch; `None` for all, which needs a process.
    pub(crate) cpu: Option<u32>,
}

/// When a perf event fires.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Sample {
    /// Whenever it happens.
    #[default]
    Always,
    /// Each time its count has grown by so many.
    Period(u64),
    /// So many times a second.
    Frequency(u64),
}

impl Event {
    /// Opens the event, not yet enabled.
    pub(crate) fn open(&self) -> io::Result<OwnedFd> {
        let mut attr = self.attr();
        let pid = self.pid.map_or(Ok(-1), i32::try_from);
        let pid = pid.map_err(io::Error::other)?;
        let cpu = self.cpu.map_or(Ok(-1), i32::try_from);
        let cpu = cpu.map_err(io::Error::other)?;
        open(&mut attr, pid, cpu)
    }

    fn attr(&self) -> perf_event_attr {
        let mut attr = perf_event_attr {
            type_: self.kind,
            size: size_u32::<perf_event_attr>(),
            config: self.config,
            ..perf_event_attr::default()
        };
        // The kernel copies the string while it opens the event, before `self` can go away.
        let name = self.name.as_deref().map_or(0, |name| name.as_ptr() as u64);
        attr.__bindgen_anon_3.config1 = name;
        attr.__bindgen_anon_4.config2 = self.offset;
        match self.sample {
            Sample::Always => {}
            Sample::Period(period) => attr.__bindgen_anon_1.sample_period = period,
            Sample::Frequency(frequency) => {
                attr.set_freq(1);
                attr.__bindgen_anon_1.sample_freq = frequency;
            }
        }
        attr
    }
}

fn open(attr: &mut perf_event_attr, pid: i32, cpu: i32) -> io::Result<OwnedFd> {
    let no_group = -1;
    // SAFETY: `attr` is initialised, tells its own size, and a string it points to outlives the
    // call.
    let returned = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            std::ptr::from_mut(attr),
            pid,
            cpu,
            no_group,
            FLAG_FD_CLOEXEC,
        )
    };
    let fd = i32::try_from(check(returned)?).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The number that a program is given with its attachment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cookie {
    /// On kernels that have no such numbers the program is attached without.
    May(u64),
    /// On kernels that have no such numbers the program is not attached.
    Must(u64),
}

impl Cookie {
    fn number(self) -> u64 {
        match self {
            Self::May(number) | Self::Must(number) => number,
        }
    }
}

/// Whether a program was not attached since the kernel has no cookies; the kernel's own errors have
/// numbers.
pub(crate) fn is_without_cookies(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported && error.raw_os_error().is_none()
}

/// Whether an event could not be opened because its CPU is offline.
pub(crate) fn is_no_device(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENODEV)
}

/// Puts a program on an event and enables it.
///
/// Since Linux 5.15 this makes a link, which is returned, and `bpf_get_attach_cookie` gives the
/// program `cookie`; before, the event itself holds the program. A cookie that must be is
/// `Unsupported` there.
pub(crate) fn attach(
    program: BorrowedFd<'_>,
    event: BorrowedFd<'_>,
    cookie: Cookie,
) -> io::Result<Option<OwnedFd>> {
    let link = match create_link(program, event.as_raw_fd(), cookie) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            if let Cookie::Must(_) = cookie {
                return Err(why_no_cookie(program, error));
            }
            // SAFETY: both are open descriptors; the argument of this request is a plain number.
            let returned =
                unsafe { libc::ioctl(event.as_raw_fd(), IOC_SET_BPF, program.as_raw_fd()) };
            check(returned).map_err(reads_too_far)?;
            None
        }
        created => Some(created.map_err(reads_too_far)?),
    };
    // SAFETY: `event` is an open descriptor; the argument of this request is a plain number.
    check(unsafe { libc::ioctl(event.as_raw_fd(), IOC_ENABLE, 0) })?;
    Ok(link)
}

/// Why there is no link with a cookie: the kernel has no such links, unless it looks for the target of
/// one.
///
/// The other way to attach cannot tell without harm: whatever hits a tracepoint or a kprobe runs the
/// program from then on, before the event is enabled.
fn why_no_cookie(program: BorrowedFd<'_>, refusal: io::Error) -> io::Error {
    const NO_TARGET: RawFd = -1;
    match create_link(program, NO_TARGET, Cookie::May(0)) {
        Err(error) if error.raw_os_error() == Some(libc::EBADF) => refusal,
        _ => io::ErrorKind::Unsupported.into(),
    }
}

/// Words what the kernel means by `EACCES` here; missing rights would be `EPERM`.
fn reads_too_far(error: io::Error) -> io::Error {
    if error.raw_os_error() != Some(libc::EACCES) {
        return error;
    }
    let text = "the program reads more of its context than this target has";
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

fn create_link(program: BorrowedFd<'_>, event: RawFd, cookie: Cookie) -> io::Result<OwnedFd> {
    let mut opts = link_opts();
    opts.__bindgen_anon_1.perf_event.bpf_cookie = cookie.number();
    let kind = libbpf_sys::BPF_PERF_EVENT;
    // SAFETY: these options hold no pointer.
    unsafe { make_link(program, event, kind, &opts) }
}

fn link_opts() -> bpf_link_create_opts {
    bpf_link_create_opts {
        sz: size_of::<bpf_link_create_opts>() as libbpf_sys::size_t,
        ..bpf_link_create_opts::default()
    }
}

/// Makes a link between a program and a target, whose descriptor is 0 where there is none.
///
/// # Safety
/// What the options point to is there for the call, and as long as they say.
unsafe fn make_link(
    program: BorrowedFd<'_>,
    target: RawFd,
    kind: bpf_attach_type,
    opts: &bpf_link_create_opts,
) -> io::Result<OwnedFd> {
    // SAFETY: the options are initialised and tell their size, the caller vouches for what they
    // point to; the program's descriptor is open, and the kernel checks the target's.
    let returned = unsafe { libbpf_sys::bpf_link_create(program.as_raw_fd(), target, kind, opts) };
    let fd = check(returned)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Attaches a program to a raw tracepoint; the descriptor holds the attachment.
pub(crate) fn open_raw_tracepoint(name: &CStr, program: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    // SAFETY: `name` is a C string that outlives the call, `program` an open descriptor.
    let returned =
        unsafe { libbpf_sys::bpf_raw_tracepoint_open(name.as_ptr(), program.as_raw_fd()) };
    let fd = check(returned)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Attaches a program to the entries or returns of many kernel functions at once; the descriptor
/// holds them all. One function that cannot be probed fails the others.
///
/// # Minimum kernel version
/// 5.18, with `CONFIG_FPROBE`.
pub(crate) fn attach_kprobe_multi(
    program: BorrowedFd<'_>,
    functions: &[CString],
    at_return: bool,
    cookies: Option<&[u64]>,
) -> io::Result<OwnedFd> {
    check_numbers(cookies, functions.len())?;
    let mut names: Vec<_> = functions.iter().map(|name| name.as_ptr()).collect();
    let flags = if at_return {
        libbpf_sys::BPF_F_KPROBE_MULTI_RETURN
    } else {
        0
    };
    let mut opts = link_opts();
    opts.__bindgen_anon_1.kprobe_multi = bpf_link_create_opts__bindgen_ty_1__bindgen_ty_2 {
        syms: names.as_mut_ptr(),
        cnt: u32::try_from(names.len()).map_err(io::Error::other)?,
        flags,
        cookies: cookies.map_or(std::ptr::null(), <[u64]>::as_ptr),
        ..Default::default()
    };
    // SAFETY: the options point to as many C strings as they say and, or to none, as many cookies;
    // all outlive the call.
    unsafe { make_link(program, 0, KPROBE_MULTI, &opts) }
}

/// Attaches a program to many places of a file at once, or to the returns of the functions there, in
/// one process or all; the descriptor holds them all. One place that cannot be probed fails the
/// others.
///
/// # Minimum kernel version
/// 6.6
pub(crate) fn attach_uprobe_multi(
    program: BorrowedFd<'_>,
    path: &CStr,
    offsets: &[u64],
    at_return: bool,
    pid: Option<u32>,
    cookies: Option<&[u64]>,
    counters: Option<&[u64]>,
) -> io::Result<OwnedFd> {
    check_numbers(cookies, offsets.len())?;
    check_numbers(counters, offsets.len())?;
    let flags = if at_return {
        libbpf_sys::BPF_F_UPROBE_MULTI_RETURN
    } else {
        0
    };
    let mut opts = link_opts();
    opts.__bindgen_anon_1.uprobe_multi = bpf_link_create_opts__bindgen_ty_1__bindgen_ty_3 {
        path: path.as_ptr(),
        offsets: offsets.as_ptr(),
        ref_ctr_offsets: counters.map_or(std::ptr::null(), <[u64]>::as_ptr),
        cnt: u32::try_from(offsets.len()).map_err(io::Error::other)?,
        flags,
        pid: pid.unwrap_or(0),
        cookies: cookies.map_or(std::ptr::null(), <[u64]>::as_ptr),
        ..Default::default()
    };
    // SAFETY: the options point to a C string, to as many offsets as they say and, or to none, as
    // many cookies and counters; all outlive the call.
    unsafe { make_link(program, 0, UPROBE_MULTI, &opts) }
}

/// The kernel takes as many cookies, and counters of users, as there are places.
fn check_numbers(numbers: Option<&[u64]>, places: usize) -> io::Result<()> {
    if numbers.is_none_or(|numbers| numbers.len() == places) {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

/// Whether this process, or the machine, has no room for another descriptor.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM)
    )
}
