//! The walk over all types, which only have their lengths to tell where the next one starts.
//!
//! In: the words of all types. Out: where each one starts.

use super::damaged;
use super::types::{Kind, TypeId};
use crate::error::Result;

/// Words all types start with: name, kind and number of elements, size or type.
const COMMON_WORDS: u32 = 3;
/// No BTF we take has more; a kernel has about a million.
const MOST_WORDS: u32 = u32::MAX / 4;
/// The kinds C can name, as bits: struct, union, enum, typedef, 64-bit enum.
const DECLARED: u32 = 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 19;

/// Kinds by number, each with the words behind its common part: fixed, and per element.
const KINDS: [(Kind, u32, u32); 20] = [
    (Kind::Void, 0, 0),
    (Kind::Int, 1, 0),
    (Kind::Ptr, 0, 0),
    (Kind::Array, 3, 0),
    (Kind::Struct, 0, 3),
    (Kind::Union, 0, 3),
    (Kind::Enum, 0, 2),
    (Kind::Fwd, 0, 0),
    (Kind::Typedef, 0, 0),
    (Kind::Volatile, 0, 0),
    (Kind::Const, 0, 0),
    (Kind::Restrict, 0, 0),
    (Kind::Func, 0, 0),
    (Kind::FuncProto, 0, 2),
    (Kind::Var, 1, 0),
    (Kind::Datasec, 0, 3),
    (Kind::Float, 0, 0),
    (Kind::DeclTag, 1, 0),
    (Kind::TypeTag, 0, 0),
    (Kind::Enum64, 0, 3),
];

/// Words of each kind behind its common part, for the walk over all types: fixed, and per element.
/// A kind nobody knows has more than any type can have.
static EXTENTS: [(u32, u32); 32] = extents();

/// Where each type starts, counted in words from the start of the blob, and which ones C can name.
///
/// A plain loop over plain slices: a kernel has a hundred thousand types, and iterators would cost
/// a build without optimisation more than all the rest of a start.
pub(super) fn find_types(types: &[u32], first: usize) -> Result<(Vec<u32>, Vec<TypeId>)> {
    let too_large = |_| damaged("it is too large");
    let (first, len) = (u32::try_from(first), u32::try_from(types.len()));
    let (first, len) = (first.map_err(too_large)?, len.map_err(too_large)?);
    if len > MOST_WORDS || first > MOST_WORDS {
        return Err(damaged("it is too large"));
    }
    let mut starts = vec![0; types.len() / COMMON_WORDS as usize + 1];
    let mut declared = Vec::new();
    let (slots, mut count, mut at) = (starts.as_mut_slice(), 1_u32, 0_u32);
    while at + COMMON_WORDS <= len {
        let info = types[at as usize + 1];
        let kind = info >> 24 & 0x1f;
        let (fixed, each) = EXTENTS[kind as usize];
        slots[count as usize] = first + at;
        if DECLARED >> kind & 1 == 1 {
            declared.push(count);
        }
        count += 1;
        // Nothing overflows: no sum is more than three times `MOST_WORDS`.
        at += COMMON_WORDS + fixed + each * (info & 0xffff);
    }
    if at != len && count > 1 {
        // Either the end is wrong, or the last kind is one we do not know.
        extent(types[(slots[count as usize - 1] + 1 - first) as usize])?;
    }
    if at != len {
        return Err(damaged("its last type is cut off"));
    }
    starts.truncate(count as usize);
    Ok((starts, declared))
}

/// Kind and number of words of a type, from its second word.
pub(super) fn extent(info: u32) -> Result<(Kind, usize)> {
    let number = (info >> 24 & 0x1f) as usize;
    let known = KINDS.get(number).filter(|(kind, ..)| *kind != Kind::Void);
    let &(kind, fixed, each) = known.ok_or_else(|| {
        damaged(&format!(
            "it has a type of kind {number}, which only newer versions know"
        ))
    })?;
    Ok((
        kind,
        (COMMON_WORDS + fixed + each * (info & 0xffff)) as usize,
    ))
}

/// [`KINDS`] by number, with an extent for unknown ones that ends every walk.
const fn extents() -> [(u32, u32); 32] {
    let mut all = [(MOST_WORDS, 0); 32];
    let mut number = 1;
    while number < KINDS.len() {
        all[number] = (KINDS[number].1, KINDS[number].2);
        number += 1;
    }
    all
}
