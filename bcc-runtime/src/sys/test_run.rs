//! Running a program once, without anything that it is attached to.
//!
//! In: a program, its input, and room for its output. Out: what it returned and wrote.

use super::{check, size_u32};
use libbpf_sys::bpf_test_run_opts;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// What to run a program with.
#[derive(Debug, Default)]
pub(crate) struct Input<'a> {
    pub(crate) data: Option<&'a [u8]>,
    /// Room for what becomes of the data.
    pub(crate) data_room: usize,
    pub(crate) context: Option<&'a [u8]>,
    /// Room for what becomes of the context.
    pub(crate) context_room: usize,
    pub(crate) repeat: u32,
    pub(crate) cpu: Option<u32>,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) returned: u32,
    /// Nanoseconds of one run, on average.
    pub(crate) duration: u32,
    pub(crate) data: Vec<u8>,
    pub(crate) context: Vec<u8>,
}

/// Runs a program.
pub(crate) fn run(program: BorrowedFd<'_>, input: &Input<'_>) -> io::Result<Output> {
    let mut data = vec![0_u8; input.data_room];
    let mut context = vec![0_u8; input.context_room];
    let mut opts = bpf_test_run_opts {
        sz: size_u32::<bpf_test_run_opts>().into(),
        repeat: i32::try_from(input.repeat).map_err(io::Error::other)?,
        ..bpf_test_run_opts::default()
    };
    if let Some(bytes) = input.data {
        opts.data_in = bytes.as_ptr().cast();
        opts.data_size_in = size_of_bytes(bytes)?;
    }
    if let Some(bytes) = input.context {
        opts.ctx_in = bytes.as_ptr().cast();
        opts.ctx_size_in = size_of_bytes(bytes)?;
    }
    // The kernel wants no address where there is no room.
    if !data.is_empty() {
        opts.data_out = data.as_mut_ptr().cast();
        opts.data_size_out = size_of_bytes(&data)?;
    }
    if !context.is_empty() {
        opts.ctx_out = context.as_mut_ptr().cast();
        opts.ctx_size_out = size_of_bytes(&context)?;
    }
    if let Some(cpu) = input.cpu {
        opts.flags = libbpf_sys::BPF_F_TEST_RUN_ON_CPU;
        opts.cpu = cpu;
    }
    // SAFETY: the program's descriptor is open; every address in the options is that of a slice or
    // vector that outlives the call, with the size that stands beside it, and those the kernel
    // writes to are ours alone.
    check(unsafe { libbpf_sys::bpf_prog_test_run_opts(program.as_raw_fd(), &raw mut opts) })?;
    data.truncate(usize::try_from(opts.data_size_out).map_err(io::Error::other)?);
    context.truncate(usize::try_from(opts.ctx_size_out).map_err(io::Error::other)?);
    Ok(Output {
        returned: opts.retval,
        duration: opts.duration,
        data,
        context,
    })
}

fn size_of_bytes(bytes: &[u8]) -> io::Result<u32> {
    u32::try_from(bytes.len()).map_err(io::Error::other)
}

/// Whether the kernel has no way to run such a program.
pub(crate) fn is_impossible(error: &io::Error) -> bool {
    /// `ENOTSUPP` of the kernel, which the C library does not know.
    const NOT_SUPPORTED: i32 = 524;
    matches!(error.raw_os_error(), Some(NOT_SUPPORTED | libc::EOPNOTSUPP))
}

/// Whether the kernel found the input unfit.
pub(crate) fn is_unfit(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::E2BIG))
}
