//! Which helpers, types of maps and types of programs the running kernel has.
//!
//! In: the kernel's BTF. Out: the enumerators that stand for them. Asking by name needs no right,
//! and finds what a distribution has brought to an older release.

use super::btf::{Btf, Kind};
use crate::error::Result;
use std::collections::BTreeSet;

/// The enums that number them.
const ENUMS: [&str; 4] = [
    "bpf_attach_type",
    "bpf_func_id",
    "bpf_map_type",
    "bpf_prog_type",
];

/// The number of a helper, by its name without `bpf_`; `None` if the kernel has none of the name.
pub(crate) fn helper_number(btf: &Btf, name: &str) -> Result<Option<u32>> {
    let wanted = format!("BPF_FUNC_{name}");
    for id in btf.declared() {
        let ty = btf.get(*id)?;
        if ty.kind == Kind::Enum && btf.name(ty.name) == "bpf_func_id" {
            let mut all = ty.enumerators();
            if let Some(one) = all.find(|one| btf.name(one.name) == wanted) {
                return Ok(u32::try_from(one.value).ok());
            }
        }
    }
    Ok(None)
}

/// The enumerators that a kernel has, such as `BPF_FUNC_loop`; empty if its BTF has none of them.
pub(crate) fn enumerators(btf: &Btf) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for id in btf.declared() {
        let ty = btf.get(*id)?;
        if matches!(ty.kind, Kind::Enum | Kind::Enum64) && ENUMS.contains(&btf.name(ty.name)) {
            let enumerators = ty.enumerators();
            names.extend(enumerators.map(|one| btf.name(one.name).to_owned()));
        }
    }
    Ok(names)
}
