//! Programs on tracepoints that the kernel does not have, taken out of the C.
//!
//! In: the C. Out: the same with the bodies of such programs empty, since nobody knows the fields
//! they name. Lines stay where they were.

use super::{Policy, tracepoints};
use crate::error::ErrorKind;
use crate::spec::{AttachSpec, Spec};
use bcc_lang::lex::lex_quietly;
use bcc_lang::source::SourceText;
use bcc_lang::token::{Punct, Token};
use std::ops::Range;

/// Empties the programs that nobody wants, and those whose tracepoint is missing and may be.
pub(crate) fn leave_out(spec: &mut Spec, policy: &Policy) {
    let missing: Vec<String> = spec
        .probes
        .iter()
        .filter(|probe| policy.may_miss(&probe.name))
        .filter(|probe| match &probe.attach {
            AttachSpec::Tracepoint { category, event } => {
                let found = tracepoints::check(category, event);
                found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
            }
            _ => false,
        })
        .map(|probe| probe.name.to_string())
        .collect();
    for program in missing.iter().chain(&policy.unwanted) {
        *spec.source.to_mut() = without_body(&spec.source, program);
    }
}

/// A text in which the bodies of a function do nothing.
fn without_body(text: &str, function: &str) -> String {
    let source = SourceText::new("", text);
    let tokens = lex_quietly(&source);
    let mut out = text.to_owned();
    for body in bodies(&source, &tokens, function).into_iter().rev() {
        let lines = "\n".repeat(text[body.clone()].matches('\n').count());
        out.replace_range(body, &format!("{{ return 0;{lines}}}"));
    }
    out
}

/// Where the bodies are that follow a name and its parameters.
fn bodies(source: &SourceText, tokens: &[Token], function: &str) -> Vec<Range<usize>> {
    let is = |at: usize, punct: Punct| tokens.get(at).is_some_and(|token| token.kind.is(punct));
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if source.slice(tokens[at].span) != function || !is(at + 1, Punct::LeftParen) {
            continue;
        }
        let params = close(tokens, at + 1, Punct::LeftParen, Punct::RightParen);
        let Some(open) = params.map(|end| end + 1) else {
            continue;
        };
        if !is(open, Punct::LeftBrace) {
            continue;
        }
        if let Some(end) = close(tokens, open, Punct::LeftBrace, Punct::RightBrace) {
            found.push(tokens[open].span.start as usize..tokens[end].span.end as usize);
        }
    }
    found
}

/// The token that closes what the one at `from` opens.
fn close(tokens: &[Token], from: usize, opens: Punct, closes: Punct) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        if token.kind.is(opens) {
            depth += 1;
        } else if token.kind.is(closes) {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strings and comments hold no braces; lines stay.
    #[test]
    fn empties_a_function() {
        let text =
            "int f(int a) {\n  if (a) { g(\"}\"); } // }\n  return 1;\n}\nint g(int a) { f(1); }\n";
        let expected = "int f(int a) { return 0;\n\n\n}\nint g(int a) { f(1); }\n";
        assert_eq!(without_body(text, "f"), expected);
        assert_eq!(without_body("int f(int a) {", "f"), "int f(int a) {");
        assert_eq!(without_body(text, "h"), text);
    }
}
