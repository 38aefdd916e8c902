//! The ring buffer of one map, shared by all CPUs.
//!
//! In: a ring buffer map and a handler. Out: the handler is called with every record, in the thread
//! that polls.

use super::check;
use super::map::MapFd;
use super::ring::Consumed;
use libbpf_sys::{ring_buffer, size_t};
use std::any::Any;
use std::ffi::{c_int, c_void};
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// A place in a ring, counted in bytes from when it was made.
pub(crate) type Position = libc::c_ulong;

/// Called with each record; says whether others are wanted now.
pub(crate) type Handler = Box<dyn FnMut(&[u8]) -> ControlFlow<()> + Send>;

/// What libbpf hands back to [`on_record`].
struct Context {
    handler: Handler,
    /// How many records were handled.
    count: usize,
    /// Whether the handler wants no others now.
    stopped: bool,
    panic: Option<Box<dyn Any + Send>>,
}

/// An open ring buffer.
#[derive(Debug)]
pub(crate) struct RingBuffer {
    ring: NonNull<ring_buffer>,
    context: NonNull<Context>,
    /// Its descriptor is in `ring` by number, so it must stay open as long.
    _map: Arc<MapFd>,
}

// SAFETY: libbpf ties a ring to no thread, and the handler is `Send`.
unsafe impl Send for RingBuffer {}

impl RingBuffer {
    /// Opens the ring of a map.
    pub(crate) fn open(map: Arc<MapFd>, handler: Handler) -> io::Result<Self> {
        let context = Box::new(Context {
            handler,
            count: 0,
            stopped: false,
            panic: None,
        });
        let context = NonNull::from(Box::leak(context));
        let fd = map.as_fd().as_raw_fd();
        let data = context.as_ptr().cast();
        // SAFETY: `data` is what `on_record` expects and outlives the ring; no options are given.
        let ring = unsafe { libbpf_sys::ring_buffer__new(fd, Some(on_record), data, ptr::null()) };
        if let Some(ring) = NonNull::new(ring) {
            return Ok(Self {
                ring,
                context,
                _map: map,
            });
        }
        let error = io::Error::last_os_error();
        // SAFETY: `context` comes from the box above, and libbpf keeps nothing of a ring that it
        // could not open.
        drop(unsafe { Box::from_raw(context.as_ptr()) });
        Err(error)
    }

    /// Up to where records have been written.
    pub(crate) fn written(&self) -> Position {
        // SAFETY: `ring` is open until `self` is dropped, and it has one ring.
        let ring = unsafe { libbpf_sys::ring_buffer__ring(self.ring.as_ptr(), 0) };
        // SAFETY: libbpf checks the number, and there is this one.
        unsafe { libbpf_sys::ring__producer_pos(ring) }
    }

    /// Whether there are records in front of a place that [`written`](Self::written) told.
    pub(crate) fn is_before(&self, end: Position) -> bool {
        // SAFETY: `ring` is open until `self` is dropped, and it has one ring.
        let ring = unsafe { libbpf_sys::ring_buffer__ring(self.ring.as_ptr(), 0) };
        // SAFETY: libbpf checks the number, and there is this one.
        let read = unsafe { libbpf_sys::ring__consumer_pos(ring) };
        // Both go round at the end of their type.
        0 < end.wrapping_sub(read).cast_signed()
    }

    /// Handles at most so many records.
    pub(crate) fn consume_some(&mut self, count: usize) -> io::Result<Consumed> {
        let most = count as size_t;
        // SAFETY: the context lives until `self` is dropped, and libbpf only uses it within the
        // call below.
        let context = unsafe { self.context.as_mut() };
        (context.count, context.stopped) = (0, false);
        // SAFETY: `ring` is open until `self` is dropped, and `&mut self` keeps other threads out.
        let returned = unsafe { libbpf_sys::ring_buffer__consume_n(self.ring.as_ptr(), most) };
        // SAFETY: the context lives until `self` is dropped, and libbpf only uses it within the
        // call above, which has returned.
        let context = unsafe { self.context.as_mut() };
        if let Some(panic) = context.panic.take() {
            resume_unwind(panic);
        }
        let consumed = Consumed {
            count: context.count,
            stopped: context.stopped,
        };
        if !consumed.stopped {
            check(returned)?;
        }
        Ok(consumed)
    }
}

impl AsFd for RingBuffer {
    /// Readable when there are records.
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: `ring` is open until `self` is dropped.
        let fd = unsafe { libbpf_sys::ring_buffer__epoll_fd(self.ring.as_ptr()) };
        // SAFETY: libbpf keeps the descriptor open until `self` is dropped.
        unsafe { BorrowedFd::borrow_raw(fd) }
    }
}

impl Drop for RingBuffer {
    fn drop(&mut self) {
        // SAFETY: `ring` is open, and `self` is its only owner.
        unsafe { libbpf_sys::ring_buffer__free(self.ring.as_ptr()) };
        // SAFETY: `context` comes from a box, and libbpf no longer knows of it.
        drop(unsafe { Box::from_raw(self.context.as_ptr()) });
    }
}

/// Called by libbpf for each record; a negative answer ends the round.
unsafe extern "C" fn on_record(context: *mut c_void, data: *mut c_void, size: size_t) -> c_int {
    let Ok(size) = usize::try_from(size) else {
        return 0;
    };
    // SAFETY: libbpf passes a record of `size` bytes that stays until this function returns.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) };
    // SAFETY: this is the context given to `ring_buffer__new`; it lives as long as the ring, and
    // nobody else uses it while the ring is read.
    let context = unsafe { &mut *context.cast::<Context>() };
    context.count += 1;
    let handled = catch_unwind(AssertUnwindSafe(|| (context.handler)(bytes)));
    match handled {
        Ok(ControlFlow::Continue(())) => 0,
        // The record counts as read: libbpf moves on behind it before it looks at the answer.
        Ok(ControlFlow::Break(())) => {
            context.stopped = true;
            -libc::ECANCELED
        }
        Err(panic) => {
            context.panic = Some(panic);
            -libc::ECANCELED
        }
    }
}
