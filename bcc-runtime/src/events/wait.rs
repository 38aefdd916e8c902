//! Waiting for the buffers of several maps.
//!
//! In: their descriptors, and how long an event may wait that is not announced. Out: which have
//! something, in the order in which they announced it, and whether it is time to look into all.

use crate::sys::epoll::{Epoll, Timer, Waited as Ready};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// The number of the timer; buffers are numbered from 0.
const TICK: u64 = u64::MAX;

/// Waits for buffers.
#[derive(Debug)]
pub(super) struct Waiter {
    epoll: Epoll,
    timer: Option<(Duration, Timer)>,
}

/// How a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// These buffers have something; none if it is time to look into all, or if time is over.
    Ready {
        /// Their numbers.
        order: Vec<u64>,
        /// Whether events may be there that were not announced.
        ticked: bool,
    },
    /// A signal came first.
    Interrupted,
}

impl Waiter {
    pub(super) fn new() -> io::Result<Self> {
        let epoll = Epoll::new()?;
        Ok(Self { epoll, timer: None })
    }

    /// Waits for a buffer as well, until it is closed.
    pub(super) fn add(&self, fd: BorrowedFd<'_>, number: u64) -> io::Result<()> {
        self.epoll.add(fd, number)
    }

    /// How long an event may wait that is not announced; `None` if all are.
    pub(super) fn set_latency(&mut self, latency: Option<Duration>) -> io::Result<()> {
        if self.latency() == latency {
            return Ok(());
        }
        self.timer = None;
        if let Some(period) = latency {
            let timer = Timer::new(period)?;
            self.epoll.add(timer.as_fd(), TICK)?;
            self.timer = Some((period, timer));
        }
        Ok(())
    }

    pub(super) fn latency(&self) -> Option<Duration> {
        self.timer.as_ref().map(|(period, _)| *period)
    }

    /// Waits until there is something to read, or until it is time to look.
    pub(super) fn wait(&self, timeout: Duration) -> io::Result<Waited> {
        let Ready::Ready(mut order) = self.epoll.wait(timeout)? else {
            return Ok(Waited::Interrupted);
        };
        let count = order.len();
        order.retain(|number| *number != TICK);
        let ticked = order.len() < count;
        if let (true, Some((_, timer))) = (ticked, &self.timer) {
            timer.clear();
        }
        Ok(Waited::Ready { order, ticked })
    }
}

impl AsFd for Waiter {
    /// Readable when there is something to read, or when it is time to look.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}
