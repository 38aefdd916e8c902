//! The USDT probes of a binary or of a process.
//!
//! In: a file, or a process and the files it has mapped. Out: their probes, and which function is
//! to run on which.

use super::argument::UsdtArgument;
use crate::attach::{elf, library, offer};
use crate::error::{Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// The USDT probes of a binary, a library or a process. bcc's `USDT`.
///
/// Unlike there, it need not be made before the program is loaded: probes can be attached to at
/// any time.
///
/// # Examples
///
/// ```no_run
/// use bcc_runtime::attach::Usdt;
///
/// # fn main() -> bcc_runtime::Result<()> {
/// for probe in Usdt::from_path("c")?.probes() {
///     println!("{probe}: {} places", probe.locations().len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Usdt {
    /// Where the probes were looked for, in words.
    place: String,
    probes: Vec<UsdtProbe>,
    enabled: Vec<(Vec<UsdtProbe>, String)>,
}

/// A USDT probe of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsdtProbe {
    pub(super) path: PathBuf,
    pub(super) provider: String,
    pub(super) name: String,
    /// The process that the probe was looked up in.
    pub(super) pid: Option<u32>,
    pub(super) locations: Vec<UsdtLocation>,
}

/// One of the places in the code that have the probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsdtLocation {
    address: u64,
    /// In the file: what the kernel wants.
    pub(super) offset: u64,
    /// In the file; 0 for none.
    pub(super) semaphore: u64,
    arguments: Vec<UsdtArgument>,
}

impl Usdt {
    /// The probes of a binary or library, given like to `attach_uprobe`. bcc's `USDT(path=...)`.
    ///
    /// # Errors
    /// `NotFound` if there is no such file or if it has no probes; `InvalidData` if it is no ELF
    /// file.
    pub fn from_path(binary: impl AsRef<Path>) -> Result<Self> {
        Self::in_file(binary.as_ref(), None)
    }

    /// The probes of all files that a process has mapped as code; programs attached to them run in
    /// that process only. bcc's `USDT(pid=...)`.
    ///
    /// # Errors
    /// `NotFound` if there is no such process, or if nothing it has mapped has probes.
    pub fn from_pid(pid: u32) -> Result<Self> {
        let mut probes = Vec::new();
        for path in library::mapped_code(pid)? {
            // What is mapped as code need not be ELF: code made at run time has its own files.
            probes.extend(read(&path, Some(pid)).unwrap_or_default());
        }
        let usdt = Self::new(format!("what process {pid} has mapped"), probes);
        usdt.check_any()
    }

    /// The probes of one file; with a process, those that it runs.
    pub(super) fn in_file(binary: &Path, pid: Option<u32>) -> Result<Self> {
        let path = library::find(binary, pid)?;
        let usdt = Self::new(format!("`{}`", path.display()), read(&path, pid)?);
        usdt.check_any()
    }

    fn new(place: String, probes: Vec<UsdtProbe>) -> Self {
        Self {
            place,
            probes,
            enabled: Vec::new(),
        }
    }

    fn check_any(self) -> Result<Self> {
        if !self.probes.is_empty() {
            return Ok(self);
        }
        let text = format!(
            "{} has no USDT probes (no section `.note.stapsdt`); it may have to be built with \
             them, or use functions with `attach_uprobe`",
            self.place
        );
        Err(Error::new(ErrorKind::NotFound, text))
    }

    /// The probes, in the order of the files. bcc's `enumerate_probes`.
    #[must_use]
    pub fn probes(&self) -> &[UsdtProbe] {
        &self.probes
    }

    /// The probes called `provider:name`, or `name` where no two providers have one of that name:
    /// one of each file that has it.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names; `InvalidInput` if the provider is missing.
    pub fn find(&self, probe: &str) -> Result<Vec<UsdtProbe>> {
        let matches = |known: &&UsdtProbe| match probe.split_once(':') {
            Some((provider, name)) => known.provider == provider && known.name == name,
            None => known.name == probe,
        };
        let found: Vec<_> = self.probes.iter().filter(matches).cloned().collect();
        let names: BTreeSet<_> = found.iter().map(ToString::to_string).collect();
        match names.len() {
            0 => Err(self.unknown(probe)),
            1 => Ok(found),
            _ => {
                let names = Vec::from_iter(names).join("` or `");
                let text = format!("several providers have a probe `{probe}`; write `{names}`");
                Err(Error::new(ErrorKind::InvalidInput, text))
            }
        }
    }

    fn unknown(&self, probe: &str) -> Error {
        let with_provider = probe.contains(':');
        let names = self.probes.iter().map(|known| {
            if with_provider {
                known.to_string()
            } else {
                known.name.clone()
            }
        });
        let names: BTreeSet<_> = names.collect();
        let text = format!(
            "{} has no USDT probe `{probe}`{}",
            self.place,
            offer(probe, names)
        );
        Error::new(ErrorKind::NotFound, text)
    }

    /// Notes that a function of the program text is to run on a probe;
    /// [`Builder::usdt`](crate::Builder::usdt) or [`Bpf::attach_usdts`](crate::Bpf::attach_usdts)
    /// attaches it. bcc's `enable_probe`.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn enable_probe(&mut self, probe: &str, fn_name: &str) -> Result<()> {
        let probes = self.find(probe)?;
        self.enabled.push((probes, fn_name.to_owned()));
        Ok(())
    }

    /// What `enable_probe` noted.
    pub(crate) fn enabled(&self) -> &[(Vec<UsdtProbe>, String)] {
        &self.enabled
    }
}

impl UsdtProbe {
    /// The file that has it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first part of its name: mostly the program or library.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The second part of its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The places in the code that have it.
    #[must_use]
    pub fn locations(&self) -> &[UsdtLocation] {
        &self.locations
    }

    /// Whether the binary prepares the arguments only while somebody is attached.
    #[must_use]
    pub fn has_semaphore(&self) -> bool {
        self.locations.iter().any(|place| place.semaphore != 0)
    }
}

impl fmt::Display for UsdtProbe {
    /// `provider:name`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.provider, self.name)
    }
}

impl UsdtLocation {
    /// Its address, as `nm` and `objdump` show addresses of the file.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Where in the file the semaphore is, a counter of those who are attached; the kernel keeps
    /// it.
    #[must_use]
    pub fn semaphore(&self) -> Option<u64> {
        (self.semaphore != 0).then_some(self.semaphore)
    }

    /// The probe's arguments, in order. The same argument may be of another size elsewhere.
    #[must_use]
    pub fn arguments(&self) -> &[UsdtArgument] {
        &self.arguments
    }

    /// The arguments as the file has them.
    pub(super) fn list(&self) -> String {
        let words: Vec<_> = self.arguments.iter().map(ToString::to_string).collect();
        words.join(" ")
    }
}

/// The probes of a file, each with all its places.
fn read(path: &Path, pid: Option<u32>) -> Result<Vec<UsdtProbe>> {
    let image = elf::Image::open(path)?;
    let mut probes: Vec<UsdtProbe> = Vec::new();
    for note in image.usdt_notes()? {
        let location = UsdtLocation {
            address: note.address,
            offset: image.offset_of(note.address)?,
            semaphore: match note.semaphore {
                Some(address) => image.offset_of(address)?,
                None => 0,
            },
            arguments: UsdtArgument::parse_list(&note.arguments),
        };
        let same =
            |probe: &&mut UsdtProbe| probe.provider == note.provider && probe.name == note.name;
        match probes.iter_mut().find(same) {
            Some(probe) => probe.locations.push(location),
            None => probes.push(UsdtProbe {
                path: path.to_owned(),
                provider: note.provider,
                name: note.name,
                pid,
                locations: vec![location],
            }),
        }
    }
    Ok(probes)
}
