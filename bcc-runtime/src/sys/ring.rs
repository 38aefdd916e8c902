//! The perf buffer of one map: rings of events, one per CPU.
//!
//! In: a perf event array and a handler. Out: the handler is called with every record, in the
//! thread that polls.
//!
//! Each record is shown as the kernel wrote it, so that losses are counted per CPU and a panic of
//! the handler can be carried past libbpf's C frames.

use super::map::MapFd;
use super::object::{Echo, capture_log};
use super::ringbuf::Position;
use super::{check, size_u32};
use libbpf_sys::{
    bpf_perf_event_ret, perf_buffer, perf_event_attr, perf_event_header, perf_event_mmap_page,
};
use std::any::Any;
use std::ffi::{c_int, c_void};
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Asks the kernel to count what it loses; an error before Linux 6.0.
const COUNT_LOST: u64 = libbpf_sys::PERF_FORMAT_LOST as u64;

/// What a ring holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record<'ring> {
    /// What a program submitted, followed by padding to a multiple of eight bytes, less four.
    Sample(&'ring [u8]),
    /// So many events did not fit.
    Lost(u64),
}

/// `PERF_EVENT_IOC_PAUSE_OUTPUT` of `linux/perf_event.h`, as all architectures with the generic ioctl
/// numbers have it.
const IOC_PAUSE_OUTPUT: libc::Ioctl = 0x4004_2409;

/// Called with the CPU and each record; says whether others are wanted now.
pub(crate) type Handler = Box<dyn FnMut(u32, Record<'_>) -> ControlFlow<()> + Send>;

/// What reading a ring has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Consumed {
    /// How many records were handled.
    pub(crate) count: usize,
    /// Whether the handler wants no others now.
    pub(crate) stopped: bool,
}

/// When a waiting reader is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wakeup {
    /// After so many events of a CPU.
    Events(u32),
    /// After so many bytes of a CPU.
    Bytes(u32),
}

/// How large each ring is, and when its reader is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// A power of two.
    pub(crate) pages: usize,
    pub(crate) wakeup: Wakeup,
}

/// What libbpf hands back to [`on_record`].
struct Context {
    handler: Handler,
    /// How many more records are to be handled.
    left: usize,
    /// Whether the handler wants no others now.
    stopped: bool,
    panic: Option<Box<dyn Any + Send>>,
}

/// The open rings of one map.
#[derive(Debug)]
pub(crate) struct PerfBuffer {
    rings: NonNull<perf_buffer>,
    context: NonNull<Context>,
    counts_lost: bool,
    /// Its descriptor is in `rings` by number, so it must stay open as long.
    _map: Arc<MapFd>,
}

// SAFETY: libbpf ties its rings to no thread, and the handler is `Send`.
unsafe impl Send for PerfBuffer {}

impl PerfBuffer {
    /// Opens a ring on each online CPU, of the first of these sizes for which the kernel has the
    /// memory and this process the right to it.
    pub(crate) fn open(map: Arc<MapFd>, sizes: &[Size], handler: Handler) -> io::Result<Self> {
        let context = Box::new(Context {
            handler,
            left: 0,
            stopped: false,
            panic: None,
        });
        let context = NonNull::from(Box::leak(context));
        // What libbpf has to say of the first attempts is no concern of the user.
        let (opened, _said) = capture_log(Echo::Attempt, || open_first(&map, sizes, context));
        match opened {
            Ok((rings, counts_lost)) => Ok(Self {
                rings,
                context,
                counts_lost,
                _map: map,
            }),
            Err(error) => {
                // SAFETY: `context` comes from the box above, and libbpf keeps nothing of a buffer
                // that it could not open.
                drop(unsafe { Box::from_raw(context.as_ptr()) });
                Err(error)
            }
        }
    }

    /// How many events did not fit, by the kernel's own count; `None` before Linux 6.0, where only
    /// the records tell, each of which waits for an event that fits.
    pub(crate) fn lost(&self) -> Option<u64> {
        if !self.counts_lost {
            return None;
        }
        (0..self.count()).map(|index| self.lost_in(index)).sum()
    }

    /// The number of rings.
    pub(crate) fn count(&self) -> usize {
        // SAFETY: `rings` is open until `self` is dropped.
        let count = unsafe { libbpf_sys::perf_buffer__buffer_cnt(self.rings.as_ptr()) };
        // There is at most one ring for each CPU.
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// Whether the kernel counts what does not fit.
    pub(crate) fn counts_lost(&self) -> bool {
        self.counts_lost
    }

    /// How many events did not fit into one ring; `None` if the kernel does not tell.
    pub(crate) fn lost_in(&self, index: usize) -> Option<u64> {
        let index = index as libbpf_sys::size_t;
        // SAFETY: `rings` is open until `self` is dropped; libbpf checks the index.
        let fd = unsafe { libbpf_sys::perf_buffer__buffer_fd(self.rings.as_ptr(), index) };
        // A counter's value, which is of no interest, and the number of lost events.
        let mut numbers = [0_u64; 2];
        let size = size_of_val(&numbers);
        // SAFETY: the descriptor stays open as long as `rings`, and `numbers` has `size` bytes.
        let returned = unsafe { libc::read(fd, numbers.as_mut_ptr().cast(), size) };
        let whole = check(returned).is_ok_and(|read| read.cast_unsigned() == size);
        whole.then_some(numbers[1])
    }

    /// Stops or lets go on what is written to the rings; what is not written counts as lost.
    pub(crate) fn pause(&self, yes: bool) -> io::Result<()> {
        for index in 0..self.count() {
            let index = index as libbpf_sys::size_t;
            // SAFETY: `rings` is open until `self` is dropped; libbpf checks the index.
            let fd = unsafe { libbpf_sys::perf_buffer__buffer_fd(self.rings.as_ptr(), index) };
            let value = libc::c_ulong::from(yes);
            // SAFETY: the descriptor stays open as long as `rings`; the argument of this request is
            // a plain number.
            check(unsafe { libc::ioctl(fd, IOC_PAUSE_OUTPUT, value) })?;
        }
        Ok(())
    }

    /// Up to where records have been written to one ring.
    pub(crate) fn written(&self, index: usize) -> Position {
        self.page(index).map_or(0, |page| {
            // SAFETY: the page stays mapped until `self` is dropped.
            let head = unsafe { &raw mut (*page.as_ptr()).data_head };
            // SAFETY: it is aligned, and the kernel only writes it whole.
            unsafe { AtomicU64::from_ptr(head) }.load(Ordering::Acquire) as Position
        })
    }

    /// Whether there are records in front of a place that [`written`](Self::written) told.
    pub(crate) fn is_before(&self, index: usize, end: Position) -> bool {
        self.page(index).is_some_and(|page| {
            // SAFETY: the page stays mapped until `self` is dropped; only its reader, which needs
            // `&mut self`, writes this.
            let read = unsafe { (*page.as_ptr()).data_tail };
            0 < end.wrapping_sub(read as Position).cast_signed()
        })
    }

    /// What one ring and its reader tell each other.
    fn page(&self, index: usize) -> Option<NonNull<perf_event_mmap_page>> {
        let index = c_int::try_from(index).ok()?;
        let (mut page, mut size) = (ptr::null_mut(), 0);
        // SAFETY: `rings` is open until `self` is dropped, libbpf checks the index, and both places
        // can be written to.
        let returned = unsafe {
            libbpf_sys::perf_buffer__buffer(
                self.rings.as_ptr(),
                index,
                &raw mut page,
                &raw mut size,
            )
        };
        check(returned).ok()?;
        NonNull::new(page.cast())
    }

    /// Handles at most so many records of one ring; what they took can be written to again then.
    /// libbpf's function for all rings would print an error after a panic.
    ///
    /// All rings want this, not only those that a wait found ready: a perf event tells that once, so
    /// after a wait for [`as_fd`](AsFd::as_fd) libbpf could not find out again which they are.
    pub(crate) fn consume_some(&mut self, index: usize, count: usize) -> io::Result<Consumed> {
        let (rings, index) = (self.rings.as_ptr(), index as libbpf_sys::size_t);
        // SAFETY: the context lives until `self` is dropped, and libbpf only uses it within the
        // call below.
        let context = unsafe { self.context.as_mut() };
        (context.left, context.stopped) = (count, false);
        // SAFETY: `rings` is open until `self` is dropped, `&mut self` keeps other threads out, and
        // libbpf checks the index.
        let returned = unsafe { libbpf_sys::perf_buffer__consume_buffer(rings, index) };
        // SAFETY: the context lives until `self` is dropped, and libbpf only uses it within the
        // call above, which has returned.
        let context = unsafe { self.context.as_mut() };
        if let Some(panic) = context.panic.take() {
            resume_unwind(panic);
        }
        check(returned)?;
        Ok(Consumed {
            count: count - context.left,
            stopped: context.stopped,
        })
    }
}

impl AsFd for PerfBuffer {
    /// Readable when a ring has records to announce.
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: `rings` is open until `self` is dropped.
        let fd = unsafe { libbpf_sys::perf_buffer__epoll_fd(self.rings.as_ptr()) };
        // SAFETY: libbpf keeps the descriptor open until `self` is dropped.
        unsafe { BorrowedFd::borrow_raw(fd) }
    }
}

impl Drop for PerfBuffer {
    fn drop(&mut self) {
        // SAFETY: `rings` is open, and `self` is its only owner.
        unsafe { libbpf_sys::perf_buffer__free(self.rings.as_ptr()) };
        // SAFETY: `context` comes from a box, and libbpf no longer knows of it.
        drop(unsafe { Box::from_raw(self.context.as_ptr()) });
    }
}

/// Opens rings of the first size that can be, and tells whether the kernel counts what it loses.
fn open_first(
    map: &MapFd,
    sizes: &[Size],
    context: NonNull<Context>,
) -> io::Result<(NonNull<perf_buffer>, bool)> {
    let mut failure = io::ErrorKind::InvalidInput.into();
    for size in sizes {
        let open = |read_format| open_rings(map, *size, read_format, context);
        let opened = open(COUNT_LOST).map(|rings| (rings, true));
        match opened.or_else(|_| open(0).map(|rings| (rings, false))) {
            Ok(opened) => return Ok(opened),
            Err(error) => failure = error,
        }
        // The second is what the kernel says of memory beyond `RLIMIT_MEMLOCK`.
        if !matches!(failure.raw_os_error(), Some(libc::ENOMEM | libc::EPERM)) {
            break;
        }
    }
    Err(failure)
}

fn open_rings(
    map: &MapFd,
    size: Size,
    read_format: u64,
    context: NonNull<Context>,
) -> io::Result<NonNull<perf_buffer>> {
    let mut attr = perf_event_attr {
        size: size_u32::<perf_event_attr>(),
        read_format,
        type_: libbpf_sys::PERF_TYPE_SOFTWARE,
        config: libbpf_sys::PERF_COUNT_SW_BPF_OUTPUT.into(),
        sample_type: libbpf_sys::PERF_SAMPLE_RAW.into(),
        ..perf_event_attr::default()
    };
    attr.__bindgen_anon_1.sample_period = 1;
    match size.wakeup {
        Wakeup::Events(count) => attr.__bindgen_anon_2.wakeup_events = count,
        Wakeup::Bytes(count) => {
            attr.set_watermark(1);
            attr.__bindgen_anon_2.wakeup_watermark = count;
        }
    }
    // SAFETY: `attr` is initialised and tells its size, `context` is what `on_record` expects and
    // outlives the rings, no options are given.
    let rings = unsafe {
        libbpf_sys::perf_buffer__new_raw(
            map.as_fd().as_raw_fd(),
            size.pages as libbpf_sys::size_t,
            &raw mut attr,
            Some(on_record),
            context.as_ptr().cast(),
            ptr::null(),
        )
    };
    NonNull::new(rings).ok_or_else(io::Error::last_os_error)
}

/// Called by libbpf for each record; what it returns says whether another one is to come.
unsafe extern "C" fn on_record(
    context: *mut c_void,
    cpu: c_int,
    header: *mut perf_event_header,
) -> bpf_perf_event_ret {
    // SAFETY: libbpf passes a record that is whole and in one piece until this function returns.
    let size = unsafe { (*header).size };
    // SAFETY: the record has as many bytes as its header says, see above.
    let bytes = unsafe { std::slice::from_raw_parts(header.cast::<u8>(), size.into()) };
    // SAFETY: this is the context given to `open_rings`; it lives as long as the rings, and nobody
    // else uses it while they are polled.
    let context = unsafe { &mut *context.cast::<Context>() };
    context.left = context.left.saturating_sub(1);
    let next = if context.left == 0 {
        libbpf_sys::LIBBPF_PERF_EVENT_DONE
    } else {
        libbpf_sys::LIBBPF_PERF_EVENT_CONT
    };
    let (Some(record), Ok(cpu)) = (parse(bytes), u32::try_from(cpu)) else {
        return next;
    };
    let handled = catch_unwind(AssertUnwindSafe(|| (context.handler)(cpu, record)));
    match handled {
        Ok(ControlFlow::Continue(())) => next,
        Ok(ControlFlow::Break(())) => {
            context.stopped = true;
            libbpf_sys::LIBBPF_PERF_EVENT_DONE
        }
        Err(panic) => {
            context.panic = Some(panic);
            libbpf_sys::LIBBPF_PERF_EVENT_ERROR
        }
    }
}

/// Reads a record of `struct perf_event_header` and what follows; `None` for other kinds.
fn parse(bytes: &[u8]) -> Option<Record<'_>> {
    let (header, body) = bytes.split_first_chunk::<8>()?;
    let (kind, _) = header.split_first_chunk::<4>()?;
    match u32::from_ne_bytes(*kind) {
        libbpf_sys::PERF_RECORD_SAMPLE => {
            let (size, data) = body.split_first_chunk::<4>()?;
            let size = usize::try_from(u32::from_ne_bytes(*size)).ok()?;
            data.get(..size).map(Record::Sample)
        }
        libbpf_sys::PERF_RECORD_LOST => {
            let (_id, rest) = body.split_first_chunk::<8>()?;
            let (count, _) = rest.split_first_chunk::<8>()?;
            Some(Record::Lost(u64::from_ne_bytes(*count)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, body: &[u8]) -> Vec<u8> {
        let header = [kind.to_ne_bytes(), [0; 4]].concat();
        [header.as_slice(), body].concat()
    }

    /// Samples and losses are read; short, lying and unknown records are skipped.
    #[test]
    fn parses_records() {
        let sample = record(libbpf_sys::PERF_RECORD_SAMPLE, &[2, 0, 0, 0, 7, 8, 9]);
        assert_eq!(parse(&sample), Some(Record::Sample(&[7, 8])));
        let body = [1_u64.to_ne_bytes(), 5_u64.to_ne_bytes()].concat();
        let lost = record(libbpf_sys::PERF_RECORD_LOST, &body);
        assert_eq!(parse(&lost), Some(Record::Lost(5)));
        for size in 0..lost.len() {
            assert_eq!(parse(&lost[..size]), None);
        }
        let lying = record(libbpf_sys::PERF_RECORD_SAMPLE, &[9, 0, 0, 0, 7]);
        assert_eq!(parse(&lying), None);
        assert_eq!(parse(&record(77, &body)), None);
    }
}
