//! Definitions of structs, unions and enums.
//!
//! In: the tree of a definition. Out: a [`Definition`] in the table, laid out if everything in it is
//! known. A type is laid out where it is defined: C demands that what it contains by value is
//! complete there.

use super::collect::{Collector, Text};
use super::modifiers::Modifiers;
use super::naming::Untagged;
use super::reader::Resolved;
use super::{Shape, held_by_value};
use crate::ast::{
    EnumItem, EnumSpec, Field, FieldDeclarator, Item, MacroUse, MemberItem, Record, TypeSpec,
    Variant,
};
use crate::condition::Truth;
use crate::consts::{IntType, Value};
use crate::diag::{Diagnostic, Diagnostics};
use crate::layout::{self, EnumLayout, Layout, Piece, Rules};
use crate::macros::{Meaning, join, words};
use crate::parse;
use crate::program::{Member, TypeName};
use crate::source::SourceText;
use crate::span::Span;
use crate::token::Punct;

/// A struct or union while its members are read.
struct Draft {
    name: TypeName,
    members: Vec<Member>,
    /// What the layout needs to know of each member; fewer than members if not all is known.
    pieces: Vec<Piece>,
    /// Whether everything that shapes it is known.
    known: bool,
}

impl Collector<'_> {
    /// Defines a struct or union and everything defined inside of it.
    pub(super) fn define_record(
        &mut self,
        record: &Record,
        items: &[MemberItem],
        name: TypeName,
        text: Text<'_>,
    ) {
        let known = self.is_compiled(text, record.span) == Truth::True;
        let mut draft = Draft {
            name: name.clone(),
            members: Vec::new(),
            pieces: Vec::new(),
            known,
        };
        self.open.push(name);
        self.members(items, text, &mut draft);
        self.open.pop();
        let modifiers = self.reader(text).modifiers(&record.attributes, &[]);
        let layout = self.lay_out(record, modifiers, text, &mut draft);
        let span = record.tag.as_ref().map_or(record.span, |tag| tag.span);
        let shape = Shape::Record {
            members: draft.members,
            is_packet: modifiers.packet,
        };
        self.add(draft.name, text, span, shape, layout);
    }

    fn lay_out(
        &self,
        record: &Record,
        modifiers: Modifiers,
        text: Text<'_>,
        draft: &mut Draft,
    ) -> Option<Layout> {
        if !draft.known || modifiers.unknown {
            return None;
        }
        let pack = self.table.conditions.pack(text.at(record.span));
        let rules = Rules {
            kind: record.kind,
            packed: modifiers.packed,
            align: modifiers.align,
            pack,
        };
        let done = layout::record(rules, &draft.pieces)?;
        for (member, offset) in draft.members.iter_mut().zip(done.offsets) {
            member.bit_offset = offset;
        }
        // A bit-field of width zero has done its work.
        draft.members.retain(|member| member.bit_width != Some(0));
        Some(done.layout)
    }

    fn members(&mut self, items: &[MemberItem], text: Text<'_>, draft: &mut Draft) {
        for item in items {
            match item {
                MemberItem::Field(field) => self.field(field, text, draft),
                MemberItem::Macro(used) => self.macro_members(used, text, draft),
                MemberItem::Opaque(opaque) => {
                    let spelling = text.source.slice(opaque.span);
                    draft.known &= spelling == ";" || spelling.contains("tatic_assert");
                }
                MemberItem::Directive(_) => {}
            }
        }
    }

    fn field(&mut self, field: &Field, text: Text<'_>, draft: &mut Draft) {
        match self.is_compiled(text, field.span) {
            Truth::True => {}
            Truth::Unknown => draft.known = false,
            Truth::False => return,
        }
        let hint = field
            .declarators
            .iter()
            .find_map(|field| field.declarator.name.as_ref());
        let hint = format!(
            "{}::{}",
            draft.name.name,
            hint.map_or("anon", |name| name.name.as_str())
        );
        self.define_specified(&field.specifiers, &Untagged::Path(hint), text);
        for declarator in &field.declarators {
            self.member(field, declarator, text, draft);
        }
        if field.declarators.is_empty() {
            self.anonymous_member(field, text, draft);
        }
    }

    /// `struct { int x; };` inside a struct: its members count as the outer struct's.
    fn anonymous_member(&mut self, field: &Field, text: Text<'_>, draft: &mut Draft) {
        let TypeSpec::Record(record) = &field.specifiers.ty else {
            return;
        };
        // With a tag it only declares the tag.
        if record.tag.is_some() || record.members.is_none() {
            return;
        }
        let reader = self.reader(text);
        let ty = reader.specified(&field.specifiers);
        let modifiers = reader.modifiers(&field.specifiers.attributes, &field.specifiers.words);
        let layout = ty.layout(self.table);
        draft.known &= !modifiers.unknown;
        let piece = layout.map(|layout| Piece {
            layout,
            bits: None,
            named: false,
            packed: modifiers.packed,
            align: modifiers.align,
        });
        let span = text.span(record.span);
        push_member(
            draft,
            Member {
                name: None,
                span,
                ty: ty.ty,
                bit_offset: 0,
                bit_width: None,
            },
            piece,
        );
    }

    fn member(
        &mut self,
        field: &Field,
        member: &FieldDeclarator,
        text: Text<'_>,
        draft: &mut Draft,
    ) {
        let declarator = &member.declarator;
        let reader = self.reader(text);
        let ty = reader.declared(&field.specifiers, declarator);
        let attributes = field
            .specifiers
            .attributes
            .iter()
            .chain(&declarator.attributes);
        let modifiers = reader.modifiers(attributes, &field.specifiers.words);
        let bits = member
            .bits
            .as_deref()
            .map(|bits| bit_width(reader.constant(bits)));
        let layout = ty.layout(self.table);
        draft.known &= !modifiers.unknown && bits != Some(None);
        let bits = bits.flatten();
        let name = declarator.name.as_ref();
        let piece = layout.map(|layout| Piece {
            layout,
            bits,
            named: name.is_some(),
            packed: modifiers.packed,
            align: modifiers.align,
        });
        let span = text.span(name.map_or(field.specifiers.span, |name| name.span));
        self.check_complete(&ty, span);
        let name = name.map(|name| name.name.clone());
        push_member(
            draft,
            Member {
                name,
                span,
                ty: ty.ty,
                bit_offset: 0,
                bit_width: bits,
            },
            piece,
        );
    }

    /// Reports a struct that contains itself, and notes one that is not complete yet.
    fn check_complete(&mut self, ty: &Resolved, span: Span) {
        let Some(name) = held_by_value(&ty.ty) else {
            return;
        };
        if self.open.contains(name) {
            let error = Diagnostic::error(span, format!("`{name}` cannot contain itself"));
            self.diagnostics
                .push(error.with_help("use a pointer to it"));
        } else if self.table.definition(name).is_none() {
            self.incomplete.push((name.clone(), span));
        }
    }

    /// `FIELDS(a, b);` holds the members that the macro expands to.
    fn macro_members(&mut self, used: &MacroUse, text: Text<'_>, draft: &mut Draft) {
        let at = text.at(used.span);
        match self.is_compiled(text, used.span) {
            Truth::True => {}
            Truth::Unknown => draft.known = false,
            Truth::False => return,
        }
        let macros = self.table.conditions.macros();
        let expanded = match macros.meaning(&used.name.name, at) {
            Meaning::Defined(_) if text.pinned.is_none() => {
                macros.expand(&words(text.source, used.span), at)
            }
            Meaning::Defined(_) | Meaning::Undefined | Meaning::Uncertain => None,
        };
        let Some(expanded) = expanded else {
            draft.known = false;
            return;
        };
        let source = SourceText::new("", format!("struct {{ {} }};", join(&expanded)));
        let mut diagnostics = Diagnostics::new();
        let unit = parse::parse(&source, &mut diagnostics);
        match unit.items.as_slice() {
            [Item::Declaration(declaration)] if diagnostics.is_ok() => {
                let text = Text {
                    source: &source,
                    pinned: Some(used.span),
                };
                if let TypeSpec::Record(record) = &declaration.specifiers.ty {
                    self.members(record.members.as_deref().unwrap_or(&[]), text, draft);
                }
            }
            _ => draft.known = false,
        }
    }

    /// Defines an enum and its constants.
    pub(super) fn define_enum(
        &mut self,
        spec: &EnumSpec,
        items: &[EnumItem],
        name: TypeName,
        text: Text<'_>,
    ) {
        let mut known = self.is_compiled(text, spec.span) == Truth::True;
        let mut variants = Vec::new();
        let mut next = Some(0);
        for item in items {
            match item {
                EnumItem::Variant(variant) => {
                    known &= self.variant(variant, text, known, &mut next, &mut variants);
                }
                EnumItem::Opaque(_) => {
                    known = false;
                    next = None;
                }
                EnumItem::Directive(_) => {}
            }
        }
        let modifiers = self.reader(text).modifiers(&spec.attributes, &[]);
        let underlying = self.underlying_type(spec, &variants, modifiers.packed, text);
        let underlying = underlying.filter(|_| known && !modifiers.unknown);
        self.widen_constants(&variants, underlying, text.at(spec.span.at_end()));
        let layout = underlying.map(|underlying| {
            let size = u64::from(underlying.size);
            Layout {
                size,
                align: modifiers.align.unwrap_or(size),
            }
        });
        let span = spec.tag.as_ref().map_or(spec.span, |tag| tag.span);
        self.add(
            name,
            text,
            span,
            Shape::Enum {
                layout: underlying,
                variants,
            },
            layout,
        );
    }

    /// A constant that `int` does not hold has the type of its enum from the enum's end on.
    fn widen_constants(&mut self, variants: &[(String, i128)], ty: Option<EnumLayout>, at: u32) {
        let Some(ty) = ty.map(|ty| IntType {
            bits: ty.size.saturating_mul(8),
            signed: ty.signed,
        }) else {
            return;
        };
        let scope = self.scope();
        for (name, value) in variants {
            if constant_value(*value).is_none_or(|value| value.ty() != IntType::INT) {
                self.table
                    .constants
                    .declare(name, at, scope, Value::new(*value, ty));
            }
        }
    }

    /// The integer type of an enum. `enum e : unsigned char { A }` says it, which the tree does not
    /// keep.
    fn underlying_type(
        &self,
        spec: &EnumSpec,
        variants: &[(String, i128)],
        packed: bool,
        text: Text<'_>,
    ) -> Option<EnumLayout> {
        let words = words(text.source, spec.span);
        let head = words
            .split(|word| word.kind.is(Punct::LeftBrace))
            .next()
            .unwrap_or(&[]);
        let Some(colon) = head.iter().position(|word| word.kind.is(Punct::Colon)) else {
            return enum_layout(variants, packed);
        };
        let reader = self.reader(text);
        let ty = reader.type_of_words(head.get(colon + 1..)?, text.at(spec.span))?;
        let int = reader.int_type(&ty.ty)?;
        Some(EnumLayout {
            size: int.bits / 8,
            signed: int.signed,
        })
    }

    /// Declares one constant; returns whether its value is known.
    fn variant(
        &mut self,
        variant: &Variant,
        text: Text<'_>,
        known: bool,
        next: &mut Option<i128>,
        variants: &mut Vec<(String, i128)>,
    ) -> bool {
        let compiled = self.is_compiled(text, variant.name.span);
        if compiled == Truth::False {
            return true;
        }
        let value = match &variant.value {
            Some(expr) => self.reader(text).constant(expr).map(Value::get),
            None => *next,
        };
        let value = value.filter(|_| known && compiled == Truth::True);
        *next = value.and_then(|value| value.checked_add(1));
        self.declare_constant(&variant.name, value.and_then(constant_value), text);
        if let Some(value) = value {
            variants.push((variant.name.name.clone(), value));
        }
        value.is_some()
    }
}

fn push_member(draft: &mut Draft, member: Member, piece: Option<Piece>) {
    draft.known &= piece.is_some();
    draft.members.push(member);
    draft.pieces.extend(piece);
}

fn bit_width(value: Option<Value>) -> Option<u32> {
    u32::try_from(value?.get()).ok()
}

/// A constant of an enum has type `int` if that holds it.
fn constant_value(value: i128) -> Option<Value> {
    let types = [IntType::INT, IntType::UINT, IntType::LONG, IntType::ULONG];
    types
        .into_iter()
        .filter_map(|ty| Value::new(value, ty))
        .find(|typed| typed.get() == value)
}

fn enum_layout(variants: &[(String, i128)], packed: bool) -> Option<EnumLayout> {
    let values = || variants.iter().map(|(_, value)| *value);
    layout::enumeration(
        values().min().unwrap_or(0),
        values().max().unwrap_or(0),
        packed,
    )
}
