//! Everything of BPF that is in the kernel, whoever made it.
//!
//! In: nothing, or a number. Out: the numbers of all programs, maps and links; descriptors of them;
//! what the kernel says of programs.

use super::{check, size_u32};
use libbpf_sys::bpf_prog_info;
use std::io;
use std::mem::offset_of;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

/// A kind of things that have numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Things {
    Programs,
    Maps,
    Links,
}

impl Things {
    /// The number behind `last`, or behind none for 0; `None` behind the last one.
    pub(crate) fn next(self, last: u32) -> io::Result<Option<u32>> {
        let mut next = 0;
        let ask = match self {
            Self::Programs => libbpf_sys::bpf_prog_get_next_id,
            Self::Maps => libbpf_sys::bpf_map_get_next_id,
            Self::Links => libbpf_sys::bpf_link_get_next_id,
        };
        // SAFETY: the call writes one number, which lives through it.
        let returned = unsafe { ask(last, &raw mut next) };
        absent_is_none(check(returned)).map(|found| found.map(|_| next))
    }

    /// The thing of a number; `None` if it is gone.
    pub(crate) fn open(self, id: u32) -> io::Result<Option<OwnedFd>> {
        let ask = match self {
            Self::Programs => libbpf_sys::bpf_prog_get_fd_by_id,
            Self::Maps => libbpf_sys::bpf_map_get_fd_by_id,
            Self::Links => libbpf_sys::bpf_link_get_fd_by_id,
        };
        // SAFETY: the call takes a number alone.
        let returned = unsafe { ask(id) };
        let fd = absent_is_none(check(returned))?;
        // SAFETY: the call has opened this descriptor, and nothing else has it.
        Ok(fd.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }))
    }
}

fn absent_is_none<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the kernel says of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProgramFacts {
    pub(crate) info: bpf_prog_info,
    /// How many bytes of it the kernel knows; those behind are zero.
    known: usize,
}

impl ProgramFacts {
    /// `None` if the kernel does not tell.
    pub(crate) fn recursion_misses(&self) -> Option<u64> {
        let is_known = self.known > offset_of!(bpf_prog_info, recursion_misses);
        is_known.then_some(self.info.recursion_misses)
    }

    /// `None` if the kernel does not tell.
    pub(crate) fn verified_instructions(&self) -> Option<u32> {
        let is_known = self.known > offset_of!(bpf_prog_info, verified_insns);
        is_known.then_some(self.info.verified_insns)
    }
}

/// What the kernel says of a program, and the numbers of its maps.
pub(crate) fn program_facts(program: BorrowedFd<'_>) -> io::Result<(ProgramFacts, Vec<u32>)> {
    let first = ask_program(program, bpf_prog_info::default())?.info;
    let mut maps = vec![0_u32; first.nr_map_ids as usize];
    let request = bpf_prog_info {
        nr_map_ids: first.nr_map_ids,
        map_ids: maps.as_mut_ptr() as u64,
        ..bpf_prog_info::default()
    };
    let facts = ask_program(program, request)?;
    // A program may get another map between the two calls, of which there is no room to tell.
    maps.truncate(facts.info.nr_map_ids as usize);
    Ok((facts, maps))
}

/// The request names no buffer but one that lives through the call and has room for the number of
/// elements it says.
pub(super) fn ask_program(
    program: BorrowedFd<'_>,
    mut info: bpf_prog_info,
) -> io::Result<ProgramFacts> {
    let mut size = size_u32::<bpf_prog_info>();
    // SAFETY: `info` has `size` bytes; the buffers it names are as the caller has promised.
    let returned = unsafe {
        libbpf_sys::bpf_prog_get_info_by_fd(program.as_raw_fd(), &raw mut info, &raw mut size)
    };
    check(returned)?;
    Ok(ProgramFacts {
        info,
        known: size as usize,
    })
}
