//! Devices and sockets.
//!
//! In: names of devices, sockets, programs. Out: their numbers, packet sockets, and programs on
//! sockets.

use super::{check, size_u32};
use std::ffi::{CStr, CString, c_int};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::sync::Arc;

/// The family of packet sockets, and the protocol that stands for all, as their addresses want them.
#[expect(clippy::cast_possible_truncation, reason = "both are small")]
const PACKETS: libc::sa_family_t = libc::AF_PACKET as libc::sa_family_t;
#[expect(clippy::cast_possible_truncation, reason = "both are small")]
const ALL_PROTOCOLS: u16 = libc::ETH_P_ALL as u16;

/// The number of a device; `NotFound` if there is none of that name.
pub(crate) fn device_index(name: &str) -> io::Result<c_int> {
    let name = CString::new(name)?;
    // SAFETY: `name` is a C string that outlives the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    match c_int::try_from(index) {
        Ok(0) => Err(match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::ENODEV) => {
                io::Error::from(io::ErrorKind::NotFound)
            }
            error => error,
        }),
        index => index.map_err(io::Error::other),
    }
}

/// The name of a device; `None` if there is none with this number.
pub(crate) fn device_name(index: u32) -> Option<String> {
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: the array has the size that the call asks for, and outlives it.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr()) };
    if found.is_null() {
        return None;
    }
    // SAFETY: the call has put a C string into the array.
    let name = unsafe { CStr::from_ptr(name.as_ptr()) };
    Some(name.to_string_lossy().into_owned())
}

/// The names of all devices; none if they cannot be listed.
pub(crate) fn device_names() -> Vec<String> {
    // SAFETY: there is nothing to argue about a call without arguments.
    let list = unsafe { libc::if_nameindex() };
    let mut names = Vec::new();
    if list.is_null() {
        return names;
    }
    for at in 0.. {
        // SAFETY: the entry without a name ends the list, and the loop does not go behind it.
        let entry = unsafe { list.add(at) };
        // SAFETY: as above, the entry is one of the list.
        let name = unsafe { (*entry).if_name };
        if name.is_null() {
            break;
        }
        // SAFETY: the name of an entry is a C string that lives as long as the list.
        let name = unsafe { CStr::from_ptr(name) };
        names.push(name.to_string_lossy().into_owned());
    }
    // SAFETY: the list came from `if_nameindex`, and no name is borrowed any more.
    unsafe { libc::if_freenameindex(list) };
    names
}

/// A socket for whole packets that gets none until it is bound.
pub(crate) fn packet_socket() -> io::Result<OwnedFd> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
    // SAFETY: the arguments are plain numbers.
    let fd = check(unsafe { libc::socket(libc::AF_PACKET, kind, 0) })?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Lets a packet socket have all packets of a device from now on.
pub(crate) fn bind_to_device(socket: BorrowedFd<'_>, device: c_int) -> io::Result<()> {
    // SAFETY: the struct consists of numbers, for which zero is a value.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = PACKETS;
    address.sll_protocol = ALL_PROTOCOLS.to_be();
    address.sll_ifindex = device;
    let size = size_u32::<libc::sockaddr_ll>();
    // SAFETY: `address` is initialised, has `size` bytes and outlives the call.
    let returned = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), size) };
    check(returned).map(drop)
}

/// Copies the next packet into `buffer` and returns its length, which may be greater; `None` if
/// there is none.
pub(crate) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
    let (to, size) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: the kernel writes at most `size` bytes to `to`, which is that long.
    let returned = unsafe { libc::recv(socket.as_raw_fd(), to, size, flags) };
    match check(returned) {
        Ok(length) => Ok(usize::try_from(length).ok()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a program on a socket does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketRole {
    /// Says how much of each packet the socket gets.
    Filter,
    /// Chooses among the sockets on the same port.
    Reuseport,
}

impl SocketRole {
    /// The options that put a program on a socket and take it off.
    const fn options(self) -> (c_int, c_int) {
        match self {
            Self::Filter => (libc::SO_ATTACH_BPF, libc::SO_DETACH_FILTER),
            Self::Reuseport => (
                libc::SO_ATTACH_REUSEPORT_EBPF,
                libc::SO_DETACH_REUSEPORT_BPF,
            ),
        }
    }
}

/// A program on a socket; dropping it takes the program off.
#[derive(Debug)]
pub(crate) struct SocketProgram {
    socket: OwnedFd,
    role: SocketRole,
}

impl SocketProgram {
    pub(crate) fn attach(
        program: &Arc<OwnedFd>,
        socket: BorrowedFd<'_>,
        role: SocketRole,
    ) -> io::Result<Self> {
        let socket = socket.try_clone_to_owned()?;
        set_program(&socket, role.options().0, program.as_raw_fd())?;
        Ok(Self { socket, role })
    }
}

impl Drop for SocketProgram {
    fn drop(&mut self) {
        // The socket may have got another program meanwhile, or none: there is nothing to do then.
        let _off = set_program(&self.socket, self.role.options().1, 0);
    }
}

fn set_program(socket: &OwnedFd, option: c_int, program: c_int) -> io::Result<()> {
    let size = size_u32::<c_int>();
    let value = (&raw const program).cast();
    // SAFETY: `value` points to `size` bytes that outlive the call.
    let returned =
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, value, size) };
    check(returned).map(drop)
}
