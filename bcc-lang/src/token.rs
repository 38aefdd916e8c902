//! What the lexer makes of the text: token kinds, the keyword table and the punctuator table.
//!
//! In: nothing. Out: [`Token`] and the tables. Scanning is left to [`lex`](crate::lex).

use crate::span::Span;

/// One token of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands; may hold a line splice.
    pub span: Span,
    /// Whether only blanks and comments stand before it on its line.
    pub first_on_line: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `counts`
    Ident,
    /// `struct`, `__inline__`
    Keyword(Keyword),
    /// `42`, `0x1p-3f`
    Number,
    /// `'a'`, `L'a'`
    Char,
    /// `"a"`, `u8"a"`
    String,
    /// `->`
    Punct(Punct),
    /// A whole preprocessor line, continuation lines included.
    Directive,
    /// Text that is no C token.
    Bad(Bad),
    /// Behind the last token.
    End,
}

/// Why a piece of text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// `@`
    UnknownCharacter,
    /// `"abc` up to the line end
    UnterminatedString,
    /// `'a` up to the line end
    UnterminatedChar,
    /// `''`
    EmptyChar,
    /// The `/*` of a comment that runs to the end of the text
    UnterminatedComment,
}

/// Makes an enum of words or signs and the table of their spellings.
macro_rules! spelled {
    ($(#[$meta:meta])* $name:ident { $($variant:ident: $first:literal $(| $other:literal)*,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(
                #[doc = concat!("`", $first, "`")]
                $variant,
            )*
        }

        impl $name {
            /// Every spelling with its meaning.
            const SPELLINGS: &'static [(&'static str, Self)] =
                &[$(($first, Self::$variant), $(($other, Self::$variant),)*)*];

            /// The usual spelling.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $first,)*
                }
            }
        }
    };
}

spelled! {
    /// A word of C11 or GNU C; GNU's spellings with underscores mean the same as the plain ones.
    Keyword {
        Alignas: "_Alignas",
        Alignof: "_Alignof" | "__alignof" | "__alignof__",
        Asm: "asm" | "__asm" | "__asm__",
        Atomic: "_Atomic",
        Attribute: "__attribute__" | "__attribute",
        Auto: "auto",
        AutoType: "__auto_type",
        Bool: "_Bool",
        Break: "break",
        Case: "case",
        Char: "char",
        Complex: "_Complex" | "__complex__",
        Const: "const" | "__const" | "__const__",
        Continue: "continue",
        Default: "default",
        Do: "do",
        Double: "double",
        Else: "else",
        Enum: "enum",
        Extension: "__extension__",
        Extern: "extern",
        Float: "float",
        For: "for",
        Generic: "_Generic",
        Goto: "goto",
        If: "if",
        Imag: "__imag__" | "__imag",
        Inline: "inline" | "__inline" | "__inline__",
        Int: "int",
        Int128: "__int128" | "__int128_t",
        Uint128: "__uint128_t",
        Label: "__label__",
        Long: "long",
        Noreturn: "_Noreturn",
        Real: "__real__" | "__real",
        Register: "register",
        Restrict: "restrict" | "__restrict" | "__restrict__",
        Return: "return",
        Short: "short",
        Signed: "signed" | "__signed" | "__signed__",
        Sizeof: "sizeof",
        Static: "static",
        StaticAssert: "_Static_assert" | "static_assert",
        Struct: "struct",
        Switch: "switch",
        ThreadLocal: "_Thread_local" | "__thread",
        Typedef: "typedef",
        Typeof: "typeof" | "__typeof" | "__typeof__",
        Union: "union",
        Unsigned: "unsigned",
        Void: "void",
        Volatile: "volatile" | "__volatile" | "__volatile__",
        While: "while",
    }
}

spelled! {
    /// A punctuator.
    Punct {
        Ellipsis: "...",
        ShlAssign: "<<=",
        ShrAssign: ">>=",
        Arrow: "->",
        Increment: "++",
        Decrement: "--",
        Shl: "<<",
        Shr: ">>",
        Le: "<=",
        Ge: ">=",
        EqEq: "==",
        NotEq: "!=",
        AndAnd: "&&",
        OrOr: "||",
        MulAssign: "*=",
        DivAssign: "/=",
        RemAssign: "%=",
        AddAssign: "+=",
        SubAssign: "-=",
        AndAssign: "&=",
        XorAssign: "^=",
        OrAssign: "|=",
        HashHash: "##",
        LeftParen: "(",
        RightParen: ")",
        LeftBracket: "[",
        RightBracket: "]",
        LeftBrace: "{",
        RightBrace: "}",
        Dot: ".",
        And: "&",
        Star: "*",
        Plus: "+",
        Minus: "-",
        Tilde: "~",
        Bang: "!",
        Slash: "/",
        Percent: "%",
        Lt: "<",
        Gt: ">",
        Caret: "^",
        Or: "|",
        Question: "?",
        Colon: ":",
        Semicolon: ";",
        Assign: "=",
        Comma: ",",
        Hash: "#",
    }
}

impl Keyword {
    /// The keyword spelled `text`, if it is one.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::SPELLINGS
            .iter()
            .find(|(spelling, _)| *spelling == text)
            .map(|(_, keyword)| *keyword)
    }

    /// Whether a declaration may begin with it.
    #[must_use]
    pub const fn starts_declaration(self) -> bool {
        self.is_storage() || self.starts_type() || matches!(self, Self::Inline | Self::Noreturn)
    }

    /// `typedef`, `static` and the like.
    #[must_use]
    pub const fn is_storage(self) -> bool {
        matches!(
            self,
            Self::Typedef
                | Self::Static
                | Self::Extern
                | Self::Register
                | Self::ThreadLocal
                | Self::Auto
        )
    }

    /// `const` and the like.
    #[must_use]
    pub const fn is_qualifier(self) -> bool {
        matches!(
            self,
            Self::Const | Self::Volatile | Self::Restrict | Self::Atomic
        )
    }

    /// Whether a type name may begin with it.
    #[must_use]
    pub const fn starts_type(self) -> bool {
        self.is_type_word()
            || self.is_qualifier()
            || matches!(
                self,
                Self::Struct
                    | Self::Union
                    | Self::Enum
                    | Self::Typeof
                    | Self::AutoType
                    | Self::Attribute
                    | Self::Alignas
            )
    }

    /// `int`, `unsigned` and the other words that builtin types are made of.
    #[must_use]
    pub const fn is_type_word(self) -> bool {
        matches!(
            self,
            Self::Void
                | Self::Bool
                | Self::Char
                | Self::Short
                | Self::Int
                | Self::Long
                | Self::Float
                | Self::Double
                | Self::Signed
                | Self::Unsigned
                | Self::Complex
                | Self::Int128
                | Self::Uint128
        )
    }

    /// Whether only a statement begins with it.
    #[must_use]
    pub const fn starts_statement(self) -> bool {
        matches!(
            self,
            Self::If
                | Self::While
                | Self::For
                | Self::Do
                | Self::Switch
                | Self::Return
                | Self::Goto
                | Self::Break
                | Self::Continue
                | Self::Case
                | Self::Default
        )
    }
}

impl Punct {
    /// The longest punctuator that `text` begins with, given its first three characters.
    #[must_use]
    pub fn at_start(text: &str) -> Option<Self> {
        // The table has the long ones first.
        Self::SPELLINGS
            .iter()
            .find(|(spelling, _)| text.starts_with(spelling))
            .map(|(_, punct)| *punct)
    }

    /// The bracket that closes this one.
    #[must_use]
    pub const fn closer(self) -> Option<Self> {
        if matches!(self, Self::LeftParen) {
            Some(Self::RightParen)
        } else if matches!(self, Self::LeftBracket) {
            Some(Self::RightBracket)
        } else if matches!(self, Self::LeftBrace) {
            Some(Self::RightBrace)
        } else {
            None
        }
    }

    /// Whether it is a closing bracket.
    #[must_use]
    pub const fn is_closer(self) -> bool {
        matches!(
            self,
            Self::RightParen | Self::RightBracket | Self::RightBrace
        )
    }
}

impl TokenKind {
    /// Whether it is this punctuator.
    #[must_use]
    pub fn is(self, punct: Punct) -> bool {
        self == Self::Punct(punct)
    }

    /// The keyword, if it is one.
    #[must_use]
    pub const fn keyword(self) -> Option<Keyword> {
        if let Self::Keyword(keyword) = self {
            Some(keyword)
        } else {
            None
        }
    }

    /// The punctuator, if it is one.
    #[must_use]
    pub const fn punct(self) -> Option<Punct> {
        if let Self::Punct(punct) = self {
            Some(punct)
        } else {
            None
        }
    }

    /// Whether it is text that is no token.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Bad(_))
    }
}
