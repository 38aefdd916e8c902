//! Which parts of the text the C compiler will see.
//!
//! In: the preprocessor lines of a text. Out: [`Conditions`], which says for every place whether it
//! is compiled, and which macros and `#pragma pack` limits hold there.
//!
//! Only the text's own macros and a few well-known ones are looked at. A name that is neither
//! counts as not defined, as in C; names that the running kernel or the build decides
//! ([`known::is_decided_later`]) make the answer [`Truth::Unknown`].

use crate::ast::{Directive, DirectiveKind, Ident};
use crate::consts::{self, Environment, Value};
use crate::known;
use crate::macros::{Macro, MacroTable, Meaning, Word, join, whole, words, words_of};
use crate::parse;
use crate::source::SourceText;
use crate::span::Span;
use crate::token::Punct;

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Only the running system decides.
    Unknown,
}

impl Truth {
    const fn from_bool(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    const fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            (Self::Unknown | Self::True, Self::Unknown) | (Self::Unknown, Self::True) => {
                Self::Unknown
            }
        }
    }

    const fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

/// What the preprocessor lines of a text say.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Whether the text is compiled, from an offset on.
    regions: Vec<(u32, Truth)>,
    macros: MacroTable,
    packs: Vec<(u32, Option<u64>)>,
}

impl Conditions {
    /// Reads the preprocessor lines of a text, given in their order.
    #[must_use]
    pub fn read(directives: &[Directive], source: &SourceText) -> Self {
        let mut reader = Reader {
            source,
            found: Self::default(),
            groups: Vec::new(),
            state: Truth::True,
            packs: PackStack::default(),
        };
        for directive in directives {
            reader.line(directive);
        }
        reader.found
    }

    /// Whether the text at `at` is compiled.
    #[must_use]
    pub fn at(&self, at: u32) -> Truth {
        last_before(&self.regions, at).unwrap_or(Truth::True)
    }

    /// The macros of the text.
    #[must_use]
    pub const fn macros(&self) -> &MacroTable {
        &self.macros
    }

    /// The limit that `#pragma pack` sets for alignments at `at`, in bytes.
    #[must_use]
    pub fn pack(&self, at: u32) -> Option<u64> {
        last_before(&self.packs, at).flatten()
    }
}

/// The value set last at or before `at`.
fn last_before<T: Copy>(steps: &[(u32, T)], at: u32) -> Option<T> {
    let behind = steps.partition_point(|(from, _)| *from <= at);
    behind
        .checked_sub(1)
        .and_then(|last| steps.get(last))
        .map(|(_, value)| *value)
}

/// An open `#if`.
struct Group {
    /// Whether the text around it is compiled.
    outside: Truth,
    /// Whether one of the alternatives so far is compiled.
    taken: Truth,
}

struct Reader<'s> {
    source: &'s SourceText,
    found: Conditions,
    groups: Vec<Group>,
    /// Whether the text here is compiled.
    state: Truth,
    packs: PackStack,
}

impl Reader<'_> {
    fn line(&mut self, directive: &Directive) {
        let at = directive.span.end;
        match &directive.kind {
            DirectiveKind::If(span) => self.open(at, self.evaluate(*span, at)),
            DirectiveKind::Ifdef(name) => self.open(at, self.is_defined(&name.name, at)),
            DirectiveKind::Ifndef(name) => self.open(at, self.is_defined(&name.name, at).not()),
            DirectiveKind::Elif(span) => {
                self.alternative(at, self.evaluate_elif(directive.span, *span, at));
            }
            DirectiveKind::Else => self.alternative(at, Truth::True),
            DirectiveKind::Endif => self.close(at),
            DirectiveKind::Define(define) => {
                let meaning = Meaning::Defined(Macro::new(define, self.source));
                self.set_macro(&define.name, at, meaning);
            }
            DirectiveKind::Undef(name) => self.set_macro(name, at, Meaning::Undefined),
            DirectiveKind::Other => self.pragma(directive.span),
            DirectiveKind::Include { .. } => {}
        }
    }

    fn open(&mut self, at: u32, condition: Truth) {
        self.groups.push(Group {
            outside: self.state,
            taken: Truth::False,
        });
        self.alternative(at, condition);
    }

    fn alternative(&mut self, at: u32, condition: Truth) {
        let Some(group) = self.groups.last_mut() else {
            return;
        };
        let state = group.outside.and(group.taken.not()).and(condition);
        group.taken = group.taken.or(condition);
        self.enter(at, state);
    }

    fn close(&mut self, at: u32) {
        if let Some(group) = self.groups.pop() {
            self.enter(at, group.outside);
        }
    }

    fn enter(&mut self, at: u32, state: Truth) {
        self.state = state;
        self.found.regions.push((at, state));
    }

    fn set_macro(&mut self, name: &Ident, at: u32, meaning: Meaning) {
        match self.state {
            Truth::True => self.found.macros.set(&name.name, at, meaning),
            Truth::Unknown => self.found.macros.set(&name.name, at, Meaning::Uncertain),
            Truth::False => {}
        }
    }

    fn pragma(&mut self, span: Span) {
        if self.state == Truth::False {
            return;
        }
        let words = words(self.source, span);
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        if let ["#", "pragma", "pack", "(", args @ .., ")"] = texts.as_slice() {
            self.packs.apply(args);
            self.found.packs.push((span.end, self.packs.limit));
        }
    }

    /// `#elif e`, but also `#elifdef X` and `#elifndef X`, which the tree does not tell apart.
    fn evaluate_elif(&self, line: Span, condition: Span, at: u32) -> Truth {
        let name = self.source.slice(condition);
        match words(self.source, line)
            .get(1)
            .map(|word| word.text.as_str())
        {
            Some("elifdef") => self.is_defined(name, at),
            Some("elifndef") => self.is_defined(name, at).not(),
            Some(_) | None => self.evaluate(condition, at),
        }
    }

    fn is_defined(&self, name: &str, at: u32) -> Truth {
        is_defined(&self.found.macros, name, at)
    }

    fn evaluate(&self, condition: Span, at: u32) -> Truth {
        evaluate(&self.found.macros, &words(self.source, condition), at)
    }
}

/// What `#pragma pack` has set.
#[derive(Default)]
struct PackStack {
    limit: Option<u64>,
    saved: Vec<Option<u64>>,
}

impl PackStack {
    /// `(4)`, `()`, `(push)`, `(push, 4)`, `(pop)`.
    fn apply(&mut self, args: &[&str]) {
        let limit = |text: &str| {
            text.parse()
                .ok()
                .filter(|limit: &u64| limit.is_power_of_two())
        };
        match args {
            [] => self.limit = None,
            ["push", rest @ ..] => {
                self.saved.push(self.limit);
                self.limit = rest.last().map_or(self.limit, |text| limit(text));
            }
            ["pop"] => self.limit = self.saved.pop().flatten(),
            [text] => self.limit = limit(text),
            _ => {}
        }
    }
}

/// Whether a macro `name` exists at `at`.
fn is_defined(macros: &MacroTable, name: &str, at: u32) -> Truth {
    match macros.meaning(name, at) {
        Meaning::Defined(_) => Truth::True,
        Meaning::Uncertain => Truth::Unknown,
        Meaning::Undefined if known::is_decided_later(name) => Truth::Unknown,
        Meaning::Undefined => Truth::from_bool(known::constant(name).is_some()),
    }
}

/// Stands for a value nobody knows; no program may use the name.
const UNKNOWN: &str = "__bcc_unknown";

/// Whether the condition of an `#if` line at `at` holds.
#[must_use]
pub fn evaluate(macros: &MacroTable, condition: &[Word], at: u32) -> Truth {
    let questions = answer_questions(macros, condition, at);
    let Some(expanded) = macros.expand(&questions, at) else {
        return Truth::Unknown;
    };
    let source = SourceText::new("", join(&expanded));
    let Some(expr) = parse::parse_expr_at(&source, whole(&source)) else {
        return Truth::Unknown;
    };
    let value = consts::evaluate(&expr, &PreprocessorNames { source: &source });
    value.map_or(Truth::Unknown, |value| Truth::from_bool(value.is_true()))
}

/// Puts `0` or `1` in place of `defined X` and the like, before anything is expanded.
fn answer_questions(macros: &MacroTable, condition: &[Word], at: u32) -> Vec<Word> {
    const QUESTIONS: [&str; 4] = ["defined", "IS_ENABLED", "IS_BUILTIN", "IS_REACHABLE"];
    let mut out = Vec::with_capacity(condition.len());
    let mut rest = condition;
    while let Some((word, behind)) = rest.split_first() {
        let question = QUESTIONS
            .contains(&word.text.as_str())
            .then(|| asked_name(behind))
            .flatten();
        rest = if let Some((name, behind)) = question {
            out.extend(words_of(answer(is_defined(macros, name, at))));
            behind
        } else {
            out.push(word.clone());
            behind
        };
    }
    out
}

/// The name behind `defined`, and what stands behind it.
fn asked_name(words: &[Word]) -> Option<(&str, &[Word])> {
    match words {
        [paren, name, close, rest @ ..]
            if paren.kind.is(Punct::LeftParen)
                && name.is_name()
                && close.kind.is(Punct::RightParen) =>
        {
            Some((&name.text, rest))
        }
        [name, rest @ ..] if name.is_name() => Some((&name.text, rest)),
        _ => None,
    }
}

const fn answer(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "1",
        Truth::False => "0",
        Truth::Unknown => UNKNOWN,
    }
}

/// Names in an `#if` line, after macros are expanded.
struct PreprocessorNames<'s> {
    source: &'s SourceText,
}

impl Environment for PreprocessorNames<'_> {
    fn source(&self) -> &SourceText {
        self.source
    }

    /// All numbers of the preprocessor are 64 bits wide.
    fn literal(&self, value: Value) -> Option<Value> {
        value.widened()
    }

    fn name(&self, name: &Ident) -> Option<Value> {
        if name.name == UNKNOWN || known::is_decided_later(&name.name) {
            return None;
        }
        known::constant(&name.name)
            .unwrap_or(Value::from_bool(false))
            .widened()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;

    /// What is known of the place of `HERE`.
    fn truth(text: &str) -> Truth {
        let source = SourceText::new("a.c", text);
        let unit = parse::parse(&source, &mut Diagnostics::new());
        let at = text.find("HERE").expect("the text holds a `HERE`");
        Conditions::read(&unit.directives, &source)
            .at(u32::try_from(at).expect("the text is short"))
    }

    #[test]
    fn conditions_are_true_false_or_unknown() {
        const ROWS: &[(&str, Truth)] = &[
            ("1", Truth::True),
            ("0", Truth::False),
            ("A", Truth::False),
            ("A == 0", Truth::True),
            ("defined A", Truth::False),
            ("!defined(A) && 1", Truth::True),
            ("N > 3", Truth::True),
            ("(N) << 2 == 16", Truth::True),
            ("defined(N) && N == 4", Truth::True),
            ("IS_ENABLED(N)", Truth::True),
            ("IS_ENABLED(A)", Truth::False),
            ("-1 > 0u", Truth::True),
            ("0x80000000 << 1 == 0x100000000", Truth::True),
            ("TASK_COMM_LEN == 16", Truth::True),
            ("defined(TASK_COMM_LEN)", Truth::True),
            ("defined(__clang__)", Truth::True),
            (
                "LINUX_VERSION_CODE >= KERNEL_VERSION(4, 8, 0)",
                Truth::Unknown,
            ),
            ("defined(CONFIG_X)", Truth::Unknown),
            ("IS_ENABLED(CONFIG_X)", Truth::Unknown),
            ("defined(__x86_64__)", Truth::Unknown),
            ("defined(CONFIG_X) || 1", Truth::True),
            ("defined(CONFIG_X) && A", Truth::False),
            ("__has_include(<x.h>)", Truth::Unknown),
            ("A(3)", Truth::Unknown),
            ("1 / 0", Truth::Unknown),
            ("1 +", Truth::Unknown),
        ];
        for (condition, expected) in ROWS {
            let text = format!("#define N 4\n#if {condition}\nint HERE;\n#endif\n");
            assert_eq!(truth(&text), *expected, "{condition}");
        }
    }

    #[test]
    fn alternatives_exclude_each_other() {
        const ROWS: &[(&str, Truth)] = &[
            ("#ifdef A\n#else\nint HERE;\n#endif", Truth::True),
            ("#ifndef A\n#elif 1\nint HERE;\n#endif", Truth::False),
            ("#if 0\n#elif 1\nint HERE;\n#else\n#endif", Truth::True),
            ("#ifdef CONFIG_X\n#else\nint HERE;\n#endif", Truth::Unknown),
            ("#ifdef CONFIG_X\n#elif 0\nint HERE;\n#endif", Truth::False),
            ("#if 0\n#if 1\nint HERE;\n#endif\n#endif", Truth::False),
            ("#if 0\n#endif\nint HERE;", Truth::True),
            (
                "#if 0\n#define A\n#endif\n#ifdef A\nint HERE;\n#endif",
                Truth::False,
            ),
            (
                "#ifdef CONFIG_X\n#define A 1\n#endif\n#ifdef A\nint HERE;\n#endif",
                Truth::Unknown,
            ),
            (
                "#ifndef A\n#define A 3\n#endif\n#if A == 3\nint HERE;\n#endif",
                Truth::True,
            ),
            (
                "#define A\n#undef A\n#ifdef A\nint HERE;\n#endif",
                Truth::False,
            ),
            (
                "#define B\n#if 0\n#elifdef B\nint HERE;\n#endif",
                Truth::True,
            ),
            (
                "#define B\n#if 0\n#elifndef B\nint HERE;\n#endif",
                Truth::False,
            ),
        ];
        for (text, expected) in ROWS {
            assert_eq!(truth(text), *expected, "{text}");
        }
    }

    #[test]
    fn pragma_pack_limits_and_returns() {
        let text = "#pragma pack(push, 4)\n#pragma pack(2)\n#pragma pack(pop)\n#pragma pack()\n";
        let source = SourceText::new("a.c", text);
        let unit = parse::parse(&source, &mut Diagnostics::new());
        let conditions = Conditions::read(&unit.directives, &source);
        let limits: Vec<_> = unit
            .directives
            .iter()
            .map(|line| conditions.pack(line.span.end))
            .collect();
        assert_eq!(limits, [Some(4), Some(2), None, None]);
    }
}
