//! Shows how long tasks wait for a CPU, as a histogram, like bcc's `runqlat`.
//!
//! ```text
//! # runqlat 1 1
//! Tracing run queue latency... Hit Ctrl-C to end.
//!
//!      usecs               : count     distribution
//!          0 -> 1          : 12       |*                                       |
//!          2 -> 3          : 310      |****************************************|
//! ...
//! ```

use bcc_examples::{ANY, Rounds, line};
use bcc_runtime::{HistogramKey, bpf_program};
use clap::Parser;

bpf_program! {
    mod waits;

    #include <linux/sched.h>
    #include <linux/nsproxy.h>
    #include <linux/pid_namespace.h>

    const volatile u32 target_pid = -1;
    const volatile u64 unit = 1000;
    // What a histogram is printed for.
    enum section { ALL, PROCESS, THREAD, NAMESPACE };
    const volatile enum section section = ALL;

    struct slot_t {
        u32 id;
        u64 slot;
    };

    BPF_HASH(since, u32, u64, 65536);
    BPF_HISTOGRAM(latencies, struct slot_t, 65536);

    static int enqueue(struct task_struct *task) {
        u32 tid = task->pid;
        if (tid == 0 || (target_pid != -1 && target_pid != task->tgid))
            return 0;
        u64 now = bpf_ktime_get_ns();
        since.update(&tid, &now);
        return 0;
    }

    // Before Linux 5.14.
    struct task_struct___old { long state; } __attribute__((preserve_access_index));

    static bool is_runnable(struct task_struct *task) {
        if (bpf_core_field_exists(task->__state))
            return task->__state == TASK_RUNNING;
        return ((struct task_struct___old *)task)->state == TASK_RUNNING;
    }

    static u32 pid_namespace(struct task_struct *task) {
        struct pid *pid = task->thread_pid;
        return pid->numbers[pid->level].ns->ns.inum;
    }

    RAW_TRACEPOINT_PROBE(sched_wakeup) { return enqueue((struct task_struct *)ctx->args[0]); }
    RAW_TRACEPOINT_PROBE(sched_wakeup_new) { return enqueue((struct task_struct *)ctx->args[0]); }

    RAW_TRACEPOINT_PROBE(sched_switch) {
        struct task_struct *prev = (struct task_struct *)ctx->args[1];
        struct task_struct *next = (struct task_struct *)ctx->args[2];
        u32 tid = next->pid;

        // It could go on, so it waits again.
        if (is_runnable(prev))
            enqueue(prev);

        u64 *began = since.lookup(&tid);
        if (!began)
            return 0;
        struct slot_t slot = { .slot = bpf_log2l((bpf_ktime_get_ns() - *began) / unit) };
        since.delete(&tid);
        if (section == PROCESS)
            slot.id = next->tgid;
        else if (section == THREAD)
            slot.id = tid;
        else if (section == NAMESPACE)
            slot.id = pid_namespace(next);
        latencies.atomic_increment(slot);
        return 0;
    }
}

/// Summarize the time that tasks wait for a CPU as a histogram.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    rounds: Rounds,
    /// Show milliseconds
    #[arg(short, long)]
    milliseconds: bool,
    /// Trace this process only
    #[arg(short, long)]
    pid: Option<u32>,
    #[command(flatten)]
    section: Section,
}

#[derive(clap::Args)]
#[group(multiple = false)]
struct Section {
    /// Print a histogram for each process
    #[arg(short = 'P', long)]
    pids: bool,
    /// Print a histogram for each thread
    #[arg(short = 'L', long)]
    tids: bool,
    /// Print a histogram for each namespace of processes
    #[arg(long)]
    pidnss: bool,
}

impl Section {
    fn get(&self) -> (waits::Section, &'static str) {
        match (self.pids, self.tids, self.pidnss) {
            (true, ..) => (waits::Section::PROCESS, "pid"),
            (_, true, _) => (waits::Section::THREAD, "tid"),
            (.., true) => (waits::Section::NAMESPACE, "pidns"),
            _ => (waits::Section::ALL, ""),
        }
    }
}

impl HistogramKey for waits::SlotT {
    fn slot(&self) -> Option<usize> {
        self.slot.try_into().ok()
    }
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let (section, header) = args.section.get();
    let pid = args.pid.unwrap_or(ANY);
    let (unit, label) = if args.milliseconds {
        (1_000_000, "msecs")
    } else {
        (1000, "usecs")
    };
    let bpf = waits::builder()
        .consts(move |consts| {
            consts.target_pid = pid;
            consts.unit = unit;
            consts.section = section;
        })
        .load()?;
    line("Tracing run queue latency... Hit Ctrl-C to end.");
    let latencies = &bpf.maps.latencies;
    args.rounds.run(|| {
        if section == waits::Section::ALL {
            latencies.print_log2_hist(label)?;
        } else {
            let sections = latencies.histogram_by(|key| (key.id, key.slot))?;
            sections.section_header(header).print_log2_hist(label)?;
        }
        latencies.clear()
    })
}
