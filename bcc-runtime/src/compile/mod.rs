//! From C text to object bytes.
//!
//! In: a [`Spec`]. Out: an ELF object for the running kernel. clang runs as a child process: text
//! through its standard input, object through its standard output, no file in between. While it
//! starts up, the kernel's types are read. An object that an earlier start left in the cache needs
//! no clang. With real kernel headers clang runs twice: once as for the machine's own processor,
//! which headers are written for, and once to make BPF code of that.

mod ahead;
mod asked;
mod bits;
mod child;
mod configuration;
mod core_reads;
mod find;
mod flags;
mod hints;
mod identity;
mod includes;
mod libbpf;
mod libclang;
mod messages;
mod movable;
mod prelude;
mod program;
mod report;
mod retarget;
mod reuse;
mod roots;
mod skeleton;
mod tags;
mod unit;
mod words;
mod written;

#[cfg(test)]
mod prelude_tests;
#[cfg(test)]
mod tests;

use crate::environment;
use crate::error::{Context as _, Error, ErrorKind, Evidence, Result};
use crate::kernel::tree::Tree;
use crate::kernel::version::Version;
use crate::load::{DebugOutput, StartOptions};
use crate::phases::{CacheUse, Phase, Phases};
use crate::spec::Spec;
use reuse::Reuse;
use std::path::{Path, PathBuf};

use unit::Types;

pub(crate) use flags::definitions;
pub(crate) use includes::includes_own_file;
pub use report::{CompileReport, Diagnostic, DiagnosticLevel};

/// Why an object is good for one start only.
const WITH_HEADERS: &str = "the program is compiled with the kernel's headers";

/// The object for the running kernel: what clang makes of the text, or made of it before.
pub(crate) fn compile(
    spec: &Spec,
    options: &StartOptions,
    debug: DebugOutput,
    phases: &mut Phases,
) -> Result<Vec<u8>> {
    let tree = kernel_headers(options)?;
    let arguments = flags::arguments(&options.cflags, tree.as_ref(), options.kernel()?)?;
    if !options.objects.is_empty() {
        let found = match tree {
            Some(_) => Err(WITH_HEADERS.to_owned()),
            None => ahead::find(spec, options, &arguments, debug, phases)?,
        };
        match found {
            Ok(object) => {
                phases.set_cache(CacheUse::Ahead);
                return Ok(object);
            }
            Err(why) => phases.set_not_ahead(why),
        }
    } else if let Some(why) = options.not_built {
        phases.set_not_ahead(format!(
            "it was not compiled when the crate was built: {why}"
        ));
    }
    let clang = find::clang(options.clang.as_deref())
        .map_err(|error| without_object(error, phases.not_ahead()))?;
    let job = Job {
        spec,
        clang: &clang,
        arguments: &arguments,
        with_headers: tree.is_some(),
    };
    let mut reuse = match tree {
        Some(_) => Reuse::none(WITH_HEADERS),
        None => phases.time(Phase::Cache, || {
            Reuse::look(spec, options, &clang, &arguments)
        })?,
    };
    // What is to be printed has to be made.
    if !debug.source
        && !debug.llvm_ir
        && let Some(object) = reuse.for_same_kernel()
    {
        phases.set_cache(CacheUse::Hit);
        return Ok(object);
    }
    // With nothing to compare the text with, clang starts up while the text is made.
    let early = (!reuse.has_entry()).then(|| job.start());
    let mut unit = phases.time(Phase::KernelTypes, || {
        unit::assemble(spec, options, job.types())
    })?;
    if debug.source {
        options.output.line(format_args!("{}", unit.text));
    }
    let known = phases.time(Phase::Cache, || reuse.for_same_text(&unit));
    if let Some(object) = known.filter(|_| !debug.llvm_ir) {
        phases.set_cache(CacheUse::Hit);
        return Ok(object);
    }
    let child = early.unwrap_or_else(|| job.start())?;
    let Made { object, assembly } = job.finish(child, &mut unit, phases)?;
    if debug.llvm_ir {
        let assembly = assembly.map_or_else(|| job.assembly(&unit), Ok)?;
        options.output.line(format_args!("{assembly}"));
    }
    phases.time(Phase::Cache, || reuse.keep(&unit, &object));
    phases.set_cache(reuse.into_use());
    Ok(object)
}

/// The error for want of clang, where it would not be wanted if an object had been of use.
fn without_object(error: Error, not_ahead: Option<&str>) -> Error {
    let Some(why) = not_ahead else {
        return error;
    };
    let text =
        format!("no object that was compiled ahead of time is of use here ({why}), and {error}");
    Error::new(error.kind(), text)
}

/// Compiles the text for other starts, on this kernel and those like it.
pub(crate) fn compile_ahead(spec: &Spec, options: &StartOptions) -> Result<Vec<u8>> {
    if kernel_headers(options)?.is_some() {
        return Err(ahead::impossible(WITH_HEADERS));
    }
    if let Some(why) = identity::obstacle(spec, options) {
        return Err(ahead::impossible(&why));
    }
    let arguments = flags::arguments(&options.cflags, None, options.kernel()?)?;
    let job = Job {
        spec,
        clang: &find::clang(options.clang.as_deref())?,
        arguments: &arguments,
        with_headers: false,
    };
    let child = job.start()?;
    let mut unit = unit::assemble(spec, options, Types::Fixed)?;
    let made = job.finish(child, &mut unit, &mut Phases::default())?;
    let movable = ahead::movable(&job, options, &unit)?;
    ahead::pack(&job, options, &unit, made.object, movable)
}

/// A program and how it is compiled.
struct Job<'a> {
    spec: &'a Spec,
    clang: &'a Path,
    arguments: &'a [String],
    with_headers: bool,
}

impl Job<'_> {
    const fn types(&self) -> Types {
        if self.with_headers {
            Types::Headers
        } else {
            Types::Fixed
        }
    }

    /// Starts clang, which waits for the text.
    fn start(&self) -> Result<child::Clang> {
        log::debug!(
            "running `{}` with {:?}",
            self.clang.display(),
            self.arguments
        );
        child::Clang::start(self.clang, self.arguments)
    }

    /// Hands the text over, and makes an object of what comes back, as libbpf is to have it.
    fn finish(
        &self,
        child: child::Clang,
        unit: &mut unit::Unit,
        phases: &mut Phases,
    ) -> Result<Made> {
        let mut made = self.output(child, unit, phases)?;
        let own = &self.spec.kernel_defined;
        roots::resolve(&mut made.object, |name| own.iter().any(|own| own == name));
        Ok(made)
    }

    fn output(
        &self,
        child: child::Clang,
        unit: &mut unit::Unit,
        phases: &mut Phases,
    ) -> Result<Made> {
        let spec = self.spec;
        let output = phases.time(Phase::Compile, || child.finish(&unit.text))?;
        if !output.success() {
            return Err(failure(spec, self.clang, self.arguments, unit, &output));
        }
        if !self.with_headers {
            return Ok(Made {
                object: output.object,
                assembly: None,
            });
        }
        let arguments = flags::back_end_arguments(Version::running()?);
        let assembly = retarget::to_bpf(&String::from_utf8_lossy(&output.object));
        let output = phases.time(Phase::Compile, || {
            child::Clang::start(self.clang, &arguments)?.finish(&assembly)
        })?;
        if output.success() {
            return Ok(Made {
                object: output.object,
                assembly: Some(assembly),
            });
        }
        Err(failure(spec, self.clang, &arguments, unit, &output))
    }

    /// LLVM's assembly of a text that clang has made an object of at once, by another run.
    fn assembly(&self, unit: &unit::Unit) -> Result<String> {
        let arguments = flags::to_llvm_ir(self.arguments);
        let output = child::Clang::start(self.clang, &arguments)?.finish(&unit.text)?;
        Ok(String::from_utf8_lossy(&output.object).into_owned())
    }
}

/// What clang has made of a text.
struct Made {
    object: Vec<u8>,
    /// LLVM's assembly for BPF, if the object was made of it by a run of its own.
    assembly: Option<String>,
}

/// Writes the text as C for libbpf and clang alone; returns the path of the program's file.
pub(crate) fn write(spec: &Spec, options: &StartOptions, folder: &Path) -> Result<PathBuf> {
    if kernel_headers(options)?.is_some() {
        let text = "C with the kernel's headers cannot be written out, since those have no place \
                    beside it; leave out `kernel_headers` and `BCC_KERNEL_SOURCE`";
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    let mut unit = unit::assemble(spec, options, Types::Relocated)?;
    if let Some(missing) = unit.missing.take() {
        return Err(missing);
    }
    written::write(spec, options, &unit.sources, folder)
}

/// The kernel's headers, if the caller or the environment wants them.
fn kernel_headers(options: &StartOptions) -> Result<Option<Tree>> {
    if let Some(folder) = &options.kernel_headers {
        return Tree::find(folder).map(Some);
    }
    let Some(folder) = environment::path(environment::HEADERS) else {
        return Ok(None);
    };
    let tree = Tree::find(&folder);
    tree.map(Some)
        .with_context(|| format!("`{}` asks for kernel headers", environment::HEADERS))
}

/// Whether the prelude gives a name a meaning, as a type, a macro or a member.
pub(crate) fn prelude_defines() -> impl Fn(&str) -> bool {
    let prelude = prelude::Prelude::new("");
    move |name| prelude.has(name) || prelude.has_member(name)
}

/// Whether the kernel's types come from its headers.
pub(crate) fn uses_headers(options: &StartOptions) -> bool {
    options.kernel_headers.is_some() || environment::path(environment::HEADERS).is_some()
}

/// Compiles a text that needs nothing around it.
#[cfg(test)]
pub(crate) fn compile_alone(text: &str) -> std::result::Result<Vec<u8>, String> {
    let clang = find::clang(None).map_err(|error| error.to_string())?;
    let alone = || flags::arguments(&[], None, Version::running()?);
    let arguments = alone().map_err(|error| error.to_string())?;
    let child = child::Clang::start(&clang, &arguments).map_err(|error| error.to_string())?;
    let output = child.finish(text).map_err(|error| error.to_string())?;
    if output.success() {
        Ok(output.object)
    } else {
        Err(output.said)
    }
}

/// The error for a text clang does not take.
fn failure(
    spec: &Spec,
    clang: &Path,
    arguments: &[String],
    unit: &mut unit::Unit,
    output: &child::Output,
) -> Error {
    let needs_record = output.said.contains("struct tracepoint__");
    let missing = unit.missing.take().filter(|_| needs_record);
    if let Some(error) = find::too_old(clang, &output.said).or(missing) {
        return error;
    }
    let report = CompileReport::new(clang, arguments, unit, spec, output);
    let message = format!("failed to compile `{}`: {}", spec.name, report.headline());
    Error::new(ErrorKind::Compile, message).with_evidence(Evidence::Compile(Box::new(report)))
}
