//! What stands beside an error.
//!
//! In: as much of the program as is known in spite of its mistakes. Out: a program to generate the
//! module from, so that the user's other code still finds its names and one mistake is one error.

use bcc_lang::program::{KernelNeeds, Program};
use bcc_lang::requirements::Requirements;

/// The known part of a program that is never going to be loaded.
pub(crate) fn known_part(partial: Option<Program>) -> Program {
    partial.map_or_else(nothing, |program| Program {
        // Half-rewritten C is of no use to anyone.
        code: String::new(),
        ..program
    })
}

/// A program of which nothing is known.
pub(crate) fn nothing() -> Program {
    Program {
        code: String::new(),
        license: String::new(),
        maps: Vec::new(),
        probes: Vec::new(),
        types: Vec::new(),
        globals: Vec::new(),
        needs: KernelNeeds::default(),
        requirements: Requirements::default(),
        sites: Vec::new(),
    }
}
