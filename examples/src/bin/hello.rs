//! Prints a line for every program that is executed, like bcc's `hello_world`.
//!
//! ```text
//! # hello --duration 5
//! PID     COMM             MESSAGE
//! 4711    sh               hello, world
//! ```

use bcc_examples::{Ending, line};
use bcc_runtime::bpf_program;
use clap::Parser;

bpf_program! {
    mod hello;

    TRACEPOINT_PROBE(sched, sched_process_exec) {
        bpf_trace_printk("hello, world");
        return 0;
    }
}

/// Print "hello, world" whenever a program is executed.
#[derive(Parser)]
struct Args {
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let mut bpf = hello::load()?;
    let ending = Ending::after(args.duration)?;
    line(format_args!("{:<7} {:<16} MESSAGE", "PID", "COMM"));
    while !ending.is_due() {
        if let Some(fields) = bpf.trace_fields(Duration::from_millis(100))? {
            line(format_args!(
                "{:<7} {:<16} {}",
                fields.pid, fields.task, fields.message
            ));
        }
    }
    Ok(())
}
