//! The types that a compiled object describes.
//!
//! In: an object, opened or loaded. Out: the layouts of what its maps hold and its variables are.

use super::layout::Layout;
use crate::error::{Context as _, Result};
use crate::kernel::btf::{Btf, Kind, TypeId};
use crate::sys::object::{BpfObject, btf_bytes};

/// Begins the name of a variable that points to the events of a map.
pub(crate) const EVENT_TYPE: &str = "__bcc_event_";

/// The types of an object.
#[derive(Debug)]
pub(super) struct ObjectTypes {
    btf: Option<Btf>,
}

impl ObjectTypes {
    pub(super) fn of(object: &impl BpfObject) -> Result<Self> {
        let bytes = btf_bytes(object);
        // Flags may have kept clang from describing any types.
        let btf = (!bytes.is_empty()).then(|| Btf::from_bytes(bytes));
        let btf = btf.transpose();
        Ok(Self {
            btf: btf.context("failed to read the types of the compiled object")?,
        })
    }

    /// What a map holds as its `key` or `value`; bytes of the given size if that is not known.
    pub(super) fn of_map(&self, map: &str, part: &str, size: usize) -> Result<Layout> {
        let layout = match &self.btf {
            Some(btf) => map_part(btf, map, part)?,
            None => None,
        };
        Ok(known(layout, size))
    }

    /// The events of a map; bytes without a size if that is not known.
    pub(super) fn of_event(&self, map: &str) -> Result<Layout> {
        let layout = match &self.btf {
            Some(btf) => variable(btf, &format!("{EVENT_TYPE}{map}"))?
                .map(|pointer| pointee(btf, pointer))
                .transpose()?
                .flatten(),
            None => None,
        };
        Ok(layout.unwrap_or(Layout::Bytes { size: 0 }))
    }

    /// A variable of the given size.
    pub(super) fn of_variable(&self, name: &str, size: usize) -> Result<Layout> {
        let layout = match &self.btf {
            Some(btf) => variable(btf, name)?
                .map(|id| Layout::read(btf, id))
                .transpose()?,
            None => None,
        };
        Ok(known(layout, size))
    }
}

/// A layout that has the size which the kernel says, or bytes.
fn known(layout: Option<Layout>, size: usize) -> Layout {
    layout
        .filter(|layout| layout.size() == size)
        .unwrap_or(Layout::Bytes { size })
}

/// The type of a variable.
fn variable(btf: &Btf, name: &str) -> Result<Option<TypeId>> {
    for id in btf.ids() {
        let ty = btf.get(id)?;
        if ty.kind == Kind::Var && btf.name(ty.name) == name {
            return Ok(Some(ty.target()));
        }
    }
    Ok(None)
}

/// A map is a struct whose members point to what they stand for.
fn map_part(btf: &Btf, map: &str, part: &str) -> Result<Option<Layout>> {
    let Some(id) = variable(btf, map)? else {
        return Ok(None);
    };
    let (_, definition) = btf.resolve(id)?;
    let member = definition
        .members()
        .find(|member| btf.name(member.name) == part);
    member.map_or(Ok(None), |member| pointee(btf, member.ty))
}

fn pointee(btf: &Btf, id: TypeId) -> Result<Option<Layout>> {
    let (_, pointer) = btf.resolve(id)?;
    if pointer.kind != Kind::Ptr {
        return Ok(None);
    }
    Layout::read(btf, pointer.target()).map(Some)
}
