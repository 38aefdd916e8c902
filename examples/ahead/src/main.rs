//! Counts how often each program asks for the time it sleeps, for some seconds, without a clang.
//!
//! The program below is compiled by `build.rs`. Where its object does not fit, it is compiled as
//! usual; the last line says which it was.
//!
//! ```text
//! # ahead 1
//! COUNT  COMM
//!     3  ahead
//! object: ahead of time
//! ```

use bcc_runtime::bpf_program;
use std::io::{self, Write as _};
use std::thread;

bpf_program! {
    mod sleeps;

    struct key_t { char comm[TASK_COMM_LEN]; };
    BPF_HASH(counts, struct key_t);

    TRACEPOINT_PROBE(syscalls, sys_enter_clock_nanosleep) {
        struct key_t key = {};
        bpf_get_current_comm(&key.comm, sizeof(key.comm));
        counts.increment(key);
        return 0;
    }
}

fn main() -> bcc_runtime::Result<()> {
    let seconds = std::env::args().nth(1);
    let seconds: u64 = seconds.and_then(|text| text.parse().ok()).unwrap_or(1);
    let bpf = sleeps::load()?;
    for _ in 0..10 {
        thread::sleep(Duration::from_millis(seconds.saturating_mul(100)));
    }
    let mut out = io::stdout().lock();
    writeln!(out, "COUNT  COMM")?;
    for (key, count) in bpf.maps.counts.items()? {
        writeln!(out, "{count:>5}  {}", key.comm)?;
    }
    writeln!(out, "object: {}", bpf.phases().cache())?;
    if let Some(why) = bpf.phases().not_ahead() {
        writeln!(out, "not ahead of time: {why}")?;
    }
    Ok(())
}
