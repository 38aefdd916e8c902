//! Parts that need no process of their own to be measured. The front end needs nothing, the others
//! root: `cargo bench --manifest-path bench/Cargo.toml -p bench-ours`.

use bcc_lang::source::SourceText;
use bcc_runtime::bpf_program;
use bcc_runtime::map::RingBufferOpts;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

#[path = "../text.rs"]
mod text;

const EVENTS: u64 = 1_000;
const ENTRIES: u32 = 10_000;

bpf_program! { mod by_ring; include_str!("../../text/events_ring.c") }
bpf_program! { mod million; include_str!("../../text/table.c") }

/// From characters to C and to what Rust items are made from.
fn front_end(c: &mut Criterion) {
    let source = SourceText::new("t.c", text::long(300));
    let mut group = c.benchmark_group("front end");
    group.throughput(Throughput::Elements(300));
    group.bench_function("300 lines", |b| b.iter(|| bcc_lang::compile(&source)));
    group.finish();
}

/// From bytes in the ring buffer to a callback with a typed event, or with many of them.
fn events(c: &mut Criterion) {
    let mut group = c.benchmark_group("events");
    group.throughput(Throughput::Elements(EVENTS));
    let mut measure = |name, mut bpf: by_ring::Bpf| {
        let fill = || {
            for _ in 0..EVENTS {
                black_box(std::os::unix::process::parent_id());
            }
        };
        let mut read = |()| {
            let handled = bpf.ring_buffer_consume().expect("events decode");
            assert_eq!(handled as u64, EVENTS, "all events are there");
        };
        group.bench_function(name, |b| {
            b.iter_batched(fill, &mut read, BatchSize::PerIteration)
        });
    };
    let mut bpf = load_ring();
    let opened = bpf.maps.events.open_ring_buffer(|event: &by_ring::EventT| {
        black_box(event.number);
    });
    opened.expect("the ring buffer opens");
    measure("1000 of 64 bytes", bpf);
    let mut bpf = load_ring();
    let ring = &mut bpf.maps.events;
    let opened = ring.open_ring_buffer_batched(RingBufferOpts::new(), |events| {
        for event in events {
            black_box(event.number);
        }
    });
    opened.expect("the ring buffer opens");
    measure("1000 of 64 bytes, at once", bpf);
    group.finish();
}

/// Sends events of this thread.
fn load_ring() -> by_ring::Bpf {
    let thread = std::fs::read_link("/proc/thread-self").unwrap_or_default();
    let thread = thread
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let builder = by_ring::builder().cflags([format!("-DTHREAD={thread}")]);
    builder.load().expect("loading needs root")
}

/// A hash as a list of typed pairs.
fn table(c: &mut Criterion) {
    let bpf = million::load().expect("loading needs root");
    let table = &bpf.maps.table;
    let entries = (0..ENTRIES).map(|key| (key, u64::from(key)));
    table.update_batch(entries).expect("there is room");
    let mut group = c.benchmark_group("table");
    group.throughput(Throughput::Elements(u64::from(ENTRIES)));
    group.bench_function("items of 10000 entries", |b| {
        b.iter(|| table.items().expect("the table is read"));
    });
    group.finish();
}

criterion_group!(benches, front_end, events, table);
criterion_main!(benches);
