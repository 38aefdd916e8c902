//! What a program includes.
//!
//! In: its text, and what it names behind `#include`. Out: which of those are files of the user's own,
//! and the text without the others.

use super::flags;
use super::words::directive;
use crate::spec::Spec;
use std::path::{Path, PathBuf};

/// A text in which `#include` lines are empty: what they name stands in front already.
pub(super) fn without_includes(text: &str) -> String {
    includes_but(text, |_| false)
}

/// A text in which `#include` lines are empty, but those of `"files"` for which `keeps` says so.
pub(super) fn includes_but(text: &str, keeps: impl Fn(&str) -> bool) -> String {
    let is_dropped = |line: &str| {
        let Some(path) = directive(line, "include") else {
            return false;
        };
        let quoted = path
            .trim()
            .strip_prefix('"')
            .and_then(|path| path.split('"').next());
        !quoted.is_some_and(&keeps)
    };
    text.lines()
        .flat_map(|line| [if is_dropped(line) { "" } else { line }, "\n"])
        .collect()
}

/// Whether the text includes files of the user's own, which only clang reads.
pub(crate) fn includes_own_file(spec: &Spec, cflags: &[String]) -> bool {
    let mut includes = spec.includes.iter();
    includes.any(|path| own_file(path, cflags).is_some())
}

/// The file of the user's that clang finds by a name: here, or in a folder of the flags.
pub(super) fn own_file(path: &str, cflags: &[String]) -> Option<PathBuf> {
    let here = std::iter::once(Path::new(""));
    here.chain(flags::include_folders(cflags))
        .map(|folder| folder.join(path))
        .find(|file| file.is_file())
}
