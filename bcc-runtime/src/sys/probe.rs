//! Questions to the kernel: does it know this type of map, of program, this helper there.
//!
//! In: numbers of the kernel's interface. Out: yes or no, found out by libbpf with tiny maps and
//! programs that are gone again at once; and the names that libbpf has for the numbers.

use std::ffi::CStr;
use std::io;
use std::ptr;

/// Whether there are maps of this type.
pub(crate) fn map_type(kind: u32) -> io::Result<bool> {
    // SAFETY: the call takes a number, and options that may be null.
    let answer = unsafe { libbpf_sys::libbpf_probe_bpf_map_type(kind, ptr::null()) };
    yes_or_no(answer)
}

/// Whether there are programs of this type.
pub(crate) fn program_type(kind: u32) -> io::Result<bool> {
    // SAFETY: as above.
    let answer = unsafe { libbpf_sys::libbpf_probe_bpf_prog_type(kind, ptr::null()) };
    yes_or_no(answer)
}

/// Whether programs of this type may call this helper.
pub(crate) fn helper(program: u32, helper: u32) -> io::Result<bool> {
    // SAFETY: as above.
    let answer = unsafe { libbpf_sys::libbpf_probe_bpf_helper(program, helper, ptr::null()) };
    yes_or_no(answer)
}

/// libbpf's names of types of maps, by number.
pub(crate) fn map_types() -> Vec<String> {
    // SAFETY: the call takes a number, and gives a constant of libbpf or null.
    names(|number| unsafe { libbpf_sys::libbpf_bpf_map_type_str(number) })
}

/// libbpf's names of types of programs, by number.
pub(crate) fn program_types() -> Vec<String> {
    // SAFETY: as above.
    names(|number| unsafe { libbpf_sys::libbpf_bpf_prog_type_str(number) })
}

fn names(name: impl Fn(u32) -> *const libc::c_char) -> Vec<String> {
    let constants = (0..).map(name).take_while(|name| !name.is_null());
    constants
        .map(|name| {
            // SAFETY: libbpf's constants are C strings that are never freed.
            let name = unsafe { CStr::from_ptr(name) };
            name.to_string_lossy().into_owned()
        })
        .collect()
}

fn yes_or_no(answer: i32) -> io::Result<bool> {
    match answer {
        0 => Ok(false),
        1.. => Ok(true),
        // libbpf returns the number of the error.
        _ => Err(io::Error::from_raw_os_error(-answer)),
    }
}
