//! Maps that a program shares with others: pinned, public, shared and `extern` ones.
//!
//! In: an opened object, and what the program text says of its maps. Out: [`Tables`], with those
//! maps in place that exist already; what is new is pinned by the load and exported after it.

mod exports;
mod pins;
mod shape;

pub(crate) use pins::check_place;
pub(crate) use shape::Shape;

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::load::StartOptions;
use crate::map::RawMap;
use crate::nearest::nearest;
use crate::spec::{MapSpec, SharingSpec, Spec};
use libbpf_rs::{Object, OpenMapMut, OpenObject};
use pins::MadeDirs;
use std::collections::BTreeMap;
use std::os::fd::AsFd as _;
use std::sync::Arc;

/// How many nearest names a message offers.
const OFFERED: usize = 3;

/// What a load must know of the maps that already exist.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    namespace: String,
    /// The maps of the object by the names the text gives them, in the object's order: libbpf
    /// renames a map that takes the place of another.
    names: Vec<String>,
    /// Maps of other programs.
    borrowed: BTreeMap<String, Arc<RawMap>>,
    made: MadeDirs,
}

impl Tables {
    /// Puts maps that exist in the place of those the text declares. `bytes` is the object.
    pub(crate) fn connect(
        spec: &Spec,
        options: &StartOptions,
        bytes: &[u8],
        object: &mut OpenObject,
    ) -> Result<Self> {
        let namespace = &*options.namespace;
        let mut tables = Self {
            namespace: namespace.to_owned(),
            names: object
                .maps()
                .map(|map| map.name().to_string_lossy().into_owned())
                .collect(),
            ..Self::default()
        };
        for name in options.pin_paths.keys() {
            if !tables.names.contains(name) {
                return Err(no_such_map("pin_path", name, tables.names));
            }
        }
        let mut paths = pins::paths(object, bytes);
        paths.extend(options.pin_paths.clone());
        for (mut map, name) in object.maps_mut().zip(&tables.names) {
            let Some(spec) = spec.maps.iter().find(|spec| *spec.name == **name) else {
                continue;
            };
            match (&spec.sharing, paths.get(name)) {
                (SharingSpec::Extern, Some(_)) => {
                    let text = format!(
                        "`pin_path` names map `{name}`, which is another program's (\"extern\"); \
                         pin it there"
                    );
                    return Err(Error::new(ErrorKind::InvalidInput, text));
                }
                (SharingSpec::Extern, None) => {
                    let borrowed = borrow(&mut map, spec, namespace)?;
                    tables.borrowed.insert(name.clone(), borrowed);
                }
                (_, Some(path)) => tables.made.extend(pins::connect(&mut map, name, path)?),
                (_, None) => {}
            }
        }
        Ok(tables)
    }

    /// The loaded maps by the names the text gives them; what it exports is exported now.
    pub(crate) fn publish(
        mut self,
        spec: &Spec,
        object: &Object,
    ) -> Result<BTreeMap<String, Arc<RawMap>>> {
        let mut maps = self.borrowed;
        for (map, name) in object.maps().zip(&self.names) {
            // Those of global variables have names that C has not.
            if maps.contains_key(name) || name.contains('.') {
                continue;
            }
            let map = Arc::new(RawMap::new(&map, name)?);
            let spec = spec.maps.iter().find(|spec| *spec.name == **name);
            match spec.map(|spec| spec.sharing) {
                Some(SharingSpec::Public) => exports::add(None, &map),
                Some(SharingSpec::Shared) => exports::add(Some(&self.namespace), &map),
                Some(SharingSpec::Private | SharingSpec::Pinned | SharingSpec::Extern) | None => {}
            }
            maps.insert(name.clone(), map);
        }
        self.made.keep();
        Ok(maps)
    }
}

/// The error for an option that names a map which the program does not have.
pub(crate) fn no_such_map(
    option: &str,
    name: &str,
    names: impl IntoIterator<Item = String>,
) -> Error {
    let offer = match nearest(name, names, OFFERED).as_slice() {
        [] => String::new(),
        names => format!("; nearest names: `{}`", names.join("`, `")),
    };
    let text = format!("`{option}` names map `{name}`, which the program does not have{offer}");
    Error::new(ErrorKind::NotFound, text)
}

/// Puts the map that another program exports in the place of an `extern` one.
fn borrow(map: &mut OpenMapMut<'_>, spec: &MapSpec, namespace: &str) -> Result<Arc<RawMap>> {
    let name = &*spec.name;
    let found = exports::find(namespace, name)?;
    let exported = Shape::of_fd(&*found)?;
    exported.check_declared(name, spec)?;
    map.reuse_fd(found.as_fd())
        .with_context(|| format!("failed to use the exported table `{name}`"))?;
    Ok(found)
}
