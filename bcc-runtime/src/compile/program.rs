//! The words of a program, by what they may name.
//!
//! In: a [`Spec`] and the flags. Out: [`Program`]: which words are the program's own, which may be
//! names of the kernel, and which of those tags.

use super::includes::includes_own_file;
use super::words::{Role, words};
use super::{libbpf, tags};
use crate::spec::Spec;
use std::collections::{BTreeSet, HashSet};

/// The program's words, sorted by what they are.
pub(super) struct Program<'a> {
    pub(super) words: HashSet<&'a str>,
    /// Names of its own variables, members and macros.
    pub(super) own_words: HashSet<&'a str>,
    /// Names of the kernel.
    pub(super) names: BTreeSet<&'a str>,
    /// Which of them may be tags.
    pub(super) tags: HashSet<&'a str>,
}

impl<'a> Program<'a> {
    pub(super) fn new(spec: &'a Spec, cflags: &'a [String]) -> Self {
        let mut names: BTreeSet<&str> = spec.kernel_names.iter().map(AsRef::as_ref).collect();
        let all: HashSet<&str> = words(&spec.source).map(|word| word.text).collect();
        let own_words = spec.kernel_locals.iter().chain(spec.kernel_defined.iter());
        let own_words = own_words.map(AsRef::as_ref).collect();
        // `-DCTX=xdp_md` names a type of the kernel as well.
        let values = cflags.iter().filter_map(|flag| flag.split_once('='));
        let values = values.flat_map(|(_, value)| words(value));
        let behind_others = libbpf::kernel_names(&all).chain(values.map(|word| word.text));
        let behind_others: Vec<&str> = behind_others.collect();
        names.extend(&behind_others);
        let tags = if tags::are_plain(&spec.source, cflags) && !includes_own_file(spec, cflags) {
            let tags = words(&spec.source).filter(|word| word.role == Role::Tag);
            tags.map(|word| word.text).chain(behind_others).collect()
        } else {
            names.iter().copied().collect()
        };
        Self {
            words: all,
            own_words,
            names,
            tags,
        }
    }
}
