//! Alignments of kernel types.
//!
//! In: types of a BTF. Out: the alignment C gives them. BTF holds offsets and sizes but no
//! alignment; a struct in which something is not where it would naturally be is
//! taken as packed.

use crate::error::Result;
use crate::kernel::btf::{Btf, Kind, Type, TypeId, damaged};
use std::collections::HashMap;

/// Deepest nesting of types by value we follow.
const DEEPEST: usize = 64;
/// No scalar needs more than this.
const MOST_ALIGNED: u64 = 16;

/// Alignments, each struct's worked out once.
pub(super) struct Layouts<'a> {
    btf: &'a Btf,
    aligns: HashMap<TypeId, u64>,
}

impl<'a> Layouts<'a> {
    pub(super) fn new(btf: &'a Btf) -> Self {
        Self {
            btf,
            aligns: HashMap::new(),
        }
    }

    /// Alignment in bytes, at least 1.
    pub(super) fn align(&mut self, id: TypeId) -> Result<u64> {
        self.align_below(id, DEEPEST)
    }

    fn align_below(&mut self, id: TypeId, depth: usize) -> Result<u64> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(damaged("a type holds itself"));
        };
        let (id, ty) = self.btf.resolve(id)?;
        match ty.kind {
            Kind::Struct | Kind::Union => self.composite_align(id, ty, depth),
            Kind::Array => {
                let (element, _) = ty.array().unwrap_or_default();
                self.align_below(element, depth)
            }
            _ => Ok(power_of_two(ty.own_size())),
        }
    }

    fn composite_align(&mut self, id: TypeId, ty: Type<'_>, depth: usize) -> Result<u64> {
        if let Some(align) = self.aligns.get(&id) {
            return Ok(*align);
        }
        let mut align = 1;
        let mut natural = true;
        for member in ty.members() {
            let own = self.align_below(member.ty, depth)?;
            align = align.max(own);
            natural &= member.bits != 0 || u64::from(member.bit_offset) % (own * 8) == 0;
        }
        natural &= u64::from(ty.size) % align == 0;
        let align = if natural { align } else { 1 };
        self.aligns.insert(id, align);
        Ok(align)
    }
}

/// The alignment of a scalar of this size.
fn power_of_two(size: u64) -> u64 {
    size.max(1).next_power_of_two().min(MOST_ALIGNED)
}
