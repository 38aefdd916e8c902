//! Counts how often each program sleeps, with the parent of it, for some seconds and without a clang.
//!
//! The program below is compiled by `build.rs`. Where its object does not fit, it is compiled as
//! usual; the last line says which it was.
//!
//! ```text
//! # ahead 1
//! COUNT   PPID  COMM
//!    10   4711  ahead
//! object: ahead of time
//! ```

use bcc_runtime::bpf_program;
use std::io::{self, Write as _};
use std::thread;

bpf_program! {
    mod sleeps;

    #include <linux/sched.h>

    struct key_t { u32 ppid; char comm[TASK_COMM_LEN]; };
    BPF_HASH(counts, struct key_t);

    TRACEPOINT_PROBE(syscalls, sys_enter_clock_nanosleep) {
        struct task_struct *task = (struct task_struct *)bpf_get_current_task();
        struct key_t key = { .ppid = task->real_parent->tgid };

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
    writeln!(out, "COUNT   PPID  COMM")?;
    for (key, count) in bpf.maps.counts.items()? {
        writeln!(out, "{count:>5}  {:>5}  {}", key.ppid, key.comm)?;
    }
    writeln!(out, "object: {}", bpf.phases().cache())?;
    if let Some(why) = bpf.phases().not_ahead() {
        writeln!(out, "not ahead of time: {why}")?;
    }
    Ok(())
}
