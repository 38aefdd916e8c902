//! The types of expressions, as far as declarations tell.
//!
//! In: an expression. Out: its [`Type`] for `typeof` and `sizeof`, or `None`. What values hold is
//! not followed here.

use super::reader::{Reader, Resolved, plain_name};
use crate::ast::{
    BinaryOp, Designator, Expr, ExprKind, InitItem, InitList, Initializer, Stmt, StmtKind, UnaryOp,
};
use crate::consts::{IntType, literal};
use crate::lex::clean;
use crate::program::Type;
use crate::span::Span;

/// `int`
const INT: Type = Type::Int {
    size: 4,
    signed: true,
};
/// `unsigned long`
const ULONG: Type = Type::Int {
    size: 8,
    signed: false,
};

impl Reader<'_> {
    /// The type of an expression; arrays stay arrays, as `sizeof` and `typeof` want them.
    pub(super) fn type_of(&self, expr: &Expr) -> Option<Type> {
        match &expr.kind {
            ExprKind::Ident(name) => {
                let at = self.at(name.span);
                let variable = self.table.variables.get(&name.name, at).cloned();
                variable.or_else(|| self.constant(expr).map(|value| int_type_of(value.ty())))
            }
            ExprKind::Number | ExprKind::Char => {
                self.constant(expr).map(|value| int_type_of(value.ty()))
            }
            ExprKind::String(pieces) => Some(char_array(self.string_len(pieces)?)),
            ExprKind::Paren(inner) => self.type_of(inner),
            ExprKind::Unary { op, operand, .. } => self.type_of_unary(*op, operand),
            ExprKind::Postfix { operand, .. } => self.type_of(operand),
            ExprKind::Binary {
                op, left, right, ..
            } => self.type_of_binary(*op, left, right),
            ExprKind::Assign { target, .. } => self.type_of(target),
            ExprKind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                let then = self.type_of(then.as_deref().unwrap_or(condition))?;
                self.shared_type(then, self.type_of(otherwise)?)
            }
            ExprKind::Cast { ty, .. } => Some(self.declared(&ty.specifiers, &ty.declarator).ty),
            ExprKind::CompoundLiteral { ty, init } => self.type_of_compound(ty, init),
            ExprKind::Call { callee, .. } => {
                self.table.functions.get(&plain_name(callee)?.name).cloned()
            }
            ExprKind::Member {
                base,
                arrow,
                member,
                ..
            } => {
                let base = self.type_of(base)?;
                let record = if *arrow { pointee(base)? } else { base };
                self.table.member_type(&record, &member.name)
            }
            ExprKind::Index { base, .. } => pointee(self.type_of(base)?),
            ExprKind::SizeofExpr { .. }
            | ExprKind::SizeofType { .. }
            | ExprKind::Offsetof { .. } => Some(ULONG),
            ExprKind::Statements(block) => self.type_of_last(&block.statements),
            ExprKind::Comma(_, right) => self.type_of(right),
            ExprKind::LabelAddress(_) => Some(Type::Pointer(Box::new(Type::Void))),
            ExprKind::Generic { .. } | ExprKind::Opaque => None,
        }
        .filter(|ty| !matches!(ty, Type::Unknown(_)))
    }

    fn type_of_unary(&self, op: UnaryOp, operand: &Expr) -> Option<Type> {
        let ty = self.type_of(operand)?;
        match op {
            UnaryOp::Deref => pointee(ty),
            UnaryOp::AddressOf => Some(Type::Pointer(Box::new(ty))),
            UnaryOp::Not => Some(INT),
            UnaryOp::Plus | UnaryOp::Minus | UnaryOp::BitNot => match ty {
                Type::Float { .. } => Some(ty),
                ty => Some(int_type_of(self.int_type(&ty)?.promoted())),
            },
            UnaryOp::Increment | UnaryOp::Decrement | UnaryOp::Extension => Some(ty),
        }
    }

    fn type_of_binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Type> {
        match op {
            BinaryOp::Lt
            | BinaryOp::Gt
            | BinaryOp::Le
            | BinaryOp::Ge
            | BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::And
            | BinaryOp::Or => Some(INT),
            BinaryOp::Shl | BinaryOp::Shr => {
                Some(int_type_of(self.int_type(&self.type_of(left)?)?.promoted()))
            }
            BinaryOp::Sub => match (decayed(self.type_of(left)?), decayed(self.type_of(right)?)) {
                (Type::Pointer(_), Type::Pointer(_)) => Some(int_type_of(IntType::LONG)),
                (left, right) => self.shared_type(left, right),
            },
            BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Rem
            | BinaryOp::Add
            | BinaryOp::BitAnd
            | BinaryOp::BitXor
            | BinaryOp::BitOr => self.shared_type(self.type_of(left)?, self.type_of(right)?),
        }
    }

    /// The type of `a + b` and of `c ? a : b`.
    fn shared_type(&self, left: Type, right: Type) -> Option<Type> {
        match (decayed(left), decayed(right)) {
            (pointer @ Type::Pointer(_), _) | (_, pointer @ Type::Pointer(_)) => Some(pointer),
            (Type::Float { size: left }, Type::Float { size: right }) => Some(Type::Float {
                size: left.max(right),
            }),
            (float @ Type::Float { .. }, _) | (_, float @ Type::Float { .. }) => Some(float),
            (left, right) if left == right && self.int_type(&left).is_none() => Some(left),
            (left, right) => Some(int_type_of(
                self.int_type(&left)?.common(self.int_type(&right)?),
            )),
        }
    }

    fn type_of_compound(&self, ty: &crate::ast::TypeName, init: &InitList) -> Option<Type> {
        let Resolved { ty, .. } = self.declared(&ty.specifiers, &ty.declarator);
        match ty {
            Type::Array { element, len: 0 } => {
                let len = self.list_len(&element, init)?;
                Some(Type::Array { element, len })
            }
            ty => Some(ty),
        }
    }

    /// A statement expression has the type of its last expression.
    fn type_of_last(&self, statements: &[Stmt]) -> Option<Type> {
        match &statements.last()?.kind {
            StmtKind::Expr(expr) => self.type_of(expr).map(decayed),
            _ => None,
        }
    }

    /// How many elements an initialiser gives to an array that does not say it.
    pub(super) fn initializer_len(&self, element: &Type, init: &Initializer) -> Option<u64> {
        match init {
            Initializer::List(list) => self.list_len(element, list),
            Initializer::Expr(expr) => self.string_literal_len(expr),
        }
    }

    fn string_literal_len(&self, expr: &Expr) -> Option<u64> {
        match &expr.kind {
            ExprKind::String(pieces) => self.string_len(pieces),
            ExprKind::Paren(inner) => self.string_literal_len(inner),
            _ => None,
        }
    }

    fn list_len(&self, element: &Type, list: &InitList) -> Option<u64> {
        // `char s[] = { "abc" }`
        if let (
            [
                InitItem {
                    value: Initializer::Expr(expr),
                    ..
                },
            ],
            Type::Char,
        ) = (list.items.as_slice(), element)
            && let Some(len) = self.string_literal_len(expr)
        {
            return Some(len);
        }
        let mut next = 0u64;
        let mut len = 0;
        for item in &list.items {
            if let Some(Designator::Index(index) | Designator::Range(_, index)) =
                item.designators.first()
            {
                next = u64::try_from(self.constant(index)?.get()).ok()?;
            }
            next = next.checked_add(1)?;
            len = len.max(next);
        }
        Some(len)
    }

    /// Bytes of a string literal with its terminating zero; `None` if a piece is a macro.
    fn string_len(&self, pieces: &[Span]) -> Option<u64> {
        let mut len = 1;
        for piece in pieces {
            let bytes = literal::string(&clean(self.source.slice(*piece)))?;
            len += u64::try_from(bytes.len()).ok()?;
        }
        Some(len)
    }
}

fn char_array(len: u64) -> Type {
    Type::Array {
        element: Box::new(Type::Char),
        len,
    }
}

const fn int_type_of(ty: IntType) -> Type {
    Type::Int {
        size: ty.bits / 8,
        signed: ty.signed,
    }
}

/// What a pointer points to, or an array is made of.
fn pointee(ty: Type) -> Option<Type> {
    match ty {
        Type::Pointer(inner) | Type::Array { element: inner, .. } => Some(*inner),
        _ => None,
    }
}

/// An array used as a value is a pointer to its first element.
fn decayed(ty: Type) -> Type {
    match ty {
        Type::Array { element, .. } => Type::Pointer(element),
        ty => ty,
    }
}
