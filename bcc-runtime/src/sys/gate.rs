//! A command whose process waits at a gate, before the program of the command begins.
//!
//! In: a command. Out: the process's number, and later its way through the gate.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// What lets the process go on; anything else, or nothing, ends it.
const GO: u8 = 1;

/// The side of the gate that this process holds.
#[derive(Debug)]
pub(crate) struct Gate(UnixStream);

impl Gate {
    /// Makes the command wait in its process. It can be spawned once, in another thread than the
    /// one that asks for [`pid`](Self::pid): spawning returns when the process is through.
    pub(crate) fn close(command: &mut Command) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let own = ours.as_raw_fd();
        let wait = move || wait_at(&theirs, own);
        // SAFETY: between fork and exec `wait` only makes system calls that are safe there: it
        // allocates nothing, takes no lock, and its errors are plain numbers.
        unsafe { command.pre_exec(wait) };
        Ok(Self(ours))
    }

    /// The number of the process, once it waits at the gate.
    pub(crate) fn pid(&mut self) -> io::Result<u32> {
        let mut pid = [0; 4];
        self.0.read_exact(&mut pid)?;
        Ok(u32::from_ne_bytes(pid))
    }

    /// Lets the process through; without this it ends when the gate is dropped.
    pub(crate) fn open(mut self) -> io::Result<()> {
        self.0.write_all(&[GO])
    }
}

/// Tells the process's number and waits; runs in the new process.
fn wait_at(mut gate: &UnixStream, other_side: RawFd) -> io::Result<()> {
    // SAFETY: this process has a copy of the descriptor that nothing in it uses; as long as it is
    // open, the end of the other process would not be seen.
    unsafe { libc::close(other_side) };
    gate.write_all(&std::process::id().to_ne_bytes())?;
    let mut answer = [0];
    match gate.read(&mut answer) {
        Ok(1) if answer == [GO] => Ok(()),
        Ok(_) => Err(io::Error::from_raw_os_error(libc::ECANCELED)),
        Err(error) => Err(error),
    }
}
