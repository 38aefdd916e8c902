//! Text to tokens.
//!
//! In: a [`SourceText`]. Out: [`Token`]s without blanks and comments; each preprocessor line is one
//! token. Line splices (a `\` at the line end) may stand anywhere; [`clean`] takes them out of the
//! text of a token. What the preprocessor lines say is left to the parser.

#[cfg(test)]
mod tests;

use crate::diag::{Diagnostic, Diagnostics};
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Bad, Keyword, Punct, Token, TokenKind};
use std::borrow::Cow;

/// The tokens of the whole text; text that is no token is reported and stays as [`TokenKind::Bad`].
#[must_use]
pub fn lex(source: &SourceText, diagnostics: &mut Diagnostics) -> Vec<Token> {
    let tokens = lex_quietly(source);
    report_bad(source, &tokens, diagnostics);
    tokens
}

/// The tokens of the whole text without any report, for text that may turn out to be skipped.
#[must_use]
pub fn lex_quietly(source: &SourceText) -> Vec<Token> {
    let end = u32::try_from(source.text().len()).unwrap_or(u32::MAX);
    Lexer {
        text: source.text(),
        at: 0,
        end: source.text().len(),
        line_start: true,
        directives: true,
    }
    .run(Span::new(0, end))
}

/// The tokens under `span`, where a `#` is an ordinary sign.
#[must_use]
pub fn lex_span(source: &SourceText, span: Span) -> Vec<Token> {
    let range = span.range();
    let end = range.end.min(source.text().len());
    Lexer {
        text: source.text(),
        at: range.start,
        end,
        line_start: false,
        directives: false,
    }
    .run(span)
}

/// The text of a token without line splices.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let splice = splice_len(from.as_bytes());
        // Splices go before escapes are looked at, so a backslash protects no other one.
        let keep = usize::from(splice == 0);
        out.push_str(from.get(..keep).unwrap_or(""));
        rest = from.get(keep.max(splice)..).unwrap_or("");
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Reports every piece of text that is no token.
pub fn report_bad(source: &SourceText, tokens: &[Token], diagnostics: &mut Diagnostics) {
    for token in tokens {
        if let TokenKind::Bad(bad) = token.kind {
            diagnostics.push(bad_token(source, bad, token.span));
        }
    }
}

/// The message for a piece of text that is no token.
fn bad_token(source: &SourceText, bad: Bad, span: Span) -> Diagnostic {
    match bad {
        Bad::UnknownCharacter => {
            let text = source.slice(span);
            let error = Diagnostic::error(span, format!("unexpected character `{text}`"));
            match text {
                "“" | "”" => error.with_help("use a plain `\"`"),
                "‘" | "’" => error.with_help("use a plain `'`"),
                _ => error,
            }
        }
        Bad::UnterminatedString => {
            Diagnostic::error(span, "string literal is not closed on its line")
                .with_help("add the closing `\"`")
        }
        Bad::UnterminatedChar => {
            Diagnostic::error(span, "character constant is not closed on its line")
                .with_help("add the closing `'`")
        }
        Bad::EmptyChar => Diagnostic::error(span, "character constant is empty"),
        Bad::UnterminatedComment => {
            Diagnostic::error(span, "comment is never closed").with_help("add the closing `*/`")
        }
    }
}

/// Length of the line splice that `bytes` begin with, or 0. Compilers allow blanks behind the `\`.
fn splice_len(bytes: &[u8]) -> usize {
    if bytes.first() != Some(&b'\\') {
        return 0;
    }
    let blanks = bytes
        .iter()
        .skip(1)
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    match bytes.get(1 + blanks..).unwrap_or(&[]) {
        [b'\r', b'\n', ..] => blanks + 3,
        [b'\n', ..] => blanks + 2,
        _ => 0,
    }
}

/// Whether a name may begin with it; `$` is a letter in GNU C.
fn starts_name(c: char) -> bool {
    c == '_' || c == '$' || c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic())
}

/// Whether a name may go on with it.
fn continues_name(c: char) -> bool {
    starts_name(c) || c.is_ascii_digit() || (!c.is_ascii() && c.is_alphanumeric())
}

struct Lexer<'s> {
    text: &'s str,
    at: usize,
    end: usize,
    /// Whether no token has been seen on this line.
    line_start: bool,
    /// Whether a `#` at the start of a line begins a preprocessor line.
    directives: bool,
}

impl Lexer<'_> {
    /// All tokens up to the end.
    fn run(mut self, span: Span) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(span.range().len() / 4);
        loop {
            let comment = self.skip_blanks();
            let first_on_line = self.line_start;
            let start = self.at;
            let kind = match comment {
                Some(bad) => bad,
                None if self.peek().is_none() => return tokens,
                None => self.scan(),
            };
            self.line_start = false;
            tokens.push(Token {
                kind,
                span: self.span_from(start, kind),
                first_on_line,
            });
        }
    }

    fn span_from(&mut self, start: usize, kind: TokenKind) -> Span {
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        if kind == TokenKind::Bad(Bad::UnterminatedComment) {
            self.at = self.end;
            return Span::new(at(start), at(start + 2));
        }
        Span::new(at(start), at(self.at))
    }

    /// The character at `self.at`, splices skipped, with the offset behind it.
    fn peek(&self) -> Option<(char, usize)> {
        self.peek_from(self.at)
    }

    fn peek_from(&self, mut at: usize) -> Option<(char, usize)> {
        loop {
            let rest = self.text.get(at..self.end)?;
            let splice = splice_len(rest.as_bytes());
            if splice == 0 {
                return rest.chars().next().map(|c| (c, at + c.len_utf8()));
            }
            at += splice;
        }
    }

    /// The second character from `self.at`.
    fn peek_second(&self) -> Option<char> {
        let (_, next) = self.peek()?;
        self.peek_from(next).map(|(c, _)| c)
    }

    /// Takes the next character if `wanted` says so.
    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        match self.peek() {
            Some((c, next)) if wanted(c) => {
                self.at = next;
                true
            }
            Some(_) | None => false,
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.take_if(&wanted) {}
    }

    /// Skips blanks and comments; returns the bad token if a comment is never closed.
    fn skip_blanks(&mut self) -> Option<TokenKind> {
        loop {
            let rest = self.text.get(self.at..self.end).unwrap_or("");
            self.at += splice_len(rest.as_bytes());
            let (c, next) = self.peek()?;
            if c == '\n' {
                self.line_start = true;
                self.at = next;
            } else if c.is_whitespace() || c == '\u{feff}' || c == '\0' {
                self.at = next;
            } else if c == '/' && self.peek_second() == Some('/') {
                self.take_while(|c| c != '\n');
            } else if c == '/' && self.peek_second() == Some('*') {
                if !self.skip_block_comment() {
                    return Some(TokenKind::Bad(Bad::UnterminatedComment));
                }
            } else if splice_len(self.text.get(self.at..self.end).unwrap_or("").as_bytes()) == 0 {
                return None;
            }
        }
    }

    /// Skips `/* ... */`; leaves the place as it is if the comment is never closed.
    fn skip_block_comment(&mut self) -> bool {
        let start = self.at;
        self.take_if(|c| c == '/');
        self.take_if(|c| c == '*');
        loop {
            self.take_while(|c| c != '*');
            if !self.take_if(|c| c == '*') {
                self.at = start;
                return false;
            }
            if self.take_if(|c| c == '/') {
                return true;
            }
        }
    }

    /// Scans one token; there is at least one character.
    fn scan(&mut self) -> TokenKind {
        let Some((c, next)) = self.peek() else {
            return TokenKind::End;
        };
        if c == '#' && self.line_start && self.directives {
            return self.scan_directive();
        }
        if c.is_ascii_digit()
            || (c == '.' && self.peek_second().is_some_and(|c| c.is_ascii_digit()))
        {
            return self.scan_number();
        }
        if starts_name(c) {
            return self.scan_word();
        }
        if c == '"' || c == '\'' {
            return self.scan_quoted(c);
        }
        self.scan_punct().unwrap_or_else(|| {
            self.at = next;
            TokenKind::Bad(Bad::UnknownCharacter)
        })
    }

    /// A name, a keyword, or a literal with a prefix such as `L"x"`.
    fn scan_word(&mut self) -> TokenKind {
        let start = self.at;
        self.take_while(continues_name);
        let text = clean(self.text.get(start..self.at).unwrap_or(""));
        let quote = self
            .peek()
            .map(|(c, _)| c)
            .filter(|c| *c == '"' || *c == '\'');
        if let Some(quote) = quote.filter(|_| matches!(&*text, "L" | "u8" | "u" | "U")) {
            return self.scan_quoted(quote);
        }
        Keyword::from_text(&text).map_or(TokenKind::Ident, TokenKind::Keyword)
    }

    /// A preprocessing number: every number of C is one, and so are typing mistakes like `0xfg`.
    fn scan_number(&mut self) -> TokenKind {
        loop {
            let before = self.peek().map(|(c, _)| c);
            if !self.take_if(|c| continues_name(c) || c == '.') {
                return TokenKind::Number;
            }
            if before.is_some_and(|c| matches!(c, 'e' | 'E' | 'p' | 'P')) {
                self.take_if(|c| c == '+' || c == '-');
            }
        }
    }

    /// A string or a character constant, from its quote on.
    fn scan_quoted(&mut self, quote: char) -> TokenKind {
        self.take_if(|c| c == quote);
        if quote == '\'' && self.take_if(|c| c == '\'') {
            return TokenKind::Bad(Bad::EmptyChar);
        }
        loop {
            self.take_while(|c| c != quote && c != '\\' && c != '\n');
            if self.take_if(|c| c == quote) {
                return if quote == '"' {
                    TokenKind::String
                } else {
                    TokenKind::Char
                };
            }
            if !self.take_if(|c| c == '\\') || !self.take_if(|c| c != '\n') {
                self.trim_line_end();
                let bad = if quote == '"' {
                    Bad::UnterminatedString
                } else {
                    Bad::UnterminatedChar
                };
                return TokenKind::Bad(bad);
            }
        }
    }

    /// Takes a carriage return before the line end out of the token again.
    fn trim_line_end(&mut self) {
        if self
            .text
            .get(..self.at)
            .is_some_and(|text| text.ends_with('\r'))
        {
            self.at -= 1;
        }
    }

    fn scan_punct(&mut self) -> Option<TokenKind> {
        let mut head = String::with_capacity(3);
        let mut at = self.at;
        let mut ends = [at; 3];
        for end in &mut ends {
            let Some((c, next)) = self.peek_from(at).filter(|(c, _)| c.is_ascii()) else {
                break;
            };
            head.push(c);
            at = next;
            *end = next;
        }
        let punct = Punct::at_start(&head)?;
        self.at = *ends.get(punct.text().len() - 1)?;
        Some(TokenKind::Punct(punct))
    }

    /// A preprocessor line up to the line end; a comment in it may bring it further lines.
    fn scan_directive(&mut self) -> TokenKind {
        loop {
            self.take_while(|c| !matches!(c, '\n' | '/' | '"' | '\''));
            let Some((c, next)) = self.peek() else {
                return TokenKind::Directive;
            };
            let second = self.peek_second();
            if c == '\n' {
                self.trim_line_end();
                return TokenKind::Directive;
            }
            if c == '/' && second == Some('/') {
                self.take_while(|c| c != '\n');
            } else if c == '/' && second == Some('*') {
                if !self.skip_block_comment() {
                    return TokenKind::Directive;
                }
            } else if c == '/' {
                self.at = next;
            } else {
                self.skip_quoted_in_directive(c);
            }
        }
    }

    /// Skips a literal in a preprocessor line; the quote alone where none follows (`#error don't`).
    fn skip_quoted_in_directive(&mut self, quote: char) {
        let start = self.at;
        if self.scan_quoted(quote).is_bad() {
            self.at = start;
            self.take_if(|c| c == quote);
        }
    }
}
