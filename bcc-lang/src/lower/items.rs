//! Items: map definitions, program headers, includes.

use super::Lowerer;
use super::arguments::{self, outside_symbol};
use crate::ast::{Block, Declaration, Derived, DirectiveKind, Item, Params, Specifiers, TypeSpec};
use crate::lex::{clean, lex_quietly, lex_span};
use crate::model::{FunctionDecl, Header, Role, section_of};
use crate::program::{ProbeKind, Type};
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};
use crate::visit::{self, Visitor as _};

/// Names of attributes that are macros in the kernel's headers.
const ATTRIBUTE_MACROS: &[&str] = &["fallthrough", "noinline"];

/// What a context without a name is called.
pub(super) const UNNAMED_CONTEXT: &str = "__bcc_ctx";

impl<'a> Lowerer<'a> {
    pub(super) fn lower_unit(&mut self) {
        let unit = self.unit;
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
            self.function = Some(&function.name.name);
            self.lower_function(function);
        }
        self.function = None;
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
                self.lower_probe_macro(function, kind, *span);
            }
            (
                Header::C {
                    specifiers,
                    declarator,
                },
                Role::Program(kind),
            ) => {
                if section_of(&specifiers.attributes, self.source).is_none() {
                    let mut before = outside_symbol(function, kind);
                    if !before.is_empty() {
                        before.push_str(&self.source.indent_at(specifiers.span.start));
                    }
                    before.push_str(&self.section(kind));
                    self.edits.insert(specifiers.span.start, before);
                }
                let list = declarator.derived.iter().find_map(|step| match step {
                    Derived::Function(list) => Some(list),
                    Derived::Pointer { .. } | Derived::Array { .. } => None,
                });
                if let Some(list) = list {
                    self.lower_arguments(list, function, kind);
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

    /// The section of a program, on a line of its own. What may attach to a USDT probe is loaded
    /// as libbpf wants it for one, if the text has use for that.
    fn section(&self, kind: &ProbeKind) -> String {
        let by_hand = matches!(kind, ProbeKind::Registers | ProbeKind::Any);
        let name = if by_hand && self.asks_for_usdt {
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
        format!("SEC(\"{name}{apart}\")\n")
    }

    /// A program that returns nothing returns 0: the kernel wants a number.
    fn lower_void_program(&mut self, specifiers: &Specifiers, body: &Block) {
        if let TypeSpec::Builtin(_, span) = specifiers.ty {
            self.edits.replace(span, ["int".into()]);
        }
        let end = body.span.end.saturating_sub(1);
        let text = if self.source.starts_line(end) {
            format!("{}return 0;\n", self.source.indent_unit())
        } else {
            "return 0; ".to_owned()
        };
        self.edits.insert(end, text);
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

    /// What a probe macro stands for, up to the body.
    fn lower_probe_macro(&mut self, function: &FunctionDecl<'_>, kind: &ProbeKind, span: Span) {
        let name = &function.name.name;
        self.edits.insert(span.start, self.section(kind));
        let header = match (kind, function.params.first()) {
            // libbpf's macro casts each argument; they stay where they are, on their lines.
            (ProbeKind::Trampoline(_), Some(first)) => {
                let header = format!("int BPF_PROG({name}, ");
                let head = Span::new(span.start, first.span.start);
                self.edits.replace(head, [header.into()]);
                return;
            }
            (ProbeKind::Trampoline(_), None) => format!("int BPF_PROG({name})"),
            _ => format!("int {name}({})", macro_context(kind, name)),
        };
        self.edits.replace(span, [header.into()]);
    }

    /// Keeps the context and reads the other parameters from where they arrive.
    fn lower_arguments(&mut self, list: &Params, function: &FunctionDecl<'_>, kind: &ProbeKind) {
        let (Some(context), [first, ..]) = function.split_params() else {
            return;
        };
        if arguments::fits_kprobe_macro(self.source, function, context, kind) {
            // Up to the comma behind the context; the arguments stay where they are.
            let between = Span::new(context.span.end, first.span.start);
            let comma = lex_span(self.source, between)
                .into_iter()
                .find(|token| token.kind.is(Punct::Comma));
            let end = comma.map_or(first.span.start, |comma| comma.span.end);
            let head = format!("BPF_KPROBE({},", function.name.name);
            self.edits
                .replace(Span::new(function.name.span.start, end), [head.into()]);
            return;
        }
        if context.declarator.name.is_none() {
            self.edits.insert(context.span.end, UNNAMED_CONTEXT);
        }
        let locals = arguments::locals(self, function, context, kind);
        // All in one, so that the lines of the parameters are those of the variables.
        let start = function.body.span.start;
        let head = Span::new(list.span.end, start + 1);
        self.edits.replace(
            Span::new(context.span.end, start + 1),
            [")".into(), head.into(), locals.into()],
        );
    }

    /// The text under `span` without comments and line breaks.
    pub(super) fn on_one_line(&self, span: Span) -> String {
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
    let (first, _) = function.split_params();
    let name = first.and_then(|param| param.declarator.name.as_ref());
    name.map(|name| name.name.as_str())
        .or_else(|| function.macro_context())
}

/// The name of the section that tells libbpf what a program is.
fn section_name(kind: &ProbeKind) -> String {
    match kind {
        ProbeKind::Registers | ProbeKind::Any | ProbeKind::Syscall { .. } => "kprobe".to_owned(),
        ProbeKind::Trampoline(to) => {
            let hook = to.hook.section();
            let module = to.module.iter().flat_map(|module| [module.as_str(), ":"]);
            format!("{hook}/{}{}", module.collect::<String>(), to.function)
        }
        ProbeKind::Iter { target } => format!("iter/{target}"),
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
fn macro_context(kind: &ProbeKind, name: &str) -> String {
    match kind {
        ProbeKind::Tracepoint { .. } => format!("struct {name} *args"),
        ProbeKind::Iter { .. } => format!("struct {name} *ctx"),
        ProbeKind::RawTracepoint { .. } => "struct bpf_raw_tracepoint_args *ctx".to_owned(),
        ProbeKind::Registers
        | ProbeKind::Any
        | ProbeKind::Kprobe { .. }
        | ProbeKind::Kretprobe { .. }
        | ProbeKind::Syscall { .. }
        | ProbeKind::Trampoline(_)
        | ProbeKind::TracepointFn { .. }
        | ProbeKind::RawTracepointFn
        | ProbeKind::PerfEvent
        | ProbeKind::Network { .. }
        | ProbeKind::Section { .. } => "void *ctx".to_owned(),
    }
}
