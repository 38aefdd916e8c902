//! Keys of tries: `BPF_LPM_TRIE`.
//!
//! In: an address and how many bits of it count. Out: a key, of the type the program text gives it.

use crate::error::{Error, ErrorKind, Result};
use std::net::IpAddr;
use zerocopy::FromBytes;

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

/// A key of a trie for a network: an address, and how many bits of it count.
///
/// The map's type of keys says what becomes of it: four bytes for the number of bits, then the
/// address in the order of the network, four bytes or sixteen.
///
/// ```
/// use bcc_runtime::map::lpm_network;
/// use std::net::{Ipv4Addr, Ipv6Addr};
///
/// // `struct key_t { u32 prefixlen; u8 address[4]; };`, and `u64`, for `BPF_LPM_TRIE(name)`.
/// let key: [u8; 8] = lpm_network((Ipv4Addr::new(10, 1, 0, 0), 16))?;
/// assert_eq!(key[4..], [10, 1, 0, 0]);
/// let key: u64 = lpm_network(([10, 1, 0, 0], 16))?;
/// let key: [u32; 5] = lpm_network((Ipv6Addr::LOCALHOST, 128))?;
/// assert_eq!(key[0], 128);
/// # Ok::<(), bcc_runtime::Error>(())
/// ```
///
/// # Errors
/// `InvalidInput` if the address has fewer bits than count; `Layout` if keys of this type have no
/// such address behind four bytes.
pub fn lpm_network<K: FromBytes>(network: (impl Into<IpAddr>, u32)) -> Result<K> {
    let (address, prefix_len) = (network.0.into(), network.1);
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let bits = octets.len() * 8;
    if prefix_len as usize > bits {
        let text =
            format!("address `{address}` has {bits} bits, of which {prefix_len} cannot count");
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    let bytes = [&prefix_len.to_ne_bytes()[..], &octets].concat();
    K::read_from_bytes(&bytes).map_err(|_cause| {
        let (name, size, needed) = (std::any::type_name::<K>(), size_of::<K>(), bytes.len());
        let text = format!("a key for address `{address}` has {needed} bytes, `{name}` has {size}");
        Error::new(ErrorKind::Layout, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    /// Both families, and what does not fit.
    #[test]
    fn makes_keys_of_networks() {
        let key: u64 = lpm_network((Ipv4Addr::new(10, 0, 0, 0), 8)).unwrap();
        assert_eq!(key, lpm_key(8, [10, 0, 0, 0]));
        let key: [u8; 20] = lpm_network((Ipv6Addr::LOCALHOST, 64)).unwrap();
        assert_eq!(key[..4], 64_u32.to_ne_bytes());
        assert_eq!(key[19], 1);
        let error = lpm_network::<u64>((Ipv4Addr::LOCALHOST, 33)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = lpm_network::<u64>((Ipv6Addr::LOCALHOST, 33)).unwrap_err();
        let expected = "a key for address `::1` has 20 bytes, `u64` has 8";
        assert_eq!(error.to_string(), expected);
    }
}
