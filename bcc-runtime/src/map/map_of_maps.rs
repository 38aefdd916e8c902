//! Maps that hold maps: `BPF_ARRAY_OF_MAPS` and `BPF_HASH_OF_MAPS`.
//!
//! In: maps like the one that the program text names. Out: handles of them.

use super::raw::RawMap;
use super::{FromMap, MapSource, check_key};
use crate::decode::Data;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::events::Events;
use crate::map::keys::KeyWalk;
use crate::sys;
use crate::tables::Shape;
use libbpf_rs::{MapHandle, MapType};
use std::fmt;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd as _};
use std::sync::Arc;

/// Maps by index; see [`MapOfMaps`].
pub type ArrayOfMaps<M> = MapOfMaps<u32, M>;
/// Maps by key; see [`MapOfMaps`].
pub type HashOfMaps<K, M> = MapOfMaps<K, M>;

/// A map that holds maps, all like the one that the program text names.
///
/// A map that is in it lives on when its handle is dropped; an empty entry is what programs see as
/// `NULL`.
///
/// Minimum kernel: 4.12.
pub struct MapOfMaps<K, M> {
    pub(super) raw: Arc<RawMap>,
    inner: Option<Arc<RawMap>>,
    events: Arc<Events>,
    types: PhantomData<fn() -> (K, M)>,
}

impl<K: Data, M: FromMap> MapOfMaps<K, M> {
    /// Puts a map under a key, in the place of what is there.
    ///
    /// # Errors
    /// `InvalidInput` if the map is not like the one that the program text names, or if an array
    /// has no such index; `MapFull` if the key is new and there is no room.
    pub fn insert(&self, key: &K::View, map: &impl AsFd) -> Result<()> {
        let number = map.as_fd().as_raw_fd();
        let inserted = self.raw.update(K::bytes(key), &number.to_ne_bytes());
        inserted.map_err(|error| self.explain(error, map))
    }

    /// Makes a new map that can be put under any key, like the one that the program text names.
    ///
    /// # Errors
    /// `NotFound` if the program text does not define that map itself; otherwise if the kernel
    /// refuses, mostly for want of rights or memory.
    pub fn new_inner(&self) -> Result<M> {
        let Some(inner) = &self.inner else {
            let text = format!(
                "the program text does not say what map `{}` holds",
                self.name()
            );
            return Err(Error::new(ErrorKind::NotFound, text));
        };
        let shape = Shape::of_fd(&**inner)?;
        let options = sys::map::create_options(shape.flags);
        let made = MapHandle::create(
            shape.kind,
            Some(inner.kernel_name()),
            shape.key_size,
            shape.value_size,
            shape.max_entries,
            &options,
        );
        let what = || format!("failed to make a map like `{}`", inner.name());
        self.handle(&made.with_context(what)?)
    }

    /// The map under a key; `None` if there is none.
    ///
    /// # Errors
    /// If the kernel refuses: it wants `CAP_SYS_ADMIN` for this.
    pub fn get(&self, key: &K::View) -> Result<Option<M>> {
        let mut number = [0; 4];
        if !self.raw.lookup(K::bytes(key), &mut number)? {
            return Ok(None);
        }
        match MapHandle::from_map_id(u32::from_ne_bytes(number)) {
            Ok(map) => self.handle(&map).map(Some),
            // It was replaced meanwhile, and nobody else had it.
            Err(error) if error.kind() == libbpf_rs::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| {
                let name = self.name();
                format!("failed to open a map that map `{name}` holds")
            }),
        }
    }

    /// Removes the map under a key and tells whether there was one.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn remove(&self, key: &K::View) -> Result<bool> {
        self.raw.remove(K::bytes(key))
    }

    /// The keys that hold a map.
    ///
    /// # Errors
    /// If the kernel refuses, or if keys come and go faster than they can be listed.
    pub fn keys(&self) -> Result<Vec<K::Owned>> {
        let mut keys = Vec::new();
        for key in KeyWalk::new(&self.raw) {
            let key = key?;
            if self.raw.lookup(&key, &mut [0; 4])? {
                keys.push(crate::decode::copy::<K>(&key));
            }
        }
        Ok(keys)
    }

    fn handle(&self, map: &MapHandle) -> Result<M> {
        let name = self
            .inner
            .as_ref()
            .map_or(self.name(), |inner| inner.name());
        M::from_map(&MapSource {
            raw: &Arc::new(RawMap::new(map, name)?),
            inner: None,
            events: &self.events,
        })
    }

    /// Says how a map that the kernel refused differs from the others.
    fn explain(&self, error: Error, map: &impl AsFd) -> Error {
        if error.kind() == ErrorKind::MapFull {
            return self.explain_full(error);
        }
        let shapes = self.inner.as_ref().map(|inner| {
            let inner = Shape::of_fd(&**inner)?;
            Ok::<_, Error>((inner, Shape::of_fd(map)?))
        });
        let Some(Ok((expected, given))) = shapes else {
            return error;
        };
        let differences = expected.differences(&given);
        if differences.is_empty() {
            return error;
        }
        let text = format!(
            "map `{}` holds maps like the one the program text names, and this one has {differences}",
            self.name()
        );
        Error::new(ErrorKind::InvalidInput, text).with_cause(error)
    }
}

impl<K, M> MapOfMaps<K, M> {
    /// An array is never full: it has no such index.
    fn explain_full(&self, error: Error) -> Error {
        if self.raw.kind() != MapType::ArrayOfMaps {
            return error;
        }
        let (name, size) = (self.name(), self.max_entries());
        let text = format!("map `{name}` has {size} elements, there is no such index");
        Error::new(ErrorKind::InvalidInput, text).with_cause(error)
    }

    /// How many maps there is room for.
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

impl<K, M> Clone for MapOfMaps<K, M> {
    fn clone(&self) -> Self {
        Self {
            raw: Arc::clone(&self.raw),
            inner: self.inner.clone(),
            events: Arc::clone(&self.events),
            types: PhantomData,
        }
    }
}

impl<K, M> fmt::Debug for MapOfMaps<K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MapOfMaps").field(&self.raw.name()).finish()
    }
}

impl<K: Data, M: FromMap> FromMap for MapOfMaps<K, M> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let raw = source.open(&[MapType::ArrayOfMaps, MapType::HashOfMaps])?;
        check_key::<K>(&raw)?;
        Ok(Self {
            raw,
            inner: source.inner.cloned(),
            events: Arc::clone(source.events),
            types: PhantomData,
        })
    }
}
