//! Items: map definitions, program headers, includes.

use super::Lowerer;
use crate::ast::{
    Block, Declaration, Derived, DirectiveKind, Ident, Item, Param, Params, Specifiers, TypeSpec,
    Unit,
};
use crate::model::{FunctionDecl, Header, MapDecl, Role, section_of};
use crate::program::{ProbeKind, Type};
use crate::span::Span;
use crate::visit::{self, Visitor as _};
use std::fmt::Write as _;

impl Lowerer<'_> {
    pub(super) fn lower_unit(&mut self, unit: &Unit) {
        for directive in &unit.directives {
            // A header in quotes may be the user's own; the runtime knows whether it is there.
            if let DirectiveKind::Include {
                path_span,
                angled: true,
                path: _,
            } = directive.kind
            {
                let comment = format!("/* #include {} */", self.source.slice(path_span));
                self.edits.replace(directive.span, [comment.into()]);
            }
        }
        for map in &self.model.maps {
            let definition = map_definition(map);
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
    }

    fn lower_function(&mut self, function: &FunctionDecl<'_>) {
        match (&function.header, &function.role) {
            (Header::Macro { span, .. }, Role::Program(kind)) => {
                let header = format!(
                    "{}int {}({})",
                    section(kind),
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
                    self.edits.insert(specifiers.span.start, section(kind));
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
        if !decided && let Some((_, first)) = specifiers.storage.first() {
            self.edits.insert(first.end, " __always_inline");
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
        let text = |start, end| self.source.slice(Span::new(start, end));
        let whole = text(param.span.start, param.span.end);
        match (&param.declarator.name, param.declarator.derived.first()) {
            (Some(name), Some(Derived::Array { span, .. })) => {
                let (before, behind) = (
                    text(param.span.start, name.span.start),
                    text(span.end, param.span.end),
                );
                format!("{before}(*{}){behind}", name.name)
            }
            _ => whole.to_owned(),
        }
    }
}

/// Whether the declared type comes from the initialiser, so that a `void *` would change it.
pub(super) const fn is_deduced(declaration: &Declaration) -> bool {
    matches!(declaration.specifiers.ty, TypeSpec::Auto(_))
}

/// The section that tells libbpf what a program is, with a blank behind it.
fn section(kind: &ProbeKind) -> String {
    let name = match kind {
        ProbeKind::Registers | ProbeKind::Any => "kprobe".to_owned(),
        ProbeKind::Kprobe { function } => format!("kprobe/{function}"),
        ProbeKind::Kretprobe { function } => format!("kretprobe/{function}"),
        ProbeKind::Tracepoint { category, event } => format!("tracepoint/{category}/{event}"),
        ProbeKind::TracepointFn { .. } => "tracepoint".to_owned(),
        ProbeKind::RawTracepoint { event } => format!("raw_tp/{event}"),
        ProbeKind::RawTracepointFn => "raw_tp".to_owned(),
        ProbeKind::PerfEvent => "perf_event".to_owned(),
        ProbeKind::Section { name } => name.clone(),
    };
    format!("SEC(\"{name}\") ")
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
        | ProbeKind::Section { .. } => "void *ctx".to_owned(),
    }
}

/// A map as libbpf defines it.
fn map_definition(map: &MapDecl<'_>) -> String {
    let fields = [
        ("__type", "key", &map.key.spelling),
        ("__type", "value", &map.value.spelling),
        ("__uint", "max_entries", &map.max_entries),
        ("__uint", "map_flags", &map.flags),
        // An array without a length, so it comes last.
        ("__array", "values", &map.inner),
    ];
    let mut out = format!("struct {{ __uint(type, {}); ", map.kind.kernel_name());
    for (macro_name, field, text) in fields {
        if !text.is_empty() {
            let _ = write!(out, "{macro_name}({field}, {text}); ");
        }
    }
    let _ = write!(out, "}} {} SEC(\".maps\");", map.name.name);
    out
}
