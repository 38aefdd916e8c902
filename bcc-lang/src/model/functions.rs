//! Functions: which are BPF programs, what they attach to, which are helpers of the text.

use crate::ast::{
    Attribute, Block, Declarator, Derived, Function, Ident, Param, Specifiers, Storage, TypeSpec,
};
use crate::dialect::probes::{
    ContextForm, ProbeForm, ProbeMacro, TRACEPOINT_STRUCT_PREFIX, find_context, split_hook,
    split_prefix, split_tracepoint,
};
use crate::program::{Hook, NetContext, ProbeKind, Trampoline};
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
    /// The parameters the text declares; of a probe macro those behind the names.
    pub params: Vec<&'a Param>,
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
    /// The context and what follows it; a probe macro brings the context itself.
    #[must_use]
    pub fn split_params(&self) -> (Option<&'a Param>, &[&'a Param]) {
        match (&self.header, self.params.split_first()) {
            (Header::C { .. }, Some((context, rest))) => (Some(context), rest),
            (Header::C { .. }, None) => (None, &[]),
            (Header::Macro { .. }, _) => (None, &self.params),
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
                ProbeForm::RawTracepoint
                | ProbeForm::Kprobe
                | ProbeForm::Kretprobe
                | ProbeForm::Syscall
                | ProbeForm::Trampoline(_)
                | ProbeForm::Iter => "ctx",
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
    let params: Vec<&Param> = params.unwrap_or(&[]).iter().collect();
    let role = function_role(&name.name, function, &params, source);
    FunctionDecl {
        name,
        span: function.span,
        role,
        header: Header::C {
            specifiers: &function.specifiers,
            declarator: &function.declarator,
        },
        params,
        body: &function.body,
    }
}

/// Every function that clang would export is a program.
fn function_role(name: &str, function: &Function, params: &[&Param], source: &SourceText) -> Role {
    let specifiers = &function.specifiers;
    if specifiers
        .storage
        .iter()
        .any(|(storage, _)| *storage == Storage::Static)
    {
        return Role::Helper;
    }
    if let Some(section) = section_of(&specifiers.attributes, source) {
        return Role::Program(section_kind(section, params.first().copied()));
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
fn section_kind(section: String, context: Option<&Param>) -> ProbeKind {
    let tag = context.and_then(context_tag);
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
fn probe_kind(name: &str, params: &[&Param], body: &Block) -> ProbeKind {
    let arguments = params.len().saturating_sub(1);
    let by_name = split_prefix(name).and_then(|(form, rest)| prefixed_kind(form, rest, arguments));
    by_name.unwrap_or_else(|| context_kind(params.first().copied(), body))
}

/// What a program attaches to, by its name behind the prefix and the number of arguments it names.
pub(super) fn prefixed_kind(form: ProbeForm, rest: &str, arguments: usize) -> Option<ProbeKind> {
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
        ProbeForm::Syscall => Some(ProbeKind::Syscall { call: function() }),
        ProbeForm::Iter => Some(ProbeKind::Iter { target: function() }),
        ProbeForm::Trampoline(hook) => {
            let (module, function) = split_hook(hook, rest)?;
            Some(trampoline(hook, module, function, arguments))
        }
        ProbeForm::Tracepoint => {
            let (category, event) = split_tracepoint(rest)?;
            Some(ProbeKind::Tracepoint {
                category: category.to_owned(),
                event: event.to_owned(),
            })
        }
    }
}

/// A program on a hook.
pub(super) fn trampoline(
    hook: Hook,
    module: Option<&str>,
    function: &str,
    arguments: usize,
) -> ProbeKind {
    ProbeKind::Trampoline(Trampoline {
        hook,
        module: module.map(str::to_owned),
        function: function.to_owned(),
        arguments,
    })
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
        return match param {
            Some(param) if super::network::has_packet(body) => {
                network_kind(NetContext::Skb, param, body)
            }
            _ => ProbeKind::Any,
        };
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
        Some(ContextForm::Network(context)) => network_kind(context, param, body),
        None => ProbeKind::Any,
    }
}

fn network_kind(context: NetContext, param: &Param, body: &Block) -> ProbeKind {
    ProbeKind::Network {
        context,
        section: super::network::section(context, param, body).to_owned(),
    }
}
