//! From C text to object bytes.
//!
//! In: a [`Spec`]. Out: an ELF object for the running kernel. clang runs as a child process: text
//! through its standard input, object through its standard output, no file in between. While it
//! starts up, the kernel's types are read. With real kernel headers clang runs twice: once as for
//! the machine's own processor, which headers are written for, and once to make BPF code of that.

mod asked;
mod bits;
mod child;
mod configuration;
mod core_reads;
mod find;
mod flags;
mod hints;
mod libbpf;
mod libclang;
mod messages;
mod prelude;
mod report;
mod retarget;
mod roots;
mod skeleton;
mod unit;
mod words;
mod written;

#[cfg(test)]
mod prelude_tests;
#[cfg(test)]
mod tests;

use crate::error::{Context as _, Error, ErrorKind, Evidence, Result};
use crate::kernel::tree::Tree;
use crate::load::{DebugOutput, StartOptions};
use crate::phases::{Phase, Phases};
use crate::spec::Spec;
use std::path::{Path, PathBuf};

pub(crate) use flags::definitions;
pub use report::{CompileReport, Diagnostic, DiagnosticLevel};

/// Where the kernel's headers are, if the caller and `.kernel_headers()` give no folder.
const HEADERS_VARIABLE: &str = "BCC_KERNEL_SOURCE";

/// Compiles the text for the running kernel.
pub(crate) fn compile(
    spec: &Spec,
    options: &StartOptions,
    debug: DebugOutput,
    phases: &mut Phases,
) -> Result<Vec<u8>> {
    let clang = find::clang(options.clang.as_deref())?;
    let tree = kernel_headers(options)?;
    let arguments = flags::arguments(&options.cflags, tree.as_ref())?;
    log::debug!("running `{}` with {arguments:?}", clang.display());
    let child = child::Clang::start(&clang, &arguments)?;
    let unit = phases.time(Phase::KernelTypes, || {
        unit::assemble(spec, options, tree.is_some())
    })?;
    if debug.source {
        eprintln!("{}", unit.text);
    }
    let mut output = phases.time(Phase::Compile, || child.finish(&unit.text))?;
    if !output.success() {
        return Err(failure(spec, &clang, &arguments, unit, &output));
    }
    if debug.llvm_ir {
        eprintln!("{}", llvm_ir(&clang, &arguments, &unit.text, &output)?);
    }
    if tree.is_none() {
        let is_own = |name: &str| spec.kernel_defined.iter().any(|own| own == name);
        roots::resolve(&mut output.object, is_own);
        return Ok(output.object);
    }
    let arguments = flags::back_end_arguments()?;
    let assembly = retarget::to_bpf(&String::from_utf8_lossy(&output.object));
    let output = phases.time(Phase::Compile, || {
        child::Clang::start(&clang, &arguments)?.finish(&assembly)
    })?;
    if output.success() {
        return Ok(output.object);
    }
    Err(failure(spec, &clang, &arguments, unit, &output))
}

/// What LLVM works on: the output itself, if clang was asked for that, or that of another run.
fn llvm_ir(
    clang: &Path,
    arguments: &[String],
    text: &str,
    output: &child::Output,
) -> Result<String> {
    let arguments = flags::to_llvm_ir(arguments);
    let again = match &arguments {
        Some(arguments) => Some(child::Clang::start(clang, arguments)?.finish(text)?),
        None => None,
    };
    let object = &again.as_ref().unwrap_or(output).object;
    Ok(String::from_utf8_lossy(object).into_owned())
}

/// Writes the text as C for libbpf and clang alone; returns the path of the program's file.
pub(crate) fn write(spec: &Spec, options: &StartOptions, folder: &Path) -> Result<PathBuf> {
    if kernel_headers(options)?.is_some() {
        let text = "C with the kernel's headers cannot be written out, since those have no place \
                    beside it; leave out `kernel_headers` and `BCC_KERNEL_SOURCE`";
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    let mut unit = unit::assemble(spec, options, false)?;
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
    let Some(folder) = std::env::var_os(HEADERS_VARIABLE).filter(|folder| !folder.is_empty())
    else {
        return Ok(None);
    };
    let tree = Tree::find(Path::new(&folder));
    tree.map(Some)
        .with_context(|| format!("`{HEADERS_VARIABLE}` asks for kernel headers"))
}

/// Whether the prelude gives a name a meaning, as a type, a macro or a member.
pub(crate) fn prelude_defines() -> impl Fn(&str) -> bool {
    let prelude = prelude::Prelude::new("");
    move |name| prelude.has(name) || prelude.has_member(name)
}

/// Whether the text includes files of the user's own, which only clang reads.
pub(crate) fn includes_own_file(spec: &Spec, cflags: &[String]) -> bool {
    let mut includes = spec.includes.iter();
    includes.any(|path| unit::own_file(path, cflags).is_some())
}

/// Whether the kernel's types come from its headers.
pub(crate) fn uses_headers(options: &StartOptions) -> bool {
    let from_environment = || std::env::var_os(HEADERS_VARIABLE).is_some_and(|it| !it.is_empty());
    options.kernel_headers.is_some() || from_environment()
}

/// Compiles a text that needs nothing around it.
#[cfg(test)]
pub(crate) fn compile_alone(text: &str) -> std::result::Result<Vec<u8>, String> {
    let clang = find::clang(None).map_err(|error| error.to_string())?;
    let arguments = flags::arguments(&[], None).map_err(|error| error.to_string())?;
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
    mut unit: unit::Unit,
    output: &child::Output,
) -> Error {
    let needs_record = output.said.contains("struct tracepoint__");
    let missing = unit.missing.take().filter(|_| needs_record);
    if let Some(error) = find::too_old(clang, &output.said).or(missing) {
        return error;
    }
    let report = CompileReport::new(clang, arguments, &unit, spec, output);
    let message = format!("failed to compile `{}`: {}", spec.name, report.headline());
    Error::new(ErrorKind::Compile, message).with_evidence(Evidence::Compile(Box::new(report)))
}
