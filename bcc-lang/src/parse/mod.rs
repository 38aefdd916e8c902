//! Text to tree.
//!
//! In: a [`SourceText`]. Out: a [`Unit`] that covers the whole text, and one message for each
//! mistake. Macros are not expanded and conditions not evaluated: preprocessor lines stay in the
//! tree, and a use of a macro is a node of its own wherever it stands for something that C's
//! grammar has no word for. What names and types mean is left to the checks.

mod args;
mod attempt;
mod attribute;
mod brackets;
mod builtin;
mod cursor;
mod decl;
mod declarator;
pub(crate) mod directive;
mod expr;
mod init;
mod item;
mod limits;
mod lookahead;
mod names;
mod primary;
mod record;
mod recover;
mod spec;
mod stmt;
mod stmt_label;
mod stmt_loop;
mod stmt_macro;
mod type_name;

#[cfg(test)]
mod tests;

use crate::ast::{Expr, Unit};
use crate::conditionals::{Choice, Visible, select};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lex;
use crate::source::SourceText;
use crate::span::Span;
use cursor::Parser;

/// Parses a text; what is wrong with it goes to `diagnostics`.
#[must_use]
pub fn parse(source: &SourceText, diagnostics: &mut Diagnostics) -> Unit {
    parse_alternative(source, 0, diagnostics)
}

/// Parses a text, choosing alternative `number` (or the last, if there are fewer) of each `#if`
/// group of which only one can be shown; [`Unit::alternatives`] says how many there are at most.
#[must_use]
pub fn parse_alternative(
    source: &SourceText,
    number: usize,
    diagnostics: &mut Diagnostics,
) -> Unit {
    let whole = Choice {
        alternative: number,
        split_all: false,
    };
    let first = attempt(source, whole);
    if !first.1.is_ok() {
        // Alternatives that look whole may still exclude each other, so that only one of them at a
        // time makes sense. Show one of each group; if that is right, so was the text.
        let second = attempt(
            source,
            Choice {
                split_all: true,
                ..whole
            },
        );
        if second.1.is_ok() {
            diagnostics.extend(second.1.into_sorted());
            return second.0;
        }
    }
    diagnostics.extend(first.1.into_sorted());
    first.0
}

/// Parses the text under `span`, such as the body of a macro, as one whole expression.
#[must_use]
pub fn parse_expr_at(source: &SourceText, span: Span) -> Option<Expr> {
    let tokens = lex::lex_span(source, span);
    if tokens.iter().any(|token| token.kind.is_bad()) {
        return None;
    }
    let mut parser = Parser::new(
        source,
        Visible {
            tokens,
            ..Visible::default()
        },
    );
    let expr = parser.parse_expr()?;
    (parser.at_end() && parser.errors.is_empty()).then_some(expr)
}

fn attempt(source: &SourceText, choice: Choice) -> (Unit, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let tokens = lex::lex_quietly(source);
    let visible = select(source, &tokens, choice, &mut diagnostics);
    lex::report_bad(source, &visible.tokens, &mut diagnostics);
    let alternatives = visible.alternatives;
    let mut parser = Parser::new(source, visible);
    let items = parser.parse_items();
    let errors: Vec<Diagnostic> = std::mem::take(&mut parser.errors);
    diagnostics.extend(errors);
    (
        Unit {
            items,
            directives: parser.into_directives(),
            alternatives,
        },
        diagnostics,
    )
}
