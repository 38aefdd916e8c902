//! Macros of the text that hide something from the rewriter are written out where they are used.
//!
//! In: a [`SourceText`]. Out: [`Unfolded`]: the same text, in which `FAMILY(sk)` reads as what the
//! preprocessor would make of it if its definition follows a pointer, takes an address, calls a
//! method of a map or defines one; and where each piece of it came from. Other names that the text
//! gives to structs of the kernel are written out too. Lines keep their numbers.
//! Macros that hide nothing stay: expanding them is left to clang. So do macros that an `#if`
//! defines in several ways, because only the running system knows which of them counts.

mod aliases;
mod hides;
mod origins;
mod substitute;

use crate::ast::Directive;
use crate::condition::{Conditions, Truth};
use crate::lex::{clean, lex_quietly};
use crate::macros::{Macro, Meaning};
use crate::parse::directive::parse_directive;
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Punct, Token, TokenKind};
use aliases::Aliases;
pub(crate) use hides::Hiding;
pub use origins::Origins;
use origins::Output;

/// How deep uses of macros may nest.
const MAX_DEPTH: usize = 64;

/// How many words the uses of one text may become: nested definitions may double with each step.
const MAX_WORDS: usize = 100_000;

/// A text whose macros hide nothing, and where it came from.
#[derive(Clone, Debug)]
pub struct Unfolded {
    /// The text; it keeps the name and the origin of the text it was made from.
    pub source: SourceText,
    /// From places in it to places in the text it was made from.
    pub origins: Origins,
}

/// A word on its way into the text.
#[derive(Clone, Debug)]
struct Word {
    kind: TokenKind,
    text: String,
    /// Where the text has it as it is; `None` for a word of a definition.
    place: Option<Span>,
    /// Whether it stands apart from the word before it.
    gap: bool,
}

impl Word {
    fn is(&self, punct: Punct) -> bool {
        self.kind.is(punct)
    }
}

/// Writes out the uses of macros that hide something.
#[must_use]
pub fn unfold(source: &SourceText) -> Unfolded {
    let tokens = lex_quietly(source);
    let directives: Vec<Directive> = tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Directive)
        .map(|token| parse_directive(source, token.span))
        .collect();
    let hiding = Hiding::find(&directives, source);
    let aliases = Aliases::find(&tokens, source);
    if hiding.is_empty() && aliases.is_empty() {
        return Unfolded {
            source: source.clone(),
            origins: Origins::default(),
        };
    }
    let mut unfolder = Unfolder {
        source,
        conditions: Conditions::read(&directives, source),
        hiding,
        aliases,
        at: 0,
        active: Vec::new(),
        work: 0,
    };
    unfolder.run(&tokens)
}

struct Unfolder<'s> {
    source: &'s SourceText,
    conditions: Conditions,
    hiding: Hiding,
    aliases: Aliases<'s>,
    /// Where the use that is written out stands.
    at: u32,
    /// Macros being written out: C does not expand a macro inside itself.
    active: Vec<String>,
    work: usize,
}

impl Unfolder<'_> {
    fn run(&mut self, tokens: &[Token]) -> Unfolded {
        let mut out = Output::new(self.source);
        let mut rest = tokens;
        let mut before = TokenKind::End;
        while let Some((token, behind)) = rest.split_first() {
            rest = behind;
            let before = std::mem::replace(&mut before, token.kind);
            let member = before.is(Punct::Dot) || before.is(Punct::Arrow);
            if token.kind != TokenKind::Ident || member {
                continue;
            }
            let name = self.source.slice(token.span);
            if let Some(words) = self.aliases.words(name, before, behind.first()) {
                out.replace(token.span, &words);
                continue;
            }
            if let Some((words, span, behind)) = self.token_use(token, behind) {
                out.replace(span, &words);
                rest = behind;
            }
        }
        out.finish()
    }

    /// What a use that begins with `name` becomes, where it stands, and what stands behind it.
    fn token_use<'t>(
        &mut self,
        name: &Token,
        behind: &'t [Token],
    ) -> Option<(Vec<Word>, Span, &'t [Token])> {
        let hides = self.hiding.contains(self.source.slice(name.span));
        if !hides || self.conditions.at(name.span.start) == Truth::False {
            return None;
        }
        self.at = name.span.start;
        let end = closing_parenthesis(behind);
        let used: Vec<Word> = self.words(name, behind.get(..end).unwrap_or(&[]));
        let (words, rest) = self.unfold_use(&used)?;
        let taken = used.len() - rest.len() - 1;
        let span = taken
            .checked_sub(1)
            .and_then(|last| behind.get(last))
            .map_or(name.span, |last| name.span.to(last.span));
        Some((words, span, behind.get(taken..)?))
    }

    fn words(&self, name: &Token, behind: &[Token]) -> Vec<Word> {
        let mut end = name.span.start;
        let mut words = Vec::with_capacity(behind.len() + 1);
        for token in std::iter::once(name).chain(behind) {
            words.push(Word {
                kind: token.kind,
                text: clean(self.source.slice(token.span)).into_owned(),
                place: Some(token.span),
                gap: token.span.start > end,
            });
            end = token.span.end;
        }
        words
    }

    /// What the use at the start of `words` becomes, and the words behind it; `None` if it is no
    /// use, or one that is not followed here.
    fn unfold_use<'w>(&mut self, words: &'w [Word]) -> Option<(Vec<Word>, &'w [Word])> {
        let (name, behind) = words.split_first()?;
        let definition = self.definition(&name.text)?;
        self.work += words.len();
        if self.active.len() > MAX_DEPTH || self.work > MAX_WORDS {
            return None;
        }
        let (args, behind) = if definition.is_function_like() {
            split_arguments(behind)?
        } else {
            (Vec::new(), behind)
        };
        let unfolded = args
            .iter()
            .map(|arg| self.unfold_list(arg))
            .collect::<Option<Vec<_>>>()?;
        let mut body = substitute::substitute(&definition, self.source, &args, &unfolded)?;
        if let Some(first) = body.first_mut() {
            first.gap = name.gap;
        }
        self.active.push(name.text.clone());
        let body = self.unfold_list(&body);
        self.active.pop();
        Some((body?, behind))
    }

    fn unfold_list(&mut self, words: &[Word]) -> Option<Vec<Word>> {
        let mut out = Vec::with_capacity(words.len());
        let mut rest = words;
        while let Some((word, behind)) = rest.split_first() {
            let hides = word.kind == TokenKind::Ident && self.hiding.contains(&word.text);
            if hides && self.active.contains(&word.text) {
                return None;
            }
            rest = if let Some((words, behind)) = hides.then(|| self.unfold_use(rest)).flatten() {
                out.extend(words);
                behind
            } else {
                out.push(word.clone());
                behind
            };
        }
        Some(out)
    }

    /// The definition of a macro that hides something, if there is only one it can be.
    fn definition(&self, name: &str) -> Option<Macro> {
        match self.conditions.macros().own_meaning(name, self.at)? {
            Meaning::Defined(definition) if !self.hiding.has_alternatives(name) => {
                Some(definition.clone())
            }
            Meaning::Defined(_) | Meaning::Undefined | Meaning::Uncertain => None,
        }
    }
}

/// How many tokens the parentheses at the start of `tokens` are, with what they hold; 0 if there
/// are none, or if a directive stands between them.
fn closing_parenthesis(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Punct(Punct::LeftParen) => depth += 1,
            TokenKind::Punct(Punct::RightParen) if depth == 1 => return index + 1,
            TokenKind::Punct(Punct::RightParen) => depth = depth.saturating_sub(1),
            TokenKind::Directive => return 0,
            _ => {}
        }
        if depth == 0 {
            return 0;
        }
    }
    0
}

/// The arguments between the parentheses at the start of `words`, and what stands behind those.
fn split_arguments(words: &[Word]) -> Option<(Vec<Vec<Word>>, &[Word])> {
    let (_, inside) = words
        .split_first()
        .filter(|(open, _)| open.is(Punct::LeftParen))?;
    let mut args = vec![Vec::new()];
    let mut depth = 0_usize;
    for (index, word) in inside.iter().enumerate() {
        if word.is(Punct::RightParen) && depth == 0 {
            return Some((args, inside.get(index + 1..)?));
        }
        if word.is(Punct::Comma) && depth == 0 {
            args.push(Vec::new());
            continue;
        }
        if word.is(Punct::LeftParen) {
            depth += 1;
        } else if word.is(Punct::RightParen) {
            depth -= 1;
        }
        args.last_mut()?.push(word.clone());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfolded(text: &str) -> Unfolded {
        unfold(&SourceText::new("t.c", text))
    }

    /// Only what hides something is written out; what it needs comes along.
    #[test]
    fn uses_are_written_out_as_the_preprocessor_would() {
        const ROWS: &[(&str, &str, &str)] = &[
            ("#define F(p) p->a", "x = F(b) + F;", "x = b->a + F;"),
            (
                "#define F(p) ((p)->a)\n#define G(q) F(q->n)",
                "G(s);",
                "((s->n)->a);",
            ),
            ("#define V(p) *p", "V(V(q))", "**q"),
            ("#define A(p) &p", "A(x)", "&x"),
            (
                "#define A(p) ({ typeof(p) v; f(&v, &p); v; })",
                "A(s->x)",
                "({ typeof(s->x) v; f(&v, &s->x); v; })",
            ),
            ("#define T task->pid", "T == T", "task->pid == task->pid"),
            (
                "#define M(x) BPF_HASH(x, u32)",
                "M(a);",
                "BPF_HASH(a, u32);",
            ),
            ("#define I(k) m.increment(k)", "I(1);", "m.increment(1);"),
            ("#define F(p, f) p->f", "F(s, a.b)", "s->a.b"),
            ("#define F(p, f) p->a_##f", "F(s, b)", "s->a_b"),
            (
                "#define F(p) f(#p, p->a)",
                "F(a  ->b)",
                "f(\"a ->b\", a ->b->a)",
            ),
            (
                "#define L(s, ...) bpf_trace_printk(s, ##__VA_ARGS__)",
                "L(\"x\"); L(\"y\", 1, 2);",
                "bpf_trace_printk(\"x\"); bpf_trace_printk(\"y\", 1, 2);",
            ),
            (
                "#define S 16\n#define X(a, b) ((a) * (b) & 1)",
                "X(S, 2)",
                "X(S, 2)",
            ),
            ("#define C(p) (u32)*p", "C(q)", "(u32)*q"),
            ("#define F(p) F(p->a)", "F(q)", "F(q)"),
            (
                "#ifdef X\n#define F(p) p->a\n#else\n#define F(p) p->b\n#endif",
                "F(q)",
                "F(q)",
            ),
            ("#define F(p) p->a", "F(a,\n b) F(\n c)", "F(a,\n b) c->a\n"),
            ("#define f(p) p->a", "x.f(y)", "x.f(y)"),
            (
                "#define C xdp_md\n#define N 4",
                "int f(struct C *C) { return N; }",
                "int f(struct xdp_md *xdp_md) { return N; }",
            ),
            (
                "typedef struct sock s_t;",
                "s_t *f(const s_t *a) { s_t *s_t; x.s_t = (s_t *)s_t; }",
                "struct sock *f(const struct sock *a) { struct sock *s_t; x.s_t = (struct sock *)s_t; }",
            ),
            (
                "struct o { int a; };\ntypedef struct o o_t;",
                "o_t *p;",
                "o_t *p;",
            ),
        ];
        for (definitions, text, expected) in ROWS {
            let found = unfolded(&format!("{definitions}\n{text}"));
            let found = found.source.text();
            assert_eq!(
                found.strip_prefix(&format!("{definitions}\n")),
                Some(*expected)
            );
        }
    }

    /// An argument is found where it stands, everything else where the macro is used.
    #[test]
    fn places_lead_back_to_the_text() {
        let text = "#define F(p) (p)->a\nx = F(sk) + y;";
        let found = unfolded(text);
        let back = |word: &str| {
            let start = u32::try_from(found.source.text().rfind(word).unwrap()).unwrap();
            let end = start + u32::try_from(word.len()).unwrap();
            let span = found.origins.place(Span::new(start, end));
            text.get(span.range()).unwrap()
        };
        assert_eq!(back("sk"), "sk");
        assert_eq!(back("(sk)->a"), "F(sk)");
        assert_eq!(back("->a"), "F(sk)");
        assert_eq!(back("+ y;"), "+ y;");
        assert_eq!(back("x ="), "x =");
    }
}
