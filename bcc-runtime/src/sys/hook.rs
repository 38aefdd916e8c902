//! A program that does nothing, to hear whether the kernel takes such.
//!
//! In: a kind of hook and a kernel function. Out: the kernel's answer; nothing stays loaded or
//! attached.

use super::check;
use crate::spec::Hook;
use libbpf_sys::{bpf_insn, bpf_prog_load_opts};
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

/// `r0 = 0; exit`
const NOTHING: [(u8, i32); 2] = [(0xb7, 0), (0x95, 0)];

/// How far the kernel went with a program.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It does not tell the function's type.
    NoType(io::Error),
    /// It does not load programs of this kind.
    AtLoad(io::Error),
    /// It loads but does not attach them.
    AtAttach(io::Error),
}

/// Loads a program for a hook, attaches it and takes it away again.
pub(crate) fn attempt(hook: Hook, function: &CStr) -> Result<(), Refused> {
    let (program_type, attach_type) = match hook {
        Hook::Kfunc => (
            libbpf_sys::BPF_PROG_TYPE_TRACING,
            libbpf_sys::BPF_TRACE_FENTRY,
        ),
        Hook::Kretfunc => (
            libbpf_sys::BPF_PROG_TYPE_TRACING,
            libbpf_sys::BPF_TRACE_FEXIT,
        ),
        Hook::KmodRet => (
            libbpf_sys::BPF_PROG_TYPE_TRACING,
            libbpf_sys::BPF_MODIFY_RETURN,
        ),
        Hook::Lsm => (libbpf_sys::BPF_PROG_TYPE_LSM, libbpf_sys::BPF_LSM_MAC),
    };
    // SAFETY: `function` is a C string that outlives the call.
    let id = unsafe { libbpf_sys::libbpf_find_vmlinux_btf_id(function.as_ptr(), attach_type) };
    let id = check(id).map_err(Refused::NoType)?;
    let mut opts = bpf_prog_load_opts {
        sz: size_of::<bpf_prog_load_opts>() as libbpf_sys::size_t,
        expected_attach_type: attach_type,
        attach_btf_id: id.unsigned_abs(),
        ..bpf_prog_load_opts::default()
    };
    let program = load(program_type, &mut opts).map_err(Refused::AtLoad)?;
    // SAFETY: hooks have no name to attach to, which a null pointer stands for; the program is open.
    let link =
        unsafe { libbpf_sys::bpf_raw_tracepoint_open(std::ptr::null(), program.as_raw_fd()) };
    let link = check(link).map_err(Refused::AtAttach)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    drop(unsafe { OwnedFd::from_raw_fd(link) });
    Ok(())
}

fn load(
    program_type: libbpf_sys::bpf_prog_type,
    opts: &mut bpf_prog_load_opts,
) -> io::Result<OwnedFd> {
    let insns = NOTHING.map(|(code, imm)| bpf_insn {
        code,
        imm,
        ..bpf_insn::default()
    });
    // SAFETY: instructions, names and options outlive the call, and the count is theirs.
    let returned = unsafe {
        libbpf_sys::bpf_prog_load(
            program_type,
            c"attempt".as_ptr(),
            c"GPL".as_ptr(),
            insns.as_ptr(),
            insns.len() as libbpf_sys::size_t,
            opts,
        )
    };
    let fd = check(returned)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
