//! Stacks that programs save by number: `BPF_STACK_TRACE`.

use super::entries::Entries;
use super::raw::RawMap;
use super::{FromMap, MapSource};
use crate::decode::copy;
use crate::error::{Error, ErrorKind, Result};
use crate::symbols::{Frame, Symbolize};
use crate::sys::errno;
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
    /// there.
    ///
    /// # Errors
    /// `InvalidInput` if `id` is negative, which is the error number `get_stackid` failed with: the
    /// message says what it stands for. Otherwise if the kernel refuses.
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

    /// The instruction addresses of a stack, innermost first; behind the first they are where the
    /// functions return to. bcc's `walk(id)`.
    ///
    /// # Errors
    /// As [`get`](Self::get), and `NotFound` if the stack is not, or no longer, there.
    pub fn walk(&self, id: i32) -> Result<Vec<u64>> {
        self.get(id)?.ok_or_else(|| missing(&self.raw, id))
    }

    /// The functions of a stack of the kernel, innermost first. bcc's `walk(id, BPF.ksym)`.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, Symbols, map::StackTrace};
    /// # fn show(stacks: &StackTrace, id: i32, symbols: &Symbols) -> Result<()> {
    /// for frame in stacks.walk_kernel(id, symbols)? {
    ///     println!("    {frame:#}"); // vfs_read+0x97 [kernel]
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`walk`](Self::walk) and [`Symbolize::kernel`].
    pub fn walk_kernel(&self, id: i32, symbols: &impl Symbolize) -> Result<Vec<Frame>> {
        symbols.kernel(&self.walk(id)?)
    }

    /// The functions of a stack of a process, which must still run, innermost first. bcc's
    /// `walk(id, lambda address: BPF.sym(address, pid))`.
    ///
    /// # Errors
    /// As [`walk`](Self::walk) and [`Symbolize::process`].
    pub fn walk_process(&self, id: i32, pid: u32, symbols: &impl Symbolize) -> Result<Vec<Frame>> {
        symbols.process(pid, &self.walk(id)?)
    }

    /// The numbers of all stacks that are there now, in no order. bcc's `keys()`.
    ///
    /// # Errors
    /// If the kernel refuses, or if stacks come and go faster than they can be listed.
    pub fn ids(&self) -> Result<Vec<i32>> {
        ids(&self.raw)
    }

    /// Forgets all stacks that are there now, so that new ones find room. bcc's `clear` of such a
    /// table does nothing.
    ///
    /// # Errors
    /// As [`ids`](Self::ids).
    pub fn clear(&self) -> Result<()> {
        clear(&self.raw)
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
    let (name, number) = (map.name(), id.saturating_neg());
    let why = failure(number, name, map.max_entries());
    let text = format!("{id} is no stack of map `{name}`: `get_stackid` failed{why}");
    let cause = std::io::Error::from_raw_os_error(number);
    Err(Error::new(ErrorKind::InvalidInput, text).with_cause(cause))
}

/// What an error number of `get_stackid` stands for, and what to do about it.
fn failure(number: i32, name: &str, size: u32) -> String {
    let larger = format!("make the map larger with `.max_entries(\"{name}\", n)` of the builder");
    match number {
        errno::EFAULT => ": -EFAULT, there was no such stack: a thread of the kernel has none in \
                          user space, and at the tracepoint of a system call older kernels find \
                          none of their own, where `RAW_TRACEPOINT_PROBE(sys_enter)` does"
            .to_owned(),
        errno::EEXIST => format!(
            ": -EEXIST, another stack has its place among the {size}; {larger}, or pass \
             `BPF_F_REUSE_STACKID` to replace the other stack"
        ),
        errno::ENOMEM => format!(": -ENOMEM, there is no room among the {size}; {larger}"),
        errno::EINVAL => ": -EINVAL, its flags are not valid, or do not fit the program".to_owned(),
        _ => String::new(),
    }
}

/// The error for a stack that must be there and is not.
pub(super) fn missing(map: &RawMap, id: i32) -> Error {
    let name = map.name();
    let text = format!(
        "map `{name}` has no stack {id}; it was never there, was removed, or replaced by \
         `BPF_F_REUSE_STACKID`"
    );
    Error::new(ErrorKind::NotFound, text)
}

/// The numbers of all stacks.
pub(super) fn ids(map: &RawMap) -> Result<Vec<i32>> {
    let mut entries = Entries::read(map).without_values();
    let mut ids = Vec::new();
    while let Some((key, _)) = entries.next()? {
        ids.push(copy::<i32>(key));
    }
    Ok(ids)
}

/// Removes all stacks.
pub(super) fn clear(map: &RawMap) -> Result<()> {
    Entries::take(map).count().map(drop)
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
