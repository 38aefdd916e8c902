//! The object an earlier start has left in the cache.
//!
//! In: what is to be compiled. Out: the object, if one fits, and a place for a new one if not. Two
//! comparisons: on the same kernel as then nothing has to be read or written; on another one the
//! text is made and compared, which needs no clang either.

use super::identity;
use super::unit::Unit;
use crate::cache::{Digest, Entry, Slot};
use crate::error::Result;
use crate::load::StartOptions;
use crate::phases::CacheUse;
use crate::spec::Spec;
use std::path::Path;

/// What the cache has for a program.
#[derive(Debug, Default)]
pub(super) struct Reuse {
    slot: Option<Slot>,
    request: Option<Digest>,
    kernel: Option<Digest>,
    found: Option<Entry>,
    /// Why the cache is of no use.
    note: Option<String>,
}

impl Reuse {
    /// Without a cache, and why.
    pub(super) fn none(why: impl Into<String>) -> Self {
        Self {
            note: Some(why.into()),
            ..Self::default()
        }
    }

    /// Looks into the cache.
    ///
    /// # Errors
    /// `InvalidInput` if the environment says something that makes no sense.
    pub(super) fn look(
        spec: &Spec,
        options: &StartOptions,
        clang: &Path,
        arguments: &[String],
    ) -> Result<Self> {
        if let Some(why) = identity::obstacle(spec, options) {
            return Ok(Self::none(why));
        }
        let program = identity::program(spec, options, arguments)?;
        let Some(request) = identity::request(program, options, clang) else {
            return Ok(Self::none("there is no such clang"));
        };
        let slot = Slot::find(&options.cache, request)?;
        Ok(Self::of_slot(spec, options, slot, request))
    }

    /// Looks into a place of the cache, if there is one.
    pub(super) fn of_slot(
        spec: &Spec,
        options: &StartOptions,
        slot: std::result::Result<Slot, String>,
        request: Digest,
    ) -> Self {
        let slot = match slot {
            Ok(slot) => slot,
            Err(why) => return Self::none(why),
        };
        let found = match slot.read() {
            Ok(found) => found,
            Err(error) => return Self::none(format!("{error:#}")),
        };
        Self {
            kernel: identity::kernel(spec, options),
            slot: Some(slot),
            request: Some(request),
            found,
            note: None,
        }
    }

    /// Whether there is anything the text could be compared with.
    pub(super) fn has_entry(&self) -> bool {
        self.found.is_some()
    }

    /// The object, if this is the kernel it was made on.
    pub(super) fn for_same_kernel(&mut self) -> Option<Vec<u8>> {
        let same = |entry: &Entry| entry.kernel.is_some() && entry.kernel == self.kernel;
        self.found
            .take_if(|entry| same(entry))
            .map(|entry| entry.object)
    }

    /// The object, if it was made of this text. It is noted for this kernel then.
    pub(super) fn for_same_text(&mut self, unit: &Unit) -> Option<Vec<u8>> {
        let text = text_digest(unit);
        let entry = self.found.take_if(|entry| entry.text == text)?;
        if unit.settled && self.kernel.is_some() {
            self.keep(unit, &entry.object);
        }
        Some(entry.object)
    }

    /// Leaves an object to later starts.
    pub(super) fn keep(&mut self, unit: &Unit, object: &[u8]) {
        let (Some(slot), Some(request)) = (&self.slot, self.request) else {
            return;
        };
        let written = slot.write(&Entry {
            request,
            kernel: self.kernel.filter(|_| unit.settled),
            text: text_digest(unit),
            object: object.to_owned(),
            movable: None,
        });
        self.note = written.err().map(|error| format!("{error:#}"));
    }

    /// What became of it, where the object had to be compiled.
    pub(super) fn into_use(self) -> CacheUse {
        self.note.map_or(CacheUse::Miss, CacheUse::Off)
    }
}

/// The text as it is compared.
fn text_digest(unit: &Unit) -> Digest {
    Digest::of("text", &unit.text)
}
