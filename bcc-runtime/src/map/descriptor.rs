//! What all handles of maps can do: say what the map is, freeze it, pin it.
//!
//! In: a map. Out: facts of the kernel about it, or a change that concerns the map as a whole.

use super::raw::RawMap;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::{bpffs, map_whole};
use crate::tables::check_place;
use libbpf_rs::MapInfo;
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};
use std::path::Path;

/// What the kernel says of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The number by which other programs and `bpftool map show id` find it.
    pub id: u32,
    /// The name as far as the kernel keeps it, which is 15 bytes.
    pub name: String,
    /// The kind in the words of `bpftool`, such as `percpu_hash`.
    pub kind: String,
    /// Size of a key in bytes.
    pub key_size: u32,
    /// Size of a value in bytes; of one, where each CPU has its own.
    pub value_size: u32,
    /// How many entries there is room for.
    pub max_entries: u32,
    /// The flags it was made with, such as `BPF_F_NO_PREALLOC`.
    pub flags: u32,
    /// How many bytes of memory the kernel counts for it: before Linux 6.4 an estimate for as many
    /// entries as there is room for. `None` if `/proc` does not say.
    pub memory: Option<u64>,
    /// Whether user space may no longer write to it.
    pub frozen: bool,
}

impl Info {
    /// Asks for what a map is like.
    pub(crate) fn of(map: BorrowedFd<'_>) -> libbpf_rs::Result<Self> {
        let info = MapInfo::new(map)?;
        let name = info.name().map(ToString::to_string);
        let fdinfo = format!("/proc/self/fdinfo/{}", map.as_raw_fd());
        let fdinfo = fs::read_to_string(fdinfo).unwrap_or_default();
        let fact = |name: &str| fact(&fdinfo, name);
        Ok(Self {
            id: info.info.id,
            name: name.unwrap_or_default(),
            kind: map_whole::kind_name(info.info.type_),
            key_size: info.info.key_size,
            value_size: info.info.value_size,
            max_entries: info.info.max_entries,
            flags: info.info.map_flags,
            memory: fact("memlock:"),
            frozen: fact("frozen:") == Some(1),
        })
    }
}

impl RawMap {
    pub(crate) fn info(&self) -> Result<Info> {
        let info = Info::of(self.as_fd());
        info.with_context(|| format!("failed to ask for what map `{}` is like", self.name()))
    }

    pub(crate) fn freeze(&self) -> Result<()> {
        let frozen = map_whole::freeze(self.as_fd());
        frozen.or_else(|error| {
            if self.info()?.frozen {
                return Ok(());
            }
            if error.kind() != io::ErrorKind::ResourceBusy {
                return Err(self.error("freeze", error));
            }
            let name = self.name();
            let text =
                format!("map `{name}` cannot be frozen: a process has it mapped for writing");
            Err(Error::new(ErrorKind::Map, text).with_cause(error))
        })
    }

    pub(crate) fn pin(&self, path: &Path) -> Result<()> {
        check_place(&format!("map `{}`", self.name()), path)?;
        let pinned = bpffs::pin(self.as_fd(), path);
        let (name, place) = (self.name(), path.display());
        pinned.with_context(|| format!("failed to pin map `{name}` to `{place}`"))
    }

    pub(crate) fn unpin(&self, path: &Path) -> Result<()> {
        let (name, place) = (self.name(), path.display());
        let what = || format!("failed to unpin map `{name}` from `{place}`");
        let pinned = bpffs::open(path).with_context(what)?;
        let pinned = MapInfo::new(pinned.as_fd()).with_context(what)?;
        let ours = MapInfo::new(self.as_fd()).with_context(what)?;
        if pinned.info.id != ours.info.id {
            let text = format!("what is pinned to `{place}` is not map `{name}`, and stays");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        fs::remove_file(path).with_context(what)
    }
}

/// The number behind a name in what the kernel tells of a descriptor.
fn fact(text: &str, name: &str) -> Option<u64> {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
    values.next()?.trim().parse().ok()
}

/// What all handles can do.
macro_rules! descriptor {
    ($($handle:ident $(<$($param:ident),*>)?: $($raw:ident).+;)*) => {$(
        impl $(<$($param),*>)? $handle $(<$($param),*>)? {
            /// What the kernel says of the map: its number, kind, sizes and memory.
            ///
            /// # Errors
            /// If the kernel refuses.
            pub fn info(&self) -> Result<Info> {
                self.$($raw).+.info()
            }

            /// Takes the right to write to the map from all of user space, for good. Programs may
            /// go on to write. A map that is frozen already stays so.
            ///
            /// # Errors
            /// `Map` if a process has it mapped for writing; otherwise if the kernel refuses, as it
            /// does for maps of structures such as timers.
            ///
            /// # Minimum kernel version
            /// 5.2
            pub fn freeze(&self) -> Result<()> {
                self.$($raw).+.freeze()
            }

            /// Gives the map a name in a BPF filesystem: it stays there after all programs that use
            /// it, until [`unpin`](Self::unpin). A text that names the path, such as
            /// `BPF_TABLE_PINNED(.., "/sys/fs/bpf/counts")`, uses this map.
            ///
            /// # Errors
            /// `AlreadyExists` if there is something at the path, `InvalidInput` if it is not on a
            /// BPF filesystem, `NotFound` if its directory does not exist.
            pub fn pin(&self, path: impl AsRef<Path>) -> Result<()> {
                self.$($raw).+.pin(path.as_ref())
            }

            /// Removes the name that the map has in a BPF filesystem. The map itself goes with the
            /// last program or handle that uses it.
            ///
            /// # Errors
            /// `NotFound` if nothing is pinned there; `InvalidInput` if what is pinned there is not
            /// this map.
            pub fn unpin(&self, path: impl AsRef<Path>) -> Result<()> {
                self.$($raw).+.unpin(path.as_ref())
            }
        }

        impl $(<$($param),*>)? AsFd for $handle $(<$($param),*>)? {
            /// The kernel's descriptor of the map, for other libraries and for maps of maps.
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.$($raw).+.as_fd()
            }
        }
    )*};
}

pub(crate) use descriptor;

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines are found by their whole name.
    #[test]
    fn reads_facts() {
        let text = "map_id:\t7\nmemlock:\t8192\nfrozen:\t1\n";
        assert_eq!(fact(text, "memlock:"), Some(8192));
        assert_eq!(fact(text, "lock:"), None);
    }
}
