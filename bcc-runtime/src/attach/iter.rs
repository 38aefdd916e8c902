//! Iterators: programs that run when their output is read.
//!
//! In: a program loaded for an iterator, and the map it goes over if it is one over maps. Out:
//! [`IterReader`].

use crate::error::{Context as _, Error, ErrorKind, Evidence, Result};
use crate::program::Core;
use crate::spec::AttachSpec;
use crate::sys::object::{Echo, capture_log};
use libbpf_rs::{IterOpts, Link, MapIterOpts};
use std::fmt;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;

/// One pass of an iterator over what it goes over: reading it runs the program.
///
/// What the program writes with `bpf_seq_printf` or `BPF_SEQ_PRINTF` comes out as bytes; the end
/// of it is the end of the pass.
pub struct IterReader {
    iter: libbpf_rs::Iter,
    /// Older kernels let go of a map with the link.
    _link: Link,
}

/// Iterators over what a map holds, which they have to be told.
const OVER_MAPS: [&str; 2] = ["bpf_map_elem", "bpf_sk_storage_map"];

/// Begins a pass.
pub(crate) fn iter(program: &Core, map: Option<BorrowedFd<'_>>) -> Result<IterReader> {
    check_map(program, map.is_some())?;
    let name = program.name();
    let opts = map.map_or(IterOpts::None, |map| {
        IterOpts::Map(MapIterOpts::from_fd(map))
    });
    let attach = || program.with_libbpf(|program| program.attach_iter_with_opts(opts));
    let (link, said) = capture_log(Echo::Nothing, attach);
    let link = link?
        .with_context(|| format!("failed to attach iterator `{name}`"))
        .map_err(|error| error.with_evidence(Evidence::Text(said)))?;
    let iter = libbpf_rs::Iter::new(&link);
    let iter = iter.with_context(|| format!("failed to begin a pass of iterator `{name}`"))?;
    Ok(IterReader { iter, _link: link })
}

/// The kernel takes a map handed to any other iterator for something else.
fn check_map(program: &Core, has_map: bool) -> Result<()> {
    let name = program.name();
    let needs_map = match program.attach_spec() {
        AttachSpec::Iter { target } => OVER_MAPS.contains(&target.as_ref()),
        _ => has_map,
    };
    let text = match (needs_map, has_map) {
        (true, false) => format!("iterator `{name}` goes over what a map holds; use `iter_map`"),
        (false, true) => format!("iterator `{name}` goes over no map; use `iter`"),
        (true, true) | (false, false) => return Ok(()),
    };
    Err(Error::new(ErrorKind::InvalidInput, text))
}

impl Read for IterReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.iter.read(buffer)
    }
}

impl fmt::Debug for IterReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterReader").finish_non_exhaustive()
    }
}
