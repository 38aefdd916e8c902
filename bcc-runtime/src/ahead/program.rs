//! A program of the crate's source, to be compiled and not loaded.
//!
//! In: its text. Out: the same [`Spec`] that the macro makes of it, but for the Rust side.

use crate::error::{Error, ErrorKind, Result};
use crate::private::{Loaded, Module};
use crate::spec::Spec;
use crate::text;
use bcc_lang::source::SourceText;

/// A program of the crate's source, whose options [`Objects::options`](super::Objects::options) sets.
#[derive(Debug)]
pub struct Program {
    spec: Spec,
}

impl Program {
    pub(super) fn new(name: &str, source: &SourceText) -> Result<Self> {
        let program = bcc_lang::compile(source).program.ok_or_else(mistaken)?;
        Ok(Self {
            spec: text::spec_of_module(name, &program),
        })
    }

    pub(super) fn source(&self) -> &str {
        &self.spec.source
    }
}

/// The error for a text that the macro does not take either.
pub(super) fn mistaken() -> Error {
    let text = "the program text has mistakes, which the compiler shows";
    Error::new(ErrorKind::Source, text)
}

impl Module for Program {
    type Maps = ();
    type Progs = ();
    type Globals = ();

    fn spec(&mut self) -> Result<Spec> {
        Ok(self.spec.clone())
    }

    fn maps(&self, _loaded: &mut Loaded) -> Result<()> {
        Ok(())
    }

    fn progs(&self, _loaded: &mut Loaded) -> Result<()> {
        Ok(())
    }

    fn globals(&self, _loaded: &mut Loaded) -> Result<()> {
        Ok(())
    }
}
