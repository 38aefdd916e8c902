//! Memory that programs in the kernel and this process share.
//!
//! In: the map behind a section of variables. Out: copies of bytes, there and back. Programs change
//! the memory at any time, so nobody gets a reference into it: all access is by relaxed atomic
//! loads and stores of the largest pieces that alignment allows, never smaller than the scalars in
//! it. So a scalar at its natural alignment is always read and written whole.

use libbpf_rs::MapCore;
use std::io;
use std::os::fd::AsRawFd as _;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// The mapped value of a map with one element; unmapped when dropped.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    start: NonNull<u8>,
    len: usize,
    writable: bool,
}

impl SharedMemory {
    /// Maps the value of a map that libbpf made for a section of variables.
    ///
    /// # Minimum kernel version
    /// 5.5, for `BPF_F_MMAPABLE`.
    pub(crate) fn map(map: &impl MapCore, writable: bool) -> io::Result<Self> {
        let len = map.value_size() as usize;
        let protection = if writable {
            libc::PROT_READ | libc::PROT_WRITE
        } else {
            libc::PROT_READ
        };
        let fd = map.as_fd().as_raw_fd();
        // SAFETY: a new mapping at a place the kernel chooses takes nobody's memory away; the
        // descriptor is open.
        let start =
            unsafe { libc::mmap(ptr::null_mut(), len, protection, libc::MAP_SHARED, fd, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at zero"))?;
        Ok(Self {
            start,
            len,
            writable,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.writable
    }

    /// Copies the bytes from `offset` on; `false` if there are not so many.
    pub(crate) fn read(&self, offset: usize, bytes: &mut [u8]) -> bool {
        let is_inside = self.has(offset, bytes.len());
        if is_inside {
            for Piece { at, from, size } in pieces(offset, bytes.len()) {
                self.load(at, &mut bytes[from..from + size]);
            }
        }
        is_inside
    }

    /// Replaces the bytes from `offset` on; `false` if there are not so many, or if they cannot be
    /// written.
    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) -> bool {
        let is_inside = self.writable && self.has(offset, bytes.len());
        if is_inside {
            for Piece { at, from, size } in pieces(offset, bytes.len()) {
                self.store(at, &bytes[from..from + size]);
            }
        }
        is_inside
    }

    fn has(&self, offset: usize, len: usize) -> bool {
        offset.checked_add(len).is_some_and(|end| end <= self.len)
    }
}

/// Loads and stores of one piece, by its size.
macro_rules! atomics {
    ($($size:literal: $atomic:ty, $integer:ty;)*) => {
        impl SharedMemory {
            /// Fills one piece; `at` and its length come from `pieces`, within `len`.
            fn load(&self, at: usize, piece: &mut [u8]) {
                match piece.len() {
                    $($size => {
                        // SAFETY: the mapping begins at a page and `at` is a multiple of the size, so
                        // the place is aligned; it lies within the mapping, as `read` has checked,
                        // which lives as long as `self`. Nobody in this process accesses it but by
                        // atomics.
                        let place = unsafe { <$atomic>::from_ptr(self.start.as_ptr().add(at).cast()) };
                        piece.copy_from_slice(&place.load(Ordering::Relaxed).to_ne_bytes());
                    })*
                    _ => {}
                }
            }

            /// Writes one piece; `at` and its length come from `pieces`, within `len`.
            fn store(&self, at: usize, piece: &[u8]) {
                match piece.len() {
                    $($size => {
                        let mut bytes = [0; $size];
                        bytes.copy_from_slice(piece);
                        // SAFETY: as in `load`; the mapping is writable, as `write` has checked.
                        let place = unsafe { <$atomic>::from_ptr(self.start.as_ptr().add(at).cast()) };
                        place.store(<$integer>::from_ne_bytes(bytes), Ordering::Relaxed);
                    })*
                    _ => {}
                }
            }
        }
    };
}

atomics! {
    1: AtomicU8, u8;
    2: AtomicU16, u16;
    4: AtomicU32, u32;
    8: AtomicU64, u64;
}

/// Some bytes that are copied at once.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    /// Where they are in the memory, a multiple of `size`.
    at: usize,
    /// Where they are in what is copied.
    from: usize,
    /// 1, 2, 4 or 8.
    size: usize,
}

/// The largest aligned pieces of a range.
fn pieces(offset: usize, len: usize) -> impl Iterator<Item = Piece> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = offset + from;
        let fits = |size: &usize| at.is_multiple_of(*size) && *size <= len - from;
        let size = [8, 4, 2, 1].into_iter().find(fits)?;
        let piece = Piece { at, from, size };
        from += size;
        Some(piece)
    })
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: this is the mapping `map` made, and nothing points into it.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

// SAFETY: the mapping is memory of the process, tied to no thread.
unsafe impl Send for SharedMemory {}
// SAFETY: as above; all access is atomic.
unsafe impl Sync for SharedMemory {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A range is cut into the largest aligned pieces, without a gap.
    #[test]
    fn cuts_ranges() {
        let sizes = |offset, len| {
            let list: Vec<_> = pieces(offset, len).collect();
            assert_eq!(list.iter().map(|piece| piece.size).sum::<usize>(), len);
            list.iter().map(|piece| piece.size).collect::<Vec<_>>()
        };
        assert_eq!(sizes(8, 8), [8]);
        assert_eq!(sizes(4, 16), [4, 8, 4]);
        assert_eq!(sizes(1, 7), [1, 2, 4]);
        assert_eq!(sizes(3, 0), [0_usize; 0]);
    }
}
