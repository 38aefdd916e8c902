//! A clang that counts how often it runs, before the real one does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// A clang that counts its runs. It is gone when this is dropped.
#[derive(Debug)]
pub struct CountingClang {
    folder: tempfile::TempDir,
}

impl Default for CountingClang {
    fn default() -> Self {
        Self::new()
    }
}

impl CountingClang {
    /// One that has not run.
    ///
    /// # Panics
    /// If its file cannot be written.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let clang = Self { folder };
        clang.change("");
        clang
    }

    /// Makes another file of it, with a comment in it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn change(&self, comment: &str) {
        let log = self.log();
        let script = format!(
            "#!/bin/sh\n# {comment}\necho run >> '{}'\nexec clang \"$@\"\n",
            log.display()
        );
        let path = self.path();
        // A new file: the old one may still be running.
        drop(fs::remove_file(&path));
        fs::write(&path, script).expect("a script can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is our own");
    }

    /// Its path, for `BCC_CLANG` and `Builder::clang`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("clang")
    }

    /// How often it has run.
    #[must_use]
    pub fn runs(&self) -> usize {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        log.lines().count()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}
