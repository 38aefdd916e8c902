//! Prints each program that is started, with its arguments, like bcc's `execsnoop`.
//!
//! ```text
//! # execsnoop --duration 5
//! COMM             PID     PPID    RET ARGS
//! cat              4711    4700      0 /usr/bin/cat /etc/hostname
//! ```

use bcc_examples::{ANY, Ending, column, line, report_lost};
use bcc_runtime::bpf_program;
use bcc_runtime::format::local_time;
use clap::Parser;
use regex_lite::Regex;
use std::collections::HashMap;
use std::time::{Instant, SystemTime};

bpf_program! {
    mod execs;

    #include <linux/sched.h>

    #define ARGSIZE 128

    const volatile u32 target_uid = -1;
    const volatile u32 target_ppid = -1;
    const volatile int max_args = 20;

    enum kind { ARGUMENT, RESULT };

    struct exec_t {
        enum kind kind;
        u32 pid;
        u32 ppid;
        u32 uid;
        int ret;
        char comm[TASK_COMM_LEN];
        char text[ARGSIZE];
    };

    // One buffer for all CPUs, so that arguments come before the result also where the task moves.
    BPF_RINGBUF_OUTPUT(events, 64);

    static bool is_wanted(struct exec_t *event) {
        struct task_struct *task = (struct task_struct *)bpf_get_current_task();
        event->pid = bpf_get_current_pid_tgid() >> 32;
        event->ppid = task->real_parent->tgid;
        event->uid = bpf_get_current_uid_gid();
        return (target_uid == -1 || target_uid == event->uid)
            && (target_ppid == -1 || target_ppid == event->ppid);
    }

    TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
        struct exec_t event = { .kind = ARGUMENT };
        if (!is_wanted(&event))
            return 0;
        bpf_probe_read_user_str(&event.text, sizeof(event.text), args->filename);
        events.ringbuf_output(&event, sizeof(event), 0);
        for (int i = 1; i < 64; i++) {
            const char *argument = args->argv[i];
            if (!argument)
                break;
            if (i == max_args) {
                __builtin_memcpy(event.text, "...", 4);
                events.ringbuf_output(&event, sizeof(event), 0);
                break;
            }
            bpf_probe_read_user_str(&event.text, sizeof(event.text), argument);
            events.ringbuf_output(&event, sizeof(event), 0);
        }
        return 0;
    }

    TRACEPOINT_PROBE(syscalls, sys_exit_execve) {
        struct exec_t event = { .kind = RESULT, .ret = args->ret };
        if (!is_wanted(&event))
            return 0;
        bpf_get_current_comm(&event.comm, sizeof(event.comm));
        events.ringbuf_output(&event, sizeof(event), 0);
        return 0;
    }
}

/// Trace `execve` system calls.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command line")]
struct Args {
    /// Print failed calls as well
    #[arg(short = 'x', long)]
    fails: bool,
    /// Trace this user only
    #[arg(short, long)]
    uid: Option<u32>,
    /// Trace children of this process only
    #[arg(short = 'P', long)]
    ppid: Option<u32>,
    /// Only print commands whose names match this regular expression
    #[arg(short, long, default_value = "")]
    name: Regex,
    /// Only print commands whose arguments match this regular expression
    #[arg(short, long, default_value = "")]
    line: Regex,
    /// Put quotes around arguments
    #[arg(short, long)]
    quote: bool,
    /// Print so many arguments at most, the program among them
    #[arg(long = "max-args", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=63))]
    most: i32,
    /// Print the time of day
    #[arg(short = 'T', long)]
    time: bool,
    /// Print the time since the start, in seconds
    #[arg(short, long)]
    timestamp: bool,
    /// Print the user
    #[arg(short = 'U', long)]
    print_uid: bool,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

impl Args {
    fn columns(&self, time: &str, timestamp: &str, uid: &str) -> String {
        column(self.time, 9, time)
            + &column(self.timestamp, 8, timestamp)
            + &column(self.print_uid, 6, uid)
    }

    fn print(&self, event: &execs::ExecT, arguments: &[String], start: Instant) {
        let arguments = if self.quote {
            let quote = |text: &String| format!("\"{}\"", text.replace('"', "\\\""));
            arguments.iter().map(quote).collect()
        } else {
            arguments.to_vec()
        };
        let arguments = arguments.join(" ").replace('\n', "\\n");
        let wanted = (self.fails || event.ret == 0)
            && self.name.is_match(&event.comm.to_string_lossy())
            && self.line.is_match(&arguments);
        if wanted {
            let time = local_time(SystemTime::now(), "%H:%M:%S");
            let timestamp = format!("{:.3}", start.elapsed().as_secs_f64());
            line(format_args!(
                "{}{:<16} {:<7} {:<7} {:>3} {arguments}",
                self.columns(&time, &timestamp, &event.uid.to_string()),
                event.comm,
                event.pid,
                event.ppid,
                event.ret
            ));
        }
    }
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let (uid, ppid, max_args) = (args.uid, args.ppid, args.most);
    let mut bpf = execs::builder()
        .consts(move |consts| {
            consts.target_uid = uid.unwrap_or(ANY);
            consts.target_ppid = ppid.unwrap_or(ANY);
            consts.max_args = max_args;
        })
        // Each event is printed when it comes.
        .batch_wakeups(false)
        .load()?;
    let ending = Ending::after(args.duration)?;
    let columns = args.columns("TIME", "TIME(s)", "UID");
    let start = Instant::now();
    let mut arguments = HashMap::<u32, Vec<String>>::new();
    bpf.maps
        .events
        .open_ring_buffer(move |event: &execs::ExecT| {
            if event.kind == execs::Kind::ARGUMENT {
                arguments
                    .entry(event.pid)
                    .or_default()
                    .push(event.text.to_string());
            } else {
                let arguments = arguments.remove(&event.pid).unwrap_or_default();
                args.print(event, &arguments, start);
            }
        })?;
    line(format_args!(
        "{columns}{:<16} {:<7} {:<7} RET ARGS",
        "COMM", "PID", "PPID"
    ));
    ending.poll(|wait| bpf.ring_buffer_poll(wait))?;
    report_lost(bpf.lost());
    Ok(())
}
