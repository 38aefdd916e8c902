//! The only names that code emitted by `bpf_program!` may use, beside the public ones.
//!
//! In: the items of a generated module. Out: what [`Builder`](crate::Builder) and
//! [`Bpf`](crate::Bpf) need to know of it. None of this follows the crate's version numbers.

pub use crate::map::{FromMap, MapSource};
pub use crate::program::{FromProgram, ProgramSource};
pub use crate::spec::{
    AttachSpec, Hook, LayoutSpec, MapSpec, ProbeSpec, SharingSpec, SiteSpec, Spec,
};
pub use crate::variables::{InitialValues, Variables};
#[cfg(feature = "serde")]
pub use serde;
pub use {bytemuck, zerocopy};

use crate::decode::Data;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::events::Events;
use crate::health::Failures;
use crate::map::RawMap;
use crate::program::Core;
use crate::sys::shared::SharedMemory;
use crate::tables::Tables;
use crate::variables::{self, Global, Place, RawGlobal, Section};
use libbpf_rs::{MapCore as _, Object};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a build script compiled of a program, or why it did not.
pub type Ahead = std::result::Result<&'static [&'static [u8]], &'static str>;

/// A program text: a generated module, or [`Dynamic`](crate::dynamic::Dynamic).
pub trait Module: Sized + 'static {
    /// One handle for each map.
    type Maps;
    /// One handle for each program.
    type Progs;
    /// One handle for each variable that can change.
    type Globals;

    /// Hands over the flags for clang: those that define macros also concern a text that is only
    /// read at run time.
    fn set_flags(&mut self, _cflags: &[String]) {}

    /// What the program text asks for.
    ///
    /// # Errors
    /// `Source` if the text has mistakes.
    fn spec(&mut self) -> Result<Spec>;

    /// What was compiled when the crate was built; nothing, unless its build script asked for it.
    ///
    /// # Errors
    /// Why it was not compiled then.
    fn ahead(&self) -> Ahead {
        Ok(&[])
    }

    /// Sets variables between open and load.
    ///
    /// # Errors
    /// If there are no such variables, or if their values do not fit.
    fn prepare(&mut self, _values: &mut InitialValues<'_>) -> Result<()> {
        Ok(())
    }

    /// The handles of the maps.
    ///
    /// # Errors
    /// If the object has other maps than the text.
    fn maps(&self, loaded: &mut Loaded) -> Result<Self::Maps>;

    /// The handles of the programs.
    ///
    /// # Errors
    /// If the object has other programs than the text.
    fn progs(&self, loaded: &mut Loaded) -> Result<Self::Progs>;

    /// The handles of the variables.
    ///
    /// # Errors
    /// If the object has other variables than the text.
    fn globals(&self, loaded: &mut Loaded) -> Result<Self::Globals>;
}

/// A program text that was there at compile time: its variables have types.
pub trait Typed: Module + Default {
    /// The `const volatile` variables.
    type Consts: Variables + Default;
    /// The values with which the other variables start.
    type InitialGlobals: Variables + Default;
}

/// A loaded object, from which handles are made.
pub struct Loaded {
    pub(crate) object: Arc<Object>,
    pub(crate) maps: BTreeMap<String, Arc<RawMap>>,
    inner: BTreeMap<String, String>,
    pub(crate) programs: BTreeMap<String, Arc<Core>>,
    pub(crate) events: Arc<Events>,
    places: Vec<Place>,
    sections: Vec<(Section, Arc<SharedMemory>)>,
}

impl Loaded {
    pub(crate) fn new(object: Object, tables: Tables, spec: &Spec) -> Result<Self> {
        let maps = tables.publish(spec, &object)?;
        let failures = Failures::open(&object, spec)?;
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
            places: variables::places(&*object),
            sections: Vec::new(),
            object,
            events: Arc::new(Events::new(failures)),
        })
    }

    /// The handle of a variable.
    ///
    /// # Errors
    /// If there is no such variable, or if its size is another.
    pub fn global<T: Data>(&mut self, name: &str) -> Result<Global<T>> {
        let place = self.places.iter().find(|place| place.name == name);
        let place = place.ok_or_else(|| missing("variable", name))?.clone();
        self.raw_global(&place).and_then(Global::from_raw)
    }

    /// Where each variable is.
    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// A variable as bytes.
    pub(crate) fn raw_global(&mut self, place: &Place) -> Result<RawGlobal> {
        let section = place.section;
        let open = self.sections.iter().find(|(known, _)| *known == section);
        let memory = if let Some((_, memory)) = open {
            Arc::clone(memory)
        } else {
            let memory = Arc::new(self.map_section(section)?);
            self.sections.push((section, Arc::clone(&memory)));
            memory
        };
        RawGlobal::new(place, memory)
    }

    fn map_section(&self, section: Section) -> Result<SharedMemory> {
        let mut maps = self.object.maps();
        let map = maps.find(|map| section.is_held_by(map.name()));
        let map = map.ok_or_else(|| missing("section", section.name()))?;
        let memory = SharedMemory::map(&map, section != Section::Rodata);
        memory.with_context(|| format!("failed to map the variables in `{}`", section.name()))
    }

    /// The handle of a map.
    ///
    /// # Errors
    /// If there is no such map, or if its kind or sizes are others.
    pub fn map<M: FromMap>(&mut self, name: &str) -> Result<M> {
        M::from_map(&self.map_source(name)?)
    }

    /// What a handle of a map is made of.
    pub(crate) fn map_source(&self, name: &str) -> Result<MapSource<'_>> {
        let raw = self.maps.get(name);
        let inner = self.inner.get(name);
        Ok(MapSource {
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
