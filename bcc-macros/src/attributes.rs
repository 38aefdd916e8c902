//! Attributes of `mod NAME;` that are meant for the C text.
//!
//! In: all attributes of the module. Out: [`Options`] for the front end, the attributes that are
//! Rust's, and what is wrong with the first kind.

use crate::leaf::trees;
use bcc_lang::options::{Options, Semantics};
use bcc_lang::version::KernelVersion;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::{Error, LitStr};

/// What the attributes of a module say.
pub(crate) struct Attributes {
    /// For the front end.
    pub(crate) options: Options,
    /// For the module.
    pub(crate) rest: TokenStream,
    /// What is wrong with those for the front end.
    pub(crate) mistakes: Option<Error>,
}

impl Attributes {
    /// None at all.
    pub(crate) fn none() -> Self {
        Self {
            options: Options::default(),
            rest: TokenStream::new(),
            mistakes: None,
        }
    }

    /// Reads `#[a] #[b(c)]`: pairs of a `#` and a pair of brackets.
    pub(crate) fn read(attributes: &[TokenTree]) -> Self {
        let mut read = Self::none();
        let mut seen: Vec<Ident> = Vec::new();
        for attribute in attributes.chunks(2) {
            let [_, TokenTree::Group(brackets)] = attribute else {
                read.rest.extend(attribute.iter().cloned());
                continue;
            };
            match read.option(brackets, &mut seen) {
                Ok(true) => {}
                Ok(false) => read.rest.extend(attribute.iter().cloned()),
                Err(error) => match &mut read.mistakes {
                    Some(mistakes) => mistakes.combine(error),
                    None => read.mistakes = Some(error),
                },
            }
        }
        read
    }

    /// Takes an attribute for the front end; `false` if it is another.
    fn option(&mut self, brackets: &Group, seen: &mut Vec<Ident>) -> Result<bool, Error> {
        let inside = trees(brackets.stream());
        let Some((TokenTree::Ident(name), argument)) = inside.split_first() else {
            return Ok(false);
        };
        let known = name == "min_kernel" || name == "semantics";
        if known && seen.contains(name) {
            return Err(Error::new(name.span(), format!("`{name}` is given twice")));
        }
        if name == "min_kernel" {
            self.options.min_kernel = Some(min_kernel(name, argument)?);
        } else if name == "semantics" {
            self.options.semantics = semantics(name, argument)?;
        }
        if known {
            seen.push(name.clone());
        }
        Ok(known)
    }
}

/// What stands in the parentheses behind a name, if it is one token, and where.
fn only_argument(name: &Ident, argument: &[TokenTree]) -> Result<TokenTree, Span> {
    match argument {
        [TokenTree::Group(group)] => match &trees(group.stream())[..] {
            [only] => Ok(only.clone()),
            _ => Err(group.span()),
        },
        [.., last] => Err(last.span()),
        [] => Err(name.span()),
    }
}

/// `("5.4")`
fn min_kernel(name: &Ident, argument: &[TokenTree]) -> Result<KernelVersion, Error> {
    let usage = "`min_kernel` takes a release of Linux in quotes: `#[min_kernel(\"5.4\")]`";
    let argument = only_argument(name, argument).map_err(|span| Error::new(span, usage))?;
    let Ok(text) = syn::parse2::<LitStr>(argument.clone().into()) else {
        return Err(Error::new(argument.span(), usage));
    };
    text.value().parse().map_err(|error| {
        let message = format!("{error}, and this is `{}`", text.value());
        Error::new(argument.span(), message)
    })
}

/// `(strict)`
fn semantics(name: &Ident, argument: &[TokenTree]) -> Result<Semantics, Error> {
    let usage = "`semantics` takes `bcc`, the default, or `strict`: `#[semantics(strict)]`";
    let argument = only_argument(name, argument).map_err(|span| Error::new(span, usage))?;
    match argument.to_string().as_str() {
        "bcc" => Ok(Semantics::Bcc),
        "strict" => Ok(Semantics::Strict),
        _ => Err(Error::new(argument.span(), usage)),
    }
}
