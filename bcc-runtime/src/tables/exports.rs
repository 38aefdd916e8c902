//! The tables that programs of this process export to each other.
//!
//! In: maps, and the namespace they are exported in. Out: the same, to whoever declares a table of
//! that name as `extern`. A table is exported as long as anybody uses it.

use crate::error::{Error, ErrorKind, Result};
use crate::map::RawMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A map that is exported.
struct Export {
    /// `None` if to all programs.
    namespace: Option<String>,
    map: Weak<RawMap>,
}

/// In the order of the exports: of two that have one name, the older one is meant.
static EXPORTS: Mutex<Vec<Export>> = Mutex::new(Vec::new());

/// Exports a map to all programs, or to those of a namespace.
pub(super) fn add(namespace: Option<&str>, map: &Arc<RawMap>) {
    let mut exports = EXPORTS.lock().unwrap_or_else(PoisonError::into_inner);
    exports.retain(|export| export.map.strong_count() > 0);
    exports.push(Export {
        namespace: namespace.map(str::to_owned),
        map: Arc::downgrade(map),
    });
}

/// The table that a program in a namespace means by a name: one of the namespace, else a public
/// one.
pub(super) fn find(namespace: &str, name: &str) -> Result<Arc<RawMap>> {
    let alive = alive();
    let of = |wanted: Option<&str>| {
        alive
            .iter()
            .find(|(namespace, map)| namespace.as_deref() == wanted && map.name() == name)
    };
    let found = of(Some(namespace)).or_else(|| of(None));
    found
        .map(|(_, map)| Arc::clone(map))
        .ok_or_else(|| undefined(name, &alive))
}

fn alive() -> Vec<(Option<String>, Arc<RawMap>)> {
    let exports = EXPORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let alive = exports
        .iter()
        .filter_map(|export| Some((export.namespace.clone(), export.map.upgrade()?)));
    alive.collect()
}

fn undefined(name: &str, alive: &[(Option<String>, Arc<RawMap>)]) -> Error {
    let describe = |(namespace, map): &(Option<String>, Arc<RawMap>)| match namespace.as_deref() {
        None => format!("`{}`", map.name()),
        Some("") => format!("`{}` (shared without a namespace)", map.name()),
        Some(namespace) => format!("`{}` (in namespace `{namespace}`)", map.name()),
    };
    let exported = match alive {
        [] => "none is exported".to_owned(),
        alive => {
            let list: Vec<String> = alive.iter().map(describe).collect();
            format!("these are exported: {}", list.join(", "))
        }
    };
    let text = format!(
        "reference to undefined table `{name}`: no program of this process exports it, {exported}; \
         load the program that defines it with `BPF_TABLE_PUBLIC` first, or with \
         `BPF_TABLE_SHARED` in the same `.namespace(...)`, and keep it loaded"
    );
    Error::new(ErrorKind::NotFound, text)
}
