//! Programs compiled when the crate is built, so that no clang runs where the tool does.
//!
//! A build script asks for it; nothing else changes, neither the program text nor `main`:
//!
//! ```toml
//! [build-dependencies]
//! bcc-runtime = { path = "../bcc-rs/bcc-runtime" }   # as under [dependencies]
//! ```
//!
//! ```no_run
//! // build.rs
//! fn main() -> bcc_runtime::Result<()> {
//!     bcc_runtime::ahead::build()
//! }
//! ```
//!
//! Every `bpf_program!` below `src` is compiled with the types of the kernel the crate is built on,
//! or of the [kernels given](build_for), and the macro puts the objects into the binary. A start
//! takes the object that fits the kernel it runs on, as
//! [`Builder::object`](crate::Builder::object) says, and compiles the program if none does:
//! [`Phases::cache`](crate::Phases::cache) and [`Phases::not_ahead`](crate::Phases::not_ahead) tell.
//!
//! What cannot be compiled when the crate is built (no clang, no types, no right to read
//! tracepoints) is a warning of cargo, and the program is compiled when it starts. The environment
//! variable `BCC_AHEAD` changes that: with `require` it is an error, and with `off` nothing is
//! compiled. `BCC_BTF`, `BCC_CLANG` and `BCC_LINUX_VERSION_CODE` mean what they mean at a start.
//!
//! In: files of Rust. Out: objects in `OUT_DIR`, and what cargo has to know.

mod kernel;
mod output;
mod program;
mod scan;
mod token;

pub use kernel::Kernel;
pub use program::Program;

use crate::builder::Builder;
use crate::environment;
use crate::error::{Context as _, Error, ErrorKind, Result};
use bcc_lang::source::SourceText;
use output::Output;
use scan::{Found, Text};
use std::env;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Where programs are looked for, if the build script does not say.
const SOURCES: &str = "src";
/// What decides whether anything is compiled.
const MODE_VARIABLE: &str = "BCC_AHEAD";
/// What else of the environment decides about objects.
const VARIABLES: [&str; 5] = [
    MODE_VARIABLE,
    environment::TYPES,
    environment::CLANG,
    environment::HEADERS,
    environment::VERSION_CODE,
];

/// Compiles the crate's programs for the kernel it is built on. For `build.rs`.
///
/// # Errors
/// Those of [`Objects::build`].
pub fn build() -> Result<()> {
    Objects::new().build()
}

/// Compiles the crate's programs for some kernels, each with the types in a file. For `build.rs`.
///
/// ```no_run
/// fn main() -> bcc_runtime::Result<()> {
///     bcc_runtime::ahead::build_for(["kernels/5.10.btf", "kernels/6.1.btf"])
/// }
/// ```
///
/// Paths begin at the crate's folder. Such a file is a copy of `/sys/kernel/btf/vmlinux`. Records of
/// tracepoints are those of the kernel the crate is built on; [`Kernel::formats`] gives others.
///
/// # Errors
/// Those of [`Objects::build`].
pub fn build_for<K: Into<Kernel>>(kernels: impl IntoIterator<Item = K>) -> Result<()> {
    let objects = kernels.into_iter().fold(Objects::new(), Objects::kernel);
    objects.build()
}

/// Changes the options of a program.
type SetOptions = Box<dyn Fn(&str, Builder<Program>) -> Builder<Program>>;

/// What to compile when the crate is built. For `build.rs`.
///
/// ```no_run
/// use bcc_runtime::ahead::{Kernel, Objects};
///
/// fn main() -> bcc_runtime::Result<()> {
///     Objects::new()
///         .kernel(Kernel::running())
///         .kernel(Kernel::with_types("kernels/5.10.btf").formats("kernels/5.10-events"))
///         .options(|name, builder| match name {
///             "opens" => builder.prefer_fentry(true),
///             _ => builder,
///         })
///         .build()
/// }
/// ```
#[must_use = "nothing is compiled before `build` is called"]
#[derive(Default)]
pub struct Objects {
    kernels: Vec<Kernel>,
    sources: Vec<PathBuf>,
    options: Option<SetOptions>,
}

impl Objects {
    /// All programs below `src`, for the kernel the crate is built on.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more kernel to compile for. With none, it is the one the crate is built on.
    pub fn kernel(mut self, kernel: impl Into<Kernel>) -> Self {
        self.kernels.push(kernel.into());
        self
    }

    /// One more file of Rust, or folder of such, below the crate's folder. With none, it is `src`.
    pub fn source(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.push(path.into());
        self
    }

    /// Sets the options of each program, by the name of its module: those that also stand where it is
    /// loaded and that decide what clang gets, such as [`cflags`](Builder::cflags),
    /// [`batch_wakeups`](Builder::batch_wakeups), [`health`](Builder::health),
    /// [`perf_over_ring`](Builder::perf_over_ring) and [`prefer_fentry`](Builder::prefer_fentry). An
    /// object made with others is not used.
    pub fn options(
        mut self,
        set: impl Fn(&str, Builder<Program>) -> Builder<Program> + 'static,
    ) -> Self {
        self.options = Some(Box::new(set));
        self
    }

    /// Compiles, and tells cargo what it has to know.
    ///
    /// # Errors
    /// `NotFound` outside of a build script; `InvalidInput` if `BCC_AHEAD` is neither `require` nor
    /// `off`; those of files. With `BCC_AHEAD=require`, the first reason why a program was not
    /// compiled: `Compile` without clang, `KernelTypes`, `PermissionDenied` where tracepoints cannot
    /// be read, `InvalidInput` for a program that depends on files or a crate for another
    /// architecture, `NotFound` if there is no program at all.
    pub fn build(self) -> Result<()> {
        let place = Place {
            package: folder_of("CARGO_MANIFEST_DIR")?,
            out: folder_of("OUT_DIR")?,
            architecture: env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default(),
            mode: Mode::from_text(&env::var(MODE_VARIABLE).unwrap_or_default())?,
        };
        let lines = self.run(&place)?;
        let mut out = io::stdout().lock();
        for line in lines {
            writeln!(out, "cargo::{line}").context("failed to talk to cargo")?;
        }
        Ok(())
    }

    /// Compiles; returns instructions to cargo.
    fn run(&self, place: &Place) -> Result<Vec<String>> {
        let mut output = Output::new(&place.out);
        for variable in VARIABLES {
            output.tell(format!("rerun-if-env-changed={variable}"));
        }
        if place.mode == Mode::Off {
            return output.finish();
        }
        let default = [PathBuf::from(SOURCES)];
        let sources = if self.sources.is_empty() {
            &default[..]
        } else {
            &self.sources
        };
        let mut any = false;
        for source in sources {
            output.watch(&place.package.join(source));
            for file in rust_files(&place.package, source)? {
                for found in programs(&place.package, &file)? {
                    any = true;
                    self.compile(place, &file, &found, &mut output)?;
                }
            }
        }
        if !any {
            let text = "no `bpf_program!` was found to compile ahead of time; name the files with \
                        `Objects::source`";
            let none = Err(Error::new(ErrorKind::NotFound, text));
            place.mode.judge(none, &mut output)?;
        }
        output.finish()
    }

    /// Compiles a program for each kernel.
    fn compile(
        &self,
        place: &Place,
        file: &Path,
        found: &Found,
        output: &mut Output,
    ) -> Result<()> {
        let running = [Kernel::running()];
        let kernels = if self.kernels.is_empty() {
            &running[..]
        } else {
            &self.kernels
        };
        for kernel in kernels {
            let kernel = kernel.below(&place.package);
            kernel.files().iter().for_each(|path| output.watch(path));
            match self.object(place, found, &kernel, output) {
                Ok(object) => output.add(&found.name, &object)?,
                Err(error) => {
                    output.note(&found.name, &error);
                    let what = || {
                        format!(
                            "program `{}` ({}:{}) cannot be compiled ahead of time for {kernel}",
                            found.name,
                            file.display(),
                            found.line
                        )
                    };
                    let failed: Result<()> = Err(error);
                    place.mode.judge(failed.with_context(what), output)?;
                }
            }
        }
        Ok(())
    }

    fn object(
        &self,
        place: &Place,
        found: &Found,
        kernel: &Kernel,
        output: &mut Output,
    ) -> Result<Vec<u8>> {
        place.check_architecture()?;
        if let Text::File(path) = &found.text {
            output.watch(&place.package.join(path));
        }
        let program = program(&place.package, found)?;
        let mut builder = Builder::of(program);
        if let Some(set) = &self.options {
            builder = set(&found.name, builder);
        }
        builder.compile_ahead_for(kernel)
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects")
            .field("kernels", &self.kernels)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

/// What the build script finds around it.
#[derive(Debug)]
struct Place {
    package: PathBuf,
    out: PathBuf,
    /// Which the crate is built for.
    architecture: String,
    mode: Mode,
}

impl Place {
    /// Programs are compiled for the machine at hand.
    fn check_architecture(&self) -> Result<()> {
        let here = env::consts::ARCH;
        if self.architecture == here {
            return Ok(());
        }
        let text = format!(
            "the crate is built for `{}`, and this machine is `{here}`; build it on such a machine",
            self.architecture
        );
        Err(Error::new(ErrorKind::InvalidInput, text))
    }
}

/// What to do about a program that cannot be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Say so.
    Warn,
    /// End the build.
    Require,
    /// Nothing, since none is.
    Off,
}

impl Mode {
    fn from_text(text: &str) -> Result<Self> {
        match text {
            "" => Ok(Self::Warn),
            "require" => Ok(Self::Require),
            "off" => Ok(Self::Off),
            _ => {
                let text =
                    format!("`{MODE_VARIABLE}` is `{text}`; it may be `require`, `off` or nothing");
                Err(Error::new(ErrorKind::InvalidInput, text))
            }
        }
    }

    /// Mistakes in a text are left to the compiler, which shows where they are.
    fn judge(self, failed: Result<()>, output: &mut Output) -> Result<()> {
        match failed {
            Err(error) if error.kind() == ErrorKind::Source => Ok(()),
            Err(error) if self != Self::Require => {
                output.warn(&format!("{error:#}"));
                Ok(())
            }
            other => other,
        }
    }
}

/// A folder that cargo gives to build scripts.
fn folder_of(variable: &str) -> Result<PathBuf> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| {
        let text = format!(
            "`{variable}` is not set; call `bcc_runtime::ahead` from `build.rs`, which cargo runs"
        );
        Error::new(ErrorKind::NotFound, text)
    })
}

/// The Rust files at a path below the crate's folder, in order of their names.
fn rust_files(package: &Path, source: &Path) -> Result<Vec<PathBuf>> {
    let path = package.join(source);
    if !path.is_dir() {
        return Ok(vec![source.to_owned()]);
    }
    let what = || format!("failed to read the folder `{}`", path.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).with_context(what)? {
        names.push(entry.with_context(what)?.file_name());
    }
    names.sort();
    let mut files = Vec::new();
    for name in names {
        let below = source.join(name);
        if package.join(&below).is_dir() {
            files.extend(rust_files(package, &below)?);
        } else if below.extension().is_some_and(|extension| extension == "rs") {
            files.push(below);
        }
    }
    Ok(files)
}

/// The programs of a Rust file below a folder.
fn programs(package: &Path, file: &Path) -> Result<Vec<Found>> {
    let text = read(&package.join(file))?;
    // As the compiler reads it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n");
    Ok(scan::programs(&file.to_string_lossy(), &text))
}

fn program(package: &Path, found: &Found) -> Result<Program> {
    match &found.text {
        Text::Here(source) => Program::new(&found.name, source),
        Text::File(path) => {
            let text = read(&package.join(path))?;
            Program::new(&found.name, &SourceText::new(path.to_string_lossy(), text))
        }
        Text::Unknown => Err(program::mistaken()),
    }
}

fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path);
    text.with_context(|| format!("failed to read `{}`", path.display()))
}

/// A program that [`build`] finds in a Rust file, for tests.
#[doc(hidden)]
#[derive(Debug)]
pub struct Listed {
    /// Name of its module.
    pub name: String,
    /// The dialect.
    pub text: String,
    /// The C that clang gets; it has to be what the macro makes of the text.
    pub source: String,
}

/// The programs of a Rust file.
#[doc(hidden)]
pub fn list(path: &Path) -> Result<Vec<Listed>> {
    let mut list = Vec::new();
    for found in programs(Path::new(""), path)? {
        let program = program(Path::new(""), &found)?;
        list.push(Listed {
            name: found.name,
            text: match found.text {
                Text::Here(source) => source.text().to_owned(),
                Text::File(path) => read(&path)?,
                Text::Unknown => String::new(),
            },
            source: program.source().to_owned(),
        });
    }
    Ok(list)
}

#[cfg(test)]
mod tests;
