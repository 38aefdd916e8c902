//! Tables of texts and what the parser makes of them.

mod conditionals;
mod declarations;
mod expressions;
mod items;
mod recovery;
mod statements;

use super::{parse, parse_alternative, parse_expr_at};
use crate::diag::Diagnostics;
use crate::dump::{Outline, dump, outline};
use crate::source::SourceText;
use crate::span::Span;

/// A node as `label(child, child)`.
fn shape(node: &Outline) -> String {
    if node.children.is_empty() {
        node.label.clone()
    } else {
        format!("{}({})", node.label, shapes(&node.children))
    }
}

fn shapes(nodes: &[Outline]) -> String {
    nodes.iter().map(shape).collect::<Vec<_>>().join(", ")
}

/// The messages as `line:column message`.
fn messages(source: &SourceText, diagnostics: Diagnostics) -> String {
    let lines: Vec<String> = diagnostics
        .into_sorted()
        .iter()
        .map(|one| {
            let at = source.position(one.span.start);
            format!("{}:{} {}", at.line, at.column, one.message)
        })
        .collect();
    lines.join("\n")
}

/// The items of a text, and behind ` !! ` what is wrong with it.
fn items(text: &str) -> (Vec<Outline>, String) {
    let source = SourceText::new("test.c", text);
    let mut diagnostics = Diagnostics::new();
    let unit = parse(&source, &mut diagnostics);
    let errors = messages(&source, diagnostics);
    (
        outline(&unit, &source),
        if errors.is_empty() {
            errors
        } else {
            format!(" !! {errors}")
        },
    )
}

fn check_items(text: &str, expected: &str) {
    let (nodes, errors) = items(text);
    assert_eq!(shapes(&nodes) + &errors, expected, "for {text}");
}

/// The statements of a body.
fn check_statements(text: &str, expected: &str) {
    let (nodes, errors) = items(&format!("int f(void) {{\n{text}\n}}"));
    let block = nodes.first().and_then(|function| function.children.last());
    let statements = block
        .map(|block| shapes(&block.children))
        .unwrap_or_default();
    assert_eq!(statements + &errors, expected, "for {text}");
}

/// The value of a variable.
fn check_expr(text: &str, expected: &str) {
    let (nodes, errors) = items(&format!("int x = ({text});"));
    let value = nodes
        .first()
        .and_then(|one| one.children.last())
        .and_then(|one| one.children.last());
    let value = value
        .and_then(|paren| paren.children.first())
        .map(shape)
        .unwrap_or_default();
    assert_eq!(value + &errors, expected, "for {text}");
}

fn check_messages(text: &str, expected: &str) {
    let source = SourceText::new("test.c", text);
    let mut diagnostics = Diagnostics::new();
    let _unit = parse(&source, &mut diagnostics);
    assert_eq!(messages(&source, diagnostics), expected, "for {text}");
}

/// The second alternative of a group of which only one can be shown.
#[test]
fn alternatives_are_numbered() {
    let text = "#if A\nint f(int a) {\n#elif B\nint g(int b) {\n#else\nint h(int c) {\n#endif\n}";
    let source = SourceText::new("test.c", text);
    let names: Vec<String> = (0..4)
        .map(|number| {
            let mut diagnostics = Diagnostics::new();
            let unit = parse_alternative(&source, number, &mut diagnostics);
            assert!(diagnostics.is_ok());
            assert_eq!(unit.alternatives, 3);
            let tree = dump(&unit, &source);
            tree.lines()
                .find(|line| line.contains("declarator"))
                .unwrap_or("")
                .trim()
                .to_owned()
        })
        .collect();
    assert_eq!(
        names,
        [
            "declarator f @2:5",
            "declarator g @4:5",
            "declarator h @6:5",
            "declarator h @6:5"
        ]
    );
}

/// Lines in an alternative that is not shown are not listed.
#[test]
fn hidden_lines_are_not_listed() {
    let source = SourceText::new("test.c", "#if 0\n#define A\n#endif\nint x\n#define B\n;");
    let unit = parse(&source, &mut Diagnostics::new());
    let lines: Vec<&str> = unit
        .directives
        .iter()
        .map(|line| source.slice(line.span))
        .collect();
    assert_eq!(lines, ["#if 0", "#endif", "#define B"]);
    assert_eq!(unit.alternatives, 1);
}

/// The dump has one line for each node, with its place.
#[test]
fn dump_shows_places() {
    let source = SourceText::new("test.c", "int x = 1;\nBPF_HASH(a);");
    let unit = parse(&source, &mut Diagnostics::new());
    let expected = "\
declaration @1:1
  specifiers @1:1
    Int @1:1
  init-declarator @1:5
    declarator x @1:5
      name x @1:5
    number 1 @1:9
macro BPF_HASH; @2:1
  args @2:9
    arg `a` @2:10
      ident a @2:10
      type-name @2:10
        specifiers @2:10
          named a @2:10
        declarator @2:11
";
    assert_eq!(dump(&unit, &source), expected);
}

/// Only a whole expression counts.
#[test]
fn expressions_are_read_alone() {
    let source = SourceText::new("test.c", "a + b; 1 +; \"c");
    let read = |from, to| parse_expr_at(&source, Span::new(from, to)).map(|expr| expr.span);
    assert_eq!(read(0, 5), Some(Span::new(0, 5)));
    assert_eq!(read(0, 6), None);
    assert_eq!(read(7, 10), None);
    assert_eq!(read(12, 14), None);
    assert_eq!(read(5, 2), None);
}
