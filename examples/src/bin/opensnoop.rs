//! Prints each file that is opened, with the result, like bcc's `opensnoop`.
//!
//! ```text
//! # opensnoop --duration 5
//! PID    COMM               FD ERR PATH
//! 4711   cat                 3   0 /etc/hostname
//! 4711   cat                -1   2 /etc/no-such-file
//! ```

use bcc_examples::{ANY, Ending, column, line, report_lost};
use bcc_runtime::bpf_program;
use clap::Parser;

bpf_program! {
    mod opens;

    #include <linux/sched.h>
    #include <linux/limits.h>

    // Set before the program is loaded: the verifier drops what a filter of -1 cannot reach.
    const volatile u32 target_pid = -1;
    const volatile u32 target_tid = -1;
    const volatile u32 target_uid = -1;
    const volatile bool only_failed = false;

    struct args_t {
        const char *fname;
        int flags;
    };

    struct open_t {
        u64 ts;
        u32 pid;
        u32 tid;
        u32 uid;
        int ret;
        int flags;
        char comm[TASK_COMM_LEN];
        char fname[NAME_MAX];
    };

    BPF_HASH(entries, u64, struct args_t);
    BPF_PERF_OUTPUT(events);

    static int enter(const char *fname, int flags) {
        u64 id = bpf_get_current_pid_tgid();
        u32 tid = id, pid = id >> 32, uid = bpf_get_current_uid_gid();
        if (target_pid != -1 && target_pid != pid)
            return 0;
        if (target_tid != -1 && target_tid != tid)
            return 0;
        if (target_uid != -1 && target_uid != uid)
            return 0;
        struct args_t entry = { .fname = fname, .flags = flags };
        entries.update(&id, &entry);
        return 0;
    }

    static int leave(void *ctx, int ret) {
        u64 id = bpf_get_current_pid_tgid();
        struct args_t *entry = entries.lookup(&id);
        if (!entry)
            return 0;
        if (!only_failed || ret < 0) {
            struct open_t event = { .pid = id >> 32, .tid = id, .ret = ret };
            event.ts = bpf_ktime_get_ns();
            event.uid = bpf_get_current_uid_gid();
            event.flags = entry->flags;
            bpf_get_current_comm(&event.comm, sizeof(event.comm));
            bpf_probe_read_user_str(&event.fname, sizeof(event.fname), entry->fname);
            events.perf_submit(ctx, &event, sizeof(event));
        }
        entries.delete(&id);
        return 0;
    }

    TRACEPOINT_PROBE(syscalls, sys_enter_open) { return enter(args->filename, args->flags); }
    TRACEPOINT_PROBE(syscalls, sys_enter_openat) { return enter(args->filename, args->flags); }
    TRACEPOINT_PROBE(syscalls, sys_enter_openat2) { return enter(args->filename, args->how->flags); }
    TRACEPOINT_PROBE(syscalls, sys_exit_open) { return leave(args, args->ret); }
    TRACEPOINT_PROBE(syscalls, sys_exit_openat) { return leave(args, args->ret); }
    TRACEPOINT_PROBE(syscalls, sys_exit_openat2) { return leave(args, args->ret); }
}

/// Trace `open`, `openat` and `openat2` system calls.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command line")]
struct Args {
    /// Trace this process only
    #[arg(short, long)]
    pid: Option<u32>,
    /// Trace this thread only
    #[arg(short, long)]
    tid: Option<u32>,
    /// Trace this user only
    #[arg(short, long)]
    uid: Option<u32>,
    /// Only print failed opens
    #[arg(short = 'x', long)]
    failed: bool,
    /// Only print process names that contain this text
    #[arg(short, long, default_value = "")]
    name: String,
    /// Print the time since the first event, in seconds
    #[arg(short = 'T', long)]
    timestamp: bool,
    /// Print the user
    #[arg(short = 'U', long)]
    print_uid: bool,
    /// Print the flags
    #[arg(short, long)]
    extended_fields: bool,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

impl Args {
    fn header(&self) -> String {
        let time = column(self.timestamp, 14, "TIME(s)");
        let uid = column(self.print_uid, 6, "UID");
        let id = if self.tid.is_some() { "TID" } else { "PID" };
        let flags = column(self.extended_fields, 9, "FLAGS");
        format!(
            "{time}{uid}{id:<6} {:<16} {:>4} {:>3} {flags}PATH",
            "COMM", "FD", "ERR"
        )
    }

    fn print(&self, event: &opens::OpenT, since_first: Duration) {
        let time = format!("{:.9}", since_first.as_secs_f64());
        let time = column(self.timestamp, 14, time);
        let uid = column(self.print_uid, 6, event.uid);
        let id = if self.tid.is_some() {
            event.tid
        } else {
            event.pid
        };
        let (fd, err) = if event.ret < 0 {
            (-1, -event.ret)
        } else {
            (event.ret, 0)
        };
        let flags = column(self.extended_fields, 9, format_args!("{:08o}", event.flags));
        line(format_args!(
            "{time}{uid}{id:<6} {:<16} {fd:>4} {err:>3} {flags}{}",
            event.comm, event.fname
        ));
    }
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let filters = [args.pid, args.tid, args.uid].map(|filter| filter.unwrap_or(ANY));
    let failed = args.failed;
    let mut bpf = opens::builder()
        .consts(move |consts| {
            [consts.target_pid, consts.target_tid, consts.target_uid] = filters;
            consts.only_failed = failed.into();
        })
        .load()?;
    let ending = Ending::after(args.duration)?;
    let header = args.header();
    let mut first = None;
    bpf.maps
        .events
        .open_perf_buffer(move |_cpu, event: &opens::OpenT| {
            if event.comm.to_string_lossy().contains(&args.name) {
                // Each CPU has a buffer of its own, so events may come out of order.
                let since_first = event.ts.saturating_sub(*first.get_or_insert(event.ts));
                args.print(event, Duration::from_nanos(since_first));
            }
        })?;
    line(header);
    ending.poll(|wait| bpf.perf_buffer_poll(wait))?;
    report_lost(bpf.lost());
    Ok(())
}
