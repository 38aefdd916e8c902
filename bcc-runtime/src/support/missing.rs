//! What a program asks for and this machine lacks.

use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::config::{Config, Setting};
use crate::kernel::has;
use crate::load::rights::effective_capabilities;
use crate::requirements::{
    BtfNeed, Capability, CapabilityItem, ConfigItem, KernelItem, Requirements,
};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// Something that a program asks for and this machine lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// The kernel does not have it.
    Kernel(KernelItem),
    /// This process has no such right.
    Capability(CapabilityItem),
    /// The kernel was built without it.
    Config(ConfigItem),
    /// The kernel does not describe its types, which hooks need.
    Btf,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(item) => {
                let (name, since) = (&item.name, item.since);
                write!(
                    f,
                    "this kernel has no {name}, which came with Linux {since}"
                )
            }
            Self::Capability(item) => {
                let CapabilityItem { capability, reason } = item;
                write!(f, "this process has no {capability}, {reason}; run as root")
            }
            Self::Config(ConfigItem { option, reason }) => {
                write!(f, "this kernel is built without {option}, {reason}")
            }
            Self::Btf => write!(
                f,
                "this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF)"
            ),
        }
    }
}

/// What a program asks for and this machine lacks, as far as that can be told without loading
/// anything.
///
/// The kernel is asked, not its release: distributions bring features to older ones. What it has is
/// read from its types (BTF), how it was built from `/proc/config.gz` or `/boot`, and the rights are
/// those of this process. Where one of them cannot be read, nothing is said about it.
#[must_use]
pub fn missing(requirements: &Requirements) -> Vec<Missing> {
    let btf = Btf::read(Path::new(KERNEL_BTF)).ok();
    let enumerators = btf.as_ref().and_then(|btf| has::enumerators(btf).ok());
    let items = missing_of_kernel(requirements, &enumerators.unwrap_or_default());
    let mut list: Vec<Missing> = items.into_iter().map(Missing::Kernel).collect();
    if requirements.btf == BtfNeed::Hooks && !Path::new(KERNEL_BTF).exists() {
        list.push(Missing::Btf);
    }
    if let Some(effective) = effective_capabilities() {
        list.extend(missing_rights(requirements, effective));
    }
    let config = Config::running();
    let options = requirements.config.iter();
    let off = options.filter(|item| config.setting(&item.option) == Setting::Off);
    list.extend(off.cloned().map(Missing::Config));
    list
}

/// Items whose constant is not among those of the kernel, if these are known at all.
pub(crate) fn missing_of_kernel(
    requirements: &Requirements,
    has: &BTreeSet<String>,
) -> Vec<KernelItem> {
    let is_missing = |item: &&KernelItem| {
        !item.optional
            && !item.constant.is_empty()
            && !has.is_empty()
            && !has.contains(&*item.constant)
    };
    let items = requirements.kernel.iter().filter(is_missing);
    items.cloned().collect()
}

/// Rights that are not in the set; `CAP_SYS_ADMIN` stands for the two that came later.
fn missing_rights(requirements: &Requirements, effective: u64) -> Vec<Missing> {
    let holds = |capability: Capability| effective & (1 << capability.number()) != 0;
    let is_missing = |item: &&CapabilityItem| {
        let stands_in = matches!(item.capability, Capability::Bpf | Capability::Perfmon)
            && holds(Capability::SysAdmin);
        !stands_in && !holds(item.capability)
    };
    let items = requirements.capabilities.iter().filter(is_missing);
    items.cloned().map(Missing::Capability).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::Bpf;

    const TEXT: &str = "
BPF_RINGBUF_OUTPUT(events, 8);
KFUNC_PROBE(vfs_open, const struct path *path) {
    u64 now = bpf_ktime_get_ns();
    if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop))
        bpf_loop(1, 0, 0, 0);
    return events.ringbuf_output(&now, sizeof(now), 0);
}";

    fn requirements() -> Requirements {
        Bpf::builder().text(TEXT).requirements().expect("a program")
    }

    fn words(list: &[Missing]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    /// What the kernel's types do not name is missing, but for what the program asks about first.
    #[test]
    fn kernel_without_a_ring_buffer() {
        let has = ["BPF_TRACE_FENTRY", "BPF_FUNC_ktime_get_ns"].map(str::to_owned);
        let found = missing_of_kernel(&requirements(), &BTreeSet::from(has));
        let expected = [
            "this kernel has no BPF_MAP_TYPE_RINGBUF, which came with Linux 5.8",
            "this kernel has no bpf_ringbuf_output, which came with Linux 5.8",
        ];
        let found: Vec<Missing> = found.into_iter().map(Missing::Kernel).collect();
        assert_eq!(words(&found), expected);
        assert!(missing_of_kernel(&requirements(), &BTreeSet::new()).is_empty());
    }

    /// `CAP_SYS_ADMIN` is enough for what had no right of its own before.
    #[test]
    fn rights_that_stand_for_others() {
        let bits = |list: &[Capability]| list.iter().map(|one| 1 << one.number()).sum();
        let rows: &[(&[Capability], usize)] = &[
            (&[], 2),
            (&[Capability::Bpf], 1),
            (&[Capability::Bpf, Capability::Perfmon], 0),
            (&[Capability::SysAdmin], 0),
            (&[Capability::NetAdmin], 2),
        ];
        for (held, expected) in rows {
            let found = missing_rights(&requirements(), bits(held));
            assert_eq!(found.len(), *expected, "{held:?}");
        }
        let none = words(&missing_rights(&requirements(), 0));
        let expected = "this process has no CAP_BPF, to make maps and load programs; run as root";
        assert_eq!(none[0], expected);
    }

    /// The builder's text says what it asks for, and what it may not ask for.
    #[test]
    fn text_at_run_time() {
        let found = requirements();
        assert_eq!(found.kernel_version(), Some((5, 8).into()));
        assert!(
            found
                .to_string()
                .starts_with("kernel: Linux 5.8 or newer\n"),
            "{found}"
        );
        let error = Bpf::builder().text(TEXT).min_kernel((5, 4)).requirements();
        let error = error.expect_err("5.4 has no ring buffer").to_string();
        assert!(
            error.contains("`BPF_MAP_TYPE_RINGBUF`, which needs Linux 5.8"),
            "{error}"
        );
    }
}
