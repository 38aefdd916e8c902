//! Functions of libraries and binaries: uprobes and uretprobes.
//!
//! In: the name of a library or binary and of a symbol. Out: a link, at the place in the file where
//! the symbol's code is.

use super::pmu::Pmu;
use super::{attach_event, cookie, elf, failed, library};
use crate::error::{Error, ErrorKind, Result};
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::perf::{self, Event};
use libbpf_rs::ProgramType;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The bit at which the place of a reference counter starts in `perf_event_attr.config`.
const REF_CTR_SHIFT: u32 = 32;

/// Where in a binary to attach, in which process, and with what.
#[derive(Clone, Debug, Default)]
pub struct UprobeOpts {
    pid: Option<u32>,
    offset: u64,
    address: Option<u64>,
    ref_ctr_offset: u32,
    cookie: Option<u64>,
}

impl UprobeOpts {
    /// At the entry of the symbol, in all processes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only in this process. The library is then the one that it has loaded, also from within its
    /// container.
    #[must_use]
    pub fn pid(mut self, pid: u32) -> Self {
        self.pid = Some(pid);
        self
    }

    /// So many bytes behind the symbol or address, at the start of an instruction. bcc's `sym_off`.
    #[must_use]
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// At this address instead of a symbol: the one that `nm` and `objdump` show. bcc's `addr`.
    #[must_use]
    pub fn address(mut self, address: u64) -> Self {
        self.address = Some(address);
        self
    }

    /// Where in the file a counter of the probe's users is (the semaphore of a USDT probe); the
    /// kernel keeps it. 0, the default, is none.
    ///
    /// # Minimum kernel version
    /// 4.20
    #[must_use]
    pub fn ref_ctr_offset(mut self, offset: u32) -> Self {
        self.ref_ctr_offset = offset;
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
}

/// Attaches into a function of a library or binary.
pub(crate) fn uprobe(
    program: &Core,
    binary: &Path,
    symbol: &str,
    opts: &UprobeOpts,
) -> Result<Link> {
    let place = Place::find(binary, symbol, opts)?;
    attach(program, &place, 0, opts)
}

/// Attaches to the return of a function of a library or binary.
pub(crate) fn uretprobe(
    program: &Core,
    binary: &Path,
    symbol: &str,
    opts: &UprobeOpts,
) -> Result<Link> {
    let mut place = Place::find(binary, symbol, opts)?;
    place.words = format!("the return of {}", place.words);
    attach(program, &place, Pmu::Uprobe.return_bit()?, opts)
}

/// A place in a file.
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// From the start of the file, not an address.
    pub(super) offset: u64,
    pub(super) words: String,
}

impl Place {
    fn find(binary: &Path, symbol: &str, opts: &UprobeOpts) -> Result<Self> {
        let path = library::find(binary, opts.pid)?;
        let start = match opts.address {
            Some(address) => elf::file_offset(&path, address)?,
            None => elf::symbol_offset(&path, symbol)?,
        };
        let name = opts
            .address
            .map_or_else(|| symbol.to_owned(), |address| format!("{address:#x}"));
        let words = format!("`{name}` in `{}`", path.display());
        let offset = start.checked_add(opts.offset);
        let offset = offset.ok_or_else(|| too_far(&words))?;
        Ok(Self {
            path,
            offset,
            words,
        })
    }
}

fn attach(program: &Core, place: &Place, return_bit: u64, opts: &UprobeOpts) -> Result<Link> {
    let config = return_bit | counter(place, opts.ref_ctr_offset.into())?;
    let attachment = open(program, place, config, opts.pid, opts.cookie)?;
    let target = place.words.clone();
    Ok(Link::new(program.name(), target, vec![attachment]))
}

/// The part of `perf_event_attr.config` for a counter of the probe's users, given where in the file
/// it is; 0 is none.
pub(super) fn counter(place: &Place, offset: u64) -> Result<u64> {
    let offset = u32::try_from(offset).map_err(|_too_large| too_far(&place.words))?;
    Ok(u64::from(offset) << REF_CTR_SHIFT)
}

/// Opens an event at a place and puts the program on it, or says why not.
pub(super) fn open(
    program: &Core,
    place: &Place,
    config: u64,
    pid: Option<u32>,
    cookie: Option<u64>,
) -> Result<Attachment> {
    let attached = try_open(program, place, config, pid, cookie)?;
    attached.map_err(|cause| failed(program.name(), &place.words, cause))
}

/// Opens an event at a place and puts the program on it.
pub(super) fn try_open(
    program: &Core,
    place: &Place,
    config: u64,
    pid: Option<u32>,
    cookie: Option<u64>,
) -> Result<io::Result<Attachment>> {
    let Ok(path) = CString::new(place.path.as_os_str().as_bytes()) else {
        return Err(too_far(&place.words));
    };
    if program.is_bound_to_files() {
        return by_link(program, place, &path, config, pid, cookie);
    }
    let event = Event {
        kind: Pmu::Uprobe.kind()?,
        config,
        name: Some(path),
        offset: place.offset,
        pid,
        // Of one process on all CPUs, or of all processes, for which any CPU will do.
        cpu: pid.is_none().then_some(0),
        ..Event::default()
    };
    attach_event(program, ProgramType::Kprobe, &event, cookie)
}

/// The same for a program that only a link to many places takes; it has one place.
fn by_link(
    program: &Core,
    place: &Place,
    path: &CStr,
    config: u64,
    pid: Option<u32>,
    cookie: Option<u64>,
) -> Result<io::Result<Attachment>> {
    let fd = program.fd_for(ProgramType::Kprobe, Some(perf::UPROBE_MULTI))?;
    let at_return = config & Pmu::Uprobe.return_bit()? != 0;
    let (offset, counter) = ([place.offset], [config >> REF_CTR_SHIFT]);
    let cookie = cookie::choose(program, cookie)?.map(|cookie| [cookie]);
    let cookie = cookie.as_ref().map(<[u64; 1]>::as_slice);
    let link = perf::attach_uprobe_multi(
        fd.as_fd(),
        path,
        &offset,
        at_return,
        pid,
        cookie,
        Some(&counter),
    );
    Ok(link.map(Attachment::Descriptor))
}

fn too_far(words: &str) -> Error {
    let text = format!("the offset from {words} is outside of the file");
    Error::new(ErrorKind::InvalidInput, text)
}
