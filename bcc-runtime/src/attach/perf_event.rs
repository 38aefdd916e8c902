//! Counters: a program runs each time one has grown enough.
//!
//! In: a counter, how often to fire, and which CPU or process to watch. Out: a link.

use super::{attach_event, failed};
use crate::cpu;
use crate::error::{Error, ErrorKind, Result};
use crate::link::Link;
use crate::perf_event::{Counter, Sampling, TYPE_SOFTWARE};
use crate::program::Core;
use crate::sys::perf::{Event, Sample, is_no_device, is_without_cookies};
use libbpf_rs::ProgramType;
use std::io;

/// Whom a counter watches, everybody by default, and with what a program is attached to it.
#[derive(Clone, Debug, Default)]
pub struct PerfEventOpts {
    pub(crate) pid: Option<u32>,
    pub(crate) cpu: Option<u32>,
    pub(crate) cookie: Option<u64>,
}

impl PerfEventOpts {
    /// All processes on all online CPUs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this thread, on whatever CPU it runs.
    #[must_use]
    pub fn pid(mut self, pid: u32) -> Self {
        self.pid = Some(pid);
        self
    }

    /// Only this CPU.
    #[must_use]
    pub fn cpu(mut self, cpu: u32) -> Self {
        self.cpu = Some(cpu);
        self
    }

    /// What `bpf_get_attach_cookie(ctx)` gives the program, to tell its attachments apart; 0 by default.
    ///
    /// # Minimum kernel version
    /// 5.15; attaching with a cookie is an error before
    #[must_use]
    pub fn cookie(mut self, cookie: u64) -> Self {
        self.cookie = Some(cookie);
        self
    }

    /// The CPUs to open an event for; `None` follows a process.
    fn cpus(&self) -> Result<Vec<Option<u32>>> {
        Ok(match (self.cpu, self.pid) {
            (Some(cpu), _) => vec![Some(cpu)],
            (None, Some(_)) => vec![None],
            (None, None) => cpu::online()?.into_iter().map(Some).collect(),
        })
    }
}

/// Attaches to a counter.
pub(crate) fn perf_event(
    program: &Core,
    counter: Counter,
    sampling: Sampling,
    opts: &PerfEventOpts,
) -> Result<Link> {
    let target = format!("perf event {}:{}", counter.kind(), counter.config());
    let sample = match sampling {
        Sampling::Period(0) | Sampling::Frequency(0) => return Err(never(&target)),
        Sampling::Period(period) => Sample::Period(period),
        Sampling::Frequency(frequency) => Sample::Frequency(frequency),
    };
    let mut attachments = Vec::new();
    for cpu in opts.cpus()? {
        let event = Event {
            kind: counter.kind(),
            config: counter.config(),
            sample,
            pid: opts.pid,
            cpu,
            ..Event::default()
        };
        match attach_event(program, ProgramType::PerfEvent, &event, opts.cookie)? {
            Ok(attachment) => attachments.push(attachment),
            // It went offline since we asked.
            Err(cause) if opts.cpu.is_none() && is_no_device(&cause) => {}
            Err(cause) => return Err(explain(program, counter, &target, cause)),
        }
    }
    Ok(Link::new(program.name(), target, attachments))
}

fn explain(program: &Core, counter: Counter, target: &str, cause: io::Error) -> Error {
    let is_present = counter.kind() == TYPE_SOFTWARE || is_without_cookies(&cause);
    if is_present || cause.kind() == io::ErrorKind::PermissionDenied {
        return failed(program.name(), target, cause);
    }
    let why = counter.why_absent();
    let text = format!(
        "this machine cannot sample {target}: {why}; use `Software::CpuClock` to sample by time"
    );
    Error::new(ErrorKind::Unsupported, text).with_cause(cause)
}

fn never(target: &str) -> Error {
    let text = format!("a sampling of 0 for {target} would never fire; it must be at least 1");
    Error::new(ErrorKind::InvalidInput, text)
}
