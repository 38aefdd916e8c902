//! A file of the kernel's, seen in place.
//!
//! In: the open file of the kernel's own types. Out: its bytes as words, without a copy.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::ptr::{self, NonNull};

/// The mapped file; unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u32>,
    /// Length in bytes, as mapped.
    len: usize,
}

impl Mapping {
    /// Maps a file the kernel itself holds in memory that never changes. No other file may be
    /// given: somebody could change it while we hold a slice of it.
    ///
    /// # Minimum kernel version
    /// 6.16, for `/sys/kernel/btf/vmlinux`.
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        let len = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        let fd = file.as_raw_fd();
        // SAFETY: a new private mapping at a place the kernel chooses takes nobody's memory away;
        // the descriptor is open.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len,
                libc::PROT_READ,
                libc::MAP_PRIVATE,
                fd,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at zero"))?;
        Ok(Self { start, len })
    }

    /// The whole words of the file.
    pub(crate) fn words(&self) -> &[u32] {
        // SAFETY: the mapping starts at a page, is `len` bytes long, is readable and lives as long
        // as `self`; the kernel's own types, which `new` asks for, never change.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len / 4) }
    }

    /// All bytes of the file.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: as in `words`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast(), self.len) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this is the mapping `new` made, and no slice of it outlives `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

// SAFETY: the mapping is read-only memory of the process, tied to no thread.
unsafe impl Send for Mapping {}
// SAFETY: as above; shared references only read.
unsafe impl Sync for Mapping {}
