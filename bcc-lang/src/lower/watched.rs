//! Calls whose failures are counted.
//!
//! In: the calls, in the order in which they are found. Out: a number for each, which its counter has
//! in the emitted C.

use crate::span::Span;

/// A call whose failures are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Where it stands.
    pub span: Span,
    /// The map.
    pub map: String,
    /// The method, as the text names it.
    pub method: &'static str,
    /// The function it stands in; none if it stands in the definition of a macro.
    pub function: Option<String>,
}

/// All of them, by their numbers. Alternatives of an `#if` that are read one after the other have
/// what they share under one number.
#[derive(Clone, Debug, Default)]
pub struct WatchedCalls(Vec<Watched>);

impl WatchedCalls {
    /// The number of a call.
    pub(super) fn number(&mut self, call: Watched) -> usize {
        let known = self.0.iter().position(|known| known.span == call.span);
        known.unwrap_or_else(|| {
            self.0.push(call);
            self.0.len() - 1
        })
    }

    /// The calls in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Watched> {
        self.0.iter()
    }
}
