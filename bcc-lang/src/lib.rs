//! The C dialect of bcc, from text to libbpf C.
//!
//! ```text
//! SourceText ─ unfold ─ lex ─ parse ─▶ Unit ─ types, model, infer ─▶ check, flow ─▶ lower ─▶ emit ─▶ Program
//! ```
//!
//! [`compile`] is the whole way. This crate is shared by the `bpf_program!` macro and by the
//! runtime. It does no I/O, has no dependency and never panics on any text. It follows no semantic
//! versioning of its own: use it through `bcc-runtime`.

#![forbid(unsafe_code)]
// This crate meets anyone's text in production and must answer with a diagnostic.
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)
)]

pub mod analysis;
pub mod assemble;
pub mod ast;
pub mod check;
pub mod condition;
pub mod conditionals;
pub mod consts;
pub mod diag;
pub mod dialect;
pub mod dump;
pub mod edits;
pub mod emit;
pub mod flow;
pub mod hookable;
pub mod infer;
pub mod known;
pub mod layout;
pub mod lex;
pub mod lower;
pub mod macros;
pub mod model;
pub mod options;
pub mod parse;
pub mod program;
pub mod requirements;
pub mod scan;
pub mod source;
pub mod span;
pub mod token;
pub mod types;
pub mod unfold;
pub mod uses;
pub mod version;
pub mod visit;

use analysis::Analysis;
use diag::{Diagnostic, Diagnostics};
use edits::Edits;
use lower::{Lowered, WatchedCalls};
use model::Model;
use options::Options;
use program::Program;
use scan::Names;
use source::{Position, SourceText};
use span::Span;
use types::TypeTable;

/// What became of a text.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The program; `None` if the text has errors.
    pub program: Option<Program>,
    /// If the text has errors: what is known of it all the same. Its code is of no use.
    pub partial: Option<Program>,
    /// What there is to say about the text, in its order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Outcome {
    /// Changes every place.
    fn move_places(&mut self, place: impl Fn(Span) -> Span) {
        let mut moved = Diagnostics::new();
        moved.extend(self.diagnostics.drain(..).map(|mut diagnostic| {
            diagnostic.span = place(diagnostic.span);
            for (span, _) in &mut diagnostic.labels {
                *span = place(*span);
            }
            diagnostic
        }));
        self.diagnostics = moved.into_sorted();
        for program in self.program.iter_mut().chain(&mut self.partial) {
            program.move_places(&place);
        }
    }
}

/// Compiles a text as far as that goes without a kernel, with the default options.
#[must_use]
pub fn compile(source: &SourceText) -> Outcome {
    compile_with(source, Options::default())
}

/// Compiles a text as far as that goes without a kernel.
#[must_use]
pub fn compile_with(source: &SourceText, options: Options) -> Outcome {
    let unfolded = unfold::unfold(source);
    let origins = &unfolded.origins;
    let place = |span| source.position(origins.place(span).start);
    let mut outcome = compile_unfolded(&unfolded.source, options, &place);
    outcome.move_places(|span| origins.place(span));
    outcome
}

/// Compiles a text whose macros hide nothing; `place` says where something stood before.
fn compile_unfolded(
    source: &SourceText,
    options: Options,
    place: &dyn Fn(Span) -> Position,
) -> Outcome {
    let mut cx = Diagnostics::new();
    let unit = parse::parse(source, &mut cx);
    let types = TypeTable::build(&unit, source, &mut cx);
    let model = Model::build(&unit, source, &types, &mut cx);
    let inference = infer::infer(&unit, &model, &types, source);
    let analysis = Analysis {
        source,
        unit: &unit,
        model: &model,
        types: &types,
        inference: &inference,
        options,
    };
    // Where a part of the text was not understood, paths lead nowhere.
    let is_whole = cx.is_ok();
    check::check(analysis, &mut cx);
    if is_whole {
        flow::check(analysis, &mut cx);
    }
    let Lowered {
        mut edits,
        reads,
        mut watched,
    } = lower::lower(analysis, WatchedCalls::default());
    check::check_reads(analysis, &reads, &mut cx);
    let uses = uses::uses(analysis, &reads);
    check::check_uses(analysis, &uses, &mut cx);
    for number in 1..unit.alternatives {
        edits.merge(lower_alternative(source, number, options, &mut watched));
    }
    let names = Names::scan(source, &unit);
    let mut program = assemble::assemble(analysis, &names, &edits.apply(source));
    program.sites = assemble::sites(&watched, place);
    program.requirements = requirements::collect(analysis, &program, &uses, &names, place);
    let is_ok = cx.is_ok();
    let (program, partial) = if is_ok {
        (Some(program), None)
    } else {
        (None, Some(program))
    };
    Outcome {
        program,
        partial,
        diagnostics: cx.into_sorted(),
    }
}

/// The changes to the `number`th alternative of each `#if` of which only one could be parsed at a
/// time. What is wrong only in such an alternative is left to clang.
fn lower_alternative(
    source: &SourceText,
    number: usize,
    options: Options,
    watched: &mut WatchedCalls,
) -> Edits {
    let mut cx = Diagnostics::new();
    let unit = parse::parse_alternative(source, number, &mut cx);
    let types = TypeTable::build(&unit, source, &mut cx);
    let model = Model::build(&unit, source, &types, &mut cx);
    if !cx.is_ok() {
        return Edits::default();
    }
    let inference = infer::infer(&unit, &model, &types, source);
    let analysis = Analysis {
        source,
        unit: &unit,
        model: &model,
        types: &types,
        inference: &inference,
        options,
    };
    let lowered = lower::lower(analysis, std::mem::take(watched));
    *watched = lowered.watched;
    lowered.edits
}
