//! The only names that code emitted by `bpf_program!` may use, beside the public ones.
//!
//! In: the items of a generated module. Out: what [`Builder`](crate::Builder) and
//! [`Bpf`](crate::Bpf) need to know of it. None of this follows the crate's version numbers.

pub use crate::map::{FromMap, MapSource};
pub use crate::program::{FromProgram, ProgramSource};
pub use crate::spec::{AttachSpec, Hook, LayoutSpec, MapSpec, ProbeSpec, SharingSpec, Spec};
pub use {bytemuck, zerocopy};

use crate::error::{Error, ErrorKind, Result};
use crate::events::Events;
use crate::map::RawMap;
use crate::program::Core;
use crate::tables::Tables;
use libbpf_rs::Object;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A generated module.
pub trait Module: Sized + 'static {
    /// One typed handle for each map.
    type Maps;
    /// One typed handle for each program.
    type Progs;
    /// The `const volatile` variables.
    type Consts: Consts + Default;

    /// What the program text asks for.
    fn spec() -> Spec;

    /// The handles of the maps.
    ///
    /// # Errors
    /// If the object has other maps than the text.
    fn maps(loaded: &mut Loaded) -> Result<Self::Maps>;

    /// The handles of the programs.
    ///
    /// # Errors
    /// If the object has other programs than the text.
    fn progs(loaded: &mut Loaded) -> Result<Self::Progs>;
}

/// The `const volatile` variables of a program text.
pub trait Consts {
    /// Visits each one with its name in C and its bytes, which can be read and changed.
    fn each(&mut self, visit: &mut dyn FnMut(&str, &mut [u8]));
}

/// A loaded object, from which handles are made.
pub struct Loaded {
    pub(crate) maps: BTreeMap<String, Arc<RawMap>>,
    inner: BTreeMap<String, String>,
    pub(crate) programs: BTreeMap<String, Arc<Core>>,
    pub(crate) events: Arc<Events>,
}

impl Loaded {
    pub(crate) fn new(object: Object, tables: Tables, spec: &Spec) -> Result<Self> {
        let maps = tables.publish(spec, &object)?;
        let object = Arc::new(object);
        let inner = spec
            .maps
            .iter()
            .filter_map(|map| Some((map.name.to_string(), map.inner.as_ref()?.to_string())));
        let programs = spec.probes.iter().map(|probe| {
            let core = Core::new(Arc::clone(&object), &probe.name, probe.attach.clone());
            (probe.name.to_string(), Arc::new(core))
        });
        Ok(Self {
            maps,
            inner: inner.collect(),
            programs: programs.collect(),
            events: Arc::default(),
        })
    }

    /// The handle of a map.
    ///
    /// # Errors
    /// If there is no such map, or if its kind or sizes are others.
    pub fn map<M: FromMap>(&mut self, name: &str) -> Result<M> {
        let raw = self.maps.get(name);
        let inner = self.inner.get(name);
        M::from_map(&MapSource {
            raw: raw.ok_or_else(|| missing("map", name))?,
            inner: inner.and_then(|inner| self.maps.get(inner)),
            events: &self.events,
        })
    }

    /// The handle of a program.
    ///
    /// # Errors
    /// If there is no such program.
    pub fn program<P: FromProgram>(&mut self, name: &str) -> Result<P> {
        let core = self.programs.get(name);
        let core = core.ok_or_else(|| missing("program", name))?;
        Ok(P::from_program(ProgramSource(Arc::clone(core))))
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let programs = self.programs.keys();
        f.debug_set().entries(programs).finish()
    }
}

fn missing(what: &str, name: &str) -> Error {
    let text = format!("the compiled object has no {what} `{name}`");
    Error::new(ErrorKind::NotFound, text)
}
