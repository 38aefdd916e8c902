//! Fixed pieces of C, written only where the rest of the file uses them.

/// A piece and the names it defines.
#[derive(Debug)]
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

/// The pieces. A piece may use those before it.
pub const BUILTINS: &[Builtin] = &[
    piece(
        &["bcc_is_array", "bcc_read"],
        include_str!("builtin/read.h"),
    ),
    piece(&["BCC_READ"], include_str!("builtin/read_kernel.h")),
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
    piece(
        &["bcc_lookup_or_init"],
        include_str!("builtin/lookup_or_init.h"),
    ),
    piece(&["bcc_increment"], include_str!("builtin/increment.h")),
    piece(
        &["bcc_increment_existing"],
        include_str!("builtin/increment_existing.h"),
    ),
    piece(
        &["bcc_atomic_increment"],
        include_str!("builtin/atomic_increment.h"),
    ),
    piece(
        &["bcc_atomic_increment_existing"],
        include_str!("builtin/atomic_increment_existing.h"),
    ),
    piece(
        &["bpf_stacktrace", "bpf_stacktrace_buildid"],
        include_str!("builtin/stacktrace.h"),
    ),
    piece(&["bpf_log2"], include_str!("builtin/log2.h")),
    piece(&["bpf_log2l"], include_str!("builtin/log2l.h")),
    piece(&["lock_xadd"], include_str!("builtin/lock_xadd.h")),
    piece(&["TP_DATA_LOC_READ"], include_str!("builtin/data_loc.h")),
    piece(
        &["TP_DATA_LOC_READ_CONST"],
        include_str!("builtin/data_loc_const.h"),
    ),
    piece(
        &["TP_DATA_LOC_READ_STR"],
        include_str!("builtin/data_loc_str.h"),
    ),
];

/// The pieces that `code` needs, in order. `defined` tells which names the text defines itself.
pub fn needed(code: &str, defined: impl Fn(&str) -> bool) -> Vec<&'static Builtin> {
    let words: std::collections::BTreeSet<&str> = code
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    let mut wanted: Vec<&'static Builtin> = Vec::new();
    // From the last to the first, so that what a piece uses is wanted before it is asked for.
    for piece in BUILTINS.iter().rev() {
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
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .any(|word| word == name)
}

/// Whether a name is defined by one of the pieces.
#[must_use]
pub fn is_builtin(name: &str) -> bool {
    BUILTINS.iter().any(|piece| piece.names.contains(&name))
}
