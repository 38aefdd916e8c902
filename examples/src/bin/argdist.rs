//! Shows how the values of an argument or a result are distributed, as a histogram, like bcc's
//! `argdist -H`.
//!
//! ```text
//! # argdist s:write 3 --duration 5
//! Tracing argument 3 of s:write... Hit Ctrl-C to end.
//!
//!      arg3                : count     distribution
//!          0 -> 1          : 2        |*                                       |
//! ...
//! ```

use bcc_examples::{ANY, Rounds, line};
use bcc_runtime::attach::UprobeOpts;
use bcc_runtime::format::syscall_number;
use bcc_runtime::{Error, ErrorKind, Link, Result, bpf_program};
use clap::Parser;

bpf_program! {
    mod values;

    #include <uapi/linux/ptrace.h>

    const volatile u32 target_pid = -1;
    const volatile long target_call = -1;
    // From 1 on; 0 is the result.
    const volatile u32 argument = 0;
    const volatile s64 least = 0;
    const volatile bool has_least = false;

    BPF_HISTOGRAM(distribution, int, 65);

    static int count(u64 value) {
        u32 pid = bpf_get_current_pid_tgid() >> 32;
        if ((target_pid != -1 && target_pid != pid) || (has_least && (s64)value < least))
            return 0;
        distribution.atomic_increment(bpf_log2l(value));
        return 0;
    }

    int on_entry(struct pt_regs *ctx) {
        switch (argument) {
        case 1: return count(PT_REGS_PARM1(ctx));
        case 2: return count(PT_REGS_PARM2(ctx));
        case 3: return count(PT_REGS_PARM3(ctx));
        case 4: return count(PT_REGS_PARM4(ctx));
        case 5: return count(PT_REGS_PARM5(ctx));
        default: return count(PT_REGS_PARM6(ctx));
        }
    }

    int on_return(struct pt_regs *ctx) {
        return count(PT_REGS_RC(ctx));
    }

    int on_call(struct tracepoint__raw_syscalls__sys_enter *args) {
        if (args->id != target_call)
            return 0;
        switch (argument) {
        case 1: return count(args->args[0]);
        case 2: return count(args->args[1]);
        case 3: return count(args->args[2]);
        case 4: return count(args->args[3]);
        case 5: return count(args->args[4]);
        default: return count(args->args[5]);
        }
    }

    int on_call_return(struct tracepoint__raw_syscalls__sys_exit *args) {
        if (args->id != target_call)
            return 0;
        return count(args->ret);
    }
}

/// Show how an argument or the result of a function or system call is distributed.
#[derive(Parser)]
struct Args {
    /// `s:CALL`, a system call; `LIBRARY:FUNCTION`; or `FUNCTION` of the kernel
    target: String,
    /// Which argument, from 1 on; the result by default
    #[arg(value_parser = clap::value_parser!(u32).range(1..=6))]
    argument: Option<u32>,
    /// Trace this process only
    #[arg(short, long)]
    pid: Option<u32>,
    /// Only count values, with a sign, of at least this
    #[arg(short, long, allow_hyphen_values = true)]
    least: Option<i64>,
    /// Print every so many seconds; by default once, at the end
    #[arg(short, long)]
    interval: Option<u64>,
    /// Print so many times
    #[arg(short, long)]
    number: Option<u64>,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

impl Args {
    fn label(&self) -> String {
        self.argument
            .map_or_else(|| "result".to_owned(), |number| format!("arg{number}"))
    }

    /// The number of the system call, if it is one.
    fn call(&self) -> Result<Option<i64>> {
        let Some(name) = self.target.strip_prefix("s:") else {
            return Ok(None);
        };
        let number = syscall_number(name).and_then(|number| i64::try_from(number).ok());
        let unknown = || {
            Error::new(
                ErrorKind::NotFound,
                format!("no system call is called `{name}`"),
            )
        };
        Ok(Some(number.ok_or_else(unknown)?))
    }

    fn attach(&self, bpf: &values::Bpf) -> Result<Link> {
        let (entry, result) = (&bpf.progs.on_entry, &bpf.progs.on_return);
        let mut opts = UprobeOpts::new();
        if let Some(pid) = self.pid {
            opts = opts.pid(pid);
        }
        match (self.target.rsplit_once(':'), self.argument) {
            (Some(("s", _)), Some(_)) => bpf.progs.on_call.attach(),
            (Some(("s", _)), None) => bpf.progs.on_call_return.attach(),
            (Some((library, function)), Some(_)) => {
                entry.attach_uprobe_with_opts(library, function, &opts)
            }
            (Some((library, function)), None) => {
                result.attach_uretprobe_with_opts(library, function, &opts)
            }
            (None, Some(_)) => entry.attach_kprobe(&self.target),
            (None, None) => result.attach_kretprobe(&self.target),
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let (pid, argument) = (args.pid.unwrap_or(ANY), args.argument.unwrap_or(0));
    let (call, least) = (args.call()?, args.least);
    let bpf = values::builder()
        .consts(move |consts| {
            consts.target_pid = pid;
            consts.target_call = call.unwrap_or(-1);
            consts.argument = argument;
            consts.least = least.unwrap_or(0);
            consts.has_least = least.is_some().into();
        })
        .load()?;
    let _link = args.attach(&bpf)?;
    let label = args.label();
    line(format_args!(
        "Tracing {label} of {}... Hit Ctrl-C to end.",
        args.target
    ));
    let rounds = Rounds {
        interval: args.interval,
        count: args.number,
        duration: args.duration,
        timestamp: true,
    };
    rounds.run(|| {
        bpf.maps.distribution.print_log2_hist(&label)?;
        bpf.maps.distribution.clear()
    })
}
