//! Maps, typed as the program text declares them.
//!
//! In: a loaded object's map, and the types that the text gives its keys and values. Out: a handle
//! that reads and writes such values. Sizes are compared once, when the handle is made.
//!
//! ```no_run
//! bcc_runtime::bpf_program! {
//!     mod tool;
//!     struct key_t { u32 pid; char comm[TASK_COMM_LEN]; };
//!     BPF_HASH(counts, struct key_t);
//!     BPF_PERCPU_ARRAY(bytes, u64, 1);
//!     TRACEPOINT_PROBE(syscalls, sys_enter_write) {
//!         struct key_t key = {};
//!         key.pid = bpf_get_current_pid_tgid() >> 32;
//!         bpf_get_current_comm(&key.comm, sizeof(key.comm));
//!         counts.atomic_increment(key);
//!         bytes.increment(0, args->count);
//!         return 0;
//!     }
//! }
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! let bpf = tool::load()?;
//! std::thread::sleep(Duration::from_secs(1));
//! for (key, count) in bpf.maps.counts.items()? {
//!     println!("{:<7} {:<16} {count}", key.pid, key.comm);
//! }
//! println!("{} bytes", bpf.maps.bytes.get(0)?.sum::<u64>());
//! bpf.maps.counts.clear()
//! # }
//! ```
//!
//! | in the program text | handle | for |
//! |---|---|---|
//! | `BPF_HASH`, `BPF_LPM_TRIE`, the table types of hashes | [`struct@Hash`] | values by keys |
//! | `BPF_ARRAY` | [`Array`] | values by small numbers; all are always there |
//! | `BPF_HISTOGRAM` | [`Array`] or [`struct@Hash`] | counts, printed by their `print_log2_hist` |
//! | `BPF_PERCPU_HASH`, `BPF_PERCPU_ARRAY` | [`PercpuHash`], [`PercpuArray`] | numbers that all CPUs write at once: no lost updates, summed up when read |
//! | `BPF_PERF_OUTPUT` | [`PerfEventArray`] | events, in order on each CPU; losses are counted |
//! | `BPF_RINGBUF_OUTPUT` | [`RingBuf`] | events, in order over all CPUs (Linux 5.8) |
//! | `BPF_STACK_TRACE` | [`StackTrace`] | stacks by number |
//! | `BPF_QUEUE`, `BPF_STACK` | [`Queue`] | values in order, without keys |
//! | `BPF_TASK_STORAGE`, `BPF_SK_STORAGE`, ... | [`Storage`] | a value that goes with its owner |
//! | `BPF_PERF_ARRAY` | [`PerfCounterArray`] | counters of the processor, read by programs |
//! | `BPF_PROG_ARRAY`, `BPF_CGROUP_ARRAY`, `BPF_DEVMAP`, `BPF_SOCKHASH`, ... | [`ProgArray`], [`CgroupArray`], [`DevMap`], [`SockHash`], ... | programs, cgroups, devices and sockets that programs refer to |
//! | `BPF_HASH_OF_MAPS`, `BPF_ARRAY_OF_MAPS` | [`HashOfMaps`], [`ArrayOfMaps`] | maps by keys |
//!
//! Handles share the map with the program: what one writes the other sees at once. Clones of a handle go to other
//! threads, and keep the map when its [`Bpf`](crate::Bpf) is gone. What is read of a map that programs write to
//! meanwhile is of no single moment.

mod array;
mod batch_read;
pub(crate) mod batch_write;
mod build_id;
mod counters;
mod declared;
pub(crate) mod descriptor;
pub(crate) mod entries;
mod hash;
mod histograms;
pub(crate) mod keys;
mod map_of_maps;
mod perf;
mod perf_opts;
mod queue;
pub(crate) mod raw;
mod ringbuf;
mod ringbuf_opts;
mod slots;
mod spread;
mod stack_trace;
mod storage;
mod trie;
mod untyped;
mod value;

pub use self::array::Array;
pub use self::build_id::{BuildIdFrame, StackTraceBuildId};
pub use self::counters::PerfCounterArray;
pub use self::declared::Extern;
pub use self::descriptor::Info;
use self::descriptor::descriptor;
pub use self::hash::{Hash, Iter};
pub use self::map_of_maps::{ArrayOfMaps, HashOfMaps, MapOfMaps};
pub use self::perf::PerfEventArray;
pub use self::perf_opts::PerfBufferOpts;
pub use self::queue::Queue;
pub use self::ringbuf::RingBuf;
pub use self::ringbuf_opts::RingBufferOpts;
pub use self::slots::{CgroupArray, CpuMap, DevMap, ProgArray, SockHash, SockMap, XskMap};
pub use self::stack_trace::StackTrace;
pub use self::storage::{
    CgroupStorage, CgroupStorageKey, InodeStorage, PercpuCgroupStorage, SkStorage, Storage,
    TaskStorage, pidfd,
};
pub use self::trie::{lpm_key, lpm_network};
pub use self::untyped::Untyped;
pub use self::value::{PerCpu, Value};
pub use crate::decode::{Bytes, Data};

pub(crate) use self::raw::RawMap;
use crate::error::{Error, ErrorKind, Result};
use crate::events::Events;
use libbpf_rs::MapType;
use std::any::type_name;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

/// A hash table with a value for each CPU: `BPF_PERCPU_HASH`.
///
/// Minimum kernel: 4.6.
pub type PercpuHash<K, V> = Hash<K, PerCpu<V>>;
/// An array with a value for each CPU: `BPF_PERCPU_ARRAY`.
///
/// Minimum kernel: 4.6.
pub type PercpuArray<V> = Array<PerCpu<V>>;

descriptor! {
    Array<V>: raw;
    CgroupArray: slots.raw;
    CpuMap: slots.raw;
    DevMap: slots.raw;
    Extern: raw;
    Hash<K, V>: raw;
    MapOfMaps<K, M>: raw;
    PerfCounterArray: raw;
    PerfEventArray<E>: raw;
    ProgArray: slots.raw;
    Queue<V>: raw;
    RingBuf<E>: raw;
    SockHash<K>: raw;
    SockMap: slots.raw;
    StackTrace: raw;
    StackTraceBuildId: raw;
    Storage<V>: raw;
    Untyped: raw;
    XskMap: slots.raw;
}

/// A handle that can be made of a map; what generated code asks for.
#[doc(hidden)]
pub trait FromMap: Sized {
    /// Makes the handle, if kind and sizes fit.
    ///
    /// # Errors
    /// `Layout` if they do not.
    fn from_map(source: &MapSource<'_>) -> Result<Self>;
}

/// A loaded map and what handles share.
#[doc(hidden)]
#[derive(Debug)]
pub struct MapSource<'object> {
    pub(crate) raw: &'object Arc<RawMap>,
    /// For a map of maps, the map whose like it holds.
    pub(crate) inner: Option<&'object Arc<RawMap>>,
    pub(crate) events: &'object Arc<Events>,
}

impl MapSource<'_> {
    /// Whether it is a ring buffer that carries what the text sends through a perf buffer.
    pub(crate) fn is_carried(&self) -> bool {
        self.events.counters_of(self.raw.name()).is_carried()
    }

    /// The map, if it is of one of these kinds.
    fn open(&self, kinds: &[MapType]) -> Result<Arc<RawMap>> {
        let raw = self.raw;
        if kinds.contains(&raw.kind()) {
            return Ok(Arc::clone(raw));
        }
        let (name, kind) = (raw.name(), raw.kind());
        let text = format!("map `{name}` is a {kind:?} in the object, {kinds:?} in Rust");
        Err(Error::new(ErrorKind::Layout, text))
    }
}

fn check_key<K: Data>(map: &RawMap) -> Result<()> {
    check_size("key", type_name::<K>(), K::SIZE, map.key_size(), map)
}

fn check_value<V: Value>(map: &RawMap) -> Result<()> {
    check_size("value", V::type_name(), V::SIZE, map.value_size(), map)
}

/// A type of another size than the map's would make every access read or write the wrong bytes.
fn check_size(
    part: &str,
    type_name: &str,
    rust: Option<usize>,
    kernel: usize,
    map: &RawMap,
) -> Result<()> {
    if rust.is_none_or(|rust| rust == kernel) {
        return Ok(());
    }
    let rust = rust.unwrap_or_default();
    let name = map.name();
    let text = format!(
        "the {part} of map `{name}` has {kernel} bytes in C, `{type_name}` has {rust} in Rust"
    );
    Err(Error::new(ErrorKind::Layout, text))
}
