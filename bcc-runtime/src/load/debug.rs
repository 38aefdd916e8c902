//! What a start prints on the way.
//!
//! In: what the caller or the environment asks for. Out: text on standard error, or where the caller
//! wants it.

use crate::error::Result;
use crate::listing;
use crate::output::Output;
use crate::program::Core;
use crate::sys::object::Echo;

/// The variable with a list of what to print.
const VARIABLE: &str = "BCC_DEBUG";

/// What to print while starting, to standard error or to a [writer](crate::Builder::debug_to);
/// nothing by default. bcc's `debug`.
///
/// The environment variable `BCC_DEBUG` asks for the same with a list of words, such as
/// `BCC_DEBUG=source,phases`: each field says its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each can be asked for with and without the others"
)]
pub struct DebugOutput {
    /// The time each phase took (`phases`).
    pub phases: bool,
    /// The C text clang compiles, kernel types included (`source`). bcc's `DEBUG_PREPROCESSOR`.
    pub source: bool,
    /// The representation between C and BPF that LLVM works on, after it has been optimized
    /// (`ir`); with kernel headers before that. clang runs once more for it. bcc's
    /// `DEBUG_LLVM_IR`.
    pub llvm_ir: bool,
    /// The instructions of each loaded program, between the lines of C (`assembly`); also at
    /// [`Program::disassemble`](crate::program::Program::disassemble). bcc's `DEBUG_BPF` and
    /// `DEBUG_SOURCE`.
    pub assembly: bool,
    /// What the verifier says, with the state of all registers at each instruction (`verifier`).
    /// bcc's `DEBUG_BPF_REGISTER_STATE`.
    pub verifier: bool,
    /// The types in the object, as BTF describes them (`btf`). bcc's `DEBUG_BTF`.
    pub btf: bool,
    /// What libbpf says (`libbpf`).
    pub libbpf: bool,
}

impl DebugOutput {
    /// What is asked for by the caller or by the environment.
    pub(crate) fn or_environment(mut self) -> Self {
        let list = std::env::var(VARIABLE).unwrap_or_default();
        let words: Vec<&str> = list.split(',').map(str::trim).collect();
        for (word, flag) in self.flags() {
            *flag |= words.contains(&word);
        }
        self
    }

    fn flags(&mut self) -> [(&'static str, &mut bool); 7] {
        [
            ("phases", &mut self.phases),
            ("source", &mut self.source),
            ("ir", &mut self.llvm_ir),
            ("assembly", &mut self.assembly),
            ("verifier", &mut self.verifier),
            ("btf", &mut self.btf),
            ("libbpf", &mut self.libbpf),
        ]
    }

    /// What of libbpf's messages is to be printed.
    pub(crate) fn echo(self) -> Echo {
        match (self.libbpf, self.verifier) {
            (true, _) => Echo::All,
            (false, true) => Echo::Verifier,
            (false, false) => Echo::Nothing,
        }
    }

    /// Prints what is asked for of the types in an object.
    pub(crate) fn print_types(self, btf: &[u8], output: &Output) -> Result<()> {
        if self.btf {
            output.write(format_args!("{}", listing::types::list(btf)?));
        }
        Ok(())
    }

    /// Prints what is asked for of loaded programs.
    pub(crate) fn print_programs<'a>(
        self,
        programs: impl Iterator<Item = &'a Core>,
        output: &Output,
    ) -> Result<()> {
        for program in programs.filter(|program| self.assembly && program.exists()) {
            output.line(format_args!("{}", listing::disassemble(program)?));
        }
        Ok(())
    }
}
