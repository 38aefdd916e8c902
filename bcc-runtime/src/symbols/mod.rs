//! Names for addresses, through blazesym.
//!
//! In: addresses of the kernel or of a process. Out: [`Frame`]s. An address without a name is an
//! answer with a reason, not an error.

mod shared;

pub use self::shared::SharedSymbols;

use crate::build_ids::BuildIds;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::symbols;
use crate::map::BuildIdFrame;
use blazesym::symbolize::source::{Elf, Kernel, Process, Source};
use blazesym::symbolize::{Input, Symbolized, Symbolizer};
use std::fmt;
use std::path::{Path, PathBuf};

/// Turns addresses into names, and keeps what it has read of files for the next time.
///
/// Nothing is kept of a process: a number that comes to belong to another process, or a process
/// that starts another program, is looked at anew each time. Files are found as the process sees
/// them, from within its container.
///
/// It stays in the thread that made it: each thread makes its own, or all ask one
/// [`SharedSymbols`].
///
/// ```no_run
/// use bcc_runtime::Symbols;
///
/// let symbols = Symbols::new();
/// let stack = [0xffff_ffff_8123_4567, 0xffff_ffff_8100_0042];
/// for frame in symbols.kernel(&stack)? {
///     println!("{frame:#}"); // vfs_read+0x97 [kernel]
/// }
/// # Ok::<(), bcc_runtime::Error>(())
/// ```
pub struct Symbols {
    symbolizer: Symbolizer,
}

/// Who names addresses: [`Symbols`] or [`SharedSymbols`].
pub trait Symbolize: sealed::Sealed {
    /// As [`Symbols::kernel`].
    ///
    /// # Errors
    /// As there.
    fn kernel(&self, addresses: &[u64]) -> Result<Vec<Frame>>;

    /// As [`Symbols::process`].
    ///
    /// # Errors
    /// As there.
    fn process(&self, pid: u32, addresses: &[u64]) -> Result<Vec<Frame>>;

    /// As [`Symbols::files`].
    #[must_use]
    fn files(&self, files: &BuildIds, frames: &[BuildIdFrame]) -> Vec<Frame>;
}

mod sealed {
    pub trait Sealed {}
}

/// What is known of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The address itself.
    pub address: u64,
    /// The function it is in.
    pub symbol: std::result::Result<Symbol, Unknown>,
}

/// The function that an address is in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Symbol {
    /// Its name; C++ and Rust names are demangled unless that was switched off.
    pub name: String,
    /// How far behind its start the address is, in bytes.
    pub offset: u64,
    /// The binary or library it belongs to; `[kernel]`, or the kernel module's name.
    pub module: Option<PathBuf>,
}

/// Why an address has no name, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    reason: String,
}

impl Symbols {
    /// With demangled names.
    #[must_use]
    pub fn new() -> Self {
        Self::with_demangling(true)
    }

    /// With demangled names or names as the linker knows them. bcc's `demangle`.
    #[must_use]
    pub fn with_demangling(demangle: bool) -> Self {
        let symbolizer = Symbolizer::builder()
            .enable_code_info(false)
            .enable_inlined_fns(false)
            .enable_demangling(demangle)
            .build();
        Self { symbolizer }
    }

    /// Names of kernel addresses, in their order. bcc's `ksym`, and `sym` with a pid below zero.
    ///
    /// # Errors
    /// If the kernel does not show its symbols: `/proc/kallsyms` is missing or, for want of
    /// rights (`kernel.kptr_restrict`), all zeros.
    pub fn kernel(&self, addresses: &[u64]) -> Result<Vec<Frame>> {
        let source = Source::Kernel(Kernel::default());
        let mut frames = self.frames(&source, addresses, "the kernel")?;
        for symbol in frames
            .iter_mut()
            .filter_map(|frame| frame.symbol.as_mut().ok())
        {
            symbol.module.get_or_insert_with(|| "[kernel]".into());
        }
        Ok(frames)
    }

    /// Names of addresses of a process, in their order. bcc's `sym`.
    ///
    /// # Errors
    /// `NotFound` if there is no such process any more, `PermissionDenied` if it may not be looked
    /// at.
    pub fn process(&self, pid: u32, addresses: &[u64]) -> Result<Vec<Frame>> {
        let source = Source::Process(Process::new(pid.into()));
        self.frames(&source, addresses, &format!("process {pid}"))
    }

    /// Names of the frames of a stack that was saved by build id, in their order; the address of a
    /// frame is its offset in its file. A file that cannot be read any more is a reason why a name
    /// is unknown.
    #[must_use]
    pub fn files(&self, files: &BuildIds, frames: &[BuildIdFrame]) -> Vec<Frame> {
        places(files, frames)
            .map(|place| self.place(place))
            .collect()
    }

    fn place(&self, place: Place) -> Frame {
        let address = place.address;
        let named = place.file.and_then(|(path, offset)| {
            let source = Source::Elf(Elf::new(&path));
            let found = self
                .symbolizer
                .symbolize_single(&source, Input::FileOffset(offset));
            let found = found.map_err(|error| format!("{error:#}"))?;
            let mut named = frame(address, found);
            if let Ok(symbol) = &mut named.symbol {
                symbol.module.get_or_insert(path);
            }
            Ok(named)
        });
        named.unwrap_or_else(|reason| Frame {
            address,
            symbol: Err(Unknown { reason }),
        })
    }

    /// The address of a kernel symbol; `None` if there is none of that name. bcc's `ksymname`,
    /// which says -1 for that.
    ///
    /// # Errors
    /// If the kernel does not show its symbols, or only zeros for want of rights.
    pub fn kernel_address(&self, name: &str) -> Result<Option<u64>> {
        kernel_address(name)
    }

    fn frames(&self, source: &Source<'_>, addresses: &[u64], whose: &str) -> Result<Vec<Frame>> {
        let found = self.symbolizer.symbolize(source, Input::AbsAddr(addresses));
        let found = found.map_err(|error| failure(&error, whose))?;
        let frames = addresses.iter().zip(found);
        Ok(frames
            .map(|(address, found)| frame(*address, found))
            .collect())
    }
}

/// A frame of a stack that was saved by build id: the file, or why it is not known.
struct Place {
    address: u64,
    file: std::result::Result<(PathBuf, u64), String>,
}

fn places(files: &BuildIds, frames: &[BuildIdFrame]) -> impl Iterator<Item = Place> {
    frames.iter().map(|found| {
        let (BuildIdFrame::Address(address)
        | BuildIdFrame::File {
            offset: address, ..
        }) = *found;
        let file = files.place(found);
        Place {
            address,
            file: file.map(|(path, offset)| (path.to_owned(), offset)),
        }
    })
}

fn kernel_address(name: &str) -> Result<Option<u64>> {
    let listing = symbols::listing().map_err(|error| hidden().with_cause(error))?;
    match listing.lines().find_map(|line| named_address(line, name)) {
        Some(0) => Err(hidden()),
        found => Ok(found),
    }
}

impl sealed::Sealed for Symbols {}

impl Symbolize for Symbols {
    fn kernel(&self, addresses: &[u64]) -> Result<Vec<Frame>> {
        self.kernel(addresses)
    }

    fn process(&self, pid: u32, addresses: &[u64]) -> Result<Vec<Frame>> {
        self.process(pid, addresses)
    }

    fn files(&self, files: &BuildIds, frames: &[BuildIdFrame]) -> Vec<Frame> {
        self.files(files, frames)
    }
}

impl Default for Symbols {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols").finish_non_exhaustive()
    }
}

/// `vfs_read`, or `[unknown]`; with `{:#}`, as bcc's `show_offset` and `show_module` do,
/// `vfs_read+0x97 [kernel]`.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(symbol) = &self.symbol else {
            return f.pad("[unknown]");
        };
        if !f.alternate() {
            return f.pad(&symbol.name);
        }
        let module = symbol.module.as_deref().and_then(Path::file_name);
        let module = module.map(|module| module.to_string_lossy().into_owned());
        let module = match module.as_deref() {
            Some(module) if module.starts_with('[') => format!(" {module}"),
            Some(module) => format!(" [{module}]"),
            None => String::new(),
        };
        f.pad(&format!("{}+{:#x}{module}", symbol.name, symbol.offset))
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

fn frame(address: u64, found: Symbolized<'_>) -> Frame {
    let symbol = match found {
        Symbolized::Sym(sym) => Ok(Symbol {
            name: sym.name.into_owned(),
            offset: sym.offset as u64,
            module: sym.module.map(|module| PathBuf::from(module.into_owned())),
        }),
        Symbolized::Unknown(reason) => Err(Unknown {
            reason: reason.to_string(),
        }),
    };
    Frame { address, symbol }
}

/// The address in a line such as `ffffffff81000000 T vfs_read` if it is about `name`.
fn named_address(line: &str, name: &str) -> Option<u64> {
    let mut words = line.split_ascii_whitespace();
    let (address, _kind, found) = (words.next()?, words.next()?, words.next()?);
    (found == name).then_some(())?;
    u64::from_str_radix(address, 16).ok()
}

fn failure(error: &blazesym::Error, whose: &str) -> Error {
    let kind = match error.kind() {
        blazesym::ErrorKind::NotFound => ErrorKind::NotFound,
        blazesym::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        _ => ErrorKind::Other,
    };
    Error::new(
        kind,
        format!("failed to read the symbols of {whose}: {error:#}"),
    )
}

fn hidden() -> Error {
    let text = "the kernel does not show the addresses of its symbols in `/proc/kallsyms`; run as root \
                with `kernel.kptr_restrict` at 0 or 1";
    Error::new(ErrorKind::PermissionDenied, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(module: Option<&str>) -> Frame {
        let symbol = Symbol {
            name: "vfs_read".to_owned(),
            offset: 0x97,
            module: module.map(PathBuf::from),
        };
        Frame {
            address: 0x1000,
            symbol: Ok(symbol),
        }
    }

    /// S50: name, offset and module as bcc prints them.
    #[test]
    fn s50_frames_print_as_in_bcc() {
        assert_eq!(known(None).to_string(), "vfs_read");
        assert_eq!(format!("{:#}", known(None)), "vfs_read+0x97");
        assert_eq!(
            format!("{:#}", known(Some("[kernel]"))),
            "vfs_read+0x97 [kernel]"
        );
        let library = known(Some("/usr/lib/libc.so.6"));
        assert_eq!(format!("{library:#}"), "vfs_read+0x97 [libc.so.6]");
        assert_eq!(format!("{library:>10}|"), "  vfs_read|");
        let reason = "nobody knows".to_owned();
        let unknown = Frame {
            address: 0,
            symbol: Err(Unknown { reason }),
        };
        assert_eq!(format!("{unknown:#}"), "[unknown]");
    }

    /// Lines of `/proc/kallsyms`: a symbol, one of a module, another name.
    #[test]
    fn reads_addresses() {
        assert_eq!(
            named_address("ffff0000 T vfs_read", "vfs_read"),
            Some(0xffff_0000)
        );
        assert_eq!(named_address("10 t open\t[ext4]", "open"), Some(16));
        assert_eq!(named_address("10 t open2", "open"), None);
        assert_eq!(named_address("", "open"), None);
    }

    /// S50: functions of this process by their address; an address that no file backs.
    #[test]
    fn s50_functions_of_a_process() {
        let symbols = Symbols::new();
        let function = named_address as *const () as u64;
        let frames = symbols
            .process(std::process::id(), &[function + 1, 16])
            .unwrap();
        let symbol = frames[0].symbol.as_ref().unwrap();
        assert!(
            symbol.name.ends_with("symbols::named_address"),
            "{symbol:?}"
        );
        assert_eq!(symbol.offset, 1);
        assert!(symbol.module.as_ref().unwrap().is_absolute(), "{symbol:?}");
        assert_eq!(
            (frames[1].address, frames[1].to_string().as_str()),
            (16, "[unknown]")
        );
        assert!(
            !frames[1]
                .symbol
                .as_ref()
                .unwrap_err()
                .to_string()
                .is_empty()
        );
        let error = symbols.process(u32::MAX, &[function]).unwrap_err();
        assert!(error.to_string().contains("process 4294967295"), "{error}");
    }

    mod root {
        use super::*;

        /// S50: there and back: the address of a kernel function, and its name.
        #[test]
        #[ignore = "needs root"]
        fn s50_functions_of_the_kernel() {
            let symbols = Symbols::new();
            let address = symbols.kernel_address("vfs_read").unwrap().unwrap();
            let frames = symbols.kernel(&[address + 2, 1]).unwrap();
            assert_eq!(format!("{:#}", frames[0]), "vfs_read+0x2 [kernel]");
            assert_eq!(frames[1].to_string(), "[unknown]");
            assert_eq!(symbols.kernel_address("no_such_function").unwrap(), None);
        }
    }
}
