//! Fixed pieces of C, written only where the rest of the file uses them.

use crate::dialect::packets::HEADERS;
use crate::scan::words_in;

/// A piece and the names it defines.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Names it defines.
    pub names: &'static [&'static str],
    /// Its text.
    pub text: &'static str,
}

/// A piece that defines one name.
const fn piece(name: &'static [&'static str], text: &'static str) -> Builtin {
    Builtin { names: name, text }
}

/// The helpers whose failures are counted by line: libbpf has them, and the piece stands in front.
pub(super) const READ_HELPERS: &[&str] = &[
    "bpf_probe_read",
    "bpf_probe_read_str",
    "bpf_probe_read_kernel",
    "bpf_probe_read_kernel_str",
    "bpf_probe_read_user",
    "bpf_probe_read_user_str",
];

/// The pieces. A piece may use those before it.
pub const BUILTINS: &[Builtin] = &[
    piece(READ_HELPERS, include_str!("builtin/count_reads.h")),
    piece(&["bcc_failed"], include_str!("builtin/failed.h")),
    piece(
        &["BCC_COUNT_NONZERO"],
        include_str!("builtin/count_nonzero.h"),
    ),
    piece(&["BCC_COUNT_NEW"], include_str!("builtin/count_new.h")),
    piece(
        &["BCC_COUNT_NEGATIVE"],
        include_str!("builtin/count_negative.h"),
    ),
    piece(&["BCC_COUNT_NULL"], include_str!("builtin/count_null.h")),
    piece(
        &["BCC_COUNT_RETURN"],
        include_str!("builtin/count_return.h"),
    ),
    piece(
        &["bcc_is_array", "bcc_read"],
        include_str!("builtin/read.h"),
    ),
    piece(&["BCC_READ"], include_str!("builtin/read_kernel.h")),
    piece(
        &["BCC_PROBE_READ"],
        include_str!("builtin/probe_read_kernel.h"),
    ),
    piece(&["BCC_DEREF"], include_str!("builtin/deref_kernel.h")),
    piece(&["BCC_ELEMENT"], include_str!("builtin/element_kernel.h")),
    piece(&["BCC_READ_USER"], include_str!("builtin/read_user.h")),
    piece(&["BCC_DEREF_USER"], include_str!("builtin/deref_user.h")),
    piece(
        &["BCC_ELEMENT_USER"],
        include_str!("builtin/element_user.h"),
    ),
    piece(&["BCC_READ_ANY"], include_str!("builtin/read_any.h")),
    piece(&["BCC_DEREF_ANY"], include_str!("builtin/deref_any.h")),
    piece(&["BCC_ELEMENT_ANY"], include_str!("builtin/element_any.h")),
    piece(&["bcc_read_bits"], include_str!("builtin/read_bits.h")),
    piece(
        &["BCC_READ_BITS"],
        include_str!("builtin/read_bits_kernel.h"),
    ),
    piece(
        &["BCC_READ_BITS_USER"],
        include_str!("builtin/read_bits_user.h"),
    ),
    piece(
        &["BCC_READ_BITS_ANY"],
        include_str!("builtin/read_bits_any.h"),
    ),
    piece(
        &["bcc_lookup_or_try_init"],
        include_str!("builtin/lookup_or_try_init.h"),
    ),
    piece(&["bcc_or_return"], include_str!("builtin/or_return.h")),
    piece(&["bcc_with_key"], include_str!("builtin/with_key.h")),
    piece(
        &["bcc_increment", "bcc_increment_at"],
        include_str!("builtin/increment.h"),
    ),
    piece(
        &["bcc_increment_existing", "bcc_increment_existing_at"],
        include_str!("builtin/increment_existing.h"),
    ),
    piece(
        &["bcc_atomic_increment", "bcc_atomic_increment_at"],
        include_str!("builtin/atomic_increment.h"),
    ),
    piece(
        &[
            "bcc_atomic_increment_existing",
            "bcc_atomic_increment_existing_at",
        ],
        include_str!("builtin/atomic_increment_existing.h"),
    ),
    piece(
        &["bpf_stacktrace", "bpf_stacktrace_buildid"],
        include_str!("builtin/stacktrace.h"),
    ),
    piece(&["bpf_log2l"], include_str!("builtin/log2l.h")),
    piece(&["bpf_log2"], include_str!("builtin/log2.h")),
    piece(
        &["BCC_WAKEUP", "BCC_WAKEUP_OF"],
        include_str!("builtin/wakeup.h"),
    ),
    piece(&["BCC_PERF_SUBMIT"], include_str!("builtin/perf_submit.h")),
    piece(&["lock_xadd"], include_str!("builtin/lock_xadd.h")),
    piece(
        &["PT_REGS_SYSCALL_CTX"],
        include_str!("builtin/syscall_ctx.h"),
    ),
    piece(&["BCC_ARGUMENT"], include_str!("builtin/argument.h")),
    piece(&["bcc_data_loc"], include_str!("builtin/data_loc_place.h")),
    piece(&["TP_DATA_LOC_READ"], include_str!("builtin/data_loc.h")),
    piece(
        &["TP_DATA_LOC_READ_CONST"],
        include_str!("builtin/data_loc_const.h"),
    ),
    piece(
        &["TP_DATA_LOC_READ_STR"],
        include_str!("builtin/data_loc_str.h"),
    ),
    piece(
        &["BPF_PACKET_HEADER"],
        include_str!("builtin/packet_header.h"),
    ),
    piece(
        &["cursor_advance"],
        include_str!("builtin/cursor_advance.h"),
    ),
    piece(&["load_byte"], include_str!("builtin/load_byte.h")),
    piece(&["load_half"], include_str!("builtin/load_half.h")),
    piece(&["load_word"], include_str!("builtin/load_word.h")),
    piece(&["load_dword"], include_str!("builtin/load_dword.h")),
    piece(
        &["bcc_load_bytes", "bpf_dext_pkt"],
        include_str!("builtin/dext_pkt.h"),
    ),
    piece(&["bpf_dins_pkt"], include_str!("builtin/dins_pkt.h")),
    piece(&["bcc_wire_order"], include_str!("builtin/wire_order.h")),
    piece(
        &["bcc_incr_cksum_l3"],
        include_str!("builtin/incr_cksum_l3.h"),
    ),
    piece(
        &["bcc_incr_cksum_l4"],
        include_str!("builtin/incr_cksum_l4.h"),
    ),
    piece(
        &[
            "bpf_usdt_arg",
            "bpf_usdt_arg_cnt",
            "bpf_usdt_arg_size",
            "bpf_usdt_cookie",
        ],
        include_str!("builtin/usdt.h"),
    ),
    piece(
        &["bpf_usdt_readarg"],
        include_str!("builtin/usdt_readarg.h"),
    ),
    piece(
        &["bpf_usdt_readarg_p"],
        include_str!("builtin/usdt_readarg_p.h"),
    ),
];

/// What the names of the macros begin with that count failures of the call in them.
pub(super) const COUNTER_PREFIX: &str = "BCC_COUNT_";

/// All pieces: the table, and the headers of packets.
fn pieces() -> impl DoubleEndedIterator<Item = Builtin> {
    let headers = HEADERS.iter().map(|row| piece(row.tag, row.text));
    BUILTINS.iter().copied().chain(headers)
}

/// The pieces that `code` needs, in order. `defined` tells which names the text defines itself.
pub fn needed(code: &str, defined: impl Fn(&str) -> bool) -> Vec<Builtin> {
    let words: std::collections::BTreeSet<&str> = words_in(code).collect();
    let mut wanted: Vec<Builtin> = Vec::new();
    // From the last to the first, so that what a piece uses is wanted before it is asked for.
    for piece in pieces().rev() {
        let used = |name: &&str| {
            words.contains(*name) || wanted.iter().any(|later| uses(later.text, name))
        };
        if piece.names.iter().any(used) && !piece.names.iter().any(|name| defined(name)) {
            wanted.push(piece);
        }
    }
    wanted.reverse();
    wanted
}

fn uses(text: &str, name: &str) -> bool {
    words_in(text).any(|word| word == name)
}

/// Whether a name is defined by one of the pieces.
#[must_use]
pub fn is_builtin(name: &str) -> bool {
    pieces().any(|piece| piece.names.contains(&name))
}
