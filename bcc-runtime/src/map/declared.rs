//! Tables of other programs: `BPF_TABLE("extern", ...)`.

use super::raw::RawMap;
use super::{FromMap, MapSource};
use crate::error::Result;
use crate::events::Events;
use std::fmt;
use std::sync::Arc;

/// A table that another program of this process exports.
///
/// The program text does not say what kind of table it is; [`open_as`](Self::open_as) does. As
/// long as this handle or a clone is there, the table is, and is exported.
#[derive(Clone)]
pub struct Extern {
    pub(super) raw: Arc<RawMap>,
    events: Arc<Events>,
}

impl Extern {
    /// A handle that fits the kind of the table.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map};
    /// # fn show(counts: &map::Extern) -> Result<()> {
    /// for (pid, count) in counts.open_as::<map::Hash<u32, u64>>()?.items()? {
    ///     println!("{pid} {count}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Layout` if the table is of another kind, or its keys or values have other sizes.
    pub fn open_as<M: FromMap>(&self) -> Result<M> {
        M::from_map(&MapSource {
            raw: &self.raw,
            inner: None,
            events: &self.events,
        })
    }

    /// The table's name.
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

impl fmt::Debug for Extern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Extern").field(&self.raw.name()).finish()
    }
}

impl FromMap for Extern {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        Ok(Self {
            raw: Arc::clone(source.raw),
            events: Arc::clone(source.events),
        })
    }
}
