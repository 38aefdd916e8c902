//! Runs a program text given on the command line or in a file, as one does with bcc in Python:
//! prints its events as they come, and what its tables hold at the end.
//!
//! ```text
//! # script --duration 3 -e 'BPF_HASH(counts, u32);
//!       TRACEPOINT_PROBE(raw_syscalls, sys_enter) {
//!           counts.increment(bpf_get_current_pid_tgid() >> 32); return 0; }'
//! counts
//!   4711: 1203
//! ```

use bcc_examples::{Ending, line};
use bcc_runtime::dynamic::Map;
use bcc_runtime::{Bpf, Builder, Error, ErrorKind, Result, Value};
use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

/// Run a program in bcc's dialect, given as text or as a file.
#[derive(Parser)]
#[command(arg_required_else_help = true)]
struct Args {
    /// The file with the program text
    #[arg(required_unless_present = "text")]
    file: Option<PathBuf>,
    /// The program text itself
    #[arg(short = 'e', long, conflicts_with = "file")]
    text: Option<String>,
    /// Set a `const volatile` variable: NAME=VALUE
    #[arg(short, long)]
    set: Vec<String>,
    /// Hand an argument to clang, such as -DMAX=10
    #[arg(short, long, allow_hyphen_values = true)]
    cflag: Vec<String>,
    /// Attach a function that names no target to a tracepoint: FUNCTION=CATEGORY:EVENT
    #[arg(short, long)]
    tracepoint: Vec<String>,
    /// Attach a function to the start of a function of the kernel: FUNCTION=TARGET
    #[arg(short, long)]
    kprobe: Vec<String>,
    /// Attach a function to the return of a function of a program or library:
    /// FUNCTION=BINARY:SYMBOL
    #[arg(short, long)]
    uretprobe: Vec<String>,
    /// Write the program as C for libbpf into a folder, and run nothing
    #[arg(short, long)]
    write_c: Option<PathBuf>,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(folder) = &args.write_c {
        line(builder(&args).write_c(folder)?.display());
        return Ok(());
    }
    let mut bpf = builder(&args).load()?;
    for warning in bpf.warnings() {
        eprintln!("warning: {warning}");
    }
    for pair in &args.tracepoint {
        let (function, event) = split(pair, '=')?;
        bpf.attach_tracepoint(event, function)?;
    }
    for pair in &args.kprobe {
        let (function, target) = split(pair, '=')?;
        bpf.attach_kprobe(target, function)?;
    }
    for pair in &args.uretprobe {
        let (function, target) = split(pair, '=')?;
        let (binary, symbol) = split(target, ':')?;
        bpf.attach_uretprobe(binary, symbol, function)?;
    }
    let mut tables = Vec::new();
    let mut has_events = false;
    for (_, map) in bpf.maps.iter() {
        if print_events_of(map)? {
            has_events = true;
        } else {
            tables.push(map.clone());
        }
    }
    let ending = Ending::after(args.duration)?;
    while has_events && !ending.is_due() {
        bpf.perf_buffer_poll(Duration::from_millis(100))?;
    }
    ending.wait();
    tables.iter().try_for_each(print_table)
}

fn builder(args: &Args) -> Builder {
    let mut builder = Bpf::builder().cflags(&args.cflag);
    if let Some(text) = &args.text {
        builder = builder.text(text);
    }
    if let Some(file) = &args.file {
        builder = builder.src_file(file);
    }
    for pair in &args.set {
        // A pair without `=` is a name that nothing has.
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let number = value.parse::<i128>().map(Value::from);
        builder = builder.set_const(name, number.unwrap_or_else(|_| Value::from(value)));
    }
    builder
}

fn split(pair: &str, sign: char) -> Result<(&str, &str)> {
    pair.split_once(sign).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("`{pair}` has no `{sign}` in it"),
        )
    })
}

/// Prints the events of a map from now on, and tells whether it has any.
fn print_events_of(map: &Map) -> Result<bool> {
    let name = map.name().to_owned();
    let ring_name = name.clone();
    let opened = map
        .open_perf_buffer(move |cpu, event| line(format_args!("{name} [{cpu}] {event}")))
        .or_else(|_| map.open_ring_buffer(move |event| line(format_args!("{ring_name} {event}"))));
    match opened {
        Ok(()) => Ok(true),
        // It is another kind of map.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(false),
        Err(error) => Err(error),
    }
}

/// Prints what is not zero in a map with keys.
fn print_table(map: &Map) -> Result<()> {
    let items = match map.items() {
        Ok(items) => items,
        // It has no keys.
        Err(error) if error.kind() == ErrorKind::InvalidInput => return Ok(()),
        Err(error) => return Err(error),
    };
    line(map.name());
    for (key, value) in items {
        if value != 0 {
            line(format_args!("  {key}: {value}"));
        }
    }
    Ok(())
}
