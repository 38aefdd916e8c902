//! The types a header starts from.
//!
//! In: the wanted names. Out: the first type of each name, in the order of the BTF. A kernel may
//! have several types of one name, in drivers that never meet; the first one is the core's.

use crate::error::Result;
use crate::kernel::btf::{Btf, Kind, TypeId};
use crate::kernel::names::Names;
use std::collections::HashSet;

/// The name spaces of C we look into.
#[derive(PartialEq, Eq, Hash)]
enum Space {
    Tag,
    Typedef,
    Constant,
}

/// Finds what has a wanted name.
pub(super) fn find(btf: &Btf, names: &Names<'_>, full: &Names<'_>) -> Result<Vec<TypeId>> {
    let mut seen = HashSet::new();
    let mut roots = Vec::new();
    for &id in btf.declared() {
        let ty = btf.get(id)?;
        let space = match ty.kind {
            Kind::Typedef => Space::Typedef,
            _ => Space::Tag,
        };
        let fits = names.has(btf, ty.name) || full.has(btf, ty.name);
        let mut wanted = fits && seen.insert((space, ty.name));
        for constant in ty
            .enumerators()
            .filter(|constant| names.has(btf, constant.name))
        {
            wanted |= seen.insert((Space::Constant, constant.name));
        }
        if wanted {
            roots.push(id);
        }
    }
    Ok(roots)
}
