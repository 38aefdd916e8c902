//! Maps whose entries are descriptors or belong to other objects, and have no typed access.

use super::raw::RawMap;
use super::{FromMap, MapSource};
use crate::error::Result;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// A map that programs use and that Rust has only the descriptor of, such as the storage of a task.
#[derive(Clone, Debug)]
pub struct Untyped {
    raw: Arc<RawMap>,
}

impl Untyped {
    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }

    /// How many entries there is room for.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.raw.max_entries()
    }
}

impl AsFd for Untyped {
    /// The kernel's descriptor of the map, for other libraries.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.raw.fd().as_fd()
    }
}

impl FromMap for Untyped {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        Ok(Self {
            raw: Arc::new(RawMap::new(source.map)?),
        })
    }
}
