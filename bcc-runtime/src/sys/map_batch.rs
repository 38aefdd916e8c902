//! Many entries of a map with one system call.
//!
//! In: buffers for keys and values, one behind the other. Out: how many entries the kernel went
//! through, and whether there are more. The buffers are checked against the map's sizes.

use super::check;
use super::map::MapFd;
use std::ffi::c_void;
use std::io;
use std::ptr;

/// The kernel's own error number for what a kind of map cannot do; no C library names it.
const ENOTSUPP: i32 = 524;

/// What the kernel wants for its place in a hash table, whose keys may be shorter.
const LEAST_PLACE: usize = 8;

/// Whether entries stay in the map when they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// They stay.
    Copy,
    /// They are removed.
    Take,
}

/// How far entries have been read.
#[derive(Debug)]
pub(crate) struct Cursor {
    place: Vec<u8>,
    started: bool,
}

impl Cursor {
    /// The bucket of a hash that comes next.
    pub(crate) fn bucket(&self) -> u32 {
        let [a, b, c, d, ..] = self.place[..] else {
            return 0;
        };
        u32::from_ne_bytes([a, b, c, d])
    }
}

/// What one batch of a reading gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    /// So many entries, and there are more.
    More(usize),
    /// So many entries, the last ones.
    Last(usize),
    /// Nothing: entries that the kernel reads as one do not fit into the buffers.
    TooSmall,
    /// Nothing: somebody holds the next bucket, and the kernel does not wait for it.
    Busy,
    /// Nothing: neither this kernel nor this kind of map has batches.
    Unsupported,
}

/// What one batch of changes did: how many entries, and what was wrong with the one behind them.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) done: usize,
    pub(crate) failure: Option<io::Error>,
}

impl MapFd {
    /// A reading from the first entry on.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor {
            place: vec![0; self.key_size().max(LEAST_PLACE)],
            started: false,
        }
    }

    /// A reading of a hash from one of its buckets on.
    pub(crate) fn cursor_at(&self, bucket: u32) -> Cursor {
        let mut cursor = self.cursor();
        cursor.place[..4].copy_from_slice(&bucket.to_ne_bytes());
        cursor.started = true;
        cursor
    }

    /// Fills `keys` and `values` with the entries behind `cursor`.
    pub(crate) fn read_batch(
        &self,
        cursor: &mut Cursor,
        keys: &mut [u8],
        values: &mut [u8],
        reading: Reading,
    ) -> io::Result<Batch> {
        let mut count = self.check_room(keys, Some(values))?;
        let place: *mut c_void = cursor.place.as_mut_ptr().cast();
        let from = if cursor.started {
            place
        } else {
            ptr::null_mut()
        };
        let call = match reading {
            Reading::Copy => libbpf_sys::bpf_map_lookup_batch,
            Reading::Take => libbpf_sys::bpf_map_lookup_and_delete_batch,
        };
        let (keys, values) = (keys.as_mut_ptr().cast(), values.as_mut_ptr().cast());
        // SAFETY: the kernel writes at most `count` keys and values, for which both slices were
        // checked to have room. It reads its place at the start and writes it at the end: four
        // bytes or a key, and `place` has room for the longer of both.
        let returned = unsafe {
            call(
                self.raw(),
                from,
                place,
                keys,
                values,
                &raw mut count,
                ptr::null(),
            )
        };
        let count = count as usize;
        let batch = match check(returned) {
            Ok(_) => Batch::More(count),
            Err(error) => match error.raw_os_error() {
                Some(libc::ENOENT) => Batch::Last(count),
                Some(libc::ENOSPC) => Batch::TooSmall,
                Some(libc::EBUSY | libc::EDEADLK | libc::ETIMEDOUT) => match count {
                    0 => Batch::Busy,
                    // What has been read, or taken, up to there counts.
                    count => Batch::More(count),
                },
                Some(ENOTSUPP | libc::EINVAL) if !cursor.started => Batch::Unsupported,
                _ => return Err(error),
            },
        };
        // The place was written unless the kernel has no batches.
        cursor.started |= batch != Batch::Unsupported;
        Ok(batch)
    }

    /// Writes entries; `None` if neither this kernel nor this kind of map has batches.
    pub(crate) fn update_batch(&self, keys: &[u8], values: &[u8]) -> io::Result<Option<Changed>> {
        let given = self.check_room(keys, Some(values))?;
        let mut count = given;
        let (keys, values) = (keys.as_ptr().cast(), values.as_ptr().cast());
        // SAFETY: the kernel reads `count` keys and values; both slices were checked to have as
        // many.
        let returned = unsafe {
            libbpf_sys::bpf_map_update_batch(self.raw(), keys, values, &raw mut count, ptr::null())
        };
        Ok(changed(returned, count, given))
    }

    /// Removes entries; `None` if neither this kernel nor this kind of map has batches.
    ///
    /// A key that is not there is a failure.
    pub(crate) fn delete_batch(&self, keys: &[u8]) -> io::Result<Option<Changed>> {
        let given = self.check_room(keys, None)?;
        let mut count = given;
        let keys = keys.as_ptr().cast();
        // SAFETY: the kernel reads `count` keys; the slice was checked to have as many.
        let returned = unsafe {
            libbpf_sys::bpf_map_delete_batch(self.raw(), keys, &raw mut count, ptr::null())
        };
        Ok(changed(returned, count, given))
    }

    /// How many entries the buffers are for.
    fn check_room(&self, keys: &[u8], values: Option<&[u8]>) -> io::Result<u32> {
        let count = keys.len().checked_div(self.key_size()).unwrap_or(0);
        let whole = keys.len() == count * self.key_size()
            && values.is_none_or(|values| values.len() == count * self.value_size());
        match u32::try_from(count) {
            Ok(count) if whole => Ok(count),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "keys and values of a batch are not as many as each other",
            )),
        }
    }
}

/// What a batch of changes did. `count` is what the kernel has left of the `given` number of
/// entries: the number of those done, or the same number if it did not get as far as the first.
fn changed(returned: i32, count: u32, given: u32) -> Option<Changed> {
    let failure = check(returned).err();
    let done = match &failure {
        Some(_) if count == given => 0,
        _ => count as usize,
    };
    let code = failure.as_ref().and_then(io::Error::raw_os_error);
    match code {
        Some(ENOTSUPP | libc::EINVAL) if done == 0 => None,
        _ => Some(Changed { done, failure }),
    }
}
