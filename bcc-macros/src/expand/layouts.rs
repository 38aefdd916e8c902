//! The layouts that the runtime compares with the loaded object.
//!
//! In: the program's types. Out: one [`Layout`] per type that C can name.

use super::types::Types;
use bcc_lang::program::{Member, Type, TypeDef, TypeDefKind};

/// Layout of one type.
pub(crate) struct Layout {
    /// As C spells it: `struct data_t`.
    pub(crate) name: String,
    /// Size in bytes.
    pub(crate) size: u64,
    /// Its members, those of anonymous ones included.
    pub(crate) members: Vec<LayoutRow>,
}

/// Place of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayoutRow {
    /// Its name.
    pub(crate) name: String,
    /// Offset in bits.
    pub(crate) bit_offset: u64,
    /// Size in bits.
    pub(crate) bit_size: u64,
}

/// The layouts of all types but those that only their place names.
pub(crate) fn layout_rows(types: &Types<'_>) -> Vec<Layout> {
    let defs = types.entries().iter().map(|entry| entry.def);
    defs.filter(|def| !def.name.name.contains("::"))
        .map(|def| layout(def, types))
        .collect()
}

fn layout(def: &TypeDef, types: &Types<'_>) -> Layout {
    let mut members = Vec::new();
    push_rows(&mut members, def, 0, types);
    Layout {
        name: def.name.to_string(),
        size: def.size,
        members,
    }
}

fn push_rows(rows: &mut Vec<LayoutRow>, def: &TypeDef, base: u64, types: &Types<'_>) {
    let (TypeDefKind::Struct(members) | TypeDefKind::Union(members)) = &def.kind else {
        return;
    };
    for Member {
        name,
        ty,
        bit_offset,
        bit_width,
        span: _,
    } in members
    {
        let bit_offset = base + bit_offset;
        match (name, ty) {
            (None, Type::Named(inner)) => {
                if let Some(entry) = types.entry(inner) {
                    push_rows(rows, entry.def, bit_offset, types);
                }
            }
            (None, _) => {}
            (Some(name), ty) => {
                let whole = || types.rust_type(ty).map(|ty| ty.size * 8);
                if let Some(bit_size) = bit_width.map(u64::from).or_else(whole) {
                    rows.push(LayoutRow {
                        name: name.clone(),
                        bit_offset,
                        bit_size,
                    });
                }
            }
        }
    }
}
