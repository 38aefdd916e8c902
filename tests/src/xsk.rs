//! A socket of `AF_XDP` that receives what a program redirects to it.

use std::ffi::c_int;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{io, ptr, thread};

/// How many frames the socket has room for, and entries its rings.
const FRAMES: u32 = 16;
const FRAME_SIZE: u32 = 4096;

/// A socket on queue 0 of a device.
#[derive(Debug)]
pub struct XdpSocket {
    fd: OwnedFd,
    frames: Mapping,
    received: Ring,
    _free: Ring,
}

impl XdpSocket {
    /// Opens one.
    ///
    /// # Panics
    /// If the kernel refuses.
    #[must_use]
    pub fn bind(device: &str) -> Self {
        // SAFETY: the arguments are plain numbers.
        let fd = unsafe { libc::socket(libc::AF_XDP, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
        check(fd);
        // SAFETY: the descriptor is new and nobody else's.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let frames = Mapping::new(FRAMES as usize * FRAME_SIZE as usize, None);
        let memory = libc::xdp_umem_reg {
            addr: frames.start as u64,
            len: frames.size as u64,
            chunk_size: FRAME_SIZE,
            headroom: 0,
            flags: 0,
            tx_metadata_len: 0,
        };
        set_option(&fd, libc::XDP_UMEM_REG, &memory);
        set_option(&fd, libc::XDP_UMEM_FILL_RING, &FRAMES);
        set_option(&fd, libc::XDP_UMEM_COMPLETION_RING, &FRAMES);
        set_option(&fd, libc::XDP_RX_RING, &FRAMES);
        let places = places_of_rings(&fd);
        let free = Ring::new::<u64>(
            &fd,
            &places.fr,
            libc::XDP_UMEM_PGOFF_FILL_RING.cast_signed(),
        );
        let received = Ring::new::<libc::xdp_desc>(&fd, &places.rx, libc::XDP_PGOFF_RX_RING);
        for index in 0..FRAMES {
            free.write(index, u64::from(index * FRAME_SIZE));
        }
        free.producer().store(FRAMES, Ordering::Release);
        let address = libc::sockaddr_xdp {
            sxdp_family: u16::try_from(libc::AF_XDP).unwrap(),
            sxdp_flags: libc::XDP_COPY,
            sxdp_ifindex: crate::wire::index(device).unsigned_abs(),
            sxdp_queue_id: 0,
            sxdp_shared_umem_fd: 0,
        };
        let size = libc::socklen_t::try_from(size_of_val(&address)).unwrap();
        // SAFETY: the address is as long as told and lives through the call.
        check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), size) });
        Self {
            fd,
            frames,
            received,
            _free: free,
        }
    }

    /// The next frame; `None` if there is none in time.
    ///
    /// # Panics
    /// If the kernel says that it is where no frame can be.
    #[must_use]
    pub fn receive(&self, timeout: Duration) -> Option<Vec<u8>> {
        let start = Instant::now();
        let next = self.received.consumer().load(Ordering::Relaxed);
        while self.received.producer().load(Ordering::Acquire) == next {
            if start.elapsed() > timeout {
                return None;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let place: libc::xdp_desc = self.received.read(next % FRAMES);
        let (from, length) = (usize::try_from(place.addr).ok()?, place.len as usize);
        assert!(
            from + length <= self.frames.size,
            "a frame lies in the frames"
        );
        let mut frame = vec![0; length];
        // SAFETY: the frame lies in the mapping, and the kernel has left it to us.
        unsafe { ptr::copy_nonoverlapping(self.frames.at(from), frame.as_mut_ptr(), length) };
        self.received.consumer().store(next + 1, Ordering::Release);
        Some(frame)
    }
}

impl AsFd for XdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn check(result: c_int) {
    assert!(result >= 0, "{}", io::Error::last_os_error());
}

fn set_option<T>(fd: &OwnedFd, option: c_int, value: &T) {
    let size = libc::socklen_t::try_from(size_of::<T>()).unwrap();
    let value = ptr::from_ref(value).cast();
    // SAFETY: the value is as long as told and lives through the call.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), libc::SOL_XDP, option, value, size) });
}

fn places_of_rings(fd: &OwnedFd) -> libc::xdp_mmap_offsets {
    // SAFETY: the struct consists of numbers, for which zero is a value.
    let mut places: libc::xdp_mmap_offsets = unsafe { std::mem::zeroed() };
    let mut size = libc::socklen_t::try_from(size_of_val(&places)).unwrap();
    let (option, to) = (libc::XDP_MMAP_OFFSETS, (&raw mut places).cast());
    // SAFETY: the kernel writes at most `size` bytes to `places`.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), libc::SOL_XDP, option, to, &raw mut size) });
    places
}

/// Memory shared with the kernel.
#[derive(Debug)]
struct Mapping {
    start: *mut u8,
    size: usize,
}

impl Mapping {
    /// Maps memory of a socket at an offset, or memory of nobody else.
    fn new(size: usize, of: Option<(&OwnedFd, libc::off_t)>) -> Self {
        let (fd, offset) = of.map_or((-1, 0), |(fd, offset)| (fd.as_raw_fd(), offset));
        let flags = match of {
            Some(_) => libc::MAP_SHARED | libc::MAP_POPULATE,
            None => libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        };
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the kernel chooses a place where nothing is.
        let start = unsafe { libc::mmap(ptr::null_mut(), size, access, flags, fd, offset) };
        assert_ne!(start, libc::MAP_FAILED, "{}", io::Error::last_os_error());
        Self {
            start: start.cast(),
            size,
        }
    }

    fn at(&self, offset: usize) -> *mut u8 {
        assert!(offset < self.size);
        // SAFETY: the place is inside the mapping.
        unsafe { self.start.add(offset) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and its pointers go with it.
        unsafe { libc::munmap(self.start.cast(), self.size) };
    }
}

/// A ring of the socket.
#[derive(Debug)]
struct Ring {
    mapping: Mapping,
    producer: usize,
    consumer: usize,
    entries: usize,
}

impl Ring {
    fn new<T>(fd: &OwnedFd, places: &libc::xdp_ring_offset, at: libc::off_t) -> Self {
        let place = |offset: u64| usize::try_from(offset).unwrap();
        let entries = place(places.desc);
        let size = entries + FRAMES as usize * size_of::<T>();
        Self {
            mapping: Mapping::new(size, Some((fd, at))),
            producer: place(places.producer),
            consumer: place(places.consumer),
            entries,
        }
    }

    fn number(&self, offset: usize) -> &AtomicU32 {
        let number = self.mapping.at(offset).cast();
        // SAFETY: the kernel says that a number of 32 bits is there, which both sides access whole.
        unsafe { AtomicU32::from_ptr(number) }
    }

    fn producer(&self) -> &AtomicU32 {
        self.number(self.producer)
    }

    fn consumer(&self) -> &AtomicU32 {
        self.number(self.consumer)
    }

    fn entry<T>(&self, index: u32) -> *mut T {
        let offset = index as usize * size_of::<T>();
        self.mapping.at(self.entries + offset).cast()
    }

    fn write<T>(&self, index: u32, value: T) {
        // SAFETY: the entry is in the ring, of this type, and not the kernel's yet.
        unsafe { self.entry::<T>(index).write(value) };
    }

    fn read<T: Copy>(&self, index: u32) -> T {
        // SAFETY: the entry is in the ring, of this type, and the kernel has left it to us.
        unsafe { self.entry::<T>(index).read() }
    }
}
