//! Counts the strings that programs pass to libc's `strlen`, like bcc's `strlen_count`.
//!
//! ```text
//! # strlen_count --duration 3
//!      COUNT STRING
//!         12 "LC_ALL"
//! ```

use bcc_examples::{Ending, line};
use bcc_runtime::attach::UprobeOpts;
use bcc_runtime::bpf_program;
use clap::Parser;

bpf_program! {
    mod strlen;

    struct key_t {
        char text[80];
    };
    BPF_HASH(counts, struct key_t);

    int count(struct pt_regs *ctx) {
        if (!PT_REGS_PARM1(ctx))
            return 0;
        struct key_t key = {};
        bpf_probe_read_user_str(&key.text, sizeof(key.text), (void *)PT_REGS_PARM1(ctx));
        counts.atomic_increment(key);
        return 0;
    }
}

/// Count the strings passed to `strlen`.
#[derive(Parser)]
struct Args {
    /// Trace this process only
    #[arg(short, long)]
    pid: Option<u32>,
    /// Print this many strings
    #[arg(short = 'T', long, default_value_t = 20)]
    top: usize,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let bpf = strlen::load()?;
    let mut opts = UprobeOpts::new();
    if let Some(pid) = args.pid {
        opts = opts.pid(pid);
    }
    let _link = bpf
        .progs
        .count
        .attach_uprobe_with_opts("c", "strlen", &opts)?;
    Ending::after(args.duration)?.wait();

    let mut counts = bpf.maps.counts.items()?;
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    line(format_args!("{:>10} STRING", "COUNT"));
    for (key, count) in counts.iter().take(args.top) {
        line(format_args!("{count:>10} {:?}", key.text));
    }
    Ok(())
}
