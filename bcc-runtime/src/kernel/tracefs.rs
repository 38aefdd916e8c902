//! The kernel's tracefs, mounted or not.
//!
//! In: names of tracepoints, or paths below tracefs. Out: their numbers, their formats, open files.
//! Where tracefs has no place in the file tree we mount it for ourselves only, without a place.

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::mount;
use std::collections::HashSet;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;
use std::sync::Mutex;

/// Where tracefs is usually mounted; debugfs mounts it by itself once somebody looks.
const USUAL_PLACES: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
/// How many nearest names a message offers.
const OFFERED: usize = 3;

/// The root of tracefs, opened once per process.
static ROOT: Mutex<Option<&'static OwnedFd>> = Mutex::new(None);

/// Whether a file is read with or without waiting for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Yes,
    No,
}

/// Opens a file below tracefs, such as `trace_pipe`.
pub(crate) fn open(path: &str, wait: Wait) -> Result<File> {
    let root = root()?;
    let what = || format!("failed to open `{path}` in tracefs");
    let path_c = CString::new(path)
        .map_err(io::Error::from)
        .with_context(what)?;
    let file = mount::open_below(root, &path_c, wait == Wait::No).with_context(what)?;
    Ok(File::from(file))
}

/// The text of a tracepoint's `format` file.
pub(crate) fn format(category: &str, event: &str) -> Result<String> {
    read_event_file(category, event, "format")
}

/// The same from a copy of the folder `events`, which may be that of another kernel.
pub(crate) fn format_below(folder: &Path, category: &str, event: &str) -> Result<String> {
    let place = folder.display();
    let lacking = || {
        let text = format!("`{place}` has no format of tracepoint `{category}:{event}`");
        Error::new(ErrorKind::NotFound, text)
    };
    if !is_name(category) || !is_name(event) {
        return Err(lacking());
    }
    let read = |(category, event): (&str, &str)| {
        fs::read_to_string(folder.join(category).join(event).join("format"))
    };
    let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match in_any_split(category, event, read, is_missing) {
        Err(error) if is_missing(&error) => Err(lacking().with_cause(error)),
        read => read.with_context(|| {
            format!("failed to read the format of tracepoint `{category}:{event}` in `{place}`")
        }),
    }
}

/// The number by which `perf_event_open` knows a tracepoint.
pub(crate) fn id(category: &str, event: &str) -> Result<u64> {
    let text = read_event_file(category, event, "id")?;
    text.trim().parse().map_err(|_not_a_number| {
        let message = format!("the id of tracepoint `{category}:{event}` is no number: `{text}`");
        Error::new(ErrorKind::InvalidData, message)
    })
}

/// All tracepoints, as category and event, sorted.
pub(crate) fn events() -> Result<Vec<(String, String)>> {
    let mut text = String::new();
    let what = "failed to list the tracepoints";
    open("available_events", Wait::Yes)?
        .read_to_string(&mut text)
        .context(what)?;
    let split = |line: &str| {
        line.split_once(':')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    let mut events: Vec<_> = text.lines().filter_map(split).collect();
    events.sort();
    Ok(events)
}

/// Whether some category has a tracepoint of this name. It looks for the one, since the list of all
/// takes the kernel milliseconds to write.
pub(crate) fn has_event(event: &str) -> Result<bool> {
    if !is_name(event) {
        return Ok(false);
    }
    let events = open("events", Wait::Yes)?;
    let categories = fs::read_dir(format!("/proc/self/fd/{}", events.as_raw_fd()));
    let categories = categories.context("failed to list the categories of tracepoints")?;
    let mut files = categories.filter_map(|entry| Some(entry.ok()?.path().join(event)));
    // Those that cannot be switched on are in no list either.
    Ok(files.any(|folder| folder.join("enable").exists()))
}

/// The functions that the kernel can trace; `None` where it does not tell.
pub(crate) fn traceable_functions() -> Option<HashSet<String>> {
    let mut text = String::new();
    let mut file = open("available_filter_functions", Wait::Yes).ok()?;
    file.read_to_string(&mut text).ok()?;
    // Those of a module have its name behind them.
    let names = text
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().next());
    Some(names.map(str::to_owned).collect())
}

/// Whether it can be the name of one folder.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\0']) && ![".", ".."].contains(&name)
}

fn read_event_file(category: &str, event: &str, file: &str) -> Result<String> {
    if !is_name(category) || !is_name(event) {
        return Err(unknown(category, event));
    }
    let mut opened = open_event_file(category, event, file)?;
    let mut text = String::new();
    opened
        .read_to_string(&mut text)
        .with_context(|| format!("failed to read `{file}` of tracepoint `{category}:{event}`"))?;
    Ok(text)
}

/// Opens a file of a tracepoint.
fn open_event_file(category: &str, event: &str, file: &str) -> Result<File> {
    let open_file = |(category, event): (&str, &str)| {
        open(&format!("events/{category}/{event}/{file}"), Wait::Yes)
    };
    let is_missing = |error: &Error| error.kind() == ErrorKind::NotFound;
    match in_any_split(category, event, open_file, is_missing) {
        Err(error) if is_missing(&error) => Err(unknown(category, event).with_cause(error)),
        opened => opened,
    }
}

/// What `find` gives for a tracepoint. A program's name joins category and event by `__`, which either
/// may have inside as well: the tracepoint that exists is meant. The error is that of the names given.
fn in_any_split<T, E>(
    category: &str,
    event: &str,
    find: impl Fn((&str, &str)) -> std::result::Result<T, E>,
    is_missing: impl Fn(&E) -> bool,
) -> std::result::Result<T, E> {
    let error = match find((category, event)) {
        Err(error) if is_missing(&error) => error,
        other => return other,
    };
    let joined = format!("{category}__{event}");
    let found = splits(&joined).find_map(|names| find(names).ok());
    found.ok_or(error)
}

/// All ways to read a name as category and event.
fn splits(joined: &str) -> impl Iterator<Item = (&str, &str)> {
    let places = (1..joined.len().saturating_sub(2)).filter(|at| joined.is_char_boundary(*at));
    places.filter_map(|at| {
        let (category, rest) = joined.split_at(at);
        rest.strip_prefix("__").map(|event| (category, event))
    })
}

/// The root of tracefs.
fn root() -> Result<&'static OwnedFd> {
    // A panic while it was locked leaves nothing half done.
    let mut cached = ROOT
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(root) = *cached {
        return Ok(root);
    }
    // Kept as long as the process lives: one descriptor.
    let root: &'static OwnedFd = Box::leak(Box::new(open_root()?));
    *cached = Some(root);
    Ok(root)
}

fn open_root() -> Result<OwnedFd> {
    // An empty directory of that name is there even if nothing is mounted.
    let mounted = |place: &str| fs::metadata(format!("{place}/events")).is_ok();
    if let Some(place) = USUAL_PLACES.into_iter().find(|place| mounted(place)) {
        let root = File::open(place).with_context(|| format!("failed to open `{place}`"))?;
        return Ok(root.into());
    }
    mount::detached(c"tracefs").map_err(|error| {
        let message = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "no right to read tracepoints; run as root (CAP_SYS_ADMIN), or have \
                 `/sys/kernel/tracing` mounted and readable"
            }
            io::ErrorKind::Unsupported => {
                "tracefs is not mounted and this kernel cannot mount it for one process only; run \
                 `mount -t tracefs nodev /sys/kernel/tracing`"
            }
            _ => "tracefs is not available; the kernel needs CONFIG_FTRACE",
        };
        let error = Error::from(error);
        Error::new(error.kind(), message).with_cause(error)
    })
}

/// The error for a tracepoint that does not exist.
fn unknown(category: &str, event: &str) -> Error {
    let wanted = format!("{category}:{event}");
    let names = events().unwrap_or_default();
    let names = names
        .iter()
        .map(|(category, event)| format!("{category}:{event}"));
    let nearest = crate::nearest::nearest(&wanted, names, OFFERED);
    let offer = match nearest.as_slice() {
        [] => "list them with `perf list tracepoint`".to_owned(),
        names => format!("nearest names: `{}`", names.join("`, `")),
    };
    let message = format!("tracepoint `{wanted}` does not exist in this kernel; {offer}");
    Error::new(ErrorKind::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S4: each `__` of a name may be the one between category and event.
    #[test]
    fn s4_reads_a_name_in_all_ways() {
        let names: Vec<_> = splits("a__b___c").collect();
        assert_eq!(names, [("a", "b___c"), ("a__b", "_c"), ("a__b_", "c")]);
        assert_eq!(splits("sched_switch").count(), 0);
        assert_eq!(splits("__a").count(), 0);
    }

    mod root {
        use super::super::*;

        /// A real tracepoint's id and format are there whether tracefs is mounted or not.
        #[test]
        #[ignore = "needs root"]
        fn reads_a_format() {
            let format = format("syscalls", "sys_enter_openat").unwrap();
            let number = id("syscalls", "sys_enter_openat").unwrap();
            assert!(format.contains(&format!("ID: {number}\n")), "{format}");
            assert!(
                events()
                    .unwrap()
                    .contains(&("sched".into(), "sched_switch".into()))
            );
        }

        /// A tracepoint is found by its name alone as in the list of all.
        #[test]
        #[ignore = "needs root"]
        fn finds_an_event_without_a_list() {
            for (_, event) in events().unwrap().iter().step_by(50) {
                assert!(has_event(event).unwrap(), "{event}");
            }
            for name in [
                "sched_swich",
                "sched",
                "",
                ".",
                "..",
                "sched/sched_switch",
                "a\0b",
            ] {
                assert!(!has_event(name).unwrap(), "{name}");
            }
        }

        /// A misspelt tracepoint is answered with its neighbours.
        #[test]
        #[ignore = "needs root"]
        fn offers_nearest_names() {
            let error = id("syscalls", "sys_enter_opena").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let text = error.to_string();
            assert!(
                text.starts_with("tracepoint `syscalls:sys_enter_opena` does not exist"),
                "{text}"
            );
            assert!(text.contains("`syscalls:sys_enter_openat`"), "{text}");
        }

        /// No way out of tracefs through a name.
        #[test]
        #[ignore = "needs root"]
        fn refuses_paths() {
            assert!(id("..", "trace").is_err());
            assert!(id("sched/sched_switch", "id").is_err());
        }
    }
}
