//! An object with what it was made of.
//!
//! In: the object and three digests. Out: bytes, and from bytes the same again, unless a single bit
//! of them has changed.

use super::digest::{Digest, LENGTH};

/// What the bytes begin with; the number changes with their meaning.
const MAGIC: &[u8; 16] = b"bcc-rs object 3\n";
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
    /// The same for kernels that have the members of their structs elsewhere.
    pub(crate) movable: Option<Movable>,
}

/// An object in which libbpf moves every access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Movable {
    /// The text that clang got, in which no member has a place.
    pub(crate) text: Digest,
    /// What clang made of it.
    pub(crate) object: Vec<u8>,
}

impl Entry {
    /// As bytes: the mark, the digest of all that follows, digests, and the objects with their lengths.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let movable = self.movable.as_ref();
        let text = movable.map_or(UNKNOWN, |movable| movable.text.0);
        let mut rest = Vec::new();
        rest.extend(self.request.0);
        rest.extend(self.kernel.map_or(UNKNOWN, |digest| digest.0));
        rest.extend(self.text.0);
        rest.extend(text);
        for object in [Some(&self.object), movable.map(|movable| &movable.object)] {
            let object = object.map_or(&[][..], Vec::as_slice);
            rest.extend((object.len() as u64).to_le_bytes());
            rest.extend(object);
        }
        let sum = Digest::of("entry", &rest);
        [MAGIC.as_slice(), &sum.0, &rest].concat()
    }

    /// From bytes; `None` if they are anything but what [`to_bytes`](Self::to_bytes) made.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (sum, rest) = rest.split_first_chunk()?;
        if Digest::of("entry", rest) != Digest(*sum) {
            return None;
        }
        let (request, rest) = split_digest(rest)?;
        let (kernel, rest) = split_digest(rest)?;
        let (text, rest) = split_digest(rest)?;
        let (movable_text, rest) = split_digest(rest)?;
        let (object, rest) = split_object(rest)?;
        let (movable, rest) = split_object(rest)?;
        let is_known = |digest: &Digest| digest.0 != UNKNOWN;
        let entry = Self {
            request,
            kernel: Some(kernel).filter(is_known),
            text,
            object,
            movable: is_known(&movable_text).then_some(Movable {
                text: movable_text,
                object: movable,
            }),
        };
        (rest.is_empty() && !entry.object.is_empty()).then_some(entry)
    }
}

fn split_digest(bytes: &[u8]) -> Option<(Digest, &[u8])> {
    let (digest, rest) = bytes.split_first_chunk::<LENGTH>()?;
    Some((Digest(*digest), rest))
}

fn split_object(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
    let (object, rest) = rest.split_at_checked(len)?;
    Some((object.to_owned(), rest))
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
            movable: None,
        }
    }

    fn movable() -> Entry {
        Entry {
            movable: Some(Movable {
                text: Digest::of("text", "m"),
                object: b"\x7fELF".to_vec(),
            }),
            ..entry(None)
        }
    }

    /// Out and in again, with and without a kernel.
    #[test]
    fn comes_back() {
        for kernel in [None, Some(Digest::of("kernel", "k"))] {
            let entry = entry(kernel);
            assert_eq!(Entry::from_bytes(&entry.to_bytes()), Some(entry));
            let entry = movable();
            assert_eq!(Entry::from_bytes(&entry.to_bytes()), Some(entry));
        }
    }

    /// Cut off anywhere, or with any byte changed, it is nothing.
    #[test]
    fn refuses_damage() {
        let bytes = movable().to_bytes();
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
