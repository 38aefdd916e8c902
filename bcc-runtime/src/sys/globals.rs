//! Variables at file scope of an object.
//!
//! In: an object, opened or loaded. Out: where its variables are.

use super::object::BpfObject;
use libbpf_rs::btf::Btf;
use libbpf_rs::btf::types::{DataSec, Var, VarSecInfo};
use std::ops::Range;

/// Name and place of each variable of a section, such as `.rodata`; none if there is no such
/// section.
pub(crate) fn variables(object: &impl BpfObject, section: &str) -> Vec<(String, Range<usize>)> {
    let pointer = object.as_libbpf_object();
    // SAFETY: the object is open as long as the reference it comes from, which outlives `btf`.
    let raw = unsafe { pointer.as_ref() };
    let Ok(Some(btf)) = Btf::from_bpf_object(raw) else {
        return Vec::new();
    };
    let Some(section) = btf.type_by_name::<DataSec<'_>>(section) else {
        return Vec::new();
    };
    let place = |info: VarSecInfo| {
        let variable = btf.type_by_id::<Var<'_>>(info.ty)?;
        let name = variable.name()?.to_str()?.to_owned();
        let start = info.offset as usize;
        Some((name, start..start + info.size))
    };
    section.iter().filter_map(place).collect()
}
