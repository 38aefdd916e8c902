//! Map macros, table types and table methods.

use crate::program::MapKind;

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
    /// Number of entries if no argument says so.
    pub default_size: &'static str,
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
    /// Map flags for the kernel.
    Flags,
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
            Self::Size => "size",
            Self::Flags => "flags",
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

use MapParam::{Flags, Key, Leaf, Name, Size, Table};

const fn row(
    name: &'static str,
    params: &'static [MapParam],
    required: usize,
    table: Option<TableType>,
    default_size: &'static str,
) -> MapMacro {
    MapMacro {
        name,
        params,
        required,
        table,
        default_size,
    }
}

/// The map macros.
pub const MAP_MACROS: &[MapMacro] = &[
    row("BPF_TABLE", &[Table, Key, Leaf, Name, Size], 5, None, ""),
    row(
        "BPF_F_TABLE",
        &[Table, Key, Leaf, Name, Size, Flags],
        6,
        None,
        "",
    ),
    row(
        "BPF_HASH",
        &[Name, Key, Leaf, Size],
        1,
        Some(TableType::Map(MapKind::Hash)),
        "10240",
    ),
    row(
        "BPF_PERCPU_HASH",
        &[Name, Key, Leaf, Size],
        1,
        Some(TableType::Map(MapKind::PercpuHash)),
        "10240",
    ),
    row(
        "BPF_ARRAY",
        &[Name, Leaf, Size],
        1,
        Some(TableType::Map(MapKind::Array)),
        "10240",
    ),
    row(
        "BPF_PERCPU_ARRAY",
        &[Name, Leaf, Size],
        1,
        Some(TableType::Map(MapKind::PercpuArray)),
        "10240",
    ),
    row(
        "BPF_HISTOGRAM",
        &[Name, Key, Size],
        1,
        Some(TableType::Histogram),
        "64",
    ),
    row(
        "BPF_PERF_OUTPUT",
        &[Name],
        1,
        Some(TableType::Map(MapKind::PerfEventArray)),
        "",
    ),
];

/// Macros of bcc that define maps of kinds not supported yet.
pub const PLANNED_MAP_MACROS: &[&str] = &[
    "BPF_ARRAY_OF_MAPS",
    "BPF_CGROUP_ARRAY",
    "BPF_CGROUP_STORAGE",
    "BPF_CPUMAP",
    "BPF_DEVMAP",
    "BPF_HASH_OF_MAPS",
    "BPF_INODE_STORAGE",
    "BPF_LPM_TRIE",
    "BPF_PERCPU_CGROUP_STORAGE",
    "BPF_PERF_ARRAY",
    "BPF_PROG_ARRAY",
    "BPF_QUEUE",
    "BPF_QUEUESTACK",
    "BPF_QUEUESTACK_PINNED",
    "BPF_QUEUESTACK_PUBLIC",
    "BPF_QUEUESTACK_SHARED",
    "BPF_RINGBUF_OUTPUT",
    "BPF_SK_STORAGE",
    "BPF_SOCKHASH",
    "BPF_SOCKMAP",
    "BPF_STACK",
    "BPF_STACK_TRACE",
    "BPF_STACK_TRACE_BUILDID",
    "BPF_TABLE_PINNED",
    "BPF_TABLE_PUBLIC",
    "BPF_TABLE_SHARED",
    "BPF_TASK_STORAGE",
    "BPF_XSKMAP",
];

/// Table types as `BPF_TABLE` spells them.
pub const TABLE_TYPES: &[(&str, TableType)] = &[
    ("hash", TableType::Map(MapKind::Hash)),
    ("array", TableType::Map(MapKind::Array)),
    ("percpu_hash", TableType::Map(MapKind::PercpuHash)),
    ("percpu_array", TableType::Map(MapKind::PercpuArray)),
    ("lru_hash", TableType::Map(MapKind::LruHash)),
    ("lru_percpu_hash", TableType::Map(MapKind::LruPercpuHash)),
    ("histogram", TableType::Histogram),
    ("perf_output", TableType::Map(MapKind::PerfEventArray)),
];

/// The row of the map macro called `name`.
#[must_use]
pub fn find_map_macro(name: &str) -> Option<&'static MapMacro> {
    MAP_MACROS.iter().find(|row| row.name == name)
}

/// How much of a map an operation may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapFamily {
    /// Entries come and go.
    Hash,
    /// All entries exist from the start.
    Array,
    /// Carries events to user space.
    Events,
}

impl MapKind {
    /// The family the kind belongs to.
    #[must_use]
    pub const fn family(self) -> MapFamily {
        match self {
            Self::Hash | Self::PercpuHash | Self::LruHash | Self::LruPercpuHash => MapFamily::Hash,
            Self::Array | Self::PercpuArray => MapFamily::Array,
            Self::PerfEventArray => MapFamily::Events,
        }
    }
}

/// A method of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `lookup(&key)`
    Lookup,
    /// `lookup_or_init(&key, &value)`
    LookupOrInit,
    /// `lookup_or_try_init(&key, &value)`
    LookupOrTryInit,
    /// `update(&key, &value)`
    Update,
    /// `insert(&key, &value)`
    Insert,
    /// `delete(&key)`
    Delete,
    /// `increment(key, n)`
    Increment,
    /// `atomic_increment(key, n)`
    AtomicIncrement,
    /// `perf_submit(ctx, &data, size)`
    PerfSubmit,
}

/// What an argument of a method means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodParam {
    /// A pointer to the key.
    KeyPtr,
    /// A pointer to the value.
    ValuePtr,
    /// The key itself.
    Key,
    /// A number to add.
    Amount,
    /// The context of the program.
    Ctx,
    /// A pointer to the event.
    Data,
    /// The size of the event.
    Size,
}

/// A row of the method table.
#[derive(Clone, Copy, Debug)]
pub struct MethodRow {
    /// The method.
    pub method: Method,
    /// Its name.
    pub name: &'static str,
    /// What each argument means.
    pub params: &'static [MethodParam],
    /// How many arguments must be given.
    pub required: usize,
    /// The families of maps that have it.
    pub families: &'static [MapFamily],
}

use MapFamily::{Array, Events, Hash};
use MethodParam::{Amount, Ctx, Data, KeyPtr, ValuePtr};

const fn method(
    method: Method,
    name: &'static str,
    params: &'static [MethodParam],
    required: usize,
    families: &'static [MapFamily],
) -> MethodRow {
    MethodRow {
        method,
        name,
        params,
        required,
        families,
    }
}

/// The methods.
pub const METHODS: &[MethodRow] = &[
    method(Method::Lookup, "lookup", &[KeyPtr], 1, &[Hash, Array]),
    method(
        Method::LookupOrInit,
        "lookup_or_init",
        &[KeyPtr, ValuePtr],
        2,
        &[Hash, Array],
    ),
    method(
        Method::LookupOrTryInit,
        "lookup_or_try_init",
        &[KeyPtr, ValuePtr],
        2,
        &[Hash, Array],
    ),
    method(
        Method::Update,
        "update",
        &[KeyPtr, ValuePtr],
        2,
        &[Hash, Array],
    ),
    method(Method::Insert, "insert", &[KeyPtr, ValuePtr], 2, &[Hash]),
    method(Method::Delete, "delete", &[KeyPtr], 1, &[Hash]),
    method(
        Method::Increment,
        "increment",
        &[MethodParam::Key, Amount],
        1,
        &[Hash, Array],
    ),
    method(
        Method::AtomicIncrement,
        "atomic_increment",
        &[MethodParam::Key, Amount],
        1,
        &[Hash, Array],
    ),
    method(
        Method::PerfSubmit,
        "perf_submit",
        &[Ctx, Data, MethodParam::Size],
        3,
        &[Events],
    ),
];

/// Methods of bcc that belong to maps not supported yet.
pub const PLANNED_METHODS: &[&str] = &[
    "call",
    "check_current_task",
    "get_local_storage",
    "get_stackid",
    "msg_redirect_hash",
    "peek",
    "perf_counter_value",
    "perf_read",
    "perf_submit_skb",
    "pop",
    "push",
    "redirect_map",
    "ringbuf_discard",
    "ringbuf_output",
    "ringbuf_query",
    "ringbuf_reserve",
    "ringbuf_submit",
    "sk_redirect_hash",
    "sk_storage_delete",
    "sk_storage_get",
    "sock_hash_update",
    "sock_map_update",
    "task_storage_delete",
    "task_storage_get",
];

/// The row of the method called `name`.
#[must_use]
pub fn find_method(name: &str) -> Option<&'static MethodRow> {
    METHODS.iter().find(|row| row.name == name)
}
