//! Integers with the width and sign C gives them, and the operators of C on them.
//!
//! In: values. Out: values, or `None` where C leaves the result open (a division by zero, a shift
//! by more than the width).

use crate::ast::BinaryOp;

/// Width and sign of an integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntType {
    /// Width in bits: 8, 16, 32, 64 or 128.
    pub bits: u8,
    /// Whether it has a sign.
    pub signed: bool,
}

impl IntType {
    /// `int`
    pub const INT: Self = Self {
        bits: 32,
        signed: true,
    };
    /// `unsigned int`
    pub const UINT: Self = Self {
        bits: 32,
        signed: false,
    };
    /// `long`
    pub const LONG: Self = Self {
        bits: 64,
        signed: true,
    };
    /// `unsigned long`
    pub const ULONG: Self = Self {
        bits: 64,
        signed: false,
    };

    /// The type an operand of this type has in arithmetic.
    #[must_use]
    pub const fn promoted(self) -> Self {
        if self.bits < Self::INT.bits {
            Self::INT
        } else {
            self
        }
    }

    /// The type both operands of an operator are converted to.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        let (left, right) = (self.promoted(), other.promoted());
        if left.bits != right.bits {
            return if left.bits > right.bits { left } else { right };
        }
        Self {
            bits: left.bits,
            signed: left.signed && right.signed,
        }
    }

    /// `value` reduced to this type; `None` only where 127 bits do not hold the result.
    fn wrap(self, value: i128) -> Option<i128> {
        let unused = 128u32.checked_sub(u32::from(self.bits))?;
        let shifted = value.checked_shl(unused)?;
        if self.signed {
            return Some(shifted >> unused);
        }
        i128::try_from(shifted.cast_unsigned() >> unused).ok()
    }
}

/// A constant integer with its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Value {
    value: i128,
    ty: IntType,
}

impl Value {
    /// `value` converted to `ty` as a cast does; `None` only where 127 bits do not hold the result.
    #[must_use]
    pub fn new(value: i128, ty: IntType) -> Option<Self> {
        Some(Self {
            value: ty.wrap(value)?,
            ty,
        })
    }

    /// An `int` that is 0 or 1.
    #[must_use]
    pub const fn from_bool(value: bool) -> Self {
        Self {
            value: value as i128,
            ty: IntType::INT,
        }
    }

    /// A size or an offset: an `unsigned long`.
    #[must_use]
    pub const fn from_size(value: u64) -> Self {
        Self {
            value: value as i128,
            ty: IntType::ULONG,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i128 {
        self.value
    }

    /// Its type.
    #[must_use]
    pub const fn ty(self) -> IntType {
        self.ty
    }

    /// Whether a condition takes it for true.
    #[must_use]
    pub const fn is_true(self) -> bool {
        self.value != 0
    }

    /// The value in another type.
    #[must_use]
    pub fn convert(self, ty: IntType) -> Option<Self> {
        Self::new(self.value, ty)
    }

    /// The value in the preprocessor's type of the same sign.
    #[must_use]
    pub fn widened(self) -> Option<Self> {
        self.convert(if self.ty.signed {
            IntType::LONG
        } else {
            IntType::ULONG
        })
    }

    /// `+e`
    #[must_use]
    pub fn plus(self) -> Option<Self> {
        self.convert(self.ty.promoted())
    }

    /// `-e`
    #[must_use]
    pub fn negate(self) -> Option<Self> {
        Self::new(self.value.checked_neg()?, self.ty.promoted())
    }

    /// `~e`
    #[must_use]
    pub fn complement(self) -> Option<Self> {
        let promoted = self.plus()?;
        Self::new(!promoted.value, promoted.ty)
    }

    /// `a op b`. The operators that may skip their right side are here as well, for values that
    /// are both known.
    #[must_use]
    pub fn binary(op: BinaryOp, left: Self, right: Self) -> Option<Self> {
        match op {
            BinaryOp::Shl | BinaryOp::Shr => left.shift(op, right),
            BinaryOp::And => Some(Self::from_bool(left.is_true() && right.is_true())),
            BinaryOp::Or => Some(Self::from_bool(left.is_true() || right.is_true())),
            BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Rem
            | BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Lt
            | BinaryOp::Gt
            | BinaryOp::Le
            | BinaryOp::Ge
            | BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::BitAnd
            | BinaryOp::BitXor
            | BinaryOp::BitOr => {
                let ty = left.ty.common(right.ty);
                arithmetic(op, left.convert(ty)?.value, right.convert(ty)?.value, ty)
            }
        }
    }

    /// A shift has the type of its left side.
    fn shift(self, op: BinaryOp, by: Self) -> Option<Self> {
        let value = self.plus()?;
        let by = u32::try_from(by.value)
            .ok()
            .filter(|by| *by < u32::from(value.ty.bits))?;
        let shifted = if op == BinaryOp::Shl {
            (value.value.cast_unsigned() << by).cast_signed()
        } else {
            value.value >> by
        };
        Self::new(shifted, value.ty)
    }
}

/// An operator on two numbers of type `ty`.
fn arithmetic(op: BinaryOp, left: i128, right: i128, ty: IntType) -> Option<Value> {
    let number = match op {
        BinaryOp::Mul => left.wrapping_mul(right),
        BinaryOp::Div => left.checked_div(right)?,
        BinaryOp::Rem => left.checked_rem(right)?,
        BinaryOp::Add => left.wrapping_add(right),
        BinaryOp::Sub => left.wrapping_sub(right),
        BinaryOp::BitAnd => left & right,
        BinaryOp::BitXor => left ^ right,
        BinaryOp::BitOr => left | right,
        BinaryOp::Lt => return Some(Value::from_bool(left < right)),
        BinaryOp::Gt => return Some(Value::from_bool(left > right)),
        BinaryOp::Le => return Some(Value::from_bool(left <= right)),
        BinaryOp::Ge => return Some(Value::from_bool(left >= right)),
        BinaryOp::Eq => return Some(Value::from_bool(left == right)),
        BinaryOp::Ne => return Some(Value::from_bool(left != right)),
        BinaryOp::Shl | BinaryOp::Shr | BinaryOp::And | BinaryOp::Or => return None,
    };
    Value::new(number, ty)
}
