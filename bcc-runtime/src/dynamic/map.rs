//! Maps of a text that came at run time.
//!
//! In: a map, and the layouts of its keys, values and events. Out: [`Map`], the same operations as
//! the typed maps on the same bytes, with [`Value`]s instead of Rust's types.

use super::layout::Layout;
use super::value::Value;
use crate::cpu;
use crate::decode::Bytes;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::events::Events;
use crate::map::batch_write::Writer;
use crate::map::descriptor::descriptor;
use crate::map::entries::Entries;
use crate::map::raw::RawMap;
use crate::map::{FromMap, Info, MapSource, PerfEventArray, RingBuf, StackTrace};
use crate::symbols::{Frame, Symbolize};
use crate::sys::map::is_percpu;
use libbpf_rs::MapType;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

/// A map of a text that came at run time, of any kind.
///
/// Each method says for which kinds of maps it is; for others it is an error. Keys and values are
/// handed in as anything that makes a [`Value`], and checked against the types of the text.
///
/// Clones share the map, and a clone keeps it alive after its `Bpf` is gone.
#[derive(Clone)]
pub struct Map {
    pub(super) raw: Arc<RawMap>,
    /// For a map of maps, the map whose like it holds.
    inner: Option<Arc<RawMap>>,
    events: Arc<Events>,
    pub(super) layouts: Arc<Layouts>,
    pub(super) handle: Handle,
}

/// The layouts of what a map holds.
#[derive(Debug)]
pub(super) struct Layouts {
    pub(super) key: Layout,
    pub(super) value: Layout,
    /// What is submitted to it.
    pub(super) event: Layout,
}

/// What some kinds of maps need beyond keys and values.
#[derive(Clone)]
pub(super) enum Handle {
    /// Nothing.
    Plain,
    /// The perf buffer, open or not.
    Perf(PerfEventArray<Bytes>),
    /// The ring buffer, open or not.
    Ring(RingBuf<Bytes>),
    /// The stacks by number.
    Stacks(StackTrace),
}

/// Entries.
impl Map {
    pub(super) fn new(source: &MapSource<'_>, layouts: Layouts) -> Result<Self> {
        let handle = match source.raw.kind() {
            MapType::PerfEventArray => Handle::Perf(FromMap::from_map(source)?),
            MapType::RingBuf if source.is_carried() => Handle::Perf(FromMap::from_map(source)?),
            MapType::RingBuf => Handle::Ring(FromMap::from_map(source)?),
            MapType::StackTrace => Handle::Stacks(FromMap::from_map(source)?),
            _ => Handle::Plain,
        };
        Ok(Self {
            raw: Arc::clone(source.raw),
            inner: source.inner.cloned(),
            events: Arc::clone(source.events),
            layouts: Arc::new(layouts),
            handle,
        })
    }

    /// A handle of the kinds that `bpf_program!` gives its maps, for what only they can do: to put
    /// programs, sockets or other maps into a map of them.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Bpf, Result, map};
    /// # fn show(bpf: &Bpf) -> Result<()> {
    /// let counts: map::Hash<u32, u64> = bpf.map("counts")?.open_as()?;
    /// assert_eq!(counts.get(&7)?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Layout` if the map is of another kind, or its keys or values have other sizes.
    pub fn open_as<M: FromMap>(&self) -> Result<M> {
        M::from_map(&MapSource {
            raw: &self.raw,
            inner: self.inner.as_ref(),
            events: &self.events,
        })
    }

    /// The value of a key; `None` if there is no such key. bcc's `table[key]`.
    ///
    /// # Errors
    /// `InvalidInput` if the key does not fit the map's type of keys or if the map has no keys;
    /// otherwise if the kernel refuses.
    pub fn get(&self, key: impl Into<Value>) -> Result<Option<Value>> {
        let key = self.key(&key.into())?;
        self.get_bytes(&key)
    }

    /// Inserts an entry whose key must be new, like `insert` in the program text.
    ///
    /// # Errors
    /// `InvalidInput` if key or value do not fit the map's types; `AlreadyExists` if there is such a
    /// key, `MapFull` if there is no room.
    pub fn insert(&self, key: impl Into<Value>, value: impl Into<Value>) -> Result<()> {
        let key = self.key(&key.into())?;
        self.raw.insert(&key, &self.value(&value.into())?)
    }

    /// Inserts an entry or replaces its value. bcc's `table[key] = value`.
    ///
    /// Where each CPU has a value of its own, all get the one that is given, or each its own if it
    /// is a [`Value::PerCpu`].
    ///
    /// # Errors
    /// `InvalidInput` if key or value do not fit the map's types, or if an array has no such index;
    /// `MapFull` if the key is new and there is no room.
    pub fn update(&self, key: impl Into<Value>, value: impl Into<Value>) -> Result<()> {
        let key = self.key(&key.into())?;
        let value = self.value(&value.into())?;
        self.check_index(&key)?;
        self.raw.update(&key, &value)
    }

    /// Removes an entry and tells whether it existed. bcc's `del table[key]`.
    ///
    /// # Errors
    /// `InvalidInput` if the key does not fit the map's type of keys; otherwise if the kernel
    /// refuses, as it does for arrays.
    pub fn remove(&self, key: impl Into<Value>) -> Result<bool> {
        let key = self.key(&key.into())?;
        self.raw.remove(&key)
    }

    /// All entries. bcc's `items()`.
    ///
    /// An entry that is there all the time comes exactly once, as
    /// [`Hash::iter`](crate::map::Hash::iter) says.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no keys; otherwise if the kernel refuses, or if keys come and
    /// go faster than they can be listed.
    pub fn items(&self) -> Result<Vec<(Value, Value)>> {
        self.check_keys()?;
        self.collect(Entries::read(&self.raw))
    }

    pub(super) fn collect(&self, mut entries: Entries<'_>) -> Result<Vec<(Value, Value)>> {
        let mut items = Vec::new();
        while let Some((key, value)) = entries.next()? {
            items.push((self.layouts.key.decode(key)?, self.decode(value)?));
        }
        Ok(items)
    }

    /// All keys, as [`items`](Self::items). bcc's `keys()`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn keys(&self) -> Result<Vec<Value>> {
        self.check_keys()?;
        let mut entries = Entries::read(&self.raw).without_values();
        let mut keys = Vec::new();
        while let Some((key, _)) = entries.next()? {
            keys.push(self.layouts.key.decode(key)?);
        }
        Ok(keys)
    }

    /// All values, as [`items`](Self::items). bcc's `values()`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn values(&self) -> Result<Vec<Value>> {
        let items = self.items()?;
        Ok(items.into_iter().map(|(_, value)| value).collect())
    }

    /// Removes all entries that are there now; sets those of an array to zero. bcc's `clear()`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn clear(&self) -> Result<()> {
        self.check_keys()?;
        if !self.is_array() {
            return Entries::take(&self.raw).count().map(drop);
        }
        let zeros = vec![0; self.raw.lookup_size()];
        let mut writer = Writer::new(&self.raw);
        (0..self.max_entries()).try_for_each(|index| writer.push(&index.to_ne_bytes(), &zeros))?;
        writer.finish()
    }

    /// The number of entries, found by going through them. bcc's `len(table)`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn len(&self) -> Result<usize> {
        self.check_keys()?;
        Entries::read(&self.raw).count()
    }

    /// Whether there is no entry.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn is_empty(&self) -> Result<bool> {
        self.check_keys()?;
        Ok(self.raw.next_key(None)?.is_none())
    }

    /// The number of entries there is room for.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.raw.max_entries()
    }

    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }

    pub(super) fn is_array(&self) -> bool {
        matches!(self.raw.kind(), MapType::Array | MapType::PercpuArray)
    }

    /// Queues, stacks and ring buffers have no keys.
    pub(super) fn check_keys(&self) -> Result<()> {
        if self.raw.key_size() > 0 {
            return Ok(());
        }
        Err(self.wrong_kind("has no keys"))
    }

    /// An error for an index that an array does not have.
    pub(super) fn check_index(&self, key: &[u8]) -> Result<()> {
        match <[u8; 4]>::try_from(key).map(u32::from_ne_bytes) {
            Ok(index) if self.is_array() && index >= self.max_entries() => {
                Err(self.raw.out_of_range(index))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn key(&self, key: &Value) -> Result<Vec<u8>> {
        self.check_keys()?;
        let what = || format!("the key of map `{}`", self.name());
        self.layouts.key.encode(key, what)
    }

    /// The bytes of a value, or of one for each CPU.
    pub(super) fn value(&self, value: &Value) -> Result<Vec<u8>> {
        let what = || format!("the value of map `{}`", self.name());
        if !is_percpu(self.raw.kind()) {
            return self.layouts.value.encode(value, what);
        }
        let cpus = cpu::possible_count()?;
        let list = match value {
            Value::PerCpu(list) => list.iter().collect(),
            value => vec![value; cpus],
        };
        if list.len() != cpus {
            let text = format!("there are {} values for {cpus} possible CPUs", list.len());
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        let mut bytes = Vec::with_capacity(self.raw.lookup_size());
        for value in list {
            bytes.extend(self.layouts.value.encode(value, what)?);
            // The kernel pads each value to a multiple of eight bytes.
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        Ok(bytes)
    }

    fn get_bytes(&self, key: &[u8]) -> Result<Option<Value>> {
        let mut bytes = vec![0; self.raw.lookup_size()];
        if !self.raw.lookup(key, &mut bytes)? {
            return Ok(None);
        }
        self.decode(&bytes).map(Some)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Value> {
        let layout = &self.layouts.value;
        let what = || format!("failed to decode a value of map `{}`", self.name());
        if !is_percpu(self.raw.kind()) {
            return layout.decode(bytes).with_context(what);
        }
        let stride = bytes.len() / cpu::possible_count()?;
        let values = bytes.chunks_exact(stride.max(1));
        let values = values.map(|bytes| layout.decode(bytes).with_context(what));
        values.collect::<Result<_>>().map(Value::PerCpu)
    }

    pub(super) fn wrong_kind(&self, why: &str) -> Error {
        let (name, kind) = (self.name(), self.raw.kind());
        let text = format!("map `{name}` is a {kind:?}, which {why}");
        Error::new(ErrorKind::InvalidInput, text)
    }
}

/// Values without keys: queues and stacks.
impl Map {
    /// Adds a value to a queue or stack.
    ///
    /// # Errors
    /// `InvalidInput` if the map is neither or the value does not fit; `MapFull` if there is no
    /// room.
    pub fn push(&self, value: impl Into<Value>) -> Result<()> {
        self.check_queue()?;
        self.raw.update(&[], &self.value(&value.into())?)
    }

    /// Takes the next value out of a queue or stack; `None` if there is none.
    ///
    /// # Errors
    /// `InvalidInput` if the map is neither; otherwise if the kernel refuses.
    pub fn pop(&self) -> Result<Option<Value>> {
        self.next_value(RawMap::take)
    }

    /// The next value of a queue or stack, which stays; `None` if there is none.
    ///
    /// # Errors
    /// `InvalidInput` if the map is neither; otherwise if the kernel refuses.
    pub fn peek(&self) -> Result<Option<Value>> {
        self.next_value(RawMap::lookup)
    }

    fn next_value(
        &self,
        read: impl FnOnce(&RawMap, &[u8], &mut [u8]) -> Result<bool>,
    ) -> Result<Option<Value>> {
        self.check_queue()?;
        let mut bytes = vec![0; self.raw.lookup_size()];
        let found = read(&self.raw, &[], &mut bytes)?;
        found.then(|| self.decode(&bytes)).transpose()
    }

    fn check_queue(&self) -> Result<()> {
        match self.raw.kind() {
            MapType::Queue | MapType::Stack => Ok(()),
            _ => Err(self.wrong_kind("is neither a queue nor a stack")),
        }
    }
}

/// Stacks.
impl Map {
    /// The instruction addresses of a stack, innermost first, by the number that `get_stackid` gave;
    /// `None` if it is not, or no longer, there. bcc's `walk`.
    ///
    /// # Errors
    /// `InvalidInput` if the map is no `BPF_STACK_TRACE` or if `id` is negative, which is the error
    /// number `get_stackid` failed with; otherwise if the kernel refuses.
    pub fn stack(&self, id: i32) -> Result<Option<Vec<u64>>> {
        self.stacks()?.get(id)
    }

    /// The functions of a stack of the kernel, innermost first. bcc's `walk(id, BPF.ksym)`.
    ///
    /// # Errors
    /// As [`stack`](Self::stack) and [`Symbolize::kernel`]; `NotFound` if the stack is not, or no
    /// longer, there.
    pub fn walk_kernel(&self, id: i32, symbols: &impl Symbolize) -> Result<Vec<Frame>> {
        self.stacks()?.walk_kernel(id, symbols)
    }

    /// The functions of a stack of a process, which must still run, innermost first. bcc's
    /// `walk(id, lambda address: BPF.sym(address, pid))`.
    ///
    /// # Errors
    /// As [`stack`](Self::stack) and [`Symbolize::process`]; `NotFound` if the stack is not, or no
    /// longer, there.
    pub fn walk_process(&self, id: i32, pid: u32, symbols: &impl Symbolize) -> Result<Vec<Frame>> {
        self.stacks()?.walk_process(id, pid, symbols)
    }

    fn stacks(&self) -> Result<&StackTrace> {
        match &self.handle {
            Handle::Stacks(stacks) => Ok(stacks),
            Handle::Plain | Handle::Perf(_) | Handle::Ring(_) => {
                Err(self.wrong_kind("holds no stacks"))
            }
        }
    }
}

descriptor! {
    Map: raw;
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Map").field(&self.name()).finish()
    }
}
