//! What the tests on the running kernel share.

pub mod bpffs;
pub mod cgroup;
mod counting_clang;
mod kept;
pub mod needs;
pub mod wire;
pub mod xsk;

pub use counting_clang::CountingClang;
pub use kept::Kept;

use std::os::fd::AsFd;
use std::process::Command;
use std::time::Duration;

/// The calling thread's id, as `bpf_get_current_pid_tgid()` has it in its low half.
///
/// Tests run as threads of one process, so that each looks at system calls of its own thread only.
#[must_use]
pub fn thread_id() -> u32 {
    // A task id is positive and fits.
    rustix::thread::gettid()
        .as_raw_nonzero()
        .get()
        .unsigned_abs()
}

/// Makes the system call `getpriority(PRIO_PGRP, who)`, which changes nothing: a way to hand a
/// number to a program on `syscalls:sys_enter_getpriority`.
pub fn send(who: u32) {
    let group = rustix::process::Pid::from_raw(who.cast_signed());
    // The answer is of no interest, nor that there is no such process group.
    let _answer = rustix::process::getpriority_pgrp(group);
}

/// A command that runs one test of this binary in a process of its own: for what belongs to a whole
/// process, such as its environment and its standard error. The test is to do nothing unless
/// [`is_child`].
#[must_use]
pub fn child(test: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .args([test, "--exact", "--include-ignored", "--nocapture"])
        .env(CHILD, "1");
    command
}

/// Whether this process was started by [`child`].
#[must_use]
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

const CHILD: &str = "BCC_TEST_CHILD";

/// Whether a descriptor can be read now, or within that time.
///
/// # Panics
/// If the kernel cannot tell.
pub fn is_readable_within(fd: &impl AsFd, time: Duration) -> bool {
    let fd = rustix::event::PollFd::new(fd, rustix::event::PollFlags::IN);
    let time = time.try_into().expect("the time is short");
    rustix::event::poll(&mut [fd], Some(&time)).expect("a descriptor can be polled") == 1
}

/// The running kernel's version: its first two numbers.
///
/// # Panics
/// If the kernel does not tell.
#[must_use]
pub fn kernel_version() -> (u32, u32) {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease");
    let release = release.expect("every kernel has a release");
    let mut numbers = release
        .split('.')
        .map(|number| number.parse().expect("a release begins with two numbers"));
    let mut next = || numbers.next().expect("a release has two numbers");
    (next(), next())
}

/// Gives up a right of the calling thread, for good.
///
/// # Panics
/// If the kernel does not let it.
pub fn give_up(right: rustix::thread::CapabilitySet) {
    let mut sets = rustix::thread::capabilities(None).expect("a thread may ask for its rights");
    sets.effective.remove(right);
    sets.permitted.remove(right);
    rustix::thread::set_capabilities(None, sets).expect("rights may be given up");
}

/// Keeps the calling thread on the CPU it is on.
///
/// # Panics
/// If the kernel does not let it.
pub fn stay_on_this_cpu() {
    go_to_cpu(rustix::thread::sched_getcpu());
}

/// Moves the calling thread to a CPU, and keeps it there.
///
/// # Panics
/// If there is no such CPU, or the kernel does not let it.
pub fn go_to_cpu(cpu: usize) {
    let mut cpus = rustix::thread::CpuSet::new();
    cpus.set(cpu);
    rustix::thread::sched_setaffinity(None, &cpus).expect("the thread may run on this CPU");
}
