//! Values that belong to a task, a socket, an inode or a cgroup, and go with it.
//!
//! In: a descriptor of the owner, or for cgroups a key. Out: the value that programs see.

use super::raw::RawMap;
use super::{FromMap, Hash, MapSource, PerCpu, check_value};
use crate::decode::{Data, copy};
use crate::error::{Context as _, Result};
use crate::sys;
use libbpf_rs::MapType;
use std::fmt;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::sync::Arc;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A value for each task: `BPF_TASK_STORAGE`. The owner is given as a pidfd, see [`pidfd`].
///
/// Minimum kernel: 5.11.
pub type TaskStorage<V> = Storage<V>;
/// A value for each socket: `BPF_SK_STORAGE`. The owner is given as the socket's descriptor.
///
/// Minimum kernel: 5.2.
pub type SkStorage<V> = Storage<V>;
/// A value for each inode: `BPF_INODE_STORAGE`. The owner is given as a descriptor of the file.
///
/// Minimum kernel: 5.10.
pub type InodeStorage<V> = Storage<V>;
/// A value for each cgroup and kind of attachment: `BPF_CGROUP_STORAGE`. Attaching makes the
/// entries: they can be read and replaced, but not inserted or removed.
///
/// Minimum kernel: 4.19.
pub type CgroupStorage<V> = Hash<CgroupStorageKey, V>;
/// As [`CgroupStorage`], with a value for each CPU: `BPF_PERCPU_CGROUP_STORAGE`.
///
/// Minimum kernel: 4.20.
pub type PercpuCgroupStorage<V> = Hash<CgroupStorageKey, PerCpu<V>>;

/// Values that each belong to an object of the kernel and go with it.
pub struct Storage<V> {
    pub(super) raw: Arc<RawMap>,
    types: PhantomData<fn() -> V>,
}

impl<V: Data> Storage<V> {
    /// The value of an owner; `None` if it has none.
    ///
    /// # Errors
    /// If the descriptor is of another kind of object, or the owner is gone.
    pub fn get(&self, owner: impl AsFd) -> Result<Option<V::Owned>> {
        let mut bytes = vec![0; self.raw.lookup_size()];
        let found = self.raw.lookup(&key(&owner), &mut bytes)?;
        Ok(found.then(|| copy::<V>(&bytes)))
    }

    /// Gives an owner a value, or replaces it.
    ///
    /// # Errors
    /// If the descriptor is of another kind of object, or the owner is gone.
    pub fn update(&self, owner: impl AsFd, value: &V::View) -> Result<()> {
        self.raw.update(&key(&owner), V::bytes(value))
    }

    /// Takes the value from an owner and tells whether it had one.
    ///
    /// # Errors
    /// If the descriptor is of another kind of object, or the owner is gone.
    pub fn remove(&self, owner: impl AsFd) -> Result<bool> {
        self.raw.remove(&key(&owner))
    }
}

impl<V> Storage<V> {
    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }
}

/// The kernel knows an owner by the number of its descriptor.
fn key(owner: &impl AsFd) -> [u8; 4] {
    owner.as_fd().as_raw_fd().to_ne_bytes()
}

/// A descriptor of a process, by the process's number; its main thread is the owner of values in a
/// [`TaskStorage`].
///
/// # Errors
/// `NotFound` if there is no such process, otherwise if the kernel refuses.
///
/// # Minimum kernel version
/// 5.3
pub fn pidfd(pid: u32) -> Result<OwnedFd> {
    sys::pidfd::open(pid).with_context(|| format!("failed to open process {pid}"))
}

/// Whose value an entry of a [`CgroupStorage`] is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, FromBytes, IntoBytes, Immutable,
)]
#[repr(C)]
pub struct CgroupStorageKey {
    /// The inode number of the cgroup's directory.
    pub cgroup_inode_id: u64,
    /// The kernel's number of the kind of attachment (`enum bpf_attach_type`).
    pub attach_type: u32,
    #[doc(hidden)]
    pub padding: u32,
}

impl CgroupStorageKey {
    /// The key for a cgroup, by the inode number of its directory, and a kind of attachment.
    #[must_use]
    pub const fn new(cgroup_inode_id: u64, attach_type: u32) -> Self {
        Self {
            cgroup_inode_id,
            attach_type,
            padding: 0,
        }
    }
}

impl<V> Clone for Storage<V> {
    fn clone(&self) -> Self {
        Self {
            raw: Arc::clone(&self.raw),
            types: PhantomData,
        }
    }
}

impl<V> fmt::Debug for Storage<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Storage").field(&self.raw.name()).finish()
    }
}

impl<V: Data> FromMap for Storage<V> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let kinds = [
            MapType::TaskStorage,
            MapType::SkStorage,
            MapType::InodeStorage,
        ];
        let raw = source.open(&kinds)?;
        check_value::<V>(&raw)?;
        Ok(Self {
            raw,
            types: PhantomData,
        })
    }
}
