//! The arguments of a map macro, by what they mean.
//!
//! In: the arguments of one use and the macro's row. Out: what each means, or a message.

use super::maps::MapType;
use crate::ast::{ExprKind, Ident, MacroArg, MacroUse};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::maps::{MapMacro, MapParam, TABLE_TYPES, TableType};
use crate::known;
use crate::macros;
use crate::program::Type;
use crate::source::SourceText;
use crate::span::Span;
use crate::token::TokenKind;
use crate::types::TypeTable;

/// A table type as `BPF_TABLE` spells it: `hash`, `hash_of_maps$inner`, `hash:/sys/fs/bpf/counts`.
#[derive(Debug)]
pub(super) struct TableText {
    /// The type.
    pub(super) table: TableType,
    /// The name of the map whose like the map holds, and where it stands.
    pub(super) inner: Option<(String, Span)>,
    /// How C spells the path the map is pinned to.
    pub(super) pin: Option<String>,
}

impl TableText {
    /// `rest` is C that continues the text.
    fn parse(text: &str, rest: &str, span: Span) -> Option<Self> {
        let (text, path) = match text.split_once(':') {
            Some((text, path)) => (text, Some(path)),
            None => (text, None),
        };
        let (name, inner) = match text.split_once('$') {
            Some((name, inner)) => (name, Some(inner)),
            None => (text, None),
        };
        let (_, table) = TABLE_TYPES.iter().find(|(known, _)| *known == name)?;
        Some(Self {
            table: *table,
            inner: inner.map(|inner| (inner.to_owned(), span)),
            pin: path.map(|path| format!("\"{path}\"{rest}")),
        })
    }
}

/// The table type that an argument gives.
fn table_text(arg: &MacroArg, source: &SourceText, types: &TypeTable) -> Option<TableText> {
    if let Some(text) = literal(arg, source, types) {
        return TableText::parse(&text, "", arg.span);
    }
    // The path may be made of macros that only clang knows.
    let text = source.slice(arg.span).trim();
    let (text, rest) = text.strip_prefix('"')?.split_once('"')?;
    let has_path = text.contains(':');
    has_path.then(|| TableText::parse(text, rest, arg.span))?
}

/// What stands between the quotes of an argument's string literals, once macros are expanded.
fn literal(arg: &MacroArg, source: &SourceText, types: &TypeTable) -> Option<String> {
    let words = macros::words(source, arg.span);
    let words = types.conditions().macros().expand(&words, arg.span.start);
    let words = words.filter(|words| !words.is_empty())?;
    let pieces = words.iter().map(|word| {
        let text = word.text.strip_prefix('"')?.strip_suffix('"')?;
        (word.kind == TokenKind::String).then_some(text)
    });
    pieces.collect()
}

/// The arguments of one map macro, by what they mean.
pub(super) struct Args<'a> {
    row: &'static MapMacro,
    list: &'a [MacroArg],
}

impl<'a> Args<'a> {
    /// The arguments, if their number fits.
    pub(super) fn read(
        row: &'static MapMacro,
        use_: &'a MacroUse,
        cx: &mut Diagnostics,
    ) -> Option<Self> {
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

    pub(super) fn get(&self, param: MapParam) -> Option<&'a MacroArg> {
        let index = self.row.params.iter().position(|wanted| *wanted == param)?;
        self.list.get(index)
    }

    /// The map's name: one identifier that is no type.
    pub(super) fn name(&self, cx: &mut Diagnostics) -> Option<&'a Ident> {
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

    /// The text of an argument.
    pub(super) fn text(&self, param: MapParam, source: &SourceText) -> Option<String> {
        let arg = self.get(param)?;
        Some(source.slice(arg.span).trim().to_owned())
    }

    /// How C spells the number of entries, and where the text gives it.
    pub(super) fn size(&self, source: &SourceText) -> Option<(String, Span)> {
        let sized = |param, before: &str, behind: &str| {
            let text = self.text(param, source)?;
            Some((format!("{before}{text}{behind}"), self.get(param)?.span))
        };
        sized(MapParam::Size, "", "")
            .or_else(|| sized(MapParam::Pages, "(", ") * PAGE_SIZE"))
            .or_else(|| sized(MapParam::Stacks, "roundup_pow_of_two(", ")"))
    }

    /// The name of the map whose like the map holds.
    pub(super) fn inner(&self, source: &SourceText, types: &TypeTable) -> Option<(String, Span)> {
        let arg = self.get(MapParam::Inner)?;
        // What is no string is left to clang, which knows all macros.
        let text = literal(arg, source, types);
        let text = text.unwrap_or_else(|| source.slice(arg.span).trim().to_owned());
        Some((text, arg.span))
    }

    /// The table type, with what bcc appends to it.
    pub(super) fn table(
        &self,
        source: &SourceText,
        types: &TypeTable,
        cx: &mut Diagnostics,
    ) -> Option<TableText> {
        if let Some(table) = self.row.table {
            return Some(TableText {
                table,
                inner: None,
                pin: None,
            });
        }
        let arg = self.get(MapParam::Table)?;
        let parsed = table_text(arg, source, types);
        if parsed.is_some() {
            return parsed;
        }
        let text = source.slice(arg.span).trim();
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
    pub(super) fn map_type(
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
