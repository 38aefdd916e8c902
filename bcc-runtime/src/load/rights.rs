//! Whether this process may load BPF programs, and what to do if not.
//!
//! In: the process's capabilities, and errors of a load that failed. Out: errors that tell a
//! missing right from a locked-down kernel from a limit on memory.

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::kernel::pseudo::lockdown;
use crate::kernel::version::Version;
use crate::spec::{AttachSpec, Hook, ProbeSpec, Spec};
use crate::support;
use crate::sys::limits;
use std::collections::BTreeSet;

const CAP_SYS_ADMIN: u64 = 1 << 21;
/// The right to raise limits.
pub(crate) const CAP_SYS_RESOURCE: u64 = 1 << 24;
const CAP_PERFMON: u64 = 1 << 38;
const CAP_BPF: u64 = 1 << 39;

/// Since this kernel, memory of BPF counts toward the cgroup instead of `RLIMIT_MEMLOCK`.
const CGROUP_ACCOUNTING: Version = Version::new(5, 11, 0);

/// Refuses early what would fail late with a puzzling error.
pub(crate) fn check() -> Result<()> {
    // Where they cannot be read, the kernel itself tells later.
    let caps = effective_capabilities().unwrap_or(u64::MAX);
    let both = CAP_BPF | CAP_PERFMON;
    if caps & CAP_SYS_ADMIN == 0 && caps & both != both {
        let message = "no right to load BPF programs; run as root (CAP_BPF and CAP_PERFMON are \
                       enough to load, but most attachments need CAP_SYS_ADMIN)";
        return Err(Error::new(ErrorKind::PermissionDenied, message));
    }
    if is_older(CGROUP_ACCOUNTING) {
        // Best effort: without the right to raise it, the load itself tells.
        let _raised = limits::raise_memlock();
    }
    Ok(())
}

/// Whether it is certain that this kernel counts maps as locked memory. A helper that came with the
/// other way of counting tells, as for libbpf: distributions have it in older kernels.
pub(crate) fn counts_locked_memory() -> bool {
    let helper = || support::helper("socket_filter", "bpf_ktime_get_coarse_ns");
    is_older(CGROUP_ACCOUNTING)
        && helper().is_err_and(|error| error.kind() == ErrorKind::Unsupported)
}

fn is_older(than: Version) -> bool {
    Version::running().is_ok_and(|running| running < than)
}

pub(crate) fn effective_capabilities() -> Option<u64> {
    let sets = rustix::thread::capabilities(None).ok()?;
    Some(sets.effective.bits())
}

/// Words an error of a load that failed for another reason than the verifier.
pub(super) fn explain(spec: &Spec, error: libbpf_rs::Error, said: &str) -> Error {
    let name = &spec.name;
    if let Some(reason) = hooks_refused(spec) {
        let text = format!("failed to load `{name}`: {reason}");
        return Error::new(reason.kind(), text).with_cause(reason);
    }
    let denied = error.kind() == libbpf_rs::ErrorKind::PermissionDenied;
    let (kind, message) = match error.kind() {
        _ if denied && lockdown().is_some_and(|mode| mode == "confidentiality") => (
            ErrorKind::PermissionDenied,
            format!(
                "failed to load `{name}`: the kernel is locked down (confidentiality), which \
                 forbids BPF programs to read kernel memory; boot with `lockdown=integrity` or less"
            ),
        ),
        _ if denied => (
            ErrorKind::PermissionDenied,
            format!(
                "failed to load `{name}`: the kernel refuses{}; run as root outside of containers \
                 that filter system calls, or raise the limit of locked memory (`ulimit -l \
                 unlimited`)",
                first_reason(said)
            ),
        ),
        libbpf_rs::ErrorKind::OutOfMemory => (
            ErrorKind::OutOfMemory,
            format!(
                "failed to load `{name}`: not enough memory{}; make maps smaller",
                first_reason(said)
            ),
        ),
        _ => (
            ErrorKind::Load,
            format!("failed to load `{name}`{}", first_reason(said)),
        ),
    };
    let cause = Err::<(), _>(error).context("libbpf reports an error");
    match cause {
        Err(cause) => Error::new(kind, message).with_cause(cause),
        Ok(()) => Error::new(kind, message),
    }
}

/// Why the kernel takes no programs on a hook that the program text uses.
fn hooks_refused(spec: &Spec) -> Option<Error> {
    let hooks: BTreeSet<Hook> = spec.probes.iter().filter_map(hook_of).collect();
    hooks.into_iter().find_map(|hook| support::hook(hook).err())
}

/// The hook of a program, whether bcc's macros or a section of libbpf's names it.
fn hook_of(probe: &ProbeSpec) -> Option<Hook> {
    match &probe.attach {
        AttachSpec::Trampoline { hook, .. } => Some(*hook),
        AttachSpec::Section { name } => {
            let (kind, _) = name.split_once('/')?;
            let hooks = [Hook::Kfunc, Hook::Kretfunc, Hook::KmodRet, Hook::Lsm];
            hooks.into_iter().find(|hook| hook.section() == kind)
        }
        _ => None,
    }
}

/// The first thing libbpf said and did not get over, which is the cause; the rest follows from it.
fn first_reason(said: &str) -> String {
    let line = said
        .lines()
        .find(|line| !line.contains("Retrying"))
        .map(|line| line.strip_prefix("libbpf: ").unwrap_or(line));
    line.map(|line| format!(" ({})", line.trim_end_matches('.')))
        .unwrap_or_default()
}
