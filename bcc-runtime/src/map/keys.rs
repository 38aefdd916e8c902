//! Walking the keys of a map that the kernel keeps changing.
//!
//! In: a map. Out: each key once.
//!
//! The kernel knows only "the key behind this one", and starts again from the first if this one is
//! gone. So the walk asks for the next key before it hands out the current one, which the caller
//! may then remove; and it remembers what it has handed out, for keys that programs remove.

use super::raw::RawMap;
use crate::error::Result;
use std::collections::HashSet;

/// How many times the length of the map a walk may take before it gives up.
const MAX_PASSES: u64 = 16;

/// An iterator over the keys of a map, as bytes.
#[derive(Debug)]
pub(crate) struct KeyWalk<'map> {
    map: &'map RawMap,
    next: Next,
    seen: HashSet<Box<[u8]>>,
    steps_left: u64,
}

#[derive(Debug)]
enum Next {
    First,
    Key(Box<[u8]>),
    End,
}

impl<'map> KeyWalk<'map> {
    pub(crate) fn new(map: &'map RawMap) -> Self {
        Self {
            map,
            next: Next::First,
            seen: HashSet::new(),
            steps_left: (u64::from(map.max_entries()) + 1) * MAX_PASSES,
        }
    }

    /// The key that the last step found, after asking the kernel for the one behind it.
    fn step(&mut self) -> Result<Option<Box<[u8]>>> {
        let current = match std::mem::replace(&mut self.next, Next::End) {
            Next::First => self.map.next_key(None)?,
            Next::Key(key) => Some(key),
            Next::End => None,
        };
        let Some(current) = current else {
            return Ok(None);
        };
        if let Some(next) = self.map.next_key(Some(&current))? {
            self.next = Next::Key(next);
        }
        Ok(Some(current))
    }

    /// The next key that was not handed out before.
    fn new_key(&mut self) -> Result<Option<Box<[u8]>>> {
        while let Some(key) = self.step()? {
            self.steps_left = self.steps_left.saturating_sub(1);
            if self.steps_left == 0 {
                self.next = Next::End;
                return Err(self.map.too_fast());
            }
            if self.seen.insert(key.clone()) {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }
}

impl Iterator for KeyWalk<'_> {
    type Item = Result<Box<[u8]>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.new_key().transpose()
    }
}
