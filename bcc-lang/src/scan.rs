//! Names the text uses, for the kernel types it needs.
//!
//! In: the tokens of the text, directives included. Out: [`Names`]. This looks at every alternative
//! of every conditional and into macro bodies, because clang may.

use crate::ast::{Define, DirectiveKind, Unit};
use crate::dialect::helpers::is_raw_call;
use crate::lex;
use crate::source::SourceText;
use crate::token::{Keyword, Punct, Token, TokenKind};
use std::collections::BTreeSet;

/// Names by the way the text uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Names behind `struct`, `union` and `enum`.
    pub tags: BTreeSet<String>,
    /// Names behind `.` and `->`.
    pub members: BTreeSet<String>,
    /// All other names.
    pub plain: BTreeSet<String>,
}

impl Names {
    /// Collects the names of `source`, whose directives are those of `unit`.
    #[must_use]
    pub fn scan(source: &SourceText, unit: &Unit) -> Self {
        let mut names = Self::default();
        let macros = unit.directives.iter().filter_map(|one| match &one.kind {
            DirectiveKind::Define(define) if define.params.is_some() => Some(&*define.name.name),
            _ => None,
        });
        let macros: BTreeSet<&str> = macros.collect();
        names.add_tokens(source, &lex::lex_quietly(source), &macros);
        for directive in &unit.directives {
            if let DirectiveKind::Define(Define { body, .. })
            | DirectiveKind::If(body)
            | DirectiveKind::Elif(body) = &directive.kind
            {
                names.add_tokens(source, &lex::lex_span(source, *body), &macros);
            }
        }
        names
    }

    fn add_tokens(&mut self, source: &SourceText, tokens: &[Token], macros: &BTreeSet<&str>) {
        let mut before = TokenKind::End;
        // How many parentheses are open since the name of a macro that takes members.
        let mut in_member_macro = 0_usize;
        for token in tokens {
            match token.kind {
                TokenKind::Punct(Punct::LeftParen) if in_member_macro > 0 => in_member_macro += 1,
                // The last but one closes the list of arguments.
                TokenKind::Punct(Punct::RightParen) if in_member_macro > 0 => {
                    in_member_macro = if in_member_macro == 2 {
                        0
                    } else {
                        in_member_macro - 1
                    };
                }
                _ => {}
            }
            if token.kind == TokenKind::Ident {
                let name = lex::clean(source.slice(token.span)).into_owned();
                if in_member_macro > 0 {
                    self.members.insert(name.clone());
                } else if takes_members(&name) || macros.contains(&*name) {
                    in_member_macro = 1;
                }
                let set = match before {
                    TokenKind::Punct(Punct::Dot | Punct::Arrow) => &mut self.members,
                    TokenKind::Keyword(Keyword::Struct | Keyword::Union | Keyword::Enum) => {
                        &mut self.tags
                    }
                    _ => &mut self.plain,
                };
                set.insert(name);
            }
            before = token.kind;
        }
    }
}

/// Macros of headers of which an argument names a member.
const MEMBER_MACROS: &[&str] = &[
    "container_of",
    "offsetof",
    "__builtin_offsetof",
    "offsetofend",
    "sizeof_field",
    "FIELD_SIZEOF",
    "list_entry",
    "list_first_entry",
    "list_last_entry",
    "list_next_entry",
    "list_prev_entry",
    "hlist_entry",
    "rb_entry",
];

/// The words of a piece of C text, numbers included.
pub fn words_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
}

/// Whether arguments of a macro may be members: `container_of(p, struct mount, mnt)`.
fn takes_members(name: &str) -> bool {
    MEMBER_MACROS.contains(&name) || is_raw_call(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::parse::parse;

    /// Names in macro bodies and in both alternatives of a conditional count.
    #[test]
    fn names_are_told_apart_by_what_precedes_them() {
        let source = SourceText::new(
            "t.c",
            "#define F(s) s->skc_family\n#ifdef A\nstruct sock *s;\n#else\nu32 t = x.y;\n#endif\n",
        );
        let unit = parse(&source, &mut Diagnostics::new());
        let names = Names::scan(&source, &unit);
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(list(&names.tags), "sock");
        assert_eq!(list(&names.members), "skc_family y");
        assert_eq!(list(&names.plain), "s t u32 x");
    }

    /// Members that macros take as arguments count as members.
    #[test]
    fn macros_take_members() {
        let source = SourceText::new(
            "t.c",
            "#define G(o, m) ((o)->m)\n#define H 1\nint x = f(container_of((p), struct mount, mnt), BPF_CORE_READ(q, a, b.c), d) + G(e, g) + H(k);",
        );
        let names = Names::scan(&source, &parse(&source, &mut Diagnostics::new()));
        let members = names
            .members
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(members, "a b c e g m mnt mount p q");
    }
}
