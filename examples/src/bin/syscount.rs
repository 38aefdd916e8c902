//! Counts system calls by process and shows how long they take, like bcc's `syscount -P -L`.
//!
//! ```text
//! # syscount --duration 3
//!      usecs               : count     distribution
//!          0 -> 1          : 9         |****                                    |
//! ...
//! PID     COMM             COUNT      TIME (us)
//! 4711    cat              126             4102
//! ```

use bcc_examples::{Ending, line};
use bcc_runtime::bpf_program;
use clap::Parser;

bpf_program! {
    mod syscalls;

    const volatile u32 target_pid = 0;

    struct count_t {
        u64 calls;
        u64 total_ns;
        char comm[TASK_COMM_LEN];
    };

    BPF_HASH(start, u64, u64);
    BPF_HASH(counts, u32, struct count_t);
    BPF_HISTOGRAM(usecs);

    TRACEPOINT_PROBE(raw_syscalls, sys_enter) {
        u64 id = bpf_get_current_pid_tgid();
        if (target_pid && target_pid != id >> 32)
            return 0;
        u64 now = bpf_ktime_get_ns();
        start.update(&id, &now);
        return 0;
    }

    TRACEPOINT_PROBE(raw_syscalls, sys_exit) {
        u64 id = bpf_get_current_pid_tgid();
        u64 *began = start.lookup(&id);
        if (!began)
            return 0;
        u64 took = bpf_ktime_get_ns() - *began;
        start.delete(&id);
        usecs.atomic_increment(bpf_log2l(took / 1000));

        u32 pid = id >> 32;
        struct count_t zero = {};
        struct count_t *count = counts.lookup_or_try_init(&pid, &zero);
        if (!count)
            return 0;
        lock_xadd(&count->calls, 1);
        lock_xadd(&count->total_ns, took);
        bpf_get_current_comm(&count->comm, sizeof(count->comm));
        return 0;
    }
}

/// Count system calls by process and show how long they take.
#[derive(Parser)]
struct Args {
    /// Trace this process only
    #[arg(short, long)]
    pid: Option<u32>,
    /// Print this many processes
    #[arg(short = 'T', long, default_value_t = 10)]
    top: usize,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let pid = args.pid.unwrap_or(0);
    let bpf = syscalls::builder()
        .consts(move |consts| consts.target_pid = pid)
        .load()?;
    Ending::after(args.duration)?.wait();

    bpf.maps.usecs.print_log2_hist("usecs")?;
    let mut counts = bpf.maps.counts.items()?;
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(count.calls));
    line(format_args!(
        "\n{:<7} {:<16} {:<10} {:>9}",
        "PID", "COMM", "COUNT", "TIME (us)"
    ));
    for (pid, count) in counts.iter().take(args.top) {
        line(format_args!(
            "{pid:<7} {:<16} {:<10} {:>9}",
            count.comm,
            count.calls,
            count.total_ns / 1000
        ));
    }
    Ok(())
}
