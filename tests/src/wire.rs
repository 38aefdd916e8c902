//! A network of the test's own: a namespace with pairs of devices, and frames to send through them.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "frames and numbers of devices are small"
)]

use crate::needs;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::process::Command;
use std::{fs, io, thread};

/// Runs a test in a network namespace with a pair of devices, `left` and `right`: what goes out
/// through one comes in through the other.
///
/// # Panics
/// If the test does, or the namespace cannot be made.
pub fn with_devices(test: impl FnOnce() + Send) {
    in_namespace(|| {
        if try_ip("link add left type veth peer name right") {
            set_up(["left", "right"]);
            test();
        } else {
            needs::note("veth devices");
        }
    });
}

/// Runs a test in a network namespace with nothing but the loopback.
///
/// # Panics
/// If the test does, or the namespace cannot be made.
pub fn in_namespace(test: impl FnOnce() + Send) {
    let finished = thread::scope(|scope| {
        let in_thread = scope.spawn(|| {
            // SAFETY: only this thread changes its namespace, and it ends with the test.
            let moved = unsafe { libc::unshare(libc::CLONE_NEWNET) };
            assert_eq!(moved, 0, "{}", io::Error::last_os_error());
            // Devices would send packets of their own.
            let _no_ipv6 = fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
            set_up(["lo"]);
            test();
        });
        in_thread.join()
    });
    if let Err(panic) = finished {
        std::panic::resume_unwind(panic);
    }
}

/// Adds another pair of devices.
///
/// # Panics
/// If the kernel refuses.
pub fn add_pair(one: &str, other: &str) {
    assert!(try_ip(&format!(
        "link add {one} type veth peer name {other}"
    )));
    set_up([one, other]);
}

fn set_up<const N: usize>(devices: [&str; N]) {
    for device in devices {
        assert!(try_ip(&format!("link set {device} up")), "{device}");
    }
}

/// Runs `ip` and tells whether it went well.
fn try_ip(arguments: &str) -> bool {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    status.expect("`ip` (iproute2) is installed").success()
}

/// What `tc` says of a device's queueing disciplines.
///
/// # Panics
/// If there is no `tc`.
#[must_use]
pub fn qdiscs(device: &str) -> String {
    let output = Command::new("tc")
        .args(["qdisc", "show", "dev", device])
        .output();
    let output = output.expect("`tc` (iproute2) is installed");
    String::from_utf8(output.stdout).unwrap()
}

/// Sends a frame out through a device.
///
/// # Panics
/// If the kernel refuses.
pub fn send(device: &str, frame: &[u8]) {
    // SAFETY: the arguments are plain numbers.
    let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
    assert!(fd >= 0, "{}", io::Error::last_os_error());
    // SAFETY: the descriptor is new and nobody else's.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: the struct consists of numbers, for which zero is a value.
    let mut to: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    to.sll_family = libc::AF_PACKET as u16;
    to.sll_ifindex = index(device);
    let size = size_of::<libc::sockaddr_ll>() as u32;
    let (from, length) = (frame.as_ptr().cast(), frame.len());
    // SAFETY: frame and address are as long as told.
    let sent = unsafe {
        libc::sendto(
            socket.as_raw_fd(),
            from,
            length,
            0,
            (&raw const to).cast(),
            size,
        )
    };
    assert_eq!(sent, length as isize, "{}", io::Error::last_os_error());
}

/// The number of a device.
///
/// # Panics
/// If there is no such device.
#[must_use]
pub fn index(device: &str) -> i32 {
    let name = std::ffi::CString::new(device).unwrap();
    // SAFETY: `name` is a C string that outlives the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    assert_ne!(index, 0, "there is a device `{device}`");
    index as i32
}

/// A frame with a packet of UDP over IPv4 from 10.0.0.1, port 1000, to 10.0.0.2, port 53.
#[must_use]
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let udp_length = 8 + payload.len() as u16;
    let mut udp = Vec::new();
    for field in [1000, 53, udp_length, 0] {
        udp.extend(field.to_be_bytes());
    }
    udp.extend(payload);
    let mut ip = vec![0x45, 0x10];
    ip.extend((20 + udp_length).to_be_bytes());
    ip.extend([0x12, 0x34, 0x40, 0x00, 64, 17, 0, 0]);
    ip.extend([10, 0, 0, 1, 10, 0, 0, 2]);
    let checksum = !sum(&ip);
    ip[10..12].copy_from_slice(&checksum.to_be_bytes());
    let checksum = !sum(&pseudo(&ip, &udp));
    udp[6..8].copy_from_slice(&checksum.to_be_bytes());
    let ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00];
    [&ethernet[..], &ip, &udp].concat()
}

/// Whether both checksums of a frame made by [`frame`] fit what it holds.
#[must_use]
pub fn checksums_fit(frame: &[u8]) -> bool {
    let (ip, udp) = (&frame[14..34], &frame[34..]);
    sum(ip) == 0xffff && sum(&pseudo(ip, udp)) == 0xffff
}

/// What the checksum of UDP covers.
fn pseudo(ip: &[u8], udp: &[u8]) -> Vec<u8> {
    let mut bytes = ip[12..20].to_vec();
    bytes.extend([0, 17]);
    bytes.extend((udp.len() as u16).to_be_bytes());
    bytes.extend(udp);
    bytes
}

/// The sum of 16-bit numbers that checksums of the internet are made of.
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2);
    let total: u32 = words
        .map(|word| u32::from(word[0]) << 8 | word.get(1).map_or(0, |low| u32::from(*low)))
        .sum();
    let folded = (total & 0xffff) + (total >> 16);
    ((folded & 0xffff) + (folded >> 16)) as u16
}
