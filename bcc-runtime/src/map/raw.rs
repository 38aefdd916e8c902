//! One map as bytes, with words for what can go wrong.
//!
//! In: keys and values as bytes, of the sizes the kernel has for the map. Out: the same, or an
//! error that names the map. The typed maps sit on top.

use crate::cpu;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::map::{MapFd, Update, is_percpu};
use libbpf_rs::{MapCore, MapType};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// How many bytes of a map's name the kernel keeps.
const KERNEL_NAME_LEN: usize = 15;

/// A map, its name and its limits.
#[derive(Debug)]
pub(crate) struct RawMap {
    fd: Arc<MapFd>,
    name: String,
    kind: MapType,
    value_size: usize,
    max_entries: u32,
}

impl RawMap {
    /// Takes a duplicate of a loaded object's map, so that it lives on its own.
    pub(crate) fn new(map: &impl MapCore, name: &str) -> Result<Self> {
        let name = name.to_owned();
        let kind = map.map_type();
        let value_size = map.value_size() as usize;
        let lookup_size = if is_percpu(kind) {
            value_size.next_multiple_of(8) * cpu::possible_count()?
        } else {
            value_size
        };
        let fd = MapFd::new(map, lookup_size)
            .with_context(|| format!("failed to duplicate the descriptor of map `{name}`"))?;
        let max_entries = map.max_entries();
        Ok(Self {
            fd: Arc::new(fd),
            name,
            kind,
            value_size,
            max_entries,
        })
    }

    pub(crate) fn fd(&self) -> &Arc<MapFd> {
        &self.fd
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name as far as the kernel keeps it.
    pub(crate) fn kernel_name(&self) -> &str {
        self.name.get(..KERNEL_NAME_LEN).unwrap_or(&self.name)
    }

    pub(crate) fn kind(&self) -> MapType {
        self.kind
    }

    pub(crate) fn max_entries(&self) -> u32 {
        self.max_entries
    }

    pub(crate) fn key_size(&self) -> usize {
        self.fd.key_size()
    }

    /// Size of one value, whether or not each CPU has its own.
    pub(crate) fn value_size(&self) -> usize {
        self.value_size
    }

    /// Size of what one lookup fills and one update takes.
    pub(crate) fn lookup_size(&self) -> usize {
        self.fd.value_size()
    }

    /// Fills `value` and tells whether the key exists.
    pub(crate) fn lookup(&self, key: &[u8], value: &mut [u8]) -> Result<bool> {
        let found = self.fd.lookup(key, value);
        found.map_err(|error| self.error("read", error))
    }

    /// Fills `value`, removes the entry, and tells whether it existed.
    pub(crate) fn take(&self, key: &[u8], value: &mut [u8]) -> Result<bool> {
        let found = self.fd.take(key, value);
        found.map_err(|error| self.error("take an entry out of", error))
    }

    /// Inserts or replaces an entry.
    pub(crate) fn update(&self, key: &[u8], value: &[u8]) -> Result<()> {
        let updated = self.fd.update(key, value, Update::Any);
        updated.map_err(|error| self.update_error(error))
    }

    /// Inserts an entry; it is an error if the key exists.
    pub(crate) fn insert(&self, key: &[u8], value: &[u8]) -> Result<()> {
        let inserted = self.fd.update(key, value, Update::NewKey);
        inserted.map_err(|error| self.update_error(error))
    }

    /// Removes an entry and tells whether it existed.
    pub(crate) fn remove(&self, key: &[u8]) -> Result<bool> {
        let removed = self.fd.delete(key);
        removed.map_err(|error| self.error("remove an entry from", error))
    }

    /// The key behind `previous`, or the first one.
    pub(crate) fn next_key(&self, previous: Option<&[u8]>) -> Result<Option<Box<[u8]>>> {
        let mut next = vec![0; self.key_size()].into_boxed_slice();
        let found = self.fd.next_key(previous, &mut next);
        let found = found.map_err(|error| self.error("list the keys of", error))?;
        Ok(found.then_some(next))
    }

    /// Replaces the value of a key that exists, and tells whether it does.
    pub(crate) fn replace(&self, key: &[u8], value: &[u8]) -> Result<bool> {
        match self.fd.update(key, value, Update::OldKey) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.error("write to", error)),
        }
    }

    /// An error if a key or value has not the map's size.
    pub(crate) fn check_sizes(&self, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        let checked = self.fd.check_sizes(key, value);
        checked.map_err(|error| self.error("write to", error))
    }

    /// The error for entries that cannot be listed.
    pub(crate) fn too_fast(&self) -> Error {
        let text = format!(
            "the keys of map `{}` come and go faster than they can be listed",
            self.name
        );
        Error::new(ErrorKind::Map, text)
    }

    /// The error for an index that an array does not have.
    pub(crate) fn out_of_range(&self, index: u32) -> Error {
        let (name, size) = (self.name(), self.max_entries());
        let text = format!("map `{name}` has {size} elements, there is no index {index}");
        Error::new(ErrorKind::InvalidInput, text)
    }

    pub(crate) fn error(&self, action: &str, cause: io::Error) -> Error {
        let text = format!("failed to {action} map `{}`", self.name);
        Error::new(ErrorKind::Map, text).with_cause(cause)
    }

    pub(super) fn update_error(&self, cause: io::Error) -> Error {
        let Self {
            name, max_entries, ..
        } = self;
        let (kind, text) = match cause.kind() {
            // E2BIG, by the standard library's name for it.
            io::ErrorKind::ArgumentListTooLong => (
                ErrorKind::MapFull,
                format!(
                    "map `{name}` is full: it has room for {max_entries} entries; \
                     make it larger with `.max_entries(\"{name}\", n)` of the builder"
                ),
            ),
            io::ErrorKind::AlreadyExists => (
                ErrorKind::AlreadyExists,
                format!("map `{name}` has this key already; `update` replaces its value"),
            ),
            _ => return self.error("write to", cause),
        };
        Error::new(kind, text).with_cause(cause)
    }
}

impl AsFd for RawMap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
