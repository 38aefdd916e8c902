//! The texts of the page, and what the compiler says about them.

use crate::index::{page, root};
use bcc_lang::diag::{Diagnostic, Level};
use bcc_lang::options::{Options, Semantics};
use bcc_lang::source::SourceText;
use bcc_lang::span::Span;
use std::fmt::Write as _;
use std::{env, fs};

/// Where statements go in the block `c given`.
const PLACE: &str = "STATEMENTS";

/// A block of the page: what stands behind its opening fence, and its text.
struct Block {
    info: String,
    text: String,
}

/// A heading and the blocks below it.
#[derive(Default)]
struct Entry {
    heading: String,
    blocks: Vec<Block>,
}

impl Entry {
    fn message(&self) -> &str {
        self.blocks
            .iter()
            .find(|block| block.info == "text")
            .map_or("", |block| &block.text)
    }

    fn texts(&self, kind: &str) -> impl Iterator<Item = &Block> {
        self.blocks
            .iter()
            .filter(move |block| block.info.split(' ').nth(1) == Some(kind))
    }
}

/// The entries of the page; the first has no heading and holds what stands before them.
fn entries(page: &str) -> Vec<Entry> {
    let mut entries = vec![Entry::default()];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("### ") {
            let heading = heading.to_owned();
            entries.push(Entry {
                heading,
                ..Entry::default()
            });
        } else if let Some(info) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            let block = Block {
                info: info.to_owned(),
                text: text.fold(String::new(), |text, line| text + line + "\n"),
            };
            entries.last_mut().unwrap().blocks.push(block);
        }
    }
    entries
}

/// What the lines of a text say about itself, as in the catalogue.
fn options(text: &str) -> Options {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    Options {
        min_kernel: value("// min_kernel: ").map(|version| version.parse().unwrap()),
        semantics: value("// semantics: ").map_or(Semantics::Bcc, |_| Semantics::Strict),
    }
}

/// What is said about a block, as the page shows it.
fn said(given: &str, block: &Block) -> String {
    let text = if block.info.ends_with(" body") {
        given.replace(PLACE, &block.text)
    } else {
        block.text.clone()
    };
    let source = SourceText::new("t.c", text);
    let found = bcc_lang::compile_with(&source, options(&block.text)).diagnostics;
    found.iter().map(|one| shown(one, &source)).collect()
}

fn shown(diagnostic: &Diagnostic, source: &SourceText) -> String {
    let level = match diagnostic.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let mut out = format!("{level}: {}\n", diagnostic.message);
    for (_, label) in &diagnostic.labels {
        let _ = writeln!(out, "       note: {label}");
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "       help: {help}");
    }
    out + &marked(source, diagnostic.span)
}

/// The line of a place, with its piece marked.
fn marked(source: &SourceText, span: Span) -> String {
    let line = source.line_at(span.start).trim_end();
    let column = source.position(span.start).column as usize - 1;
    let indent = line.len() - line.trim_start().len();
    let text = line.trim_start();
    let before = column.saturating_sub(indent);
    let piece = source.slice(span).lines().next().unwrap_or_default();
    let width = piece.chars().count().max(1);
    format!(
        "  | {text}\n  | {}{}\n",
        " ".repeat(before),
        "^".repeat(width)
    )
}

/// The page with the messages that the compiler gives.
fn rewritten(page: &str) -> String {
    let entries = entries(page);
    let given = given(&entries);
    let mut parts = page.split("\n### ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, entry) in parts.zip(&entries[1..]) {
        let mut part = part.to_owned();
        if let Some(wrong) = entry.texts("wrong").next() {
            let old = format!("```text\n{}```", entry.message());
            part = part.replacen(&old, &format!("```text\n{}```", said(given, wrong)), 1);
        }
        let _ = write!(out, "\n### {part}");
    }
    out
}

fn given(entries: &[Entry]) -> &str {
    &entries[0].texts("given").next().unwrap().text
}

#[test]
fn messages_of_the_index_are_what_the_compiler_says() {
    let old = page();
    let new = rewritten(&old);
    if env::var_os("BLESS").is_some() {
        fs::write(root().join("docs/errors.md"), new).unwrap();
        return;
    }
    let different = old.lines().zip(new.lines()).find(|(old, new)| old != new);
    assert!(old == new, "{different:#?}");
}

#[test]
fn wrong_texts_have_one_message_and_right_texts_none() {
    let page = page();
    let entries = entries(&page);
    let given = given(&entries);
    let mut failures = String::new();
    for entry in &entries[1..] {
        for wrong in entry.texts("wrong") {
            let said = said(given, wrong);
            if said.matches("  | ").count() != 2 {
                let _ = writeln!(failures, "wrong: {}\n{said}", entry.heading);
            }
        }
        for right in entry.texts("right") {
            let said = said(given, right);
            if !said.is_empty() {
                let _ = writeln!(failures, "right: {}\n{said}", entry.heading);
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
