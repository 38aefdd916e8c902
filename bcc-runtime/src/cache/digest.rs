//! Digests of what an object is made of.
//!
//! In: parts, in a fixed order. Out: [`Digest`]. Each part is told apart from its neighbours, so
//! that no two lists of parts have the same digest.

use super::is_hex;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Bytes of a digest.
pub(super) const LENGTH: usize = 32;

/// A digest: equal digests mean equal parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(pub(super) [u8; LENGTH]);

impl Digest {
    /// The digest of a single part.
    pub(crate) fn of(purpose: &str, part: impl AsRef<[u8]>) -> Self {
        let mut hasher = Hasher::new(purpose);
        hasher.add(part);
        hasher.finish()
    }

    /// As text, fit for the name of a file.
    pub(super) fn hex(self) -> String {
        let mut text = String::new();
        for byte in self.0 {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Whether a file's name is that of a digest.
    pub(super) fn is_hex(name: &str) -> bool {
        is_hex(name, 2 * LENGTH)
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A digest while it grows.
pub(crate) struct Hasher(Sha256);

impl Hasher {
    /// Starts a digest; those for different purposes are never equal.
    pub(crate) fn new(purpose: &str) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.add(purpose);
        hasher
    }

    /// Adds a part.
    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// Adds a list of parts, and how many there are.
    pub(crate) fn add_all<T: AsRef<[u8]>>(&mut self, parts: &[T]) {
        self.add(parts.len().to_le_bytes());
        for part in parts {
            self.add(part);
        }
    }

    pub(crate) fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_all(parts: &[&str]) -> Digest {
        let mut hasher = Hasher::new("test");
        hasher.add_all(parts);
        hasher.finish()
    }

    /// The border between parts counts, and so do the purpose and the number of parts.
    #[test]
    fn tells_parts_apart() {
        assert_eq!(of_all(&["a", "b"]), of_all(&["a", "b"]));
        assert_ne!(of_all(&["ab", ""]), of_all(&["a", "b"]));
        assert_ne!(of_all(&["a"]), of_all(&["a", ""]));
        assert_ne!(Digest::of("x", "a"), Digest::of("y", "a"));
        assert_eq!(Digest::of("x", "a").hex().len(), 64);
    }
}
