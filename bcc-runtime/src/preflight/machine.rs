//! The running machine: targets, features, rights, lockdown.

use super::{FindingKind, Run};
use crate::error::ErrorKind;
use crate::kernel::pseudo;
use crate::load::rights;
use crate::requirements::KernelItemKind;
use crate::spec::{AttachSpec, Hook, ProbeSpec};
use crate::support::{self, Missing};
use crate::targets::{self, functions::Lists};
use std::collections::BTreeSet;

impl Run<'_> {
    pub(super) fn look_at_machine(&mut self) {
        for missing in support::missing(&self.spec.requirements) {
            let (kind, place) = match &missing {
                Missing::Kernel(item) => (FindingKind::Kernel, item.place),
                Missing::Capability(_) => (FindingKind::Right, None),
                Missing::Config(_) => (FindingKind::Config, None),
                Missing::Btf => (FindingKind::Types, None),
            };
            self.add_at(kind, place, missing.to_string());
        }
        self.look_at_lockdown();
        if rights::check().is_err() {
            self.look_without_rights();
            return;
        }
        self.look_at_targets();
        self.look_at_hooks();
    }

    fn look_at_targets(&mut self) {
        let mut kernel = None;
        for (probe, target) in self.programs() {
            match targets::check_target(probe, &mut kernel) {
                Ok(_gone) => {}
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    self.leave(format!("`{}`: {error}", target.name));
                }
                Err(error) => {
                    let kind = match error.kind() {
                        ErrorKind::InvalidInput => FindingKind::Arguments,
                        _ => FindingKind::Target,
                    };
                    self.add(kind, Some(target), error.to_string());
                }
            }
        }
    }

    /// Without rights the kernel cannot be asked; its lists of functions are for everybody.
    fn look_without_rights(&mut self) {
        self.leave("targets: this process has no right to ask for them; run as root".to_owned());
        let lists = Lists::names();
        for (probe, target) in self.programs() {
            let (AttachSpec::Kprobe { function } | AttachSpec::Kretprobe { function }) =
                &probe.attach
            else {
                continue;
            };
            if let Some(absent) = lists.absent(&crate::attach::resolve_syscall(function)) {
                self.add(FindingKind::Target, Some(target), absent.to_string());
            }
        }
    }

    /// Whether the kernel takes programs on the hooks that the text uses.
    fn look_at_hooks(&mut self) {
        let mut seen: BTreeSet<Hook> = BTreeSet::new();
        for (probe, target) in self.programs() {
            if let Some(hook) = hook_of(probe)
                && seen.insert(hook)
                && let Err(reason) = support::hook(hook)
            {
                self.add(FindingKind::Target, Some(target), reason.to_string());
            }
        }
    }

    /// A kernel that keeps its memory to itself has no helpers that read it.
    fn look_at_lockdown(&mut self) {
        if pseudo::lockdown().as_deref() != Some("confidentiality") {
            return;
        }
        let reads = |name: &str| name.starts_with("bpf_probe_read") && !name.contains("_user");
        let mut items = self.spec.requirements.kernel.iter();
        let reader = items.find(|item| {
            item.kind == KernelItemKind::Helper && !item.optional && reads(&item.name)
        });
        if let Some(item) = reader {
            let message = format!(
                "the kernel is locked down (confidentiality), which forbids `{}`; boot with \
                 `lockdown=integrity` or less",
                item.name
            );
            self.add_at(FindingKind::Lockdown, item.place, message);
        }
    }
}

fn hook_of(probe: &ProbeSpec) -> Option<Hook> {
    match &probe.attach {
        AttachSpec::Trampoline { hook, .. } => Some(*hook),
        _ => None,
    }
}
