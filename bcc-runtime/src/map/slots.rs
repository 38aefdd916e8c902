//! Maps whose entries are kernel objects: programs, cgroups, sockets, devices, CPUs.
//!
//! In: an index or a key, and the descriptor or number of the object. Out: an entry that holds it.

use super::raw::RawMap;
use super::{Data, FromMap, MapSource, check_key};
use crate::attach::device_index;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::program::Program;
use libbpf_rs::{MapType, ProgramType};
use std::fs::{self, File};
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd as _};
use std::path::Path;
use std::sync::Arc;

/// Entries of four bytes under the indices 0, 1, 2...
#[derive(Clone, Debug)]
pub(super) struct Slots {
    pub(super) raw: Arc<RawMap>,
}

impl Slots {
    fn open(source: &MapSource<'_>, kind: MapType) -> Result<Self> {
        let raw = source.open(&[kind])?;
        Ok(Self { raw })
    }

    fn set(&self, index: u32, value: i32) -> Result<()> {
        self.check_index(index)?;
        self.raw.update(&index.to_ne_bytes(), &value.to_ne_bytes())
    }

    fn get(&self, index: u32) -> Result<Option<u32>> {
        self.check_index(index)?;
        let mut value = [0; 4];
        let found = self.raw.lookup(&index.to_ne_bytes(), &mut value)?;
        Ok(found
            .then(|| u32::from_ne_bytes(value))
            .filter(|value| *value != 0))
    }

    fn remove(&self, index: u32) -> Result<bool> {
        self.check_index(index)?;
        self.raw.remove(&index.to_ne_bytes())
    }

    fn check_index(&self, index: u32) -> Result<()> {
        let (name, most) = (self.raw.name(), self.raw.max_entries());
        if index < most {
            return Ok(());
        }
        let text = format!(
            "map `{name}` has the indices 0 to {}, not {index}",
            most - 1
        );
        Err(Error::new(ErrorKind::InvalidInput, text))
    }
}

/// What all these maps have in common.
macro_rules! slots {
    ($($name:ident: $kind:ident;)*) => {$(
        impl $name {
            /// Empties a slot and tells whether there was something in it.
            ///
            /// # Errors
            /// `InvalidInput` if the map has no such index; otherwise if the kernel refuses.
            pub fn remove(&self, index: u32) -> Result<bool> {
                self.slots.remove(index)
            }

            /// How many slots there are.
            #[must_use]
            pub fn max_entries(&self) -> u32 {
                self.slots.raw.max_entries()
            }

            /// The map's name in the program text.
            #[must_use]
            pub fn name(&self) -> &str {
                self.slots.raw.name()
            }
        }

        impl FromMap for $name {
            fn from_map(source: &MapSource<'_>) -> Result<Self> {
                let slots = Slots::open(source, MapType::$kind)?;
                Ok(Self { slots })
            }
        }
    )*};
}

slots! {
    ProgArray: ProgArray;
    CgroupArray: CgroupArray;
    DevMap: Devmap;
    CpuMap: Cpumap;
    XskMap: Xskmap;
    SockMap: Sockmap;
}

/// Programs that `call(ctx, index)` goes on with: `BPF_PROG_ARRAY`.
///
/// Minimum kernel: 4.2.
#[derive(Clone, Debug)]
pub struct ProgArray {
    pub(super) slots: Slots,
}

impl ProgArray {
    /// Puts a program into a slot. bcc's `table[index] = function`.
    ///
    /// The kernel lets a program go on only with programs of its own type, so the program is
    /// loaded as the type of those that use the map. Since Linux 6.6, where the text reads arguments of
    /// USDT probes, these attach to such probes and to functions of binaries only.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no such index; `Verifier` if the program is none of the
    /// callers' type; otherwise if the kernel refuses.
    pub fn set<K>(&self, index: u32, program: &Program<K>) -> Result<()> {
        let core = program.core();
        let kind = match self.owner_type() {
            Some(kind) => kind,
            None => core.loaded_type()?,
        };
        let fd = if core.is_called_from_files(self.info()?.id) {
            Arc::new(core.fd_as_loaded()?)
        } else {
            core.fd_as(kind)?
        };
        self.slots.set(index, fd.as_raw_fd())
    }

    /// The type of the programs that use the map; `None` if none does.
    fn owner_type(&self) -> Option<ProgramType> {
        let path = format!("/proc/self/fdinfo/{}", self.as_fd().as_raw_fd());
        owner_in(&fs::read_to_string(path).ok()?)
    }
}

/// The number behind `owner_prog_type:` in what the kernel tells of a map.
fn owner_in(text: &str) -> Option<ProgramType> {
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix("owner_prog_type:"));
    let number: u32 = values.next()?.trim().parse().ok()?;
    Some(ProgramType::from(number))
}

/// Cgroups that `check_current_task(index)` asks about: `BPF_CGROUP_ARRAY`.
///
/// Minimum kernel: 4.8.
#[derive(Clone, Debug)]
pub struct CgroupArray {
    pub(super) slots: Slots,
}

impl CgroupArray {
    /// Puts the cgroup of version 2 at a path into a slot.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no such index or there is another thing at the path;
    /// otherwise if the path cannot be opened.
    pub fn set(&self, index: u32, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let what = || format!("failed to open cgroup `{}`", path.display());
        let folder = File::open(path).with_context(what)?;
        self.set_fd(index, folder)
    }

    /// Puts the cgroup that a descriptor stands for into a slot.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_fd(&self, index: u32, cgroup: impl AsFd) -> Result<()> {
        self.slots.set(index, cgroup.as_fd().as_raw_fd())
    }
}

/// Devices that `redirect_map(index, flags)` sends packets out through: `BPF_DEVMAP`.
///
/// Minimum kernel: 4.14.
#[derive(Clone, Debug)]
pub struct DevMap {
    pub(super) slots: Slots,
}

impl DevMap {
    /// Puts a device into a slot. bcc's `table[index] = ifindex`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such device; `InvalidInput` if the map
    /// has no such index.
    pub fn set(&self, index: u32, device: &str) -> Result<()> {
        self.slots.set(index, device_index(device)?)
    }

    /// The number of the device in a slot; `None` if it is empty.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no such index.
    pub fn get(&self, index: u32) -> Result<Option<u32>> {
        self.slots.get(index)
    }
}

/// CPUs that `redirect_map(index, flags)` hands packets to: `BPF_CPUMAP`. The index is the CPU.
///
/// Minimum kernel: 4.15.
#[derive(Clone, Debug)]
pub struct CpuMap {
    pub(super) slots: Slots,
}

impl CpuMap {
    /// Lets packets go to a CPU, of which at most `queue_size` wait there.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no such index; otherwise if there is no such CPU or the
    /// queue is too long.
    pub fn set(&self, cpu: u32, queue_size: u32) -> Result<()> {
        let size = i32::try_from(queue_size).unwrap_or(i32::MAX);
        self.slots.set(cpu, size)
    }

    /// The length of a CPU's queue; `None` if packets do not go there.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no such index.
    pub fn get(&self, cpu: u32) -> Result<Option<u32>> {
        self.slots.get(cpu)
    }
}

/// `AF_XDP` sockets that `redirect_map(index, flags)` hands packets to: `BPF_XSKMAP`. The index is
/// the number of the device's receive queue.
///
/// Minimum kernel: 4.18.
#[derive(Clone, Debug)]
pub struct XskMap {
    pub(super) slots: Slots,
}

impl XskMap {
    /// Puts a socket into a slot.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no such index; otherwise if it is no bound `AF_XDP` socket.
    pub fn set(&self, queue: u32, socket: impl AsFd) -> Result<()> {
        self.slots.set(queue, socket.as_fd().as_raw_fd())
    }
}

/// Sockets: `BPF_SOCKMAP`.
///
/// Minimum kernel: 4.14.
#[derive(Clone, Debug)]
pub struct SockMap {
    pub(super) slots: Slots,
}

impl SockMap {
    /// Puts a socket into a slot.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no such index; otherwise if the kernel takes no such socket:
    /// of TCP, it takes those that are connected or listen.
    pub fn set(&self, index: u32, socket: impl AsFd) -> Result<()> {
        self.slots.set(index, socket.as_fd().as_raw_fd())
    }
}

/// Sockets by key: `BPF_SOCKHASH`.
///
/// Minimum kernel: 4.18.
#[derive(Clone, Debug)]
pub struct SockHash<K> {
    pub(super) raw: Arc<RawMap>,
    types: PhantomData<fn() -> K>,
}

impl<K: Data> SockHash<K> {
    /// Puts a socket under a key.
    ///
    /// # Errors
    /// `MapFull` if there is no room; otherwise if the kernel takes no such socket: of TCP, it
    /// takes those that are connected or listen.
    pub fn set(&self, key: &K::View, socket: impl AsFd) -> Result<()> {
        let fd = socket.as_fd().as_raw_fd();
        self.raw.update(K::bytes(key), &fd.to_ne_bytes())
    }

    /// Removes a socket and tells whether there was one.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn remove(&self, key: &K::View) -> Result<bool> {
        match self.raw.remove(K::bytes(key)) {
            // This map says so with another number than all others.
            Err(error) if is_invalid(&error) => Ok(false),
            removed => removed,
        }
    }

    /// How many sockets there is room for.
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

fn is_invalid(error: &Error) -> bool {
    let cause =
        std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::InvalidInput)
}

impl<K: Data> FromMap for SockHash<K> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let raw = source.open(&[MapType::Sockhash])?;
        check_key::<K>(&raw)?;
        Ok(Self {
            raw,
            types: PhantomData,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line is there once a program uses the map.
    #[test]
    fn reads_the_owner() {
        let text = "map_type:\t3\nmax_entries:\t4\nowner_prog_type:\t5\nowner_jited:\t1\n";
        assert_eq!(owner_in(text), Some(ProgramType::Tracepoint));
        assert_eq!(owner_in("map_type:\t3\n"), None);
    }
}
