//! The bytes of a BTF blob.
//!
//! In: a file, or bytes. Out: the same as words, which types are made of, and as bytes, which names
//! are made of.

use crate::sys::mapping::Mapping;
use std::fs::File;
use std::io::{Read as _, Result};
use std::path::Path;
use zerocopy::IntoBytes as _;

/// Where the running kernel's types are.
pub(crate) const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";

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
