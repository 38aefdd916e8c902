//! The text of a block written in place.
//!
//! In: the block's tokens. Out: [`Block`], the C text with the place of every token in it.
//!
//! Rust's tokens carry no line ends, and C directives end at one. So the text comes from the file,
//! provided that it holds exactly the tokens that arrived. Inside a `macro_rules!` wrapper it does
//! not; then the lines are put together again from the places of the tokens.

use crate::leaf::Leaf;
use bcc_lang::source::Position;
use proc_macro2::{LineColumn, Span};
use std::ops::Range;

/// C text and the bytes each token takes in it.
#[derive(Debug)]
pub(crate) struct Block {
    /// The text, from the first token to the last.
    pub(crate) text: String,
    /// Place of the first character in its file.
    pub(crate) origin: Position,
    /// Bytes of each token, in order.
    pub(crate) places: Vec<Range<usize>>,
    /// Whether the text is what the user wrote. It may not be in hosts other than the compiler,
    /// such as an editor's language server; messages about it would then mislead.
    pub(crate) faithful: bool,
}

/// The tokens carry no places and no text, but the block needs its lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LinesUnknown;

/// Reads the block that starts behind `header` tokens.
pub(crate) fn read_block(header: &[Leaf], body: &[Leaf]) -> Result<Block, LinesUnknown> {
    let origin = body
        .first()
        .map_or(Position { line: 1, column: 1 }, |leaf| position(leaf.start));
    let exact = Span::call_site()
        .source_text()
        .and_then(|call| exact_text(&call, header, body));
    if let Some((text, places)) = exact {
        return Ok(Block {
            text,
            origin,
            places,
            faithful: true,
        });
    }
    let faithful = lines_known(body)?;
    let (text, places) = rebuild_text(body, home_lines(body).as_ref());
    Ok(Block {
        text,
        origin,
        places,
        faithful,
    })
}

/// Line and column counted from 1.
pub(crate) fn position(place: LineColumn) -> Position {
    let from_usize = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position {
        line: from_usize(place.line),
        column: from_usize(place.column).saturating_add(1),
    }
}

/// The part of `call`, the whole macro call, that holds `body`, with the bytes of each token;
/// `None` if the call holds anything but the given tokens, white space and comments.
fn exact_text(call: &str, header: &[Leaf], body: &[Leaf]) -> Option<(String, Vec<Range<usize>>)> {
    let bang = call.find('!')?;
    let mut at = call[bang..]
        .find(['{', '(', '['])
        .map(|open| bang + open + 1)?;
    let mut places = Vec::with_capacity(body.len());
    for (index, leaf) in header.iter().chain(body).enumerate() {
        let start = skip_blank(call, at);
        if !call[start..].starts_with(&leaf.text) {
            return None;
        }
        at = start + leaf.text.len();
        if index >= header.len() {
            places.push(start..at);
        }
    }
    let closed = matches!(call[skip_blank(call, at)..].trim_end(), "}" | ")" | "]");
    let start = places.first().map_or(at, |place| place.start);
    let places = places
        .into_iter()
        .map(|place| place.start - start..place.end - start)
        .collect();
    closed.then(|| (call[start..at].to_owned(), places))
}

/// Offset of the first byte from `at` on that is neither white space nor part of a comment.
fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment_len(rest)
        } else {
            rest.len() - rest.trim_start().len()
        };
        if len == 0 {
            return at;
        }
        at += len;
    }
}

/// Length of the comment at the start of `text`. Rust, which read the block first, nests them.
fn block_comment_len(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(mark) = text[at..].find(['/', '*']).map(|found| at + found) {
        let (step, len) = match text.get(mark..mark + 2) {
            Some("/*") => (1, 2),
            Some("*/") => (-1, 2),
            _ => (0, 1),
        };
        depth = depth.saturating_add_signed(step);
        at = mark + len;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Whether a text put together from `body` is to be trusted.
fn lines_known(body: &[Leaf]) -> Result<bool, LinesUnknown> {
    let placed = body.windows(2).any(|pair| pair[0].start != pair[1].start);
    if placed || body.len() < 2 {
        return Ok(true);
    }
    // The compiler always names the file. Other hosts do not report places at all, and must not
    // show errors that the compiler does not have.
    if Span::call_site().file().is_empty() {
        return Ok(false);
    }
    let directive = body.iter().any(|leaf| leaf.text == "#");
    if directive {
        Err(LinesUnknown)
    } else {
        Ok(true)
    }
}

/// The lines of the macro call, if the block itself stands there. Tokens from elsewhere were passed
/// into a `macro_rules!` wrapper and say nothing about the lines of the block.
fn home_lines(body: &[Leaf]) -> Option<Range<usize>> {
    let call = Span::call_site();
    let lines = call.start().line..call.end().line + 1;
    body.first()
        .filter(|leaf| lines.contains(&leaf.start.line))
        .map(|_| lines)
}

/// The text that `body` most likely stood in, with the bytes of each token.
fn rebuild_text(body: &[Leaf], home: Option<&Range<usize>>) -> (String, Vec<Range<usize>>) {
    let mut text = String::new();
    let mut places = Vec::with_capacity(body.len());
    let mut last_home: Option<&Leaf> = None;
    let mut previous: Option<&Leaf> = None;
    for leaf in body {
        let is_home = home.is_none_or(|lines| lines.contains(&leaf.start.line));
        if let Some(previous) = previous {
            push_gap(&mut text, previous, last_home.filter(|_| is_home), leaf);
        }
        let start = text.len();
        text.push_str(&leaf.text);
        places.push(start..text.len());
        previous = Some(leaf);
        last_home = if is_home { Some(leaf) } else { last_home };
    }
    (text, places)
}

/// Writes the white space between `previous` and `leaf`. `placed` is the last token before `leaf`
/// whose place can be compared with that of `leaf`.
fn push_gap(text: &mut String, previous: &Leaf, placed: Option<&Leaf>, leaf: &Leaf) {
    let repeat = std::iter::repeat_n::<char>;
    match placed {
        Some(placed) if leaf.start.line > placed.end.line => {
            text.extend(repeat('\n', leaf.start.line - placed.end.line));
            text.extend(repeat(' ', leaf.start.column));
        }
        Some(placed) if leaf.start.line < placed.start.line => text.push('\n'),
        Some(placed)
            if std::ptr::eq(placed, previous)
                && leaf.start.column >= placed.end.column
                && leaf.start != placed.start =>
        {
            text.extend(repeat(' ', leaf.start.column - placed.end.column));
        }
        // `NAME(x)` and `NAME (x)` are not the same in a `#define`; the first one is more likely.
        Some(_) | None if previous.joint || leaf.text == "(" => {}
        Some(_) | None => text.push(' '),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf::{flatten, trees};

    fn leaves(text: &str) -> Vec<Leaf> {
        flatten(&trees(text.parse().expect("the test's text lexes as Rust")))
    }

    /// The text of the call is taken when it holds the tokens and nothing else.
    #[test]
    fn exact_text_needs_the_same_tokens() {
        let call = "bpf! { mod a; /* x */ int x; // y /*\n /** z */ #define A 1\n /* /* */ } */ }";
        let header = leaves("mod a;");
        let body = leaves("int x; #define A 1");
        let (text, places) = exact_text(call, &header, &body).expect("the tokens match");
        assert_eq!(text, "int x; // y /*\n /** z */ #define A 1");
        assert_eq!(&text[places[1].clone()], "x");
        assert_eq!(
            exact_text(call, &header, &leaves("int x; #define A 2")),
            None
        );
        assert_eq!(exact_text(call, &header, &leaves("int x; #define A")), None);
        assert_eq!(exact_text(call, &leaves(""), &body), None);
    }

    /// Lines and spaces come back from the places of the tokens.
    #[test]
    fn rebuilt_text_keeps_lines() {
        let text = "#define P(x) (x)\n\n    #if A\nint f(void) { return a->b; }\n#endif";
        let body = leaves(text);
        let (rebuilt, places) = rebuild_text(&body, None);
        assert_eq!(rebuilt, text);
        assert_eq!(places.len(), body.len());
        assert_eq!(&rebuilt[places[2].clone()], "P");
    }

    /// Comments that became attributes leave no trace but their lines.
    #[test]
    fn doc_comments_are_dropped() {
        let (rebuilt, _) = rebuild_text(&leaves("int a;\n/** one */\n/// two\nint b;"), None);
        assert_eq!(rebuilt, "int a;\n\n\nint b;");
    }

    /// A token from outside the call's lines does not break the line it was put on.
    #[test]
    fn foreign_tokens_do_not_break_lines() {
        let mut body = leaves("#define N n\nint z;");
        body[3].start.line = 90;
        body[3].end.line = 90;
        let (rebuilt, _) = rebuild_text(&body, Some(&(1..3)));
        assert_eq!(rebuilt, "#define N n\nint z;");
    }

    /// Without any places the tokens stand on one line, and directives ask for another form.
    #[test]
    fn tokens_without_places() {
        let unplaced = |text: &str| {
            let mut body = leaves(text);
            for leaf in &mut body {
                leaf.start = LineColumn { line: 1, column: 0 };
                leaf.end = leaf.start;
            }
            body
        };
        let body = unplaced("int x = a->b;\nint y;");
        assert_eq!(rebuild_text(&body, None).0, "int x = a -> b ; int y ;");
        assert_eq!(lines_known(&body), Ok(true));
        assert_eq!(
            lines_known(&unplaced("#define A 1\nint y;")),
            Err(LinesUnknown)
        );
    }
}
