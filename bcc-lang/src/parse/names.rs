//! What a name stands for, as far as the text tells.
//!
//! In: the text's `#define` lines and, while parsing, its declarations. Out: a [`NameKind`] for
//! each name. C cannot be parsed without knowing which names are types, and the headers that
//! declare them are not read: well-known kernel types are listed here.

use crate::ast::{Define, Directive, DirectiveKind};
use crate::conditionals::is_macro_name;
use crate::lex;
use crate::source::SourceText;
use crate::token::{Keyword, Punct, Token, TokenKind};
use std::collections::HashMap;

/// What a name stands for. The order is that of weight, where a text defines a macro twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameKind {
    /// Nothing is known.
    Unknown,
    /// A variable, a function, an enum constant.
    Value,
    /// A word that may stand among specifiers: `__user`, a macro of nothing or of attributes.
    Word,
    /// A function-like macro for attributes.
    Attribute,
    /// Any other macro.
    Macro,
    /// A type.
    Type,
}

/// Names in scope.
pub(super) struct Names {
    scoped: HashMap<String, Vec<NameKind>>,
    /// Declared names in order, so that a scope can be left.
    log: Vec<String>,
    macros: HashMap<String, NameKind>,
}

/// A point in the log of declared names.
#[derive(Clone, Copy)]
pub(super) struct NamesMark(usize);

impl Names {
    pub(super) fn new<'a>(
        source: &SourceText,
        directives: impl Iterator<Item = &'a Directive>,
    ) -> Self {
        let mut names = Self {
            scoped: HashMap::new(),
            log: Vec::new(),
            macros: HashMap::new(),
        };
        for directive in directives {
            if let DirectiveKind::Define(define) = &directive.kind {
                let kind = names.classify(source, define);
                let slot = names.macros.entry(define.name.name.clone()).or_insert(kind);
                *slot = (*slot).max(kind);
            }
        }
        names
    }

    pub(super) fn kind(&self, name: &str) -> NameKind {
        if let Some(kind) = self.scoped.get(name).and_then(|kinds| kinds.last()) {
            return *kind;
        }
        if let Some(kind) = self.macros.get(name) {
            return *kind;
        }
        if is_well_known_type(name) {
            NameKind::Type
        } else if WORDS.contains(&name) {
            NameKind::Word
        } else if ATTRIBUTES.contains(&name) {
            NameKind::Attribute
        } else {
            NameKind::Unknown
        }
    }

    /// Whether the text defines the name as a macro that is no type.
    pub(super) fn is_macro(&self, name: &str) -> bool {
        !self.scoped.contains_key(name)
            && self
                .macros
                .get(name)
                .is_some_and(|kind| *kind != NameKind::Type)
    }

    /// Whether a use of the name may stand for a whole statement or more.
    pub(super) fn may_be_statement(&self, name: &str) -> bool {
        let declared = self.scoped.get(name).is_some_and(|kinds| !kinds.is_empty());
        !declared
            && self.kind(name) != NameKind::Type
            && (self.is_macro(name)
                || is_macro_name(name)
                || is_loop(name)
                || (name.starts_with("__") && !is_builtin(name)))
    }

    pub(super) fn declare(&mut self, name: &str, is_type: bool) {
        let kind = if is_type {
            NameKind::Type
        } else {
            NameKind::Value
        };
        self.scoped.entry(name.to_owned()).or_default().push(kind);
        self.log.push(name.to_owned());
    }

    pub(super) const fn mark(&self) -> NamesMark {
        NamesMark(self.log.len())
    }

    /// Forgets what was declared since `mark`.
    pub(super) fn forget(&mut self, mark: NamesMark) {
        for name in self.log.drain(mark.0.min(self.log.len())..) {
            if let Some(kinds) = self.scoped.get_mut(&name) {
                kinds.pop();
                if kinds.is_empty() {
                    self.scoped.remove(&name);
                }
            }
        }
    }

    /// What a macro's body makes of its name.
    fn classify(&self, source: &SourceText, define: &Define) -> NameKind {
        let body = lex::lex_span(source, define.body);
        let first = body.first().map(|token| token.kind);
        let is_attribute = matches!(
            first,
            Some(TokenKind::Keyword(Keyword::Attribute | Keyword::Alignas))
        ) && !holds_type(&body);
        if define.params.is_some() {
            return if is_attribute {
                NameKind::Attribute
            } else {
                NameKind::Macro
            };
        }
        if is_attribute || body.is_empty() {
            return NameKind::Word;
        }
        self.classify_words(source, &body)
    }

    /// A body of words and stars only: `static inline`, `struct a *`, `u32`.
    fn classify_words(&self, source: &SourceText, body: &[Token]) -> NameKind {
        let mut kind = NameKind::Word;
        let mut before = None;
        let mut rest = body.iter();
        while let Some(token) = rest.next() {
            let found = match token.kind {
                TokenKind::Ident if before.is_some_and(is_tag_keyword) => NameKind::Type,
                TokenKind::Ident => self.kind(&lex::clean(source.slice(token.span))),
                TokenKind::Keyword(keyword) if keyword.starts_declaration() => {
                    let names_type = keyword.is_type_word()
                        || is_tag_keyword(keyword)
                        || matches!(keyword, Keyword::Typeof | Keyword::AutoType);
                    if names_type {
                        NameKind::Type
                    } else {
                        NameKind::Word
                    }
                }
                TokenKind::Punct(Punct::Star) => kind,
                TokenKind::Punct(Punct::LeftParen)
                    if matches!(
                        before,
                        Some(Keyword::Attribute | Keyword::Typeof | Keyword::Alignas)
                    ) =>
                {
                    skip_parens(&mut rest);
                    kind
                }
                _ => return NameKind::Macro,
            };
            if !matches!(found, NameKind::Type | NameKind::Word) {
                return NameKind::Macro;
            }
            kind = kind.max(found);
            before = token.kind.keyword();
        }
        kind
    }
}

const fn is_tag_keyword(keyword: Keyword) -> bool {
    matches!(keyword, Keyword::Struct | Keyword::Union | Keyword::Enum)
}

/// Skips up to the parenthesis that closes the one before.
fn skip_parens<'a>(rest: &mut impl Iterator<Item = &'a Token>) {
    let mut depth = 1;
    while depth > 0
        && let Some(token) = rest.next()
    {
        if token.kind.is(Punct::LeftParen) {
            depth += 1;
        } else if token.kind.is(Punct::RightParen) {
            depth -= 1;
        }
    }
}

fn holds_type(body: &[Token]) -> bool {
    body.iter()
        .filter_map(|token| token.kind.keyword())
        .any(|keyword| keyword.is_type_word() || is_tag_keyword(keyword))
}

/// Whether the compiler itself provides a function of that name.
pub(super) fn is_builtin(name: &str) -> bool {
    ["__builtin_", "__sync_", "__atomic_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Whether a macro of that name likely is the head of a loop: `bpf_for(i, 0, 10) { }`.
pub(super) fn is_loop(name: &str) -> bool {
    name.starts_with("bpf_for") || name == "bpf_repeat" || name.contains("for_each")
}

/// Whether the headers of the kernel, or the compiler, declare a type of that name.
fn is_well_known_type(name: &str) -> bool {
    // Nearly all names with this ending are types, whoever declares them.
    (name.len() > 2 && name.ends_with("_t")) || TYPES.contains(&name)
}

/// Types of the kernel and of C whose names do not end in `_t`.
const TYPES: &[&str] = &[
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "s8",
    "s16",
    "s32",
    "s64",
    "s128",
    "__u8",
    "__u16",
    "__u32",
    "__u64",
    "__u128",
    "__s8",
    "__s16",
    "__s32",
    "__s64",
    "__s128",
    "__be16",
    "__be32",
    "__be64",
    "__le16",
    "__le32",
    "__le64",
    "__sum16",
    "__wsum",
    "bool",
    "uint",
    "ulong",
    "ushort",
    "unchar",
    "u_char",
    "u_short",
    "u_int",
    "u_long",
    "FILE",
    "va_list",
    "__builtin_va_list",
    "Elf32_Addr",
    "Elf64_Addr",
    "Elf32_Sym",
    "Elf64_Sym",
];

/// Words of the kernel that may stand among specifiers.
const WORDS: &[&str] = &[
    "noinline",
    "notrace",
    "asmlinkage",
    "__always_inline",
    "__noinline",
    "__maybe_unused",
    "__always_unused",
    "__user",
    "__kernel",
    "__rcu",
    "__iomem",
    "__percpu",
    "__weak",
    "__hidden",
    "__init",
    "__exit",
    "__initdata",
    "__packed",
    "BPF_PACKET_HEADER",
    "__used",
    "__unused",
    "__must_check",
    "__force",
    "__ksym",
    "__kconfig",
    "__kptr",
    "__kptr_untrusted",
    "__percpu_kptr",
    "__arena",
    "__arg_ctx",
    "__arg_nonnull",
    "__arg_nullable",
    "__arg_trusted",
    "__arg_arena",
    "__nocast",
    "__bitwise",
    "__private",
    "__read_mostly",
    "__ro_after_init",
    "__cold",
    "__pure",
    "__noreturn",
    "__visible",
    "__malloc",
    "__attribute_const__",
    "__randomize_layout",
    "__bpf_kfunc",
    "__noclone",
    "____cacheline_aligned",
    "____cacheline_aligned_in_smp",
    "__cacheline_aligned",
    "__data_loc",
    "__flatten",
];

/// Function-like macros of the kernel and of libbpf that may stand among specifiers.
const ATTRIBUTES: &[&str] = &[
    "SEC",
    "__aligned",
    "__section",
    "__printf",
    "__scanf",
    "__alias",
    "__counted_by",
    "__must_hold",
    "__acquires",
    "__releases",
    "__cond_acquires",
    "__assume_aligned",
    "__arg_tag",
    "__guarded_by",
    "__no_sanitize",
];
