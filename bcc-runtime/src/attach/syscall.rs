//! The names of the kernel's system call functions.
//!
//! In: `clone`, or the name under which another machine has it. Out: the name on this machine, such
//! as `__x64_sys_clone`.

use crate::kernel::symbols;
use std::borrow::Cow;
use std::env;
use std::sync::OnceLock;

/// What the kernel's functions for system calls begin with, by architecture; `bpf` stands for any
/// call, since it is there whenever we are.
const PREFIXES: [&str; 8] = [
    "sys_",
    "__x64_sys_",
    "__x32_compat_sys_",
    "__ia32_compat_sys_",
    "__arm64_sys_",
    "__s390x_sys_",
    "__s390_sys_",
    "__riscv_sys_",
];

/// The kernel function of a system call: `__x64_sys_clone` for `clone`, on most machines. bcc's
/// `get_syscall_fnname`.
#[must_use]
pub fn get_syscall_fnname(name: &str) -> String {
    format!("{}{name}", prefix())
}

/// The name of a kernel function as the program text has it, or, where the kernel has no function
/// of that name, with the prefix of another machine's system calls replaced by that of this one.
pub(crate) fn resolve(function: &str) -> Cow<'_, str> {
    match split(function) {
        Some(call) if !symbols::is_function(function) => get_syscall_fnname(call).into(),
        _ => function.into(),
    }
}

/// The system call that a function's name stands for, if it has a prefix of such.
pub(crate) fn split(function: &str) -> Option<&str> {
    PREFIXES
        .iter()
        .find_map(|prefix| function.strip_prefix(prefix))
}

/// The prefix of this machine, found once.
fn prefix() -> &'static str {
    static PREFIX: OnceLock<&str> = OnceLock::new();
    PREFIX.get_or_init(|| find_prefix().unwrap_or_else(usual_prefix))
}

fn find_prefix() -> Option<&'static str> {
    let listing = symbols::listing().ok()?;
    let found: Vec<_> = listing.lines().filter_map(bpf_prefix).collect();
    // A machine can have several; the native one stands first in the table.
    PREFIXES.into_iter().find(|prefix| found.contains(prefix))
}

/// The prefix in a line such as `ffffffff81000000 T __x64_sys_bpf`.
fn bpf_prefix(line: &str) -> Option<&'static str> {
    let name = line.split_ascii_whitespace().nth(2)?.strip_suffix("bpf")?;
    PREFIXES.into_iter().find(|prefix| *prefix == name)
}

/// Where symbols cannot be read: the prefix since Linux 4.17.
fn usual_prefix() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "__x64_sys_",
        "aarch64" => "__arm64_sys_",
        "s390x" => "__s390x_sys_",
        "riscv64" => "__riscv_sys_",
        _ => "sys_",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of `/proc/kallsyms`.
    #[test]
    fn finds_prefixes() {
        assert_eq!(bpf_prefix("ffff T __x64_sys_bpf"), Some("__x64_sys_"));
        assert_eq!(bpf_prefix("0000 T sys_bpf [module]"), Some("sys_"));
        assert_eq!(bpf_prefix("0000 t __sys_bpf"), None);
        assert_eq!(bpf_prefix(""), None);
    }

    /// S4: names from other machines become those of this one; others stay.
    #[test]
    fn s4_fixes_prefixes() {
        assert_eq!(split("sys_clone"), Some("clone"));
        assert_eq!(split("__arm64_sys_clone"), Some("clone"));
        assert_eq!(split("vfs_read"), None);
        assert_eq!(resolve("sys_clone"), get_syscall_fnname("clone"));
        assert_eq!(resolve("vfs_read"), "vfs_read");
        // A function of the kernel that is no system call: its name stays.
        assert_eq!(resolve("sys_ni_syscall"), "sys_ni_syscall");
    }
}
