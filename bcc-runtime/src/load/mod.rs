//! From a [`Spec`] to programs and maps in the kernel.
//!
//! In: what the program text asks for, and how to start. Out: [`Started`], the loaded object and
//! the time each phase took. Attaching is left to `attach`, decoding to `map`.

mod debug;
mod hints;
mod lines;
pub(crate) mod rights;
#[cfg(test)]
mod tests;
mod verifier;

use crate::cache::CacheOptions;
use crate::compile;
use crate::environment;
use crate::error::{Context as _, Error, ErrorKind, Evidence, Result};
use crate::kernel::btf::KERNEL_BTF;
use crate::kernel::version::Version;
use crate::layout_check;
use crate::output::Output;
use crate::phases::{Phase, Phases};
use crate::spec::{AttachSpec, ProbeSpec, Spec};
use crate::sys::object as sys_object;
use crate::tables::Tables;
use crate::targets::{self, Checked, Policy};
use libbpf_rs::{Object, ObjectBuilder, OpenObject};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

pub use debug::DebugOutput;
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
    /// Where maps are pinned that the text does not pin itself, or pins elsewhere.
    pub(crate) pin_paths: BTreeMap<String, PathBuf>,
    /// Where objects are kept for later starts, if they are.
    pub(crate) cache: CacheOptions,
    /// Objects that were compiled ahead of time.
    pub(crate) objects: Vec<GivenObject>,
    /// Why none was compiled when the crate was built, though its build script asked for it.
    pub(crate) not_built: Option<&'static str>,
    /// Where the records of tracepoints are. Default: the running kernel's tracefs.
    pub(crate) formats: Option<PathBuf>,
    /// The kernel's version. Default: the running kernel's.
    pub(crate) version: Option<Version>,
    /// What to print on the way.
    pub(crate) debug: DebugOutput,
    /// Where to print it.
    pub(crate) output: Output,
    /// What to do where the kernel lacks what a program attaches to.
    pub(crate) missing: Policy,
}

/// The verifier's level of talk with the state of registers at each instruction.
const REGISTERS: u32 = 2;

/// An object that was compiled ahead of time, with what it was made of.
#[derive(Clone)]
pub(crate) struct GivenObject(pub(crate) Cow<'static, [u8]>);

impl fmt::Debug for GivenObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl StartOptions {
    /// The file with the kernel's types, unless it is the running kernel's own.
    pub(crate) fn types_file(&self) -> Option<PathBuf> {
        let given = self.btf_path.clone();
        given.or_else(|| environment::path(environment::TYPES))
    }

    /// The version of the kernel to compile for.
    pub(crate) fn kernel(&self) -> Result<Version> {
        self.version.map_or_else(Version::running, Ok)
    }
}

/// A program text that runs in the kernel.
#[derive(Debug)]
pub(crate) struct Started {
    /// The loaded object; its maps and programs live as long as it does.
    pub(crate) object: Object,
    /// What to do with its maps.
    pub(crate) tables: Tables,
    /// What became of the programs' targets.
    pub(crate) targets: Checked,
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
    let types = options.types_file();
    let types = types.as_deref().unwrap_or(Path::new(KERNEL_BTF));
    log::debug!("kernel types come from `{}`", types.display());
    let mut phases = Phases::default();
    let bytes = compile::compile(spec, options, debug, &mut phases)
        .map_err(|error| targets::all_missing(spec, &options.missing, error))?;
    let (opened, said) = phases.time(Phase::Open, || {
        let open = || open(spec, options, &bytes, prepare);
        sys_object::capture_log_to(&options.output, debug.echo(), open)
    });
    let (mut opened, tables, targets) =
        opened.map_err(|error| with_log(sizeless_map(&said).unwrap_or(error), said))?;
    debug.print_types(sys_object::btf_bytes(&opened), &options.output)?;
    if debug.verifier {
        for mut program in opened.progs_mut() {
            program.set_log_level(REGISTERS);
        }
    }
    let object = phases.time(Phase::Load, || load(spec, opened, &bytes, options, debug))?;
    Ok(Started {
        object,
        tables,
        targets,
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
) -> Result<(OpenObject, Tables, Checked)> {
    let mut builder = ObjectBuilder::default();
    let what = || format!("failed to open the compiled object of `{}`", spec.name);
    builder.name(&spec.name).with_context(what)?;
    if let Some(path) = options.types_file() {
        builder.btf_custom_path(path).with_context(what)?;
    }
    let mut opened = builder.open_memory(bytes).with_context(what)?;
    layout_check::check(spec, &opened)?;
    let targets = leave_out(spec, options, &mut opened)?;
    prepare(&mut opened)?;
    let tables = Tables::connect(spec, options, bytes, &mut opened)?;
    Ok((opened, tables, targets))
}

/// Looks whether there is what the programs attach to. What is loaded for a target that is missing
/// is not loaded. What the text leaves out by `#if` does not count.
fn leave_out(spec: &Spec, options: &StartOptions, opened: &mut OpenObject) -> Result<Checked> {
    let names: BTreeSet<String> = opened
        .progs()
        .map(|program| program.name().to_string_lossy().into_owned())
        .collect();
    let checked = targets::check(spec, &options.missing, |name| names.contains(name))?;
    for mut program in opened.progs_mut() {
        let is_bound = |probe: &&ProbeSpec| {
            let bound = matches!(
                probe.attach,
                AttachSpec::Trampoline { .. } | AttachSpec::Iter { .. }
            );
            bound && program.name() == &*probe.name
        };
        let probe = spec.probes.iter().find(is_bound);
        let is_skipped =
            |probe: &ProbeSpec| checked.skipped.iter().any(|it| it.program == probe.name);
        let is_wanted = options.missing.wants(&program.name().to_string_lossy());
        if !is_wanted || probe.is_some_and(is_skipped) {
            program.set_autoload(false);
        }
    }
    Ok(checked)
}

/// Creates the maps and has the programs verified.
fn load(
    spec: &Spec,
    opened: OpenObject,
    bytes: &[u8],
    options: &StartOptions,
    debug: DebugOutput,
) -> Result<Object> {
    let load = || opened.load();
    let (loaded, said) = sys_object::capture_log_to(&options.output, debug.echo(), load);
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
