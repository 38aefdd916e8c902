//! Names by place: what a name means at an offset of the text.
//!
//! In: declarations in the order of the text, each with the scope it is visible in. Out: the
//! innermost declaration that reaches an offset.

use crate::span::Span;
use std::collections::BTreeMap;

/// The scope of what is declared outside all functions.
pub(super) const FILE: Span = Span::new(0, u32::MAX);

#[derive(Clone, Debug)]
struct Entry<T> {
    /// From the declaration to the end of its scope.
    reach: Span,
    at_file_scope: bool,
    value: T,
}

/// One name space of C.
#[derive(Clone, Debug)]
pub(super) struct Scoped<T> {
    names: BTreeMap<String, Vec<Entry<T>>>,
}

impl<T> Default for Scoped<T> {
    fn default() -> Self {
        Self {
            names: BTreeMap::new(),
        }
    }
}

impl<T> Scoped<T> {
    /// Declares `name` from `at` to the end of `scope`; to be called in the order of the text.
    pub(super) fn declare(&mut self, name: &str, at: u32, scope: Span, value: T) {
        let entry = Entry {
            reach: Span::new(at, scope.end),
            at_file_scope: scope == FILE,
            value,
        };
        self.names.entry(name.to_owned()).or_default().push(entry);
    }

    /// What `name` means at `at`.
    ///
    /// A name of the file scope is also found before its declaration: C forbids that use, or it
    /// stands in a text other than the one the offset belongs to.
    pub(super) fn get(&self, name: &str, at: u32) -> Option<&T> {
        let entries = self.names.get(name)?;
        let reaching = entries
            .iter()
            .rev()
            .find(|entry| entry.reach.start <= at && at < entry.reach.end);
        reaching.map_or_else(|| self.at_file_scope(name), |entry| Some(&entry.value))
    }

    /// The names declared outside all functions.
    pub(super) fn file_scope_names(&self) -> impl Iterator<Item = &str> {
        let names = self
            .names
            .iter()
            .filter(|(_, entries)| entries.iter().any(|entry| entry.at_file_scope));
        names.map(|(name, _)| name.as_str())
    }

    /// What `name` means outside all functions, at the end of the text.
    pub(super) fn at_file_scope(&self, name: &str) -> Option<&T> {
        let entries = self.names.get(name)?;
        entries
            .iter()
            .rev()
            .find(|entry| entry.at_file_scope)
            .map(|entry| &entry.value)
    }
}
