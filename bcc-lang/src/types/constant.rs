//! Constant expressions with the names of a text.
//!
//! In: an expression. Out: its [`Value`], macros expanded. What operators do is left to
//! [`consts`](crate::consts).

use super::Shape;
use super::reader::{Reader, Resolved, plain_name};
use crate::ast::{self, Designator, Expr, Ident};
use crate::consts::{self, Environment, IntType, Value};
use crate::known;
use crate::layout::Layout;
use crate::macros::{Word, join, whole, words, words_of};
use crate::parse;
use crate::program::Type;
use crate::source::SourceText;

impl Reader<'_> {
    /// The value of a constant expression, macros expanded.
    pub(super) fn constant(&self, expr: &Expr) -> Option<Value> {
        let at = self.at(expr.span);
        let macros = self.table.conditions.macros();
        let words = words(self.source, expr.span);
        // What a macro expanded to holds no more macros.
        if self.pinned.is_some() || !macros.concerns(&words, at) {
            return consts::evaluate(expr, self);
        }
        self.constant_of_words(&macros.expand(&words, at)?, at)
    }

    fn constant_of_words(&self, words: &[Word], at: u32) -> Option<Value> {
        let source = SourceText::new("", join(words));
        let expr = parse::parse_expr_at(&source, whole(&source))?;
        consts::evaluate(
            &expr,
            &Reader {
                table: self.table,
                source: &source,
                pinned: Some(at),
            },
        )
    }

    /// The value of a macro or an enum constant, as seen at the end of the text.
    pub(super) fn named_constant(&self, name: &str) -> Option<Value> {
        let expanded = self
            .table
            .conditions
            .macros()
            .expand(&words_of(name), u32::MAX)?;
        self.constant_of_words(&expanded, u32::MAX)
    }

    /// Width and sign of a type, if it is one that arithmetic knows.
    pub(super) fn int_type(&self, ty: &Type) -> Option<IntType> {
        match ty {
            Type::Bool => Some(IntType {
                bits: 8,
                signed: false,
            }),
            Type::Char => Some(IntType {
                bits: 8,
                signed: true,
            }),
            Type::Int { size, signed } => Some(IntType {
                bits: size.checked_mul(8)?,
                signed: *signed,
            }),
            Type::Pointer(_) => Some(IntType::ULONG),
            Type::Named(name) => match self.table.definition(name)?.shape {
                Shape::Enum { layout, .. } => {
                    let layout = layout?;
                    Some(IntType {
                        bits: layout.size.checked_mul(8)?,
                        signed: layout.signed,
                    })
                }
                Shape::Record { .. } => None,
            },
            Type::Void
            | Type::Float { .. }
            | Type::Function
            | Type::Array { .. }
            | Type::Unknown(_) => None,
        }
    }

    /// The layout under `sizeof`, where GNU C also measures `void` and functions.
    fn sizeof_layout(&self, ty: &Resolved) -> Option<Layout> {
        match ty.ty {
            Type::Void | Type::Function => Some(Layout::scalar(1)),
            _ => ty.layout(self.table),
        }
    }
}

impl Environment for Reader<'_> {
    fn source(&self) -> &SourceText {
        self.source
    }

    fn name(&self, name: &Ident) -> Option<Value> {
        match self.table.constants.get(&name.name, self.at(name.span)) {
            Some(value) => *value,
            None => known::constant(&name.name),
        }
    }

    fn cast(&self, ty: &ast::TypeName, value: Value) -> Option<Value> {
        let ty = self.declared(&ty.specifiers, &ty.declarator).ty;
        if ty == Type::Bool {
            return Some(Value::from_bool(value.is_true()));
        }
        value.convert(self.int_type(&ty)?)
    }

    fn type_layout(&self, ty: &ast::TypeName) -> Option<Layout> {
        self.sizeof_layout(&self.declared(&ty.specifiers, &ty.declarator))
    }

    fn expr_layout(&self, expr: &Expr) -> Option<Layout> {
        if let Some(ty) = self.type_of(expr) {
            return self.sizeof_layout(&Resolved::plain(ty));
        }
        // The parser takes a name it does not know for an expression: `sizeof(pid_t)`.
        let name = plain_name(expr)?;
        self.sizeof_layout(&self.typedef(&name.name, self.at(name.span)))
    }

    fn offset(&self, ty: &ast::TypeName, path: &[Designator]) -> Option<u64> {
        let mut ty = self.declared(&ty.specifiers, &ty.declarator).ty;
        let mut offset = 0u64;
        for step in path {
            let (inner, bytes) = match (step, ty) {
                (Designator::Member(member), ty) => {
                    let (bits, found) = self.table.find_member(&ty, &member.name)?;
                    (found.ty.clone(), bits? / 8)
                }
                (Designator::Index(index), Type::Array { element, .. }) => {
                    let size = self.table.layout(&element)?.size;
                    (*element, size.checked_mul(self.array_len(index)?)?)
                }
                (Designator::Index(_) | Designator::Range(..), _) => return None,
            };
            ty = inner;
            offset = offset.checked_add(bytes)?;
        }
        Some(offset)
    }

    fn same_type(&self, left: &ast::TypeName, right: &ast::TypeName) -> Option<bool> {
        let resolve = |ty: &ast::TypeName| self.declared(&ty.specifiers, &ty.declarator).ty;
        let (left, right) = (resolve(left), resolve(right));
        let is_known = |ty: &Type| !matches!(ty, Type::Unknown(_));
        (is_known(&left) && is_known(&right)).then(|| left == right)
    }
}
