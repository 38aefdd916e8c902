//! `kprobe__` programs that run as fentry instead, where the user prefers that.
//!
//! In: what the program text asks for. Out: the same, with a hook in place of a kprobe wherever the
//! program and the kernel allow it. A hook costs a call, a kprobe mostly an interrupt.

use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::functions::Prototype;
use crate::kernel::tracefs;
use crate::spec::{AttachSpec, Hook, ProbeSpec, Spec};
use crate::support;
use libbpf_rs::{OpenProgramMut, ProgramAttachType, ProgramType};
use std::path::Path;

/// Puts hooks in place of kprobes.
pub(crate) fn prefer(spec: &mut Spec) {
    let is_candidate = |probe: &ProbeSpec| probe.hook_arguments.is_some();
    if !spec.probes.iter().any(is_candidate) || support::kfunc().is_err() {
        return;
    }
    let Ok(btf) = Btf::read(Path::new(KERNEL_BTF)) else {
        return;
    };
    // Without the list nothing is hooked, and kprobes do as well.
    let traceable = tracefs::traceable_functions().unwrap_or_default();
    for probe in spec.probes.to_mut() {
        if let Some(arguments) = probe.hook_arguments
            && let AttachSpec::Kprobe { function } = &probe.attach
            && has_arguments(&btf, function, arguments)
            && traceable.contains(&**function)
        {
            probe.attach = AttachSpec::Trampoline {
                hook: Hook::Kfunc,
                module: None,
                function: function.clone(),
                arguments,
            };
        }
    }
}

/// Whether a function of the kernel's own has so many arguments, each in its place.
fn has_arguments(btf: &Btf, function: &str, arguments: usize) -> bool {
    let prototype = Prototype::find(btf, function);
    prototype.is_ok_and(|found| found.is_some_and(|it| !it.wide && arguments <= it.params))
}

/// Has libbpf's macros give each hooked program its arguments as a hook has them.
pub(crate) fn rewrite(spec: &mut Spec) {
    let hooked: Vec<String> = spec
        .probes
        .iter()
        .filter(|probe| hooked(probe).is_some())
        .map(|probe| format!("({},", probe.name))
        .collect();
    for name in hooked {
        let (kprobe, hook) = (format!("BPF_KPROBE{name}"), format!("BPF_PROG{name}"));
        if spec.source.contains(&kprobe) {
            *spec.source.to_mut() = spec.source.replace(&kprobe, &hook);
        }
    }
}

/// The flags that tell the C how each other program gets its arguments.
pub(crate) fn flags(spec: &Spec) -> impl Iterator<Item = String> {
    let hooked = spec.probes.iter().filter(|probe| hooked(probe).is_some());
    hooked.map(|probe| format!("-DBCC_HOOKED_{}=1", probe.name))
}

/// The function that a `kprobe__` program is hooked into.
fn hooked(probe: &ProbeSpec) -> Option<&str> {
    match &probe.attach {
        AttachSpec::Trampoline { function, .. } if probe.hook_arguments.is_some() => Some(function),
        _ => None,
    }
}

/// Makes a program one for a hook, whatever its section says.
pub(crate) fn set_type(probe: &ProbeSpec, program: &mut OpenProgramMut<'_>) -> crate::Result<()> {
    if let Some(function) = hooked(probe) {
        program.set_prog_type(ProgramType::Tracing);
        program.set_attach_type(ProgramAttachType::TraceFentry);
        let target = program.set_attach_target(0, Some(function.to_owned()));
        crate::Context::with_context(target, || format!("failed to hook into `{function}`"))?;
    }
    Ok(())
}
