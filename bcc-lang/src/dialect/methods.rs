//! Table methods: which maps have them, what their arguments mean, what they become.

use crate::program::MapKind;

/// A row of the method table.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// What each argument means.
    pub params: &'static [MethodParam],
    /// How many arguments must be given.
    pub required: usize,
    /// The kinds of map that have it.
    pub kinds: &'static [MapKind],
    /// What it gives.
    pub result: MethodResult,
    /// How a call of it can fail without a word.
    pub failure: Failure,
    /// What it becomes: C in which `@0`, `@1`... stand for the arguments, in the order of the text,
    /// and `@m` for the map's name.
    pub form: &'static str,
    /// What it becomes instead, where the arguments allow for it.
    pub special: Option<(When, &'static str)>,
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
    /// A number to add, 1 by default.
    Amount,
    /// The context of the program.
    Ctx,
    /// A pointer to the event.
    Data,
    /// The size of the event.
    Size,
    /// When to wake the reader; 0 leaves it to how the program is built.
    Wakeup,
    /// Anything the helper takes.
    Plain,
}

/// What a method gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodResult {
    /// A pointer to a value of the map, or `NULL`.
    Value,
    /// Memory of the program's own, or `NULL`.
    Memory,
    /// A status or another number.
    Number,
    /// A counter.
    Counter,
    /// Nothing.
    Nothing,
}

/// What the arguments of a call have to be for another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The one argument is a struct of the key's type that has an address.
    KeyHasAddress,
    /// The size of the data is a constant.
    SizeIsConstant,
}

/// How a call can fail without a word, unless the program looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It cannot, or what it says is an answer: that a key is not there.
    Never,
    /// Its status is not 0.
    Status,
    /// Its status is neither 0 nor says that the key is there.
    StatusOfNew,
    /// Its number is negative.
    Negative,
    /// It gives `NULL`.
    Null,
    /// It would give `NULL`, but leaves the calling function instead.
    NullLeaves,
    /// It comes back.
    Return,
}

impl Failure {
    /// The macro that counts it; what stands in it is the call.
    #[must_use]
    pub const fn counter(self) -> Option<&'static str> {
        match self {
            Self::Never => None,
            Self::Status => Some("BCC_COUNT_NONZERO"),
            Self::StatusOfNew => Some("BCC_COUNT_NEW"),
            Self::Negative => Some("BCC_COUNT_NEGATIVE"),
            Self::Null | Self::NullLeaves => Some("BCC_COUNT_NULL"),
            Self::Return => Some("BCC_COUNT_RETURN"),
        }
    }
}

use MapKind::{
    Array, ArrayOfMaps, CgroupArray, CgroupStorage, CpuMap, DevMap, Extern, Hash, HashOfMaps,
    InodeStorage, LpmTrie, LruHash, LruPercpuHash, PercpuArray, PercpuCgroupStorage, PercpuHash,
    PerfCounterArray, PerfEventArray, ProgArray, Queue, RingBuf, SkStorage, SockHash, SockMap,
    Stack, StackTrace, StackTraceBuildId, TaskStorage, XskMap,
};
use MethodParam::{Amount, Ctx, Data, Key, KeyPtr, Plain, Size, ValuePtr, Wakeup};
use MethodResult::{Counter, Memory, Nothing, Number, Value};

/// Maps whose values programs make.
const TABLES: &[MapKind] = &[
    Hash,
    LruHash,
    PercpuHash,
    LruPercpuHash,
    Array,
    PercpuArray,
    LpmTrie,
];
/// Maps whose entries programs replace.
const UPDATES: &[MapKind] = &[
    Hash,
    LruHash,
    PercpuHash,
    LruPercpuHash,
    Array,
    PercpuArray,
    LpmTrie,
    SockMap,
    SockHash,
];
/// Maps whose entries come and go.
const HASHES: &[MapKind] = &[
    Hash,
    LruHash,
    PercpuHash,
    LruPercpuHash,
    LpmTrie,
    SockMap,
    SockHash,
];
/// Maps of which the kernel lets programs look up an entry.
const LOOKUPS: &[MapKind] = &[
    Hash,
    LruHash,
    PercpuHash,
    LruPercpuHash,
    Array,
    PercpuArray,
    LpmTrie,
    ArrayOfMaps,
    HashOfMaps,
    XskMap,
    SockMap,
    SockHash,
    DevMap,
];
const STACKS: &[MapKind] = &[StackTrace, StackTraceBuildId];
const LISTS: &[MapKind] = &[Queue, Stack];
const REDIRECTS: &[MapKind] = &[DevMap, CpuMap, XskMap];
const CGROUP_STORAGES: &[MapKind] = &[CgroupStorage, PercpuCgroupStorage];

const fn method(
    name: &'static str,
    kinds: &'static [MapKind],
    params: &'static [MethodParam],
    required: usize,
    result: MethodResult,
    form: &'static str,
) -> Method {
    Method {
        name,
        params,
        required,
        kinds,
        result,
        failure: Failure::Never,
        form,
        special: None,
    }
}

impl Method {
    /// The kernel's helper that it becomes, or the macro of ours.
    #[must_use]
    pub fn helper(&self) -> Option<&'static str> {
        self.form.split('(').next()
    }

    /// The row of a method that becomes something else for some arguments.
    const fn or(mut self, when: When, form: &'static str) -> Self {
        self.special = Some((when, form));
        self
    }

    /// The row of a method that can fail.
    const fn fails(mut self, failure: Failure) -> Self {
        self.failure = failure;
        self
    }
}

/// The methods.
pub const METHODS: &[Method] = &[
    method(
        "lookup",
        LOOKUPS,
        &[KeyPtr],
        1,
        Value,
        "bpf_map_lookup_elem(&@m, @0)",
    ),
    method(
        "lookup_or_init",
        TABLES,
        &[KeyPtr, ValuePtr],
        2,
        Value,
        "bcc_lookup_or_try_init(&@m, @0, @1)",
    )
    .fails(Failure::NullLeaves),
    method(
        "lookup_or_try_init",
        TABLES,
        &[KeyPtr, ValuePtr],
        2,
        Value,
        "bcc_lookup_or_try_init(&@m, @0, @1)",
    )
    .fails(Failure::Null),
    method(
        "update",
        UPDATES,
        &[KeyPtr, ValuePtr],
        2,
        Number,
        "bpf_map_update_elem(&@m, @0, @1, BPF_ANY)",
    )
    .fails(Failure::Status),
    method(
        "insert",
        HASHES,
        &[KeyPtr, ValuePtr],
        2,
        Number,
        "bpf_map_update_elem(&@m, @0, @1, BPF_NOEXIST)",
    )
    .fails(Failure::StatusOfNew),
    method(
        "delete",
        HASHES,
        &[KeyPtr],
        1,
        Number,
        "bpf_map_delete_elem(&@m, @0)",
    ),
    method(
        "increment",
        TABLES,
        &[Key, Amount],
        1,
        Nothing,
        "bcc_increment@x(&@m, @0, @1)",
    )
    .or(When::KeyHasAddress, "bcc_increment@x_at(&@m, &@0, @1)")
    .fails(Failure::Status),
    method(
        "atomic_increment",
        TABLES,
        &[Key, Amount],
        1,
        Nothing,
        "bcc_atomic_increment@x(&@m, @0, @1)",
    )
    .or(
        When::KeyHasAddress,
        "bcc_atomic_increment@x_at(&@m, &@0, @1)",
    )
    .fails(Failure::Status),
    method(
        "perf_submit",
        &[PerfEventArray],
        &[Ctx, Data, Size],
        3,
        Number,
        "bpf_perf_event_output(@0, &@m, BPF_F_CURRENT_CPU, @1, @2)",
    )
    // Such an event can go to a ring buffer too.
    .or(When::SizeIsConstant, "BCC_PERF_SUBMIT(@m, @0, @1, @2)")
    .fails(Failure::Status),
    method(
        "perf_submit_skb",
        &[PerfEventArray],
        &[Ctx, Plain, Data, Size],
        4,
        Number,
        "bpf_perf_event_output(@0, &@m, ((unsigned long long)(@1) << 32) | BPF_F_CURRENT_CPU, @2, @3)",
    )
    .fails(Failure::Status),
    method(
        "ringbuf_output",
        &[RingBuf],
        &[Data, Size, Wakeup],
        3,
        Number,
        "bpf_ringbuf_output(&@m, @0, @1, @2)",
    )
    .fails(Failure::Status),
    method(
        "ringbuf_reserve",
        &[RingBuf],
        &[Plain],
        1,
        Memory,
        "bpf_ringbuf_reserve(&@m, @0, 0)",
    )
    .fails(Failure::Null),
    method(
        "ringbuf_submit",
        &[RingBuf],
        &[Data, Wakeup],
        2,
        Nothing,
        "bpf_ringbuf_submit(@0, @1)",
    ),
    method(
        "ringbuf_discard",
        &[RingBuf],
        &[Plain, Wakeup],
        2,
        Nothing,
        "bpf_ringbuf_discard(@0, @1)",
    ),
    method(
        "ringbuf_query",
        &[RingBuf],
        &[Plain],
        1,
        Counter,
        "bpf_ringbuf_query(&@m, @0)",
    ),
    method(
        "get_stackid",
        STACKS,
        &[Ctx, Plain],
        2,
        Number,
        "bpf_get_stackid(@0, &@m, @1)",
    )
    .fails(Failure::Negative),
    method(
        "perf_read",
        &[PerfCounterArray],
        &[Plain],
        1,
        Counter,
        "bpf_perf_event_read(&@m, @0)",
    ),
    method(
        "perf_counter_value",
        &[PerfCounterArray],
        &[Plain, Plain, Plain],
        3,
        Number,
        "bpf_perf_event_read_value(&@m, @0, @1, @2)",
    ),
    method(
        "call",
        &[ProgArray],
        &[Ctx, Plain],
        2,
        Nothing,
        "bpf_tail_call(@0, &@m, @1)",
    )
    .fails(Failure::Return),
    method(
        "redirect_map",
        REDIRECTS,
        &[Plain, Plain],
        2,
        Number,
        "bpf_redirect_map(&@m, @0, @1)",
    ),
    method(
        "push",
        LISTS,
        &[ValuePtr, Plain],
        2,
        Number,
        "bpf_map_push_elem(&@m, @0, @1)",
    )
    .fails(Failure::Status),
    method(
        "pop",
        LISTS,
        &[ValuePtr],
        1,
        Number,
        "bpf_map_pop_elem(&@m, @0)",
    ),
    method(
        "peek",
        LISTS,
        &[ValuePtr],
        1,
        Number,
        "bpf_map_peek_elem(&@m, @0)",
    ),
    method(
        "check_current_task",
        &[CgroupArray],
        &[Plain],
        1,
        Number,
        "bpf_current_task_under_cgroup(&@m, @0)",
    ),
    method(
        "sock_map_update",
        &[SockMap],
        &[Ctx, KeyPtr, Plain],
        3,
        Number,
        "bpf_sock_map_update(@0, &@m, @1, @2)",
    )
    .fails(Failure::Status),
    method(
        "sock_hash_update",
        &[SockHash],
        &[Ctx, KeyPtr, Plain],
        3,
        Number,
        "bpf_sock_hash_update(@0, &@m, @1, @2)",
    )
    .fails(Failure::Status),
    method(
        "msg_redirect_hash",
        &[SockHash],
        &[Ctx, KeyPtr, Plain],
        3,
        Number,
        "bpf_msg_redirect_hash(@0, &@m, @1, @2)",
    ),
    method(
        "sk_redirect_hash",
        &[SockHash],
        &[Ctx, KeyPtr, Plain],
        3,
        Number,
        "bpf_sk_redirect_hash(@0, &@m, @1, @2)",
    ),
    method(
        "sk_storage_get",
        &[SkStorage],
        STORAGE_GET,
        3,
        Value,
        "bpf_sk_storage_get(&@m, @0, @1, @2)",
    ),
    method(
        "sk_storage_delete",
        &[SkStorage],
        &[Plain],
        1,
        Number,
        "bpf_sk_storage_delete(&@m, @0)",
    ),
    method(
        "inode_storage_get",
        &[InodeStorage],
        STORAGE_GET,
        3,
        Value,
        "bpf_inode_storage_get(&@m, @0, @1, @2)",
    ),
    method(
        "inode_storage_delete",
        &[InodeStorage],
        &[Plain],
        1,
        Number,
        "bpf_inode_storage_delete(&@m, @0)",
    ),
    method(
        "task_storage_get",
        &[TaskStorage],
        STORAGE_GET,
        3,
        Value,
        "bpf_task_storage_get(&@m, @0, @1, @2)",
    ),
    method(
        "task_storage_delete",
        &[TaskStorage],
        &[Plain],
        1,
        Number,
        "bpf_task_storage_delete(&@m, @0)",
    ),
    method(
        "get_local_storage",
        CGROUP_STORAGES,
        &[Plain],
        1,
        Value,
        "bpf_get_local_storage(&@m, @0)",
    ),
];

/// Owner, first value, flags.
const STORAGE_GET: &[MethodParam] = &[Plain, Plain, Plain];

impl Method {
    /// Whether maps of a kind have it. What another program's map has, that program knows.
    #[must_use]
    pub fn fits(&self, kind: MapKind) -> bool {
        kind == Extern || self.kinds.contains(&kind)
    }
}

/// The row of the method called `name`.
#[must_use]
pub fn find_method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|row| row.name == name)
}

/// The text around each argument of a method: before the first, between each two, behind the last.
/// An amount that is left out is 1.
#[must_use]
pub fn split_form(form: &str, given: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = form.chars().peekable();
    while let Some(c) = rest.next() {
        let argument = if c == '@' {
            rest.peek().and_then(|next| next.to_digit(10))
        } else {
            None
        };
        let Some(argument) = argument else {
            if let Some(last) = parts.last_mut() {
                last.push(c);
            }
            continue;
        };
        rest.next();
        if (argument as usize) < given {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push('1');
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every form names its arguments in order, and each argument has a place.
    #[test]
    fn forms_have_a_place_for_each_argument() {
        for row in METHODS {
            let special = row.special.map(|(_, form)| form);
            for form in std::iter::once(row.form).chain(special) {
                let parts = split_form(form, row.params.len());
                assert_eq!(parts.len(), row.params.len() + 1, "{}", row.name);
                let places: Vec<usize> = (0..row.params.len())
                    .filter_map(|number| form.find(&format!("@{number}")))
                    .collect();
                assert!(places.is_sorted(), "{}", row.name);
            }
        }
        assert_eq!(split_form("f(&@m, @0, @1)", 1), ["f(&@m, ", ", 1)"]);
    }
}
