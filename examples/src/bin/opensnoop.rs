//! Prints each file that is opened, with the result and the time it took, like bcc's `opensnoop`.
//!
//! ```text
//! # opensnoop --duration 5
//! PID     COMM             FD ERR FLAGS    LAT(us) PATH
//! 4711    cat               3   0 00000000      12 /etc/hostname
//! 4711    cat              -1   2 00000000       4 /etc/no-such-file
//! ```

use bcc_examples::{Ending, line};
use bcc_runtime::bpf_program;
use clap::Parser;

bpf_program! {
    mod opens;

    #include <linux/sched.h>
    #include <linux/limits.h>

    // Set before the program is loaded: the verifier drops what a filter of 0 cannot reach.
    const volatile u32 target_pid = 0;

    struct args_t {
        u64 ts;
        const char *fname;
        int flags;
    };

    struct open_t {
        u32 pid;
        u32 uid;
        int ret;
        int flags;
        u64 latency_ns;
        char comm[TASK_COMM_LEN];
        char fname[NAME_MAX];
    };

    BPF_HASH(entries, u64, struct args_t);
    BPF_PERF_OUTPUT(events);

    static int enter(const char *fname, int flags) {
        u64 id = bpf_get_current_pid_tgid();
        if (target_pid && target_pid != id >> 32)
            return 0;
        struct args_t entry = {};
        entry.ts = bpf_ktime_get_ns();
        entry.fname = fname;
        entry.flags = flags;
        entries.update(&id, &entry);
        return 0;
    }

    static int leave(void *ctx, int ret) {
        u64 id = bpf_get_current_pid_tgid();
        struct args_t *entry = entries.lookup(&id);
        if (!entry)
            return 0;
        struct open_t event = {};
        event.pid = id >> 32;
        event.uid = bpf_get_current_uid_gid();
        event.ret = ret;
        event.flags = entry->flags;
        event.latency_ns = bpf_ktime_get_ns() - entry->ts;
        bpf_get_current_comm(&event.comm, sizeof(event.comm));
        bpf_probe_read_user_str(&event.fname, sizeof(event.fname), entry->fname);
        events.perf_submit(ctx, &event, sizeof(event));
        entries.delete(&id);
        return 0;
    }

    TRACEPOINT_PROBE(syscalls, sys_enter_open) {
        return enter(args->filename, args->flags);
    }
    TRACEPOINT_PROBE(syscalls, sys_exit_open) {
        return leave(args, args->ret);
    }
    TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
        return enter(args->filename, args->flags);
    }
    TRACEPOINT_PROBE(syscalls, sys_exit_openat) {
        return leave(args, args->ret);
    }
}

/// Trace `open` and `openat` system calls.
#[derive(Parser)]
struct Args {
    /// Trace this process only
    #[arg(short, long)]
    pid: Option<u32>,
    /// Only print failed opens
    #[arg(short = 'x', long)]
    failed: bool,
    /// Only print process names that contain this text
    #[arg(short, long)]
    name: Option<String>,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

impl Args {
    fn wants(&self, event: &opens::OpenT) -> bool {
        let name = self.name.as_deref().unwrap_or("");
        (!self.failed || event.ret < 0) && event.comm.to_string_lossy().contains(name)
    }
}

fn print_event(event: &opens::OpenT) {
    let (fd, err) = if event.ret < 0 {
        (-1, -event.ret)
    } else {
        (event.ret, 0)
    };
    let micros = event.latency_ns / 1000;
    line(format_args!(
        "{:<7} {:<16} {fd:>2} {err:>3} {:08o} {micros:>7} {}",
        event.pid, event.comm, event.flags, event.fname
    ));
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let ending = Ending::after(args.duration)?;
    let pid = args.pid.unwrap_or(0);
    let mut bpf = opens::builder()
        .consts(move |consts| consts.target_pid = pid)
        .load()?;
    bpf.maps
        .events
        .open_perf_buffer(move |_cpu, event: &opens::OpenT| {
            if args.wants(event) {
                print_event(event);
            }
        })?;
    line(format_args!(
        "{:<7} {:<16} {:>2} {:>3} {:<8} {:>7} PATH",
        "PID", "COMM", "FD", "ERR", "FLAGS", "LAT(us)"
    ));
    while !ending.is_due() {
        bpf.perf_buffer_poll(Duration::from_millis(100))?;
    }
    let lost = bpf.maps.events.lost();
    if lost > 0 {
        eprintln!("{lost} events were lost");
    }
    Ok(())
}
