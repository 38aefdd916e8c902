//! Programs on devices, cgroups, maps and namespaces.
//!
//! In: a program and a target. Out: a link, or what takes the program off where the kernel has no
//! link for the target.

use super::check;
use libbpf_sys::bpf_link_create_opts;
use std::ffi::c_int;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::sync::Arc;

/// A link; dropping it takes the program off.
#[derive(Debug)]
pub(crate) struct Created(OwnedFd);

impl Drop for Created {
    fn drop(&mut self) {
        // Closing the descriptor is not enough at once: a process that another thread is just
        // starting may have a copy of it. What cannot be detached goes with the last copy.
        // SAFETY: the argument is an open descriptor.
        let _off = unsafe { libbpf_sys::bpf_link_detach(self.0.as_raw_fd()) };
    }
}

/// Makes a link; `target` is a descriptor or the number of a device, as `kind` wants it.
pub(crate) fn create(
    program: &OwnedFd,
    target: c_int,
    kind: u32,
    flags: u32,
) -> io::Result<Created> {
    let opts = bpf_link_create_opts {
        sz: size_of::<bpf_link_create_opts>() as libbpf_sys::size_t,
        flags,
        ..bpf_link_create_opts::default()
    };
    // SAFETY: the options are initialised, tell their own size and outlive the call; the other
    // arguments are plain numbers.
    let returned =
        unsafe { libbpf_sys::bpf_link_create(program.as_raw_fd(), target, kind, &raw const opts) };
    let fd = check(returned)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(Created(unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// Whether the kernel has no link of this kind.
pub(crate) fn is_unknown(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINVAL)
}

/// A program on a target without a link; dropping it takes the program off.
#[derive(Debug)]
pub(crate) struct Attached {
    program: Arc<OwnedFd>,
    target: OwnedFd,
    kind: u32,
}

impl Attached {
    pub(crate) fn attach(
        program: &Arc<OwnedFd>,
        target: BorrowedFd<'_>,
        kind: u32,
    ) -> io::Result<Self> {
        let (from, to) = (program.as_raw_fd(), target.as_raw_fd());
        let target = target.try_clone_to_owned()?;
        // SAFETY: both are open descriptors; the other arguments are plain numbers.
        check(unsafe { libbpf_sys::bpf_prog_attach(from, to, kind, 0) })?;
        Ok(Self {
            program: Arc::clone(program),
            target,
            kind,
        })
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let (program, target) = (self.program.as_raw_fd(), self.target.as_raw_fd());
        // SAFETY: both are open descriptors. That the target has another program by now is no
        // error of ours.
        let _gone = unsafe { libbpf_sys::bpf_prog_detach2(program, target, self.kind) };
    }
}
