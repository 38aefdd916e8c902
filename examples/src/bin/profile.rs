//! Shows where CPUs spend their time, as counts of stacks, like bcc's `profile`.
//!
//! ```text
//! # profile --folded 5
//! cat;main;read;entry_SYSCALL_64_after_hwframe;do_syscall_64;ksys_read;vfs_read 12
//! ```

use bcc_examples::{ANY, Ending, line, write};
use bcc_runtime::attach::PerfEventOpts;
use bcc_runtime::perf_event::{Counter, Sampling, Software};
use bcc_runtime::{Frame, Symbols, bpf_program};
use clap::Parser;

bpf_program! {
    mod samples;

    #include <uapi/linux/bpf_perf_event.h>
    #include <linux/sched.h>

    const volatile u32 target_pid = -1;
    const volatile u32 target_tid = -1;
    const volatile bool with_idle = false;
    const volatile bool with_user = true;
    const volatile bool with_kernel = true;

    struct stack_t {
        u32 pid;
        int kernel;
        int user;
        char comm[TASK_COMM_LEN];
    };

    BPF_STACK_TRACE(stacks, 16384);
    BPF_HASH(counts, struct stack_t, u64, 40960);

    int sample(struct bpf_perf_event_data *ctx) {
        u64 id = bpf_get_current_pid_tgid();
        u32 pid = id >> 32, tid = id;
        if (!with_idle && tid == 0)
            return 0;
        if ((target_pid != -1 && target_pid != pid) || (target_tid != -1 && target_tid != tid))
            return 0;
        // What has no stack of one kind says -EFAULT.
        struct stack_t key = { .pid = pid, .kernel = -EFAULT, .user = -EFAULT };
        bpf_get_current_comm(&key.comm, sizeof(key.comm));
        if (with_kernel)
            key.kernel = stacks.get_stackid(&ctx->regs, 0);
        if (with_user)
            key.user = stacks.get_stackid(&ctx->regs, BPF_F_USER_STACK);
        counts.atomic_increment(key);
        return 0;
    }
}

/// Sample the stacks that run on the CPUs.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command line")]
struct Args {
    /// End after this many seconds
    duration: Option<u64>,
    /// The same
    #[arg(long = "duration", conflicts_with = "duration")]
    seconds: Option<u64>,
    /// Sample this process only
    #[arg(short, long)]
    pid: Option<u32>,
    /// Sample this thread only
    #[arg(short = 'L', long, conflicts_with = "pid")]
    tid: Option<u32>,
    /// Only show stacks of processes
    #[arg(short = 'U', long, conflicts_with = "kernel_stacks_only")]
    user_stacks_only: bool,
    /// Only show stacks of the kernel
    #[arg(short = 'K', long)]
    kernel_stacks_only: bool,
    /// Sample so many times a second on each CPU
    #[arg(short = 'F', long, default_value_t = 49)]
    frequency: u64,
    /// Sample each time the CPU's clock has grown by so many nanoseconds
    #[arg(short, long, conflicts_with = "frequency")]
    count: Option<u64>,
    /// Sample this CPU only
    #[arg(short = 'C', long)]
    cpu: Option<u32>,
    /// Show idle CPUs as well
    #[arg(short = 'I', long)]
    include_idle: bool,
    /// Print a line for each stack, for flame graphs
    #[arg(short, long)]
    folded: bool,
    /// Print a mark between the stack of the kernel and that of the process
    #[arg(short, long)]
    delimited: bool,
    /// Mark functions of the kernel with `_[k]`
    #[arg(short, long)]
    annotations: bool,
}

/// What one stack is, innermost function first; `None` if the kernel had no room for it.
type Names = Option<Vec<String>>;

impl Args {
    fn header(&self) -> String {
        let rate = match self.count {
            Some(period) => format!("every {period} events"),
            None => format!("{} Hertz", self.frequency),
        };
        let threads = match (self.pid, self.tid) {
            (Some(pid), _) => format!("PID {pid}"),
            (_, Some(tid)) => format!("TID {tid}"),
            _ => "all threads".to_owned(),
        };
        let stacks = match (self.user_stacks_only, self.kernel_stacks_only) {
            (true, _) => "user",
            (_, true) => "kernel",
            _ => "user + kernel",
        };
        let cpu = self
            .cpu
            .map_or(String::new(), |cpu| format!(" on CPU#{cpu}"));
        let time = match self.duration.or(self.seconds) {
            Some(seconds) => format!(" for {seconds} secs."),
            None => "... Hit Ctrl-C to end.".to_owned(),
        };
        format!("Sampling at {rate} of {threads} by {stacks} stack{cpu}{time}")
    }

    fn names(&self, bpf: &samples::Bpf, key: &samples::StackT, symbols: &Symbols) -> [Names; 2] {
        let stacks = &bpf.maps.stacks;
        let mark = if self.annotations { "_[k]" } else { "" };
        let kernel = named(key.kernel, |id| stacks.walk_kernel(id, symbols));
        let kernel = kernel.map(|names| names.iter().map(|name| format!("{name}{mark}")).collect());
        // A process that is gone still has its addresses.
        let user = named(key.user, |id| stacks.walk_process(id, key.pid, symbols));
        [kernel, user]
    }

    fn print_folded(&self, key: &samples::StackT, [kernel, user]: [Names; 2], count: u64) {
        let mut parts = vec![key.comm.to_string()];
        let missed = |which| vec![format!("[Missed {which} Stack]")];
        parts.extend(user.unwrap_or_else(|| missed("User")).into_iter().rev());
        if self.delimited && key.kernel >= 0 && key.user >= 0 {
            parts.push("-".to_owned());
        }
        parts.extend(kernel.unwrap_or_else(|| missed("Kernel")).into_iter().rev());
        line(format_args!("{} {count}", parts.join(";")));
    }

    fn print_lines(&self, key: &samples::StackT, [kernel, user]: [Names; 2], count: u64) {
        let missed = |which| vec![format!("[Missed {which} Stack]")];
        let mut parts = kernel.unwrap_or_else(|| missed("Kernel"));
        if self.delimited && key.kernel >= 0 && key.user >= 0 {
            parts.push("--".to_owned());
        }
        parts.extend(user.unwrap_or_else(|| missed("User")));
        for part in parts {
            line(format_args!("    {part}"));
        }
        write(format_args!(
            "    {:<16} {} ({})\n        {count}\n\n",
            "-", key.comm, key.pid
        ));
    }
}

/// `-EFAULT`: in code of a process there is no stack of the kernel, and the other way round.
const NO_STACK: i32 = -14;

/// The names of a stack; of one that is gone, or whose process is, there are none.
fn named(id: i32, walk: impl FnOnce(i32) -> bcc_runtime::Result<Vec<Frame>>) -> Names {
    if id == NO_STACK {
        return Some(Vec::new());
    }
    let frames = (id >= 0).then(|| walk(id).ok()).flatten()?;
    Some(frames.iter().map(ToString::to_string).collect())
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let filters = [args.pid, args.tid].map(|filter| filter.unwrap_or(ANY));
    let with_idle = args.include_idle;
    let (user_only, kernel_only) = (args.user_stacks_only, args.kernel_stacks_only);
    let bpf = samples::builder()
        .consts(move |consts| {
            [consts.target_pid, consts.target_tid] = filters;
            consts.with_idle = with_idle.into();
            consts.with_user = (!kernel_only).into();
            consts.with_kernel = (!user_only).into();
        })
        .load()?;
    let sampling = args
        .count
        .map_or(Sampling::Frequency(args.frequency), Sampling::Period);
    let mut opts = PerfEventOpts::new();
    if let Some(cpu) = args.cpu {
        opts = opts.cpu(cpu);
    }
    let clock = Counter::from(Software::CpuClock);
    let _link = bpf
        .progs
        .sample
        .attach_perf_event_with_opts(clock, sampling, &opts)?;
    if !args.folded {
        line(args.header());
    }
    Ending::after(args.duration.or(args.seconds))?.wait();

    let symbols = Symbols::new();
    let mut counts = bpf.maps.counts.items()?;
    counts.sort_by_key(|(_, count)| *count);
    for (key, count) in counts {
        let names = args.names(&bpf, &key, &symbols);
        if args.folded {
            args.print_folded(&key, names, count);
        } else {
            args.print_lines(&key, names, count);
        }
    }
    Ok(())
}
