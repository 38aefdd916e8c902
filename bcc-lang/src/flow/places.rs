//! What an lvalue names: a variable, a part of one, or memory behind a pointer.

use super::facts::{Kind, Val, VarNo, add_bytes};
use super::walk::Walk;
use crate::ast::{Expr, ExprKind, Ident, UnaryOp};
use crate::program::Type;

/// What an lvalue names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A variable, or so many bytes of it; `None` where it is not known which.
    Var {
        var: VarNo,
        bytes: Option<(u64, u64)>,
        whole: bool,
    },
    /// What lies behind a pointer.
    Behind(Val),
    /// Anything else.
    Elsewhere,
}

impl Walk<'_> {
    /// Evaluates an lvalue up to, not including, the access to what it names.
    pub(super) fn place(&mut self, expr: &Expr) -> Place {
        match &expr.kind {
            ExprKind::Ident(name) => self.named(name),
            ExprKind::Paren(inner) => self.place(inner),
            ExprKind::Member {
                base,
                arrow: false,
                member,
                ..
            } => {
                let place = self.place(base);
                self.member_of(place, base, member)
            }
            ExprKind::Member {
                base, arrow: true, ..
            } => self.behind(base),
            ExprKind::Unary {
                op: UnaryOp::Deref,
                operand,
                ..
            } => self.behind(operand),
            ExprKind::Index { base, index } => self.element_of(base, index),
            _ => {
                self.value(expr);
                Place::Elsewhere
            }
        }
    }

    fn named(&mut self, name: &Ident) -> Place {
        let Some(var) = self.find(&name.name) else {
            return Place::Elsewhere;
        };
        let size = self.info(var).and_then(|info| self.size_of(&info.ty));
        Place::Var {
            var,
            bytes: size.map(|size| (0, size)),
            whole: true,
        }
    }

    fn behind(&mut self, pointer: &Expr) -> Place {
        let val = self.value(pointer);
        match val.kind {
            Kind::Address(var, _) => Place::Var {
                var,
                bytes: None,
                whole: false,
            },
            _ => Place::Behind(val),
        }
    }

    fn member_of(&self, place: Place, base: &Expr, member: &Ident) -> Place {
        let Place::Var { var, bytes, .. } = place else {
            return place;
        };
        let types = self.flow.analysis.types;
        let bytes = bytes.and_then(|(start, end)| {
            let record = self.type_of(base)?;
            let (bits, member) = types.find_member(record, &member.name)?;
            let bits = bits?;
            let (from, to) = match member.bit_width {
                Some(width) => (bits / 8, (bits + u64::from(width)).div_ceil(8)),
                None => (bits / 8, bits / 8 + self.size_of(&member.ty)?),
            };
            let (from, to) = (start.checked_add(from)?, start.checked_add(to)?);
            (to <= end).then_some((from, to))
        });
        Place::Var {
            var,
            bytes,
            whole: false,
        }
    }

    fn element_of(&mut self, base: &Expr, index: &Expr) -> Place {
        let is_array = matches!(self.type_of(base), Some(Type::Array { .. }));
        if !is_array {
            let pointer = self.behind(base);
            self.value(index);
            return pointer;
        }
        let place = self.place(base);
        let at = self.value(index);
        if let (Place::Var { .. }, Some(Type::Array { element, len })) = (place, self.type_of(base))
        {
            self.check_index(at, index, base, *len);
            if let (
                Place::Var {
                    var,
                    bytes: Some((start, end)),
                    ..
                },
                Some(size),
                Some(at),
            ) = (place, self.size_of(element), at.constant())
                && let Ok(at) = u64::try_from(at)
                && let Some(from) = at.checked_mul(size).and_then(|at| at.checked_add(start))
                && let Some(to) = from.checked_add(size).filter(|to| *to <= end)
            {
                return Place::Var {
                    var,
                    bytes: Some((from, to)),
                    whole: false,
                };
            }
        }
        match place {
            Place::Var { var, bytes, .. } => Place::Var {
                var,
                bytes,
                whole: false,
            },
            other => other,
        }
    }

    /// The value a place holds. An array is its address.
    pub(super) fn load(&mut self, place: Place, expr: &Expr) -> Val {
        let ty = self.type_of(expr);
        if matches!(ty, Some(Type::Array { .. })) {
            return address(place);
        }
        match place {
            Place::Var {
                whole: true, var, ..
            } => {
                let state = self.state.as_ref();
                state.map_or(Val::UNKNOWN, |state| state.var(var).val)
            }
            // What nobody knows the type of may be an array, and then nothing is read.
            Place::Behind(val) if ty.is_some() => {
                self.follow(val, expr);
                self.loaded(val, expr)
            }
            Place::Var { .. } | Place::Behind(_) | Place::Elsewhere => Val::UNKNOWN,
        }
    }

    /// Gives a place a value.
    pub(super) fn store(&mut self, place: Place, val: Val, target: &Expr) {
        match place {
            Place::Var {
                var, whole: true, ..
            } => {
                let val = self.convert(val, var);
                self.assign(var, val);
            }
            Place::Var { var, bytes, .. } => {
                self.escape_pointer(val);
                self.write(var, bytes);
            }
            Place::Behind(pointer) => {
                self.escape_pointer(val);
                // Variables that others may know the address of are not followed anyway.
                self.follow(pointer, target);
            }
            Place::Elsewhere => self.escape_pointer(val),
        }
    }

    /// A pointer is stored where it is not followed.
    fn escape_pointer(&mut self, val: Val) {
        let is_number = matches!(val.kind, Kind::Result(site) if self.is_number(site));
        if !is_number {
            self.escape(val);
        }
    }

    /// So many bytes of a variable are written; `None`: nobody knows which.
    pub(super) fn write(&mut self, var: VarNo, bytes: Option<(u64, u64)>) {
        self.forget_key(var);
        let Some(state) = &mut self.state else { return };
        let mut known = state.var(var).clone();
        known.val = Val::UNKNOWN;
        known.written = match (known.written, bytes) {
            (Some(written), Some(bytes)) => Some(add_bytes(&written, bytes)),
            _ => None,
        };
        state.set_var(var, known);
    }
}

/// The address of a place.
pub(super) const fn address(place: Place) -> Val {
    match place {
        Place::Var {
            var, whole: true, ..
        } => Val::new(Kind::Address(var, None)),
        Place::Var { var, bytes, .. } => match bytes {
            Some(bytes) => Val::new(Kind::Address(var, Some(bytes))),
            // Somewhere in it, which nobody knows.
            None => Val::new(Kind::Address(var, Some((0, 0)))),
        },
        Place::Behind(Val {
            kind: Kind::Result(site) | Kind::Inside(site),
            on_some,
        }) => Val {
            kind: Kind::Inside(site),
            on_some,
        },
        Place::Behind(_) | Place::Elsewhere => Val::UNKNOWN,
    }
}
