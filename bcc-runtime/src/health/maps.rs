//! How full maps are.
//!
//! In: the maps of a program. Out: [`MapHealth`]. The kernel keeps no count of entries that user space
//! can ask for, so they are read, as long as that is cheap.

use crate::map::RawMap;
use crate::map::entries::Entries;
use libbpf_rs::MapType;

/// How many entries are counted without being asked to.
const CHEAP: u32 = 16 << 10;

/// What a report looks at: see [`Bpf::health_with_opts`](crate::Bpf::health_with_opts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthOpts {
    pub(crate) count_up_to: u32,
}

impl Default for HealthOpts {
    fn default() -> Self {
        Self { count_up_to: CHEAP }
    }
}

impl HealthOpts {
    /// What [`Bpf::health`](crate::Bpf::health) looks at.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the entries of maps that have room for this many or fewer; 16384 if not given, 0 counts
    /// none. Entries are read to be counted, some thousands with each system call.
    #[must_use]
    pub const fn count_up_to(mut self, max_entries: u32) -> Self {
        self.count_up_to = max_entries;
        self
    }
}

/// A map that has entries by key, and how full it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapHealth {
    /// The map.
    pub map: String,
    /// How many entries there were; a map that changes meanwhile may have had more or fewer. `None` if
    /// they were not counted: see [`HealthOpts::count_up_to`].
    pub entries: Option<u32>,
    /// How many there is room for.
    pub max_entries: u32,
    /// Whether a new entry takes the place of the one that was least recently used, once there is no
    /// room.
    pub evicts: bool,
    /// Whether it is another program's map.
    pub is_external: bool,
}

impl MapHealth {
    /// Whether there is no room for another entry; `None` if entries were not counted.
    #[must_use]
    pub fn is_full(&self) -> Option<bool> {
        self.entries.map(|entries| entries >= self.max_entries)
    }
}

/// How full a map is; `None` if it is of a kind whose entries are always there, or that has no keys.
pub(crate) fn map_health(map: &RawMap, is_external: bool, opts: &HealthOpts) -> Option<MapHealth> {
    let evicts = match map.kind() {
        MapType::Hash
        | MapType::PercpuHash
        | MapType::LpmTrie
        | MapType::HashOfMaps
        | MapType::StackTrace => false,
        MapType::LruHash | MapType::LruPercpuHash => true,
        _ => return None,
    };
    let max_entries = map.max_entries();
    // A map that nobody may read has no count.
    let counted = (max_entries <= opts.count_up_to).then(|| Entries::read(map).count().ok());
    let entries = counted.flatten().map(|count| {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        count.min(max_entries)
    });
    Some(MapHealth {
        map: map.name().to_owned(),
        entries,
        max_entries,
        evicts,
        is_external,
    })
}
