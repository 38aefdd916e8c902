//! The instructions of loaded programs, for people.
//!
//! In: a loaded program. Out: its instructions as bytes, or as text between the lines of C they come
//! from.

mod instruction;
pub(crate) mod types;

use self::instruction::{Instruction, Names, SIZE, WIDE};
use crate::bpf::Bpf;
use crate::error::Result;
use crate::kernel::btf::Btf;
use crate::private::Module;
use crate::program::{Core, Program};
use crate::sys::machine::libbpf_header;
use crate::sys::program::Line;
use std::collections::HashMap;
use std::fmt::Write as _;

/// libbpf's list of helpers with their numbers.
const HELPERS: &str = "bpf_helper_defs.h";

impl<K> Program<K> {
    /// The instructions as they were handed to the kernel, eight bytes each, in the machine's byte
    /// order. bcc's `dump_func`.
    ///
    /// Behind the program's own instructions are those of the functions that it calls.
    ///
    /// # Errors
    /// `NotFound` if the function is not loaded.
    pub fn instructions(&self) -> Result<Vec<u8>> {
        self.core().instructions()
    }

    /// The instructions as text, in the notation of clang and the verifier, each line of C in front
    /// of what became of it. bcc's `disassemble_func`.
    ///
    /// ```text
    /// count:
    /// ; counts.increment(7); @ tool.c:3
    ///    0: (b7) r1 = 7
    ///    1: (63) *(u32 *)(r10 - 4) = r1
    /// ```
    ///
    /// Maps and helpers are called by their names. Nothing but this library is needed for it.
    ///
    /// # Errors
    /// As [`instructions`](Self::instructions).
    pub fn disassemble(&self) -> Result<String> {
        disassemble(self.core())
    }
}

/// Instructions.
impl<M: Module> Bpf<M> {
    /// The instructions of a function, eight bytes each; see [`Program::instructions`]. bcc's
    /// `dump_func`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if the text has no such function that runs by itself, or
    /// leaves it out by `#if`.
    pub fn dump_func(&self, fn_name: &str) -> Result<Vec<u8>> {
        self.program(fn_name)?.instructions()
    }

    /// The instructions of a function as text; see [`Program::disassemble`]. bcc's
    /// `disassemble_func`.
    ///
    /// # Errors
    /// As [`dump_func`](Self::dump_func).
    pub fn disassemble_func(&self, fn_name: &str) -> Result<String> {
        disassemble(self.program(fn_name)?)
    }
}

pub(crate) fn disassemble(program: &Core) -> Result<String> {
    let bytes = program.instructions()?;
    let lines = program.lines()?;
    let btf = Btf::from_bytes(program.btf_bytes()).ok();
    let names = Known::new(program);
    // LLVM gives the line 0 to what comes from no line of its own.
    let mut lines = lines.iter().filter(|line| line.number > 0).peekable();
    let mut shown = (0, 0);
    let mut out = format!("{}:\n", program.name());
    let read = |bytes: &[u8]| bytes.try_into().ok().map(Instruction::read);
    let all: Vec<Instruction> = bytes.chunks(SIZE).filter_map(read).collect();
    let mut is_upper = false;
    for (at, instruction) in all.iter().enumerate() {
        while let Some(line) = lines.next_if(|line| line.instruction as usize <= at) {
            let place = (line.file, line.number);
            if let Some(btf) = btf.as_ref().filter(|_| place != shown) {
                shown = place;
                write_line(&mut out, btf, line);
            }
        }
        let wide = !is_upper && instruction.code == WIDE;
        if !is_upper {
            let upper = all.get(at + 1).filter(|_| wide);
            let text = instruction.text(upper.map_or(0, |upper| upper.number), &names);
            // Writing to a `String` cannot fail.
            let _written = writeln!(out, "{at:4}: ({:02x}) {text}", instruction.code);
        }
        is_upper = wide;
    }
    Ok(out)
}

/// The line of C, and where it is.
fn write_line(out: &mut String, btf: &Btf, line: &Line) {
    let text = btf.name(line.text).trim();
    let space = if text.is_empty() { "" } else { " " };
    let (file, number) = (btf.name(line.file), line.number);
    // Writing to a `String` cannot fail.
    let _written = writeln!(out, "; {text}{space}@ {file}:{number}");
}

/// The names of a program's maps, and of helpers.
struct Known {
    helpers: HashMap<i32, &'static str>,
    maps: HashMap<i32, String>,
}

impl Known {
    fn new(program: &Core) -> Self {
        // `static void *(* const bpf_map_lookup_elem)(void *map, ...) = (void *) 1;`
        let helper = |line: &'static str| {
            let (_, rest) = line.split_once("(* const ")?;
            let (name, rest) = rest.split_once(')')?;
            let (_, number) = rest.rsplit_once("(void *) ")?;
            Some((number.trim_end_matches(';').parse().ok()?, name))
        };
        let helpers = libbpf_header(HELPERS).lines().filter_map(helper);
        Self {
            helpers: helpers.collect(),
            maps: program.map_names(),
        }
    }
}

impl Names for Known {
    fn helper(&self, number: i32) -> Option<String> {
        self.helpers.get(&number).map(|name| (*name).to_owned())
    }

    fn map(&self, fd: i32) -> Option<String> {
        self.maps.get(&fd).cloned()
    }
}
