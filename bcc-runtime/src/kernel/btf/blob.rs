//! The bytes of a BTF blob.
//!
//! In: a file, or bytes. Out: the same as words, which types are made of, and as bytes, which names
//! are made of.

use super::damaged;
use crate::error;
use crate::sys::mapping::Mapping;
use std::fs::File;
use std::io::{Read as _, Result};
use std::ops::Range;
use std::path::Path;
use zerocopy::IntoBytes as _;

/// Where the running kernel's types are.
pub(crate) const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";

/// First two bytes of BTF, in the byte order of the machine it is for.
pub(super) const MAGIC: u32 = 0xeb9f;
/// Words in the header up to the lengths and offsets we read, these included.
pub(super) const HEADER_WORDS: usize = 6;

/// Where the parts of a blob are.
#[derive(Debug)]
pub(super) struct Parts {
    /// The types, in words.
    pub(super) types: Range<usize>,
    /// The names, in bytes; the last one is a zero byte.
    pub(super) names: Range<usize>,
}

/// A whole blob.
#[derive(Debug)]
pub(super) enum Blob {
    /// Our own copy, filled up to a whole word, and its length without that.
    Owned(Vec<u32>, usize),
    /// The kernel's own copy.
    Mapped(Mapping),
}

impl Blob {
    /// Maps or reads a file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        if path == Path::new(KERNEL_BTF) {
            // Since 6.16 the kernel lends out its own copy.
            if let Ok(mapping) = Mapping::new(&file) {
                return Ok(Self::Mapped(mapping));
            }
        }
        Self::read_all(file)
    }

    /// Copies bytes.
    pub(super) fn copy(bytes: &[u8]) -> Self {
        let mut words = vec![0_u32; bytes.len().div_ceil(4)];
        words.as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
        Self::Owned(words, bytes.len())
    }

    fn read_all(mut file: File) -> Result<Self> {
        let size = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        let mut words = vec![0_u32; size.div_ceil(4)];
        let mut filled = 0;
        // Sysfs hands out a page at a time.
        loop {
            let read = file.read(&mut words.as_mut_bytes()[filled..])?;
            filled += read;
            if read == 0 {
                return Ok(Self::Owned(words, filled));
            }
        }
    }

    /// Reads the header.
    pub(super) fn parts(&self) -> error::Result<Parts> {
        let header = self.words().get(..HEADER_WORDS);
        let header = header.ok_or_else(|| damaged("the header is cut off"))?;
        if header[0] & 0xffff != MAGIC {
            return Err(damaged("it does not start with BTF's magic number"));
        }
        let [_, header_len, type_off, type_len, name_off, name_len] =
            [0, 1, 2, 3, 4, 5].map(|at| header[at] as usize);
        if header_len % 4 != 0 || type_off % 4 != 0 || type_len % 4 != 0 {
            return Err(damaged("its types are not aligned"));
        }
        let first = (header_len + type_off) / 4;
        let names = header_len + name_off..header_len + name_off + name_len;
        let bytes = self.bytes().get(names.clone());
        if bytes.is_none_or(|bytes| bytes.last() != Some(&0)) {
            return Err(damaged("its names are cut off"));
        }
        Ok(Parts {
            types: first..first + type_len / 4,
            names,
        })
    }

    /// The whole words.
    pub(super) fn words(&self) -> &[u32] {
        match self {
            Self::Owned(words, len) => &words[..len / 4],
            Self::Mapped(mapping) => mapping.words(),
        }
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(words, len) => &words.as_bytes()[..*len],
            Self::Mapped(mapping) => mapping.bytes(),
        }
    }
}
