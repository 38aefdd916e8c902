//! Map macros: from `BPF_HASH(counts, u32)` to name, kind, types and size.

use super::map_args::{Args, TableText};
use crate::ast::{Ident, MacroUse};
use crate::diag::Diagnostics;
use crate::dialect::maps::{MapMacro, MapParam, TableType};
use crate::known;
use crate::program::{MapKind, Sharing, Type, TypeKeyword, TypeName};
use crate::source::SourceText;
use crate::span::Span;
use crate::types::TypeTable;

/// A map as the text defines it.
#[derive(Debug)]
pub struct MapDecl<'a> {
    /// The macro use that defines it.
    pub use_: &'a MacroUse,
    /// Its name.
    pub name: &'a Ident,
    /// Its kind.
    pub kind: MapKind,
    /// The key's type and how the emitted C spells it.
    pub key: MapType,
    /// The value's type and how the emitted C spells it.
    pub value: MapType,
    /// The name of the map whose like it holds, and where the text gives it.
    pub inner: Option<(String, Span)>,
    /// Who else uses it.
    pub sharing: Sharing,
    /// How the emitted C spells the path it is pinned to; empty if it is not.
    pub pin: String,
    /// How the emitted C spells the number of entries; empty for kinds without.
    pub max_entries: String,
    /// Where the text gives the number of entries.
    pub size_span: Option<Span>,
    /// How the emitted C spells the map's flags; empty if none.
    pub flags: String,
    /// Whether bcc calls it a histogram.
    pub is_histogram: bool,
    /// Another alternative of an `#if` defines a map of this name with other types.
    pub has_twin: bool,
}

/// A type of a map.
#[derive(Clone, Debug)]
pub struct MapType {
    /// The type.
    pub ty: Type,
    /// How C spells it.
    pub spelling: String,
    /// Where the text gives it; `None` for a default.
    pub span: Option<Span>,
}

const INT: Type = Type::Int {
    size: 4,
    signed: true,
};

/// The map that a use of `row` defines; `None` after an error.
pub(super) fn from_macro<'a>(
    row: &'static MapMacro,
    use_: &'a MacroUse,
    source: &SourceText,
    types: &TypeTable,
    cx: &mut Diagnostics,
) -> Option<MapDecl<'a>> {
    let args = Args::read(row, use_, cx)?;
    let name = args.name(cx)?;
    let table = args.table(source, types, cx)?;
    let key = args.map_type(MapParam::Key, source, types, cx);
    let value = args.map_type(MapParam::Leaf, source, types, cx);
    let kind = resolve_kind(table.table, key.as_ref());
    let (max_entries, size_span) = match args.size(source) {
        Some((text, span)) if kind.has_size() => (text, Some(span)),
        None if kind.has_size() => (row.defaults.size.to_owned(), None),
        _ => (String::new(), None),
    };
    let flags = args.text(MapParam::Flags, source);
    let mut flags = flags.unwrap_or_else(|| row.defaults.flags.to_owned());
    if kind == MapKind::StackTraceBuildId {
        flags.push_str("BPF_F_STACK_BUILD_ID");
    }
    let sharing = sharing(row, kind, &table, &args);
    let key = key.unwrap_or_else(|| default_type(row.defaults.key));
    Some(MapDecl {
        use_,
        name,
        kind,
        key: if kind.has_keys() {
            key
        } else {
            default_type("")
        },
        value: value.unwrap_or_else(|| default_type(default_leaf(kind, row))),
        inner: args.inner(source, types).or(table.inner),
        sharing,
        pin: args
            .text(MapParam::Pin, source)
            .or(table.pin)
            .unwrap_or_default(),
        max_entries,
        size_span,
        flags,
        is_histogram: table.table == TableType::Histogram,
        has_twin: false,
    })
}

/// Who else uses a map, by its macro, its table type and its arguments.
fn sharing(row: &MapMacro, kind: MapKind, table: &TableText, args: &Args<'_>) -> Sharing {
    if kind == MapKind::Extern {
        Sharing::Extern
    } else if table.pin.is_some() || args.get(MapParam::Pin).is_some() {
        Sharing::Pinned
    } else {
        row.sharing
    }
}

/// What a map of stacks holds, whichever macro defines it.
fn default_leaf(kind: MapKind, row: &MapMacro) -> &'static str {
    match kind {
        MapKind::StackTrace => "u64[127]",
        MapKind::StackTraceBuildId => "struct bpf_stack_build_id[127]",
        _ => row.defaults.leaf,
    }
}

/// A type that no argument gives.
fn default_type(spelling: &str) -> MapType {
    let (name, len) = match spelling.split_once('[') {
        Some((name, len)) => (name, len.trim_end_matches(']').parse().ok()),
        None => (spelling, None),
    };
    let ty = match name.strip_prefix("struct ") {
        Some(tag) => Type::Named(TypeName {
            keyword: TypeKeyword::Struct,
            name: tag.to_owned(),
        }),
        None if name == "int" => INT,
        None => known::typedef(name).unwrap_or(Type::Void),
    };
    let ty = match len {
        Some(len) => Type::Array {
            element: Box::new(ty),
            len,
        },
        None => ty,
    };
    MapType {
        ty,
        spelling: spelling.to_owned(),
        span: None,
    }
}

/// A histogram is an array only if its key is exactly `int`.
fn resolve_kind(table: TableType, key: Option<&MapType>) -> MapKind {
    match table {
        TableType::Map(kind) => kind,
        TableType::Histogram if key.is_none_or(|key| key.ty == INT) => MapKind::Array,
        TableType::Histogram => MapKind::Hash,
    }
}
