//! Finding libraries and binaries by name.
//!
//! In: a path, the name of a library (`c`), or of a program (`bash`). Out: the path of its file.

use crate::error::{Context as _, Error, ErrorKind, Result};
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Where the dynamic linker looks for what its cache does not list.
const DIRECTORIES: [&str; 6] = [
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
    "/usr/local/lib",
    "/usr/local/lib64",
];

/// The file of a library or binary; with a process, as that process sees it.
pub(super) fn find(name: &Path, pid: Option<u32>) -> Result<PathBuf> {
    let root = root_of(pid)?;
    if name.as_os_str().as_bytes().contains(&b'/') {
        return find_path(name, &root);
    }
    let Some(text) = name.to_str().filter(|text| !text.is_empty()) else {
        return Err(not_found(name));
    };
    let found = pid
        .and_then(|pid| in_process(text, pid, &root))
        .or_else(|| in_cache(text, &root))
        .or_else(|| in_directories(text, &root))
        .or_else(|| in_search_path(text, &root));
    found.ok_or_else(|| not_found(name))
}

/// Where a process has its root directory.
fn root_of(pid: Option<u32>) -> Result<PathBuf> {
    let Some(pid) = pid else {
        return Ok(PathBuf::from("/"));
    };
    let process = PathBuf::from(format!("/proc/{pid}"));
    if process.exists() {
        return Ok(process.join("root"));
    }
    let text = format!("there is no process {pid}");
    Err(Error::new(ErrorKind::NotFound, text))
}

/// A path as the process sees it, or else as we do.
fn find_path(path: &Path, root: &Path) -> Result<PathBuf> {
    let inside = below(root, path);
    let places = [inside, path.to_owned()];
    let found = places.into_iter().find(|place| place.is_file());
    found.ok_or_else(|| not_found(path))
}

/// An absolute path below another root.
fn below(root: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix("/") {
        Ok(relative) => root.join(relative),
        Err(_) => path.to_owned(),
    }
}

/// The library as the process has mapped it.
fn in_process(name: &str, pid: u32, root: &Path) -> Option<PathBuf> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let paths = maps.lines().filter_map(mapped_path);
    let mut matching = paths.filter(|path| is_library(path, name));
    matching.find_map(|path| usable(below(root, Path::new(path))))
}

/// The path in a line such as `7f00-7f10 r-xp 00002000 fe:00 1234   /lib/libc.so.6`.
fn mapped_path(line: &str) -> Option<&str> {
    line.find('/').map(|at| &line[at..])
}

/// The files that a process runs code of: its binary and libraries.
pub(super) fn mapped_code(pid: u32) -> Result<Vec<PathBuf>> {
    let root = root_of(Some(pid))?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))
        .with_context(|| format!("failed to see what process {pid} has mapped"))?;
    let is_code = |line: &&str| {
        let rights = line.split_ascii_whitespace().nth(1);
        rights.is_some_and(|rights| rights.contains('x'))
    };
    let paths = maps.lines().filter(is_code).filter_map(mapped_path);
    let mut paths: Vec<_> = paths.map(|path| below(&root, Path::new(path))).collect();
    // In the order of their addresses, each once.
    paths.dedup();
    paths.retain(|path| path.is_file());
    Ok(paths)
}

fn in_cache(name: &str, root: &Path) -> Option<PathBuf> {
    let cache = fs::read(root.join("etc/ld.so.cache")).ok()?;
    let mut paths = cached_paths(&cache).filter(|path| is_library(path, name));
    paths.find_map(|path| usable(below(root, Path::new(path))))
}

fn in_directories(name: &str, root: &Path) -> Option<PathBuf> {
    DIRECTORIES.iter().find_map(|directory| {
        let entries = fs::read_dir(below(root, Path::new(directory))).ok()?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let named = |path: &PathBuf| path.to_str().is_some_and(|path| is_library(path, name));
        let mut named: Vec<_> = paths.filter(named).collect();
        // The same one each time, whatever order the directory has.
        named.sort_unstable();
        named.into_iter().find_map(usable)
    })
}

fn in_search_path(name: &str, root: &Path) -> Option<PathBuf> {
    let search_path = std::env::var_os("PATH")?;
    std::env::split_paths(&search_path)
        .map(|directory| below(root, &directory.join(name)))
        .find(|path| path.is_file())
}

/// Whether `/lib/libc.so.6` is meant by `c`: `libc.so`, whatever version, or `libc-2.31.so`.
fn is_library(path: &str, name: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    if file == name {
        return file.contains(".so");
    }
    let Some(rest) = file
        .strip_prefix("lib")
        .and_then(|rest| rest.strip_prefix(name))
    else {
        return false;
    };
    let version = rest
        .strip_prefix('-')
        .and_then(|rest| rest.strip_suffix(".so"));
    rest == ".so"
        || rest.starts_with(".so.")
        || version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
}

/// The path, if it is a file for the same kind of machine as this process.
fn usable(path: PathBuf) -> Option<PathBuf> {
    let same = machine_of(&path).is_some_and(|machine| Some(machine) == own_machine());
    same.then_some(path)
}

fn own_machine() -> Option<(u8, [u8; 2])> {
    machine_of(Path::new("/proc/self/exe"))
}

/// Class (32 or 64 bits) and machine of an ELF file, as its header has them.
fn machine_of(path: &Path) -> Option<(u8, [u8; 2])> {
    let mut header = [0; 20];
    fs::File::open(path).ok()?.read_exact(&mut header).ok()?;
    let is_elf = header.starts_with(b"\x7fELF");
    is_elf.then_some((header[4], [header[18], header[19]]))
}

/// The paths of glibc's `/etc/ld.so.cache`, format 1.1, which follows an older one in some files.
///
/// Layout: <https://sourceware.org/git/?p=glibc.git;a=blob;f=sysdeps/generic/dl-cache.h>
fn cached_paths(cache: &[u8]) -> impl Iterator<Item = &str> {
    const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
    const HEADER: usize = 48;
    const ENTRY: usize = 24;
    /// Where an entry has the offset of its path, counted from the magic.
    const PATH_AT: usize = 8;

    let start = cache
        .windows(MAGIC.len())
        .position(|window| window == MAGIC);
    let cache = start.map_or(&[][..], |start| &cache[start..]);
    let count = number(cache, MAGIC.len()).unwrap_or(0);
    (0..count)
        .map_while(move |index| number(cache, HEADER + index * ENTRY + PATH_AT))
        .filter_map(move |offset| {
            let text = cache.get(offset..)?;
            let end = text.iter().position(|byte| *byte == 0)?;
            std::str::from_utf8(&text[..end]).ok()
        })
}

/// The four-byte number at an offset.
fn number(bytes: &[u8], offset: usize) -> Option<usize> {
    let bytes = bytes.get(offset..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_ne_bytes(*bytes)).ok()
}

fn not_found(name: &Path) -> Error {
    let name = name.display();
    let text = if name.to_string().contains('/') {
        format!("there is no file `{name}`")
    } else {
        format!(
            "there is no library `lib{name}.so` that the dynamic linker finds, and no program \
             `{name}` in `PATH`; give the path of the file"
        )
    };
    Error::new(ErrorKind::NotFound, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of libraries with and without versions, and names that only begin alike.
    #[test]
    fn knows_libraries() {
        for path in ["/lib/libc.so.6", "/lib/libc.so", "/lib/libc-2.31.so"] {
            assert!(is_library(path, "c"), "{path}");
        }
        for path in [
            "/lib/libcap.so.2",
            "/lib/libc-client.so.2007",
            "/lib/libc.a",
            "/bin/c",
        ] {
            assert!(!is_library(path, "c"), "{path}");
        }
        assert!(is_library("/lib/libz.so.1", "libz.so.1"));
    }

    /// A cache with one entry, whole and cut off anywhere.
    #[test]
    fn reads_the_cache() {
        let mut cache = b"glibc-ld.so.cache1.1".to_vec();
        cache.extend(1_u32.to_ne_bytes());
        cache.resize(48, 0);
        for word in [3_u32, 72, 82, 0, 0, 0] {
            cache.extend(word.to_ne_bytes());
        }
        cache.extend(b"libc.so.6\0/lib/libc.so.6\0");
        assert_eq!(cached_paths(&cache).collect::<Vec<_>>(), ["/lib/libc.so.6"]);
        for end in 0..cache.len() {
            assert_eq!(cached_paths(&cache[..end]).count(), 0);
        }
        let behind_old = [b"ld.so-1.7.0\0 and so on".as_slice(), &cache].concat();
        assert_eq!(cached_paths(&behind_old).count(), 1);
    }

    /// libc by its bcc name, a program by its name, a path; and what is none of them.
    #[test]
    fn finds_files() {
        let libc = find(Path::new("c"), None).unwrap();
        assert!(
            is_library(libc.to_str().unwrap(), "c"),
            "{}",
            libc.display()
        );
        let own = find(Path::new("c"), Some(std::process::id())).unwrap();
        assert_eq!(
            fs::canonicalize(own).unwrap(),
            fs::canonicalize(libc).unwrap()
        );
        assert!(find(Path::new("sh"), None).unwrap().ends_with("sh"));
        assert!(find(Path::new("/proc/self/exe"), None).is_ok());
        let error = find(Path::new("c"), Some(u32::MAX)).unwrap_err();
        assert_eq!(error.to_string(), "there is no process 4294967295");
        let error = find(Path::new("no_such_thing"), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let expected = "there is no library `libno_such_thing.so` that the dynamic linker finds, \
                        and no program `no_such_thing` in `PATH`; give the path of the file";
        assert_eq!(error.to_string(), expected);
    }
}
