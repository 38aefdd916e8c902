//! Prints each time a process passes a USDT probe, with its arguments, like bcc's `trace 'u:...'`.
//!
//! ```text
//! # usdt --pid 4711 python:function__entry --text 1,2
//! TIME     PID     TID     COMM             FUNC             -
//! 12:00:01 4711    4711    python3          function__entry  "a.py" "main" 12
//! ```

use bcc_examples::{ANY, Ending, line, report_lost};
use bcc_runtime::attach::{Usdt, UsdtOpts};
use bcc_runtime::format::{WallClock, local_time};
use bcc_runtime::{Error, ErrorKind, Event, Result, bpf_program};
use clap::Parser;

bpf_program! {
    mod passes;

    #include <linux/sched.h>

    #define ARGUMENTS 6
    #define LENGTH 80

    const volatile u32 target_pid = -1;
    // Which arguments are addresses of text: bit 0 is the first.
    const volatile u32 texts = 0;

    struct argument_t {
        s64 number;
        char text[LENGTH];
    };

    struct pass_t {
        u64 ts;
        u32 pid;
        u32 tid;
        u32 probe;
        u32 count;
        char comm[TASK_COMM_LEN];
        struct argument_t arguments[ARGUMENTS];
    };

    BPF_RINGBUF_OUTPUT(events, 64);

    int pass(struct pt_regs *ctx) {
        u64 id = bpf_get_current_pid_tgid();
        u32 pid = id >> 32;
        if (target_pid != -1 && target_pid != pid)
            return 0;
        struct pass_t *event = events.ringbuf_reserve(sizeof(*event));
        if (!event)
            return 0;
        event->ts = bpf_ktime_get_ns();
        event->pid = pid;
        event->tid = id;
        event->probe = bpf_usdt_cookie(ctx);
        event->count = bpf_usdt_arg_cnt(ctx);
        bpf_get_current_comm(&event->comm, sizeof(event->comm));
        for (int i = 0; i < ARGUMENTS; i++) {
            long number = 0;
            bpf_usdt_arg(ctx, i, &number);
            event->arguments[i].number = number;
            event->arguments[i].text[0] = 0;
            if (texts & (1 << i))
                bpf_probe_read_user_str(&event->arguments[i].text, LENGTH, (void *)number);
        }
        events.ringbuf_submit(event, 0);
        return 0;
    }
}

/// Print each time a process passes a USDT probe.
#[derive(Parser)]
struct Args {
    /// Probes, as `PROVIDER:NAME` or `NAME`; none lists what there is
    probes: Vec<String>,
    /// Trace this process only
    #[arg(short, long, required_unless_present = "binary")]
    pid: Option<u32>,
    /// Look for the probes in this library or program, instead of in what a process runs
    #[arg(short, long)]
    binary: Option<String>,
    /// Which arguments are text, from 1 on, separated by commas
    #[arg(short, long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=6))]
    text: Vec<u32>,
    /// End after so many events
    #[arg(short = 'M', long)]
    max_events: Option<u64>,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

impl Args {
    fn is_text(&self, index: usize) -> bool {
        self.text.iter().any(|number| *number as usize == index + 1)
    }

    fn print(&self, event: &passes::PassT, clock: &WallClock) {
        let count = event.arguments.len().min(event.count as usize);
        let arguments = event.arguments[..count].iter().enumerate();
        let arguments: Vec<_> = arguments
            .map(|(index, argument)| {
                if self.is_text(index) {
                    format!("{:?}", argument.text)
                } else {
                    argument.number.to_string()
                }
            })
            .collect();
        let probe = &self.probes[event.probe as usize];
        line(format_args!(
            "{:<8} {:<7} {:<7} {:<15} {:<16} {}",
            local_time(clock.at(event.ts), "%H:%M:%S"),
            event.pid,
            event.tid,
            event.comm,
            probe.rsplit(':').next().unwrap_or(probe),
            arguments.join(" ")
        ));
    }
}

fn list(usdt: &Usdt) {
    for probe in usdt.probes() {
        line(format_args!("{} {probe}", probe.path().display()));
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let usdt = match (&args.binary, args.pid) {
        (Some(binary), _) => Usdt::from_path(binary)?,
        (None, Some(pid)) => Usdt::from_pid(pid)?,
        (None, None) => {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "give --pid or --binary",
            ));
        }
    };
    if args.probes.is_empty() {
        list(&usdt);
        return Ok(());
    }
    let pid = args.pid.unwrap_or(ANY);
    let texts = args
        .text
        .iter()
        .fold(0, |bits, number| bits | 1 << (number - 1));
    let mut bpf = passes::builder()
        .consts(move |consts| {
            consts.target_pid = pid;
            consts.texts = texts;
        })
        // Each event is printed when it comes.
        .batch_wakeups(false)
        .load()?;
    for (cookie, name) in (0..).zip(&args.probes) {
        let mut opts = UsdtOpts::new().cookie(cookie);
        if let Some(pid) = args.pid {
            opts = opts.pid(pid);
        }
        for probe in usdt.find(name)? {
            let link = bpf.progs.pass.attach_usdt_probe(&probe, &opts)?;
            bpf.keep(link);
        }
    }
    let ending = Ending::after(args.duration)?;
    line(format_args!(
        "{:<8} {:<7} {:<7} {:<15} {:<16} -",
        "TIME", "PID", "TID", "COMM", "FUNC"
    ));
    let mut events = bpf.maps.events.reader()?;
    let clock = WallClock::new()?;
    let mut left = args.max_events.unwrap_or(u64::MAX);
    while left > 0 && !ending.is_due() {
        let event = events.next_timeout(Duration::from_millis(100))?;
        if let Some(event) = event.and_then(Event::record) {
            args.print(&event, &clock);
            left -= 1;
        }
    }
    report_lost(bpf.lost());
    Ok(())
}
