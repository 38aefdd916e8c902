//! Which tokens of `#if` groups the parser sees.
//!
//! In: tokens with their preprocessor lines. Out: [`Visible`], the tokens to parse and the lines
//! between them. No condition is evaluated but literal `0` and `1`: a group whose alternatives each
//! hold whole items, statements or members shows all of them, one after the other. Of any other
//! group (`#ifdef A` / `if (a) {` / `#else` / `if (b) {` / `#endif`) one alternative is shown.

use crate::ast::{Directive, DirectiveKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lex;
use crate::parse::directive::{head_span, parse_directive};
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Keyword, Punct, Token, TokenKind};
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
pub fn select(source: &SourceText, tokens: &[Token], choice: Choice, diagnostics: &mut Diagnostics) -> Visible {
    let mut selector = Selector::new(source, choice);
    let lines: Vec<Option<Directive>> = tokens
        .iter()
        .map(|token| (token.kind == TokenKind::Directive).then(|| parse_directive(source, token.span)))
        .collect();
    for (index, (token, line)) in tokens.iter().zip(&lines).enumerate() {
        match line {
            Some(line) => selector.directive(index, line, diagnostics),
            None => selector.token(*token),
        }
    }
    selector.finish(tokens, lines, diagnostics)
}

/// Where in a statement, item or member a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the start of one.
    Start,
    /// Behind a single word at the start; `whole` if the word may be a macro that is all of it.
    Word { whole: bool },
    /// Behind a single word and its parentheses.
    Use { whole: bool },
    /// Behind `case` or `default`, before the `:`.
    Label,
    /// Inside.
    Inside,
}

/// What an open bracket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    /// No bracket is open.
    File,
    /// Statements or members.
    Block,
    /// Enum constants.
    Enum,
    /// Initialisers.
    Init,
    /// Anything in `()` or `[]`.
    Paren,
}

/// An open bracket. They form a tree, so that each alternative can start from the same point.
#[derive(Clone, Copy, Debug)]
struct Node {
    parent: usize,
    /// This bracket or the nearest one around it that is a brace; 0 if there is none.
    brace: usize,
    context: Context,
    /// The scan before the bracket.
    place: Place,
    assigned: bool,
}

/// How far the scan has come; small, since each alternative starts from a copy.
#[derive(Clone, Copy, Debug)]
struct Scan {
    node: usize,
    place: Place,
    last: Option<TokenKind>,
    /// An `enum` whose brace may follow.
    in_enum: bool,
    /// A `=` or `return` stands before, so a brace opens values, not statements.
    assigned: bool,
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
    nodes: Vec<Node>,
    scan: Scan,
    groups: Vec<Group>,
    hidden: Vec<(usize, usize)>,
    /// Answers implied by the alternatives chosen so far.
    answers: BTreeMap<String, bool>,
    most: usize,
}

impl<'s> Selector<'s> {
    fn new(source: &'s SourceText, choice: Choice) -> Self {
        let root = Node { parent: 0, brace: 0, context: Context::File, place: Place::Start, assigned: false };
        let scan = Scan { node: 0, place: Place::Start, last: None, in_enum: false, assigned: false };
        Self {
            source,
            choice,
            nodes: vec![root],
            scan,
            groups: Vec::new(),
            hidden: Vec::new(),
            answers: BTreeMap::new(),
            most: 1,
        }
    }

    /// Whether the text here is never compiled.
    fn is_dead(&self) -> bool {
        self.groups.last().is_some_and(|group| group.dead || group.alternatives.last().is_some_and(|last| !last.live))
    }

    fn context(&self, node: usize) -> Context {
        self.nodes.get(node).map_or(Context::File, |node| node.context)
    }

    fn directive(&mut self, index: usize, line: &Directive, diagnostics: &mut Diagnostics) {
        match &line.kind {
            DirectiveKind::If(_) | DirectiveKind::Ifdef(_) | DirectiveKind::Ifndef(_) => self.open(index, line),
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
            start: self.scan,
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
            diagnostics.push(unmatched(self.source, line, &format!("`{word}` without `#if`")));
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
        let Some(group) = self.groups.last_mut() else { return };
        let live = !group.decided && condition != Condition::Literal(false);
        // `#else` is no literal that decides: the alternatives before it may hold.
        group.decided |= condition == Condition::Literal(true) && line.kind != DirectiveKind::Else;
        self.scan = group.start;
        let end = group.start;
        group.alternatives.push(Alternative { condition, from: index + 1, to: index + 1, live, first: None, end });
    }

    fn end_alternative(&mut self, index: usize) {
        let scan = self.scan;
        if let Some(last) = self.groups.last_mut().and_then(|group| group.alternatives.last_mut()) {
            last.to = index;
            last.end = scan;
        }
    }

    fn close(&mut self, index: usize) {
        self.end_alternative(index);
        let Some(group) = self.groups.pop() else { return };
        self.scan = group.start;
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
                self.scan = alternative.end;
            }
        }
    }

    fn show_one(&mut self, group: &Group) {
        let candidates = self.candidates(group);
        self.most = self.most.max(candidates.len());
        let number = self.choice.alternative.min(candidates.len().saturating_sub(1));
        let chosen = candidates.get(number).copied();
        for (index, alternative) in group.alternatives.iter().enumerate() {
            if Some(index) != chosen {
                self.hidden.push((alternative.from, alternative.to));
            }
            // What stands before the chosen one has been answered with no, the chosen one with yes.
            if let Condition::Asks(question, answer) = &alternative.condition
                && chosen.is_some_and(|chosen| index <= chosen)
            {
                self.answers.insert(question.clone(), *answer == (Some(index) == chosen));
            }
        }
        if let Some(alternative) = chosen.and_then(|chosen| group.alternatives.get(chosen)) {
            self.scan = alternative.end;
        }
    }

    /// The alternatives that agree with the answers so far.
    fn candidates(&self, group: &Group) -> Vec<usize> {
        let mut found = Vec::new();
        for (index, alternative) in group.alternatives.iter().enumerate().filter(|(_, one)| one.live) {
            match self.answer(&alternative.condition) {
                Some(false) => {}
                Some(true) if !found.is_empty() && alternative.condition == Condition::Literal(true) => {
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
            Condition::Asks(question, wanted) => self.answers.get(question).map(|answer| answer == wanted),
        }
    }

    /// Whether every alternative holds whole items, statements, members or enum constants.
    fn all_whole(&self, group: &Group) -> bool {
        let start = group.start;
        let in_enum = self.context(start.node) == Context::Enum;
        let starts = if in_enum { start.place == Place::Start } else { self.may_end(start) };
        starts
            && group.alternatives.iter().filter(|one| one.live && one.first.is_some()).all(|one| {
                one.first != Some(TokenKind::Keyword(Keyword::Else))
                    && one.end.node == start.node
                    && (in_enum || self.may_end(one.end))
            })
    }

    /// Whether a statement, an item or a member may end here.
    fn may_end(&self, scan: Scan) -> bool {
        let inside = matches!(self.context(scan.node), Context::Init | Context::Paren);
        !inside && matches!(scan.place, Place::Start | Place::Word { whole: true } | Place::Use { whole: true })
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
        self.step(token);
    }

    /// Moves the scan over one token.
    fn step(&mut self, token: Token) {
        let before = self.scan;
        let punct = token.kind.punct();
        let mut closed = None;
        if punct.is_some_and(|punct| punct.closer().is_some()) {
            self.push(token.kind);
        } else if let Some(closer) = punct.filter(|punct| punct.is_closer()) {
            closed = self.pop(closer);
        }
        self.scan.place = self.place_after(token, before, closed);
        self.scan.last = Some(token.kind);
        let keyword = token.kind.keyword();
        if keyword == Some(Keyword::Enum) {
            self.scan.in_enum = true;
        } else if punct.is_some() {
            self.scan.in_enum = false;
        }
        if self.scan.place == Place::Start {
            self.scan.assigned = false;
        } else if token.kind.is(Punct::Assign) || keyword == Some(Keyword::Return) {
            self.scan.assigned = true;
        }
    }

    fn push(&mut self, opener: TokenKind) {
        let is_brace = opener.is(Punct::LeftBrace);
        let context = if is_brace { self.brace_context() } else { Context::Paren };
        let Scan { node, place, assigned, .. } = self.scan;
        let new = self.nodes.len();
        let brace = if is_brace { new } else { self.nodes.get(node).map_or(0, |node| node.brace) };
        self.nodes.push(Node { parent: node, brace, context, place, assigned });
        self.scan.node = new;
        self.scan.assigned = false;
    }

    fn brace_context(&self) -> Context {
        let outer = self.context(self.scan.node);
        let after_paren = self.scan.last.is_some_and(|kind| kind.is(Punct::LeftParen));
        if self.scan.in_enum {
            Context::Enum
        } else if outer == Context::Init || self.scan.assigned || (outer == Context::Paren && !after_paren) {
            Context::Init
        } else {
            Context::Block
        }
    }

    /// Closes the innermost bracket of that kind; parentheses left open end at a brace.
    fn pop(&mut self, closer: Punct) -> Option<Node> {
        let innermost = self.nodes.get(self.scan.node)?;
        let index = if closer == Punct::RightBrace { innermost.brace } else { self.scan.node };
        let closed = *self.nodes.get(index).filter(|_| index != 0)?;
        if closer != Punct::RightBrace && closed.context != Context::Paren {
            return None;
        }
        self.scan.node = closed.parent;
        self.scan.assigned = closed.assigned;
        Some(closed)
    }

    fn place_after(&self, token: Token, before: Scan, closed: Option<Node>) -> Place {
        let context = self.context(self.scan.node);
        let holds_statements = matches!(context, Context::File | Context::Block);
        if let Some(punct) = token.kind.punct() {
            let closed_values = closed.is_some_and(|node| node.context == Context::Init);
            return match punct {
                Punct::Semicolon | Punct::LeftBrace | Punct::RightBrace if holds_statements && !closed_values => {
                    Place::Start
                }
                Punct::LeftBrace | Punct::Comma if context == Context::Enum => Place::Start,
                Punct::Colon if matches!(before.place, Place::Label | Place::Word { .. }) && holds_statements => {
                    Place::Start
                }
                Punct::RightParen => match closed.map(|node| node.place) {
                    Some(Place::Word { whole }) => Place::Use { whole },
                    Some(_) | None => Place::Inside,
                },
                _ => Place::Inside,
            };
        }
        let ended = token.first_on_line && self.may_end(before);
        if before.place != Place::Start && !ended {
            return if before.place == Place::Label { Place::Label } else { Place::Inside };
        }
        match token.kind {
            TokenKind::Ident => {
                let whole = context == Context::File || is_macro_name(&lex::clean(self.source.slice(token.span)));
                Place::Word { whole }
            }
            TokenKind::Keyword(Keyword::Case | Keyword::Default) => Place::Label,
            _ => Place::Inside,
        }
    }

    /// Closes what is still open and sorts tokens and lines apart.
    fn finish(mut self, tokens: &[Token], lines: Vec<Option<Directive>>, diagnostics: &mut Diagnostics) -> Visible {
        while let Some(group) = self.groups.last() {
            let span = head_span(self.source, group.line);
            let word = self.source.slice(span);
            diagnostics.push(
                Diagnostic::error(span, format!("`{word}` has no `#endif`")).with_help("add `#endif` behind the group"),
            );
            self.close(tokens.len());
        }
        self.hidden.sort_unstable();
        let mut hidden = self.hidden.iter().copied().peekable();
        let mut visible = Visible { alternatives: self.most, ..Visible::default() };
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

/// Whether a name is written the way macros are: `FILTER`, `BPF_HASH2`.
pub(crate) fn is_macro_name(name: &str) -> bool {
    name.len() > 1 && name.chars().any(|c| c.is_ascii_uppercase()) && !name.chars().any(|c| c.is_ascii_lowercase())
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
    if name == "__cplusplus" { Condition::Literal(!wanted) } else { Condition::Asks(name.to_owned(), wanted) }
}

fn expression(source: &SourceText, span: Span) -> Condition {
    let tokens = lex::lex_span(source, span);
    let words: Vec<_> = tokens.iter().map(|token| lex::clean(source.slice(token.span))).collect();
    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
    match words.as_slice() {
        ["0"] => Condition::Literal(false),
        ["1"] => Condition::Literal(true),
        ["defined", name] | ["defined", "(", name, ")"] => is_defined(name, true),
        ["!", "defined", name] | ["!", "defined", "(", name, ")"] => is_defined(name, false),
        ["defined", "(", "__cplusplus", ")", "&&", ..] => Condition::Literal(false),
        // A lone name asks for its value, not for its being there: keep the two apart.
        ["!", rest @ ..] if rest.len() == 1 => Condition::Asks(format!("#if {}", rest.join(" ")), false),
        _ => Condition::Asks(format!("#if {}", words.join(" ")), true),
    }
}
