//! Files by the build id that their linker gave them.
//!
//! In: files, or a process whose files count. Out: names for the frames of stacks that the kernel
//! saved by build id, which hold after the process is gone.

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::map::BuildIdFrame;
use blazesym::helper::read_elf_build_id;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// How many bytes the kernel keeps of a build id.
const SIZE: usize = 20;

/// Files, by their build ids: where the frames of a
/// [`StackTraceBuildId`](crate::map::StackTraceBuildId) get their names from.
///
/// ```no_run
/// use bcc_runtime::{BuildIds, Symbols, map::StackTraceBuildId};
///
/// # fn show(stacks: &StackTraceBuildId, id: i32, pid: u32) -> bcc_runtime::Result<()> {
/// let mut files = BuildIds::new();
/// files.add_process(pid)?;
/// for frame in stacks.walk_files(id, &files, &Symbols::new())? {
///     println!("{frame:#}"); // main+0x1c [server]
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct BuildIds {
    files: HashMap<[u8; SIZE], PathBuf>,
}

impl BuildIds {
    /// Without any file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a program or library and tells whether it has a build id. bcc's `add_module`.
    ///
    /// # Errors
    /// If the file cannot be read or is no ELF file.
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<bool> {
        let path = path.as_ref();
        let found = build_id(path)?;
        let known = found.map(|id| self.files.insert(id, path.to_owned()));
        Ok(known.is_some())
    }

    /// Adds the program and the libraries that a process has mapped now. Those without a build id,
    /// or that cannot be read any more, are left out.
    ///
    /// Files of a container that the caller does not see are found as long as the process runs.
    ///
    /// # Errors
    /// `NotFound` if there is no such process, `PermissionDenied` if it may not be looked at.
    pub fn add_process(&mut self, pid: u32) -> Result<()> {
        let list = format!("/proc/{pid}/maps");
        let maps = fs::read_to_string(&list)
            .with_context(|| format!("failed to read the files of process {pid} in `{list}`"))?;
        for path in maps.lines().filter_map(code_of).collect::<BTreeSet<_>>() {
            let inside = format!("/proc/{pid}/root{path}");
            let Ok(Some(id)) = build_id(Path::new(&inside)) else {
                continue;
            };
            // The same file as the caller sees it stays when the process goes.
            let same = build_id(Path::new(path)).is_ok_and(|outside| outside == Some(id));
            let path = if same { path } else { &inside };
            self.files.insert(id, PathBuf::from(path));
        }
        Ok(())
    }

    /// The file of a build id; zeros stand behind a shorter one.
    #[must_use]
    pub fn file(&self, build_id: &[u8; SIZE]) -> Option<&Path> {
        self.files.get(build_id).map(PathBuf::as_path)
    }

    /// Where a frame is, or why that cannot be told.
    pub(crate) fn place(&self, frame: &BuildIdFrame) -> Result<(&Path, u64), String> {
        match frame {
            BuildIdFrame::Address(_) => Err("the kernel did not find the file".to_owned()),
            BuildIdFrame::File { build_id, offset } => match self.file(build_id) {
                Some(path) => Ok((path, *offset)),
                None => Err(format!("no file has the build id {}", hex(build_id))),
            },
        }
    }
}

/// The file of a line of `/proc/PID/maps` if it holds code, such as
/// `55d0c0a00000-55d0c0a01000 r-xp 00001000 08:01 1234    /usr/bin/cat`.
fn code_of(line: &str) -> Option<&str> {
    let (_, path) = line.split_once('/')?;
    let rights = line.split_ascii_whitespace().nth(1)?;
    rights
        .contains('x')
        .then(|| &line[line.len() - path.len() - 1..])
}

fn build_id(path: &Path) -> Result<Option<[u8; SIZE]>> {
    let found = read_elf_build_id(path).map_err(|error| {
        let place = path.display();
        let text = format!("failed to read the build id of `{place}`: {error:#}");
        let kind = match error.kind() {
            blazesym::ErrorKind::NotFound => ErrorKind::NotFound,
            blazesym::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::InvalidData,
        };
        Error::new(kind, text)
    })?;
    Ok(found.map(|bytes| {
        let mut id = [0; SIZE];
        let kept = bytes.iter().zip(&mut id);
        kept.for_each(|(from, to)| *to = *from);
        id
    }))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in bytes {
        // A `String` takes everything.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code of files is found; data, other memory and names with blanks are told apart.
    #[test]
    fn reads_maps() {
        let line = "7f00-7f01 r-xp 00001000 08:01 1234    /opt/a b/lib.so";
        assert_eq!(code_of(line), Some("/opt/a b/lib.so"));
        assert_eq!(code_of("7f00-7f01 r--p 0 08:01 1234    /lib.so"), None);
        assert_eq!(code_of("7f00-7f01 r-xp 0 00:00 0    [vdso]"), None);
        assert_eq!(code_of("7f00-7f01 rwxp 0 00:00 0"), None);
    }

    /// This program's own file, by itself and among those of this process.
    #[test]
    fn knows_this_program() {
        let exe = std::env::current_exe().unwrap();
        let id = build_id(&exe).unwrap().unwrap();
        let mut files = BuildIds::new();
        assert!(files.add_file(&exe).unwrap());
        assert_eq!(files.file(&id), Some(exe.as_path()));
        let mut files = BuildIds::new();
        files.add_process(std::process::id()).unwrap();
        assert_eq!(files.file(&id), Some(exe.as_path()));
        assert!(files.files.len() > 1, "{files:?}");
        let error = files.add_process(u32::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = files.add_file("/no/such/file").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(files.add_file("/proc/self/maps").is_err());
    }

    /// What is not known says why.
    #[test]
    fn says_what_is_missing() {
        let files = BuildIds::new();
        let frame = BuildIdFrame::File {
            build_id: [0xab; SIZE],
            offset: 1,
        };
        let reason = files.place(&frame).unwrap_err();
        assert!(reason.ends_with(&"ab".repeat(SIZE)), "{reason}");
        assert!(files.place(&BuildIdFrame::Address(1)).is_err());
    }
}
