//! From a [`Spec`] to programs and maps in the kernel.
//!
//! In: what the program text asks for, and how to start. Out: [`Started`], the loaded object and
//! the time each phase took. Attaching is left to `attach`, decoding to `map`.

mod hints;
mod lines;
pub(crate) mod rights;
mod targets;
#[cfg(test)]
mod tests;
mod verifier;

use crate::cache::CacheOptions;
use crate::compile;
use crate::error::{Context as _, Error, ErrorKind, Evidence, Result};
use crate::layout_check;
use crate::phases::{Phase, Phases};
use crate::spec::Spec;
use crate::sys::object as sys_object;
use crate::tables::Tables;
use libbpf_rs::{Object, ObjectBuilder, OpenObject};
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

pub use verifier::VerifierReport;

/// How to start; every default means "as the machine has it".
#[derive(Clone, Debug, Default)]
pub(crate) struct StartOptions {
    /// The clang to run. Default: `BCC_CLANG`, then the newest one found.
    pub(crate) clang: Option<PathBuf>,
    /// Flags for clang, one argument each, behind ours.
    pub(crate) cflags: Vec<String>,
    /// A file with the kernel's types. Default: `BCC_BTF`, then `/sys/kernel/btf/vmlinux`.
    pub(crate) btf_path: Option<PathBuf>,
    /// Where the kernel's headers are, to be used instead of its types. Default:
    /// `BCC_KERNEL_SOURCE`, then none.
    pub(crate) kernel_headers: Option<PathBuf>,
    /// What `LINUX_VERSION_CODE` is. Default: `BCC_LINUX_VERSION_CODE`, then the running kernel's.
    pub(crate) version_code: Option<u32>,
    /// Whether the reader of a ring buffer is woken for each event it is ready for.
    pub(crate) eager_wakeups: bool,
    /// The namespace of shared tables. Default: the one without a name.
    pub(crate) namespace: String,
    /// Where objects are kept for later starts, if they are.
    pub(crate) cache: CacheOptions,
    /// Objects that were compiled ahead of time.
    pub(crate) objects: Vec<GivenObject>,
    /// What to print to standard error on the way.
    pub(crate) debug: DebugOutput,
}

/// An object that was compiled ahead of time, with what it was made of.
#[derive(Clone)]
pub(crate) struct GivenObject(pub(crate) Cow<'static, [u8]>);

impl fmt::Debug for GivenObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// A file of kernel types, if the caller gives none.
const TYPES_VARIABLE: &str = "BCC_BTF";

impl StartOptions {
    /// The file with the kernel's types, unless it is the running kernel's own.
    pub(crate) fn types_file(&self) -> Option<PathBuf> {
        let from_environment = || std::env::var_os(TYPES_VARIABLE).filter(|path| !path.is_empty());
        let given = self.btf_path.clone();
        given.or_else(|| from_environment().map(PathBuf::from))
    }
}

/// What to print to standard error while starting; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DebugOutput {
    /// The time each phase took (also: `phases` in the list `BCC_DEBUG`).
    pub phases: bool,
    /// The C text clang compiles, kernel types included (also: `source` in the list `BCC_DEBUG`).
    pub source: bool,
    /// What libbpf says (also: `libbpf` in the list `BCC_DEBUG`).
    pub libbpf: bool,
}

impl DebugOutput {
    /// What is asked for by the caller or by `BCC_DEBUG=phases,source,libbpf`.
    pub(crate) fn or_environment(self) -> Self {
        let list = std::env::var("BCC_DEBUG").unwrap_or_default();
        let wanted = |word: &str| list.split(',').any(|item| item.trim() == word);
        Self {
            phases: self.phases || wanted("phases"),
            source: self.source || wanted("source"),
            libbpf: self.libbpf || wanted("libbpf"),
        }
    }
}

/// A program text that runs in the kernel.
#[derive(Debug)]
pub(crate) struct Started {
    /// The loaded object; its maps and programs live as long as it does.
    pub(crate) object: Object,
    /// What to do with its maps.
    pub(crate) tables: Tables,
    /// How long each phase took, up to here.
    pub(crate) phases: Phases,
    /// What to print; the caller prints the phases once attaching is over.
    pub(crate) debug: DebugOutput,
}

/// Compiles the text for the running kernel and loads it. `prepare` runs between open and load:
/// it sets constants, sizes of maps and which programs to load.
pub(crate) fn start(
    spec: &Spec,
    options: &StartOptions,
    prepare: &mut dyn FnMut(&mut OpenObject) -> Result<()>,
) -> Result<Started> {
    rights::check()?;
    let debug = options.debug.or_environment();
    let mut phases = Phases::default();
    let bytes = compile::compile(spec, options, debug, &mut phases)?;
    let (opened, said) = phases.time(Phase::Open, || {
        sys_object::capture_log(debug.libbpf, || open(spec, options, &bytes, prepare))
    });
    let (opened, tables) =
        opened.map_err(|error| with_log(sizeless_map(&said).unwrap_or(error), said))?;
    let object = phases.time(Phase::Load, || load(spec, opened, &bytes, debug))?;
    Ok(Started {
        object,
        tables,
        phases,
        debug,
    })
}

/// Parses the object and compares its layouts with those of the Rust side.
fn open(
    spec: &Spec,
    options: &StartOptions,
    bytes: &[u8],
    prepare: &mut dyn FnMut(&mut OpenObject) -> Result<()>,
) -> Result<(OpenObject, Tables)> {
    let mut builder = ObjectBuilder::default();
    let what = || format!("failed to open the compiled object of `{}`", spec.name);
    builder.name(&spec.name).with_context(what)?;
    if let Some(path) = options.types_file() {
        builder.btf_custom_path(path).with_context(what)?;
    }
    let mut opened = builder.open_memory(bytes).with_context(what)?;
    layout_check::check(spec, &opened)?;
    targets::check(spec, &opened)?;
    prepare(&mut opened)?;
    let tables = Tables::connect(spec, &options.namespace, bytes, &mut opened)?;
    Ok((opened, tables))
}

/// Creates the maps and has the programs verified.
fn load(spec: &Spec, opened: OpenObject, bytes: &[u8], debug: DebugOutput) -> Result<Object> {
    let (loaded, said) = sys_object::capture_log(debug.libbpf, || opened.load());
    let Err(error) = loaded else {
        return loaded.context("failed to load");
    };
    if let Some(report) = VerifierReport::from_log(spec, bytes, &said) {
        let message = report.message(&spec.name);
        let error = Error::new(ErrorKind::Verifier, message);
        return Err(error.with_evidence(Evidence::Verifier(Box::new(report))));
    }
    Err(with_log(rights::explain(spec, error, &said), said))
}

/// Words what libbpf says of a map whose key or value has no size: its type is only declared.
fn sizeless_map(said: &str) -> Option<Error> {
    let (_, said) = said.split_once("map '")?;
    let (map, said) = said.split_once("': can't determine ")?;
    let (part, _) = said.split_once(" size")?;
    let text = format!(
        "neither the program text nor the running kernel defines the type of the {part} of map \
         `{map}`; define it in the text"
    );
    Some(Error::new(ErrorKind::InvalidInput, text))
}

/// Adds what libbpf said to an error that has no other evidence.
fn with_log(error: Error, said: String) -> Error {
    if said.is_empty() || error.evidence().is_some() {
        return error;
    }
    error.with_evidence(Evidence::Text(said))
}
