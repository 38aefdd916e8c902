//! The text's own macros, and their expansion where a constant or a type is asked for.
//!
//! In: definitions in the order of the text. Out: [`MacroTable`], which knows what a name stands
//! for at any place of the text, and expands a piece of text to the text the C compiler would see.
//! Programs are never rewritten with it: expansion of the real text is left to clang.

use crate::ast::{Define, Directive, DirectiveKind, Ident};
use crate::known;
use crate::lex::{clean, lex_span};
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Punct, Token, TokenKind};
use std::collections::BTreeMap;

/// How deep uses of macros may nest.
const MAX_DEPTH: usize = 64;

/// How many words an expansion may handle: nested definitions may double with each step.
const MAX_WORDS: usize = 10_000;

/// A word of C text, apart from any source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it is.
    pub kind: TokenKind,
    /// Its text without line splices.
    pub text: String,
}

impl Word {
    /// Whether it may name a macro; the preprocessor does not know keywords.
    #[must_use]
    pub const fn is_name(&self) -> bool {
        matches!(self.kind, TokenKind::Ident | TokenKind::Keyword(_))
    }
}

/// The words under `span`.
#[must_use]
pub fn words(source: &SourceText, span: Span) -> Vec<Word> {
    let word = |token: Token| Word {
        kind: token.kind,
        text: clean(source.slice(token.span)).into_owned(),
    };
    lex_span(source, span).into_iter().map(word).collect()
}

/// The words of `text`.
#[must_use]
pub fn words_of(text: &str) -> Vec<Word> {
    let source = SourceText::new("", text);
    words(&source, whole(&source))
}

/// The span of a whole text.
#[must_use]
pub fn whole(source: &SourceText) -> Span {
    Span::new(0, u32::try_from(source.text().len()).unwrap_or(u32::MAX))
}

/// Words as text again.
#[must_use]
pub fn join(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

/// A macro definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macro {
    params: Option<Vec<String>>,
    variadic: bool,
    body: Vec<Word>,
    /// Where the text of its definition has the body.
    body_span: Span,
    /// The parameter in front of `...` that stands for all the rest, as in `args...`.
    named_rest: Option<String>,
}

impl Macro {
    /// What a `#define` line says.
    #[must_use]
    pub fn new(define: &Define, source: &SourceText) -> Self {
        let names = |params: &Vec<Ident>| params.iter().map(|param| param.name.clone()).collect();
        Self {
            params: define.params.as_ref().map(names),
            variadic: define.variadic,
            body: words(source, define.body),
            body_span: define.body,
            named_rest: named_rest(define, source),
        }
    }

    /// The parameters; `None` for a macro that takes no arguments.
    #[must_use]
    pub fn params(&self) -> Option<&[String]> {
        self.params.as_deref()
    }

    /// Whether the parameters end in `...`.
    #[must_use]
    pub const fn is_variadic(&self) -> bool {
        self.variadic
    }

    /// The last parameter, if it stands for all the rest.
    #[must_use]
    pub fn named_rest(&self) -> Option<&str> {
        self.named_rest.as_deref()
    }

    /// Where the body stands in the text that defines it.
    #[must_use]
    pub const fn body_span(&self) -> Span {
        self.body_span
    }

    /// Whether it takes arguments.
    #[must_use]
    pub const fn is_function_like(&self) -> bool {
        self.params.is_some()
    }

    /// The body with the arguments in place of the parameters.
    fn substitute(&self, params: &[String], args: &[Vec<Word>]) -> Option<Vec<Word>> {
        // A call without arguments is read as one with an empty argument.
        let is_empty_call = params.is_empty() && args.iter().all(Vec::is_empty);
        if self.variadic || (args.len() != params.len() && !is_empty_call) {
            return None;
        }
        let argument = |word: &Word| args.get(params.iter().position(|param| *param == word.text)?);
        let mut out = Vec::new();
        for word in &self.body {
            match argument(word) {
                Some(argument) => out.extend_from_slice(argument),
                None => out.push(word.clone()),
            }
        }
        Some(out)
    }

    /// Whether the body makes new words with `#` or `##`.
    fn makes_words(&self) -> bool {
        self.body
            .iter()
            .any(|word| word.kind.is(Punct::Hash) || word.kind.is(Punct::HashHash))
    }
}

/// The last parameter, if `...` follows it without a comma.
fn named_rest(define: &Define, source: &SourceText) -> Option<String> {
    let last = define.params.as_ref()?.last().filter(|_| define.variadic)?;
    let behind = Span::new(last.span.end, define.body.start.max(last.span.end));
    let text = source.slice(behind).trim_start();
    text.starts_with("...").then(|| last.name.clone())
}

/// What a name means to the preprocessor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A macro.
    Defined(Macro),
    /// Not a macro, or no longer one.
    Undefined,
    /// A macro or not, depending on a condition that only the running system decides.
    Uncertain,
}

/// What the definitions among `directives` mean.
#[must_use]
pub fn meanings(directives: &[Directive], source: &SourceText) -> BTreeMap<String, Meaning> {
    let defines = directives
        .iter()
        .filter_map(|directive| match &directive.kind {
            DirectiveKind::Define(define) => Some(define),
            DirectiveKind::Include { .. }
            | DirectiveKind::Undef(_)
            | DirectiveKind::If(_)
            | DirectiveKind::Ifdef(_)
            | DirectiveKind::Ifndef(_)
            | DirectiveKind::Elif(_)
            | DirectiveKind::Else
            | DirectiveKind::Endif
            | DirectiveKind::Other => None,
        });
    defines
        .map(|define| {
            (
                define.name.name.clone(),
                Meaning::Defined(Macro::new(define, source)),
            )
        })
        .collect()
}

/// All macros of a text.
#[derive(Clone, Debug, Default)]
pub struct MacroTable {
    /// For each name, what it means from an offset on, in the order of the text.
    names: BTreeMap<String, Vec<(u32, Meaning)>>,
}

impl MacroTable {
    /// Says what `name` means from `at` on; to be called in the order of the text.
    pub fn set(&mut self, name: &str, at: u32, meaning: Meaning) {
        self.names
            .entry(name.to_owned())
            .or_default()
            .push((at, meaning));
    }

    /// What `name` means at `at`.
    #[must_use]
    pub fn meaning(&self, name: &str, at: u32) -> &Meaning {
        self.own_meaning(name, at)
            .or_else(|| known::macro_meaning(name))
            .unwrap_or(&Meaning::Undefined)
    }

    /// What the text itself says that `name` means at `at`.
    #[must_use]
    pub fn own_meaning(&self, name: &str, at: u32) -> Option<&Meaning> {
        let steps = self.names.get(name).map_or(&[][..], Vec::as_slice);
        let behind = steps.partition_point(|(from, _)| *from <= at);
        let last = behind.checked_sub(1).and_then(|last| steps.get(last));
        last.map(|(_, meaning)| meaning)
    }

    /// The text the C compiler would see at `at` for these words.
    ///
    /// `None` if a name in them may or may not be a macro, if a macro is used in a way that is not
    /// followed here (`##`, `...`), or if the result is out of all proportion.
    #[must_use]
    pub fn expand(&self, words: &[Word], at: u32) -> Option<Vec<Word>> {
        let mut expansion = Expansion {
            table: self,
            at,
            active: Vec::new(),
            depth: 0,
            work: 0,
        };
        expansion.expand(words)
    }

    /// Whether any of these words is a macro at `at`, or may be one.
    #[must_use]
    pub fn concerns(&self, words: &[Word], at: u32) -> bool {
        words
            .iter()
            .any(|word| word.is_name() && *self.meaning(&word.text, at) != Meaning::Undefined)
    }
}

/// One expansion under way.
struct Expansion<'t> {
    table: &'t MacroTable,
    at: u32,
    /// Macros being expanded: C does not expand a macro inside itself.
    active: Vec<String>,
    depth: usize,
    work: usize,
}

impl<'t> Expansion<'t> {
    fn expand(&mut self, input: &[Word]) -> Option<Vec<Word>> {
        self.depth += 1;
        self.work += input.len();
        if self.depth > MAX_DEPTH || self.work > MAX_WORDS {
            return None;
        }
        let mut out = Vec::with_capacity(input.len());
        let mut rest = input;
        while let Some((word, behind)) = rest.split_first() {
            rest = self.expand_word(word, behind, &mut out)?;
        }
        self.depth -= 1;
        Some(out)
    }

    /// Expands one word, with its arguments if it takes some; returns what stands behind.
    fn expand_word<'w>(
        &mut self,
        word: &Word,
        behind: &'w [Word],
        out: &mut Vec<Word>,
    ) -> Option<&'w [Word]> {
        let definition = match self.meaning(word) {
            Meaning::Defined(definition) => definition,
            Meaning::Uncertain => return None,
            Meaning::Undefined => {
                out.push(word.clone());
                return Some(behind);
            }
        };
        if definition.makes_words() {
            return None;
        }
        let Some(params) = &definition.params else {
            out.extend(self.expand_body(&word.text, &definition.body)?);
            return Some(behind);
        };
        let Some(after_paren) = behind
            .split_first()
            .filter(|(next, _)| next.kind.is(Punct::LeftParen))
        else {
            out.push(word.clone());
            return Some(behind);
        };
        let (args, behind) = split_args(after_paren.1)?;
        let args = args
            .iter()
            .map(|arg| self.expand(arg))
            .collect::<Option<Vec<_>>>()?;
        let body = definition.substitute(params, &args)?;
        out.extend(self.expand_body(&word.text, &body)?);
        Some(behind)
    }

    fn expand_body(&mut self, name: &str, body: &[Word]) -> Option<Vec<Word>> {
        self.active.push(name.to_owned());
        let out = self.expand(body);
        self.active.pop();
        out
    }

    /// What `word` means here: no macro is expanded inside itself.
    fn meaning(&self, word: &Word) -> &'t Meaning {
        if !word.is_name() || self.active.contains(&word.text) {
            return &Meaning::Undefined;
        }
        self.table.meaning(&word.text, self.at)
    }
}

/// Splits what stands behind an opening parenthesis at its commas; also returns what stands behind
/// the closing one.
fn split_args(words: &[Word]) -> Option<(Vec<Vec<Word>>, &[Word])> {
    let mut args = vec![Vec::new()];
    let mut depth = 0usize;
    for (index, word) in words.iter().enumerate() {
        if word.kind.is(Punct::RightParen) && depth == 0 {
            return Some((args, words.get(index + 1..)?));
        }
        if word.kind.is(Punct::Comma) && depth == 0 {
            args.push(Vec::new());
            continue;
        }
        if word.kind.is(Punct::LeftParen) {
            depth += 1;
        } else if word.kind.is(Punct::RightParen) {
            depth -= 1;
        }
        args.last_mut()?.push(word.clone());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::parse;

    #[test]
    fn macros_expand_as_the_preprocessor_expands_them() {
        const ROWS: &[(&str, &str, Option<&str>)] = &[
            ("#define A 1", "A + B", Some("1 + B")),
            ("#define A B\n#define B 2", "A", Some("2")),
            ("#define A A + 1", "A", Some("A + 1")),
            (
                "#define F(x, y) x + y",
                "F(1, (2, 3))",
                Some("1 + ( 2 , 3 )"),
            ),
            ("#define F(x) x", "F", Some("F")),
            ("#define F() 1", "F()", Some("1")),
            ("#define F(x) x * A\n#define A 7", "F(A)", Some("7 * 7")),
            ("#define F(x) x", "F(F(1))", Some("1")),
            ("#define A 1\n#undef A", "A", Some("A")),
            ("#define F(x) x", "F(1, 2)", None),
            ("#define F(x) x", "F(1", None),
            ("#define F(x...) x", "F(1)", None),
            ("#define F(x) x ## _t", "F(a)", None),
        ];
        for (text, used, expected) in ROWS {
            let source = SourceText::new("a.c", *text);
            let unit = parse::parse(&source, &mut Diagnostics::new());
            let conditions = crate::condition::Conditions::read(&unit.directives, &source);
            let found = conditions
                .macros()
                .expand(&words_of(used), u32::MAX)
                .map(|words| join(&words));
            assert_eq!(found.as_deref(), *expected, "{text}\n{used}");
        }
    }
}
