//! A loaded program once more, under another type.
//!
//! In: a program that libbpf has loaded, with all its relocations done. Out: the descriptor of the
//! same instructions as a program of another type.

use super::{check, size_u32, stats, text};
use libbpf_rs::{AsRawLibbpf as _, Object, Program, ProgramType};
use libbpf_sys::{bpf_func_info, bpf_line_info, bpf_prog_load_opts};
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use zerocopy::IntoBytes as _;

/// Room for what the verifier says; it keeps the end of longer texts.
const LOG_SIZE: u32 = 1 << 20;

/// Why the kernel did not take a program.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The kernel's error.
    pub(crate) error: io::Error,
    /// What the verifier said; empty if it was not asked.
    pub(crate) log: String,
}

/// Loads the instructions of `program` in another form.
pub(crate) fn load_as(
    object: &Object,
    program: &Program<'_>,
    kind: ProgramType,
    purpose: Option<u32>,
) -> Result<OwnedFd, Refused> {
    let name = CString::new(program.name().as_bytes()).unwrap_or_default();
    let license = license_of(program);
    let mut opts = debug_info(object, program);
    opts.expected_attach_type = purpose.unwrap_or(0);
    if let Ok(fd) = load(program, kind, &name, license, &mut opts) {
        return Ok(fd);
    }
    let mut log = vec![0_u8; LOG_SIZE as usize];
    opts.log_level = 1;
    opts.log_buf = log.as_mut_ptr().cast();
    opts.log_size = LOG_SIZE;
    load(program, kind, &name, license, &mut opts).map_err(|error| Refused {
        error,
        log: text(&log),
    })
}

/// Whether the instructions of a program call the kernel's helper of this number.
pub(crate) fn calls_helper(program: &Program<'_>, helper: i32) -> bool {
    const CALL: u8 = 0x85;
    let is_call = |insn: &libbpf_sys::bpf_insn| {
        insn.code == CALL && insn.src_reg() == 0 && insn.imm == helper
    };
    program.insns().iter().any(is_call)
}

/// Whether the instructions of a program name the map of this descriptor.
pub(crate) fn refers_to(program: &Program<'_>, map: RawFd) -> bool {
    const LOAD_64_BITS: u8 = 0x18;
    let is_map = |insn: &libbpf_sys::bpf_insn| {
        insn.code == LOAD_64_BITS
            && u32::from(insn.src_reg()) == libbpf_sys::BPF_PSEUDO_MAP_FD
            && insn.imm == map
    };
    program.insns().iter().any(is_map)
}

/// The instructions of a program, in the machine's byte order.
pub(crate) fn bytes(program: &Program<'_>) -> Vec<u8> {
    let insns = program.insns();
    // SAFETY: the bytes are those of the slice, which has no padding, and live as long.
    let bytes = unsafe { std::slice::from_raw_parts(insns.as_ptr().cast(), size_of_val(insns)) };
    bytes.to_vec()
}

/// Where instructions come from; texts by their offsets in the names of the object's BTF.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// The first instruction.
    pub(crate) instruction: u32,
    /// The file's name.
    pub(crate) file: u32,
    /// The line's text.
    pub(crate) text: u32,
    /// The line's number.
    pub(crate) number: u32,
}

/// The lines of a program's instructions, in order; none if the object has no BTF.
pub(crate) fn lines(program: &Program<'_>) -> Vec<Line> {
    /// Bits of a record's last word that hold the column.
    const COLUMN_BITS: u32 = 10;
    let program = program.as_libbpf_object();
    // SAFETY: the program lives in an open object.
    let first = unsafe { libbpf_sys::bpf_program__line_info(program.as_ptr()) };
    // SAFETY: as above.
    let count = unsafe { libbpf_sys::bpf_program__line_info_cnt(program.as_ptr()) };
    if first.is_null() {
        return Vec::new();
    }
    // SAFETY: libbpf has that many records there, which stay as they are while the object is open.
    let records = unsafe { std::slice::from_raw_parts(first, count as usize) };
    let line = |record: &bpf_line_info| Line {
        instruction: record.insn_off,
        file: record.file_name_off,
        text: record.line_off,
        number: record.line_col >> COLUMN_BITS,
    };
    records.iter().map(line).collect()
}

/// Whether the kernel has the program; libbpf gives no descriptor of one that it did not load.
pub(crate) fn is_loaded(program: &Program<'_>) -> bool {
    // SAFETY: the pointer is that of a program of an object that is borrowed.
    let fd = unsafe { libbpf_sys::bpf_program__fd(program.as_libbpf_object().as_ptr()) };
    fd >= 0
}

/// A licence that gives the same rights as the one the program was loaded with, which libbpf does
/// not tell.
fn license_of(program: &Program<'_>) -> &'static CStr {
    match stats::program(program.as_fd()) {
        Ok(facts) if facts.info.gpl_compatible() == 0 => c"Proprietary",
        _ => c"GPL",
    }
}

/// Options that name functions and lines in the object's BTF; callbacks need the first.
fn debug_info(object: &Object, program: &Program<'_>) -> bpf_prog_load_opts {
    let (object, program) = (object.as_libbpf_object(), program.as_libbpf_object());
    let mut opts = bpf_prog_load_opts {
        sz: size_of::<bpf_prog_load_opts>() as libbpf_sys::size_t,
        ..bpf_prog_load_opts::default()
    };
    // SAFETY: the object is open as long as the reference it comes from.
    let btf = unsafe { libbpf_sys::bpf_object__btf_fd(object.as_ptr()) };
    let Ok(btf) = u32::try_from(btf) else {
        return opts;
    };
    opts.prog_btf_fd = btf;
    // SAFETY: the program lives in the open object.
    opts.func_info = unsafe { libbpf_sys::bpf_program__func_info(program.as_ptr()) }.cast();
    // SAFETY: as above.
    opts.func_info_cnt = unsafe { libbpf_sys::bpf_program__func_info_cnt(program.as_ptr()) };
    opts.func_info_rec_size = size_u32::<bpf_func_info>();
    // SAFETY: as above.
    opts.line_info = unsafe { libbpf_sys::bpf_program__line_info(program.as_ptr()) }.cast();
    // SAFETY: as above.
    opts.line_info_cnt = unsafe { libbpf_sys::bpf_program__line_info_cnt(program.as_ptr()) };
    opts.line_info_rec_size = size_u32::<bpf_line_info>();
    opts
}

fn load(
    program: &Program<'_>,
    kind: ProgramType,
    name: &CStr,
    license: &CStr,
    opts: &mut bpf_prog_load_opts,
) -> io::Result<OwnedFd> {
    let insns = program.insns();
    // SAFETY: the instructions, names and what the options point to outlive the call, and all
    // counts are those of the arrays they belong to.
    let returned = unsafe {
        libbpf_sys::bpf_prog_load(
            kind as libbpf_sys::bpf_prog_type,
            name.as_ptr(),
            license.as_ptr(),
            insns.as_ptr(),
            insns.len() as libbpf_sys::size_t,
            opts,
        )
    };
    let fd = check(returned)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The type of the program with a number, and its name as far as the kernel keeps it.
pub(crate) fn by_id(id: u32) -> io::Result<(ProgramType, String)> {
    // SAFETY: the call takes a plain number.
    let fd = check(unsafe { libbpf_sys::bpf_prog_get_fd_by_id(id) })?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let info = stats::program(fd.as_fd())?.info;
    Ok((ProgramType::from(info.type_), text(info.name.as_bytes())))
}
