//! Objects that were compiled before.
//!
//! In: digests of all that decides what an object is. Out: the object, if an earlier start made
//! it. An entry answers one request (program, flags, compiler) and is good for the text that clang
//! got then: where the kernel is still the same, that text would be the same; elsewhere the text is
//! made and compared.
//!
//! The cache only ever saves time. Where it cannot be used, programs start without it, and
//! [`Phases`](crate::Phases) say why.

mod digest;
mod entry;
mod folder;
mod place;
#[cfg(test)]
mod tests;

use crate::error::{Context as _, Result};
use folder::{Folder, Found};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use digest::{Digest, Hasher};
pub(crate) use entry::{Entry, Movable};
pub(crate) use place::CacheOptions;

/// Most bytes that all entries may have.
const MOST: u64 = 64 << 20;
/// Age in seconds at which an unfinished file has been left behind.
const LEFT_BEHIND: i64 = 3600;

/// The place of one request's entry.
#[derive(Debug)]
pub(crate) struct Slot {
    folder: PathBuf,
    request: Digest,
    most: u64,
}

impl Slot {
    /// The place, or why there is none.
    ///
    /// # Errors
    /// `InvalidInput` if the environment says something that makes no sense.
    pub(crate) fn find(
        options: &CacheOptions,
        request: Digest,
    ) -> Result<std::result::Result<Self, String>> {
        let folder = place::find(options)?;
        Ok(folder.map(|folder| Self {
            folder,
            request,
            most: MOST,
        }))
    }

    /// The entry, if there is one that can be trusted; an error if the folder cannot.
    pub(crate) fn read(&self) -> Result<Option<Entry>> {
        let folder = Folder::open(&self.folder)?;
        let bytes = folder.and_then(|folder| folder.read(&self.request.hex()));
        let entry = bytes.and_then(|bytes| Entry::from_bytes(&bytes));
        Ok(entry.filter(|entry| entry.request == self.request))
    }

    /// Puts an entry in the place, and removes the oldest ones if there are too many.
    pub(crate) fn write(&self, entry: &Entry) -> Result<()> {
        let folder = Folder::make(&self.folder)?;
        let written = folder.write(&self.request.hex(), &entry.to_bytes());
        written.with_context(|| format!("failed to write to `{}`", self.folder.display()))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |time| time.as_secs());
        for name in superfluous(folder.list()?, self.most, i64::try_from(now).unwrap_or(0)) {
            folder.remove(&name);
        }
        Ok(())
    }
}

/// Names of the files to remove: those that were left behind, and the oldest ones of too many. What
/// has another name than we give is somebody else's, and stays.
fn superfluous(files: Vec<Found>, most: u64, now: i64) -> Vec<String> {
    let (unfinished, others): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| folder::is_unfinished(&file.name));
    let ours = others.into_iter().filter(|file| Digest::is_hex(&file.name));
    let mut entries: Vec<Found> = ours.collect();
    entries.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.name.cmp(&b.name)));
    let mut sum = 0_u64;
    let old = entries.into_iter().filter(|entry| {
        sum = sum.saturating_add(entry.size);
        sum > most
    });
    let is_left = |file: &Found| file.time < now - LEFT_BEHIND;
    let left = unfinished.into_iter().filter(is_left);
    left.chain(old).map(|file| file.name).collect()
}

/// Whether a text is so many digits, as we write them.
fn is_hex(text: &str, digits: usize) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == digits && text.bytes().all(is_digit)
}
