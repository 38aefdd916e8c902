//! What two programs must agree on to use one map.
//!
//! In: a map as a text declares it, and a map of the kernel. Out: how they differ.

use crate::cpu;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::spec::MapSpec;
use crate::sys::map::ACCESS_FLAGS;
use libbpf_rs::{MapInfo, MapType, OpenMapMut};
use std::os::fd::AsFd;

/// Type, sizes and flags of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) kind: MapType,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) max_entries: u32,
    pub(crate) flags: u32,
}

impl Shape {
    /// That of a map of the kernel.
    pub(crate) fn of_fd(map: &impl AsFd) -> Result<Self> {
        let info = MapInfo::new(map.as_fd()).context("failed to ask for what a map is like")?;
        let kind = info.map_type();
        let info = info.info;
        Ok(Self {
            kind,
            key_size: info.key_size,
            value_size: info.value_size,
            max_entries: info.max_entries,
            flags: info.map_flags & !ACCESS_FLAGS,
        })
    }

    /// That of a map that is not made yet.
    pub(super) fn of_open(map: &OpenMapMut<'_>) -> Result<Self> {
        let kind = map.map_type();
        let per_cpu = kind == MapType::PerfEventArray && map.max_entries() == 0;
        let max_entries = if per_cpu {
            u32::try_from(cpu::possible_count()?).unwrap_or(u32::MAX)
        } else {
            map.max_entries()
        };
        Ok(Self {
            kind,
            key_size: map.key_size(),
            value_size: map.value_size(),
            max_entries,
            flags: map.map_flags() & !ACCESS_FLAGS,
        })
    }

    /// How another map differs from this one; empty if it does not.
    pub(crate) fn differences(&self, other: &Self) -> String {
        let number = |part: &str, ours: u32, theirs: u32| {
            (ours != theirs).then(|| format!("{part} {theirs} instead of {ours}"))
        };
        let kind = (self.kind != other.kind)
            .then(|| format!("type {:?} instead of {:?}", other.kind, self.kind));
        let flags = (self.flags != other.flags)
            .then(|| format!("flags {:#x} instead of {:#x}", other.flags, self.flags));
        let parts = [
            kind,
            number("key size", self.key_size, other.key_size),
            number("value size", self.value_size, other.value_size),
            number("number of entries", self.max_entries, other.max_entries),
            flags,
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// An error if a text declares an `extern` table with other types than this one has; the
    /// declared number of entries and the flags mean nothing.
    pub(super) fn check_declared(&self, name: &str, declared: &MapSpec) -> Result<()> {
        let expected = Self {
            key_size: declared.key_size.unwrap_or(self.key_size),
            value_size: declared.value_size.unwrap_or(self.value_size),
            ..self.clone()
        };
        let differences = expected.differences(self);
        if differences.is_empty() {
            return Ok(());
        }
        let text = format!(
            "the exported table `{name}` is another than the text declares with \"extern\": \
             {differences}; declare it with the types it is defined with"
        );
        Err(Error::new(ErrorKind::InvalidInput, text))
    }
}
