//! What attributes ask of a layout: `packed`, `aligned`, `_Alignas`.
//!
//! In: attributes and words of a declaration, macros among them. Out: [`Modifiers`]. Attributes
//! that do not touch the layout are left to clang.

use super::reader::Reader;
use crate::ast::{Attribute, Ident, Item};
use crate::conditionals::is_macro_name;
use crate::diag::Diagnostics;
use crate::dialect::packets::PACKET_HEADER;
use crate::layout::DEFAULT_ALIGNED;
use crate::lex::clean;
use crate::macros::{Meaning, join, words};
use crate::parse;
use crate::source::SourceText;
use crate::span::Span;

/// What the attributes of one declaration ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    pub(super) packed: bool,
    /// It is a header of packets, whose members are read from a packet.
    pub(super) packet: bool,
    /// The largest alignment asked for, in bytes.
    pub(super) align: Option<u64>,
    /// Something about them is not known here, so no layout can be.
    pub(super) unknown: bool,
}

impl Modifiers {
    /// What both ask for together.
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            packed: self.packed || other.packed,
            packet: self.packet || other.packet,
            align: self.align.max(other.align),
            unknown: self.unknown || other.unknown,
        }
    }

    const UNKNOWN: Self = Self {
        packed: false,
        packet: false,
        align: None,
        unknown: true,
    };
}

/// Whether attributes make the declared type another one (`vector_size(16)`).
pub(super) fn change_type(attributes: &[Attribute]) -> bool {
    const NAMES: [&str; 3] = ["mode", "vector_size", "ext_vector_type"];
    attributes
        .iter()
        .any(|attribute| NAMES.contains(&attribute.name.name.as_str()))
}

/// What `attributes` and `words` ask for.
pub(super) fn read<'a>(
    reader: &Reader<'_>,
    attributes: impl IntoIterator<Item = &'a Attribute>,
    words: &[Ident],
) -> Modifiers {
    let attributes = attributes
        .into_iter()
        .map(|attribute| read_attribute(reader, attribute));
    let words = words
        .iter()
        .map(|word| read_macro(reader, &word.name, word.span));
    attributes
        .chain(words)
        .fold(Modifiers::default(), Modifiers::join)
}

fn read_attribute(reader: &Reader<'_>, attribute: &Attribute) -> Modifiers {
    match attribute.name.name.as_str() {
        "packed" => Modifiers {
            packed: true,
            ..Modifiers::default()
        },
        PACKET_HEADER => Modifiers {
            packed: true,
            packet: true,
            ..Modifiers::default()
        },
        "aligned" | "_Alignas" => read_alignment(reader, attribute),
        "ms_struct" | "scalar_storage_order" | "randomize_layout" => Modifiers::UNKNOWN,
        // The name has lost its underscores, which a macro's name has.
        _ => read_macro(
            reader,
            &clean(reader.source.slice(attribute.name.span)),
            attribute.span,
        ),
    }
}

fn read_alignment(reader: &Reader<'_>, attribute: &Attribute) -> Modifiers {
    let align = match attribute.args.as_ref().map(|args| args.list.as_slice()) {
        None | Some([]) => Some(DEFAULT_ALIGNED),
        Some([arg]) => {
            let number = arg.expr.as_deref().and_then(|expr| reader.constant(expr));
            let number = number.and_then(|value| u64::try_from(value.get()).ok());
            number.or_else(|| {
                let ty = arg.ty.as_deref()?;
                Some(
                    reader
                        .declared(&ty.specifiers, &ty.declarator)
                        .layout(reader.table)?
                        .align,
                )
            })
        }
        Some(_) => None,
    };
    match align {
        // `_Alignas(0)` has no effect.
        Some(0) => Modifiers::default(),
        Some(align) if align.is_power_of_two() => Modifiers {
            align: Some(align),
            ..Modifiers::default()
        },
        Some(_) | None => Modifiers::UNKNOWN,
    }
}

/// A word that may be a macro for attributes, such as `__packed` or `__aligned(8)`.
fn read_macro(reader: &Reader<'_>, name: &str, span: Span) -> Modifiers {
    let at = reader.at(span);
    let macros = reader.table.conditions.macros();
    match macros.meaning(name, at) {
        // `____cacheline_aligned` aligns to what the machine has, and a macro of some header
        // (`DECLARE_BITMAP(a, 8)`) may be anything.
        Meaning::Undefined if name.contains("cacheline_aligned") || is_macro_name(name) => {
            Modifiers::UNKNOWN
        }
        Meaning::Undefined => Modifiers::default(),
        Meaning::Uncertain => Modifiers::UNKNOWN,
        // What a macro expanded to holds no more macros.
        Meaning::Defined(_) if reader.pinned.is_some() => Modifiers::default(),
        Meaning::Defined(_) => match macros.expand(&words(reader.source, span), at) {
            Some(words) => read_text(reader, &join(&words), at),
            None => Modifiers::UNKNOWN,
        },
    }
}

/// The attributes that a macro expands to.
fn read_text(reader: &Reader<'_>, attributes: &str, at: u32) -> Modifiers {
    let source = SourceText::new("", format!("int name {attributes};"));
    let unit = parse::parse(&source, &mut Diagnostics::new());
    let [Item::Declaration(declaration)] = unit.items.as_slice() else {
        return Modifiers::UNKNOWN;
    };
    let [declarator] = declaration.declarators.as_slice() else {
        return Modifiers::UNKNOWN;
    };
    let reader = Reader {
        table: reader.table,
        source: &source,
        pinned: Some(at),
    };
    read(&reader, &declarator.declarator.attributes, &[])
}
