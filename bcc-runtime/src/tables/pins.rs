//! Maps that are pinned to a path of a BPF filesystem.
//!
//! In: an opened map and its path. Out: the map that is pinned there in its place, if it fits; else
//! a map that the load will pin there, and the directories made for it.

use super::Shape;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::bpffs::is_bpffs;
use crate::sys::globals;
use bcc_lang::program::{PIN_PREFIX, PINS};
use libbpf_rs::{MapHandle, MapType, OpenMapMut, OpenObject};
use object::Endianness;
use object::elf::FileHeader64;
use object::read::elf::{FileHeader as _, SectionHeader as _};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The paths of pinned maps, by the maps' names.
pub(super) fn paths(object: &OpenObject, bytes: &[u8]) -> BTreeMap<String, PathBuf> {
    let places = globals::variables(object, PINS);
    // Most programs pin nothing, and need not wait until the object is looked through.
    if places.is_empty() {
        return BTreeMap::new();
    }
    let data = section(bytes, PINS).unwrap_or_default();
    let path = |(variable, place): (String, _)| {
        let name = variable.strip_prefix(PIN_PREFIX)?;
        let text = data.get::<std::ops::Range<usize>>(place)?;
        let text = text.split(|byte| *byte == 0).next()?;
        Some((name.to_owned(), PathBuf::from(OsStr::from_bytes(text))))
    };
    places.into_iter().filter_map(path).collect()
}

/// What a section of an object holds; `None` if there is no such section.
fn section<'bytes>(bytes: &'bytes [u8], name: &str) -> Option<&'bytes [u8]> {
    let header = FileHeader64::<Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let (_, section) = sections.section_by_name(endian, name.as_bytes())?;
    section.data(endian, bytes).ok()
}

/// Puts what is pinned at `path` in the place of `map`, or makes ready to pin it there.
pub(super) fn connect(map: &mut OpenMapMut<'_>, name: &str, path: &Path) -> Result<MadeDirs> {
    check_place(&format!("map `{name}`"), path)?;
    match MapHandle::from_pinned_path(path) {
        Ok(pinned) => reuse(map, name, path, &pinned).map(|()| MadeDirs::default()),
        Err(error) if error.kind() == libbpf_rs::ErrorKind::NotFound => {
            if takes_size(map) {
                let text = format!(
                    "map `{name}` has the size 0, which stands for that of the table pinned at \
                     `{}`, and nothing is pinned there; give it a size, or start the program that \
                     pins it",
                    path.display()
                );
                return Err(Error::new(ErrorKind::NotFound, text));
            }
            let made = make_parents(path)?;
            map.set_pin_path(path)
                .with_context(|| format!("failed to pin map `{name}` to `{}`", path.display()))?;
            Ok(made)
        }
        Err(error) => {
            let opened = Err(error);
            opened.with_context(|| format!("failed to open what is pinned at `{}`", path.display()))
        }
    }
}

fn reuse(map: &mut OpenMapMut<'_>, name: &str, path: &Path, pinned: &MapHandle) -> Result<()> {
    let place = path.display();
    if !is_map(pinned) {
        let text = format!(
            "map `{name}` cannot be pinned to `{place}`: what is pinned there is no map; choose \
             another path"
        );
        return Err(Error::new(ErrorKind::AlreadyExists, text));
    }
    let there = Shape::of_fd(pinned)?;
    let mut wanted = Shape::of_open(map)?;
    if takes_size(map) {
        wanted.max_entries = there.max_entries;
        wanted.flags = there.flags;
    }
    let differences = wanted.differences(&there);
    if !differences.is_empty() {
        let text = format!(
            "map `{name}` cannot use what is pinned at `{place}`: {differences}; remove the file \
             if nobody needs it, or choose another path"
        );
        return Err(Error::new(ErrorKind::AlreadyExists, text));
    }
    map.reuse_fd(pinned.as_fd())
        .with_context(|| format!("failed to use the map pinned at `{place}`"))
}

/// Whether a map takes its size from what is pinned, and with it the flags that go with the size.
fn takes_size(map: &OpenMapMut<'_>) -> bool {
    let has_none = matches!(
        map.map_type(),
        MapType::PerfEventArray
            | MapType::SkStorage
            | MapType::InodeStorage
            | MapType::TaskStorage
            | MapType::CgroupStorage
            | MapType::PercpuCgroupStorage
    );
    map.max_entries() == 0 && !has_none
}

/// Programs and links can be pinned as well, and the kernel describes them when asked for a map.
fn is_map(pinned: &MapHandle) -> bool {
    let link = fs::read_link(format!("/proc/self/fd/{}", pinned.as_fd().as_raw_fd()));
    link.map_or(true, |link| link == Path::new("anon_inode:bpf-map"))
}

/// An error if `path` is not on a BPF filesystem.
pub(crate) fn check_place(what: &str, path: &Path) -> Result<()> {
    let place = path.display();
    // The nearest part of the path that exists tells the filesystem.
    let there = path.ancestors().find(|part| part.exists());
    let there = there.unwrap_or_else(|| Path::new("."));
    let found = is_bpffs(there).with_context(|| format!("failed to look at `{place}`"))?;
    if found {
        return Ok(());
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounted = describe_bpffs(&mounts);
    let text = format!(
        "{what} cannot be pinned to `{place}`, which is not on a BPF filesystem; {mounted}"
    );
    Err(Error::new(ErrorKind::InvalidInput, text))
}

/// Where BPF filesystems are, out of the list of all mounts.
fn describe_bpffs(mounts: &str) -> String {
    let place = |line: &'_ str| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        (kind == "bpf").then(|| format!("`{place}`"))
    };
    let places: Vec<String> = mounts.lines().filter_map(place).collect();
    if places.is_empty() {
        return "none is mounted: `mount -t bpf bpf /sys/fs/bpf` mounts the usual one".to_owned();
    }
    format!("there is one at {}", places.join(", "))
}

fn make_parents(path: &Path) -> Result<MadeDirs> {
    let mut made = MadeDirs::default();
    let missing = path.ancestors().skip(1).take_while(|part| !part.exists());
    let missing: Vec<&Path> = missing.filter(|part| part.parent().is_some()).collect();
    for part in missing.into_iter().rev() {
        match fs::create_dir(part) {
            Ok(()) => made.list.push(part.to_owned()),
            // Somebody else was faster.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("failed to make directory `{}`", part.display()));
            }
        }
    }
    Ok(made)
}

/// Directories that were made for maps, and are removed with it unless the maps are pinned.
#[derive(Debug, Default)]
pub(super) struct MadeDirs {
    list: Vec<PathBuf>,
}

impl MadeDirs {
    pub(super) fn extend(&mut self, mut more: Self) {
        self.list.append(&mut more.list);
    }

    pub(super) fn keep(&mut self) {
        self.list.clear();
    }
}

impl Drop for MadeDirs {
    fn drop(&mut self) {
        for path in self.list.iter().rev() {
            // One that somebody else uses by now is not empty, and stays.
            drop(fs::remove_dir(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a map could be pinned, or how to come to such a place.
    #[test]
    fn says_where_bpffs_is() {
        let none = "proc /proc proc rw 0 0\nnone /bpf tmpfs rw 0 0\n";
        let one = "proc /proc proc rw 0 0\nbpf /sys/fs/bpf bpf rw,mode=700 0 0\n";
        let two = format!("{one}none /run/bpf bpf rw 0 0\n");
        for (mounts, expected) in [
            (
                none,
                "none is mounted: `mount -t bpf bpf /sys/fs/bpf` mounts the usual one",
            ),
            (one, "there is one at `/sys/fs/bpf`"),
            (&*two, "there is one at `/sys/fs/bpf`, `/run/bpf`"),
        ] {
            assert_eq!(describe_bpffs(mounts), expected);
        }
    }
}
