//! Walking a text for what it declares.
//!
//! In: a [`Unit`]. Out: a filled [`TypeTable`]: typedefs, variables, function results, and through
//! [`define`](super::define) structs, unions and enums, each in the scope it is declared in. Text
//! that is not compiled is left out.

use super::modifiers::Modifiers;
use super::naming::{Untagged, defined_tag};
use super::reader::{Reader, Resolved, record_keyword};
use super::scope::FILE;
use super::{Definition, Shape, TypeTable};
use crate::ast::{
    self, Block, Declaration, Declarator, Derived, Function, Ident, InitDeclarator, Item, Param,
    Specifiers, Stmt, StmtKind, Storage, TypeSpec, Unit,
};
use crate::condition::Truth;
use crate::consts::Value;
use crate::diag::{Diagnostic, Diagnostics};
use crate::layout::Layout;
use crate::program::{Type, TypeKeyword, TypeName};
use crate::source::SourceText;
use crate::span::Span;
use crate::visit::{self, Visitor};
use std::collections::{BTreeMap, BTreeSet};

/// The text a piece of tree was made from.
#[derive(Clone, Copy)]
pub(super) struct Text<'s> {
    pub(super) source: &'s SourceText,
    /// For text that a macro expanded to: the use of the macro in the program.
    pub(super) pinned: Option<Span>,
}

impl Text<'_> {
    /// The offset in the program of a piece of this text.
    pub(super) fn at(self, span: Span) -> u32 {
        self.span(span).start
    }

    /// The place in the program of a piece of this text.
    pub(super) fn span(self, span: Span) -> Span {
        self.pinned.unwrap_or(span)
    }
}

/// Fills a table.
pub(super) struct Collector<'a> {
    pub(super) table: &'a mut TypeTable,
    source: &'a SourceText,
    pub(super) diagnostics: &'a mut Diagnostics,
    scopes: Vec<Span>,
    /// Name of the function around.
    pub(super) function: Option<String>,
    /// Tags defined outside all functions, also further down.
    pub(super) file_tags: BTreeSet<String>,
    /// The last number put behind a name that was taken.
    pub(super) numbers: BTreeMap<TypeName, u32>,
    /// Structs and unions whose members are being read.
    pub(super) open: Vec<TypeName>,
    /// Members whose type was not complete, which is an error if the text completes it later.
    pub(super) incomplete: Vec<(TypeName, Span)>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        table: &'a mut TypeTable,
        source: &'a SourceText,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Self {
            table,
            source,
            diagnostics,
            scopes: vec![FILE],
            function: None,
            file_tags: BTreeSet::new(),
            numbers: BTreeMap::new(),
            open: Vec::new(),
            incomplete: Vec::new(),
        }
    }

    /// Collects everything that `unit` declares.
    pub(super) fn unit(mut self, unit: &Unit) {
        self.file_tags = unit
            .items
            .iter()
            .filter_map(defined_tag)
            .map(str::to_owned)
            .collect();
        for item in &unit.items {
            self.item(item);
        }
        for (name, span) in &self.incomplete {
            if self.table.defines(name) {
                let error = Diagnostic::error(
                    *span,
                    format!("`{name}` is used by value before it is defined"),
                );
                self.diagnostics
                    .push(error.with_help("move its definition up, or use a pointer to it"));
            }
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Declaration(declaration) => self.visit_declaration(declaration),
            Item::Function(function) => self.function(function),
            Item::MacroFunction(function) => {
                if self.is_compiled(self.text(), function.span) != Truth::False {
                    self.in_function(&function.name.name, function.span, |collector| {
                        visit::walk_macro_function(collector, function);
                    });
                }
            }
            Item::Macro(_) | Item::Directive(_) | Item::StaticAssert(_) | Item::Opaque(_) => {}
        }
    }

    fn function(&mut self, function: &Function) {
        if self.is_compiled(self.text(), function.span) == Truth::False {
            return;
        }
        let name = function
            .declarator
            .name
            .as_ref()
            .map_or("", |name| name.name.as_str());
        self.define_specified(
            &function.specifiers,
            &Untagged::Path(format!("::{name}")),
            self.text(),
        );
        self.declare_function(name, &function.specifiers, &function.declarator);
        self.in_function(name, function.span, |collector| {
            if let Some(Derived::Function(params)) = function.declarator.derived.first() {
                params
                    .list
                    .iter()
                    .for_each(|param| collector.visit_param(param));
            }
            collector.visit_block(&function.body);
        });
    }

    fn in_function(&mut self, name: &str, scope: Span, walk: impl FnOnce(&mut Self)) {
        self.function = Some(name.to_owned());
        self.in_scope(scope, walk);
        self.function = None;
    }

    fn in_scope(&mut self, scope: Span, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(scope);
        walk(self);
        self.scopes.pop();
    }

    pub(super) fn scope(&self) -> Span {
        self.scopes.last().copied().unwrap_or(FILE)
    }

    /// The program's own text.
    const fn text(&self) -> Text<'a> {
        Text {
            source: self.source,
            pinned: None,
        }
    }

    pub(super) fn reader<'r>(&'r self, text: Text<'r>) -> Reader<'r> {
        Reader {
            table: self.table,
            source: text.source,
            pinned: text.pinned.map(|used| used.start),
        }
    }

    pub(super) fn is_compiled(&self, text: Text<'_>, span: Span) -> Truth {
        self.table.conditions.at(text.at(span))
    }

    /// Defines what specifiers define.
    pub(super) fn define_specified(
        &mut self,
        specifiers: &Specifiers,
        untagged: &Untagged<'_>,
        text: Text<'_>,
    ) {
        match &specifiers.ty {
            TypeSpec::Record(record) => {
                if let Some(items) = &record.members {
                    let name =
                        self.name(record_keyword(record.kind), record.tag.as_ref(), untagged);
                    self.spell(text, record.span, record.tag.as_ref(), &name);
                    self.define_record(record, items, name, text);
                }
            }
            TypeSpec::Enum(spec) => {
                if let Some(items) = &spec.variants {
                    let name = self.name(TypeKeyword::Enum, spec.tag.as_ref(), untagged);
                    self.spell(text, spec.span, spec.tag.as_ref(), &name);
                    self.define_enum(spec, items, name, text);
                }
            }
            TypeSpec::TypeofExpr(expr, _) => self.visit_expr(expr),
            TypeSpec::TypeofType(ty, _) => self.visit_type_name(ty),
            TypeSpec::Builtin(..)
            | TypeSpec::Named(_)
            | TypeSpec::Auto(_)
            | TypeSpec::Missing(_) => {}
        }
    }

    /// Adds a finished definition; the first of several with one name stays.
    pub(super) fn add(
        &mut self,
        name: TypeName,
        text: Text<'_>,
        span: Span,
        shape: Shape,
        layout: Option<Layout>,
    ) {
        if self.table.defines(&name) {
            return;
        }
        self.table
            .by_name
            .insert(name.clone(), self.table.definitions.len());
        let span = text.span(span);
        let at_file_scope = self.scope() == FILE;
        self.table.definitions.push(Definition {
            name,
            span,
            at_file_scope,
            shape,
            layout,
        });
    }

    pub(super) fn declare_constant(&mut self, name: &Ident, value: Option<Value>, text: Text<'_>) {
        let scope = self.scope();
        self.table
            .constants
            .declare(&name.name, text.at(name.span), scope, value);
    }

    fn declare(&mut self, specifiers: &Specifiers, declared: &InitDeclarator) {
        let declarator = &declared.declarator;
        let Some(name) = &declarator.name else { return };
        if is_typedef(specifiers) {
            let resolved = self.typedef(specifiers, declarator, name);
            self.table
                .typedefs
                .declare(&name.name, name.span.start, self.scope(), resolved);
        } else if matches!(declarator.derived.first(), Some(Derived::Function(_))) {
            self.declare_function(&name.name, specifiers, declarator);
        } else {
            let reader = self.reader(self.text());
            let ty = match &declared.init {
                Some(init) => reader.initialized(specifiers, declarator, init),
                None => reader.declared(specifiers, declarator).ty,
            };
            self.declare_variable(name, ty);
        }
    }

    fn typedef(&self, specifiers: &Specifiers, declarator: &Declarator, name: &Ident) -> Resolved {
        let resolved = self.reader(self.text()).declared(specifiers, declarator);
        let modifiers = self.declared_modifiers(specifiers, declarator);
        let is_unknown = modifiers.unknown || matches!(resolved.ty, Type::Unknown(_));
        if is_unknown || self.is_compiled(self.text(), name.span) == Truth::Unknown {
            return Resolved::unknown(&name.name);
        }
        let Some(align) = modifiers.align else {
            return resolved;
        };
        match resolved.layout(self.table) {
            Some(layout) => Resolved {
                aligned: Some(Layout { align, ..layout }),
                ty: resolved.ty,
            },
            None => Resolved::unknown(&name.name),
        }
    }

    pub(super) fn declared_modifiers(
        &self,
        specifiers: &Specifiers,
        declarator: &Declarator,
    ) -> Modifiers {
        let attributes = specifiers.attributes.iter().chain(&declarator.attributes);
        self.reader(self.text())
            .modifiers(attributes, &specifiers.words)
    }

    fn declare_function(&mut self, name: &str, specifiers: &Specifiers, declarator: &Declarator) {
        let result = self.reader(self.text()).result(specifiers, declarator);
        self.table.functions.insert(name.to_owned(), result);
    }

    fn declare_variable(&mut self, name: &Ident, ty: Type) {
        let ty = match self.is_compiled(self.text(), name.span) {
            Truth::Unknown => Type::Unknown(name.name.clone()),
            Truth::True | Truth::False => ty,
        };
        self.table
            .variables
            .declare(&name.name, name.span.start, self.scope(), ty);
    }
}

impl Visitor for Collector<'_> {
    fn visit_declaration(&mut self, declaration: &Declaration) {
        if self.is_compiled(self.text(), declaration.span) == Truth::False {
            return;
        }
        let untagged = self.untagged(declaration);
        self.define_specified(&declaration.specifiers, &untagged, self.text());
        for declared in &declaration.declarators {
            self.declare(&declaration.specifiers, declared);
            if let Some(init) = &declared.init {
                self.visit_initializer(init);
            }
        }
    }

    fn visit_type_name(&mut self, ty: &ast::TypeName) {
        self.define_specified(
            &ty.specifiers,
            &Untagged::Path("::anon".to_owned()),
            self.text(),
        );
    }

    fn visit_param(&mut self, param: &Param) {
        self.define_specified(
            &param.specifiers,
            &Untagged::Path("::anon".to_owned()),
            self.text(),
        );
        let Some(name) = &param.declarator.name else {
            return;
        };
        let ty = match self
            .reader(self.text())
            .declared(&param.specifiers, &param.declarator)
            .ty
        {
            Type::Array { element, .. } => Type::Pointer(element),
            ty => ty,
        };
        self.declare_variable(name, ty);
    }

    fn visit_block(&mut self, block: &Block) {
        self.in_scope(block.span, |collector| visit::walk_block(collector, block));
    }

    fn visit_stmt(&mut self, stmt: &Stmt) {
        if self.is_compiled(self.text(), stmt.span) == Truth::False {
            return;
        }
        if matches!(stmt.kind, StmtKind::For { .. }) {
            self.in_scope(stmt.span, |collector| visit::walk_stmt(collector, stmt));
        } else {
            visit::walk_stmt(self, stmt);
        }
    }
}

pub(super) fn is_typedef(specifiers: &Specifiers) -> bool {
    specifiers
        .storage
        .iter()
        .any(|(storage, _)| *storage == Storage::Typedef)
}
