//! Addresses of the network, and numbers of devices.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address as packets and the kernel's structs hold it, such as `iph->saddr`.
///
/// Python's `inet_ntop(AF_INET, pack("I", x))` in bcc's tools.
#[must_use]
pub fn ipv4(address: u32) -> Ipv4Addr {
    // Its bytes are in the order of the network wherever it is copied to.
    Ipv4Addr::from(address.to_ne_bytes())
}

/// An IPv6 address as packets and the kernel's structs hold it, such as `in6_u.u6_addr8`.
#[must_use]
pub fn ipv6(address: [u8; 16]) -> Ipv6Addr {
    Ipv6Addr::from(address)
}

/// An address of either family in a member of 16 bytes, of which IPv4 uses the first four.
/// `family` is `AF_INET` (2) or `AF_INET6` (10); `None` for others. bpftrace's `ntop`.
#[must_use]
pub fn ip(family: u16, address: [u8; 16]) -> Option<IpAddr> {
    let [a, b, c, d, ..] = address;
    match family {
        2 => Some(Ipv4Addr::new(a, b, c, d).into()),
        10 => Some(Ipv6Addr::from(address).into()),
        _ => None,
    }
}

/// A hardware address, which prints as `02:42:ac:11:00:02`. bpftrace's `macaddr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0;
        write!(f, "{first:02x}")?;
        rest.iter().try_for_each(|byte| write!(f, ":{byte:02x}"))
    }
}

/// The number of a device, which prints as `major:minor`, as in `/proc/partitions` and
/// `/sys/dev/block`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Device {
    /// The driver.
    pub major: u32,
    /// Which of its devices.
    pub minor: u32,
}

impl Device {
    /// A number as the kernel holds it: `dev_t` of `bdev->bd_dev`, `sb->s_dev`, and of tracepoints.
    #[must_use]
    pub fn from_kernel(device: u32) -> Self {
        Self {
            major: device >> 20,
            minor: device & 0xf_ffff,
        }
    }

    /// A number as `stat` gives it: `st_dev` and `st_rdev`, and `MetadataExt::dev` of Rust.
    #[must_use]
    pub fn from_stat(device: u64) -> Self {
        let kernel = crate::sys::machine::kernel_device(device);
        // The kernel's own numbers have 32 bits.
        Self::from_kernel(u32::try_from(kernel).unwrap_or(u32::MAX))
    }

    /// The number as the kernel holds it, for filters.
    #[must_use]
    pub fn to_kernel(self) -> u32 {
        self.major << 20 | self.minor & 0xf_ffff
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;

    /// Addresses as they lie in memory.
    #[test]
    fn addresses() {
        let address = u32::from_ne_bytes([10, 0, 0, 7]);
        assert_eq!(ipv4(address).to_string(), "10.0.0.7");
        let mut bytes = [0; 16];
        bytes[15] = 1;
        assert_eq!(ipv6(bytes).to_string(), "::1");
        assert_eq!(ip(10, bytes).unwrap().to_string(), "::1");
        bytes[..4].copy_from_slice(&[192, 168, 0, 1]);
        assert_eq!(ip(2, bytes).unwrap().to_string(), "192.168.0.1");
        assert_eq!(ip(1, bytes), None);
        let mac = Mac([0, 0x1b, 0xff, 3, 4, 5]);
        assert_eq!(mac.to_string(), "00:1b:ff:03:04:05");
    }

    /// Devices from both sides, there and back.
    #[test]
    fn devices() {
        let device = Device::from_kernel(8 << 20 | 0x1_1170);
        assert_eq!(device.to_string(), "8:70000");
        assert_eq!(device.to_kernel(), 8 << 20 | 0x1_1170);
        let null = std::fs::metadata("/dev/null").unwrap();
        assert_eq!(Device::from_stat(null.rdev()).to_string(), "1:3");
    }
}
