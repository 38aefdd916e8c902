//! Types spelled with keywords.
//!
//! In: keywords in any order, `long unsigned int`. Out: [`Builtin`].

use crate::ast::{Builtin, TypeSpec};
use crate::span::Span;
use crate::token::Keyword;

/// The words of a builtin type; they may come in any order.
#[derive(Default)]
pub(super) struct BuiltinWords {
    pub(super) span: Option<Span>,
    base: Option<Keyword>,
    unsigned: bool,
    signed: bool,
    complex: bool,
    longs: u32,
}

impl BuiltinWords {
    pub(super) fn add(&mut self, keyword: Keyword, span: Span) {
        self.span = Some(self.span.map_or(span, |before| before.to(span)));
        if keyword == Keyword::Unsigned {
            self.unsigned = true;
        } else if keyword == Keyword::Signed {
            self.signed = true;
        } else if keyword == Keyword::Complex {
            self.complex = true;
        } else if keyword == Keyword::Long {
            self.longs += 1;
        } else if keyword != Keyword::Int || self.base.is_none() {
            self.base = Some(keyword);
        }
    }

    pub(super) fn finish(&self) -> Option<TypeSpec> {
        self.span
            .map(|span| TypeSpec::Builtin(self.builtin(), span))
    }

    fn builtin(&self) -> Builtin {
        let pick = |signed, unsigned| if self.unsigned { unsigned } else { signed };
        if self.complex {
            return Builtin::Complex;
        }
        match (self.base, self.longs) {
            (Some(Keyword::Void), _) => Builtin::Void,
            (Some(Keyword::Bool), _) => Builtin::Bool,
            (Some(Keyword::Float), _) => Builtin::Float,
            (Some(Keyword::Double), 0) => Builtin::Double,
            (Some(Keyword::Double), _) => Builtin::LongDouble,
            (Some(Keyword::Char), _) if self.signed => Builtin::SignedChar,
            (Some(Keyword::Char), _) => pick(Builtin::Char, Builtin::UnsignedChar),
            (Some(Keyword::Short), _) => pick(Builtin::Short, Builtin::UnsignedShort),
            (Some(Keyword::Int128), _) => pick(Builtin::Int128, Builtin::UnsignedInt128),
            (Some(Keyword::Uint128), _) => Builtin::UnsignedInt128,
            (_, 0) => pick(Builtin::Int, Builtin::UnsignedInt),
            (_, 1) => pick(Builtin::Long, Builtin::UnsignedLong),
            (_, _) => pick(Builtin::LongLong, Builtin::UnsignedLongLong),
        }
    }
}
