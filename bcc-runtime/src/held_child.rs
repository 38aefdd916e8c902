//! A command to be traced from its first instruction on, as with bpftrace's `-c`.
//!
//! In: a command. Out: a process with a number that has not begun with its program; once all is
//! attached, the child it becomes.

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::gate::Gate;
use std::fmt;
use std::io;
use std::process::{Child, Command};
use std::thread::{self, JoinHandle};

/// A process that waits just before the program of its command begins.
///
/// It has its number already, so that probes and filters can be set up for it. Nothing of the
/// command is missed, its `execve` included. Dropping it ends the process.
///
/// ```no_run
/// use bcc_runtime::{HeldChild, bpf_program};
/// use std::process::Command;
///
/// bpf_program! {
///     mod opens;
///     const volatile u32 target = 0;
///     BPF_ARRAY(count, u64, 1);
///     TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
///         if (bpf_get_current_pid_tgid() >> 32 == target)
///             count.increment(0);
///         return 0;
///     }
/// }
///
/// # fn main() -> bcc_runtime::Result<()> {
/// let mut command = Command::new("ls");
/// command.arg("-l");
/// let held = HeldChild::spawn(command)?;
/// let target = held.id();
/// let bpf = opens::builder()
///     .consts(move |consts| consts.target = target)
///     .load()?;
/// let mut child = held.resume()?;
/// child.wait()?;
/// println!("{} files opened", bpf.maps.count.get(0)?);
/// # Ok(())
/// # }
/// ```
pub struct HeldChild {
    // Dropped first: the thread ends when the process does.
    gate: Option<Gate>,
    spawning: Option<JoinHandle<io::Result<Child>>>,
    pid: u32,
    name: String,
}

impl HeldChild {
    /// Starts a process for the command and holds it. bpftrace's `-c`.
    ///
    /// # Errors
    /// If there is no room for another process or thread. That a program does not exist shows in
    /// [`resume`](Self::resume) only.
    pub fn spawn(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let context = || format!("failed to start `{name}`");
        let mut gate = Gate::close(&mut command).with_context(context)?;
        // `spawn` returns when the process is through, so another thread has to wait for that. The
        // command goes with it, and with it the process's side of the gate.
        let spawning = thread::Builder::new()
            .name("held child".to_owned())
            .spawn(move || command.spawn())
            .with_context(context)?;
        match gate.pid() {
            Ok(pid) => Ok(Self {
                gate: Some(gate),
                spawning: Some(spawning),
                pid,
                name,
            }),
            // The process did not come as far as the gate; the thread knows why.
            Err(error) => match joined(spawning) {
                Ok(_) => Err(error).with_context(context),
                Err(error) => Err(error).with_context(context),
            },
        }
    }

    /// The number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.pid
    }

    /// Lets the process begin with its program and returns it.
    ///
    /// # Errors
    /// `NotFound`, `PermissionDenied` and others if the program cannot be run; the process is gone
    /// then.
    pub fn resume(mut self) -> Result<Child> {
        let context = || format!("failed to run `{}`", self.name);
        let (gate, spawning) = (self.gate.take(), self.spawning.take());
        let (Some(gate), Some(spawning)) = (gate, spawning) else {
            return Err(Error::new(ErrorKind::Other, context()));
        };
        // A process that was killed meanwhile does not answer; the thread knows.
        let opened = gate.open();
        let child = joined(spawning).with_context(context)?;
        opened.with_context(context)?;
        Ok(child)
    }
}

fn joined(spawning: JoinHandle<io::Result<Child>>) -> io::Result<Child> {
    spawning
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the thread that started it panicked")))
}

impl Drop for HeldChild {
    /// Ends the process, unless it was resumed, and waits for that.
    fn drop(&mut self) {
        drop(self.gate.take());
        if let Some(spawning) = self.spawning.take() {
            // That the process did not run is what was wanted.
            let _ended = joined(spawning);
        }
    }
}

impl fmt::Debug for HeldChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldChild")
            .field("id", &self.pid)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;
    use std::time::Duration;

    /// The process is there under its number before it runs, and is the one that runs.
    #[test]
    fn holds_and_resumes() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$"]).stdout(Stdio::piped());
        let held = HeldChild::spawn(command).unwrap();
        let pid = held.id();
        thread::sleep(Duration::from_millis(20));
        let own = std::fs::read_link("/proc/self/exe").unwrap();
        let before = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
        assert_eq!(before, own, "not yet another program");
        let child = held.resume().unwrap();
        assert_eq!(child.id(), pid);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.stdout, format!("{pid}\n").as_bytes());
    }

    /// A program that does not exist is told when it should run; a child that is dropped is gone.
    #[test]
    fn ends_what_cannot_run() {
        let held = HeldChild::spawn(Command::new("/no/such/program")).unwrap();
        let error = held.resume().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.to_string(), "failed to run `/no/such/program`");
        let held = HeldChild::spawn(Command::new("true")).unwrap();
        let pid = held.id();
        drop(held);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }

    /// What keeps a process from being made is told at once.
    #[test]
    fn tells_why_it_cannot_start() {
        let mut command = Command::new("true");
        command.current_dir("/no/such/folder");
        let error = HeldChild::spawn(command).unwrap_err();
        assert_eq!(error.to_string(), "failed to start `true`");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
