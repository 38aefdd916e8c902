//! A kernel to compile for.

use crate::environment;
use crate::kernel::btf::KERNEL_BTF;
use crate::kernel::version::Version;
use std::fmt;
use std::path::{Path, PathBuf};

/// A kernel to compile for: the running one, or another by what there is of it in files.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    pub(crate) types: Option<PathBuf>,
    pub(crate) formats: Option<PathBuf>,
    pub(crate) version: Option<Version>,
}

impl Kernel {
    /// The running kernel, or that of `BCC_BTF`.
    #[must_use]
    pub fn running() -> Self {
        Self::default()
    }

    /// The kernel whose types are in a file: a copy of its `/sys/kernel/btf/vmlinux`.
    #[must_use]
    pub fn with_types(path: impl Into<PathBuf>) -> Self {
        Self {
            types: Some(path.into()),
            ..Self::default()
        }
    }

    /// A folder with the records of its tracepoints, as `CATEGORY/EVENT/format`, instead of those of
    /// the running kernel, which only root may read. A copy of `/sys/kernel/tracing/events` is made by
    ///
    /// ```sh
    /// (cd /sys/kernel/tracing/events && find . -name format | cpio -pdm FOLDER)
    /// ```
    #[must_use]
    pub fn formats(mut self, folder: impl Into<PathBuf>) -> Self {
        self.formats = Some(folder.into());
        self
    }

    /// Its release, such as 6.1.0, instead of that of the running kernel: for programs that use
    /// `LINUX_VERSION_CODE`. An object of such a program fits this release only.
    #[must_use]
    pub fn release(mut self, major: u32, minor: u32, patch: u32) -> Self {
        self.version = Some(Version::new(major, minor, patch));
        self
    }

    /// The same with its files below a folder.
    pub(super) fn below(&self, folder: &Path) -> Self {
        let join = |path: &Option<PathBuf>| path.as_ref().map(|path| folder.join(path));
        Self {
            types: join(&self.types),
            formats: join(&self.formats),
            version: self.version,
        }
    }

    /// The files that objects for it are made of. That of the running kernel's types is newer after each
    /// boot, so that another kernel does not go unnoticed.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let given = self.types.clone();
        let given = given.or_else(|| environment::path(environment::TYPES));
        // Cargo takes a file that is not there for one that has changed.
        let running = Path::new(KERNEL_BTF);
        let types = given.or_else(|| running.exists().then(|| running.to_owned()));
        types.into_iter().chain(self.formats.clone()).collect()
    }
}

impl<P: Into<PathBuf>> From<P> for Kernel {
    fn from(path: P) -> Self {
        Self::with_types(path)
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.types {
            Some(path) => write!(f, "the kernel of `{}`", path.display()),
            None => f.write_str("the running kernel"),
        }
    }
}
