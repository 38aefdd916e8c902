//! libbpf's objects, beyond what libbpf-rs offers.
//!
//! In: objects of libbpf-rs. Out: what libbpf said while a call ran, the object's own BTF.

use crate::output::Output;
use crate::stderr;
use libbpf_rs::{AsRawLibbpf, PrintCallback, PrintLevel};
use std::cell::RefCell;
use std::sync::OnceLock;

/// What libbpf printed on this thread, while somebody wants to know.
struct Capture {
    text: String,
    echo: Echo,
    /// What is to be printed when the call is over, if not at once. A writer of the caller's may panic,
    /// or call libbpf, neither of which goes with the C frames that a message comes through.
    later: Option<String>,
}

/// What of libbpf's messages is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Echo {
    /// None.
    #[default]
    Nothing,
    /// None; the call is an attempt, whose failure is nothing to be told of.
    Attempt,
    /// What the verifier says.
    Verifier,
    /// All.
    All,
}

/// What the verifier's log begins with.
const VERIFIER_LOG: &str = "-- BEGIN PROG LOAD LOG --";

impl Echo {
    fn wants(self, message: &str) -> bool {
        match self {
            Self::Nothing | Self::Attempt => false,
            Self::Verifier => message.contains(VERIFIER_LOG),
            Self::All => true,
        }
    }
}

thread_local! {
    static CAPTURE: RefCell<Option<Capture>> = const { RefCell::new(None) };
}

/// Whoever listened before us, and still gets what we have not asked for.
static PREVIOUS: OnceLock<Option<(PrintLevel, PrintCallback)>> = OnceLock::new();

/// Runs `call` and returns what libbpf said meanwhile on this thread, instead of letting it go to
/// standard error; what `echo` says goes there as well.
pub(crate) fn capture_log<T>(echo: Echo, call: impl FnOnce() -> T) -> (T, String) {
    capture_log_to(&Output::default(), echo, call)
}

/// The same, with another place for what `echo` says.
///
/// libbpf has one listener per process. Ours passes on what other threads, or other users of
/// libbpf in this process, cause.
pub(crate) fn capture_log_to<T>(
    output: &Output,
    echo: Echo,
    call: impl FnOnce() -> T,
) -> (T, String) {
    PREVIOUS.get_or_init(|| libbpf_rs::set_print(Some((PrintLevel::Debug, listen))));
    let listening = Listening::start(output, echo);
    let result = call();
    let ours = CAPTURE.take();
    drop(listening);
    let Some(ours) = ours else {
        return (result, String::new());
    };
    if let Some(later) = ours.later.filter(|later| !later.is_empty()) {
        output.write(format_args!("{later}"));
    }
    (result, ours.text)
}

/// Puts back what was listened for before, even if the call panics.
struct Listening {
    outer: Option<Capture>,
}

impl Listening {
    fn start(output: &Output, echo: Echo) -> Self {
        let outer = CAPTURE.replace(Some(Capture {
            text: String::new(),
            echo,
            later: output.is_given().then(String::new),
        }));
        Self { outer }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        CAPTURE.set(self.outer.take());
    }
}

/// Called by libbpf with each of its messages.
fn listen(level: PrintLevel, message: String) {
    let wanted = CAPTURE.with_borrow_mut(|capture| {
        let Some(capture) = capture else { return false };
        if capture.echo.wants(&message) {
            match &mut capture.later {
                Some(later) => later.push_str(&message),
                None => stderr::write(format_args!("{message}")),
            }
        }
        log(capture.echo, level, &message);
        if level != PrintLevel::Debug {
            capture.text.push_str(&message);
        }
        true
    });
    let previous = PREVIOUS.get().copied().flatten();
    if let (false, Some((most, callback))) = (wanted, previous)
        && level <= most
    {
        callback(level, message);
    }
}

/// Hands a message to the logger.
fn log(echo: Echo, level: PrintLevel, message: &str) {
    let level = match level {
        PrintLevel::Warn if echo != Echo::Attempt => log::Level::Warn,
        PrintLevel::Info => log::Level::Info,
        PrintLevel::Warn | PrintLevel::Debug => log::Level::Debug,
    };
    log::log!(target: "bcc_runtime::libbpf", level, "{}", message.trim_end());
}

/// An object of libbpf-rs, opened or loaded.
pub(crate) trait BpfObject: AsRawLibbpf<LibbpfType = libbpf_sys::bpf_object> {}

impl<T: AsRawLibbpf<LibbpfType = libbpf_sys::bpf_object>> BpfObject for T {}

/// The bytes of the object's BTF; empty if it has none.
pub(crate) fn btf_bytes(object: &impl BpfObject) -> &[u8] {
    let object = object.as_libbpf_object().as_ptr();
    // SAFETY: `object` comes from a live object, which the caller keeps borrowed.
    let btf = unsafe { libbpf_sys::bpf_object__btf(object) };
    if btf.is_null() {
        return &[];
    }
    let mut size = 0;
    // SAFETY: `btf` is owned by the object and not null, `size` is a valid place to write to.
    let data = unsafe { libbpf_sys::btf__raw_data(btf, &raw mut size) };
    if data.is_null() {
        return &[];
    }
    // SAFETY: libbpf returns `size` initialised bytes that live and stay as they are as long as
    // the object is not changed; the borrow of `object` keeps it from being changed or closed.
    unsafe { std::slice::from_raw_parts(data.cast(), size as usize) }
}
