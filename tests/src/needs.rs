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
