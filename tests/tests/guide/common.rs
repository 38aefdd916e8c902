//! What the guide's tests share.

use bcc_runtime::TraceFields;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an event may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whoever holds this reads the kernel's one trace: no other test does, in this process or another.
pub(crate) struct TraceLock {
    _file: File,
    _guard: MutexGuard<'static, ()>,
}

pub(crate) fn trace_lock() -> TraceLock {
    static TRACE: Mutex<()> = Mutex::new(());
    let guard = TRACE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = File::create(concat!(env!("CARGO_TARGET_TMPDIR"), "/trace.lock")).unwrap();
    flock(&file, FlockOperation::LockExclusive).unwrap();
    TraceLock {
        _file: file,
        _guard: guard,
    }
}

/// Calls `next` until the trace has a line for which `wanted` says yes.
pub(crate) fn wait_for_line(
    mut next: impl FnMut(Duration) -> bcc_runtime::Result<Option<TraceFields>>,
    wanted: impl Fn(&TraceFields) -> bool,
) -> TraceFields {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        match next(Duration::from_millis(100)).unwrap() {
            Some(fields) if wanted(&fields) => return fields,
            Some(_) | None => {}
        }
    }
    panic!("the line did not come within {PATIENCE:?}");
}

/// Connects to a port of this machine.
pub(crate) fn connect() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(TcpStream::connect(address).unwrap());
    address.port()
}

/// A function to probe: one text, one number.
#[inline(never)]
pub(crate) extern "C" fn probed(text: *const std::ffi::c_char, number: u32) -> u32 {
    std::hint::black_box((text, number)).1
}

/// Defines functions of the test binary under names that can be probed.
macro_rules! targets {
    ($($name:ident),*) => {$(
        #[unsafe(no_mangle)]
        #[inline(never)]
        pub(crate) extern "C" fn $name(text: *const std::ffi::c_char, number: u32) -> u32 {
            crate::common::probed(text, number)
        }
    )*};
}
pub(crate) use targets;

/// The test binary itself.
pub(crate) const SELF: &str = "/proc/self/exe";
