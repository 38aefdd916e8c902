//! Memory of maps, which kernels before 5.11 count as locked memory of the user.
//!
//! In: the maps of the text, and what this process may lock. Out: a finding if they cannot fit, whatever
//! else the user has locked: only what the kernel needs at least is counted.

use super::{FindingKind, Run};
use crate::cpu;
use crate::load::rights::{self, CAP_SYS_RESOURCE};
use crate::spec::{MapSpec, SharingSpec};
use crate::sys::limits;

/// What the kernel keeps of each entry of a hash table beside key and value; it is 48 in Linux 5.10.
const HASH_ENTRY: u64 = 32;
/// Keys and values begin at multiples of this.
const ALIGNMENT: u64 = 8;

/// What one entry of a kind of map takes at least.
struct Entry {
    kind: &'static str,
    /// Bytes beside key and value.
    fixed: u64,
    has_key: bool,
    /// Whether each CPU has a value of its own.
    is_percpu: bool,
}

const fn entry(kind: &'static str, fixed: u64, has_key: bool, is_percpu: bool) -> Entry {
    Entry {
        kind,
        fixed,
        has_key,
        is_percpu,
    }
}

/// The kinds of maps whose memory is known from the text.
const ENTRIES: &[Entry] = &[
    entry("BPF_MAP_TYPE_HASH", HASH_ENTRY, true, false),
    entry("BPF_MAP_TYPE_LRU_HASH", HASH_ENTRY, true, false),
    entry("BPF_MAP_TYPE_PERCPU_HASH", HASH_ENTRY, true, true),
    entry("BPF_MAP_TYPE_LRU_PERCPU_HASH", HASH_ENTRY, true, true),
    entry("BPF_MAP_TYPE_ARRAY", 0, false, false),
    entry("BPF_MAP_TYPE_PERCPU_ARRAY", 0, false, true),
];

impl Run<'_> {
    /// `sizes` is what the user says of the sizes of maps, by name.
    pub(super) fn look_at_memory(&mut self, sizes: &[(String, u32)]) {
        let (true, Some(limit)) = (rights::counts_locked_memory(), limits::most_memlock()) else {
            return;
        };
        // Where it cannot be read, it may be there.
        let rights = rights::effective_capabilities().unwrap_or(u64::MAX);
        if rights & CAP_SYS_RESOURCE != 0 {
            return;
        }
        let is_new = |map: &&MapSpec| {
            map.sharing == SharingSpec::Private && !self.options.pin_paths.contains_key(&*map.name)
        };
        let cpus = cpu::possible_count().map_or(1, |count| count as u64);
        let maps = self.spec.maps.iter().filter(is_new);
        let needs = maps.map(|map| least(map, given_size(map, sizes), cpus));
        let needs = needs.fold(0, u64::saturating_add);
        if needs > limit {
            let message = format!(
                "the maps take at least {} KiB, which this kernel counts as locked memory, and this \
                 process may have {} KiB of that; raise the limit (`ulimit -l unlimited`) or run with \
                 CAP_SYS_RESOURCE",
                needs / 1024,
                limit / 1024
            );
            self.add_at(FindingKind::Memory, None, message);
        }
    }
}

/// How many entries a map is to have; `None` if only clang knows.
fn given_size(map: &MapSpec, sizes: &[(String, u32)]) -> Option<u32> {
    let given = sizes.iter().rfind(|(name, _)| *name == *map.name);
    given.map(|(_, entries)| *entries).or(map.max_entries)
}

/// How many bytes a map takes at least; what is not known counts as none.
fn least(map: &MapSpec, max_entries: Option<u32>, cpus: u64) -> u64 {
    let row = ENTRIES.iter().find(|row| row.kind == map.kind);
    let (Some(row), Some(max_entries)) = (row, max_entries) else {
        return 0;
    };
    let aligned = |size: Option<u32>| u64::from(size.unwrap_or(0)).next_multiple_of(ALIGNMENT);
    let key = if row.has_key {
        aligned(map.key_size)
    } else {
        0
    };
    let values = aligned(map.value_size).saturating_mul(if row.is_percpu { cpus } else { 1 });
    let entry = (row.fixed + key).saturating_add(values);
    entry.saturating_mul(max_entries.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(kind: &'static str, key_size: Option<u32>, value_size: Option<u32>) -> MapSpec {
        MapSpec {
            name: "m".into(),
            kind: kind.into(),
            key_size,
            value_size,
            max_entries: Some(10),
            sharing: SharingSpec::Private,
            inner: None,
        }
    }

    /// Keys and values are rounded up, per CPU ones multiplied; what is not known counts as nothing.
    #[test]
    fn least_memory() {
        for (kind, key, value, expected) in [
            ("BPF_MAP_TYPE_HASH", Some(4), Some(12), 10 * (32 + 8 + 16)),
            ("BPF_MAP_TYPE_HASH", None, Some(8), 10 * (32 + 8)),
            (
                "BPF_MAP_TYPE_PERCPU_HASH",
                Some(8),
                Some(4),
                10 * (32 + 8 + 3 * 8),
            ),
            ("BPF_MAP_TYPE_ARRAY", Some(4), Some(8), 10 * 8),
            ("BPF_MAP_TYPE_PERCPU_ARRAY", Some(4), Some(9), 10 * 3 * 16),
            ("BPF_MAP_TYPE_PERF_EVENT_ARRAY", Some(4), Some(4), 0),
        ] {
            let map = map(kind, key, value);
            assert_eq!(least(&map, map.max_entries, 3), expected, "{kind}");
            assert_eq!(least(&map, None, 3), 0, "{kind}");
        }
        let huge = map("BPF_MAP_TYPE_ARRAY", None, Some(u32::MAX));
        assert_eq!(
            least(&huge, Some(u32::MAX), 1),
            (1 << 32) * u64::from(u32::MAX)
        );
    }

    /// The last word of the user's counts, for the map it names.
    #[test]
    fn sizes_are_given() {
        let map = map("BPF_MAP_TYPE_HASH", None, None);
        let size = |name: &str, entries| (name.to_owned(), entries);
        assert_eq!(given_size(&map, &[size("other", 5)]), Some(10));
        assert_eq!(given_size(&map, &[size("m", 5), size("m", 7)]), Some(7));
    }
}
