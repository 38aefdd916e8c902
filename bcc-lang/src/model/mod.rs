//! The dialect's own things in a text: which items are maps, which functions are programs.
//!
//! In: the syntax tree. Out: a [`Model`] that points into the tree, and messages about items that
//! cannot be what they claim to be. What expressions mean is left to `infer`.

mod functions;
mod map_args;
mod maps;
mod network;
mod probe_macros;

pub use functions::{FunctionDecl, Header, Role, section_of};
pub use maps::{MapDecl, MapType};

use crate::ast::{Derived, Directive, DirectiveKind, Ident, Item, Storage, Unit};
use crate::condition::Truth;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::helpers::DEFAULT_LICENSE;
use crate::dialect::maps as map_tables;
use crate::program::Type;
use crate::source::SourceText;
use crate::span::Span;
use crate::types::TypeTable;

/// The dialect's own things in one text.
#[derive(Debug)]
pub struct Model<'a> {
    /// The maps in the order of the text.
    pub maps: Vec<MapDecl<'a>>,
    /// All function definitions in the order of the text.
    pub functions: Vec<FunctionDecl<'a>>,
    /// The licence the text names, and where.
    pub license: License,
}

/// The licence of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    /// The words, as the kernel will read them.
    pub text: String,
    /// Where the text names it; `None` if it does not.
    pub span: Option<Span>,
}

impl<'a> Model<'a> {
    /// Index of the map called `name`.
    #[must_use]
    pub fn find_map(&self, name: &str) -> Option<usize> {
        self.maps.iter().position(|map| map.name.name == name)
    }

    /// Index of the function called `name`.
    #[must_use]
    pub fn find_function(&self, name: &str) -> Option<usize> {
        self.functions
            .iter()
            .position(|function| function.name.name == name)
    }

    /// Finds the maps and functions of `unit`.
    #[must_use]
    pub fn build(
        unit: &'a Unit,
        source: &SourceText,
        types: &TypeTable,
        cx: &mut Diagnostics,
    ) -> Self {
        let mut model = Self {
            maps: Vec::new(),
            functions: Vec::new(),
            license: find_license(unit, source, types),
        };
        for item in &unit.items {
            match item {
                Item::Function(function) => {
                    model
                        .functions
                        .push(functions::from_definition(function, source));
                }
                Item::MacroFunction(function) => {
                    model
                        .functions
                        .extend(probe_macros::from_macro(function, cx));
                }
                Item::Macro(use_) => {
                    if let Some(row) = map_tables::find_map_macro(
                        &use_.name.name,
                        use_.args.as_ref().map_or(0, |args| args.list.len()),
                    ) {
                        model
                            .maps
                            .extend(maps::from_macro(row, use_, source, types, cx));
                    }
                }
                Item::Declaration(_)
                | Item::Directive(_)
                | Item::StaticAssert(_)
                | Item::Opaque(_) => {}
            }
        }
        make_static(&mut model.functions, unit);
        check_names(&model, unit, cx);
        mark_twins(&mut model.maps);
        model
    }
}

/// A function is static if one of its declarations says so.
fn make_static(functions: &mut [FunctionDecl<'_>], unit: &Unit) {
    for item in &unit.items {
        let Item::Declaration(declaration) = item else {
            continue;
        };
        let storage = &declaration.specifiers.storage;
        if !storage.iter().any(|(word, _)| *word == Storage::Static) {
            continue;
        }
        let declarators = declaration.declarators.iter().map(|init| &init.declarator);
        let prototypes = declarators
            .filter(|declarator| matches!(declarator.derived.first(), Some(Derived::Function(_))));
        for name in prototypes.filter_map(|declarator| declarator.name.as_ref()) {
            let named = functions
                .iter_mut()
                .find(|function| function.name.name == name.name);
            if let Some(function) = named {
                function.role = Role::Helper;
            }
        }
    }
}

/// Marks maps that share a name but not their types: which of them is meant only clang can tell.
fn mark_twins(maps: &mut [MapDecl<'_>]) {
    let shapes: Vec<_> = maps
        .iter()
        .map(|map| (map.name, map.key.ty.clone(), map.value.ty.clone()))
        .collect();
    for map in maps {
        let differs = |(name, key, value): &(&Ident, Type, Type)| {
            name.name == map.name.name && (*key != map.key.ty || *value != map.value.ty)
        };
        map.has_twin = shapes.iter().any(differs);
    }
}

/// The words of `#define BPF_LICENSE`.
fn find_license(unit: &Unit, source: &SourceText, types: &TypeTable) -> License {
    let compiled =
        |directive: &&Directive| types.conditions().at(directive.span.start) != Truth::False;
    unit.directives
        .iter()
        .filter(compiled)
        .find_map(|directive| match &directive.kind {
            DirectiveKind::Define(define) if define.name.name == "BPF_LICENSE" => Some(License {
                text: source.slice(define.body).trim().to_owned(),
                span: Some(define.body),
            }),
            _ => None,
        })
        .unwrap_or_else(|| License {
            text: DEFAULT_LICENSE.to_owned(),
            span: None,
        })
}

/// Names that are defined twice.
fn check_names(model: &Model<'_>, unit: &Unit, cx: &mut Diagnostics) {
    let mut seen: Vec<&Ident> = Vec::new();
    let conditional = unit.directives.iter().any(is_conditional);
    for name in model
        .maps
        .iter()
        .map(|map| map.name)
        .chain(model.functions.iter().map(|f| &f.name))
    {
        match seen.iter().find(|first| first.name == name.name) {
            // The alternatives of an `#ifdef` may define the same name: only clang can tell.
            Some(_) if conditional => {}
            Some(first) => cx.push(
                Diagnostic::error(name.span, format!("`{}` is defined twice", name.name))
                    .with_label(first.span, "first defined here"),
            ),
            None => seen.push(name),
        }
    }
}

const fn is_conditional(directive: &Directive) -> bool {
    matches!(directive.kind, DirectiveKind::Else | DirectiveKind::Elif(_))
}
