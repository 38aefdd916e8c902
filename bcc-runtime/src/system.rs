//! All programs, maps and links that are in the kernel, whoever loaded them.
//!
//! What `bpftool prog`, `bpftool map` and `bpftool link` list. It takes `CAP_SYS_ADMIN`.
//!
//! ```no_run
//! use bcc_runtime::system;
//! use std::time::Duration;
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! let _counting = system::measure_run_time()?;
//! std::thread::sleep(Duration::from_secs(1));
//! for program in system::programs()? {
//!     println!("{:<16} ran {} times, {:?}", program.name, program.run_count, program.run_time);
//! }
//! # Ok(())
//! # }
//! ```

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::health;
use crate::map::Info;
use crate::sys::system::{self, Things};
use crate::sys::{link, probe, stats, text};
use libbpf_rs::query::{LinkInfo, LinkTypeInfo};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::Duration;
use zerocopy::IntoBytes as _;

/// A program in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramInfo {
    /// The number by which `bpftool prog show id` finds it.
    pub id: u32,
    /// The name as far as the kernel keeps it, which is 15 bytes.
    pub name: String,
    /// The type in the words of `bpftool`, such as `kprobe`.
    pub kind: String,
    /// A hash of its instructions, in hexadecimal digits.
    pub tag: String,
    /// The user who loaded it.
    pub uid: u32,
    /// When it was loaded, as time since boot.
    pub loaded_at: Duration,
    /// The numbers of the maps it uses.
    pub maps: Vec<u32>,
    /// Whether its licence is compatible with the GPL.
    pub gpl_compatible: bool,
    /// Size of its instructions in bytes.
    pub size: u32,
    /// Size of the machine code made of them in bytes; 0 if there is none.
    pub jited_size: u32,
    /// How many instructions the verifier went through; `None` before Linux 5.16.
    pub verified_instructions: Option<u32>,
    /// How long it has run while that was [measured](measure_run_time), on all CPUs together.
    pub run_time: Duration,
    /// How often it has run while that was [measured](measure_run_time).
    pub run_count: u64,
    /// How often it was left out because a program was running on that CPU already; `None` where the
    /// kernel does not count it: see
    /// [`ProgramHealth`](crate::health::ProgramHealth::recursion_misses).
    pub recursion_misses: Option<u64>,
}

/// What attaches a program to something.
///
/// Before Linux 5.15 programs on probes, and at all times those attached by older calls, are
/// attached without a link.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkRecord {
    /// The number by which `bpftool link show id` finds it.
    pub id: u32,
    /// The number of its program.
    pub program: u32,
    /// The type in the words of `bpftool`, such as `perf_event`.
    pub kind: String,
    /// What it attaches to, where the kernel says so and has a word for it: the name of a raw
    /// tracepoint, the number of a device or of a cgroup.
    pub target: Option<String>,
}

/// Has the kernel count as long as it is there; from [`measure_run_time`].
#[derive(Debug)]
#[must_use = "the kernel counts as long as this is there"]
pub struct RunTimeMeasurement {
    _fd: OwnedFd,
}

/// All programs in the kernel, in the order of their numbers. aya's `loaded_programs`.
///
/// One that goes meanwhile is left out.
///
/// # Errors
/// `PermissionDenied` without `CAP_SYS_ADMIN`; otherwise if the kernel refuses.
pub fn programs() -> Result<Vec<ProgramInfo>> {
    let kinds = probe::program_types();
    all(Things::Programs, "programs", |_, fd| {
        let (facts, maps) = system::program_facts(fd)?;
        let info = facts.info;
        Ok(ProgramInfo {
            id: info.id,
            name: text(info.name.as_bytes()),
            kind: word(&kinds, info.type_),
            tag: format!("{:016x}", u64::from_be_bytes(info.tag)),
            uid: info.created_by_uid,
            loaded_at: Duration::from_nanos(info.load_time),
            maps,
            gpl_compatible: info.gpl_compatible() == 1,
            size: info.xlated_prog_len,
            jited_size: info.jited_prog_len,
            verified_instructions: facts.verified_instructions(),
            run_time: Duration::from_nanos(info.run_time_ns),
            run_count: info.run_cnt,
            recursion_misses: health::recursion_misses(&facts),
        })
    })
}

/// All maps in the kernel, in the order of their numbers. aya's `loaded_maps`.
///
/// One that goes meanwhile is left out.
///
/// # Errors
/// As [`programs`].
pub fn maps() -> Result<Vec<Info>> {
    all(Things::Maps, "maps", |_, fd| {
        Info::of(fd).map_err(io::Error::other)
    })
}

/// All links in the kernel, in the order of their numbers. aya's `loaded_links`.
///
/// One that goes meanwhile is left out.
///
/// # Errors
/// As [`programs`].
///
/// # Minimum kernel version
/// 5.8
pub fn links() -> Result<Vec<LinkRecord>> {
    all(Things::Links, "links", |id, fd| {
        let facts = link::facts(fd)?;
        let details = LinkInfo::from_fd(fd).ok();
        Ok(LinkRecord {
            id,
            program: facts.program,
            kind: facts.kind_name(),
            target: details.and_then(|details| target(details.info)),
        })
    })
}

/// Has the kernel count how often and how long each program of the machine runs, until what this
/// returns is dropped. It costs each run some tens of nanoseconds.
///
/// [`programs`] and, for a program of one's own, [`Bpf::health`](crate::Bpf::health) tell the counts.
///
/// It goes on as long as anybody wants it; `sysctl kernel.bpf_stats_enabled=1` does the same for
/// all.
///
/// # Errors
/// `PermissionDenied` without `CAP_SYS_ADMIN`; `Unsupported` on a kernel that cannot count.
///
/// # Minimum kernel version
/// 5.8
pub fn measure_run_time() -> Result<RunTimeMeasurement> {
    let enabled = stats::enable_run_time().map_err(|cause| {
        if cause.kind() == io::ErrorKind::InvalidInput {
            let text = "this kernel does not count how long programs run (Linux 5.8 or newer)";
            return Error::new(ErrorKind::Unsupported, text).with_cause(cause);
        }
        denied_or("count how long programs run", cause)
    })?;
    Ok(RunTimeMeasurement { _fd: enabled })
}

/// Goes through all things of a kind.
fn all<T>(
    things: Things,
    words: &str,
    read: impl Fn(u32, BorrowedFd<'_>) -> io::Result<T>,
) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut last = 0;
    let what = format!("list the kernel's {words}");
    let failed = |cause| denied_or(&what, cause);
    while let Some(id) = things.next(last).map_err(failed)? {
        last = id;
        if let Some(fd) = things.open(id).map_err(failed)? {
            found.push(read(id, fd.as_fd()).with_context(|| format!("failed to {what}"))?);
        }
    }
    Ok(found)
}

fn denied_or(what: &str, cause: io::Error) -> Error {
    let text = match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("no right to {what}; run as root (CAP_SYS_ADMIN)")
        }
        _ => format!("failed to {what}"),
    };
    let cause = Error::from(cause);
    Error::new(cause.kind(), text).with_cause(cause)
}

fn target(details: LinkTypeInfo) -> Option<String> {
    match details {
        LinkTypeInfo::RawTracepoint(it) => Some(it.name),
        LinkTypeInfo::Xdp(it) => Some(format!("device {}", it.ifindex)),
        LinkTypeInfo::Tcx(it) => Some(format!("device {}", it.ifindex)),
        LinkTypeInfo::Cgroup(it) => Some(format!("cgroup {}", it.cgroup_id)),
        _ => None,
    }
}

/// The name of a number, or the number if there is none.
fn word(names: &[String], number: u32) -> String {
    let name = names.get(number as usize);
    name.cloned().unwrap_or_else(|| number.to_string())
}
