//! Which of a BTF's names somebody wants.
//!
//! In: a set of wanted names. Out: [`Names`], which tells for a name of a BTF whether it is in the
//! set. A header asks this for tens of thousands of names and finds some dozens, so most must be
//! turned away without being read to the end.

use super::btf::Btf;
use std::collections::HashSet;

/// Slots in the filter; many more than names anyone wants.
const SLOTS: usize = 1 << 13;

/// A set of wanted names.
pub(crate) struct Names<'a> {
    set: &'a HashSet<&'a str>,
    /// By the first three bytes, whether any wanted name starts like that.
    filter: Box<[bool; SLOTS]>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(set: &'a HashSet<&'a str>) -> Self {
        let mut filter = Box::new([false; SLOTS]);
        for name in set {
            filter[slot(name.as_bytes())] = true;
        }
        Self { set, filter }
    }

    /// Whether the name at this offset is wanted; the empty one never is.
    pub(crate) fn has(&self, btf: &Btf, offset: u32) -> bool {
        offset != 0
            && self.filter[slot(btf.name_onward(offset))]
            && self.set.contains(btf.name(offset))
    }
}

/// Mixes the first three bytes of a name, which ends at a zero byte or at the end.
fn slot(name: &[u8]) -> usize {
    let mut mixed = 0;
    let mut at = 0;
    while at < 3 && at < name.len() && name[at] != 0 {
        mixed = mixed * 37 + name[at] as usize;
        at += 1;
    }
    mixed % SLOTS
}
