//! Maps whose entries are descriptors, and have no typed access.

use super::raw::RawMap;
use super::{FromMap, MapSource};
use crate::error::Result;
use std::sync::Arc;

/// A map that programs use and that Rust has only the descriptor of, such as a device map.
#[derive(Clone, Debug)]
pub struct Untyped {
    pub(super) raw: Arc<RawMap>,
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

impl FromMap for Untyped {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        Ok(Self {
            raw: Arc::clone(source.raw),
        })
    }
}
