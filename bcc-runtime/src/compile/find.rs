//! Where clang is.
//!
//! In: a path from the caller or the environment, if there is one. Out: the path of a clang. Its
//! version is not asked, which would cost a process: the text itself refuses a clang that is too
//! old, and [`too_old`] then words the error.

use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use std::env;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Oldest clang with everything the text needs (`preserve_access_index` on records).
pub(super) const OLDEST: u32 = 11;
/// Newest versioned name to try; newer ones come as plain `clang` as well.
const NEWEST: u32 = 23;
/// What the text says to a clang that is too old.
pub(super) const TOO_OLD: &str = "bcc: this clang is too old";

/// Finds clang: the caller's, `BCC_CLANG`, `clang` or its newest versioned name in `PATH`, or
/// LLVM's own folders.
pub(super) fn clang(wanted: Option<&Path>) -> Result<PathBuf> {
    let wanted = wanted.map(Path::to_owned);
    if let Some(path) = wanted.or_else(|| environment::path(environment::CLANG)) {
        return Ok(path);
    }
    let search = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&search).collect();
    in_folders(&folders, is_executable)
}

/// The first clang there is, by the names and in the places we know.
pub(super) fn in_folders(folders: &[PathBuf], is_there: impl Fn(&Path) -> bool) -> Result<PathBuf> {
    let versions = (OLDEST..=NEWEST).rev();
    let in_path = std::iter::once("clang".to_owned())
        .chain(versions.clone().map(|version| format!("clang-{version}")))
        .flat_map(|name| folders.iter().map(move |folder| folder.join(&name)));
    let in_llvm = versions.map(|version| format!("/usr/lib/llvm-{version}/bin/clang").into());
    in_path
        .chain(in_llvm)
        .find(|path| is_there(path))
        .ok_or_else(missing)
}

fn is_executable(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn missing() -> Error {
    let message = format!(
        "clang is not installed, and programs are compiled at start-up; install clang {OLDEST} or \
         newer (`apt-get install clang`, `dnf install clang`) or set `BCC_CLANG` to its path"
    );
    Error::new(ErrorKind::Compile, message)
}

/// The error for a clang that is too old, if what it said shows that.
pub(super) fn too_old(clang: &Path, said: &str) -> Option<Error> {
    if !said.contains(TOO_OLD) {
        return None;
    }
    let found = Command::new(clang).arg("--version").output();
    let found = found.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let found = found.unwrap_or_default();
    let first = found.lines().next().unwrap_or("of unknown version");
    let message = format!(
        "clang at `{}` is too old ({first}): programs need clang {OLDEST} or newer; install one \
         (`apt-get install clang`) or set `BCC_CLANG` to its path",
        clang.display()
    );
    Some(Error::new(ErrorKind::Compile, message))
}
