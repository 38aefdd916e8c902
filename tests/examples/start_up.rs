//! How long a program takes from its start until it runs in the kernel, and how much memory.
//!
//! `start_up counts` and `start_up sockets` each start one program, print the most memory the
//! process had, and end; `BCC_DEBUG=phases` says more. `start_up counts compare SKELETON` measures
//! all kinds of starts in turn with the C skeleton that `bench/skeleton/build.sh` builds of the same
//! program: from the start of the process until the program is attached. libbpf attaches to
//! tracepoints only where tracefs is mounted.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use bcc_runtime::{Builder, Result, bpf_program};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

bpf_program! {
    mod counts;
    BPF_HASH(opens, u32, u64);
    TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
        opens.increment(bpf_get_current_pid_tgid() >> 32);
        return 0;
    }
}

bpf_program! {
    mod sockets;
    #include <net/sock.h>
    struct key_t { u32 saddr; u32 daddr; u16 dport; u16 family; };
    BPF_HASH(states, struct key_t, u64);
    RAW_TRACEPOINT_PROBE(inet_sock_set_state) {
        struct sock *sk = (struct sock *)ctx->args[0];
        struct key_t key = {};
        key.saddr = sk->__sk_common.skc_rcv_saddr;
        key.daddr = sk->__sk_common.skc_daddr;
        key.dport = sk->__sk_common.skc_dport;
        key.family = sk->__sk_common.skc_family;
        states.increment(key);
        return 0;
    }
}

/// How often each kind of start is measured.
const ROUNDS: usize = 15;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [program] => start(program, None),
        [program, "ahead", object] => start(program, Some(object)),
        [program, "compile", object] => compile(program, object),
        [program, "compare", skeleton] => compare(program, skeleton),
        _ => panic!("say `counts` or `sockets`, and perhaps `compare SKELETON`"),
    }
}

/// Starts a program, and says so by a line with the most memory the process has had.
fn start(program: &str, object: Option<&str>) -> Result<()> {
    let objects = object.map(fs::read).transpose()?.into_iter();
    if program == "counts" {
        let _bpf = objects.fold(counts::builder(), Builder::object).load()?;
        say_memory()
    } else {
        let _bpf = objects.fold(sockets::builder(), Builder::object).load()?;
        say_memory()
    }
}

fn say_memory() -> Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let memory = status.lines().find(|line| line.starts_with("VmHWM"));
    println!("{}", memory.unwrap_or_default());
    Ok(())
}

fn compile(program: &str, object: &str) -> Result<()> {
    let bytes = match program {
        "counts" => counts::builder().compile_ahead()?,
        _ => sockets::builder().compile_ahead()?,
    };
    Ok(fs::write(object, bytes)?)
}

/// A kind of start, and what it took each time: milliseconds, and kilobytes of memory.
struct Kind {
    name: &'static str,
    command: Command,
    took: Vec<(f64, u64)>,
}

/// Measures all kinds of starts in turn, and prints the median of each.
fn compare(program: &str, skeleton: &str) -> Result<()> {
    let place = tempfile::tempdir()?;
    let object = place.path().join("object");
    let cache = place.path().join("cache");
    let own = |cache: &Path, more: &[&OsStr]| {
        let mut command = Command::new("/proc/self/exe");
        command.arg(program).args(more).env("BCC_CACHE", cache);
        command
    };
    let off = Path::new("off");
    let ahead = [OsStr::new("ahead"), object.as_os_str()];
    own(off, &[OsStr::new("compile"), object.as_os_str()]).status()?;
    let kinds = [
        ("skeleton", Command::new(skeleton)),
        ("cold", own(off, &[])),
        ("warm", own(&cache, &[])),
        ("ahead of time", own(&cache, &ahead)),
        ("ahead of time, no cache", own(off, &ahead)),
    ];
    let mut kinds = kinds.map(|(name, command)| Kind {
        name,
        command,
        took: Vec::new(),
    });
    // The first round fills the cache, and does not count.
    for round in 0..=ROUNDS {
        for kind in &mut kinds {
            let took = measure(&mut kind.command)?;
            if round > 0 {
                kind.took.push(took);
            }
        }
    }
    for kind in &mut kinds {
        kind.took.sort_by(|a, b| a.0.total_cmp(&b.0));
        let memory = kind.took.iter().map(|(_, memory)| memory).max();
        let (least, median) = (kind.took[0].0, kind.took[ROUNDS / 2].0);
        println!(
            "{program}, {}: {median:.1} ms (least {least:.1} ms), {} kB",
            kind.name,
            memory.unwrap_or(&0)
        );
    }
    Ok(())
}

/// Runs a start up to its line.
fn measure(command: &mut Command) -> Result<(f64, u64)> {
    let begin = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    let time = begin.elapsed().as_secs_f64() * 1e3;
    child.wait()?;
    let memory = line.split_ascii_whitespace().nth(1).unwrap_or_default();
    Ok((time, memory.parse().unwrap_or(0)))
}
