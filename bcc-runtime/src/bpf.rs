//! A program in the kernel.
//!
//! In: a loaded object. Out: [`Bpf`], which owns it, what is attached, and the buffers of events.

use crate::attach;
use crate::dynamic::Dynamic;
use crate::error::{Error, ErrorKind, Result};
use crate::events::Events;
use crate::health::{self, HealthOpts, HealthReport};
use crate::link::Link;
use crate::map::RawMap;
use crate::nearest::nearest;
use crate::phases::Phases;
use crate::private::{Loaded, Module};
use crate::program::Core;
use crate::requirements::Requirements;
use crate::spec::{SharingSpec, Spec};
use crate::targets::Skipped;
use crate::trace::{TraceFields, TracePipe};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

/// How many nearest names a message offers.
const OFFERED: usize = 3;

/// A program in the kernel: its maps, its functions, what they are attached to.
///
/// It has no lifetime, can be stored anywhere and sent to other threads. Dropping it detaches and
/// frees everything; the kernel does the same for a process that is killed.
///
/// The module that `bpf_program!` generates has its own `Bpf`, with a field for each map, program
/// and variable. Without a parameter this is a program whose text came at run time: see
/// [`Bpf::builder`] and [`dynamic`](crate::dynamic).
pub struct Bpf<M: Module = Dynamic> {
    // Fields drop in this order: nothing runs any more when the buffers and maps go.
    links: Vec<Link>,
    /// The maps, by their names in the program text.
    pub maps: M::Maps,
    /// The functions of the program text that run in the kernel, by their names.
    pub progs: M::Progs,
    /// The variables at file scope that can change, by their names in the program text.
    pub globals: M::Globals,
    pub(crate) module: M,
    programs: BTreeMap<String, Arc<Core>>,
    /// All maps: what other programs use is exported as long as this `Bpf` is there.
    tables: Vec<Arc<RawMap>>,
    events: Arc<Events>,
    trace: Option<TracePipe>,
    phases: Phases,
    requirements: Requirements,
    skipped: Vec<Skipped>,
    /// The maps that other programs have.
    external: BTreeSet<String>,
}

impl<M: Module> Bpf<M> {
    pub(crate) fn new(module: M, loaded: &mut Loaded) -> Result<Self> {
        Ok(Self {
            links: Vec::new(),
            maps: module.maps(loaded)?,
            progs: module.progs(loaded)?,
            globals: module.globals(loaded)?,
            module,
            programs: loaded.programs.clone(),
            tables: loaded.maps.values().cloned().collect(),
            events: Arc::clone(&loaded.events),
            trace: None,
            phases: Phases::default(),
            requirements: Requirements::default(),
            skipped: Vec::new(),
            external: BTreeSet::new(),
        })
    }

    pub(crate) fn set_phases(&mut self, phases: Phases) {
        self.phases = phases;
    }

    pub(crate) fn set_spec(&mut self, spec: Spec) {
        let external = spec.maps.iter();
        let external = external.filter(|map| map.sharing == SharingSpec::Extern);
        self.external = external.map(|map| map.name.to_string()).collect();
        self.requirements = spec.requirements;
    }

    pub(crate) fn set_skipped(&mut self, skipped: Vec<Skipped>) {
        self.skipped = skipped;
    }

    /// The programs that were left out because the kernel does not have what they attach to, which
    /// [`missing_probes`](crate::Builder::missing_probes) and
    /// [`optional_probe`](crate::Builder::optional_probe) allow.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// What the program asks of the machine it runs on: kernel, rights, licence.
    #[must_use]
    pub const fn requirements(&self) -> &Requirements {
        &self.requirements
    }

    /// How long each phase of the start took.
    #[must_use]
    pub fn phases(&self) -> &Phases {
        &self.phases
    }

    pub(crate) fn program(&self, name: &str) -> Result<&Core> {
        self.programs.get(name).map(|core| &**core).ok_or_else(|| {
            let offer = match nearest(name, self.programs.keys().cloned(), OFFERED).as_slice() {
                [] => String::new(),
                names => format!("; nearest names: `{}`", names.join("`, `")),
            };
            let text = format!("the program text has no function `{name}` to attach{offer}");
            Error::new(ErrorKind::NotFound, text)
        })
    }
}

/// Events.
impl<M: Module> Bpf<M> {
    /// Waits until events come, at most for `timeout`, hands all that are there to the callbacks
    /// of their maps, and returns how many there were. bcc's `perf_buffer_poll`.
    ///
    /// [`Duration::MAX`] waits without limit. A signal ends the wait with 0 events. A callback can
    /// [end the poll](Self::stopped); its panic goes on here.
    ///
    /// # Errors
    /// `InvalidInput` if no buffer is open, `Decode` if an event is too short for its type;
    /// the others have been handled then.
    pub fn perf_buffer_poll(&mut self, timeout: Duration) -> Result<usize> {
        self.events.poll(timeout)
    }

    /// Hands all events that are there to the callbacks, without waiting, unless one of them
    /// [ends that](Self::stopped). bcc's `perf_buffer_consume`.
    ///
    /// # Errors
    /// As [`perf_buffer_poll`](Self::perf_buffer_poll).
    pub fn perf_buffer_consume(&mut self) -> Result<usize> {
        self.events.consume()
    }

    /// A descriptor for reactors and for `poll`: readable when a perf buffer or ring buffer may have
    /// something, also one that is opened later. Then call
    /// [`perf_buffer_consume`](Self::perf_buffer_consume).
    ///
    /// It needs no timer: it also becomes readable when an event may have waited that was not
    /// announced. It is the caller's own, and readers without callbacks have
    /// [theirs](crate::EventReader).
    ///
    /// # Errors
    /// If there is no room for another descriptor.
    pub fn events_fd(&self) -> Result<OwnedFd> {
        self.events.descriptor()
    }

    /// Waits for events of ring buffers. bcc's `ring_buffer_poll`.
    ///
    /// Perf buffers and ring buffers are read together: this is
    /// [`perf_buffer_poll`](Self::perf_buffer_poll) under the name that fits.
    ///
    /// # Errors
    /// As [`perf_buffer_poll`](Self::perf_buffer_poll).
    pub fn ring_buffer_poll(&mut self, timeout: Duration) -> Result<usize> {
        self.perf_buffer_poll(timeout)
    }

    /// Hands all events that are there to the callbacks, without waiting. bcc's
    /// `ring_buffer_consume`.
    ///
    /// # Errors
    /// As [`perf_buffer_poll`](Self::perf_buffer_poll).
    pub fn ring_buffer_consume(&mut self) -> Result<usize> {
        self.perf_buffer_consume()
    }

    /// Whether a callback has ended the last poll, or the last `consume`, by
    /// [`ControlFlow::Break`](std::ops::ControlFlow::Break); also where that has returned an error.
    ///
    /// A callback returns `()`, or a `ControlFlow` whose `Break` ends the poll at once, whichever of the
    /// open buffers it belongs to. The event it was called with has been handed over, and counts in what
    /// the poll returns. What is there besides, in its own buffer and in those of other maps, stays there
    /// for the next poll, which does not wait then; a reactor that waits for [`events_fd`](Self::events_fd)
    /// is not woken for it once more. Nothing is lost, unless the buffer is closed first: what is in
    /// a perf buffer then is dropped, what is in a ring buffer stays.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.events.stopped()
    }

    /// How many events were lost by all maps that carry events, since the program was loaded.
    ///
    /// Perf buffers have [their own count](crate::map::PerfEventArray::lost), which says how exact
    /// it is, and so have [ring buffers](crate::map::RingBuf::lost), which count nothing with
    /// [`Health::Off`](crate::health::Health::Off).
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.events.lost()
    }
}

/// Failures and costs.
impl<M: Module> Bpf<M> {
    /// Where the program has failed since it was loaded, what events were lost, how full maps are, and
    /// what its functions cost; see [`health`](crate::health).
    ///
    /// Each call counts anew from what the kernel holds: the difference of two reports is what
    /// happened between.
    ///
    /// # Errors
    /// If the kernel refuses to tell about the programs.
    pub fn health(&self) -> Result<HealthReport> {
        self.health_with_opts(&HealthOpts::new())
    }

    /// [`health`](Self::health), with a word on how many entries it may read to tell how full maps
    /// are.
    ///
    /// # Errors
    /// As [`health`](Self::health).
    pub fn health_with_opts(&self, opts: &HealthOpts) -> Result<HealthReport> {
        let failures = self.events.failures();
        let entries = self
            .tables
            .iter()
            .map(|map| (map.name(), map.max_entries()));
        let programs = self.programs.values().filter(|core| core.exists());
        let programs = programs.map(|core| health::program_health(core, &self.links));
        let maps = self.tables.iter().filter_map(|map| {
            let is_external = self.external.contains(map.name());
            health::map_health(map, is_external, opts)
        });
        Ok(HealthReport {
            file: self.requirements.file.to_string(),
            sites: health::sites(failures, &entries.collect(), |map| {
                self.external.contains(map)
            }),
            reads: health::reads(failures),
            events: self.events.health(),
            maps: maps.collect(),
            programs: programs.collect::<Result<_>>()?,
        })
    }
}

/// What `bpf_trace_printk` prints.
impl<M: Module> Bpf<M> {
    /// The next line of the kernel's trace, taken apart; `None` if none comes within `timeout`.
    /// bcc's `trace_fields`.
    ///
    /// All programs of the machine write to this one trace, and it has one reader at a time. Lines
    /// without text are left out.
    ///
    /// # Errors
    /// If the trace cannot be opened, mostly for want of rights or for another reader, or read.
    pub fn trace_fields(&mut self, timeout: Duration) -> Result<Option<TraceFields>> {
        self.trace_pipe()?.fields(timeout)
    }

    /// The next line of the kernel's trace; `None` if none comes within `timeout`. bcc's
    /// `trace_readline`.
    ///
    /// # Errors
    /// If the trace cannot be opened, mostly for want of rights or for another reader, or read.
    pub fn trace_readline(&mut self, timeout: Duration) -> Result<Option<String>> {
        self.trace_pipe()?.line(timeout)
    }

    /// Prints the kernel's trace for so long; [`Duration::MAX`] prints for ever. bcc's
    /// `trace_print`.
    ///
    /// # Errors
    /// If the trace cannot be opened, mostly for want of rights or for another reader, or read; or if the standard
    /// output cannot be written.
    pub fn trace_print(&mut self, duration: Duration) -> Result<()> {
        self.trace_pipe()?.print(duration)
    }

    fn trace_pipe(&mut self) -> Result<&mut TracePipe> {
        let pipe = match self.trace.take() {
            Some(pipe) => pipe,
            None => TracePipe::open()?,
        };
        Ok(self.trace.insert(pipe))
    }
}

/// Attaching by name, as in bcc. The links are kept until the `Bpf` is dropped, unless they are
/// detached; the methods of `progs` return them instead.
impl<M: Module> Bpf<M> {
    /// Attaches a function to what the program text names, as happens at load unless
    /// [`auto_attach`](crate::Builder::auto_attach) is off.
    ///
    /// # Errors
    /// If the target does not exist or cannot be probed, or if the text names none.
    pub fn attach(&mut self, fn_name: &str) -> Result<()> {
        self.attach_to(fn_name, None)
    }

    /// The same, to a probe that was made for it, if there is one.
    pub(crate) fn attach_to(&mut self, fn_name: &str, made: Option<OwnedFd>) -> Result<()> {
        let link = attach::to_own_target(self.program(fn_name)?, made)?;
        self.keep(link);
        Ok(())
    }

    /// Keeps a link that a method of `progs` returned, until this `Bpf` is dropped.
    pub fn keep(&mut self, link: Link) {
        self.links.push(link);
    }

    /// What is attached, except through links that were not handed to [`keep`](Self::keep).
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Takes out the links for which `take_it` says yes, which are then the caller's: to keep them
    /// longer than this `Bpf`, to [pin](Link::pin) them or to give them
    /// [another program](Link::update_program).
    ///
    /// ```no_run
    /// # use bcc_runtime::{Bpf, Result};
    /// # fn show(bpf: &mut Bpf) -> Result<()> {
    /// for mut link in bpf.take_links(|link| link.program() == "xdp_drop") {
    ///     link.pin("/sys/fs/bpf/xdp_drop")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "a dropped link detaches its program"]
    pub fn take_links(&mut self, mut take_it: impl FnMut(&Link) -> bool) -> Vec<Link> {
        self.links.extract_if(.., |link| take_it(link)).collect()
    }

    /// Detaches the links for which `drop_it` says yes, and returns how many. bcc's `detach_*`.
    pub fn detach(&mut self, mut drop_it: impl FnMut(&Link) -> bool) -> usize {
        let before = self.links.len();
        self.links.retain(|link| !drop_it(link));
        before - self.links.len()
    }
}

impl<M: Module> fmt::Debug for Bpf<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let maps: Vec<_> = self.tables.iter().map(|map| map.name()).collect();
        f.debug_struct("Bpf")
            .field("maps", &maps)
            .field("programs", &self.programs.keys().collect::<Vec<_>>())
            .field("links", &self.links)
            .field("phases", &self.phases)
            .finish_non_exhaustive()
    }
}
