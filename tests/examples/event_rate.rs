//! What events cost the traced program and their reader, by kind of buffer and by how often the
//! reader is woken. Run as root, built with `--release`.

#![expect(clippy::print_stdout, reason = "its result is a table")]

use bcc_runtime::map::PerfBufferOpts;
use bcc_runtime::{Event, EventReader, Result, bpf_program};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CALLS: u32 = 2_000_000;

bpf_program! {
    mod rate;

    const volatile u32 thread = 0;
    const volatile u32 into_ring = 0;
    u64 refused = 0;

    struct event_t { u64 number; u64 rest[7]; };
    BPF_PERF_OUTPUT(perf);
    BPF_RINGBUF_OUTPUT(ring, 512);

    TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
        if ((u32)bpf_get_current_pid_tgid() != thread)
            return 0;
        struct event_t e = {};
        e.number = bpf_ktime_get_ns();
        if (!into_ring)
            perf.perf_submit(args, &e, sizeof(e));
        else if (ring.ringbuf_output(&e, sizeof(e), 0))
            __sync_fetch_and_add(&refused, 1);
        return 0;
    }
}

fn main() -> Result<()> {
    println!(
        "{:<34}  ns/call  consumer CPU ms  received      lost  wake-ups",
        ""
    );
    stay_on(0);
    let plain = calls();
    println!("{:<34} {:>8.0}", "not traced", per_call(plain));
    let size = || PerfBufferOpts::new().pages(512);
    measure("perf, each event", false, true, |bpf| {
        bpf.maps.perf.reader_with_opts(size().wakeup_events(1))
    })?;
    measure("perf, a quarter (default)", false, true, |bpf| {
        bpf.maps.perf.reader_with_opts(size())
    })?;
    measure("ring, as the kernel does", true, false, |bpf| {
        bpf.maps.ring.reader()
    })?;
    measure("ring, a quarter (default)", true, true, |bpf| {
        bpf.maps.ring.reader()
    })
}

fn measure(
    what: &str,
    into_ring: bool,
    batch: bool,
    open: impl FnOnce(&rate::Bpf) -> Result<EventReader<rate::EventT>>,
) -> Result<()> {
    let thread = bcc_tests::thread_id();
    let bpf = rate::builder()
        .batch_wakeups(batch)
        .consts(move |consts| {
            consts.thread = thread;
            consts.into_ring = into_ring.into();
        })
        .load()?;
    let mut reader = open(&bpf)?;
    let done = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&done);
    let consumer = std::thread::spawn(move || {
        stay_on(1);
        let (mut received, mut lost, mut sum) = (0_u64, 0_u64, 0_u64);
        loop {
            let over = stop.load(Ordering::SeqCst);
            for event in reader.iter(Duration::from_millis(if over { 0 } else { 20 })) {
                match event.expect("events decode") {
                    Event::Record(event) => {
                        received += 1;
                        sum = sum.wrapping_add(event.number);
                    }
                    Event::Lost(count) => lost += count,
                }
            }
            if over {
                std::hint::black_box(sum);
                return (received, lost, cpu_time(), switches());
            }
        }
    });
    let took = calls();
    done.store(true, Ordering::SeqCst);
    let (received, lost, cpu, switches) = consumer.join().expect("the consumer ends");
    let lost = lost + bpf.globals.refused.get();
    println!(
        "{what:<34} {:>8.0} {:>16} {received:>9} {lost:>9} {switches:>9}",
        per_call(took),
        cpu.as_millis()
    );
    assert_eq!(received + lost, u64::from(CALLS));
    Ok(())
}

fn calls() -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS {
        std::hint::black_box(rustix::process::getppid());
    }
    start.elapsed()
}

fn per_call(took: Duration) -> f64 {
    took.as_secs_f64() * 1e9 / f64::from(CALLS)
}

/// Time that this thread was on a CPU.
fn cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok());
    Duration::from_nanos(first.unwrap_or(0))
}

/// How often this thread slept.
fn switches() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

fn stay_on(cpu: usize) {
    let mut cpus = rustix::thread::CpuSet::new();
    cpus.set(cpu);
    rustix::thread::sched_setaffinity(None, &cpus).expect("the machine has two CPUs");
}
