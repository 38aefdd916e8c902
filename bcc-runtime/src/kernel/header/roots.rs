//! The types a header starts from.
//!
//! In: the wanted names. Out: the first type of each name in the order of the BTF, sorted by those
//! names. A kernel may have several types of one name, in drivers that never meet; the first one is
//! the core's. BTF has types in an order of its own for each kernel, by which the header of one would
//! never be that of another.

use crate::error::Result;
use crate::kernel::btf::{Btf, Kind, TypeId};
use crate::kernel::names::Names;
use std::collections::HashSet;

/// The name spaces of C we look into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Space {
    Typedef,
    Tag,
    Constant,
}

/// A type, and where it was found by which name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Root<'a> {
    pub(super) space: Space,
    pub(super) name: &'a str,
    pub(super) id: TypeId,
}

/// Finds what has a wanted name: a typedef, a tag, an enum with a constant.
pub(super) fn find<'a>(
    btf: &'a Btf,
    names: &Names<'_>,
    tags: &Names<'_>,
    full: &Names<'_>,
) -> Result<Vec<Root<'a>>> {
    let mut seen = HashSet::new();
    let mut roots = Vec::new();
    for &id in btf.declared() {
        let ty = btf.get(id)?;
        let (space, wanted) = match ty.kind {
            Kind::Typedef => (Space::Typedef, names),
            _ => (Space::Tag, tags),
        };
        let fits = wanted.has(btf, ty.name) || full.has(btf, ty.name);
        let mut root = (fits && seen.insert((space, ty.name))).then_some((space, ty.name));
        for constant in ty
            .enumerators()
            .filter(|constant| names.has(btf, constant.name))
        {
            let space = Space::Constant;
            if seen.insert((space, constant.name)) && root.is_none() {
                root = Some((space, constant.name));
            }
        }
        roots.extend(root.map(|(space, name)| Root {
            space,
            name: btf.name(name),
            id,
        }));
    }
    roots.sort_unstable();
    Ok(roots)
}
