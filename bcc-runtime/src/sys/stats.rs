//! What the kernel counts of programs and of what they are attached to.
//!
//! In: descriptors. Out: the kernel's numbers, as it has them.

use super::check;
use super::link::ask_link;
use super::system::{ProgramFacts, ask_program};
use libbpf_sys::bpf_prog_info;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd as _, OwnedFd};

/// What the kernel says of a program.
pub(crate) fn program(fd: BorrowedFd<'_>) -> io::Result<ProgramFacts> {
    ask_program(fd, bpf_prog_info::default())
}

/// Has the kernel measure the run time of all programs for as long as the descriptor is open.
pub(crate) fn enable_run_time() -> io::Result<OwnedFd> {
    // SAFETY: the call takes a number and has no other effect than the descriptor it returns.
    let fd = unsafe { libbpf_sys::bpf_enable_stats(libbpf_sys::BPF_STATS_RUN_TIME) };
    let fd = check(fd)?;
    // SAFETY: the kernel has just made the descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// How often a probe of the kernel had to be skipped; `None` for links of other kinds.
pub(crate) fn missed(link: BorrowedFd<'_>) -> io::Result<Option<u64>> {
    let info = ask_link(link)?;
    if info.type_ == libbpf_sys::BPF_LINK_TYPE_KPROBE_MULTI {
        // SAFETY: the kernel says that this is the member it has filled; all are plain numbers.
        return Ok(Some(unsafe { info.__bindgen_anon_1.kprobe_multi.missed }));
    }
    if info.type_ != libbpf_sys::BPF_LINK_TYPE_PERF_EVENT {
        return Ok(None);
    }
    // SAFETY: the kernel says that this is the member it has filled; all are plain numbers.
    let event = unsafe { info.__bindgen_anon_1.perf_event };
    if !matches!(
        event.type_,
        libbpf_sys::BPF_PERF_EVENT_KPROBE | libbpf_sys::BPF_PERF_EVENT_KRETPROBE
    ) {
        return Ok(None);
    }
    // SAFETY: as above: the event is one of a kprobe.
    Ok(Some(unsafe { event.__bindgen_anon_1.kprobe.missed }))
}
