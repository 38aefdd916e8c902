//! Which tokens of `#if` groups the parser sees.
//!
//! In: tokens with their preprocessor lines. Out: [`Visible`], the tokens to parse and the lines
//! between them. No condition is evaluated but literal `0` and `1`: a group whose alternatives each
//! hold whole items, statements or members shows all of them, one after the other. Of any other
//! group (`#ifdef A` / `if (a) {` / `#else` / `if (b) {` / `#endif`) one alternative is shown.

mod scan;

pub(crate) use scan::is_macro_name;

use crate::ast::{Directive, DirectiveKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lex;
use crate::parse::directive::{head_span, parse_directive};
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Keyword, Token, TokenKind};
use scan::{Context, Place, Scan, Scanner};
use std::collections::BTreeMap;

/// How to choose among alternatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Which alternative to show where only one can be shown, from 0; the last if there are fewer.
    pub alternative: usize,
    /// Show one alternative of every group, also where all could be shown.
    pub split_all: bool,
}

/// What the parser sees.
#[derive(Clone, Debug, Default)]
pub struct Visible {
    /// The tokens to parse, without preprocessor lines.
    pub tokens: Vec<Token>,
    /// The preprocessor lines, each with the number of tokens before it.
    pub directives: Vec<(usize, Directive)>,
    /// How many alternatives the largest group has of which only one is shown; 1 if there is none.
    pub alternatives: usize,
}

/// Chooses what the parser sees; unmatched lines are reported.
#[must_use]
pub fn select(
    source: &SourceText,
    tokens: &[Token],
    choice: Choice,
    diagnostics: &mut Diagnostics,
) -> Visible {
    let mut selector = Selector::new(source, choice);
    let lines: Vec<Option<Directive>> = tokens
        .iter()
        .map(|token| {
            (token.kind == TokenKind::Directive).then(|| parse_directive(source, token.span))
        })
        .collect();
    for (index, (token, line)) in tokens.iter().zip(&lines).enumerate() {
        match line {
            Some(line) => selector.directive(index, line, diagnostics),
            None => selector.token(*token),
        }
    }
    selector.finish(tokens, lines, diagnostics)
}

/// What an `#if` line asks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// `0` or `1`; `#else` is `1`.
    Literal(bool),
    /// Some question, and the answer that selects the alternative.
    Asks(String, bool),
}

#[derive(Debug)]
struct Alternative {
    condition: Condition,
    /// Range of token indices.
    from: usize,
    to: usize,
    /// Not excluded by a literal condition.
    live: bool,
    first: Option<TokenKind>,
    end: Scan,
}

#[derive(Debug)]
struct Group {
    line: Span,
    start: Scan,
    /// Inside text that is never compiled.
    dead: bool,
    /// A literal condition has been true.
    decided: bool,
    seen_else: bool,
    alternatives: Vec<Alternative>,
}

struct Selector<'s> {
    source: &'s SourceText,
    choice: Choice,
    scanner: Scanner<'s>,
    groups: Vec<Group>,
    hidden: Vec<(usize, usize)>,
    /// Answers implied by the alternatives chosen so far.
    answers: BTreeMap<String, bool>,
    most: usize,
}

impl<'s> Selector<'s> {
    fn new(source: &'s SourceText, choice: Choice) -> Self {
        Self {
            source,
            choice,
            scanner: Scanner::new(source),
            groups: Vec::new(),
            hidden: Vec::new(),
            answers: BTreeMap::new(),
            most: 1,
        }
    }

    /// Whether the text here is never compiled.
    fn is_dead(&self) -> bool {
        self.groups.last().is_some_and(|group| {
            group.dead || group.alternatives.last().is_some_and(|last| !last.live)
        })
    }

    fn directive(&mut self, index: usize, line: &Directive, diagnostics: &mut Diagnostics) {
        match &line.kind {
            DirectiveKind::If(_) | DirectiveKind::Ifdef(_) | DirectiveKind::Ifndef(_) => {
                self.open(index, line);
            }
            DirectiveKind::Elif(_) | DirectiveKind::Else => self.next(index, line, diagnostics),
            DirectiveKind::Endif => {
                if self.groups.is_empty() {
                    diagnostics.push(unmatched(self.source, line, "`#endif` without `#if`"));
                }
                self.close(index);
            }
            DirectiveKind::Include { .. }
            | DirectiveKind::Define(_)
            | DirectiveKind::Undef(_)
            | DirectiveKind::Other => {}
        }
    }

    fn open(&mut self, index: usize, line: &Directive) {
        let dead = self.is_dead();
        self.groups.push(Group {
            line: line.span,
            start: self.scanner.scan,
            dead,
            decided: false,
            seen_else: false,
            alternatives: Vec::new(),
        });
        self.begin_alternative(index, line);
    }

    fn next(&mut self, index: usize, line: &Directive, diagnostics: &mut Diagnostics) {
        let is_else = line.kind == DirectiveKind::Else;
        let word = if is_else { "#else" } else { "#elif" };
        let Some(group) = self.groups.last_mut() else {
            diagnostics.push(unmatched(
                self.source,
                line,
                &format!("`{word}` without `#if`"),
            ));
            return;
        };
        if group.seen_else && !group.dead {
            let first = head_span(self.source, group.line);
            let error = unmatched(self.source, line, &format!("`{word}` behind `#else`"));
            diagnostics.push(error.with_label(first, "the group begins here"));
        }
        group.seen_else |= is_else;
        self.end_alternative(index);
        self.begin_alternative(index, line);
    }

    fn begin_alternative(&mut self, index: usize, line: &Directive) {
        let condition = condition(self.source, &line.kind);
        let Some(group) = self.groups.last_mut() else {
            return;
        };
        let is_live = !group.decided && condition != Condition::Literal(false);
        // `#else` is no literal that decides: the alternatives before it may hold.
        group.decided |= condition == Condition::Literal(true) && line.kind != DirectiveKind::Else;
        self.scanner.scan = group.start;
        let end = group.start;
        group.alternatives.push(Alternative {
            condition,
            from: index + 1,
            to: index + 1,
            live: is_live,
            first: None,
            end,
        });
    }

    fn end_alternative(&mut self, index: usize) {
        let scan = self.scanner.scan;
        if let Some(last) = self
            .groups
            .last_mut()
            .and_then(|group| group.alternatives.last_mut())
        {
            last.to = index;
            last.end = scan;
        }
    }

    fn close(&mut self, index: usize) {
        self.end_alternative(index);
        let Some(group) = self.groups.pop() else {
            return;
        };
        self.scanner.scan = group.start;
        if group.dead {
            return;
        }
        if !self.choice.split_all && self.all_whole(&group) {
            self.show_all(&group);
        } else {
            self.show_one(&group);
        }
    }

    fn show_all(&mut self, group: &Group) {
        for alternative in &group.alternatives {
            if !alternative.live {
                self.hidden.push((alternative.from, alternative.to));
            } else if alternative.first.is_some() {
                self.scanner.scan = alternative.end;
            }
        }
    }

    fn show_one(&mut self, group: &Group) {
        let candidates = self.candidates(group);
        self.most = self.most.max(candidates.len());
        let number = self
            .choice
            .alternative
            .min(candidates.len().saturating_sub(1));
        let chosen = candidates.get(number).copied();
        for (index, alternative) in group.alternatives.iter().enumerate() {
            if Some(index) != chosen {
                self.hidden.push((alternative.from, alternative.to));
            }
            // What stands before the chosen one has been answered with no, the chosen one with yes.
            if let Condition::Asks(question, answer) = &alternative.condition
                && chosen.is_some_and(|chosen| index <= chosen)
            {
                self.answers
                    .insert(question.clone(), *answer == (Some(index) == chosen));
            }
        }
        if let Some(alternative) = chosen.and_then(|chosen| group.alternatives.get(chosen)) {
            self.scanner.scan = alternative.end;
        }
    }

    /// The alternatives that agree with the answers so far.
    fn candidates(&self, group: &Group) -> Vec<usize> {
        let mut found = Vec::new();
        for (index, alternative) in group
            .alternatives
            .iter()
            .enumerate()
            .filter(|(_, one)| one.live)
        {
            match self.answer(&alternative.condition) {
                Some(false) => {}
                Some(true)
                    if !found.is_empty() && alternative.condition == Condition::Literal(true) =>
                {
                    found.push(index);
                }
                Some(true) => {
                    found.push(index);
                    break;
                }
                None => found.push(index),
            }
        }
        found
    }

    fn answer(&self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Literal(value) => Some(*value),
            Condition::Asks(question, wanted) => {
                self.answers.get(question).map(|answer| answer == wanted)
            }
        }
    }

    /// Whether every alternative holds whole items, statements, members or enum constants.
    fn all_whole(&self, group: &Group) -> bool {
        let start = group.start;
        let in_enum = self.scanner.context(start.node) == Context::Enum;
        let starts = if in_enum {
            start.place == Place::Start
        } else {
            self.scanner.may_end(start)
        };
        starts
            && group
                .alternatives
                .iter()
                .filter(|one| one.live && one.first.is_some())
                .all(|one| {
                    one.first != Some(TokenKind::Keyword(Keyword::Else))
                        && one.end.node == start.node
                        && (in_enum || self.scanner.may_end(one.end))
                })
    }

    fn token(&mut self, token: Token) {
        if self.is_dead() {
            return;
        }
        for group in self.groups.iter_mut().rev() {
            match group.alternatives.last_mut() {
                Some(last) if last.first.is_none() => last.first = Some(token.kind),
                Some(_) | None => break,
            }
        }
        self.scanner.step(token);
    }

    /// Closes what is still open and sorts tokens and lines apart.
    fn finish(
        mut self,
        tokens: &[Token],
        lines: Vec<Option<Directive>>,
        diagnostics: &mut Diagnostics,
    ) -> Visible {
        while let Some(group) = self.groups.last() {
            let span = head_span(self.source, group.line);
            let word = self.source.slice(span);
            diagnostics.push(
                Diagnostic::error(span, format!("`{word}` has no `#endif`"))
                    .with_help("add `#endif` behind the group"),
            );
            self.close(tokens.len());
        }
        self.hidden.sort_unstable();
        let mut hidden = self.hidden.iter().copied().peekable();
        let mut visible = Visible {
            alternatives: self.most,
            ..Visible::default()
        };
        for (index, (token, line)) in tokens.iter().zip(lines).enumerate() {
            while hidden.peek().is_some_and(|(_, to)| *to <= index) {
                hidden.next();
            }
            if hidden.peek().is_some_and(|(from, _)| *from <= index) {
                continue;
            }
            match line {
                Some(line) => visible.directives.push((visible.tokens.len(), line)),
                None => visible.tokens.push(*token),
            }
        }
        visible
    }
}

fn unmatched(source: &SourceText, line: &Directive, message: &str) -> Diagnostic {
    Diagnostic::error(head_span(source, line.span), message)
}

/// What the line asks, spelled so that equal questions are equal texts.
fn condition(source: &SourceText, kind: &DirectiveKind) -> Condition {
    match kind {
        DirectiveKind::Ifdef(name) => is_defined(&name.name, true),
        DirectiveKind::Ifndef(name) => is_defined(&name.name, false),
        DirectiveKind::If(span) | DirectiveKind::Elif(span) => expression(source, *span),
        DirectiveKind::Include { .. }
        | DirectiveKind::Define(_)
        | DirectiveKind::Undef(_)
        | DirectiveKind::Else
        | DirectiveKind::Endif
        | DirectiveKind::Other => Condition::Literal(true),
    }
}

/// Asks whether a name is defined; the text is C, never C++.
fn is_defined(name: &str, wanted: bool) -> Condition {
    if name == "__cplusplus" {
        Condition::Literal(!wanted)
    } else {
        Condition::Asks(name.to_owned(), wanted)
    }
}

fn expression(source: &SourceText, span: Span) -> Condition {
    let tokens = lex::lex_span(source, span);
    let words: Vec<_> = tokens
        .iter()
        .map(|token| lex::clean(source.slice(token.span)))
        .collect();
    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
    match words.as_slice() {
        ["0"] | ["defined", "(", "__cplusplus", ")", "&&", ..] => Condition::Literal(false),
        ["1"] => Condition::Literal(true),
        ["defined", name] | ["defined", "(", name, ")"] => is_defined(name, true),
        ["!", "defined", name] | ["!", "defined", "(", name, ")"] => is_defined(name, false),
        // A lone name asks for its value, not for its being there: keep the two apart.
        ["!", rest @ ..] if rest.len() == 1 => {
            Condition::Asks(format!("#if {}", rest.join(" ")), false)
        }
        _ => Condition::Asks(format!("#if {}", words.join(" ")), true),
    }
}
