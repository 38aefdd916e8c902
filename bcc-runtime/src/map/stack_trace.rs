//! Stacks that programs save by number: `BPF_STACK_TRACE`.

use super::raw::RawMap;
use super::{FromMap, MapSource};
use crate::error::{Error, ErrorKind, Result};
use libbpf_rs::MapType;
use std::sync::Arc;

/// Stacks by the number that `get_stackid` gave.
///
/// With `BPF_F_REUSE_STACKID` a number may come to mean another stack before it is read.
///
/// Minimum kernel: 4.6.
#[derive(Clone, Debug)]
pub struct StackTrace {
    pub(super) raw: Arc<RawMap>,
}

impl StackTrace {
    /// The instruction addresses of a stack, innermost first; `None` if it is not, or no longer,
    /// there. bcc's `walk`.
    ///
    /// # Errors
    /// `InvalidInput` if `id` is negative, which is the error number `get_stackid` failed with;
    /// otherwise if the kernel refuses.
    pub fn get(&self, id: i32) -> Result<Option<Vec<u64>>> {
        let key = key(&self.raw, id)?;
        let mut bytes = vec![0; self.raw.lookup_size()];
        if !self.raw.lookup(&key, &mut bytes)? {
            return Ok(None);
        }
        let addresses = bytes.as_chunks_stable().map(u64::from_ne_bytes);
        Ok(Some(
            addresses.take_while(|address| *address != 0).collect(),
        ))
    }

    /// Forgets a stack, so that its number can be given again, and tells whether it was there.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn remove(&self, id: i32) -> Result<bool> {
        self.raw.remove(&key(&self.raw, id)?)
    }

    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }

    /// How many stacks there is room for: what the program text says, rounded up to a power of two.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.raw.max_entries()
    }
}

/// The key of a stack; a negative one is an error number.
pub(super) fn key(map: &RawMap, id: i32) -> Result<[u8; 4]> {
    if id >= 0 {
        return Ok(id.to_ne_bytes());
    }
    let cause = std::io::Error::from_raw_os_error(id.saturating_neg());
    let text = format!(
        "{id} is no stack of map `{}`: `get_stackid` failed",
        map.name()
    );
    Err(Error::new(ErrorKind::InvalidInput, text).with_cause(cause))
}

/// `slice::as_chunks` is newer than the oldest Rust we build with.
trait Words {
    fn as_chunks_stable(&self) -> impl Iterator<Item = [u8; 8]>;
}

impl Words for [u8] {
    fn as_chunks_stable(&self) -> impl Iterator<Item = [u8; 8]> {
        self.chunks_exact(8)
            .filter_map(|chunk| chunk.try_into().ok())
    }
}

impl FromMap for StackTrace {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        Ok(Self {
            raw: source.open(&[MapType::StackTrace])?,
        })
    }
}
