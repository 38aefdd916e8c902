//! Hooks that the kernel makes from the types of its functions.
//!
//! In: a program loaded for one hook of one function. Out: a link. Such a program has its target
//! from the moment it is loaded; there is no other one to attach it to.

use crate::error::{Error, ErrorKind, Result};
use crate::link::Link;
use crate::program::Core;
use crate::spec::Hook;
use crate::support;

/// Attaches to the function the program was loaded for.
pub(super) fn attach(
    program: &Core,
    hook: Hook,
    module: Option<&str>,
    function: &str,
) -> Result<Link> {
    let target = describe(hook, module, function);
    match program.attach_by_libbpf(Some(hook)) {
        Ok(attachment) => Ok(Link::new(program.name(), target, vec![attachment])),
        Err(error) => Err(explain(program, hook, &target, error)),
    }
}

fn describe(hook: Hook, module: Option<&str>, function: &str) -> String {
    let of_module = module.map_or_else(String::new, |module| format!(" of module `{module}`"));
    match hook {
        Hook::Kfunc => format!("kernel function `{function}`{of_module} (fentry)"),
        Hook::Kretfunc => {
            format!("the return of kernel function `{function}`{of_module} (fexit)")
        }
        Hook::KmodRet => format!("the result of kernel function `{function}`"),
        Hook::Lsm => format!("security hook `{function}`"),
    }
}

/// Tells a kernel that has no such hooks from one that does not let this function be hooked.
fn explain(program: &Core, hook: Hook, target: &str, error: Error) -> Error {
    let text = format!("failed to attach `{}` to {target}", program.name());
    if let Err(reason) = support::hook(hook) {
        return Error::new(reason.kind(), format!("{text}: {reason}")).with_cause(error);
    }
    let reason = if error.kind() == ErrorKind::NotFound {
        "attached already, which before Linux 5.13 a program can be only once; load it again"
    } else {
        "attached already, marked `notrace`, or used by as many programs as it can take"
    };
    Error::new(ErrorKind::Attach, format!("{text}: {reason}")).with_cause(error)
}
