//! Process numbers as a container counts them.
//!
//! In: a process. Out: the two numbers by which `bpf_get_ns_current_pid_tgid` knows its pid
//! namespace.

use crate::error::{Context as _, Result};
use crate::sys::machine;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

/// A pid namespace, as the helper `bpf_get_ns_current_pid_tgid(dev, ino, &ns, sizeof(ns))` wants to
/// be told.
///
/// The numbers go into `const volatile` variables of the program text, which then sees the numbers
/// that the processes of that namespace know themselves by:
///
/// ```no_run
/// use bcc_runtime::PidNamespace;
///
/// bcc_runtime::bpf_program! {
///     mod inside;
///     const volatile u64 dev = 0, ino = 0;
///     BPF_HASH(execs, u32);
///     TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
///         struct bpf_pidns_info ns = {};
///         if (bpf_get_ns_current_pid_tgid(dev, ino, &ns, sizeof(ns)))
///             return 0; // a process of another namespace
///         execs.increment(ns.tgid);
///         return 0;
///     }
/// }
///
/// # fn main() -> bcc_runtime::Result<()> {
/// let namespace = PidNamespace::current()?;
/// let bpf = inside::builder()
///     .consts(move |consts| (consts.dev, consts.ino) = (namespace.dev, namespace.ino))
///     .load()?;
/// # Ok(())
/// # }
/// ```
///
/// # Minimum kernel version
/// 5.7, for the helper
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PidNamespace {
    /// The device of the file system that holds the namespaces, in the kernel's own encoding, which
    /// differs from that of `stat` for large numbers.
    pub dev: u64,
    /// The namespace's inode on it.
    pub ino: u64,
}

impl PidNamespace {
    /// The namespace of the calling process.
    ///
    /// # Errors
    /// If `/proc` is not mounted.
    pub fn current() -> Result<Self> {
        Self::at("self")
    }

    /// The namespace of a process.
    ///
    /// # Errors
    /// `NotFound` if there is no such process, `PermissionDenied` if it may not be looked at.
    pub fn of(pid: u32) -> Result<Self> {
        Self::at(&pid.to_string())
    }

    fn at(process: &str) -> Result<Self> {
        let path = format!("/proc/{process}/ns/pid");
        let what =
            || format!("failed to read the pid namespace of process `{process}` in `{path}`");
        let namespace = fs::metadata(&path).with_context(what)?;
        Ok(Self {
            dev: machine::kernel_device(namespace.dev()),
            ino: namespace.ino(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    /// The calling process by either name; no process by a number no process can have.
    #[test]
    fn finds_namespaces() {
        let current = PidNamespace::current().unwrap();
        assert_eq!(PidNamespace::of(std::process::id()).unwrap(), current);
        let error = PidNamespace::of(u32::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("`4294967295`"), "{error}");
    }
}
