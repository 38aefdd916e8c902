//! Maps that a program shares with others: pinned, public, shared and `extern` ones.
//!
//! In: an opened object, and what the program text says of its maps. Out: [`Tables`], with those
//! maps in place that exist already; what is new is pinned by the load and exported after it.

mod exports;
mod pins;
mod shape;

pub(crate) use pins::check_place;
pub(crate) use shape::Shape;

use crate::error::{Context as _, Result};
use crate::map::RawMap;
use crate::spec::{MapSpec, SharingSpec, Spec};
use libbpf_rs::{Object, OpenMapMut, OpenObject};
use pins::MadeDirs;
use std::collections::BTreeMap;
use std::os::fd::AsFd as _;
use std::sync::Arc;

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
        namespace: &str,
        bytes: &[u8],
        object: &mut OpenObject,
    ) -> Result<Self> {
        let mut tables = Self {
            namespace: namespace.to_owned(),
            names: object
                .maps()
                .map(|map| map.name().to_string_lossy().into_owned())
                .collect(),
            ..Self::default()
        };
        let paths = pins::paths(object, bytes);
        for (mut map, name) in object.maps_mut().zip(&tables.names) {
            let Some(spec) = spec.maps.iter().find(|spec| *spec.name == **name) else {
                continue;
            };
            match (&spec.sharing, paths.get(name)) {
                (SharingSpec::Pinned, Some(path)) => {
                    tables.made.extend(pins::connect(&mut map, name, path)?);
                }
                (SharingSpec::Extern, _) => {
                    let borrowed = borrow(&mut map, spec, namespace)?;
                    tables.borrowed.insert(name.clone(), borrowed);
                }
                (SharingSpec::Pinned, None)
                | (SharingSpec::Private | SharingSpec::Public | SharingSpec::Shared, _) => {}
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
