//! Maps of a text that came at run time.
//!
//! In: a map, and the layouts of its keys, values and events. Out: [`Map`], the same operations as
//! the typed maps on the same bytes, with [`Value`]s instead of Rust's types.

use super::layout::Layout;
use super::value::Value;
use crate::cpu;
use crate::decode::Bytes;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::events::{EventReader, Events};
use crate::histogram::Histogram;
use crate::map::keys::KeyWalk;
use crate::map::raw::RawMap;
use crate::map::{FromMap, MapSource, PerfBufferOpts, PerfEventArray, RingBuf, StackTrace};
use crate::sys::map::is_percpu;
use libbpf_rs::MapType;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// A map of a text that came at run time, of any kind.
///
/// Each method says for which kinds of maps it is; for others it is an error. Keys and values are
/// handed in as anything that makes a [`Value`], and checked against the types of the text.
///
/// Clones share the map, and a clone keeps it alive after its `Bpf` is gone.
#[derive(Clone)]
pub struct Map {
    raw: Arc<RawMap>,
    /// For a map of maps, the map whose like it holds.
    inner: Option<Arc<RawMap>>,
    events: Arc<Events>,
    layouts: Arc<Layouts>,
    handle: Handle,
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
        match <[u8; 4]>::try_from(&*key).map(u32::from_ne_bytes) {
            Ok(index) if self.is_array() && index >= self.max_entries() => {
                Err(self.raw.out_of_range(index))
            }
            _ => self.raw.update(&key, &value),
        }
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
    /// An entry that is neither removed nor replaced meanwhile comes exactly once; one that is may
    /// be missed.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no keys; otherwise if the kernel refuses, or if keys come and
    /// go faster than they can be listed.
    pub fn items(&self) -> Result<Vec<(Value, Value)>> {
        let mut items = Vec::new();
        for key in self.walk()? {
            let key = key?;
            // A key that is gone by the time of its lookup is skipped.
            if let Some(value) = self.get_bytes(&key)? {
                items.push((self.layouts.key.decode(&key)?, value));
            }
        }
        Ok(items)
    }

    /// All keys, as [`items`](Self::items). bcc's `keys()`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn keys(&self) -> Result<Vec<Value>> {
        let keys = self.walk()?;
        keys.map(|key| self.layouts.key.decode(&key?)).collect()
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
        let zeros = self.is_array().then(|| vec![0; self.raw.lookup_size()]);
        self.walk()?.try_for_each(|key| match &zeros {
            Some(zeros) => self.raw.update(&key?, zeros),
            None => self.raw.remove(&key?).map(drop),
        })
    }

    /// The number of entries, found by going through them. bcc's `len(table)`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn len(&self) -> Result<usize> {
        self.walk()?
            .try_fold(0, |count, key| key.map(|_| count + 1))
    }

    /// Whether there is no entry.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.walk()?.next().transpose()?.is_none())
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

    fn is_array(&self) -> bool {
        matches!(self.raw.kind(), MapType::Array | MapType::PercpuArray)
    }

    fn walk(&self) -> Result<KeyWalk<'_>> {
        self.check_keys()?;
        Ok(KeyWalk::new(&self.raw))
    }

    /// Queues, stacks and ring buffers have no keys.
    fn check_keys(&self) -> Result<()> {
        if self.raw.key_size() > 0 {
            return Ok(());
        }
        Err(self.wrong_kind("has no keys"))
    }

    fn key(&self, key: &Value) -> Result<Vec<u8>> {
        self.check_keys()?;
        let what = || format!("the key of map `{}`", self.name());
        self.layouts.key.encode(key, what)
    }

    /// The bytes of a value, or of one for each CPU.
    fn value(&self, value: &Value) -> Result<Vec<u8>> {
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

    fn wrong_kind(&self, why: &str) -> Error {
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

/// Events.
impl Map {
    /// Opens a perf buffer of 8 pages on each online CPU; `callback` gets the CPU and the event
    /// while [`Bpf::perf_buffer_poll`](crate::Bpf::perf_buffer_poll) runs. bcc's
    /// `open_perf_buffer`.
    ///
    /// Events of a type that is defined inside a function are [`Value::Bytes`].
    ///
    /// # Errors
    /// `InvalidInput` if the map is no `BPF_PERF_OUTPUT`; otherwise if the kernel refuses.
    pub fn open_perf_buffer(
        &self,
        callback: impl FnMut(u32, &Value) + Send + 'static,
    ) -> Result<()> {
        self.open_perf_buffer_with_opts(PerfBufferOpts::new(), callback)
    }

    /// Opens a perf buffer with the given options.
    ///
    /// # Errors
    /// As [`open_perf_buffer`](Self::open_perf_buffer), and for options that cannot be.
    pub fn open_perf_buffer_with_opts(
        &self,
        opts: PerfBufferOpts,
        mut callback: impl FnMut(u32, &Value) + Send + 'static,
    ) -> Result<()> {
        let layouts = Arc::clone(&self.layouts);
        let decode = move |cpu, bytes: &[u8]| match layouts.event(bytes) {
            Ok(event) => {
                callback(cpu, &event);
                true
            }
            Err(_) => false,
        };
        self.perf()?.clone().open_decoding(opts, decode)
    }

    /// Closes the perf buffer or ring buffer and tells whether it was open.
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that it was open"
    )]
    pub fn close_buffer(&self) -> bool {
        match &self.handle {
            Handle::Perf(array) => array.clone().close_perf_buffer(),
            Handle::Ring(ring) => ring.clone().close_ring_buffer(),
            Handle::Plain | Handle::Stacks(_) => false,
        }
    }

    /// How many events did not fit into the perf buffer since the program was loaded; see
    /// [`PerfEventArray::lost`].
    ///
    /// # Errors
    /// `InvalidInput` if the map is no `BPF_PERF_OUTPUT`; a ring buffer keeps no count.
    pub fn lost(&self) -> Result<u64> {
        Ok(self.perf()?.lost())
    }

    /// Opens the ring buffer; `callback` gets each event while
    /// [`Bpf::ring_buffer_poll`](crate::Bpf::ring_buffer_poll) runs. bcc's `open_ring_buffer`.
    ///
    /// # Errors
    /// `InvalidInput` if the map is no `BPF_RINGBUF_OUTPUT`; otherwise if the kernel refuses.
    pub fn open_ring_buffer(
        &self,
        mut callback: impl FnMut(&Value) + Send + 'static,
    ) -> Result<()> {
        let Handle::Ring(ring) = &self.handle else {
            return Err(self.wrong_kind("is no ring buffer"));
        };
        let layouts = Arc::clone(&self.layouts);
        ring.clone()
            .open_decoding(move |bytes| match layouts.event(bytes) {
                Ok(event) => {
                    callback(&event);
                    true
                }
                Err(_) => false,
            })
    }

    /// Opens the perf buffer or ring buffer to be read without a callback.
    ///
    /// # Errors
    /// `InvalidInput` if the map carries no events, `AlreadyExists` if it has a reader; otherwise if
    /// the kernel refuses.
    pub fn reader(&self) -> Result<EventReader<Value>> {
        let layouts = Arc::clone(&self.layouts);
        let decode = move |bytes: &[u8]| layouts.event(bytes).ok();
        match &self.handle {
            Handle::Perf(array) => {
                array.reader_decoding(PerfBufferOpts::new(), move |_cpu, bytes| decode(bytes))
            }
            Handle::Ring(ring) => ring.reader_decoding(decode),
            Handle::Plain | Handle::Stacks(_) => Err(self.wrong_kind("carries no events")),
        }
    }

    fn perf(&self) -> Result<&PerfEventArray<Bytes>> {
        match &self.handle {
            Handle::Perf(array) => Ok(array),
            Handle::Plain | Handle::Ring(_) | Handle::Stacks(_) => {
                Err(self.wrong_kind("carries no events through perf buffers"))
            }
        }
    }
}

impl Layouts {
    /// An event; all its bytes if nothing with a known type is submitted.
    fn event(&self, bytes: &[u8]) -> Result<Value> {
        match &self.event {
            Layout::Bytes { size: 0 } => Ok(Value::Bytes(bytes.to_vec())),
            layout => layout.decode(bytes),
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
        match &self.handle {
            Handle::Stacks(stacks) => stacks.get(id),
            Handle::Plain | Handle::Perf(_) | Handle::Ring(_) => {
                Err(self.wrong_kind("holds no stacks"))
            }
        }
    }
}

/// Histograms.
impl Map {
    /// The counts by slot. If the key is a struct, its first member names a section and its second
    /// one is the slot, as in bcc. Where each CPU has a count of its own, they are added.
    ///
    /// # Errors
    /// `InvalidInput` if keys are no slots, values no counts, or if the slot of a count is negative
    /// or above 1024; otherwise if the kernel refuses a lookup.
    pub fn histogram(&self) -> Result<Histogram<String>> {
        let counts = self.items()?.into_iter().map(|(key, value)| {
            let (section, slot) = self.section_and_slot(&key)?;
            let count = value.as_u64().or_else(|| value.sum()?.try_into().ok());
            let count = count.ok_or_else(|| self.wrong_kind("holds no counts"))?;
            Ok(((section, slot), count))
        });
        Histogram::from_parts(counts)
    }

    /// Prints the counts as a histogram of powers of two. bcc's `print_log2_hist`.
    ///
    /// # Errors
    /// As [`histogram`](Self::histogram), if a slot above 64 has a count, or if the standard output
    /// cannot be written.
    pub fn print_log2_hist(&self, val_type: &str) -> Result<()> {
        self.histogram()?.print_log2_hist(val_type)
    }

    /// Prints the counts as a linear histogram. bcc's `print_linear_hist`.
    ///
    /// # Errors
    /// As [`histogram`](Self::histogram), or if the standard output cannot be written.
    pub fn print_linear_hist(&self, val_type: &str) -> Result<()> {
        self.histogram()?.print_linear_hist(val_type)
    }

    fn section_and_slot(&self, key: &Value) -> Result<(Option<String>, i128)> {
        let Some(record) = key.as_record() else {
            let slot = key.as_i128();
            return match slot {
                Some(slot) => Ok((None, slot)),
                None => Err(self.wrong_kind("has keys that are no slots of a histogram")),
            };
        };
        let mut members = record.iter().map(|(_, value)| value);
        match (members.next(), members.next().and_then(Value::as_i128)) {
            (Some(section), Some(slot)) => Ok((Some(section.to_string()), slot)),
            _ => Err(self.wrong_kind("has keys without a slot as their second member")),
        }
    }
}

impl AsFd for Map {
    /// The kernel's descriptor of the map, for other libraries.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.raw.fd().as_fd()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Map").field(&self.name()).finish()
    }
}
