//! Map macros: from `BPF_HASH(counts, u32)` to name, kind, types and size.

use crate::ast::{ExprKind, Ident, MacroArg, MacroUse};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::maps::{MapMacro, MapParam, TABLE_TYPES, TableType};
use crate::known;
use crate::macros;
use crate::program::{MapKind, Type, TypeKeyword, TypeName};
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
    /// How the emitted C spells the type of the maps it holds; empty for other maps.
    pub inner: String,
    /// How the emitted C spells the number of entries; empty for kinds without.
    pub max_entries: String,
    /// Where the text gives the number of entries.
    pub size_span: Option<Span>,
    /// How the emitted C spells the map's flags; empty if none.
    pub flags: String,
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
    let kind = resolve_kind(table, key.as_ref());
    let text = |param| {
        args.get(param)
            .map(|arg: &MacroArg| source.slice(arg.span).trim().to_owned())
    };
    let pages = text(MapParam::Pages).map(|pages| format!("({pages}) * PAGE_SIZE"));
    let size = args
        .get(MapParam::Size)
        .or_else(|| args.get(MapParam::Pages));
    let mut flags = text(MapParam::Flags).unwrap_or_else(|| row.defaults.flags.to_owned());
    if kind == MapKind::StackTraceBuildId {
        flags.push_str("BPF_F_STACK_BUILD_ID");
    }
    Some(MapDecl {
        use_,
        name,
        kind,
        key: key.unwrap_or_else(|| default_type(row.defaults.key)),
        value: value.unwrap_or_else(|| default_type(default_leaf(kind, row))),
        inner: text(MapParam::Inner)
            .map(|inner| inner_type(&inner))
            .unwrap_or_default(),
        max_entries: text(MapParam::Size)
            .or(pages)
            .unwrap_or_else(|| row.defaults.size.to_owned()),
        size_span: size.map(|arg| arg.span),
        flags,
        has_twin: false,
    })
}

/// What a map of stacks holds, whichever macro defines it.
fn default_leaf(kind: MapKind, row: &MapMacro) -> &'static str {
    match kind {
        MapKind::StackTrace => "u64[127]",
        MapKind::StackTraceBuildId => "struct bpf_stack_build_id[127]",
        _ => row.defaults.leaf,
    }
}

/// The type of the maps that a map of maps holds, from the name of one as a string.
fn inner_type(text: &str) -> String {
    format!("typeof({})", text.trim_matches('"'))
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

/// The arguments of one map macro, by what they mean.
struct Args<'a> {
    row: &'static MapMacro,
    list: &'a [MacroArg],
}

impl<'a> Args<'a> {
    /// The arguments, if their number fits.
    fn read(row: &'static MapMacro, use_: &'a MacroUse, cx: &mut Diagnostics) -> Option<Self> {
        let list = use_.args.as_ref().map_or(&[][..], |args| &args.list[..]);
        let list = if let [only] = list
            && only.span.start == only.span.end
        {
            &[]
        } else {
            list
        };
        if list.len() >= row.required && list.len() <= row.params.len() {
            return Some(Self { row, list });
        }
        let wanted = row
            .params
            .iter()
            .map(|param| param.describe())
            .collect::<Vec<_>>()
            .join(", ");
        let count = match (row.required, row.params.len()) {
            (least, most) if least == most && most == 1 => "1 argument".to_owned(),
            (least, most) if least == most => format!("{most} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        };
        let guilty = list
            .get(row.params.len())
            .map_or(use_.name.span, |extra| extra.span);
        cx.push(
            Diagnostic::error(
                guilty,
                format!("`{}` takes {count}, {} given", row.name, list.len()),
            )
            .with_help(format!("the arguments are: {wanted}")),
        );
        None
    }

    fn get(&self, param: MapParam) -> Option<&'a MacroArg> {
        let index = self.row.params.iter().position(|wanted| *wanted == param)?;
        self.list.get(index)
    }

    /// The map's name: one identifier that is no type.
    fn name(&self, cx: &mut Diagnostics) -> Option<&'a Ident> {
        let arg = self.get(MapParam::Name)?;
        let type_name = || arg.ty.as_ref().filter(|_| arg.expr.is_none());
        match arg.expr.as_deref().map(|expr| &expr.kind) {
            Some(ExprKind::Ident(name)) if !is_type_word(&name.name) => return Some(name),
            _ => {}
        }
        let message = match (type_name(), self.row.params.first()) {
            (Some(_), Some(MapParam::Name)) => format!(
                "the first argument of `{}` is the map's name, not a type",
                self.row.name
            ),
            _ => format!("`{}` needs a plain name for the map here", self.row.name),
        };
        cx.push(
            Diagnostic::error(arg.span, message)
                .with_help(format!("the arguments are: {}", describe_params(self.row))),
        );
        None
    }

    /// The table type.
    fn table(
        &self,
        source: &SourceText,
        types: &TypeTable,
        cx: &mut Diagnostics,
    ) -> Option<TableType> {
        if let Some(table) = self.row.table {
            return Some(table);
        }
        let arg = self.get(MapParam::Table)?;
        let text = source.slice(arg.span).trim();
        let words = macros::words(source, arg.span);
        let expanded = types.conditions().macros().expand(&words, arg.span.start);
        let expanded = expanded.map_or_else(|| text.to_owned(), |words| macros::join(&words));
        let found = expanded
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .and_then(|name| TABLE_TYPES.iter().find(|(known, _)| *known == name));
        if let Some((_, table)) = found {
            return Some(*table);
        }
        let known = TABLE_TYPES
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect::<Vec<_>>()
            .join(", ");
        cx.push(
            Diagnostic::error(
                arg.span,
                format!("{text} is not a table type that is supported"),
            )
            .with_help(format!("the table types are: {known}")),
        );
        None
    }

    /// The type an argument gives.
    fn map_type(
        &self,
        param: MapParam,
        source: &SourceText,
        types: &TypeTable,
        cx: &mut Diagnostics,
    ) -> Option<MapType> {
        let arg = self.get(param)?;
        let spelling = source.slice(arg.span).trim().to_owned();
        let Some(ty) = arg.ty.as_deref() else {
            cx.push(Diagnostic::error(
                arg.span,
                format!(
                    "the {} of a map must be a type, `{spelling}` is none",
                    param.describe()
                ),
            ));
            return Some(MapType {
                ty: Type::Unknown(spelling.clone()),
                spelling,
                span: Some(arg.span),
            });
        };
        Some(MapType {
            ty: types.resolve_type_name(ty),
            spelling,
            span: Some(arg.span),
        })
    }
}

fn describe_params(row: &MapMacro) -> String {
    row.params
        .iter()
        .map(|param| param.describe())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Words that name a type wherever they stand.
fn is_type_word(name: &str) -> bool {
    known::typedef(name).is_some()
}
