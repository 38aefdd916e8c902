//! Map definitions, as libbpf reads them.

use super::Lowerer;
use crate::model::MapDecl;
use crate::program::{MapKind, PIN_PREFIX, PINS, Sharing};
use std::fmt::Write as _;

impl Lowerer<'_> {
    /// A map, and the path it is pinned to.
    pub(super) fn map_definition(&self, map: &MapDecl<'_>) -> String {
        let name = &map.name.name;
        let mut out = format!("{} {name} SEC(\".maps\");", self.map_type(map));
        if map.sharing == Sharing::Pinned {
            let path = &map.pin;
            let _ = write!(
                out,
                " const char {PIN_PREFIX}{name}[] __attribute__((section(\"{PINS}\"), used)) = {path};"
            );
        }
        out
    }

    /// The struct that describes a map.
    fn map_type(&self, map: &MapDecl<'_>) -> String {
        // That of another program's map takes its place before anything is loaded.
        let kind = match map.kind {
            MapKind::Extern => MapKind::Hash,
            kind => kind,
        };
        let values = self.type_of_inner(map);
        let fields = [
            ("__type", "key", &map.key.spelling),
            ("__type", "value", &map.value.spelling),
            ("__uint", "max_entries", &map.max_entries),
            ("__uint", "map_flags", &map.flags),
            // An array without a length, so it comes last.
            ("__array", "values", &values),
        ];
        let mut out = format!("struct {{ __uint(type, {}); ", kind.kernel_name());
        for (macro_name, field, text) in fields {
            if !text.is_empty() {
                let _ = write!(out, "{macro_name}({field}, {text}); ");
            }
        }
        out.push('}');
        out
    }

    /// The type of the maps that a map of maps holds; empty for other maps.
    fn type_of_inner(&self, map: &MapDecl<'_>) -> String {
        let Some((name, _)) = &map.inner else {
            return String::new();
        };
        // Written out, since the text may define it further down.
        match self
            .model
            .find_map(name)
            .and_then(|at| self.model.maps.get(at))
        {
            Some(inner) if !inner.kind.holds_maps() && !inner.has_twin => self.map_type(inner),
            _ => format!("typeof({name})"),
        }
    }
}
