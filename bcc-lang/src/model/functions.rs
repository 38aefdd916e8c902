//! Functions: which are BPF programs, what they attach to, which are helpers of the text.

use crate::ast::{
    Attribute, Block, Declarator, Derived, ExprKind, Function, Ident, MacroArg, MacroFunction,
    Param, Specifiers, Storage, TypeSpec,
};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::probes::{
    ContextForm, ProbeForm, ProbeMacro, TRACEPOINT_STRUCT_PREFIX, find_context, find_probe_macro,
    split_prefix, split_tracepoint,
};
use crate::program::ProbeKind;
use crate::source::SourceText;
use crate::span::Span;

/// A function the text defines.
#[derive(Debug)]
pub struct FunctionDecl<'a> {
    /// Its name; for a probe macro the name the macro gives it.
    pub name: Ident,
    /// From the first word up to the closing brace.
    pub span: Span,
    /// Program or helper.
    pub role: Role,
    /// What the text writes before its body.
    pub header: Header<'a>,
    /// Its body.
    pub body: &'a Block,
}

/// What stands before a function's body.
#[derive(Debug)]
pub enum Header<'a> {
    /// `static int f(struct pt_regs *ctx, int fd)`
    C {
        /// The words before the name.
        specifiers: &'a Specifiers,
        /// The name and the parameters.
        declarator: &'a Declarator,
        /// The parameters.
        params: &'a [Param],
    },
    /// `TRACEPOINT_PROBE(sched, sched_switch)`
    Macro {
        /// The macro.
        row: &'static ProbeMacro,
        /// The macro's name and arguments.
        span: Span,
    },
}

/// What a function is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A BPF program.
    Program(ProbeKind),
    /// `static`: called by programs and other helpers.
    Helper,
    /// `inline` without `static`, or another form that clang never emits.
    Inline,
}

impl<'a> FunctionDecl<'a> {
    /// The parameters the text declares.
    #[must_use]
    pub const fn params(&self) -> &'a [Param] {
        match self.header {
            Header::C { params, .. } => params,
            Header::Macro { .. } => &[],
        }
    }

    /// What it attaches to, if it is a program.
    #[must_use]
    pub const fn probe(&self) -> Option<&ProbeKind> {
        match &self.role {
            Role::Program(kind) => Some(kind),
            Role::Helper | Role::Inline => None,
        }
    }

    /// Name of the context in the body, as a probe macro gives it.
    #[must_use]
    pub const fn macro_context(&self) -> Option<&'static str> {
        match self.header {
            Header::C { .. } => None,
            Header::Macro { row, .. } => Some(match row.form {
                ProbeForm::Tracepoint => "args",
                ProbeForm::RawTracepoint | ProbeForm::Kprobe | ProbeForm::Kretprobe => "ctx",
            }),
        }
    }
}

/// The function behind a definition in plain C.
pub(super) fn from_definition<'a>(function: &'a Function, source: &SourceText) -> FunctionDecl<'a> {
    let name = function.declarator.name.clone().unwrap_or_else(|| Ident {
        name: String::new(),
        span: function.declarator.span,
    });
    let params = function
        .declarator
        .derived
        .iter()
        .find_map(|step| match step {
            Derived::Function(params) => Some(&params.list[..]),
            Derived::Pointer { .. } | Derived::Array { .. } => None,
        });
    let params = params.unwrap_or(&[]);
    let role = function_role(&name.name, function, params, source);
    FunctionDecl {
        name,
        span: function.span,
        role,
        header: Header::C {
            specifiers: &function.specifiers,
            declarator: &function.declarator,
            params,
        },
        body: &function.body,
    }
}

/// Every function that clang would export is a program.
fn function_role(name: &str, function: &Function, params: &[Param], source: &SourceText) -> Role {
    let specifiers = &function.specifiers;
    if specifiers
        .storage
        .iter()
        .any(|(storage, _)| *storage == Storage::Static)
    {
        return Role::Helper;
    }
    if let Some(section) = section_of(&specifiers.attributes, source) {
        return Role::Program(section_kind(section, params));
    }
    if specifiers.words.iter().any(|word| {
        matches!(
            word.name.as_str(),
            "inline" | "__inline" | "__inline__" | "__always_inline"
        )
    }) {
        return Role::Inline;
    }
    Role::Program(probe_kind(name, params, &function.body))
}

/// What a program with a section of its own attaches to: the network's by hand, others as libbpf
/// reads the section.
fn section_kind(section: String, params: &[Param]) -> ProbeKind {
    let tag = params.first().and_then(context_tag);
    match tag.and_then(find_context) {
        Some(ContextForm::Network(context)) => ProbeKind::Network { context, section },
        Some(ContextForm::Registers | ContextForm::RawTracepoint | ContextForm::PerfEvent)
        | None => ProbeKind::Section { name: section },
    }
}

/// The name in `SEC("...")` or `__attribute__((section("...")))`.
#[must_use]
pub fn section_of(attributes: &[Attribute], source: &SourceText) -> Option<String> {
    let attribute = attributes
        .iter()
        .find(|attribute| matches!(attribute.name.name.as_str(), "SEC" | "section"))?;
    let argument = attribute.args.as_ref()?.list.first()?;
    source
        .slice(argument.span)
        .trim()
        .strip_prefix('"')?
        .strip_suffix('"')
        .map(str::to_owned)
}

/// What a program attaches to, by its name, else by the type of its context.
fn probe_kind(name: &str, params: &[Param], body: &Block) -> ProbeKind {
    let by_name = split_prefix(name).and_then(|(form, rest)| prefixed_kind(form, rest));
    by_name.unwrap_or_else(|| context_kind(params.first(), body))
}

fn prefixed_kind(form: ProbeForm, rest: &str) -> Option<ProbeKind> {
    let function = || rest.to_owned();
    (!rest.is_empty()).then_some(())?;
    match form {
        ProbeForm::Kprobe => Some(ProbeKind::Kprobe {
            function: function(),
        }),
        ProbeForm::Kretprobe => Some(ProbeKind::Kretprobe {
            function: function(),
        }),
        ProbeForm::RawTracepoint => Some(ProbeKind::RawTracepoint { event: function() }),
        ProbeForm::Tracepoint => {
            let (category, event) = split_tracepoint(rest)?;
            Some(ProbeKind::Tracepoint {
                category: category.to_owned(),
                event: event.to_owned(),
            })
        }
    }
}

/// The tag of the struct a parameter points to.
fn context_tag(param: &Param) -> Option<&str> {
    let [Derived::Pointer { .. }] = &param.declarator.derived[..] else {
        return None;
    };
    match &param.specifiers.ty {
        TypeSpec::Record(record) => record.tag.as_ref().map(|tag| tag.name.as_str()),
        TypeSpec::Builtin(..)
        | TypeSpec::Enum(_)
        | TypeSpec::Named(_)
        | TypeSpec::TypeofExpr(..)
        | TypeSpec::TypeofType(..)
        | TypeSpec::Auto(_)
        | TypeSpec::Missing(_) => None,
    }
}

fn context_kind(param: Option<&Param>, body: &Block) -> ProbeKind {
    let Some((param, tag)) = param.and_then(|param| Some((param, context_tag(param)?))) else {
        return ProbeKind::Any;
    };
    if let Some((category, event)) = tag
        .strip_prefix(TRACEPOINT_STRUCT_PREFIX)
        .and_then(split_tracepoint)
    {
        return ProbeKind::TracepointFn {
            category: category.to_owned(),
            event: event.to_owned(),
        };
    }
    match find_context(tag) {
        Some(ContextForm::Registers) => ProbeKind::Registers,
        Some(ContextForm::RawTracepoint) => ProbeKind::RawTracepointFn,
        Some(ContextForm::PerfEvent) => ProbeKind::PerfEvent,
        Some(ContextForm::Network(context)) => ProbeKind::Network {
            context,
            section: super::network::section(context, param, body).to_owned(),
        },
        None => ProbeKind::Any,
    }
}

/// The function behind a probe macro; `None` if it is no macro we know or its arguments do not fit.
pub(super) fn from_macro<'a>(
    function: &'a MacroFunction,
    cx: &mut Diagnostics,
) -> Option<FunctionDecl<'a>> {
    let Some(row) = find_probe_macro(&function.name.name) else {
        super::report_planned_probe(&function.name, cx);
        return None;
    };
    let arguments = macro_names(row, function, cx)?;
    let joined = arguments
        .iter()
        .map(|name| name.name.as_str())
        .collect::<Vec<_>>()
        .join("__");
    let (prefix, kind) = match (row.form, &arguments[..]) {
        (ProbeForm::Tracepoint, [category, event]) => (
            "tracepoint__",
            ProbeKind::Tracepoint {
                category: category.name.clone(),
                event: event.name.clone(),
            },
        ),
        (ProbeForm::RawTracepoint, [event]) => (
            "raw_tracepoint__",
            ProbeKind::RawTracepoint {
                event: event.name.clone(),
            },
        ),
        (
            ProbeForm::Tracepoint
            | ProbeForm::RawTracepoint
            | ProbeForm::Kprobe
            | ProbeForm::Kretprobe,
            _,
        ) => return None,
    };
    let span = function.name.span.to(function.args.span);
    Some(FunctionDecl {
        name: Ident {
            name: format!("{prefix}{joined}"),
            span,
        },
        span: function.span,
        role: Role::Program(kind),
        header: Header::Macro { row, span },
        body: &function.body,
    })
}

/// The arguments of a probe macro, each one name.
fn macro_names<'a>(
    row: &ProbeMacro,
    function: &'a MacroFunction,
    cx: &mut Diagnostics,
) -> Option<Vec<&'a Ident>> {
    let names: Vec<&Ident> = function.args.list.iter().filter_map(single_name).collect();
    if names.len() == row.params.len() && names.len() == function.args.list.len() {
        return Some(names);
    }
    cx.push(
        Diagnostic::error(
            function.args.span,
            format!(
                "`{}` takes {} name{}: {}",
                row.name,
                row.params.len(),
                if row.params.len() == 1 { "" } else { "s" },
                row.params.join(" and ")
            ),
        )
        .with_help(format!(
            "for example `{}({})`",
            row.name,
            example_arguments(row.form)
        )),
    );
    None
}

const fn example_arguments(form: ProbeForm) -> &'static str {
    match form {
        ProbeForm::Tracepoint => "sched, sched_switch",
        ProbeForm::RawTracepoint => "sched_switch",
        ProbeForm::Kprobe | ProbeForm::Kretprobe => "tcp_connect",
    }
}

/// The name an argument consists of.
fn single_name(arg: &MacroArg) -> Option<&Ident> {
    if let Some(ExprKind::Ident(name)) = arg.expr.as_deref().map(|expr| &expr.kind) {
        return Some(name);
    }
    match arg
        .ty
        .as_deref()
        .map(|ty| (&ty.specifiers.ty, ty.declarator.derived.is_empty()))
    {
        Some((TypeSpec::Named(name), true)) => Some(name),
        _ => None,
    }
}
