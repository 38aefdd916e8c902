//! What events cost the traced program and their reader, by kind of buffer and by how often the
//! reader is woken; and what it costs to count failures. Run as root, built with `--release`.
//!
//! With a number, only what is lost where the reader is away for so many milliseconds out of each 50.

#![expect(clippy::print_stdout, reason = "its result is a table")]

use bcc_runtime::health::Health;
use bcc_runtime::map::PerfBufferOpts;
use bcc_runtime::{Event, EventReader, Result, TestRun, bpf_program};
use bcc_tests::go_to_cpu;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CALLS: u32 = 2_000_000;
/// After how many events a reader looks whether it is to be away, and how often it is.
const LOOK: u64 = 1024;
const AWAY_EVERY: Duration = Duration::from_millis(50);
/// Bytes of a ring buffer of 512 pages.
const RING: u32 = 2 << 20;

bpf_program! {
    mod rate;

    const volatile u32 thread = 0;
    const volatile u32 into = 0;

    struct event_t { u64 number; u64 rest[7]; };
    BPF_PERF_OUTPUT(perf);
    BPF_RINGBUF_OUTPUT(ring, 512);

    TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
        if ((u32)bpf_get_current_pid_tgid() != thread)
            return 0;
        struct event_t e = {};
        e.number = bpf_ktime_get_ns();
        if (into == 0)
            perf.perf_submit(args, &e, sizeof(e));
        else
            ring.ringbuf_output(&e, sizeof(e), 0);
        return 0;
    }
}

bpf_program! {
    mod fail;

    const volatile u32 what = 0;

    BPF_HASH(full, u64, u64, 1);
    BPF_RINGBUF_OUTPUT(ring, 1);

    BPF_PERF_OUTPUT(perf);
    BPF_RINGBUF_OUTPUT(output, 512);

    struct event_t { u64 number; u64 rest[7]; };

    int send(struct xdp_md *ctx) {
        struct event_t e = {};
        e.number = 1;
        if (what == 0)
            perf.perf_submit(ctx, &e, sizeof(e));
        else
            output.ringbuf_output(&e, sizeof(e), 0);
        return XDP_PASS;
    }

    int run(struct xdp_md *ctx) {
        u64 key = 1;
        if (what == 0)
            full.update(&key, &key);
        else
            ring.ringbuf_output(&key, sizeof(key), 0);
        return XDP_PASS;
    }
}

fn main() -> Result<()> {
    println!(
        "{:<34}  ns/call  consumer CPU ms  received      lost  wake-ups",
        ""
    );
    go_to_cpu(0);
    let plain = calls();
    println!("{:<34} {:>8.0}", "not traced", per_call(plain));
    let away = std::env::args().nth(1).and_then(|text| text.parse().ok());
    match away {
        Some(away) => compare_buffers(Duration::from_millis(away)),
        None => compare_all(),
    }
}

fn compare_all() -> Result<()> {
    let away = Duration::ZERO;
    measure("perf, each event", 0, away, rate::builder(), |bpf| {
        let opts = PerfBufferOpts::new().wakeup_events(1);
        bpf.maps.perf.reader_with_opts(opts)
    })?;
    let eager = rate::builder().batch_wakeups(false);
    measure("ring, as the kernel does", 1, away, eager, |bpf| {
        bpf.maps.ring.reader()
    })?;
    compare_buffers(away)?;
    println!(
        "\n{:<34}  ns/write  ns/read  with two writers ns/write",
        "one after the other, best of 200"
    );
    alone("perf", 0, fail::builder())?;
    alone("perf over a ring", 0, fail::builder().perf_over_ring(RING))?;
    alone("ring", 1, fail::builder())?;
    println!(
        "\n{:<34} not counted  counted  failures",
        "ns/run, best of 10"
    );
    compare("update of an entry: succeeds", 0, 1)?;
    compare("update of a full map: fails", 0, 2)?;
    compare("output to a full ring: fails", 1, 2)
}

/// The kinds of buffers with the wake-ups that they have by default.
fn compare_buffers(away: Duration) -> Result<()> {
    let size = PerfBufferOpts::new().bytes(RING as usize);
    measure("perf, 2 MiB a CPU", 0, away, rate::builder(), |bpf| {
        bpf.maps.perf.reader_with_opts(size)
    })?;
    measure("perf (default)", 0, away, rate::builder(), |bpf| {
        bpf.maps.perf.reader()
    })?;
    let over_ring = rate::builder().perf_over_ring(RING);
    measure("perf over a ring of 2 MiB", 0, away, over_ring, |bpf| {
        bpf.maps.perf.reader()
    })?;
    measure("ring of 2 MiB", 1, away, rate::builder(), |bpf| {
        bpf.maps.ring.reader()
    })
}

/// What a call costs without and with counts of failures. `taken` fills the only place of the map.
fn compare(text: &str, what: u32, taken: u64) -> Result<()> {
    const RUNS: u32 = 1_000_000;
    let load = |health| -> Result<fail::Bpf> {
        let builder = fail::builder().health(health);
        let bpf = builder.consts(move |consts| consts.what = what).load()?;
        bpf.maps.full.insert(&taken, &taken)?;
        Ok(bpf)
    };
    let programs = [load(Health::Off)?, load(Health::Calls)?];
    let run = TestRun::new().data(&[0_u8; 64]).repeat(RUNS);
    let mut best = [Duration::MAX; 2];
    for _ in 0..10 {
        for (best, bpf) in best.iter_mut().zip(&programs) {
            *best = (*best).min(bpf.progs.run.test_run(&run)?.duration);
        }
    }
    let [off, on] = best.map(|one| one.as_nanos());
    let failures = programs[1].health()?.failures();
    println!("{text:<34} {off:>11} {on:>8} {failures:>9}");
    Ok(())
}

/// What an event costs where the reader sleeps while it is written.
fn alone(text: &str, what: u32, builder: fail::Builder) -> Result<()> {
    const EVENTS: u32 = 5000;
    let bpf = builder.consts(move |consts| consts.what = what).load()?;
    let mut reader = match what {
        0 => {
            let size = PerfBufferOpts::new().bytes(RING as usize);
            bpf.maps.perf.reader_with_opts(size)?
        }
        _ => bpf.maps.output.reader()?,
    };
    let run = TestRun::new().data(&[0_u8; 64]).repeat(EVENTS);
    let write = || bpf.progs.send.test_run(&run).map(|run| run.duration);
    let [mut one, mut read, mut two] = [Duration::MAX; 3];
    for _ in 0..200 {
        one = one.min(write()?);
        let start = Instant::now();
        let count = reader.try_iter().count();
        read = read.min(start.elapsed());
        assert_eq!(count, EVENTS as usize);
        let both = std::thread::scope(|scope| {
            let writers = [0, 1].map(|cpu| {
                scope.spawn(move || {
                    go_to_cpu(cpu);
                    write()
                })
            });
            writers.map(|writer| writer.join().expect("the writer ends"))
        });
        for took in both {
            two = two.min(took?);
        }
        assert_eq!(reader.try_iter().count(), 2 * EVENTS as usize);
    }
    let read = read.as_secs_f64() * 1e9 / f64::from(EVENTS);
    let (one, two) = (one.as_nanos(), two.as_nanos());
    println!("{text:<34} {one:>9} {read:>8.1} {two:>9}");
    Ok(())
}

fn measure(
    what: &str,
    into: u32,
    away: Duration,
    builder: rate::Builder,
    open: impl FnOnce(&rate::Bpf) -> Result<EventReader<rate::EventT>>,
) -> Result<()> {
    let thread = bcc_tests::thread_id();
    let bpf = builder
        .consts(move |consts| {
            consts.thread = thread;
            consts.into = into;
        })
        .load()?;
    let mut reader = open(&bpf)?;
    let done = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&done);
    let consumer = std::thread::spawn(move || {
        go_to_cpu(1);
        let (mut received, mut lost, mut sum) = (0_u64, 0_u64, 0_u64);
        let mut back = Instant::now();
        loop {
            let over = stop.load(Ordering::SeqCst);
            for event in reader.iter(Duration::from_millis(if over { 0 } else { 20 })) {
                match event.expect("events decode") {
                    Event::Record(event) => {
                        received += 1;
                        sum = sum.wrapping_add(event.number);
                        if received % LOOK == 0 && !away.is_zero() && back.elapsed() > AWAY_EVERY {
                            std::thread::sleep(away);
                            back = Instant::now();
                        }
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
