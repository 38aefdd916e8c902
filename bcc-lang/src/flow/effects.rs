//! What calls do to the memory their arguments lead to.

use crate::dialect::helpers::{REGISTER_MACROS, find_read_helper};
use crate::dialect::methods::{Method, MethodParam};

/// What a call does with an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It takes the value.
    Value,
    /// It reads what lies behind the address.
    Read,
    /// It reads a whole key of the map there.
    Key,
    /// It reads a whole value of the map there.
    Entry,
    /// It reads the event there, of the size in that argument.
    Event(usize),
    /// It writes as many bytes as that argument says behind the address.
    Write(usize),
    /// It writes the variable behind the address.
    Fill,
    /// A size that must have bounds.
    Size,
    /// It gives a record back.
    Release,
    /// Whatever it does, it may also keep the address.
    Anything,
}

use Use::{Anything, Entry, Event, Fill, Key, Read, Release, Size, Value, Write};

/// Helpers and builtins.
const CALLS: &[(&str, &[Use])] = &[
    ("bpf_get_current_comm", &[Write(1), Size]),
    ("__builtin_memset", &[Write(2), Value, Value]),
    ("memset", &[Write(2), Value, Value]),
    ("__builtin_memcpy", &[Write(2), Read, Value]),
    ("memcpy", &[Write(2), Read, Value]),
    ("__builtin_memmove", &[Write(2), Read, Value]),
    ("memmove", &[Write(2), Read, Value]),
    ("__builtin_memcmp", &[Read, Read, Value]),
    ("lock_xadd", &[Write(2), Value]),
    ("__sync_fetch_and_add", &[Write(2), Value]),
    ("__sync_fetch_and_sub", &[Write(2), Value]),
    ("bpf_usdt_readarg", &[Value, Value, Fill]),
    ("bpf_usdt_readarg_p", &[Value, Value, Write(3), Value]),
    ("bpf_map_lookup_elem", &[Value, Read]),
    ("bpf_map_lookup_percpu_elem", &[Value, Read, Value]),
    ("bpf_map_update_elem", &[Value, Read, Read, Value]),
    ("bpf_map_delete_elem", &[Value, Read]),
    ("bpf_ringbuf_reserve", &[Value, Value, Value]),
    ("bpf_ringbuf_submit", &[Release, Value]),
    ("bpf_ringbuf_discard", &[Release, Value]),
    ("bpf_ringbuf_output", &[Value, Event(2), Size, Value]),
    (
        "bpf_perf_event_output",
        &[Value, Value, Value, Event(4), Size],
    ),
    ("bpf_get_stackid", &[Value, Value, Value]),
    ("bpf_get_stack", &[Value, Write(2), Size, Value]),
];

/// Calls that look at their arguments' values and at nothing else.
const PLAIN: &[&str] = &[
    "bpf_get_current_pid_tgid",
    "bpf_get_current_uid_gid",
    "bpf_get_current_task",
    "bpf_get_current_cgroup_id",
    "bpf_get_prandom_u32",
    "bpf_get_smp_processor_id",
    "bpf_jiffies64",
    "bpf_ktime_get_boot_ns",
    "bpf_ktime_get_coarse_ns",
    "bpf_ktime_get_ns",
    "bpf_log2",
    "bpf_log2l",
    "bpf_override_return",
    "bpf_printk",
    "bpf_send_signal",
    "bpf_trace_printk",
    "load_byte",
    "load_dword",
    "load_half",
    "load_word",
    "PT_REGS_SYSCALL_CTX",
];

/// Ends of the names that swap bytes: `bpf_ntohs`, `htonl`.
const SWAPS: &[&str] = &[
    "ntohs",
    "ntohl",
    "htons",
    "htonl",
    "ntohll",
    "htonll",
    "be64_to_cpu",
    "cpu_to_be64",
];

/// What each argument of a call of `name` is for; those behind the last are as that.
pub(super) fn call_uses(name: &str) -> Option<&'static [Use]> {
    if find_read_helper(name).is_some() {
        return Some(&[Write(1), Size, Value]);
    }
    let swap = SWAPS.contains(&name.strip_prefix("bpf_").unwrap_or(name));
    if swap || PLAIN.contains(&name) || REGISTER_MACROS.contains(&name) {
        return Some(&[Value]);
    }
    let row = CALLS.iter().find(|(known, _)| *known == name);
    row.map(|(_, uses)| *uses)
}

/// What the `number`th argument of a method is for.
pub(super) fn method_use(method: &Method, number: usize) -> Use {
    let size_behind = method.params.get(number + 1) == Some(&MethodParam::Size);
    match (method.name, method.params.get(number)) {
        ("ringbuf_submit" | "ringbuf_discard", Some(_)) if number == 0 => Release,
        ("pop" | "peek", Some(MethodParam::ValuePtr)) => Fill,
        ("perf_counter_value", _) if number == 1 => Write(2),
        (_, Some(MethodParam::KeyPtr)) => Key,
        (_, Some(MethodParam::ValuePtr)) => Entry,
        (_, Some(MethodParam::Data)) if size_behind => Event(number + 1),
        (_, Some(MethodParam::Data)) => Read,
        (_, Some(MethodParam::Size)) => Size,
        (
            _,
            Some(MethodParam::Key | MethodParam::Amount | MethodParam::Ctx | MethodParam::Wakeup),
        )
        | (
            "call" | "get_stackid" | "perf_read" | "redirect_map" | "ringbuf_discard"
            | "ringbuf_output" | "ringbuf_query" | "ringbuf_reserve" | "ringbuf_submit",
            _,
        ) => Value,
        (_, Some(MethodParam::Plain) | None) => Anything,
    }
}

/// Whether a call never returns.
pub(super) fn ends(name: &str) -> bool {
    matches!(
        name,
        "__builtin_unreachable" | "__builtin_trap" | "unreachable"
    )
}

/// Calls that give their first argument on: hints for the compiler.
pub(super) fn is_hint(name: &str) -> bool {
    matches!(name, "__builtin_expect" | "likely" | "unlikely")
}
