//! Items: map definitions, program headers, includes.

use super::Lowerer;
use crate::ast::{
    Block, Declaration, Derived, DirectiveKind, Ident, Item, Param, Params, Specifiers, TypeSpec,
    Unit,
};
use crate::dialect::helpers::asks_for_usdt;
use crate::lex::{clean, lex_quietly, lex_span};
use crate::model::{FunctionDecl, Header, Role, section_of};
use crate::program::{ProbeKind, Type};
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};
use crate::visit::{self, Visitor as _};
use std::fmt::Write as _;

/// Names of attributes that are macros in the kernel's headers.
const ATTRIBUTE_MACROS: &[&str] = &["fallthrough", "noinline"];

impl<'a> Lowerer<'a> {
    pub(super) fn lower_unit(&mut self, unit: &Unit) {
        for directive in &unit.directives {
            if let DirectiveKind::Include { path_span, .. } = directive.kind {
                let comment = format!("/* #include {} */", self.source.slice(path_span));
                self.edits.replace(directive.span, [comment.into()]);
            }
        }
        self.spell_attributes();
        for map in &self.model.maps {
            let definition = self.map_definition(map);
            self.edits.replace(map.use_.span, [definition.into()]);
        }
        for item in &unit.items {
            if let Item::Declaration(declaration) = item {
                visit::walk_declaration(self, declaration);
            }
        }
        for function in &self.model.functions {
            self.lower_function(function);
        }
        for body in self
            .inference
            .variants
            .iter()
            .filter_map(|variant| variant.body.as_ref())
        {
            self.visit_expr(body);
        }
    }

    /// The kernel's headers make macros of some names of attributes: in `__attribute__((noinline))`
    /// the name must not be taken for such a macro.
    fn spell_attributes(&mut self) {
        let mut depth = 0_usize;
        let mut inside = false;
        for token in lex_quietly(self.source) {
            match token.kind {
                TokenKind::Keyword(Keyword::Attribute) => inside = true,
                TokenKind::Punct(Punct::LeftParen) if inside => depth += 1,
                TokenKind::Punct(Punct::RightParen) if inside => {
                    depth = depth.saturating_sub(1);
                    inside = depth > 0;
                }
                TokenKind::Ident if inside => {
                    let name = self.source.slice(token.span);
                    if ATTRIBUTE_MACROS.contains(&name) {
                        self.edits
                            .replace(token.span, [format!("__{name}__").into()]);
                    }
                }
                _ => {}
            }
        }
    }

    fn lower_function(&mut self, function: &'a FunctionDecl<'_>) {
        self.packet = first_param(function);
        match (&function.header, &function.role) {
            (Header::Macro { span, .. }, Role::Program(kind)) => {
                let header = format!(
                    "{}int {}({})",
                    self.section(kind),
                    function.name.name,
                    macro_params(kind, &function.name.name)
                );
                self.edits.replace(*span, [header.into()]);
            }
            (
                Header::C {
                    specifiers,
                    declarator,
                    params,
                },
                Role::Program(kind),
            ) => {
                if section_of(&specifiers.attributes, self.source).is_none() {
                    let section = self.section(kind);
                    self.edits.insert(specifiers.span.start, section);
                }
                let list = declarator.derived.iter().find_map(|step| match step {
                    Derived::Function(list) => Some(list),
                    Derived::Pointer { .. } | Derived::Array { .. } => None,
                });
                if let Some(list) = list {
                    self.lower_arguments(list, params, function.body);
                }
                if self.types.result_type(specifiers, declarator) == Type::Void {
                    self.lower_void_program(specifiers, function.body);
                    return;
                }
            }
            (Header::C { specifiers, .. }, Role::Helper) => self.inline_helper(specifiers),
            (Header::C { .. } | Header::Macro { .. }, Role::Helper | Role::Inline) => {}
        }
        self.visit_block(function.body);
    }

    /// The section of a program, with a blank behind it. What may attach to a USDT probe is loaded
    /// as libbpf wants it for one, if the text has use for that.
    fn section(&self, kind: &ProbeKind) -> String {
        let by_hand = matches!(kind, ProbeKind::Registers | ProbeKind::Any);
        let name = if by_hand && asks_for_usdt(self.source.text()) {
            "usdt".to_owned()
        } else {
            section_name(kind)
        };
        // A section and a function of the same name would be one symbol.
        let apart = if self.model.find_function(&name).is_some() {
            "/"
        } else {
            ""
        };
        format!("SEC(\"{name}{apart}\") ")
    }

    /// A program that returns nothing returns 0: the kernel wants a number.
    fn lower_void_program(&mut self, specifiers: &Specifiers, body: &Block) {
        if let TypeSpec::Builtin(_, span) = specifiers.ty {
            self.edits.replace(span, ["int".into()]);
        }
        self.edits
            .insert(body.span.end.saturating_sub(1), "return 0; ");
        self.void_program = true;
        self.visit_block(body);
        self.void_program = false;
    }

    /// A `static` function of the text is always inlined, unless it asks for the opposite.
    fn inline_helper(&mut self, specifiers: &Specifiers) {
        let decided = specifiers
            .words
            .iter()
            .chain(
                specifiers
                    .attributes
                    .iter()
                    .map(|attribute| &attribute.name),
            )
            .any(|word| {
                matches!(
                    word.name.as_str(),
                    "__always_inline" | "always_inline" | "noinline" | "__noinline"
                )
            });
        match specifiers.storage.first() {
            _ if decided => {}
            Some((_, first)) => self.edits.insert(first.end, " __always_inline"),
            // Its prototype is static.
            None => self.edits.insert(specifiers.span.start, "__always_inline "),
        }
    }

    /// Keeps the context and reads the other parameters from the registers.
    fn lower_arguments(&mut self, list: &Params, params: &[Param], body: &Block) {
        let [context, rest @ ..] = params else { return };
        let Some(context_name) = &context.declarator.name else {
            return;
        };
        if rest.is_empty() {
            return;
        }
        let cut = Span::new(context.span.end, list.span.end.saturating_sub(1));
        self.edits.replace(cut, []);
        let mut locals = String::new();
        for (param, number) in rest.iter().zip(1..) {
            let Some(name) = &param.declarator.name else {
                continue;
            };
            if self.inference.is_used(name) {
                let _ = write!(
                    locals,
                    " {}",
                    self.argument_local(param, number, context, context_name)
                );
            }
        }
        self.edits.replace(
            Span::new(body.span.start, body.span.start + 1),
            ["{".into(), locals.into()],
        );
    }

    fn argument_local(
        &self,
        param: &Param,
        number: usize,
        context: &Param,
        context_name: &Ident,
    ) -> String {
        let pointer = param
            .declarator
            .derived
            .iter()
            .any(|step| !matches!(step, Derived::Function(_)));
        let cast = if pointer { "(void *)" } else { "" };
        let registers = match &context.specifiers.ty {
            TypeSpec::Record(record)
                if record.tag.as_ref().is_some_and(|tag| tag.name == "pt_regs") =>
            {
                ""
            }
            _ => "(struct pt_regs *)",
        };
        let declaration = self.local_declaration(param);
        format!(
            "{declaration} = {cast}PT_REGS_PARM{number}({registers}{});",
            context_name.name
        )
    }

    /// A parameter as a local variable: an array is a pointer there.
    fn local_declaration(&self, param: &Param) -> String {
        let text = |start, end| self.on_one_line(Span::new(start, end));
        match (&param.declarator.name, param.declarator.derived.first()) {
            (Some(name), Some(Derived::Array { span, .. })) => {
                let (before, behind) = (
                    text(param.span.start, name.span.start),
                    text(span.end, param.span.end),
                );
                {
                    let gap = if before.ends_with('*') { "" } else { " " };
                    format!("{before}{gap}(*{}){behind}", name.name)
                }
            }
            _ => text(param.span.start, param.span.end),
        }
    }

    /// The text under `span` without comments and line breaks.
    fn on_one_line(&self, span: Span) -> String {
        let mut out = String::new();
        let mut end = span.start;
        for token in lex_span(self.source, span) {
            if token.span.start > end && !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&clean(self.source.slice(token.span)));
            end = token.span.end;
        }
        out
    }
}

/// Whether the declared type comes from the initialiser, so that a `void *` would change it.
pub(super) const fn is_deduced(declaration: &Declaration) -> bool {
    matches!(declaration.specifiers.ty, TypeSpec::Auto(_))
}

/// The name of a function's first parameter.
fn first_param<'a>(function: &'a FunctionDecl<'_>) -> Option<&'a str> {
    let first = function.params().first();
    let name = first.and_then(|param| param.declarator.name.as_ref());
    name.map(|name| name.name.as_str())
        .or_else(|| function.macro_context())
}

/// The name of the section that tells libbpf what a program is.
fn section_name(kind: &ProbeKind) -> String {
    match kind {
        ProbeKind::Registers | ProbeKind::Any => "kprobe".to_owned(),
        ProbeKind::Kprobe { function } => format!("kprobe/{function}"),
        ProbeKind::Kretprobe { function } => format!("kretprobe/{function}"),
        ProbeKind::Tracepoint { category, event } => format!("tracepoint/{category}/{event}"),
        ProbeKind::TracepointFn { .. } => "tracepoint".to_owned(),
        ProbeKind::RawTracepoint { event } => format!("raw_tp/{event}"),
        ProbeKind::RawTracepointFn => "raw_tp".to_owned(),
        ProbeKind::PerfEvent => "perf_event".to_owned(),
        ProbeKind::Section { name } | ProbeKind::Network { section: name, .. } => name.clone(),
    }
}

/// The context a probe macro declares.
fn macro_params(kind: &ProbeKind, name: &str) -> String {
    match kind {
        ProbeKind::Tracepoint { .. } => format!("struct {name} *args"),
        ProbeKind::RawTracepoint { .. } => "struct bpf_raw_tracepoint_args *ctx".to_owned(),
        ProbeKind::Registers
        | ProbeKind::Any
        | ProbeKind::Kprobe { .. }
        | ProbeKind::Kretprobe { .. }
        | ProbeKind::TracepointFn { .. }
        | ProbeKind::RawTracepointFn
        | ProbeKind::PerfEvent
        | ProbeKind::Network { .. }
        | ProbeKind::Section { .. } => "void *ctx".to_owned(),
    }
}
