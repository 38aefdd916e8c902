//! Hooks and iterators: what programs on the kernel's types name.
//!
//! In: a target. Out: an error that says what is missing, before the kernel refuses it with a bare
//! number, or takes one argument for another.

use crate::error::{Error, ErrorKind, Result};
use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::functions::{self, Prototype};
use crate::kernel::symbols;
use crate::nearest::offer;
use crate::spec::Hook;
use crate::support;
use std::path::Path;

/// What the kernel's functions for security hooks begin with.
const LSM_PREFIX: &str = "bpf_lsm_";
/// What the kernel's functions for iterators begin with.
const ITER_PREFIX: &str = "bpf_iter_";

/// A program on a hook.
pub(super) struct Target<'a> {
    pub(super) program: &'a str,
    pub(super) hook: Hook,
    pub(super) module: Option<&'a str>,
    pub(super) function: &'a str,
    pub(super) arguments: usize,
}

/// Whether the kernel has the function or the hook of a program, with the arguments it names.
/// `kernel` keeps the kernel's types once somebody has needed them.
pub(super) fn check_trampoline(target: &Target<'_>, kernel: &mut Option<Btf>) -> Result<()> {
    match target.module {
        None => check_hook(target, kernel_types(kernel)?),
        Some(module) => check_hook(target, &module_types(module)?),
    }
}

/// Whether the kernel has what an iterator goes over.
pub(super) fn check_iterator(target: &str, kernel: &mut Option<Btf>) -> Result<()> {
    check_iter(target, kernel_types(kernel)?)
}

pub(super) fn kernel_types(kernel: &mut Option<Btf>) -> Result<&Btf> {
    match kernel {
        Some(btf) => Ok(btf),
        None => Ok(kernel.insert(Btf::read(Path::new(KERNEL_BTF))?)),
    }
}

fn module_types(module: &str) -> Result<Btf> {
    let exists = |place: &str| Path::new(place).join(module).exists();
    if exists("/sys/kernel/btf") {
        return Btf::read(Path::new(KERNEL_BTF))?.with_module(module);
    }
    let why = if exists("/sys/module") {
        "does not say its types (built without CONFIG_DEBUG_INFO_BTF_MODULES, or part of the \
         kernel itself); leave the module out, or use a kprobe"
    } else {
        "is not loaded; run `modprobe` for it first"
    };
    let text = format!("module `{module}` {why}");
    Err(Error::new(ErrorKind::NotFound, text))
}

fn check_hook(target: &Target<'_>, btf: &Btf) -> Result<()> {
    if target.hook == Hook::Lsm {
        check_active(target.program)?;
    }
    let name = match target.hook {
        Hook::Lsm => format!("{LSM_PREFIX}{}", target.function),
        Hook::Kfunc | Hook::Kretfunc | Hook::KmodRet => target.function.to_owned(),
    };
    match Prototype::find(btf, &name)? {
        Some(prototype) => check_arguments(target, prototype),
        None => Err(missing(target, btf)),
    }
}

/// Programs on security hooks load and attach even where the kernel never runs them.
fn check_active(program: &str) -> Result<()> {
    support::lsm_active().map_err(|reason| {
        let text = format!("`{program}` would never run: {reason}");
        Error::new(reason.kind(), text)
    })
}

fn check_arguments(target: &Target<'_>, prototype: Prototype) -> Result<()> {
    let Target {
        function,
        arguments: named,
        ..
    } = *target;
    let params = prototype.params;
    let what = match (params, prototype.returns) {
        (1, false) => "takes 1 argument and returns nothing".to_owned(),
        (n, false) => format!("takes {n} arguments and returns nothing"),
        (1, true) => "takes 1 argument and returns a value".to_owned(),
        (n, true) => format!("takes {n} arguments and returns a value"),
    };
    if prototype.wide && named > 0 {
        let text = format!(
            "an argument of `{function}` is larger than a register, so that their places cannot be \
             told; read them from `ctx`, or use a kprobe"
        );
        return Err(Error::new(ErrorKind::Unsupported, text));
    }
    let all = params + usize::from(prototype.returns);
    let (fits, way_out) = match target.hook {
        Hook::Kfunc => (named <= params, "name only what it has"),
        // Whatever is named last would be taken for the result.
        Hook::Kretfunc | Hook::KmodRet if prototype.returns => (
            named == 0 || named == all,
            "name all arguments and the result behind them, or nothing",
        ),
        Hook::Kretfunc | Hook::KmodRet | Hook::Lsm => (named <= all, "name only what it has"),
    };
    if fits {
        return Ok(());
    }
    let text = format!(
        "`{}` names {named}, but `{function}` {what} in this kernel; {way_out}",
        target.program
    );
    Err(Error::new(ErrorKind::InvalidInput, text))
}

fn missing(target: &Target<'_>, btf: &Btf) -> Error {
    let function = target.function;
    let text = match (target.hook, target.module) {
        (Hook::Lsm, _) => {
            let names = functions::names(btf, LSM_PREFIX);
            format!(
                "this kernel has no security hook `{function}`{}",
                offer(function, names)
            )
        }
        (_, Some(module)) => {
            let names = functions::names(btf, "");
            format!(
                "module `{module}` has no function `{function}`{}",
                offer(function, names)
            )
        }
        (_, None) => missing_in_kernel(function, btf),
    };
    Error::new(ErrorKind::NotFound, text)
}

/// A function may be a module's, or one whose type the kernel does not tell.
fn missing_in_kernel(function: &str, btf: &Btf) -> String {
    let listing = symbols::read();
    match symbols::functions(&listing).find(|symbol| symbol.name == function) {
        Some(symbols::Symbol {
            module: Some(module),
            ..
        }) => format!(
            "`{function}` is a function of module `{module}`; name the module: \
             `MODULE_KFUNC_PROBE({module}, {function}, ...)`"
        ),
        Some(_) => format!(
            "the kernel does not tell the type of its function `{function}`, without which it \
             cannot be hooked; use a kprobe"
        ),
        None => format!(
            "this kernel has no function `{function}`: inlined, renamed, or of another version{}",
            offer(function, functions::names(btf, ""))
        ),
    }
}

fn check_iter(target: &str, btf: &Btf) -> Result<()> {
    let known = functions::names(btf, ITER_PREFIX);
    if known.iter().any(|name| name == target) {
        return Ok(());
    }
    let text = format!(
        "this kernel has no iterator `{target}`{}",
        offer(target, known)
    );
    Err(Error::new(ErrorKind::NotFound, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hook: Hook, named: usize, params: usize, returns: bool) -> Option<String> {
        let target = Target {
            program: "p",
            hook,
            module: None,
            function: "f",
            arguments: named,
        };
        let prototype = Prototype {
            params,
            wide: false,
            returns,
        };
        let checked = check_arguments(&target, prototype);
        checked.err().map(|error| error.to_string())
    }

    /// S37: at the entry fewer arguments will do; at the return the last one is the result.
    #[test]
    fn s37_counts_arguments() {
        for (hook, named, params, returns, fits) in [
            (Hook::Kfunc, 0, 3, true, true),
            (Hook::Kfunc, 2, 3, true, true),
            (Hook::Kfunc, 3, 3, true, true),
            (Hook::Kfunc, 4, 3, true, false),
            (Hook::Kretfunc, 0, 3, true, true),
            (Hook::Kretfunc, 1, 3, true, false),
            (Hook::Kretfunc, 3, 3, true, false),
            (Hook::Kretfunc, 4, 3, true, true),
            (Hook::Kretfunc, 2, 3, false, true),
            (Hook::Kretfunc, 4, 3, false, false),
            (Hook::KmodRet, 1, 1, true, false),
            (Hook::Lsm, 1, 1, true, true),
            (Hook::Lsm, 2, 1, true, true),
            (Hook::Lsm, 3, 1, true, false),
        ] {
            let error = check(hook, named, params, returns);
            assert_eq!(
                error.is_none(),
                fits,
                "{hook:?} {named} {params}: {error:?}"
            );
        }
        let expected = "`p` names 2, but `f` takes 2 arguments and returns a value in this kernel; \
                        name all arguments and the result behind them, or nothing";
        assert_eq!(check(Hook::Kretfunc, 2, 2, true).as_deref(), Some(expected));
    }
}
