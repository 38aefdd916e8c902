//! Another kernel, of which there are only the types.
//!
//! In: a file of types. Out: targets and features that are not among them. Modules have types of
//! their own, and some functions have none: messages say where was looked.

use super::{FindingKind, Run};
use crate::attach::split_syscall;
use crate::kernel::btf::Btf;
use crate::kernel::functions::{has_raw_tracepoint, names};
use crate::kernel::has;
use crate::nearest::offer;
use crate::requirements::KernelItem;
use crate::spec::{AttachSpec, Hook};
use crate::support::missing_of_kernel;
use std::collections::BTreeSet;

impl Run<'_> {
    pub(super) fn look_at_types(&mut self, btf: &Btf, file: &str) {
        self.leave(format!(
            "rights, options and what modules have: of this kernel only the types are known \
             (`{file}`)"
        ));
        let functions: BTreeSet<String> = names(btf, "").into_iter().collect();
        for (probe, target) in self.programs() {
            if let Some(what) = absent(btf, &functions, &probe.attach) {
                let message = format!("{what}, according to `{file}`");
                self.add(FindingKind::Target, Some(target), message);
            }
        }
        let has = has::enumerators(btf).unwrap_or_default();
        for KernelItem { name, place, .. } in missing_of_kernel(&self.spec.requirements, &has) {
            let message = format!("the kernel has no {name}, according to `{file}`");
            self.add_at(FindingKind::Kernel, place, message);
        }
    }
}

/// What the types do not have of a target, in words.
fn absent(btf: &Btf, functions: &BTreeSet<String>, attach: &AttachSpec) -> Option<String> {
    let no_function = |function: &str| {
        let offer = offer(function, functions.iter().cloned());
        format!("the kernel has no function `{function}`, or one without a type{offer}")
    };
    let has_call = |call: &str| {
        let end = format!("_sys_{call}");
        functions.iter().any(|name| name.ends_with(&end))
    };
    let hook = |prefix: &str, name: &str, words: &str| {
        let known = || functions.iter().filter_map(|it| it.strip_prefix(prefix));
        let offer = || offer(name, known().map(str::to_owned));
        let is_there = functions.contains(&format!("{prefix}{name}"));
        (!is_there).then(|| format!("the kernel has no {words} `{name}`{}", offer()))
    };
    match attach {
        AttachSpec::Kprobe { function } | AttachSpec::Kretprobe { function } => {
            let is_there = match split_syscall(function) {
                Some(call) => has_call(call) || functions.contains(&**function),
                None => functions.contains(&**function),
            };
            (!is_there).then(|| no_function(function))
        }
        AttachSpec::Syscall { call } => {
            (!has_call(call)).then(|| format!("the kernel has no system call `{call}`"))
        }
        AttachSpec::Trampoline {
            hook: Hook::Lsm,
            function,
            ..
        } => hook("bpf_lsm_", function, "security hook"),
        AttachSpec::Trampoline {
            module: None,
            function,
            ..
        } => (!functions.contains(&**function)).then(|| no_function(function)),
        AttachSpec::Iter { target } => hook("bpf_iter_", target, "iterator"),
        AttachSpec::RawTracepoint { event } => (!has_raw_tracepoint(btf, event))
            .then(|| format!("the kernel itself has no raw tracepoint `{event}`")),
        // Those of system calls have no types of their own.
        AttachSpec::Tracepoint { category, event }
            if category != "syscalls" && !has_raw_tracepoint(btf, event) =>
        {
            Some(format!(
                "the kernel itself has no tracepoint `{category}:{event}`"
            ))
        }
        _ => None,
    }
}
