//! What perf events can count.
//!
//! In: the kernel's tables of counters. Out: typed names for them, with how often to fire.
//!
//! ```no_run
//! use bcc_runtime::perf_event::{Sampling, Software};
//!
//! bcc_runtime::bpf_program! {
//!     mod profile;
//!     BPF_HASH(samples, u32);
//!     int sample(struct bpf_perf_event_data *ctx) {
//!         samples.atomic_increment(bpf_get_current_pid_tgid() >> 32);
//!         return 0;
//!     }
//! }
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! let bpf = profile::load()?;
//! let _link = bpf.progs.sample.attach_perf_event(Software::CpuClock, Sampling::Frequency(99))?;
//! std::thread::sleep(Duration::from_secs(10));
//! for (pid, count) in bpf.maps.samples.items()? {
//!     println!("{pid}: {count} of 990 samples on each CPU");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | counter | for | where |
//! |---|---|---|
//! | [`Software`] | time, faults, switches | on every machine |
//! | [`Hardware`], [`Cache`] | cycles, instructions, misses | seldom in virtual machines |
//! | [`Counter::raw`] | what only this model of processor counts | as its manual says |
//!
//! A rate that is no divisor of the machine's own clocks, such as 99, does not beat in time with what is measured.
//! Programs read counters, without being run by them, through a `BPF_PERF_ARRAY`:
//! [`PerfCounterArray`](crate::map::PerfCounterArray).

/// A counter of the kernel or the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counter {
    kind: u32,
    config: u64,
}

impl Counter {
    /// A counter by its numbers in `linux/perf_event.h`: `perf_event_attr.type` and `.config`.
    #[must_use]
    pub const fn new(kind: u32, config: u64) -> Self {
        Self { kind, config }
    }

    /// A counter of this processor model, by the number that its manual gives it:
    /// `PERF_TYPE_RAW`.
    #[must_use]
    pub const fn raw(config: u64) -> Self {
        Self::new(TYPE_RAW, config)
    }

    /// Why a machine may not have it, in words.
    pub(crate) const fn why_absent(self) -> &'static str {
        match self.kind {
            TYPE_HARDWARE | TYPE_CACHE | TYPE_RAW => {
                "counters of the processor are often absent in virtual machines"
            }
            _ => "the kernel does not know it, or not in this use",
        }
    }

    /// `perf_event_attr.type`: 0 hardware, 1 software, 3 cache, 4 raw.
    #[must_use]
    pub const fn kind(self) -> u32 {
        self.kind
    }

    /// `perf_event_attr.config`: which counter of its type.
    #[must_use]
    pub const fn config(self) -> u64 {
        self.config
    }
}

/// When a counter makes the program run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sampling {
    /// Each time it has grown by so many: nanoseconds for clocks. At least 1. bcc's
    /// `sample_period`.
    Period(u64),
    /// So many times a second, on each CPU, as nearly as the kernel can; at least 1 and at most
    /// `kernel.perf_event_max_sample_rate`. bcc's `sample_freq`.
    Frequency(u64),
}

/// Counters of the kernel, present on every machine: bcc's `PerfSWConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u64)]
pub enum Software {
    /// Time of the CPU in nanoseconds, busy or not.
    CpuClock = 0,
    /// Time that tasks run, in nanoseconds.
    TaskClock = 1,
    /// Page faults.
    PageFaults = 2,
    /// Switches from one task to another.
    ContextSwitches = 3,
    /// Tasks moved to another CPU.
    CpuMigrations = 4,
    /// Page faults without reading from disk.
    PageFaultsMin = 5,
    /// Page faults that read from disk.
    PageFaultsMaj = 6,
    /// Accesses the kernel had to align.
    AlignmentFaults = 7,
    /// Instructions the kernel had to emulate.
    EmulationFaults = 8,
    /// Switches from one control group to another (since Linux 5.13).
    CgroupSwitches = 11,
}

/// Counters of the processor, often absent in virtual machines: bcc's `PerfHWConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u64)]
pub enum Hardware {
    /// Cycles, at whatever frequency the CPU runs.
    CpuCycles = 0,
    /// Instructions retired.
    Instructions = 1,
    /// Accesses to the last level of cache.
    CacheReferences = 2,
    /// Misses of the last level of cache.
    CacheMisses = 3,
    /// Branches retired.
    BranchInstructions = 4,
    /// Branches predicted wrongly.
    BranchMisses = 5,
    /// Cycles of the bus.
    BusCycles = 6,
    /// Cycles in which the front end had nothing to issue.
    StalledCyclesFrontend = 7,
    /// Cycles in which the back end could not take anything.
    StalledCyclesBackend = 8,
    /// Cycles at a fixed frequency.
    RefCpuCycles = 9,
}

/// A counter of one of the processor's caches, often absent in virtual machines:
/// `PERF_TYPE_HW_CACHE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cache {
    /// Which cache.
    pub unit: CacheUnit,
    /// What is done with it.
    pub operation: CacheOperation,
    /// Which of these to count.
    pub result: CacheResult,
}

/// A cache of the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u64)]
pub enum CacheUnit {
    /// First level, data.
    L1Data = 0,
    /// First level, instructions.
    L1Instructions = 1,
    /// Last level.
    LastLevel = 2,
    /// Addresses of data.
    DataTlb = 3,
    /// Addresses of instructions.
    InstructionTlb = 4,
    /// Predictions of branches.
    Branches = 5,
    /// Memory of the own NUMA node.
    Node = 6,
}

/// What is done with a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum CacheOperation {
    /// Reads.
    Read = 0,
    /// Writes.
    Write = 1,
    /// Reads ahead.
    Prefetch = 2,
}

/// Which uses of a cache count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum CacheResult {
    /// All of them.
    Accesses = 0,
    /// Those that did not find what they wanted.
    Misses = 1,
}

/// `PERF_TYPE_HARDWARE`
const TYPE_HARDWARE: u32 = 0;
/// `PERF_TYPE_SOFTWARE`
pub(crate) const TYPE_SOFTWARE: u32 = 1;
/// `PERF_TYPE_TRACEPOINT`
pub(crate) const TYPE_TRACEPOINT: u32 = 2;
/// `PERF_TYPE_HW_CACHE`
const TYPE_CACHE: u32 = 3;
/// `PERF_TYPE_RAW`
const TYPE_RAW: u32 = 4;

impl From<Software> for Counter {
    fn from(counter: Software) -> Self {
        Self::new(TYPE_SOFTWARE, counter as u64)
    }
}

impl From<Hardware> for Counter {
    fn from(counter: Hardware) -> Self {
        Self::new(TYPE_HARDWARE, counter as u64)
    }
}

impl From<Cache> for Counter {
    fn from(counter: Cache) -> Self {
        let (operation, result) = (counter.operation as u64, counter.result as u64);
        Self::new(
            TYPE_CACHE,
            counter.unit as u64 | operation << 8 | result << 16,
        )
    }
}
