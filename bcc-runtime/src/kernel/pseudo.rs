//! Files of the kernel's own file systems, mounted or not.
//!
//! In: a file system and a path in it. Out: the file's text. Where the file system has no place in
//! the file tree we mount it for ourselves only, without a place.

use crate::sys::mount;
use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io::{self, Read as _};

/// A file system of the kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pseudo {
    /// What security modules say of themselves.
    Security,
    /// What is of interest to those who look into the kernel.
    Debug,
}

impl Pseudo {
    const fn kind(self) -> &'static CStr {
        match self {
            Self::Security => c"securityfs",
            Self::Debug => c"debugfs",
        }
    }

    /// Where it is usually mounted.
    const fn place(self) -> &'static str {
        match self {
            Self::Security => "/sys/kernel/security",
            Self::Debug => "/sys/kernel/debug",
        }
    }

    /// The text of a file.
    pub(crate) fn read(self, path: &str) -> io::Result<String> {
        // An empty directory of that name is there even if nothing is mounted.
        if let Ok(text) = fs::read_to_string(format!("{}/{path}", self.place())) {
            return Ok(text);
        }
        let root = mount::detached(self.kind())?;
        let path_c = CString::new(path)?;
        let mut text = String::new();
        File::from(mount::open_below(&root, &path_c, false)?).read_to_string(&mut text)?;
        Ok(text)
    }
}

/// The security modules that are active, in their order; `None` if the kernel does not tell.
pub(crate) fn security_modules() -> Option<Vec<String>> {
    let text = Pseudo::Security.read("lsm").ok()?;
    Some(text.trim().split(',').map(str::to_owned).collect())
}

/// The kernel's lockdown mode, if it is locked down.
pub(crate) fn lockdown() -> Option<String> {
    let text = Pseudo::Security.read("lockdown").ok()?;
    let (_, rest) = text.split_once('[')?;
    let (mode, _) = rest.split_once(']')?;
    (mode != "none").then(|| mode.to_owned())
}

/// The functions whose result a program may override; `None` if the kernel does not tell.
pub(crate) fn overridable_functions() -> Option<Vec<String>> {
    let text = Pseudo::Debug.read("error_injection/list").ok()?;
    let first = |line: &str| line.split_ascii_whitespace().next().map(str::to_owned);
    Some(text.lines().filter_map(first).collect())
}

/// The functions on the kernel's kprobe blacklist; `None` if the kernel does not tell.
pub(crate) fn kprobe_blacklist() -> Option<HashSet<String>> {
    let text = Pseudo::Debug.read("kprobes/blacklist").ok()?;
    // An address range, then the name.
    let name = |line: &str| line.split_ascii_whitespace().nth(1).map(str::to_owned);
    Some(text.lines().filter_map(name).collect())
}
