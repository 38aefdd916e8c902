//! Variables at file scope, before and after a program is loaded.
//!
//! In: an object and the names of its variables. Out: their initial bytes, to be changed before
//! loading; and [`Global`], a variable of the running program.

use crate::decode::{Bytes, Data};
use crate::error::{Error, ErrorKind, Result};
use crate::sys::globals;
use crate::sys::object::BpfObject;
use crate::sys::shared::SharedMemory;
use libbpf_rs::OpenObject;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// The sections that hold variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// `const volatile`: set before load.
    Rodata,
    /// With an initial value.
    Data,
    /// Starts as zeros.
    Bss,
}

impl Section {
    const ALL: [Self; 3] = [Self::Rodata, Self::Data, Self::Bss];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rodata => ".rodata",
            Self::Data => ".data",
            Self::Bss => ".bss",
        }
    }

    /// Whether a map of libbpf's is that of this section: it is called `opens.data`.
    pub(crate) fn is_held_by(self, map_name: &std::ffi::OsStr) -> bool {
        map_name.to_string_lossy().ends_with(self.name())
    }
}

/// Where a variable is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) section: Section,
    pub(crate) range: Range<usize>,
}

/// All variables of an object. Statics of a function come as `function.name`.
pub(crate) fn places(object: &impl BpfObject) -> Vec<Place> {
    let of_section = |section: Section| {
        let variables = globals::variables(object, section.name());
        variables.into_iter().map(move |(name, range)| Place {
            name,
            section,
            range,
        })
    };
    Section::ALL.into_iter().flat_map(of_section).collect()
}

/// The variables of an object that is not loaded yet.
pub struct InitialValues<'object> {
    object: &'object mut OpenObject,
    places: Vec<Place>,
}

impl fmt::Debug for InitialValues<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.places).finish()
    }
}

impl<'object> InitialValues<'object> {
    pub(crate) fn new(object: &'object mut OpenObject) -> Self {
        let places = places(object);
        Self { object, places }
    }

    /// The object, for its types.
    pub(crate) fn object(&self) -> &OpenObject {
        self.object
    }

    /// Where a variable is; `None` if clang left it out because nothing reads it.
    pub(crate) fn place(&self, name: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.name == name)
    }

    /// Hands out the bytes of a variable, if it has a place.
    pub(crate) fn bytes_mut<T>(
        &mut self,
        name: &str,
        access: impl FnOnce(&mut [u8]) -> T,
    ) -> Option<T> {
        let Place { section, range, .. } = self.place(name)?.clone();
        let mut maps = self.object.maps_mut();
        let mut map = maps.find(|map| section.is_held_by(map.name()))?;
        let bytes = map.initial_value_mut()?.get_mut(range)?;
        Some(access(bytes))
    }

    /// Lets `set` change the values of all variables of a kind at once.
    pub(crate) fn change<V: Variables + Default>(&mut self, set: impl FnOnce(&mut V)) {
        let mut values = V::default();
        values.each(&mut |name, value| {
            self.bytes_mut(name, |initial| copy_same(initial, value));
        });
        set(&mut values);
        values.each(&mut |name, value| {
            self.bytes_mut(name, |initial| copy_same(value, initial));
        });
    }
}

/// Copies a value over another one, if both have the same size.
fn copy_same(from: &[u8], to: &mut [u8]) {
    if from.len() == to.len() {
        to.copy_from_slice(from);
    }
}

/// Values of a program text's variables, before it is loaded.
pub trait Variables {
    /// Visits each one with its name in C and its bytes, which can be read and changed.
    fn each(&mut self, visit: &mut dyn FnMut(&str, &mut [u8]));
}

/// A variable of a loaded program, as bytes.
#[derive(Clone, Debug)]
pub(crate) struct RawGlobal {
    name: String,
    memory: Arc<SharedMemory>,
    range: Range<usize>,
}

impl RawGlobal {
    /// A variable in the memory of its section.
    pub(crate) fn new(place: &Place, memory: Arc<SharedMemory>) -> Result<Self> {
        if place.range.end > memory.len() {
            let text = format!("variable `{}` lies outside its section", place.name);
            return Err(Error::new(ErrorKind::Layout, text));
        }
        Ok(Self {
            name: place.name.clone(),
            memory,
            range: place.range.clone(),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn size(&self) -> usize {
        self.range.len()
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.memory.is_writable()
    }

    /// Fills `bytes`, which are no more than the variable has.
    pub(crate) fn read(&self, bytes: &mut [u8]) {
        let is_inside = self.memory.read(self.range.start, bytes);
        debug_assert!(is_inside, "`new` has checked the range");
    }

    /// Replaces the whole variable.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<()> {
        if bytes.len() == self.size() && self.memory.write(self.range.start, bytes) {
            return Ok(());
        }
        let (name, size, given) = (&self.name, self.size(), bytes.len());
        let text = if self.is_writable() {
            format!("variable `{name}` has {size} bytes, {given} are given")
        } else {
            format!("`{name}` is constant since the program was loaded; set it with the builder")
        };
        Err(Error::new(ErrorKind::InvalidInput, text))
    }
}

/// A variable at file scope of a loaded program, shared with it.
///
/// Programs and this process may access it at the same time. A scalar is always read and written
/// whole; a struct or an array may be read while a program is changing it, and then be partly old
/// and partly new. There is no read-and-change at once from here: count in the program.
///
/// Clones share the variable, and a clone keeps its memory after its `Bpf` is gone.
///
/// Minimum kernel: 5.5.
pub struct Global<T> {
    raw: RawGlobal,
    types: PhantomData<fn() -> T>,
}

impl<T: Data<Owned = T, View = T>> Global<T> {
    /// The value now.
    #[must_use]
    pub fn get(&self) -> T {
        let mut value = T::zeroed(self.raw.size());
        self.raw.read(T::bytes_mut(&mut value));
        value
    }

    /// Replaces the value.
    #[expect(clippy::needless_pass_by_value, reason = "most values are literals")]
    pub fn set(&self, value: T) {
        let written = self.raw.write(T::bytes(&value));
        debug_assert!(written.is_ok(), "`from_global` has checked the size");
    }
}

impl Global<Bytes> {
    /// The bytes now, of a variable whose type only the running kernel knows.
    #[must_use]
    pub fn get_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.raw.size()];
        self.raw.read(&mut bytes);
        bytes
    }

    /// Replaces the bytes of a variable whose type only the running kernel knows.
    ///
    /// # Errors
    /// `InvalidInput` if there are not just as many.
    pub fn set_bytes(&self, bytes: &[u8]) -> Result<()> {
        self.raw.write(bytes)
    }
}

impl<T> Global<T> {
    /// Its name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }
}

impl<T: Data> Global<T> {
    /// A handle on a variable of the same size.
    pub(crate) fn from_raw(raw: RawGlobal) -> Result<Self> {
        let size = raw.size();
        if let Some(rust) = T::SIZE.filter(|rust| *rust != size) {
            let (name, ty) = (raw.name(), std::any::type_name::<T>());
            let text =
                format!("variable `{name}` has {size} bytes in C, `{ty}` has {rust} in Rust");
            return Err(Error::new(ErrorKind::Layout, text));
        }
        Ok(Self {
            raw,
            types: PhantomData,
        })
    }
}

impl<T> Clone for Global<T> {
    fn clone(&self) -> Self {
        Self {
            raw: self.raw.clone(),
            types: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Global<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Global").field(&self.raw.name()).finish()
    }
}
