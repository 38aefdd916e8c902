//! The cache in folders of the test's own.

use super::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::thread;

fn slot(folder: &Path, request: &str) -> Slot {
    Slot {
        folder: folder.to_owned(),
        request: Digest::of("request", request),
        most: MOST,
    }
}

fn entry(slot: &Slot, object: &[u8]) -> Entry {
    Entry {
        request: slot.request,
        kernel: None,
        text: Digest::of("text", "t"),
        movable: None,
        object: object.to_owned(),
    }
}

/// The only file in a folder.
fn only_file(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).expect("it is there");
    let file = files.next().expect("there is one").expect("it is readable");
    assert!(files.next().is_none());
    file.path()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// A slot with an entry, in a folder that was made for it.
fn filled() -> (tempfile::TempDir, Slot, Entry) {
    let top = tempfile::tempdir().expect("there is room");
    let slot = slot(&top.path().join("a/cache"), "r");
    let entry = entry(&slot, b"object");
    slot.write(&entry).expect("it can be written");
    (top, slot, entry)
}

/// NH13: what was written is there, for this user only, and the next one replaces it.
#[test]
fn nh13_keeps_an_entry() {
    let (_top, slot, entry) = filled();
    assert_eq!(slot.read().expect("it is trusted"), Some(entry.clone()));
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o7777;
    assert_eq!(mode(&slot.folder), 0o700);
    assert_eq!(mode(&only_file(&slot.folder)), 0o600);
    let other = Entry {
        object: b"another".to_vec(),
        ..entry
    };
    slot.write(&other).expect("it can be written");
    assert_eq!(slot.read().expect("it is trusted"), Some(other));
    only_file(&slot.folder);
}

/// NH13: nothing there is no error, and no folder is made by looking.
#[test]
fn nh13_finds_nothing() {
    let top = tempfile::tempdir().expect("there is room");
    let slot = slot(&top.path().join("none"), "r");
    assert_eq!(slot.read().expect("nothing is wrong"), None);
    assert!(!slot.folder.exists());
}

/// NH13: an entry that is cut off, changed, or another request's is not there, and is replaced.
#[test]
fn nh13_ignores_damage() {
    let (_top, slot, entry) = filled();
    let file = only_file(&slot.folder);
    let bytes = fs::read(&file).expect("it is ours");
    let mut changed = bytes.clone();
    *changed.last_mut().expect("it is not empty") ^= 1;
    let foreign = Entry {
        request: Digest::of("request", "another"),
        ..entry.clone()
    };
    for damage in [
        &bytes[..bytes.len() - 1],
        &[],
        &changed,
        &foreign.to_bytes(),
    ] {
        fs::write(&file, damage).expect("it is ours");
        assert_eq!(slot.read().expect("the folder is trusted"), None);
        slot.write(&entry).expect("it can be written");
        assert_eq!(slot.read().expect("it is trusted"), Some(entry.clone()));
    }
}

/// NH13: a file others could have written, a link and a pipe are not read, and are replaced.
#[test]
fn nh13_ignores_files_of_others() {
    let (top, slot, entry) = filled();
    let file = only_file(&slot.folder);
    set_mode(&file, 0o620);
    assert_eq!(slot.read().expect("the folder is trusted"), None);
    let real = top.path().join("real");
    set_mode(&file, 0o600);
    fs::rename(&file, &real).expect("it is ours");
    symlink(&real, &file).expect("there is room");
    assert_eq!(slot.read().expect("the folder is trusted"), None);
    fs::remove_file(&file).expect("it is ours");
    rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RWXU).expect("there is room");
    assert_eq!(slot.read().expect("the folder is trusted"), None);
    slot.write(&entry).expect("it can be written");
    assert_eq!(slot.read().expect("it is trusted"), Some(entry));
}

/// NH13: a folder others can write to, also one on the way, and a link in place of one are refused
/// for reading and for writing.
#[test]
fn nh13_refuses_folders_of_others() {
    let (top, slot, entry) = filled();
    let refused = |slot: &Slot, expected: &str| {
        for error in [slot.read().unwrap_err(), slot.write(&entry).unwrap_err()] {
            assert!(error.to_string().contains(expected), "{error}");
        }
    };
    for (place, name) in [
        (slot.folder.clone(), "cache` "),
        (top.path().join("a"), "a` "),
    ] {
        for mode in [0o777, 0o720] {
            set_mode(&place, mode);
            refused(
                &slot,
                &format!("{name}can be changed by others (mode {mode:o})"),
            );
        }
        set_mode(&place, 0o700);
    }
    // On the way, nobody can replace what is ours in a folder like `/tmp`.
    set_mode(&top.path().join("a"), 0o1777);
    assert!(slot.read().expect("it is trusted").is_some());
    set_mode(&slot.folder, 0o1777);
    refused(&slot, "can be changed by others (mode 1777)");
    set_mode(&slot.folder, 0o700);
    let real = top.path().join("a/real");
    fs::rename(&slot.folder, &real).expect("it is ours");
    symlink(&real, &slot.folder).expect("there is room");
    refused(&slot, "cache` is a link or a file");
}

/// NH13: many writers and readers at once; a reader sees a whole entry or none.
#[test]
fn nh13_works_at_once() {
    let top = tempfile::tempdir().expect("there is room");
    let folder = top.path().join("cache");
    thread::scope(|scope| {
        for number in 0..8_u8 {
            let slot = slot(&folder, "r");
            scope.spawn(move || {
                let entry = entry(&slot, &vec![number; 50_000]);
                for _ in 0..50 {
                    slot.write(&entry).expect("it can be written");
                    let found = slot.read().expect("it is trusted").expect("it is whole");
                    assert_eq!(found.object.len(), 50_000);
                }
            });
        }
    });
    only_file(&folder);
}

/// NH13: the oldest entries go when there are too many bytes; files left behind go after an hour.
/// What has a name that we do not give stays, however old and large.
#[test]
fn nh13_removes_the_oldest() {
    let found = |name: &str, size, time| Found {
        name: name.to_owned(),
        size,
        time,
    };
    let [old, new, middle] = ["old", "new", "middle"].map(|name| Digest::of("request", name).hex());
    let [busy, left] = [1, 2].map(|number| format!(".new-{number:016x}"));
    let files = vec![
        found(&old, 40, 1000),
        found(&new, 40, 3000),
        found(&middle, 40, 2000),
        found(&busy, 40, 9_000),
        found(&left, 40, 1_000),
        found("backup.tar", 1000, 5),
        found(".new-ideas", 1000, 5),
        found(&old.to_uppercase(), 1000, 5),
    ];
    assert_eq!(superfluous(files.clone(), 100, 10_000), [left, old]);
    assert_eq!(superfluous(files, 120, 4_000), [""; 0]);

    let (_top, mut first, _) = filled();
    first.most = first.entry_size() + 10;
    let second = Slot {
        request: Digest::of("request", "second"),
        folder: first.folder.clone(),
        most: first.most,
    };
    set_time(&only_file(&first.folder), 1_000_000);
    second
        .write(&entry(&second, b"object"))
        .expect("it can be written");
    assert_eq!(first.read().expect("it is trusted"), None);
    assert!(second.read().expect("it is trusted").is_some());
}

impl Slot {
    fn entry_size(&self) -> u64 {
        fs::metadata(only_file(&self.folder)).expect("there").len()
    }
}

/// Makes a file as old as this, in seconds since 1970.
fn set_time(path: &Path, seconds: u64) {
    let file = fs::File::options().write(true).open(path).expect("ours");
    let time = UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    file.set_modified(time).expect("it is ours");
}

mod root {
    use super::*;

    /// NH13: a folder and a file that belong to another user are not trusted.
    #[test]
    #[ignore = "needs root"]
    fn nh13_ignores_other_owners() {
        let (_top, slot, _) = filled();
        let file = only_file(&slot.folder);
        std::os::unix::fs::chown(&file, Some(65534), None).expect("we are root");
        assert_eq!(slot.read().expect("the folder is trusted"), None);
        std::os::unix::fs::chown(&file, Some(0), None).expect("we are root");
        assert!(slot.read().expect("it is trusted").is_some());
        std::os::unix::fs::chown(&slot.folder, Some(65534), None).expect("we are root");
        let error = slot.read().unwrap_err();
        let expected = "belongs to user 65534, not to user 0";
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}
