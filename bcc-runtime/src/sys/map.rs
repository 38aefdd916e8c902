//! One map, as bytes.
//!
//! In: a file descriptor of a map and its sizes. Out: lookups and changes; every slice is checked
//! against the sizes, since the kernel would read and write past a short one.

use super::check;
use libbpf_rs::{MapCore, MapType};
use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::ptr;

/// A map and what the kernel says about it.
#[derive(Debug)]
pub(crate) struct MapFd {
    fd: OwnedFd,
    key_size: usize,
    value_size: usize,
}

/// Flags that belong to a descriptor, not to the map.
pub(crate) const ACCESS_FLAGS: u32 = libbpf_sys::BPF_F_RDONLY | libbpf_sys::BPF_F_WRONLY;

/// Options for making a map with flags.
pub(crate) fn create_options(flags: u32) -> libbpf_sys::bpf_map_create_opts {
    libbpf_sys::bpf_map_create_opts {
        sz: super::size_u32::<libbpf_sys::bpf_map_create_opts>().into(),
        map_flags: flags,
        ..libbpf_sys::bpf_map_create_opts::default()
    }
}

/// What an update does if the key exists, or does not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Update {
    /// Insert or replace.
    Any,
    /// Insert only.
    NewKey,
    /// Replace only.
    OldKey,
}

impl MapFd {
    /// Takes a duplicate of a map's descriptor.
    ///
    /// `value_size` is what one lookup fills: for a per-CPU map, the values of all possible CPUs.
    pub(crate) fn new(map: &impl MapCore, value_size: usize) -> io::Result<Self> {
        let fd = map.as_fd().try_clone_to_owned()?;
        let key_size = map.key_size() as usize;
        Ok(Self {
            fd,
            key_size,
            value_size,
        })
    }

    pub(crate) fn key_size(&self) -> usize {
        self.key_size
    }

    pub(crate) fn value_size(&self) -> usize {
        self.value_size
    }

    pub(super) fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Fills `value` and tells whether the key exists.
    pub(crate) fn lookup(&self, key: &[u8], value: &mut [u8]) -> io::Result<bool> {
        self.check_sizes(key, Some(value))?;
        let (key, value) = (key_ptr(key), value.as_mut_ptr().cast());
        // SAFETY: the kernel reads `key_size` bytes and writes `value_size` bytes; both slices
        // were checked to have just that many.
        let returned = unsafe { libbpf_sys::bpf_map_lookup_elem(self.raw(), key, value) };
        found(check(returned))
    }

    /// Fills `value`, removes the entry, and tells whether it existed.
    pub(crate) fn take(&self, key: &[u8], value: &mut [u8]) -> io::Result<bool> {
        self.check_sizes(key, Some(value))?;
        let (key, value) = (key_ptr(key), value.as_mut_ptr().cast());
        // SAFETY: as in `lookup`.
        let returned =
            unsafe { libbpf_sys::bpf_map_lookup_and_delete_elem(self.raw(), key, value) };
        found(check(returned))
    }

    /// Writes an entry.
    pub(crate) fn update(&self, key: &[u8], value: &[u8], how: Update) -> io::Result<()> {
        self.check_sizes(key, Some(value))?;
        let flags = match how {
            Update::Any => libbpf_sys::BPF_ANY,
            Update::NewKey => libbpf_sys::BPF_NOEXIST,
            Update::OldKey => libbpf_sys::BPF_EXIST,
        };
        let (key, value) = (key_ptr(key), value.as_ptr().cast());
        // SAFETY: the kernel reads `key_size` and `value_size` bytes; both slices were checked to
        // have just that many.
        let returned =
            unsafe { libbpf_sys::bpf_map_update_elem(self.raw(), key, value, flags.into()) };
        check(returned).map(drop)
    }

    /// Removes an entry and tells whether it existed.
    pub(crate) fn delete(&self, key: &[u8]) -> io::Result<bool> {
        self.check_sizes(key, None)?;
        // SAFETY: the kernel reads `key_size` bytes, and `key` was checked to have just that many.
        let returned = unsafe { libbpf_sys::bpf_map_delete_elem(self.raw(), key.as_ptr().cast()) };
        found(check(returned))
    }

    /// Fills `next` with the key behind `previous`, or with the first one; `false` at the end.
    ///
    /// If `previous` is no longer in the map, the kernel starts again with the first key.
    pub(crate) fn next_key(&self, previous: Option<&[u8]>, next: &mut [u8]) -> io::Result<bool> {
        self.check_sizes(next, None)?;
        if let Some(previous) = previous {
            self.check_sizes(previous, None)?;
        }
        let previous = previous.map_or(ptr::null(), |key| key.as_ptr().cast());
        let next = next.as_mut_ptr().cast();
        // SAFETY: `previous` is null, which asks for the first key, or points to `key_size` bytes;
        // `next` has room for `key_size` bytes.
        let returned = unsafe { libbpf_sys::bpf_map_get_next_key(self.raw(), previous, next) };
        found(check(returned))
    }

    /// An error if a key or value has not the map's size.
    pub(crate) fn check_sizes(&self, key: &[u8], value: Option<&[u8]>) -> io::Result<()> {
        let fits =
            key.len() == self.key_size && value.is_none_or(|value| value.len() == self.value_size);
        if fits {
            return Ok(());
        }
        let (key_size, value_size) = (self.key_size, self.value_size);
        let text = format!("keys of this map have {key_size} bytes, values {value_size}");
        Err(io::Error::new(io::ErrorKind::InvalidInput, text))
    }
}

impl AsFd for MapFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Whether each possible CPU has its own value.
pub(crate) fn is_percpu(kind: MapType) -> bool {
    matches!(
        kind,
        MapType::PercpuHash
            | MapType::PercpuArray
            | MapType::LruPercpuHash
            | MapType::PercpuCgroupStorage
    )
}

/// Where the kernel reads a key; queues and stacks have none, and want to hear so.
fn key_ptr(key: &[u8]) -> *const c_void {
    if key.is_empty() {
        ptr::null()
    } else {
        key.as_ptr().cast()
    }
}

/// A key that is not there is an answer, not an error.
fn found(result: io::Result<i32>) -> io::Result<bool> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
