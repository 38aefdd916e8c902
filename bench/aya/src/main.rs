//! aya's side of the measurements: its loader, maps and ring buffer.
//!
//! Programs for aya are usually written in Rust, for which one needs a nightly compiler and
//! bpf-linker. Here it loads the objects that clang made for libbpf-rs: what is measured is its user
//! space, with the same program in the kernel.
//!
//! ```text
//! bench-aya start hash|sock FOLDER
//! bench-aya events ring THREAD FOLDER
//! bench-aya table FOLDER
//! ```

use aya::maps::{Array, HashMap, MapData, RingBuf};
use aya::programs::TracePoint;
use aya::{Ebpf, EbpfLoader};
use bench_protocol::{ENTRIES, Session, WAIT, object, report_start, report_table};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::error::Error;
use std::hint::black_box;
use std::net::TcpListener;
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const GETPPID: (&str, &str) = ("syscalls", "sys_enter_getppid");
const SET_STATE: (&str, &str) = ("sock", "inet_sock_set_state");

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["start", "hash", _] => start::<u32>("hash", GETPPID),
        ["start", "sock", _] => start::<[u16; 2]>("sock", SET_STATE),
        ["events", "ring", thread, _] => ring(thread),
        ["table", _] => table(),
        _ => panic!("see the beginning of bench/aya/src/main.rs"),
    }
}

fn load(loader: &mut EbpfLoader<'_>, name: &str, target: (&str, &str)) -> Result<Ebpf> {
    let mut bpf = loader.load_file(object(name))?;
    let (_, program) = bpf.programs_mut().next().expect("a program");
    let program: &mut TracePoint = program.try_into()?;
    program.load()?;
    program.attach(target.0, target.1)?;
    Ok(bpf)
}

fn start<K: aya::Pod>(name: &str, target: (&str, &str)) -> Result<()> {
    let bpf = load(&mut EbpfLoader::new(), name, target)?;
    // What the program counts: a call, or a socket that begins to listen.
    black_box(std::os::unix::process::parent_id());
    let _listener = TcpListener::bind(("127.0.0.1", 0))?;
    let counts = HashMap::<&MapData, K, u64>::try_from(bpf.map("counts").expect("the map"))?;
    report_start(counts.iter().count(), false);
    Ok(())
}

fn ring(thread: &str) -> Result<()> {
    let thread: u32 = thread.parse()?;
    let mut loader = EbpfLoader::new();
    loader.override_global("thread", &thread, true);
    let mut bpf = load(&mut loader, "events_ring", GETPPID)?;
    let mut events = RingBuf::try_from(bpf.take_map("events").expect("the map"))?;
    let session = Session::begin();
    let timeout = Timespec::try_from(WAIT)?;
    let mut received = 0;
    loop {
        let (over, before) = (session.is_over(), received);
        poll(&mut [PollFd::new(&events, PollFlags::IN)], Some(&timeout))?;
        while let Some(bytes) = events.next() {
            black_box(u64::from_ne_bytes(bytes[..8].try_into()?));
            received += 1;
        }
        if over && received == before {
            break;
        }
    }
    let refused = Array::<&MapData, u64>::try_from(bpf.map("refused").expect("the map"))?;
    session.end(received, refused.get(&0, 0)?);
    Ok(())
}

fn table() -> Result<()> {
    let mut bpf = load(&mut EbpfLoader::new(), "table", GETPPID)?;
    let map = bpf.map_mut("table").expect("the map");
    let mut table = HashMap::<&mut MapData, u32, u64>::try_from(map)?;
    for key in 0..ENTRIES {
        table.insert(key, u64::from(key), 0)?;
    }
    let start = Instant::now();
    let items: Vec<(u32, u64)> = table.iter().collect::<std::result::Result<_, _>>()?;
    let sum = items.iter().map(|(_, value)| value).sum();
    report_table(start, items.len() as u64, sum);
    Ok(())
}
