//! What the running kernel can do, asked of the kernel itself.
//!
//! Each function answers `Ok` if it can, and otherwise the reason with a way out. Nothing stays
//! loaded or attached.
//!
//! ```no_run
//! use bcc_runtime::support;
//!
//! if let Err(reason) = support::kfunc() {
//!     eprintln!("falling back to kprobes: {reason}");
//! }
//! ```

mod kernel_types;
mod missing;
mod report;
mod types;

pub use kernel_types::{kernel_enum_has_val, kernel_struct_has_field};
pub(crate) use missing::missing_of_kernel;
pub use missing::{Missing, missing};
pub use report::{Feature, Report, report};
pub use types::{helper, map_type, program_type};

use crate::attach;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::{functions, pseudo, symbols};
use crate::spec::Hook;
use crate::sys::hook::{Refused, attempt};
use std::borrow::Cow;
use std::ffi::CStr;
use std::io;
use std::path::Path;

/// Small functions that kernels with hooks have, to try one on.
const KERNEL_FUNCTIONS: [&CStr; 2] = [c"bpf_fentry_test1", c"security_file_fcntl"];
/// Functions whose result programs may decide.
const SECURITY_FUNCTIONS: [&CStr; 1] = [c"security_file_fcntl"];
/// A hook of the security modules.
const SECURITY_HOOKS: [&CStr; 1] = [c"file_fcntl"];

/// `KFUNC_PROBE`, `KRETFUNC_PROBE` and their `MODULE_` forms. bcc's `support_kfunc`.
///
/// # Errors
/// `Unsupported` or `PermissionDenied`, with the reason.
///
/// # Minimum kernel version
/// 5.5
pub fn kfunc() -> Result<()> {
    hook(Hook::Kfunc)
}

/// `KMOD_RET`. bcc's `support_fmod_ret`.
///
/// # Errors
/// `Unsupported` or `PermissionDenied`, with the reason.
///
/// # Minimum kernel version
/// 5.7
pub fn fmod_ret() -> Result<()> {
    hook(Hook::KmodRet)
}

/// `LSM_PROBE`. bcc's `support_lsm`, which does not look whether the kernel runs such programs.
///
/// # Errors
/// `Unsupported` or `PermissionDenied`, with the reason.
///
/// # Minimum kernel version
/// 5.7
pub fn lsm() -> Result<()> {
    hook(Hook::Lsm)
}

/// Kprobes and kretprobes.
///
/// # Errors
/// `Unsupported`, with the reason.
pub fn kprobe() -> Result<()> {
    attach::has_kprobes()
}

/// `BPF_ITER`.
///
/// # Errors
/// `Unsupported`, or what keeps the kernel's types from being read.
///
/// # Minimum kernel version
/// 5.8
pub fn iter() -> Result<()> {
    let btf = Btf::read(Path::new(KERNEL_BTF))?;
    if functions::names(&btf, "bpf_iter_").is_empty() {
        return Err(unsupported(
            "this kernel has no iterators (Linux 5.8 or newer)",
        ));
    }
    Ok(())
}

/// Raw tracepoints that modules define. bcc's `support_raw_tracepoint_in_module`.
///
/// # Errors
/// `Unsupported` if the kernel has them in none.
///
/// # Minimum kernel version
/// 5.0
pub fn raw_tracepoint_in_module() -> Result<()> {
    let listing = symbols::read();
    let mut names = listing
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().nth(2));
    if names.any(|name| name == "bpf_trace_modules") {
        return Ok(());
    }
    Err(unsupported(
        "this kernel has no raw tracepoints in modules (CONFIG_MODULES, Linux 5.0 or newer)",
    ))
}

/// `bpf_override_return` at the entry of a function.
///
/// # Errors
/// `Unsupported` if the kernel lets no result be overridden, or this one's.
///
/// # Minimum kernel version
/// 4.16
pub fn override_return(function: &str) -> Result<()> {
    match pseudo::overridable_functions() {
        Some(names) if names.iter().any(|name| name == function) => Ok(()),
        Some(_) => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the kernel does not let a program override the result of `{function}` (it is not \
                 marked with `ALLOW_ERROR_INJECTION`)"
            ),
        )),
        None => Err(unsupported(
            "this kernel lets no result be overridden (CONFIG_BPF_KPROBE_OVERRIDE)",
        )),
    }
}

/// Tries a hook on functions that most kernels have.
pub(crate) fn hook(hook: Hook) -> Result<()> {
    if hook == Hook::Lsm {
        lsm_active()?;
    }
    let functions = match hook {
        Hook::Kfunc | Hook::Kretfunc => &KERNEL_FUNCTIONS[..],
        Hook::KmodRet => &SECURITY_FUNCTIONS[..],
        Hook::Lsm => &SECURITY_HOOKS[..],
    };
    let mut last = Ok(());
    for function in functions {
        last = match attempt(hook, function) {
            Err(Refused::NoType(cause)) => Err(no_type(hook, cause)),
            Err(Refused::AtLoad(cause)) => return Err(not_loaded(hook, cause)),
            Err(Refused::AtAttach(cause)) => return Err(not_attached(hook, cause)),
            Ok(()) => return Ok(()),
        };
    }
    last
}

/// Whether the kernel runs programs on its security hooks.
pub(crate) fn lsm_active() -> Result<()> {
    check_modules(pseudo::security_modules())
}

/// A kernel that does not tell which modules are active may run them.
fn check_modules(active: Option<Vec<String>>) -> Result<()> {
    match active {
        Some(modules) if !modules.iter().any(|module| module == "bpf") => {
            let list = modules.join(",");
            let text = format!(
                "`bpf` is not among the kernel's active security modules (`{list}`); boot with \
                 `lsm={list},bpf`"
            );
            Err(Error::new(ErrorKind::Unsupported, text))
        }
        Some(_) | None => Ok(()),
    }
}

const fn words(hook: Hook) -> &'static str {
    match hook {
        Hook::Kfunc => "`KFUNC_PROBE`",
        Hook::Kretfunc => "`KRETFUNC_PROBE`",
        Hook::KmodRet => "`KMOD_RET`",
        Hook::Lsm => "`LSM_PROBE`",
    }
}

/// What to do where there are no hooks.
const fn way_out(hook: Hook) -> &'static str {
    match hook {
        Hook::Kfunc | Hook::Kretfunc => "use a kprobe, a tracepoint or a raw tracepoint",
        Hook::KmodRet | Hook::Lsm => "there is no other way to decide what a function returns",
    }
}

fn unsupported(text: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unsupported, text)
}

fn no_type(hook: Hook, cause: io::Error) -> Error {
    let needs = match hook {
        Hook::Kfunc | Hook::Kretfunc | Hook::KmodRet => "CONFIG_DEBUG_INFO_BTF",
        Hook::Lsm => "CONFIG_BPF_LSM and CONFIG_DEBUG_INFO_BTF",
    };
    let text = format!("this kernel has no {} ({needs})", words(hook));
    Error::new(ErrorKind::Unsupported, text).with_cause(cause)
}

fn not_loaded(hook: Hook, cause: io::Error) -> Error {
    let (words, way_out) = (words(hook), way_out(hook));
    let (kind, text) = if cause.kind() == io::ErrorKind::PermissionDenied {
        let text = format!(
            "the kernel refuses {words}: no right to (run as root), or it is locked down beyond \
             that; {way_out}"
        );
        (ErrorKind::PermissionDenied, text)
    } else {
        let text = format!("this kernel does not know {words}; {way_out}");
        (ErrorKind::Unsupported, text)
    };
    Error::new(kind, text).with_cause(cause)
}

fn not_attached(hook: Hook, cause: io::Error) -> Error {
    let text = format!(
        "this kernel does not let programs hook into functions, as {} needs \
         (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS); {}",
        words(hook),
        way_out(hook)
    );
    Error::new(ErrorKind::Unsupported, text).with_cause(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S38: a kernel that would never run a program on a security hook, and the way out.
    #[test]
    fn s38_inactive_security_module() {
        let modules = |list: &[&str]| Some(list.iter().map(|name| (*name).to_owned()).collect());
        let error = check_modules(modules(&["lockdown", "yama"])).unwrap_err();
        let expected = "`bpf` is not among the kernel's active security modules \
                        (`lockdown,yama`); boot with `lsm=lockdown,yama,bpf`";
        assert_eq!(error.to_string(), expected);
        assert!(check_modules(modules(&["yama", "bpf"])).is_ok());
        assert!(check_modules(None).is_ok());
    }
}
