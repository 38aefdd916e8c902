//! CO-RE through typedefs.
//!
//! In: a compiled object. Out: the same object, in which accesses that begin at a typedef begin at
//! the struct behind it. libbpf looks for the type an access begins at by its name; a typedef that
//! the program made, such as `typedef struct task_struct task_t`, is not in the kernel, and the
//! struct is. A struct without a name, as that of the kernel's `atomic_t`, is left to its typedef.

use crate::kernel::btf::ext::Ext;
use crate::kernel::btf::{Btf, Kind, TypeId};
use object::{Object as _, ObjectSection as _};
use std::ops::Range;

/// Questions about members are the kinds before this one.
const FIRST_TYPE_KIND: u32 = 6;
/// Questions about enum constants: whether there is one, and its value.
const ENUM_KINDS: [u32; 2] = [10, 11];

/// Changes the object in place. What cannot be read is left to libbpf, which says so.
pub(super) fn resolve(object: &mut [u8], is_own: impl Fn(&str) -> bool) {
    for (place, id) in changes(object, is_own).unwrap_or_default() {
        if let Some(word) = object.get_mut(place) {
            word.copy_from_slice(&id.to_ne_bytes());
        }
    }
}

/// Where a number of a type is to be replaced, and by which.
fn changes(bytes: &[u8], is_own: impl Fn(&str) -> bool) -> Option<Vec<(Range<usize>, TypeId)>> {
    let file = object::File::parse(bytes).ok()?;
    let btf = Btf::from_bytes(file.section_by_name(".BTF")?.data().ok()?).ok()?;
    let section = file.section_by_name(".BTF.ext")?;
    let (start, _) = section.file_range()?;
    let start = usize::try_from(start).ok()?;
    let ext = Ext::new(section.data().ok()?)?;
    let mut changes = Vec::new();
    for it in ext.relocations()? {
        if let Some(target) = root(&btf, it.root, it.kind, &is_own) {
            let place = start + it.root_at;
            changes.push((place..place + 4, target));
        }
    }
    Some(changes)
}

/// What an access is to begin at instead of `id`; `None` to leave it.
fn root(btf: &Btf, id: TypeId, kind: u32, is_own: impl Fn(&str) -> bool) -> Option<TypeId> {
    let (typedef, ty) = btf.unqualified(id).ok()?;
    if ty.kind != Kind::Typedef {
        return None;
    }
    let (target, behind) = btf.resolve(typedef).ok()?;
    let is_record = matches!(behind.kind, Kind::Struct | Kind::Union);
    let is_enum = matches!(behind.kind, Kind::Enum | Kind::Enum64);
    let fits = match kind {
        _ if behind.name == 0 => false,
        kind if kind < FIRST_TYPE_KIND => is_record,
        kind if ENUM_KINDS.contains(&kind) => is_enum,
        // A typedef of the kernel's is asked for as such.
        _ => (is_record || is_enum) && is_own(btf.name(ty.name)),
    };
    fits.then_some(target)
}
