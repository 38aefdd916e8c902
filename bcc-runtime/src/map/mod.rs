//! Maps, typed as the program text declares them.
//!
//! In: a loaded object's map, and the types that the text gives its keys and values. Out: a handle
//! that reads and writes such values. Sizes are compared once, when the handle is made.

mod array;
mod hash;
pub(crate) mod keys;
mod perf;
mod queue;
pub(crate) mod raw;
mod ringbuf;
mod stack_trace;
mod untyped;
mod value;

pub use self::array::Array;
pub use self::hash::{Hash, Iter};
pub use self::perf::{PerfBufferOpts, PerfEventArray};
pub use self::queue::Queue;
pub use self::ringbuf::RingBuf;
pub use self::stack_trace::StackTrace;
pub use self::untyped::Untyped;
pub use self::value::{PerCpu, Value};
pub use crate::decode::{Bytes, Data};

use self::raw::RawMap;
use crate::error::{Error, ErrorKind, Result};
use crate::events::Events;
use libbpf_rs::MapType;
use std::any::type_name;
use std::sync::Arc;

/// A hash table with a value for each CPU: `BPF_PERCPU_HASH`.
pub type PercpuHash<K, V> = Hash<K, PerCpu<V>>;
/// An array with a value for each CPU: `BPF_PERCPU_ARRAY`.
pub type PercpuArray<V> = Array<PerCpu<V>>;

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
    pub(crate) map: &'object libbpf_rs::Map<'object>,
    pub(crate) events: &'object Arc<Events>,
}

impl MapSource<'_> {
    /// The map, if it is of one of these kinds.
    fn open(&self, kinds: &[MapType]) -> Result<RawMap> {
        let raw = RawMap::new(self.map)?;
        if kinds.contains(&raw.kind()) {
            return Ok(raw);
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
