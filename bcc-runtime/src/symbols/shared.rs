//! Names for addresses, asked for by several threads.
//!
//! In: the questions of any thread. Out: the answers of one [`Symbols`], which lives in a thread of
//! its own, since what blazesym keeps cannot leave its thread.

use super::{Frame, Place, Symbolize, Symbols, kernel_address, places, sealed};
use crate::build_ids::BuildIds;
use crate::error::{Context as _, Result};
use crate::map::BuildIdFrame;
use crate::sys::signals;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// The name of the thread, for those who list them.
const NAME: &str = "bcc-symbols";

/// [`Symbols`] for all threads of a process: can be sent, shared and cloned.
///
/// All clones ask one thread, which answers one question after the other and keeps what it has read
/// of files for all of them. It takes no signals but those of its own faults, and ends with the last
/// clone. Ask for many addresses at once: a question costs two switches between threads.
///
/// The thread is in the mount namespace and has the rights of the one that made it, whoever asks.
///
/// ```no_run
/// use bcc_runtime::SharedSymbols;
///
/// let symbols = SharedSymbols::new()?;
/// let in_thread = symbols.clone();
/// let names = std::thread::spawn(move || in_thread.kernel(&[0xffff_ffff_8123_4567]));
/// println!("{:#}", symbols.process(1, &[0x55d0_c0a0_1000])?[0]);
/// println!("{:#}", names.join().expect("it does not panic")?[0]);
/// # Ok::<(), bcc_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct SharedSymbols {
    thread: Arc<Thread>,
}

/// A question, which knows whom to answer.
type Question = Box<dyn FnOnce(&Symbols) -> Outcome + Send>;

/// Whether `Symbols` can be asked again.
enum Outcome {
    Fine,
    /// It panicked: nobody knows what it looks like now.
    Panicked,
}

/// What an answer is, or with what it panicked.
type Answer<T> = std::result::Result<T, Box<dyn Any + Send>>;

/// The thread that answers.
struct Thread {
    /// Always there, but for the time of the drop: the thread ends when it is gone.
    questions: Option<Sender<Question>>,
    handle: Option<JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.questions = None;
        if let Some(handle) = self.handle.take() {
            // Panics were handed to those who asked.
            let _ended = handle.join();
        }
    }
}

impl SharedSymbols {
    /// With demangled names.
    ///
    /// # Errors
    /// If there is no room for another thread.
    pub fn new() -> Result<Self> {
        Self::with_demangling(true)
    }

    /// With demangled names or names as the linker knows them. bcc's `demangle`.
    ///
    /// # Errors
    /// If there is no room for another thread.
    pub fn with_demangling(demangle: bool) -> Result<Self> {
        let (questions, asked) = channel();
        let thread = thread::Builder::new().name(NAME.to_owned());
        // A signal that ends a wait for events must not come to it.
        let blocked = signals::Blocked::new();
        let handle = thread
            .spawn(move || answer(&asked, demangle))
            .context("failed to start the thread that names addresses")?;
        drop(blocked);
        let thread = Thread {
            questions: Some(questions),
            handle: Some(handle),
        };
        Ok(Self {
            thread: Arc::new(thread),
        })
    }

    /// As [`Symbols::kernel`].
    ///
    /// # Errors
    /// As there.
    pub fn kernel(&self, addresses: &[u64]) -> Result<Vec<Frame>> {
        let addresses = addresses.to_vec();
        self.ask(move |symbols| symbols.kernel(&addresses))
    }

    /// As [`Symbols::process`].
    ///
    /// # Errors
    /// As there.
    pub fn process(&self, pid: u32, addresses: &[u64]) -> Result<Vec<Frame>> {
        let addresses = addresses.to_vec();
        self.ask(move |symbols| symbols.process(pid, &addresses))
    }

    /// As [`Symbols::files`].
    #[must_use]
    pub fn files(&self, files: &BuildIds, frames: &[BuildIdFrame]) -> Vec<Frame> {
        let places: Vec<Place> = places(files, frames).collect();
        self.ask(move |symbols| places.into_iter().map(|it| symbols.place(it)).collect())
    }

    /// As [`Symbols::kernel_address`].
    ///
    /// # Errors
    /// As there.
    pub fn kernel_address(&self, name: &str) -> Result<Option<u64>> {
        kernel_address(name)
    }

    /// Has the thread answer a question; a panic of the answer goes on here.
    fn ask<T: Send + 'static>(&self, ask: impl FnOnce(&Symbols) -> T + Send + 'static) -> T {
        let (sender, answer) = channel::<Answer<T>>();
        let question = move |symbols: &Symbols| {
            let answer = catch_unwind(AssertUnwindSafe(|| ask(symbols)));
            let outcome = if answer.is_ok() {
                Outcome::Fine
            } else {
                Outcome::Panicked
            };
            // Whoever asked waits for it.
            let _taken = sender.send(answer);
            outcome
        };
        if let Some(questions) = &self.thread.questions {
            let _asked = questions.send(Box::new(question));
        }
        match answer.recv() {
            Ok(answer) => answer.unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => unreachable!("the thread answers for as long as somebody can ask"),
        }
    }
}

/// Answers questions until nobody can ask any more.
fn answer(questions: &Receiver<Question>, demangle: bool) {
    let mut symbols = Symbols::with_demangling(demangle);
    for question in questions {
        match question(&symbols) {
            Outcome::Fine => {}
            Outcome::Panicked => symbols = Symbols::with_demangling(demangle),
        }
    }
}

impl sealed::Sealed for SharedSymbols {}

impl Symbolize for SharedSymbols {
    fn kernel(&self, addresses: &[u64]) -> Result<Vec<Frame>> {
        self.kernel(addresses)
    }

    fn process(&self, pid: u32, addresses: &[u64]) -> Result<Vec<Frame>> {
        self.process(pid, addresses)
    }

    fn files(&self, files: &BuildIds, frames: &[BuildIdFrame]) -> Vec<Frame> {
        self.files(files, frames)
    }
}

impl fmt::Debug for SharedSymbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSymbols").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    fn function() -> u64 {
        answer as *const () as u64
    }

    fn is_answer(frames: &[Frame]) -> bool {
        let symbol = frames[0].symbol.as_ref();
        symbol.is_ok_and(|symbol| symbol.name.ends_with("shared::answer"))
    }

    /// Several threads ask at once; each has the answers to its own questions.
    #[test]
    fn threads_share_it() {
        fn is_shared<T: Send + Sync + Clone>(_: &T) {}
        let symbols = SharedSymbols::new().unwrap();
        is_shared(&symbols);
        let pid = std::process::id();
        thread::scope(|scope| {
            for number in 1..5_u64 {
                let own = symbols.clone();
                scope.spawn(move || {
                    for _ in 0..20 {
                        let frames = own.process(pid, &[function() + number, number]).unwrap();
                        assert!(is_answer(&frames), "{frames:?}");
                        assert_eq!(frames[0].symbol.as_ref().unwrap().offset, number);
                        assert_eq!(frames[1].address, number);
                    }
                });
            }
        });
        let error = symbols.process(u32::MAX, &[1]).unwrap_err();
        let other = Symbols::new().process(u32::MAX, &[1]).unwrap_err();
        assert_eq!(error.to_string(), other.to_string());
    }

    /// The panic of an answer is that of whoever asked; others are answered.
    #[test]
    fn a_panic_is_whose_question_it_was() {
        let symbols = SharedSymbols::new().unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| {
            symbols.ask(|_| panic!("no such answer"));
        }));
        let panic: Box<dyn Any + Send> = panic.map(|()| "it did not").unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"no such answer"));
        let frames = symbols.process(std::process::id(), &[function()]).unwrap();
        assert!(is_answer(&frames), "{frames:?}");
    }

    /// The folder of the thread that answers.
    fn thread_of(symbols: &SharedSymbols) -> PathBuf {
        let link = symbols.ask(|_| fs::read_link("/proc/thread-self"));
        Path::new("/proc").join(link.unwrap())
    }

    /// All clones have one thread, which ends with the last of them.
    #[test]
    fn the_thread_ends_with_the_last_clone() {
        let symbols = SharedSymbols::new().unwrap();
        let clone = symbols.clone();
        let thread = thread_of(&symbols);
        drop(symbols);
        assert_eq!(thread_of(&clone), thread);
        let name = fs::read_to_string(thread.join("comm")).unwrap();
        assert_eq!(name.trim(), NAME);
        drop(clone);
        // The kernel lists it for some time after others can know of its end.
        let end = Instant::now() + Duration::from_secs(10);
        while thread.exists() {
            assert!(Instant::now() < end, "{}", thread.display());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// A signal that ends a wait for events comes to another thread, but this one's faults have their
    /// handlers.
    #[test]
    fn the_thread_takes_no_signals() {
        let symbols = SharedSymbols::new().unwrap();
        let status = fs::read_to_string(thread_of(&symbols).join("status")).unwrap();
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
        let blocked = u64::from_str_radix(blocked.unwrap().trim(), 16).unwrap();
        let interrupt_and_terminate = 1 << (2 - 1) | 1 << (15 - 1);
        assert_eq!(blocked & interrupt_and_terminate, interrupt_and_terminate);
        let segmentation_fault = 1 << (11 - 1);
        assert_eq!(blocked & segmentation_fault, 0);
    }
}
