//! Readers of events, with the defaults unless the buffer is to be tiny.

use bcc_runtime::map::PerfBufferOpts;
use bcc_runtime::{Result, bpf_program};
use bench_protocol::{Session, WAIT};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

bpf_program! { mod by_ring; include_str!("../../text/events_ring.c") }
bpf_program! { mod by_perf; include_str!("../../text/events_perf.c") }

/// What a callback counts; only the reader's thread changes it.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU64>);

impl Count {
    fn add(&self, number: u64) {
        black_box(number);
        self.0.store(self.get() + 1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) fn ring(thread: &str, tiny: bool) -> Result<()> {
    let pages = if tiny { 1 } else { 512 };
    let flags = [format!("-DTHREAD={thread}"), format!("-DPAGES={pages}")];
    let mut bpf = by_ring::builder().cflags(flags).load()?;
    let count = Count::default();
    let counted = count.clone();
    bpf.maps
        .events
        .open_ring_buffer(move |event: &by_ring::EventT| counted.add(event.number))?;
    read(&count, || bpf.ring_buffer_poll(WAIT))?.end(count.get(), bpf.maps.refused.get(0)?);
    Ok(())
}

pub(crate) fn perf(thread: &str, tiny: bool) -> Result<()> {
    let mut bpf = by_perf::builder()
        .cflags([format!("-DTHREAD={thread}")])
        .load()?;
    let count = Count::default();
    let counted = count.clone();
    let callback = move |_cpu, event: &by_perf::EventT| counted.add(event.number);
    if tiny {
        let opts = PerfBufferOpts::new().pages(1);
        bpf.maps.events.open_perf_buffer_with_opts(opts, callback)?;
    } else {
        bpf.maps.events.open_perf_buffer(callback)?;
    }
    read(&count, || bpf.perf_buffer_poll(WAIT))?.end(count.get(), bpf.lost());
    Ok(())
}

/// Reads until the calls are over and nothing more comes.
fn read(count: &Count, mut poll: impl FnMut() -> Result<usize>) -> Result<Session> {
    let session = Session::begin();
    loop {
        let (over, before) = (session.is_over(), count.get());
        poll()?;
        if over && count.get() == before {
            return Ok(session);
        }
    }
}
