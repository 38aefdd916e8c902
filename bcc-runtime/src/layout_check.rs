//! The last of three proofs that C and Rust agree on each shared type.
//!
//! In: the layouts of the Rust side and the BTF of the compiled object, which is what clang really
//! did. Out: nothing, or the first difference with both numbers.

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::kernel::btf::{Btf, Kind, Member, Type, TypeId};
use crate::spec::{LayoutSpec, Spec};
use crate::sys::object::btf_bytes;
use libbpf_rs::OpenObject;
use std::collections::HashMap;

/// Deepest nesting of anonymous members we follow.
const DEEPEST: usize = 32;

/// Compares all layouts. A type the program does not use is not in the object and is skipped.
pub(crate) fn check(spec: &Spec, object: &OpenObject) -> Result<()> {
    let bytes = btf_bytes(object);
    if spec.layouts.is_empty() || bytes.is_empty() {
        return Ok(());
    }
    let btf = Btf::from_bytes(bytes).context("failed to read the types of the compiled object")?;
    let named = index(&btf)?;
    for layout in spec.layouts.iter() {
        if let Some(id) = named.get(&*layout.name) {
            compare(&btf, layout, *id)?;
        }
    }
    Ok(())
}

/// All types by the way C refers to them: `struct x`, or `x` for a typedef.
fn index(btf: &Btf) -> Result<HashMap<String, TypeId>> {
    let mut named = HashMap::new();
    for id in btf.ids() {
        let ty = btf.get(id)?;
        let keyword = match ty.kind {
            Kind::Struct => "struct ",
            Kind::Union => "union ",
            Kind::Enum | Kind::Enum64 => "enum ",
            Kind::Typedef => "",
            _ => continue,
        };
        if ty.name != 0 {
            named
                .entry(format!("{keyword}{}", btf.name(ty.name)))
                .or_insert(id);
        }
    }
    Ok(named)
}

fn compare(btf: &Btf, layout: &LayoutSpec, id: TypeId) -> Result<()> {
    let (_, ty) = btf.resolve(id)?;
    let name = &layout.name;
    let size = u64::from(ty.size);
    if size != layout.size {
        return Err(differs(&format!(
            "`{name}` has {size} bytes in C and {}",
            layout.size
        )));
    }
    let mut found = HashMap::new();
    flatten(btf, ty, 0, DEEPEST, &mut found)?;
    for (member, offset, bits) in layout.members.iter() {
        let Some((c_offset, c_bits)) = found.get(&**member) else {
            return Err(differs(&format!(
                "`{name}` has no member `{member}` in C but one"
            )));
        };
        if c_offset != offset {
            let text = format!("`{member}` of `{name}` is at bit {c_offset} in C and {offset}");
            return Err(differs(&text));
        }
        if c_bits != bits {
            let text = format!("`{member}` of `{name}` has {c_bits} bits in C and {bits}");
            return Err(differs(&text));
        }
    }
    Ok(())
}

/// Offset and size in bits of each member, those of anonymous members by their own names.
fn flatten(
    btf: &Btf,
    ty: Type<'_>,
    base: u64,
    depth: usize,
    found: &mut HashMap<String, (u64, u64)>,
) -> Result<()> {
    for member in ty.members() {
        let offset = base + u64::from(member.bit_offset);
        if member.name != 0 {
            let bits = member_bits(btf, member)?;
            found.insert(btf.name(member.name).to_owned(), (offset, bits));
        } else if let Some(depth) = depth.checked_sub(1) {
            let (_, inner) = btf.unqualified(member.ty)?;
            flatten(btf, inner, offset, depth, found)?;
        }
    }
    Ok(())
}

fn member_bits(btf: &Btf, member: Member) -> Result<u64> {
    if member.bits != 0 {
        return Ok(u64::from(member.bits));
    }
    Ok(btf.size(member.ty)?.saturating_mul(8))
}

/// The error for two layouts that are not the same.
fn differs(what: &str) -> Error {
    let message = format!(
        "{what} in Rust; the C was compiled with other types or flags than the Rust side assumes: \
         check `#if`s and `cflags` that change the type"
    );
    Error::new(ErrorKind::Layout, message)
}
