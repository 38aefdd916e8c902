//! What a test needs and not every kernel has.
//!
//! On a kernel that lacks it a test checks what the runtime says about that, writes `needs WORD`
//! for whoever counts, and returns: it does not count as having run there.

use bcc_runtime::{ErrorKind, Result, support};
use std::io::{self, Write as _};
use std::path::Path;

/// What kernels without kprobes answer to whoever wants one.
const NO_KPROBES: &str = "this kernel has no kprobes (CONFIG_KPROBE_EVENTS, Linux 4.17 or \
                          newer); use a tracepoint or a raw tracepoint";

/// Notes that the running test needs `what`, which this kernel lacks.
///
/// # Panics
/// If the standard error cannot be written.
pub fn note(what: &str) {
    // Not captured, so that the one who counts sees it behind the test's name.
    let line = format!("needs {what}\n");
    io::stderr()
        .write_all(line.as_bytes())
        .expect("standard error is open");
}

/// What an attempt gave that needs kprobes; `None` on a kernel that has none and says so.
///
/// # Panics
/// If a kernel without kprobes gave anything but the error that says so.
pub fn with_kprobes<T>(attempt: Result<T>) -> Option<Result<T>> {
    if Path::new("/sys/bus/event_source/devices/kprobe").exists() {
        return Some(attempt);
    }
    let error = attempt.err().expect("there is nothing to attach to");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    assert!(format!("{error:#}").ends_with(NO_KPROBES), "{error:#}");
    note("kprobes");
    None
}

/// What an attempt gave that needs hooks (`KFUNC_PROBE`, `LSM_PROBE` ...); `None` on a kernel that
/// has none and says so.
///
/// # Panics
/// If a kernel without hooks gave anything but the error that says so.
pub fn with_hooks<T>(attempt: Result<T>) -> Option<Result<T>> {
    let Err(reason) = support::kfunc() else {
        return Some(attempt);
    };
    let error = attempt.err().expect("there is nothing to attach to");
    assert_eq!(error.kind(), reason.kind(), "{error:?}");
    let way_out = "use a kprobe, a tracepoint or a raw tracepoint";
    assert!(reason.to_string().ends_with(way_out), "{reason}");
    assert!(
        format!("{error:#}").contains("the kernel refuses `"),
        "{error:#}"
    );
    note("hooks");
    None
}

/// What the load of an iterator gave; `None` on a kernel that is locked against hooks, takes only some
/// iterators, and says that it refuses this one.
///
/// # Panics
/// If such a kernel gave another error.
pub fn with_iterators<T>(attempt: Result<T>) -> Option<Result<T>> {
    match attempt {
        Err(error) if support::kfunc().is_err() && error.kind() == ErrorKind::PermissionDenied => {
            let text = format!("{error:#}");
            assert!(
                text.contains("the kernel refuses (prog 'bpf_iter__"),
                "{text}"
            );
            note("iterators of this kind");
            None
        }
        attempt => Some(attempt),
    }
}

/// What attaching a program to its hook a second time gave; `None` on a kernel that lets it be attached
/// only once and says so.
///
/// # Panics
/// If such a kernel gave another error.
pub fn with_second_attachment<T>(attempt: Result<T>) -> Option<Result<T>> {
    let Err(error) = attempt else {
        return Some(attempt);
    };
    let way_out = "which before Linux 5.13 a program can be only once; load it again";
    assert!(error.to_string().ends_with(way_out), "{error:?}");
    note("hooks that can be used again");
    None
}

/// What the load of a program with a map of this type gave; `None` on a kernel that has no such maps
/// and says so.
///
/// # Panics
/// If a kernel without such maps gave another error.
pub fn with_maps<T>(kind: &str, attempt: Result<T>) -> Option<Result<T>> {
    let Err(error) = attempt else {
        return Some(attempt);
    };
    if error.kind() != ErrorKind::Compile {
        return Some(Err(error));
    }
    let said = format!("has no maps of the type {kind}");
    assert!(error.to_string().contains(&said), "{error:?}");
    note(&format!("maps of the type {kind}"));
    None
}
