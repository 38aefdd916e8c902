//! Arrays of counters that programs read: `BPF_PERF_ARRAY`.
//!
//! In: a counter of the kernel or the processor. Out: one such counter for each CPU, in the map's
//! entry of the CPU's number.

use super::raw::RawMap;
use super::{FromMap, MapSource};
use crate::attach::PerfEventOpts;
use crate::cpu;
use crate::error::{Error, ErrorKind, Result};
use crate::perf_event::Counter;
use crate::sys::perf::{Event, is_no_device};
use libbpf_rs::MapType;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::Arc;

/// Counters that programs read with `perf_read` and `perf_counter_value`, one for each CPU.
///
/// Entries are empty until [`open_perf_event`](Self::open_perf_event) fills them. A program reads
/// the counter of the CPU it runs on: `CUR_CPU_IDENTIFIER`.
///
/// Minimum kernel: 4.3.
#[derive(Clone, Debug)]
pub struct PerfCounterArray {
    pub(super) raw: Arc<RawMap>,
}

impl PerfCounterArray {
    /// Starts a counter on each online CPU. bcc's `open_perf_event`.
    ///
    /// A counter that was there is replaced.
    ///
    /// # Errors
    /// `Unsupported` if this machine has no such counter; `InvalidInput` if the map has fewer
    /// entries than the machine has CPUs; otherwise if the kernel refuses. Nothing is started then.
    pub fn open_perf_event(&self, counter: impl Into<Counter>) -> Result<()> {
        self.open_perf_event_with_opts(counter, &PerfEventOpts::new())
    }

    /// Starts a counter of one CPU only, or one that counts for one thread only.
    ///
    /// # Errors
    /// As [`open_perf_event`](Self::open_perf_event), and `InvalidInput` for options with a cookie.
    pub fn open_perf_event_with_opts(
        &self,
        counter: impl Into<Counter>,
        opts: &PerfEventOpts,
    ) -> Result<()> {
        let counter = counter.into();
        if opts.cookie.is_some() {
            return Err(self.no_program());
        }
        let cpus = match opts.cpu {
            Some(cpu) => vec![cpu],
            None => cpu::online()?,
        };
        self.check_room(&cpus)?;
        let mut opened = Vec::new();
        for cpu in cpus {
            match open(counter, cpu, opts.pid) {
                Ok(event) => opened.push((cpu, event)),
                // It went offline since we asked.
                Err(cause) if opts.cpu.is_none() && is_no_device(&cause) => {}
                Err(cause) => return Err(self.refused(counter, cause)),
            }
        }
        let filled = opened
            .iter()
            .try_for_each(|(cpu, event)| self.fill(*cpu, event));
        if filled.is_err() {
            self.close_perf_event()?;
        }
        filled
    }

    /// Ends the counters. bcc's `close_perf_event`.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn close_perf_event(&self) -> Result<()> {
        (0..self.max_entries()).try_for_each(|cpu| self.raw.remove(&cpu.to_ne_bytes()).map(drop))
    }

    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }

    /// For how many CPUs there is room.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.raw.max_entries()
    }

    /// Puts a counter into the map, which keeps it for as long as the map's descriptor is open.
    fn fill(&self, cpu: u32, event: &OwnedFd) -> Result<()> {
        let (key, value) = (cpu.to_ne_bytes(), event.as_raw_fd().to_ne_bytes());
        self.raw.update(&key, &value)
    }

    fn no_program(&self) -> Error {
        let text = format!(
            "the counters of map `{}` run no program that could be given a cookie; leave out \
             `PerfEventOpts::cookie`",
            self.name()
        );
        Error::new(ErrorKind::InvalidInput, text)
    }

    /// Whether each CPU has an entry: a program that read none would take the error for a count.
    fn check_room(&self, cpus: &[u32]) -> Result<()> {
        let (name, room) = (self.name(), self.max_entries());
        let Some(cpu) = cpus.iter().find(|cpu| **cpu >= room) else {
            return Ok(());
        };
        let text = format!(
            "map `{name}` has entries for {room} CPUs, and this machine has a CPU {cpu}; make it \
             larger in the program text or with `.max_entries(\"{name}\", {})` of the builder",
            cpu + 1
        );
        Err(Error::new(ErrorKind::InvalidInput, text))
    }

    fn refused(&self, counter: Counter, cause: io::Error) -> Error {
        let (name, kind, config) = (self.name(), counter.kind(), counter.config());
        let (kind, text) = if cause.kind() == io::ErrorKind::PermissionDenied {
            let text = format!(
                "no right to count perf event {kind}:{config} for map `{name}`; run as root \
                 (CAP_PERFMON)"
            );
            (ErrorKind::PermissionDenied, text)
        } else {
            let why = counter.why_absent();
            let text = format!(
                "this machine cannot count perf event {kind}:{config} for map `{name}`: {why}"
            );
            (ErrorKind::Unsupported, text)
        };
        Error::new(kind, text).with_cause(cause)
    }
}

fn open(counter: Counter, cpu: u32, pid: Option<u32>) -> io::Result<OwnedFd> {
    let event = Event {
        kind: counter.kind(),
        config: counter.config(),
        pid,
        cpu: Some(cpu),
        ..Event::default()
    };
    event.open()
}

impl FromMap for PerfCounterArray {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let raw = source.open(&[MapType::PerfEventArray])?;
        Ok(Self { raw })
    }
}
