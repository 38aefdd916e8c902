//! Regular expressions over the names of probes.
//!
//! In: an expression as bcc takes it. Out: whether a name matches, the whole of it or its start.

use crate::error::{Error, ErrorKind, Result};
use regex_lite::Regex;

/// An expression with its anchors.
#[derive(Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// The whole name must match.
    pub(super) fn whole(expression: &str) -> Result<Self> {
        Self::new(expression, "$")
    }

    /// The name must begin with a match.
    pub(super) fn start(expression: &str) -> Result<Self> {
        Self::new(expression, "")
    }

    fn new(expression: &str, end: &str) -> Result<Self> {
        // By itself, or else `)(` and the like would come to mean something.
        let own = Regex::new(expression);
        let anchored = own.and_then(|_| Regex::new(&format!("^(?:{expression}){end}")));
        anchored.map(Self).map_err(|cause| {
            let text = format!("`{expression}` is no regular expression");
            Error::new(ErrorKind::InvalidInput, text).with_cause(cause)
        })
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The anchors hold for all alternatives.
    #[test]
    fn matches_whole_names_or_their_start() {
        let whole = Pattern::whole("vfs_read|vfs_w.*").unwrap();
        assert!(whole.matches("vfs_read") && whole.matches("vfs_write"));
        assert!(!whole.matches("vfs_readv") && !whole.matches("do_vfs_read"));
        let start = Pattern::start("sched:sched_sw|net:").unwrap();
        assert!(start.matches("sched:sched_switch") && start.matches("net:netif_rx"));
        assert!(!start.matches("syscalls:sched:sched_switch"));
    }

    /// What is no expression is named.
    #[test]
    fn refuses_nonsense() {
        for expression in ["vfs_(", ")(", "*"] {
            let error = Pattern::whole(expression).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let expected = format!("`{expression}` is no regular expression");
            assert_eq!(error.to_string(), expected);
        }
    }
}
