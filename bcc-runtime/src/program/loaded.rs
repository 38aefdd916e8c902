//! A program of a loaded object, whatever it can attach to.
//!
//! In: the object and the program's name. Out: what libbpf knows of the program, and the program
//! under the types that attaching asks for.

use crate::error::{Context as _, Error, ErrorKind, Evidence, Result};
use crate::link::{Attachment, UsdtLink};
use crate::spec::{AttachSpec, Hook};
use crate::sys;
use crate::sys::object::Echo;
use crate::sys::program::Line;
use crate::sys::system::ProgramFacts;
use libbpf_rs::{MapCore as _, Object, ProgramAttachType, ProgramMut, ProgramType};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The kernel's number of `bpf_override_return`.
const OVERRIDE_RETURN: i32 = 58;

/// The kernel's number of `bpf_tail_call`.
const TAIL_CALL: i32 = 12;

/// The map in which libbpf leaves where the arguments of USDT probes are.
const USDT_LISTS: &str = "__bpf_usdt_specs";

/// A program of a loaded object, whatever its kind.
#[derive(Debug)]
pub(crate) struct Core {
    object: Arc<Object>,
    name: String,
    attach: AttachSpec,
    /// The same instructions as they have been asked for.
    reloaded: Mutex<Vec<Reloaded>>,
}

/// A program's instructions under one type.
#[derive(Debug)]
struct Reloaded {
    kind: ProgramType,
    purpose: Option<u32>,
    fd: Arc<OwnedFd>,
}

impl Core {
    pub(crate) fn new(object: Arc<Object>, name: &str, attach: AttachSpec) -> Self {
        Self {
            object,
            name: name.to_owned(),
            attach,
            reloaded: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn attach_spec(&self) -> &AttachSpec {
        &self.attach
    }

    /// The program in its object; none if the text leaves it out by `#if`.
    fn find(&self) -> Option<libbpf_rs::Program<'_>> {
        let mut programs = self.object.progs();
        let program = programs.find(|program| program.name() == self.name.as_str())?;
        sys::program::is_loaded(&program).then_some(program)
    }

    fn find_mut(&self) -> Result<ProgramMut<'_>> {
        self.find().ok_or_else(|| self.missing())?;
        let mut programs = self.object.progs_mut();
        programs
            .find(|program| program.name() == self.name.as_str())
            .ok_or_else(|| self.missing())
    }

    /// Hands the program to what libbpf-rs offers.
    pub(crate) fn with_libbpf<T>(&self, call: impl FnOnce(&ProgramMut<'_>) -> T) -> Result<T> {
        let program = self.find_mut()?;
        Ok(call(&program))
    }

    /// The instructions as they were handed to the kernel.
    pub(crate) fn instructions(&self) -> Result<Vec<u8>> {
        let program = self.find().ok_or_else(|| self.missing())?;
        Ok(sys::program::bytes(&program))
    }

    /// The lines of C that the instructions come from.
    pub(crate) fn lines(&self) -> Result<Vec<Line>> {
        let program = self.find().ok_or_else(|| self.missing())?;
        Ok(sys::program::lines(&program))
    }

    /// The BTF of the object.
    pub(crate) fn btf_bytes(&self) -> &[u8] {
        sys::object::btf_bytes(&*self.object)
    }

    /// The names of the object's maps, by their descriptors.
    pub(crate) fn map_names(&self) -> HashMap<RawFd, String> {
        let maps = self.object.maps();
        let name = |map: libbpf_rs::Map<'_>| {
            let name = map.name().to_string_lossy().into_owned();
            (map.as_fd().as_raw_fd(), name)
        };
        maps.map(name).collect()
    }

    /// Whether the program calls `bpf_override_return`.
    pub(crate) fn overrides_return(&self) -> bool {
        self.find()
            .is_some_and(|program| sys::program::calls_helper(&program, OVERRIDE_RETURN))
    }

    /// Attaches to the hook the program is loaded for, or by the section's name, which is libbpf's
    /// business.
    pub(crate) fn attach_by_libbpf(&self, hook: Option<Hook>) -> Result<Attachment> {
        let attach = |program: &ProgramMut<'_>| match hook {
            Some(Hook::Kfunc | Hook::Kretfunc | Hook::KmodRet) => program.attach_trace(),
            Some(Hook::Lsm) => program.attach_lsm(),
            None => program.attach(),
        };
        let attach = || self.with_libbpf(attach);
        let (link, said) = sys::object::capture_log(Echo::Nothing, attach);
        let link = link?;
        let link = link
            .with_context(|| format!("failed to attach `{}`", self.name))
            .map_err(|error| error.with_evidence(Evidence::Text(said)))?;
        Ok(Attachment::Libbpf(link))
    }

    /// Whether the program asks libbpf's part of it for arguments or cookies of USDT probes, or calls
    /// programs that may: they have the cookie of their caller.
    pub(crate) fn reads_usdt(&self) -> bool {
        let Some(program) = self.find().filter(is_for_usdt) else {
            return false;
        };
        let mut maps = self.object.maps();
        let lists = maps.find(|map| map.name() == USDT_LISTS);
        lists.is_some_and(|map| {
            sys::program::refers_to(&program, map.as_fd().as_raw_fd()) || calls_others(&program)
        })
    }

    /// Whether the program attaches to places of files only, and by links of Linux 6.6.
    ///
    /// What it calls is loaded for these, which makes the kernel read their cookie: at another attachment
    /// it would take a number for a pointer. Since Linux 6.18 it refuses that.
    pub(crate) fn is_bound_to_files(&self) -> bool {
        self.find()
            .is_some_and(|program| is_only_for_usdt(&program) && calls_others(&program))
    }

    /// Whether all that call programs from the array of this number are loaded so that they attach to
    /// USDT probes and places of files only.
    pub(crate) fn is_called_from_files(&self, array: u32) -> bool {
        let mut maps = self.object.maps();
        let is_array = |map: &libbpf_rs::Map<'_>| map.info().is_ok_and(|it| it.info.id == array);
        let Some(array) = maps.find(is_array) else {
            return false;
        };
        let array = array.as_fd().as_raw_fd();
        let is_caller = |program: &libbpf_rs::Program<'_>| {
            sys::program::is_loaded(program) && sys::program::refers_to(program, array)
        };
        let mut callers = self.object.progs().filter(is_caller).peekable();
        callers.peek().is_some() && callers.all(|program| is_only_for_usdt(&program))
    }

    /// Attaches to a USDT probe, given by provider and name, through libbpf.
    pub(crate) fn attach_usdt(
        &self,
        pid: i32,
        path: &Path,
        (provider, name): (&str, &str),
        opts: libbpf_rs::UsdtOpts,
    ) -> Result<Attachment> {
        let program = self.find_mut()?;
        let (link, said) = sys::object::capture_log(Echo::Nothing, || {
            UsdtLink::make(&self.object, || {
                program.attach_usdt_with_opts(pid, path, provider, name, opts)
            })
        });
        let link = link
            .context("libbpf failed to attach")
            .map_err(|error| error.with_evidence(Evidence::Text(said)))?;
        Ok(Attachment::Usdt { _link: link })
    }

    /// The program as one of the given type. Another type than it was loaded as means loading its
    /// instructions once more, which happens once.
    pub(crate) fn fd_as(&self, wanted: ProgramType) -> Result<Arc<OwnedFd>> {
        self.fd_for(wanted, None)
    }

    /// The program as one of the given type and, where the kernel insists on it, for one kind of
    /// attachment only.
    pub(crate) fn fd_for(&self, wanted: ProgramType, purpose: Option<u32>) -> Result<Arc<OwnedFd>> {
        if let AttachSpec::Trampoline { function, .. } = &self.attach {
            return Err(self.bound(function));
        }
        let mut reloaded = self.reloaded.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |entry: &&Reloaded| entry.kind == wanted && entry.purpose == purpose;
        if let Some(entry) = reloaded.iter().find(same) {
            return Ok(Arc::clone(&entry.fd));
        }
        let fd = Arc::new(self.open_as(wanted, purpose)?);
        reloaded.push(Reloaded {
            kind: wanted,
            purpose,
            fd: Arc::clone(&fd),
        });
        Ok(fd)
    }

    /// What the kernel says of the program, under each type it is loaded as.
    pub(crate) fn facts(&self) -> io::Result<Vec<ProgramFacts>> {
        let reloaded = self.reloaded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<ProgramFacts> = Vec::new();
        let own = self.find();
        let own = own.iter().map(|program| program.as_fd());
        for fd in own.chain(reloaded.iter().map(|entry| entry.fd.as_fd())) {
            let facts = sys::stats::program(fd)?;
            // Descriptors of one program are duplicates.
            if list.iter().all(|known| known.info.id != facts.info.id) {
                list.push(facts);
            }
        }
        Ok(list)
    }

    /// The program as it was loaded.
    pub(crate) fn fd_as_loaded(&self) -> Result<OwnedFd> {
        let fd = self.with_libbpf(|program| program.as_fd().try_clone_to_owned())?;
        fd.with_context(|| format!("failed to duplicate program `{}`", self.name))
    }

    /// The type the program was loaded as.
    pub(crate) fn loaded_type(&self) -> Result<ProgramType> {
        Ok(self.find().ok_or_else(|| self.missing())?.prog_type())
    }

    fn open_as(&self, wanted: ProgramType, purpose: Option<u32>) -> Result<OwnedFd> {
        let program = self.find().ok_or_else(|| self.missing())?;
        let fits = match purpose {
            Some(purpose) => program.attach_type() as u32 == purpose,
            None => !is_only_for_usdt(&program),
        };
        if program.prog_type() == wanted && fits {
            let fd = program.as_fd().try_clone_to_owned();
            return fd.with_context(|| format!("failed to duplicate program `{}`", self.name));
        }
        if self.is_bound_to_files() {
            return Err(self.bound_to_files());
        }
        sys::program::load_as(&self.object, &program, wanted, purpose)
            .map_err(|failure| self.refused(wanted, failure))
    }

    /// A program on a hook reads its arguments in another way than all others.
    fn bound(&self, function: &str) -> Error {
        let text = format!(
            "`{}` is loaded for a hook of `{function}` and attaches to nothing else",
            self.name
        );
        Error::new(ErrorKind::InvalidInput, text)
    }

    fn bound_to_files(&self) -> Error {
        let text = format!(
            "`{}` calls other programs of a text that reads arguments of USDT probes, so it attaches to \
             those and to functions of binaries only; make it a text of its own",
            self.name
        );
        Error::new(ErrorKind::InvalidInput, text)
    }

    fn refused(&self, wanted: ProgramType, failure: sys::program::Refused) -> Error {
        let mut text = format!(
            "the kernel does not take `{}` as a {wanted:?} program",
            self.name
        );
        if matches!(self.attach, AttachSpec::Network { .. }) {
            text.push_str("; if it is meant to be one, say so in front of it with `SEC(\"...\")`");
        }
        let error = Error::new(ErrorKind::Verifier, text).with_cause(failure.error);
        error.with_evidence(Evidence::Text(failure.log))
    }

    /// Whether the program is loaded: the text may leave it out by `#if`, and the builder as well.
    pub(crate) fn exists(&self) -> bool {
        self.find().is_some()
    }

    fn missing(&self) -> Error {
        let text = format!(
            "`{}` is not loaded: an `#if` of the program text leaves it out, or the builder does, or \
             the kernel does not have what it attaches to",
            self.name
        );
        Error::new(ErrorKind::NotFound, text)
    }
}

/// Whether the section says that the program is for USDT probes; it ends in a slash beside a
/// function of that name.
fn is_for_usdt(program: &libbpf_rs::Program<'_>) -> bool {
    let section = program.section().to_string_lossy();
    section.trim_end_matches('/') == "usdt"
}

/// Whether the program goes on with others, from a `BPF_PROG_ARRAY`.
fn calls_others(program: &libbpf_rs::Program<'_>) -> bool {
    sys::program::calls_helper(program, TAIL_CALL)
}

/// Whether libbpf has loaded the program so that it attaches to USDT probes and nothing else, as it
/// does since Linux 6.6.
fn is_only_for_usdt(program: &libbpf_rs::Program<'_>) -> bool {
    matches!(program.attach_type(), ProgramAttachType::TraceUprobeMulti)
}
