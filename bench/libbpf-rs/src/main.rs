//! libbpf-rs's side of the measurements, with objects that clang made beforehand.
//!
//! ```text
//! bench-libbpf-rs start hash|sock FOLDER
//! bench-libbpf-rs events ring|perf THREAD FOLDER
//! bench-libbpf-rs table FOLDER
//! ```

use bench_protocol::{ENTRIES, Session, WAIT, object, report_start, report_table};
use libbpf_rs::{
    Link, Map, MapCore as _, MapFlags, Object, ObjectBuilder, PerfBufferBuilder, Result,
    RingBufferBuilder,
};
use std::cell::Cell;
use std::hint::black_box;
use std::net::TcpListener;
use std::time::Instant;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["start", name, _] => start(name),
        ["events", "ring", thread, _] => ring(thread),
        ["events", "perf", thread, _] => perf(thread),
        ["table", _] => table(),
        _ => panic!("see the beginning of bench/libbpf-rs/src/main.rs"),
    }
}

/// Loads an object, with the thread that it follows, and attaches its program.
fn load(name: &str, thread: Option<&str>) -> Result<(Object, Link)> {
    let mut open = ObjectBuilder::default().open_file(object(name))?;
    if let Some(thread) = thread {
        let thread: u32 = thread.parse().expect("a thread's number");
        let mut maps = open.maps_mut();
        let mut constants = maps
            .find(|map| map.name().to_string_lossy().ends_with(".rodata"))
            .expect("constants");
        constants.set_initial_value(&thread.to_ne_bytes())?;
    }
    let object = open.load()?;
    let program = object.progs_mut().next().expect("a program");
    let link = program.attach()?;
    Ok((object, link))
}

fn map<'a>(object: &'a Object, name: &str) -> Map<'a> {
    let found = object.maps().find(|map| map.name() == name);
    found.expect("the map is there")
}

fn start(name: &str) -> Result<()> {
    let (object, _link) = load(name, None)?;
    // What the program counts: a call, or a socket that begins to listen.
    black_box(std::os::unix::process::parent_id());
    let _listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback is up");
    report_start(map(&object, "counts").keys().count(), false);
    Ok(())
}

fn ring(thread: &str) -> Result<()> {
    let (object, _link) = load("events_ring", Some(thread))?;
    let received = Cell::new(0);
    let mut builder = RingBufferBuilder::new();
    let events = map(&object, "events");
    builder.add(&events, |bytes| {
        count(&received, bytes);
        0
    })?;
    let buffer = builder.build()?;
    let session = read(&received, || buffer.poll(WAIT))?;
    let refused = map(&object, "refused").lookup(&0_u32.to_ne_bytes(), MapFlags::ANY)?;
    session.end(received.get(), number(&refused.expect("an array has all")));
    Ok(())
}

fn perf(thread: &str) -> Result<()> {
    let (object, _link) = load("events_perf", Some(thread))?;
    let (received, lost) = (Cell::new(0), Cell::new(0));
    let buffer = PerfBufferBuilder::new(&map(&object, "events"))
        .sample_cb(|_cpu, bytes| count(&received, bytes))
        .lost_cb(|_cpu, more| lost.set(lost.get() + more))
        .build()?;
    read(&received, || buffer.poll(WAIT))?.end(received.get(), lost.get());
    Ok(())
}

fn count(received: &Cell<u64>, bytes: &[u8]) {
    black_box(number(&bytes[..8]));
    received.set(received.get() + 1);
}

/// Reads until the calls are over and nothing more comes.
fn read(received: &Cell<u64>, mut poll: impl FnMut() -> Result<()>) -> Result<Session> {
    let session = Session::begin();
    loop {
        let (over, before) = (session.is_over(), received.get());
        poll()?;
        if over && received.get() == before {
            return Ok(session);
        }
    }
}

fn table() -> Result<()> {
    let (object, _link) = load("table", None)?;
    let table = map(&object, "table");
    let keys: Vec<u8> = (0..ENTRIES).flat_map(u32::to_ne_bytes).collect();
    let values: Vec<u8> = (0..u64::from(ENTRIES)).flat_map(u64::to_ne_bytes).collect();
    table.update_batch(&keys, &values, ENTRIES, MapFlags::ANY, MapFlags::ANY)?;
    let start = Instant::now();
    let mut items: Vec<(u32, u64)> = Vec::new();
    for key in table.keys() {
        if let Some(value) = table.lookup(&key, MapFlags::ANY)? {
            let key = u32::from_ne_bytes(key[..].try_into().expect("four bytes"));
            items.push((key, number(&value)));
        }
    }
    let sum = items.iter().map(|(_, value)| value).sum();
    report_table(start, items.len() as u64, sum);
    Ok(())
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_ne_bytes(bytes.try_into().expect("eight bytes"))
}
