//! Map definitions, as libbpf reads them.

use super::Lowerer;
use crate::model::MapDecl;
use crate::program::{MapKind, PIN_PREFIX, PINS, Sharing};
use std::fmt::Write as _;

impl Lowerer<'_> {
    /// A map, and the path it is pinned to.
    pub(super) fn map_definition(&self, map: &MapDecl<'_>) -> String {
        let name = &map.name.name;
        let start = map.use_.span.start;
        let indent = self.source.indent_at(start);
        // What is wrong with a member is wrong with the line that defines the map.
        let mark = format!("#line {}\n", self.source.position(start).line);
        let mut out = format!(
            "{} {name} SEC(\".maps\");",
            self.map_type(map, &indent, &mark)
        );
        if map.sharing == Sharing::Pinned {
            let path = &map.pin;
            let _ = write!(
                out,
                "\n{indent}const char {PIN_PREFIX}{name}[] __attribute__((section(\"{PINS}\"), used)) = {path};"
            );
        }
        out
    }

    /// The struct that describes a map, a line for each member, each behind `mark`.
    fn map_type(&self, map: &MapDecl<'_>, indent: &str, mark: &str) -> String {
        let inside = format!("{indent}{}", self.source.indent_unit());
        // That of another program's map takes its place before anything is loaded.
        let kind = match map.kind {
            MapKind::Extern => MapKind::Hash,
            kind => kind,
        };
        let values = self.type_of_inner(map, &inside);
        let fields = [
            ("__type", "key", &map.key.spelling),
            ("__type", "value", &map.value.spelling),
            ("__uint", "max_entries", &map.max_entries),
            ("__uint", "map_flags", &map.flags),
            // An array without a length, so it comes last.
            ("__array", "values", &values),
        ];
        let mut out = format!(
            "struct {{\n{mark}{inside}__uint(type, {});\n",
            kind.kernel_name()
        );
        for (macro_name, field, text) in fields {
            if !text.is_empty() {
                let _ = writeln!(out, "{mark}{inside}{macro_name}({field}, {text});");
            }
        }
        out.push_str(mark);
        out.push_str(indent);
        out.push('}');
        out
    }

    /// The type of the maps that a map of maps holds; empty for other maps.
    fn type_of_inner(&self, map: &MapDecl<'_>, indent: &str) -> String {
        let Some((name, _)) = &map.inner else {
            return String::new();
        };
        // Written out, since the text may define it further down.
        match self
            .model
            .find_map(name)
            .and_then(|at| self.model.maps.get(at))
        {
            Some(inner) if !inner.kind.holds_maps() && !inner.has_twin => {
                // It stands between the parentheses of a macro, where no mark can be.
                self.map_type(inner, indent, "")
            }
            _ => format!("typeof({name})"),
        }
    }
}
