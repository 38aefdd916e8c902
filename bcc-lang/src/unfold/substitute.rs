//! One use of a macro: its body with the arguments in place of the parameters.
//!
//! In: a definition and the arguments. Out: the words that stand for the use. `#` makes a string of
//! an argument, `##` joins the words on its sides.

use super::Word;
use crate::lex::{clean, lex_span};
use crate::macros::Macro;
use crate::source::SourceText;
use crate::token::{Punct, TokenKind};

/// The body of `definition` for one use; `None` if the arguments do not fit its parameters.
///
/// `raw` are the arguments as written, `unfolded` those without macros that hide something.
pub(super) fn substitute(
    definition: &Macro,
    source: &SourceText,
    raw: &[Vec<Word>],
    unfolded: &[Vec<Word>],
) -> Option<Vec<Word>> {
    let arguments = Arguments::bind(definition, raw, unfolded)?;
    let body = body_words(definition, source);
    let mut out: Vec<Word> = Vec::new();
    let mut index = 0;
    while let Some(word) = body.get(index) {
        let pastes = |at: Option<usize>| {
            at.and_then(|at| body.get(at))
                .is_some_and(|word| word.is(Punct::HashHash))
        };
        if word.is(Punct::HashHash) {
            // `, ## __VA_ARGS__` drops the comma if there is nothing behind it.
            let next = body.get(index + 1)?;
            let gone = arguments.is_empty_rest(next);
            if gone && out.last().is_some_and(|last| last.is(Punct::Comma)) {
                out.pop();
                index += 2;
                continue;
            }
        } else if word.is(Punct::Hash) && definition.is_function_like() {
            let named = body.get(index + 1)?;
            out.push(stringify(word, arguments.get(&named.text)?.0));
            index += 1;
        } else if let Some((raw, unfolded)) = arguments.get(&word.text) {
            let behind_paste = pastes(index.checked_sub(1));
            let joined = behind_paste || pastes(Some(index + 1));
            let words = if joined { raw } else { unfolded };
            // Behind `, ##` nothing is joined.
            let gap = if behind_paste {
                arguments.is_rest(word)
            } else {
                word.gap
            };
            push_argument(&mut out, words, gap);
        } else {
            let mut word = word.clone();
            word.gap &= !pastes(index.checked_sub(1));
            out.push(word);
        }
        index += 1;
    }
    Some(out)
}

/// The arguments of one use by the names of the parameters.
struct Arguments<'a> {
    names: &'a [String],
    raw: &'a [Vec<Word>],
    unfolded: &'a [Vec<Word>],
    /// What `__VA_ARGS__`, or the last named parameter before `...`, stands for.
    rest: Option<(Vec<Word>, Vec<Word>)>,
    rest_name: &'a str,
}

impl<'a> Arguments<'a> {
    fn bind(
        definition: &'a Macro,
        raw: &'a [Vec<Word>],
        unfolded: &'a [Vec<Word>],
    ) -> Option<Self> {
        let mut names = definition.params().unwrap_or(&[]);
        let mut rest_name = "__VA_ARGS__";
        if let (Some(name), Some((_, before))) = (definition.named_rest(), names.split_last()) {
            rest_name = name;
            names = before;
        }
        // A use without arguments is read as one with an empty argument.
        let given = match raw {
            [only] if only.is_empty() && names.is_empty() => 0,
            all => all.len(),
        };
        let fits = if definition.is_variadic() {
            given >= names.len()
        } else {
            given == names.len()
        };
        if !fits {
            return None;
        }
        let behind = |list: &[Vec<Word>]| join(list.get(names.len()..given).unwrap_or(&[]));
        let rest = definition
            .is_variadic()
            .then(|| (behind(raw), behind(unfolded)));
        Some(Self {
            names,
            raw,
            unfolded,
            rest,
            rest_name,
        })
    }

    /// An argument as written, and unfolded.
    fn get(&self, name: &str) -> Option<(&[Word], &[Word])> {
        if name == self.rest_name {
            let (raw, unfolded) = self.rest.as_ref()?;
            return Some((raw, unfolded));
        }
        let index = self.names.iter().position(|param| param == name)?;
        Some((self.raw.get(index)?, self.unfolded.get(index)?))
    }

    fn is_rest(&self, word: &Word) -> bool {
        self.rest.is_some() && word.text == self.rest_name
    }

    fn is_empty_rest(&self, word: &Word) -> bool {
        word.text == self.rest_name && self.rest.as_ref().is_some_and(|(raw, _)| raw.is_empty())
    }
}

/// The arguments of `...` with their commas.
fn join(list: &[Vec<Word>]) -> Vec<Word> {
    let mut out = Vec::new();
    for (index, words) in list.iter().enumerate() {
        if index > 0 {
            out.push(made(TokenKind::Punct(Punct::Comma), ",", false));
        }
        out.extend(words.iter().cloned());
    }
    out
}

fn made(kind: TokenKind, text: &str, gap: bool) -> Word {
    Word {
        kind,
        text: text.to_owned(),
        place: None,
        gap,
    }
}

/// The words of the body, blanks and comments between them as gaps.
fn body_words(definition: &Macro, source: &SourceText) -> Vec<Word> {
    let body = definition.body_span();
    let mut end = body.start;
    let mut words = Vec::new();
    for token in lex_span(source, body) {
        let text = clean(source.slice(token.span)).into_owned();
        words.push(made(token.kind, &text, token.span.start > end));
        end = token.span.end;
    }
    words
}

fn push_argument(out: &mut Vec<Word>, words: &[Word], gap: bool) {
    for (index, word) in words.iter().enumerate() {
        let mut word = word.clone();
        if index == 0 {
            word.gap = gap;
        }
        out.push(word);
    }
}

/// The string literal that `#` makes of an argument.
fn stringify(hash: &Word, words: &[Word]) -> Word {
    let mut text = String::from("\"");
    for (index, word) in words.iter().enumerate() {
        if index > 0 && word.gap {
            text.push(' ');
        }
        let literal = matches!(word.kind, TokenKind::String | TokenKind::Char);
        for c in word.text.chars() {
            if literal && matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
    }
    text.push('"');
    made(TokenKind::String, &text, hash.gap)
}
