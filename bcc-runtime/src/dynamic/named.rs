//! Things of a program text by their names.

use crate::error::{Error, ErrorKind, Result};
use crate::nearest::nearest;
use std::collections::BTreeMap;

/// How many nearest names a message offers.
const OFFERED: usize = 3;

/// The maps, programs or variables of a text that came at run time, by their names.
#[derive(Clone, Debug)]
pub struct Named<T> {
    /// What they are, for messages.
    what: &'static str,
    list: BTreeMap<String, T>,
}

impl<T> Named<T> {
    pub(super) fn new(what: &'static str, list: impl IntoIterator<Item = (String, T)>) -> Self {
        let list = list.into_iter().collect();
        Self { what, list }
    }

    /// The one of a name.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names.
    pub fn get(&self, name: &str) -> Result<&T> {
        self.list
            .get(name)
            .ok_or_else(|| not_found(self.what, name, self.names()))
    }

    /// All names, in alphabetic order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.keys().map(String::as_str)
    }

    /// All of them, in the alphabetic order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.list.iter().map(|(name, one)| (name.as_str(), one))
    }
}

/// The error for a name that the text does not have.
pub(super) fn not_found<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Error {
    let offer = match nearest(name, known.map(str::to_owned), OFFERED).as_slice() {
        [] => String::new(),
        names => format!("; nearest names: `{}`", names.join("`, `")),
    };
    let text = format!("the program text has no {what} `{name}`{offer}");
    Error::new(ErrorKind::NotFound, text)
}
