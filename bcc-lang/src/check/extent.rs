//! How many bytes there are from an address on.

use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind};
use crate::infer::peel_casts;
use crate::program::Type;

impl Analysis<'_> {
    /// The bytes from `&place` to the end of the object that `place` is the start or a part of:
    /// `&event.first` and `&buffer[0]` pass what stands behind them too. `None` if that is not known,
    /// or if `pointer` is no address of a part.
    pub(super) fn bytes_behind(&self, pointer: &Expr) -> Option<u64> {
        let (whole, offset) = self.part(pointer.addressed()?)?;
        self.types.layout(&whole)?.size.checked_sub(offset)
    }

    /// Whether `pointer` is the address of a member or an element.
    pub(super) fn is_address_of_part(pointer: &Expr) -> bool {
        peel_casts(pointer).addressed().is_some_and(|place| {
            matches!(
                place.without_parens().kind,
                ExprKind::Member { .. } | ExprKind::Index { .. }
            )
        })
    }

    /// The type of the outermost object that `place` lies in, and where in it.
    fn part(&self, place: &Expr) -> Option<(Type, u64)> {
        match &place.kind {
            ExprKind::Paren(inner) => self.part(inner),
            ExprKind::Member {
                base,
                arrow,
                member,
                ..
            } => {
                let (whole, offset, record) = if *arrow {
                    let record = pointee(&self.inference.value(base)?.ty)?;
                    (record.clone(), 0, record)
                } else {
                    let (whole, offset) = self.part(base)?;
                    (whole, offset, self.inference.value(base)?.ty.clone())
                };
                let (bits, _) = self.types.find_member(&record, &member.name)?;
                Some((whole, offset.checked_add(bits? / 8)?))
            }
            ExprKind::Index { base, index } => {
                let ty = &self.inference.value(base)?.ty;
                let Type::Array { element, .. } = ty else {
                    return None;
                };
                let (whole, offset) = self.part(base)?;
                let index = u64::try_from(self.types.const_eval(index)?).ok()?;
                let before = self.types.layout(element)?.size.checked_mul(index)?;
                Some((whole, offset.checked_add(before)?))
            }
            ExprKind::Ident(_) => Some((self.inference.value(place)?.ty.clone(), 0)),
            _ => None,
        }
    }
}

fn pointee(ty: &Type) -> Option<Type> {
    match ty {
        Type::Pointer(inner) | Type::Array { element: inner, .. } => Some((**inner).clone()),
        _ => None,
    }
}
