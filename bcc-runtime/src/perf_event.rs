//! What perf events can count.
//!
//! In: the kernel's tables of counters. Out: typed names for them, with how often to fire.

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

    /// `perf_event_attr.type`
    #[must_use]
    pub const fn kind(self) -> u32 {
        self.kind
    }

    /// `perf_event_attr.config`
    #[must_use]
    pub const fn config(self) -> u64 {
        self.config
    }
}

/// When a counter makes the program run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sampling {
    /// Each time it has grown by so many: nanoseconds for clocks. bcc's `sample_period`.
    Period(u64),
    /// So many times a second. bcc's `sample_freq`.
    Frequency(u64),
}

/// Counters of the kernel, present on every machine: bcc's `PerfSWConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u64)]
pub enum Software {
    /// Time of the CPU, busy or not.
    CpuClock = 0,
    /// Time that tasks run.
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

/// `PERF_TYPE_HARDWARE`
pub(crate) const TYPE_HARDWARE: u32 = 0;
/// `PERF_TYPE_SOFTWARE`
pub(crate) const TYPE_SOFTWARE: u32 = 1;
/// `PERF_TYPE_TRACEPOINT`
pub(crate) const TYPE_TRACEPOINT: u32 = 2;

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
