//! Shows how long requests to disks take, as a histogram, like bcc's `biolatency`.
//!
//! ```text
//! # biolatency --disks 1 1
//! Tracing block device I/O... Hit Ctrl-C to end.
//!
//!
//! disk = vda
//!      usecs               : count     distribution
//!          0 -> 1          : 0        |                                        |
//! ...
//!        128 -> 255        : 200      |****************************************|
//! ```

use bcc_examples::{ANY, Rounds, line, write};
use bcc_runtime::format::Device;
use bcc_runtime::{HistogramKey, SectionName, bpf_program};
use clap::Parser;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

bpf_program! {
    mod requests;

    #include <linux/blk-mq.h>

    const volatile u32 target_disk = -1;
    const volatile u64 unit = 1000;
    const volatile bool by_disk = false;
    const volatile bool by_flags = false;

    struct request_t {
        u32 disk;
        u64 sector;
    };

    struct slot_t {
        u32 disk;
        char flags[8];
        u64 slot;
    };

    BPF_HASH(start, struct request_t);
    BPF_HISTOGRAM(latencies, struct slot_t, 4096);
    u64 total = 0;
    u64 count = 0;

    static int begin(u32 disk, u64 sector) {
        struct request_t key = {};
        key.disk = disk;
        key.sector = sector;
        if (target_disk != -1 && target_disk != disk)
            return 0;
        u64 now = bpf_ktime_get_ns();
        start.update(&key, &now);
        return 0;
    }

    // Attached to one of the two: where the system begins with a request, or hands it to the disk.
    int queued(struct tracepoint__block__block_getrq *args) {
        return begin(args->dev, args->sector);
    }

    int issued(struct tracepoint__block__block_rq_issue *args) {
        return begin(args->dev, args->sector);
    }

    TRACEPOINT_PROBE(block, block_rq_complete) {
        struct request_t key = {};
        key.disk = args->dev;
        key.sector = args->sector;
        u64 *began = start.lookup(&key);
        if (!began)
            return 0;
        u64 took = (bpf_ktime_get_ns() - *began) / unit;
        start.delete(&key);
        struct slot_t slot = { .slot = bpf_log2l(took) };
        if (by_disk)
            slot.disk = key.disk;
        if (by_flags)
            __builtin_memcpy(slot.flags, args->rwbs, sizeof(slot.flags));
        latencies.atomic_increment(slot);
        lock_xadd(&total, took);
        lock_xadd(&count, 1);
        return 0;
    }
}

/// Summarize the time of block device I/O as a histogram.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command line")]
struct Args {
    #[command(flatten)]
    rounds: Rounds,
    /// Count the time in the queues of the system as well
    #[arg(short = 'Q', long)]
    queued: bool,
    /// Show milliseconds
    #[arg(short, long)]
    milliseconds: bool,
    /// Print a histogram for each disk
    #[arg(short = 'D', long, conflicts_with = "flags")]
    disks: bool,
    /// Print a histogram for each kind of request: R(ead), W(rite), D(iscard), F(lush) and so on
    #[arg(short = 'F', long)]
    flags: bool,
    /// Print the average and the total
    #[arg(short, long)]
    extension: bool,
    /// Print JSON
    #[arg(short, long)]
    json: bool,
    /// Trace this disk only, such as `sda`
    #[arg(short, long)]
    disk: Option<String>,
}

impl HistogramKey for requests::SlotT {
    fn slot(&self) -> Option<usize> {
        self.slot.try_into().ok()
    }
}

/// The names of disks by their numbers.
fn disk_names() -> bcc_runtime::Result<HashMap<String, String>> {
    let table = std::fs::read_to_string("/proc/diskstats")?;
    let words = table.lines().map(|line| line.split_ascii_whitespace());
    Ok(words
        .filter_map(|mut words| {
            let number = format!("{}:{}", words.next()?, words.next()?);
            Some((number, words.next()?.to_owned()))
        })
        .collect())
}

impl Args {
    fn print(&self, bpf: &requests::Bpf) -> bcc_runtime::Result<()> {
        let unit = if self.milliseconds { "msecs" } else { "usecs" };
        let latencies = &bpf.maps.latencies;
        let sections = if self.disks {
            let names = disk_names()?;
            let name = |disk: u32| {
                let number = Device::from_kernel(disk).to_string();
                SectionName::Text(
                    names
                        .get(&number)
                        .cloned()
                        .unwrap_or_else(|| "?".to_owned()),
                )
            };
            let disks = latencies.histogram_by(|key| (name(key.disk), key.slot))?;
            Some(disks.section_header("disk"))
        } else if self.flags {
            let name = |key: &requests::SlotT| SectionName::Text(key.flags.to_string());
            let flags = latencies.histogram_by(|key| (name(key), key.slot))?;
            Some(flags.section_header("flags"))
        } else {
            None
        };
        match (sections, self.json) {
            (Some(sections), true) => write(sections.to_json(unit)?),
            (Some(sections), false) => sections.print_log2_hist(unit)?,
            (None, true) => write(latencies.histogram()?.to_json(unit)?),
            (None, false) => latencies.print_log2_hist(unit)?,
        }
        let (total, count) = (bpf.globals.total.get(), bpf.globals.count.get());
        if self.extension && count > 0 {
            let average = total / count;
            line(format_args!(
                "\navg = {average} {unit}, total: {total} {unit}, count: {count}\n"
            ));
        }
        bpf.globals.total.set(0);
        bpf.globals.count.set(0);
        latencies.clear()
    }
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let disk = match &args.disk {
        Some(name) => {
            let file = std::fs::metadata(Path::new("/dev").join(name))?;
            Device::from_stat(file.rdev()).to_kernel()
        }
        None => ANY,
    };
    let unit = if args.milliseconds { 1_000_000 } else { 1000 };
    let (by_disk, by_flags) = (args.disks, args.flags);
    let mut bpf = requests::builder()
        .consts(move |consts| {
            consts.target_disk = disk;
            consts.unit = unit;
            consts.by_disk = by_disk.into();
            consts.by_flags = by_flags.into();
        })
        .load()?;
    bpf.attach(if args.queued { "queued" } else { "issued" })?;
    if !args.json {
        line("Tracing block device I/O... Hit Ctrl-C to end.");
    }
    args.rounds.run(|| args.print(&bpf))
}
