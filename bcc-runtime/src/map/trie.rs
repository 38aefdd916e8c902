//! Keys of tries: `BPF_LPM_TRIE`.

/// A key of a trie whose keys are `u64`, which is what `BPF_LPM_TRIE(name)` has: the length of the
/// prefix in bits, and four bytes such as an IPv4 address in the order of the network.
///
/// A trie with keys of a struct takes that struct, whose first member is the length of the prefix.
///
/// ```
/// let key = bcc_runtime::map::lpm_key(8, [10, 0, 0, 0]);
/// assert_eq!(key.to_ne_bytes()[4..], [10, 0, 0, 0]);
/// ```
#[must_use]
pub fn lpm_key(prefix_len: u32, data: [u8; 4]) -> u64 {
    zerocopy::transmute!([prefix_len.to_ne_bytes(), data])
}
