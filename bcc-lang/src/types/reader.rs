//! Specifiers and declarators to types, constant expressions to numbers.
//!
//! In: pieces of the tree and the [`TypeTable`] as far as it has been filled. Out: [`Resolved`]
//! types and [`Value`]s. Nothing is added to the table here.

use super::modifiers::{self, Modifiers};
use super::{TypeTable, result_steps};
use crate::ast::{
    self, Builtin, Declarator, Derived, EnumSpec, Expr, ExprKind, Ident, Initializer, Record,
    RecordKind, Specifiers, TypeSpec,
};
use crate::known;
use crate::layout::Layout;
use crate::macros::{Meaning, Word, join, whole, words};
use crate::parse;
use crate::program::{Type, TypeKeyword, TypeName};
use crate::source::SourceText;
use crate::span::Span;

/// How many pointers and arrays a type may be made of; deeper ones are [`Type::Unknown`].
const MAX_DEPTH: usize = 128;

/// A type, with what a typedef may add to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) ty: Type,
    /// Layout where a typedef has set the alignment: it replaces the type's own, up or down.
    pub(super) aligned: Option<Layout>,
}

impl Resolved {
    pub(super) const fn plain(ty: Type) -> Self {
        Self { ty, aligned: None }
    }

    pub(super) fn unknown(text: &str) -> Self {
        Self::plain(Type::Unknown(text.trim().to_owned()))
    }

    /// Size and alignment, or `None` if they are not known.
    pub(super) fn layout(&self, table: &TypeTable) -> Option<Layout> {
        self.aligned.or_else(|| table.layout(&self.ty))
    }

    /// An array of this type, or `None` if it is too large.
    fn array(self, len: u64) -> Option<Self> {
        let aligned = match self.aligned {
            Some(element) => Some(element.array(len)?),
            None => None,
        };
        Some(Self {
            ty: Type::Array {
                element: Box::new(self.ty),
                len,
            },
            aligned,
        })
    }
}

/// Reads a text with the names of a table.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t> {
    pub(super) table: &'t TypeTable,
    pub(super) source: &'t SourceText,
    /// For text that macros expand to: where in the program it stands.
    pub(super) pinned: Option<u32>,
}

impl<'t> Reader<'t> {
    pub(super) const fn new(table: &'t TypeTable, source: &'t SourceText) -> Self {
        Self {
            table,
            source,
            pinned: None,
        }
    }

    /// The offset in the program of a piece of this text.
    pub(super) fn at(&self, span: Span) -> u32 {
        self.pinned.unwrap_or(span.start)
    }

    pub(super) fn declared(&self, specifiers: &Specifiers, declarator: &Declarator) -> Resolved {
        if modifiers::change_type(&declarator.attributes) {
            return self.opaque(specifiers.span);
        }
        self.derive(self.specified(specifiers), specifiers, &declarator.derived)
    }

    /// The type that a function returns.
    pub(super) fn result(&self, specifiers: &Specifiers, declarator: &Declarator) -> Type {
        self.derive(
            self.specified(specifiers),
            specifiers,
            result_steps(declarator),
        )
        .ty
    }

    /// The type of a variable; an array without a length takes it from the initialiser.
    pub(super) fn initialized(
        &self,
        specifiers: &Specifiers,
        declarator: &Declarator,
        init: &Initializer,
    ) -> Type {
        let ty = self.declared(specifiers, declarator).ty;
        let is_open = matches!(
            declarator.derived.first(),
            Some(Derived::Array { size: None, .. })
        );
        match ty {
            Type::Array { element, .. } if is_open => match self.initializer_len(&element, init) {
                Some(len) => Type::Array { element, len },
                None => Type::Unknown(self.source.slice(declarator.span).to_owned()),
            },
            ty => ty,
        }
    }

    /// The type that specifiers name.
    pub(super) fn specified(&self, specifiers: &Specifiers) -> Resolved {
        if modifiers::change_type(&specifiers.attributes) {
            return self.opaque(specifiers.span);
        }
        match &specifiers.ty {
            TypeSpec::Builtin(builtin, span) => {
                builtin_type(*builtin).map_or_else(|| self.opaque(*span), Resolved::plain)
            }
            TypeSpec::Record(record) => Resolved::plain(self.record(record)),
            TypeSpec::Enum(spec) => Resolved::plain(self.enumeration(spec)),
            TypeSpec::Named(name) => self.named(name),
            TypeSpec::TypeofType(ty, _) => self.declared(&ty.specifiers, &ty.declarator),
            TypeSpec::TypeofExpr(expr, span) => self
                .type_of(expr)
                .map_or_else(|| self.opaque(*span), Resolved::plain),
            TypeSpec::Auto(span) => self.opaque(*span),
            TypeSpec::Missing(_) => Resolved::plain(Type::Int {
                size: 4,
                signed: true,
            }),
        }
    }

    fn opaque(&self, span: Span) -> Resolved {
        Resolved::unknown(self.source.slice(span))
    }

    fn record(&self, record: &Record) -> Type {
        let keyword = record_keyword(record.kind);
        self.tagged(
            keyword,
            record.tag.as_ref(),
            record.members.is_some(),
            record.span,
        )
    }

    fn enumeration(&self, spec: &EnumSpec) -> Type {
        self.tagged(
            TypeKeyword::Enum,
            spec.tag.as_ref(),
            spec.variants.is_some(),
            spec.span,
        )
    }

    fn tagged(
        &self,
        keyword: TypeKeyword,
        tag: Option<&Ident>,
        is_definition: bool,
        span: Span,
    ) -> Type {
        if is_definition && let Some(name) = self.table.spelled.get(&(self.pinned, span)) {
            return Type::Named(name.clone());
        }
        let Some(tag) = tag else {
            return Type::Unknown(self.source.slice(span).to_owned());
        };
        let name = TypeName {
            keyword,
            name: tag.name.clone(),
        };
        Type::Named(
            self.table
                .tags
                .get(&name.to_string(), self.at(span))
                .cloned()
                .unwrap_or(name),
        )
    }

    /// A typedef, or a macro that stands for a type.
    fn named(&self, name: &Ident) -> Resolved {
        let at = self.at(name.span);
        match self.table.conditions.macros().meaning(&name.name, at) {
            Meaning::Defined(_) if self.pinned.is_none() => self.macro_type(name, at),
            Meaning::Uncertain => Resolved::unknown(&name.name),
            Meaning::Defined(_) | Meaning::Undefined => self.typedef(&name.name, at),
        }
    }

    pub(super) fn typedef(&self, name: &str, at: u32) -> Resolved {
        let own = self.table.typedefs.get(name, at).cloned();
        own.or_else(|| known::typedef(name).map(Resolved::plain))
            .unwrap_or_else(|| Resolved::unknown(name))
    }

    fn macro_type(&self, name: &Ident, at: u32) -> Resolved {
        let expanded = self
            .table
            .conditions
            .macros()
            .expand(&words(self.source, name.span), at);
        match expanded.as_deref() {
            Some([word]) if word.text == name.name => self.typedef(&name.name, at),
            Some(words) => self
                .type_of_words(words, at)
                .unwrap_or_else(|| Resolved::unknown(&name.name)),
            None => Resolved::unknown(&name.name),
        }
    }

    /// The type that these words, free of macros, name.
    pub(super) fn type_of_words(&self, words: &[Word], at: u32) -> Option<Resolved> {
        // The parser reads type names only inside of something.
        let source = SourceText::new("", format!("sizeof({})", join(words)));
        let expr = parse::parse_expr_at(&source, whole(&source))?;
        let reader = Reader {
            table: self.table,
            source: &source,
            pinned: Some(at),
        };
        match &expr.kind {
            ExprKind::SizeofType { ty, .. } => {
                Some(reader.declared(&ty.specifiers, &ty.declarator))
            }
            ExprKind::SizeofExpr { operand, .. } => {
                let name = plain_name(operand)?;
                Some(self.typedef(&name.name, at))
            }
            _ => None,
        }
    }

    /// Applies the steps of a declarator, which go from the name outward, from the type inward.
    fn derive(&self, base: Resolved, specifiers: &Specifiers, steps: &[Derived]) -> Resolved {
        if steps.len() + depth(&base.ty) > MAX_DEPTH {
            return self.opaque(specifiers.span);
        }
        let mut ty = base;
        for step in steps.iter().rev() {
            ty = match step {
                Derived::Pointer { .. } => Resolved::plain(Type::Pointer(Box::new(ty.ty))),
                Derived::Function(_) => Resolved::plain(Type::Function),
                Derived::Array { size, span } => {
                    let len = size.as_ref().map_or(Some(0), |size| self.array_len(size));
                    len.and_then(|len| ty.array(len)).unwrap_or_else(|| {
                        let element = self.source.slice(specifiers.span);
                        Resolved::unknown(&format!("{element} {}", self.source.slice(*span)))
                    })
                }
            };
        }
        ty
    }

    pub(super) fn array_len(&self, size: &Expr) -> Option<u64> {
        u64::try_from(self.constant(size)?.get()).ok()
    }

    /// What attributes and unknown words ask for.
    pub(super) fn modifiers<'a>(
        &self,
        attributes: impl IntoIterator<Item = &'a ast::Attribute>,
        words: &[Ident],
    ) -> Modifiers {
        modifiers::read(self, attributes, words)
    }
}

/// The type that keywords spell; `None` for one that is not followed here.
fn builtin_type(builtin: Builtin) -> Option<Type> {
    let int = |size, signed| Some(Type::Int { size, signed });
    match builtin {
        Builtin::Void => Some(Type::Void),
        Builtin::Bool => Some(Type::Bool),
        Builtin::Char => Some(Type::Char),
        Builtin::SignedChar => int(1, true),
        Builtin::UnsignedChar => int(1, false),
        Builtin::Short => int(2, true),
        Builtin::UnsignedShort => int(2, false),
        Builtin::Int => int(4, true),
        Builtin::UnsignedInt => int(4, false),
        Builtin::Long | Builtin::LongLong => int(8, true),
        Builtin::UnsignedLong | Builtin::UnsignedLongLong => int(8, false),
        Builtin::Int128 => int(16, true),
        Builtin::UnsignedInt128 => int(16, false),
        Builtin::Float => Some(Type::Float { size: 4 }),
        Builtin::Double => Some(Type::Float { size: 8 }),
        Builtin::LongDouble | Builtin::Complex => None,
    }
}

pub(super) const fn record_keyword(kind: RecordKind) -> TypeKeyword {
    match kind {
        RecordKind::Struct => TypeKeyword::Struct,
        RecordKind::Union => TypeKeyword::Union,
    }
}

/// Number of pointers and arrays a type is made of.
fn depth(ty: &Type) -> usize {
    let mut ty = ty;
    let mut depth = 0;
    while let Type::Pointer(inner) | Type::Array { element: inner, .. } = ty {
        ty = inner;
        depth += 1;
    }
    depth
}

/// The name that an expression is, parentheses aside.
pub(super) fn plain_name(expr: &Expr) -> Option<&Ident> {
    let mut expr = expr;
    while let ExprKind::Paren(inner) = &expr.kind {
        expr = inner;
    }
    if let ExprKind::Ident(name) = &expr.kind {
        Some(name)
    } else {
        None
    }
}
