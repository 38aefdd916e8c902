//! Map macros and the table types they name.

use crate::program::{MapKind, Sharing};

/// A macro that defines a map.
#[derive(Clone, Copy, Debug)]
pub struct MapMacro {
    /// The macro's name.
    pub name: &'static str,
    /// What each argument means, in order.
    pub params: &'static [MapParam],
    /// How many arguments must be given.
    pub required: usize,
    /// The table type, if the macro fixes it.
    pub table: Option<TableType>,
    /// Who else uses the map.
    pub sharing: Sharing,
    /// What the arguments that are left out mean.
    pub defaults: Defaults,
}

/// What the arguments that are left out mean; an empty text is not written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Defaults {
    /// The key's type.
    pub key: &'static str,
    /// The value's type.
    pub leaf: &'static str,
    /// The number of entries.
    pub size: &'static str,
    /// Map flags for the kernel.
    pub flags: &'static str,
}

/// What an argument of a map macro means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapParam {
    /// The table type as a string: `"hash"`.
    Table,
    /// The map's name.
    Name,
    /// The key's type.
    Key,
    /// The value's type.
    Leaf,
    /// The number of entries.
    Size,
    /// The number of entries, which is rounded up to a power of two.
    Stacks,
    /// The size in pages of memory.
    Pages,
    /// Map flags for the kernel.
    Flags,
    /// The name of another map as a string, whose like this map holds.
    Inner,
    /// The path the map is pinned to, as a string.
    Pin,
}

impl MapParam {
    /// How messages name the argument.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Table => "table type",
            Self::Name => "map name",
            Self::Key => "key type",
            Self::Leaf => "value type",
            Self::Size | Self::Stacks => "size",
            Self::Pages => "number of pages",
            Self::Flags => "flags",
            Self::Inner => "name of an inner map",
            Self::Pin => "path",
        }
    }
}

/// A table type of bcc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableType {
    /// One kind of kernel map.
    Map(MapKind),
    /// An array if the key is exactly `int`, a hash otherwise.
    Histogram,
}

use MapParam::{Flags, Inner, Key, Leaf, Name, Pages, Pin, Size, Stacks, Table};
use Sharing::{Pinned, Private, Public, Shared};

/// A row for a macro that fixes the kind.
const fn row(
    name: &'static str,
    kind: MapKind,
    params: &'static [MapParam],
    required: usize,
    defaults: Defaults,
) -> MapMacro {
    let table = Some(TableType::Map(kind));
    MapMacro {
        name,
        params,
        required,
        table,
        sharing: Sharing::Private,
        defaults,
    }
}

/// A row for a macro whose first argument is the table type.
const fn table(
    name: &'static str,
    sharing: Sharing,
    params: &'static [MapParam],
    required: usize,
) -> MapMacro {
    MapMacro {
        name,
        params,
        required,
        table: None,
        sharing,
        defaults: NONE,
    }
}

const fn defaults(key: &'static str, leaf: &'static str, size: &'static str) -> Defaults {
    Defaults {
        key,
        leaf,
        size,
        flags: "",
    }
}

const HASH: Defaults = defaults("u64", "u64", "10240");
const ARRAY: Defaults = defaults("int", "u64", "10240");
const SOCKETS: Defaults = defaults("u32", "u32", "10240");
const PROGRAMS: Defaults = defaults("u32", "u32", "");
const DESCRIPTORS: Defaults = defaults("int", "u32", "");
const INDEX: Defaults = defaults("int", "int", "");
const HASH_OF_MAPS: Defaults = defaults("int", "int", "10240");
const STACKS: Defaults = INDEX;
const NONE: Defaults = defaults("", "", "");
const TRIE: Defaults = Defaults {
    flags: "BPF_F_NO_PREALLOC",
    ..HASH
};
const STORAGE: Defaults = Defaults {
    key: "int",
    flags: "BPF_F_NO_PREALLOC",
    ..NONE
};
const CGROUP_STORAGE: Defaults = Defaults {
    key: "struct bpf_cgroup_storage_key",
    ..NONE
};

const FLAGGED: &[MapParam] = &[Table, Key, Leaf, Name, Size, Flags];
const PINNED: &[MapParam] = &[Table, Key, Leaf, Name, Size, Pin, Flags];
const KEYLESS: &[MapParam] = &[Table, Name, Leaf, Size, Flags];

/// The map macros.
pub const MAP_MACROS: &[MapMacro] = &[
    table("BPF_TABLE", Private, &[Table, Key, Leaf, Name, Size], 5),
    table("BPF_F_TABLE", Private, FLAGGED, 6),
    table(
        "BPF_TABLE_PUBLIC",
        Public,
        &[Table, Key, Leaf, Name, Size],
        5,
    ),
    table("BPF_TABLE_SHARED", Shared, FLAGGED, 5),
    table(
        "BPF_TABLE_SHARED5",
        Shared,
        &[Table, Key, Leaf, Name, Size],
        5,
    ),
    table("BPF_TABLE_SHARED6", Shared, FLAGGED, 6),
    table("BPF_TABLE_PINNED", Pinned, PINNED, 6),
    table(
        "BPF_TABLE_PINNED6",
        Pinned,
        &[Table, Key, Leaf, Name, Size, Pin],
        6,
    ),
    table("BPF_TABLE_PINNED7", Pinned, PINNED, 7),
    table("BPF_QUEUESTACK", Private, KEYLESS, 5),
    table("BPF_QUEUESTACK_PUBLIC", Public, KEYLESS, 5),
    table("BPF_QUEUESTACK_SHARED", Shared, KEYLESS, 5),
    table(
        "BPF_QUEUESTACK_PINNED",
        Pinned,
        &[Table, Name, Leaf, Size, Flags, Pin],
        6,
    ),
    MapMacro {
        name: "BPF_HISTOGRAM",
        params: &[Name, Key, Size],
        required: 1,
        table: Some(TableType::Histogram),
        sharing: Private,
        defaults: defaults("int", "u64", "64"),
    },
    row("BPF_HASH", MapKind::Hash, &[Name, Key, Leaf, Size], 1, HASH),
    row(
        "BPF_PERCPU_HASH",
        MapKind::PercpuHash,
        &[Name, Key, Leaf, Size],
        1,
        HASH,
    ),
    row("BPF_ARRAY", MapKind::Array, &[Name, Leaf, Size], 1, ARRAY),
    row(
        "BPF_PERCPU_ARRAY",
        MapKind::PercpuArray,
        &[Name, Leaf, Size],
        1,
        ARRAY,
    ),
    row(
        "BPF_LPM_TRIE",
        MapKind::LpmTrie,
        &[Name, Key, Leaf, Size],
        1,
        TRIE,
    ),
    row(
        "BPF_PERF_OUTPUT",
        MapKind::PerfEventArray,
        &[Name],
        1,
        DESCRIPTORS,
    ),
    row(
        "BPF_RINGBUF_OUTPUT",
        MapKind::RingBuf,
        &[Name, Pages],
        2,
        NONE,
    ),
    row(
        "BPF_PERF_ARRAY",
        MapKind::PerfCounterArray,
        &[Name, Size],
        2,
        DESCRIPTORS,
    ),
    row(
        "BPF_STACK_TRACE",
        MapKind::StackTrace,
        &[Name, Stacks],
        2,
        STACKS,
    ),
    row(
        "BPF_STACK_TRACE_BUILDID",
        MapKind::StackTraceBuildId,
        &[Name, Stacks],
        2,
        STACKS,
    ),
    row(
        "BPF_PROG_ARRAY",
        MapKind::ProgArray,
        &[Name, Size],
        2,
        PROGRAMS,
    ),
    row(
        "BPF_CGROUP_ARRAY",
        MapKind::CgroupArray,
        &[Name, Size],
        2,
        DESCRIPTORS,
    ),
    row(
        "BPF_DEVMAP",
        MapKind::DevMap,
        &[Name, Size],
        2,
        defaults("int", "int", ""),
    ),
    row(
        "BPF_CPUMAP",
        MapKind::CpuMap,
        &[Name, Size],
        2,
        defaults("int", "u32", ""),
    ),
    row(
        "BPF_XSKMAP",
        MapKind::XskMap,
        &[Name, Size, Pin],
        2,
        defaults("int", "int", ""),
    ),
    row("BPF_SOCKMAP", MapKind::SockMap, &[Name, Size], 2, SOCKETS),
    row(
        "BPF_SOCKHASH",
        MapKind::SockHash,
        &[Name, Key, Size],
        1,
        SOCKETS,
    ),
    row(
        "BPF_QUEUE",
        MapKind::Queue,
        &[Name, Leaf, Size, Flags],
        3,
        NONE,
    ),
    row(
        "BPF_STACK",
        MapKind::Stack,
        &[Name, Leaf, Size, Flags],
        3,
        NONE,
    ),
    row(
        "BPF_SK_STORAGE",
        MapKind::SkStorage,
        &[Name, Leaf],
        2,
        STORAGE,
    ),
    row(
        "BPF_INODE_STORAGE",
        MapKind::InodeStorage,
        &[Name, Leaf],
        2,
        STORAGE,
    ),
    row(
        "BPF_TASK_STORAGE",
        MapKind::TaskStorage,
        &[Name, Leaf],
        2,
        STORAGE,
    ),
    row(
        "BPF_CGROUP_STORAGE",
        MapKind::CgroupStorage,
        &[Name, Leaf],
        2,
        CGROUP_STORAGE,
    ),
    row(
        "BPF_PERCPU_CGROUP_STORAGE",
        MapKind::PercpuCgroupStorage,
        &[Name, Leaf],
        2,
        CGROUP_STORAGE,
    ),
    row(
        "BPF_ARRAY_OF_MAPS",
        MapKind::ArrayOfMaps,
        &[Name, Inner, Size],
        3,
        INDEX,
    ),
    row(
        "BPF_HASH_OF_MAPS",
        MapKind::HashOfMaps,
        &[Name, Key, Inner, Size],
        4,
        HASH_OF_MAPS,
    ),
    row(
        "BPF_HASH_OF_MAPS",
        MapKind::HashOfMaps,
        &[Name, Key, Inner],
        3,
        HASH_OF_MAPS,
    ),
    row(
        "BPF_HASH_OF_MAPS",
        MapKind::HashOfMaps,
        &[Name, Inner],
        2,
        HASH_OF_MAPS,
    ),
];

/// Table types as `BPF_TABLE` spells them.
pub const TABLE_TYPES: &[(&str, TableType)] = &[
    ("hash", TableType::Map(MapKind::Hash)),
    ("array", TableType::Map(MapKind::Array)),
    ("percpu_hash", TableType::Map(MapKind::PercpuHash)),
    ("percpu_array", TableType::Map(MapKind::PercpuArray)),
    ("lru_hash", TableType::Map(MapKind::LruHash)),
    ("lru_percpu_hash", TableType::Map(MapKind::LruPercpuHash)),
    ("lpm_trie", TableType::Map(MapKind::LpmTrie)),
    ("histogram", TableType::Histogram),
    ("perf_output", TableType::Map(MapKind::PerfEventArray)),
    ("perf_array", TableType::Map(MapKind::PerfCounterArray)),
    ("prog", TableType::Map(MapKind::ProgArray)),
    ("stacktrace", TableType::Map(MapKind::StackTrace)),
    ("cgroup_array", TableType::Map(MapKind::CgroupArray)),
    ("devmap", TableType::Map(MapKind::DevMap)),
    ("cpumap", TableType::Map(MapKind::CpuMap)),
    ("xskmap", TableType::Map(MapKind::XskMap)),
    ("sockmap", TableType::Map(MapKind::SockMap)),
    ("sockhash", TableType::Map(MapKind::SockHash)),
    ("queue", TableType::Map(MapKind::Queue)),
    ("stack", TableType::Map(MapKind::Stack)),
    ("ringbuf", TableType::Map(MapKind::RingBuf)),
    ("array_of_maps", TableType::Map(MapKind::ArrayOfMaps)),
    ("hash_of_maps", TableType::Map(MapKind::HashOfMaps)),
    ("sk_storage", TableType::Map(MapKind::SkStorage)),
    ("inode_storage", TableType::Map(MapKind::InodeStorage)),
    ("task_storage", TableType::Map(MapKind::TaskStorage)),
    ("cgroup_storage", TableType::Map(MapKind::CgroupStorage)),
    (
        "percpu_cgroup_storage",
        TableType::Map(MapKind::PercpuCgroupStorage),
    ),
    ("extern", TableType::Map(MapKind::Extern)),
];

/// The row of the map macro called `name` that takes `count` arguments, else its first row.
#[must_use]
pub fn find_map_macro(name: &str, count: usize) -> Option<&'static MapMacro> {
    let fits = |row: &&MapMacro| (row.required..=row.params.len()).contains(&count);
    let rows = || MAP_MACROS.iter().filter(|row| row.name == name);
    rows().find(fits).or_else(|| rows().next())
}

impl MapKind {
    /// Whether all entries exist from the start, under the indices 0, 1, 2...
    #[must_use]
    pub const fn is_array(self) -> bool {
        matches!(self, Self::Array | Self::PercpuArray)
    }

    /// Whether it carries events to user space.
    #[must_use]
    pub const fn carries_events(self) -> bool {
        matches!(self, Self::PerfEventArray | Self::RingBuf)
    }

    /// Whether each CPU has values of its own.
    #[must_use]
    pub const fn is_percpu(self) -> bool {
        matches!(
            self,
            Self::PercpuArray | Self::PercpuHash | Self::LruPercpuHash
        )
    }

    /// Whether its entries have keys.
    #[must_use]
    pub const fn has_keys(self) -> bool {
        !matches!(self, Self::Queue | Self::Stack | Self::RingBuf)
    }

    /// Whether it holds maps.
    #[must_use]
    pub const fn holds_maps(self) -> bool {
        matches!(self, Self::ArrayOfMaps | Self::HashOfMaps)
    }

    /// Whether the text decides how many entries it has: not where they belong to other objects,
    /// nor where there is one for each CPU.
    #[must_use]
    pub const fn has_size(self) -> bool {
        !matches!(
            self,
            Self::PerfEventArray
                | Self::SkStorage
                | Self::InodeStorage
                | Self::TaskStorage
                | Self::CgroupStorage
                | Self::PercpuCgroupStorage
                | Self::Extern
        )
    }
}
