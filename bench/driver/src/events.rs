//! Events of 64 bytes, one for each of this thread's calls of `getppid`: what a call costs, and the
//! reader.
//!
//! This thread has the first CPU and the reader the second one. What a call costs is the CPU time of
//! all calls, less that of calls that nobody traces. What others do on the machine does not count in
//! it; what wakes the reader does, interrupts too, unless the kernel counts these apart
//! (`CONFIG_IRQ_TIME_ACCOUNTING`).

use crate::Result;
use crate::command::{Owner, Paths, rotated};
use crate::samples::Samples;
use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity, sched_yield};
use serde_json::Value;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};

/// Nanoseconds that a traced call takes longer.
pub(crate) const COST: &str = "event, ns of the traced thread";
/// Nanoseconds of the reader's CPU for each event that it got.
pub(crate) const CPU: &str = "event, ns of the reader";
/// How many of a million events were lost.
pub(crate) const LOST: &str = "events lost of a million";
/// How many events were neither received nor counted as lost.
pub(crate) const UNACCOUNTED: &str = "events neither received nor lost";
pub(crate) const UNTRACED: &str = "call that is not traced, ns";

/// Enough for a steady state; fewer for those that take microseconds.
const MANY: u32 = 2_000_000;
const FEW: u32 = 200_000;

struct Reader {
    name: &'static str,
    owner: Owner,
    words: &'static [&'static str],
    calls: u32,
    /// Whether its buffer is meant to overflow.
    tiny: bool,
}

const fn reader(name: &'static str, owner: Owner, words: &'static [&'static str]) -> Reader {
    let calls = if matches!(owner, Owner::Bcc) {
        FEW
    } else {
        MANY
    };
    Reader {
        name,
        owner,
        words,
        calls,
        tiny: false,
    }
}

const fn tiny(name: &'static str, words: &'static [&'static str]) -> Reader {
    Reader {
        name,
        owner: Owner::Ours,
        words,
        calls: FEW,
        tiny: true,
    }
}

const READERS: &[Reader] = &[
    reader("ours, ring", Owner::Ours, &["ring"]),
    reader("ours, perf", Owner::Ours, &["perf"]),
    reader("libbpf-rs, ring", Owner::LibbpfRs, &["ring"]),
    reader("libbpf-rs, perf", Owner::LibbpfRs, &["perf"]),
    reader("aya, ring", Owner::Aya, &["ring"]),
    reader("bcc, ring", Owner::Bcc, &["ring"]),
    reader("bcc, perf", Owner::Bcc, &["perf"]),
    tiny("ours, tiny ring", &["ring", "tiny"]),
    tiny("ours, tiny perf", &["perf", "tiny"]),
];

pub(crate) fn measure(paths: &Paths, round: usize, samples: &mut Samples) -> Result<()> {
    let everywhere = sched_getaffinity(None)?;
    stay_on(0)?;
    let plain = call(MANY)?;
    samples.add(UNTRACED, "this machine", plain);
    let readers: Vec<_> = READERS.iter().collect();
    for reader in rotated(&readers, round) {
        if let Err(why) = measure_one(paths, reader, plain, samples) {
            for work in [COST, CPU, LOST, UNACCOUNTED] {
                samples.lacks(work, reader.name, &why);
            }
        }
    }
    sched_setaffinity(None, &everywhere)?;
    Ok(())
}

fn measure_one(paths: &Paths, reader: &Reader, plain: f64, samples: &mut Samples) -> Result<()> {
    let thread = gettid().as_raw_nonzero().to_string();
    let words = [&["events", reader.words[0], &thread], &reader.words[1..]].concat();
    let mut command = reader.owner.command(paths, &words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // A child stays where the thread is that starts it.
    stay_on(1)?;
    let child = command.spawn();
    stay_on(0)?;
    let mut child = child?;
    let result = read(&mut child, reader.calls);
    drop(child.stdin.take());
    if result.is_err() {
        let _already_over = child.kill();
    }
    child.wait()?;
    let (traced, cpu, reported) = result?;
    let figure = |name: &str| reported[name].as_f64().ok_or("a count is missing");
    let (received, lost) = (figure("received")?, figure("lost")?);
    let calls = f64::from(reader.calls);
    samples.add(UNACCOUNTED, reader.name, (calls - received - lost).abs());
    samples.add(LOST, reader.name, lost * 1e6 / calls);
    if !reader.tiny {
        samples.add(COST, reader.name, traced - plain);
        samples.add(CPU, reader.name, cpu / received);
    }
    Ok(())
}

/// Makes the calls: nanoseconds of each, of the reader's CPU in all, and what it reports.
fn read(child: &mut Child, calls: u32) -> Result<(f64, f64, Value)> {
    let output = child.stdout.take().ok_or("its output is a pipe")?;
    let mut lines = BufReader::new(output).lines();
    let mut line = || lines.next().ok_or("the reader has ended");
    if line()?? != "ready" {
        return Err("the reader is not ready".into());
    }
    let before = cpu_time(child)?;
    let traced = call(calls)?;
    let input = child.stdin.as_mut().ok_or("its input is a pipe")?;
    input.write_all(b"over\n")?;
    let reported = serde_json::from_str(&line()??)?;
    Ok((traced, cpu_time(child)? - before, reported))
}

/// Nanoseconds of CPU time that a call takes.
fn call(times: u32) -> Result<f64> {
    let now = || {
        // The kernel brings the time up to date when a thread may lose the CPU.
        sched_yield();
        on_cpu(Path::new("/proc/thread-self"))
    };
    let start = now()?;
    for _ in 0..times {
        black_box(rustix::process::getppid());
    }
    Ok((now()? - start) / f64::from(times))
}

/// Nanoseconds that all threads of a process were on a CPU.
fn cpu_time(child: &Child) -> Result<f64> {
    let threads = fs::read_dir(format!("/proc/{}/task", child.id()))?;
    threads.map(|thread| on_cpu(&thread?.path())).sum()
}

/// Nanoseconds that a thread was on a CPU.
fn on_cpu(thread: &Path) -> Result<f64> {
    let text = fs::read_to_string(thread.join("schedstat"))?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}

fn stay_on(cpu: usize) -> Result<()> {
    let mut cpus = CpuSet::new();
    cpus.set(cpu);
    Ok(sched_setaffinity(None, &cpus)?)
}
