//! A folder that nobody else can write to.
//!
//! In: its path. Out: [`Folder`], or why it cannot be trusted. What is in it gets loaded into the
//! kernel, with all the rights of this process: whoever could change it would have those rights. So
//! every folder on the way belongs to root or to us, cannot be changed by others, and is reached
//! through the one before; no link is followed.

use super::is_hex;
use crate::error::{Error, ErrorKind, Result};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// Rights that let others change a file or what a folder has in it.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// In such a folder, as `/tmp` is one, nobody can touch what belongs to somebody else.
const STICKY: u32 = 0o1000;
/// What the names of files begin with that are being written.
const UNFINISHED: &str = ".new-";
/// How many digits follow it.
const DIGITS: usize = 16;
/// Largest file that is read, in bytes; objects have some ten thousand.
const LARGEST: u64 = 64 << 20;

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// An open folder that can be trusted.
#[derive(Debug)]
pub(super) struct Folder {
    fd: OwnedFd,
}

/// A file in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    /// Size in bytes.
    pub(super) size: u64,
    /// When it was written, in seconds since 1970.
    pub(super) time: i64,
}

impl Folder {
    /// Opens a folder; `None` if there is none.
    pub(super) fn open(path: &Path) -> Result<Option<Self>> {
        walk(path, false)
    }

    /// Opens a folder, and makes it first if there is none, for this user alone.
    pub(super) fn make(path: &Path) -> Result<Self> {
        walk(path, true)?.ok_or_else(|| {
            let text = format!("`{}` went away", path.display());
            Error::new(ErrorKind::NotFound, text)
        })
    }

    /// The bytes of a file; `None` if there is none, or none that can be trusted.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        // A pipe in its place must not make us wait.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty()).ok()?;
        let stat = rustix::fs::fstat(&fd).ok()?;
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        let is_ours = stat.st_uid == own_user() && stat.st_mode & WRITABLE_BY_OTHERS == 0;
        let size = u64::try_from(stat.st_size).ok()?;
        if !is_file || !is_ours || size > LARGEST {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?);
        let mut file = File::from(fd).take(LARGEST);
        file.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Writes a file, in one step for whoever reads it.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = format!("{UNFINISHED}{:0DIGITS$x}", random()?);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let fd = rustix::fs::openat(&self.fd, &unfinished, flags, mode)?;
        let written = File::from(fd).write_all(bytes);
        let renamed = written.and_then(|()| {
            // No `fsync`: whatever a crash leaves half written is known by its digest.
            rustix::fs::renameat(&self.fd, &unfinished, &self.fd, name).map_err(io::Error::from)
        });
        if renamed.is_err() {
            self.remove(&unfinished);
        }
        renamed
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, name: &str) {
        // Whoever else removed it did what we want; a file that stays is no harm.
        let _removed = rustix::fs::unlinkat(&self.fd, name, AtFlags::empty());
    }

    /// All files.
    pub(super) fn list(&self) -> io::Result<Vec<Found>> {
        let entries = Dir::read_from(self.fd.as_fd())?.filter_map(std::result::Result::ok);
        let found = entries.filter_map(|entry| {
            let name = entry.file_name().to_str().ok()?.to_owned();
            let stat = rustix::fs::statat(&self.fd, &name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
            is_file.then_some(Found {
                name,
                size: u64::try_from(stat.st_size).unwrap_or(0),
                time: stat.st_mtime,
            })
        });
        Ok(found.collect())
    }
}

/// Whether a file's name is one of those that [`Folder::write`] begins with.
pub(super) fn is_unfinished(name: &str) -> bool {
    let digits = name.strip_prefix(UNFINISHED);
    digits.is_some_and(|digits| is_hex(digits, DIGITS))
}

/// Goes down to a folder, from the root on.
fn walk(path: &Path, make: bool) -> Result<Option<Folder>> {
    let path = std::path::absolute(path)?;
    let mut place = PathBuf::from("/");
    let mut fd = rustix::fs::openat(CWD, "/", FOLDER, Mode::empty()).map_err(io::Error::from)?;
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        if matches!(part, Component::Normal(_) | Component::ParentDir) {
            match step(&fd, part.as_os_str(), make) {
                Ok(next) => fd = next,
                Err(Errno::NOENT) if !make => return Ok(None),
                Err(errno) => return Err(no_way(&place, errno)),
            }
        }
        let stat = rustix::fs::fstat(&fd).map_err(io::Error::from)?;
        check(&place, &stat, own_user(), parts.peek().is_none())?;
    }
    Ok(Some(Folder { fd }))
}

fn step(fd: &OwnedFd, name: &std::ffi::OsStr, make: bool) -> rustix::io::Result<OwnedFd> {
    let open = || rustix::fs::openat(fd, name, FOLDER, Mode::empty());
    match open() {
        Err(Errno::NOENT) if make => {}
        other => return other,
    }
    match rustix::fs::mkdirat(fd, name, Mode::RWXU) {
        // Another process may have been faster.
        Ok(()) | Err(Errno::EXIST) => open(),
        Err(errno) => Err(errno),
    }
}

/// The error for a folder that cannot be entered or made.
fn no_way(place: &Path, errno: Errno) -> Error {
    let error = Error::from(io::Error::from(errno));
    // With `NOFOLLOW` and `DIRECTORY`, the kernel says either of these of a link.
    let is_link = matches!(errno, Errno::LOOP | Errno::NOTDIR);
    let what = if is_link {
        "is a link or a file where a folder should be"
    } else {
        "cannot be opened or made"
    };
    let text = format!("`{}` {what}", place.display());
    Error::new(error.kind(), text).with_cause(error)
}

/// Refuses a folder that others could change; the last one has to be ours.
fn check(place: &Path, stat: &Stat, user: u32, last: bool) -> Result<()> {
    let owner = stat.st_uid;
    let refuse = |what: String| {
        let text = format!("`{}` {what}", place.display());
        Err(Error::new(ErrorKind::PermissionDenied, text))
    };
    if owner != user && (last || owner != 0) {
        return refuse(format!("belongs to user {owner}, not to user {user}"));
    }
    let mode = stat.st_mode & 0o7777;
    let protected = !last && mode & STICKY != 0;
    if mode & WRITABLE_BY_OTHERS != 0 && !protected {
        return refuse(format!("can be changed by others (mode {mode:o})"));
    }
    Ok(())
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A number nobody can foresee.
fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(u64::from_ne_bytes(bytes))
}
