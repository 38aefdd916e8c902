//! From C text to object bytes.
//!
//! In: a [`Spec`]. Out: an ELF object for the running kernel. clang runs as a child process: text
//! through its standard input, object through its standard output, no file in between. While it
//! starts up, the kernel's types are read.

mod asked;
mod child;
mod find;
mod flags;
mod hints;
mod libbpf;
mod libclang;
mod messages;
mod prelude;
mod report;
mod roots;
mod unit;
mod words;

#[cfg(test)]
mod tests;

use crate::error::{Error, ErrorKind, Evidence, Result};
use crate::load::{DebugOutput, StartOptions};
use crate::phases::{Phase, Phases};
use crate::spec::Spec;

pub use report::{CompileReport, Diagnostic, DiagnosticLevel};

/// Compiles the text for the running kernel.
pub(crate) fn compile(
    spec: &Spec,
    options: &StartOptions,
    debug: DebugOutput,
    phases: &mut Phases,
) -> Result<Vec<u8>> {
    let clang = find::clang(options.clang.as_deref())?;
    let arguments = flags::arguments(&options.cflags)?;
    let child = child::Clang::start(&clang, &arguments)?;
    let unit = phases.time(Phase::KernelTypes, || unit::assemble(spec, options))?;
    if debug.source {
        eprintln!("{}", unit.text);
    }
    let mut output = phases.time(Phase::Compile, || child.finish(&unit.text))?;
    if output.success() {
        let is_own = |name: &str| spec.kernel_defined.iter().any(|own| own == name);
        roots::resolve(&mut output.object, is_own);
        return Ok(output.object);
    }
    Err(failure(spec, &clang, &arguments, &unit, &output))
}

/// Compiles a text that needs nothing around it.
#[cfg(test)]
pub(crate) fn compile_alone(text: &str) -> std::result::Result<Vec<u8>, String> {
    let clang = find::clang(None).map_err(|error| error.to_string())?;
    let arguments = flags::arguments(&[]).map_err(|error| error.to_string())?;
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
    clang: &std::path::Path,
    arguments: &[String],
    unit: &unit::Unit,
    output: &child::Output,
) -> Error {
    if let Some(error) = find::too_old(clang, &output.said) {
        return error;
    }
    let report = CompileReport::new(clang, arguments, unit, spec, output);
    let message = format!("failed to compile `{}`: {}", spec.name, report.headline());
    Error::new(ErrorKind::Compile, message).with_evidence(Evidence::Compile(Box::new(report)))
}
