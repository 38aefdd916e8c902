//! An object with what it was made of.
//!
//! In: the object and three digests. Out: bytes, and from bytes the same again, unless a single bit
//! of them has changed.

use super::digest::{Digest, Hasher, LENGTH};

/// What the bytes begin with; the number changes with their meaning.
const MAGIC: &[u8; 16] = b"bcc-rs object 2\n";
/// Bytes in front of the object: the mark and four digests.
const HEADER: usize = MAGIC.len() + 4 * LENGTH;
/// What stands for a digest that is not known; no digest is made of zeros only.
const UNKNOWN: [u8; LENGTH] = [0; LENGTH];

/// An object with what it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What was asked for: the program, the flags, the compiler.
    pub(crate) request: Digest,
    /// The kernel on which the text below was made; `None` if the text depends on more than that.
    pub(crate) kernel: Option<Digest>,
    /// The text that clang got.
    pub(crate) text: Digest,
    /// What clang made of it.
    pub(crate) object: Vec<u8>,
}

impl Entry {
    /// As bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.object.len());
        bytes.extend(MAGIC);
        bytes.extend(self.request.0);
        bytes.extend(self.kernel.map_or(UNKNOWN, |digest| digest.0));
        bytes.extend(self.text.0);
        bytes.extend(self.sum().0);
        bytes.extend(&self.object);
        bytes
    }

    /// From bytes; `None` if they are anything but what [`to_bytes`](Self::to_bytes) made.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (request, rest) = rest.split_first_chunk()?;
        let (kernel, rest) = rest.split_first_chunk()?;
        let (text, rest) = rest.split_first_chunk()?;
        let (sum, object) = rest.split_first_chunk()?;
        let entry = Self {
            request: Digest(*request),
            kernel: Some(Digest(*kernel)).filter(|digest| digest.0 != UNKNOWN),
            text: Digest(*text),
            object: object.to_owned(),
        };
        (entry.sum() == Digest(*sum) && !object.is_empty()).then_some(entry)
    }

    /// The digest of all the rest.
    fn sum(&self) -> Digest {
        let mut hasher = Hasher::new("entry");
        hasher.add(self.request.0);
        hasher.add(self.kernel.map_or(UNKNOWN, |digest| digest.0));
        hasher.add(self.text.0);
        hasher.add(&self.object);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kernel: Option<Digest>) -> Entry {
        Entry {
            request: Digest::of("request", "r"),
            kernel,
            text: Digest::of("text", "t"),
            object: b"\x7fELF and more".to_vec(),
        }
    }

    /// Out and in again, with and without a kernel.
    #[test]
    fn comes_back() {
        for kernel in [None, Some(Digest::of("kernel", "k"))] {
            let entry = entry(kernel);
            assert_eq!(Entry::from_bytes(&entry.to_bytes()), Some(entry));
        }
    }

    /// Cut off anywhere, or with any byte changed, it is nothing.
    #[test]
    fn refuses_damage() {
        let bytes = entry(None).to_bytes();
        for at in 0..bytes.len() {
            assert_eq!(Entry::from_bytes(&bytes[..at]), None, "cut at {at}");
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(Entry::from_bytes(&damaged), None, "changed at {at}");
        }
        let longer = [bytes, vec![0]].concat();
        assert_eq!(Entry::from_bytes(&longer), None);
    }
}
