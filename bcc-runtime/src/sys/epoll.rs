//! Waiting for several descriptors at once, in the order in which they become ready.
//!
//! In: descriptors, each with a number, and perhaps a timer. Out: the numbers of those that can be
//! read.

use super::check;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::time::Duration;

/// How many descriptors one wait tells at most; the others are told by the next one.
const AT_ONCE: usize = 32;

/// Descriptors that are waited for together.
#[derive(Debug)]
pub(crate) struct Epoll {
    fd: OwnedFd,
}

/// How a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// These can be read; none if the time is over.
    Ready(Vec<u64>),
    /// A signal came first.
    Interrupted,
}

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: the call takes a plain number.
        let returned = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        let fd = check(returned)?;
        // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd })
    }

    /// Waits for `fd` as well, until it is closed; `number` is what a wait will tell.
    pub(crate) fn add(&self, fd: BorrowedFd<'_>, number: u64) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN.cast_unsigned(),
            u64: number,
        };
        let (epoll, fd) = (self.fd.as_raw_fd(), fd.as_raw_fd());
        // SAFETY: both descriptors are open, and the kernel copies `event`.
        check(unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) }).map(drop)
    }

    /// Waits until one of the descriptors can be read. [`Duration::MAX`] waits without limit.
    pub(crate) fn wait(&self, timeout: Duration) -> io::Result<Waited> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; AT_ONCE];
        let (epoll, time) = (self.fd.as_raw_fd(), super::poll::milliseconds(timeout));
        // It is 32.
        let room = libc::c_int::try_from(events.len()).unwrap_or(1);
        // SAFETY: the kernel writes at most `room` events, and there are as many.
        let returned = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), room, time) };
        match check(returned) {
            Ok(count) => {
                let count = usize::try_from(count).map_err(io::Error::other)?;
                let ready = events.iter().take(count).map(|event| event.u64);
                Ok(Waited::Ready(ready.collect()))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Waited::Interrupted),
            Err(error) => Err(error),
        }
    }
}

impl AsFd for Epoll {
    /// Readable when one of the descriptors is.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A timer that ticks again and again.
#[derive(Debug)]
pub(crate) struct Timer {
    fd: OwnedFd,
}

impl Timer {
    pub(crate) fn new(period: Duration) -> io::Result<Self> {
        let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
        // SAFETY: the call takes plain numbers.
        let returned = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) };
        let fd = check(returned)?;
        // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        // A time of zero would stop the timer.
        let period = period.max(Duration::from_nanos(1));
        let time = libc::timespec {
            tv_sec: libc::time_t::try_from(period.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: period.subsec_nanos().into(),
        };
        let times = libc::itimerspec {
            it_interval: time,
            it_value: time,
        };
        let raw = fd.as_raw_fd();
        // SAFETY: `raw` is an open timer, `times` is read and outlives the call, and nothing is
        // asked back.
        check(unsafe { libc::timerfd_settime(raw, 0, &raw const times, std::ptr::null_mut()) })?;
        Ok(Self { fd })
    }

    /// Takes note of the ticks so far: it cannot be read again before the next one.
    pub(crate) fn clear(&self) {
        let mut ticks = 0_u64;
        let size = size_of_val(&ticks);
        // SAFETY: `ticks` has `size` bytes. Without a tick the call fails at once, which is fine.
        unsafe { libc::read(self.fd.as_raw_fd(), (&raw mut ticks).cast(), size) };
    }
}

impl AsFd for Timer {
    /// Readable when it has ticked.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    /// Descriptors are told by their numbers, in the order in which they became ready.
    #[test]
    fn waits_for_several() {
        let epoll = Epoll::new().unwrap();
        let [(mut one, first), (mut two, second)] = [(); 2].map(|()| UnixStream::pair().unwrap());
        epoll.add(first.as_fd(), 7).unwrap();
        epoll.add(second.as_fd(), 8).unwrap();
        let wait = || epoll.wait(Duration::ZERO).unwrap();
        assert_eq!(wait(), Waited::Ready(Vec::new()));
        two.write_all(b"2").unwrap();
        one.write_all(b"1").unwrap();
        assert_eq!(wait(), Waited::Ready(vec![8, 7]));
        drop(second);
        assert_eq!(wait(), Waited::Ready(vec![7]));
    }

    /// A timer ticks again and again.
    #[test]
    fn ticks() {
        let epoll = Epoll::new().unwrap();
        let timer = Timer::new(Duration::from_millis(10)).unwrap();
        epoll.add(timer.as_fd(), 1).unwrap();
        for _ in 0..3 {
            assert_eq!(epoll.wait(Duration::MAX).unwrap(), Waited::Ready(vec![1]));
            timer.clear();
        }
        let _never = Timer::new(Duration::MAX).unwrap();
    }
}
