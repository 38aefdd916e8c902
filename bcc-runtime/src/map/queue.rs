//! Values without keys: `BPF_QUEUE` and `BPF_STACK`.

use super::raw::RawMap;
use super::{FromMap, MapSource, check_value};
use crate::decode::{Data, copy};
use crate::error::Result;
use crate::map::Value;
use libbpf_rs::MapType;
use std::iter;
use std::marker::PhantomData;
use std::sync::Arc;

/// A queue (first in, first out) or a stack (last in, first out) of values.
///
/// Minimum kernel: 4.20.
#[derive(Clone, Debug)]
pub struct Queue<V> {
    pub(super) raw: Arc<RawMap>,
    types: PhantomData<fn() -> V>,
}

impl<V: Data> Queue<V> {
    /// Adds a value.
    ///
    /// # Errors
    /// `MapFull` if there is no room; otherwise if the kernel refuses.
    pub fn push(&self, value: &V::View) -> Result<()> {
        self.raw.update(&[], V::bytes(value))
    }

    /// Takes the next value out; `None` if there is none.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn pop(&self) -> Result<Option<V::Owned>> {
        let mut bytes = vec![0; self.raw.lookup_size()];
        Ok(self.raw.take(&[], &mut bytes)?.then(|| copy::<V>(&bytes)))
    }

    /// The next value, which stays; `None` if there is none.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn peek(&self) -> Result<Option<V::Owned>> {
        let mut bytes = vec![0; self.raw.lookup_size()];
        Ok(self.raw.lookup(&[], &mut bytes)?.then(|| copy::<V>(&bytes)))
    }

    /// Takes the values out, until there is none; programs may add more meanwhile.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map::Queue};
    /// # fn show(queue: &Queue<u64>) -> Result<()> {
    /// for value in queue.drain() {
    ///     println!("{}", value?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// There is a system call for each value. After an error there are no more.
    #[must_use = "values are taken as the iterator goes on"]
    pub fn drain(&self) -> impl Iterator<Item = Result<V::Owned>> + '_ {
        let mut is_over = false;
        iter::from_fn(move || {
            let value = if is_over {
                None
            } else {
                self.pop().transpose()
            };
            is_over = !matches!(value, Some(Ok(_)));
            value
        })
    }

    /// How many values there is room for.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.raw.max_entries()
    }

    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }
}

impl<V: Data + Value> FromMap for Queue<V> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let raw = source.open(&[MapType::Queue, MapType::Stack])?;
        check_value::<V>(&raw)?;
        Ok(Self {
            raw,
            types: PhantomData,
        })
    }
}
