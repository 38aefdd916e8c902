//! Program text at run time.
//!
//! In: text in bcc's dialect. Out: [`Checked`]: what the text asks of the runtime, the program as
//! the front end sees it, and what there is to say about the text.

use crate::compile::{Diagnostic, DiagnosticLevel};
use crate::dynamic::EVENT_TYPE;
use crate::error::{Error, ErrorKind, Evidence, Result};
use crate::spec::{AttachSpec, MapSpec, ProbeSpec, SharingSpec, SiteSpec, Spec, Text};
use bcc_lang::diag::{self, Level};
use bcc_lang::options::Options;
use bcc_lang::program::{Map, ProbeKind, Program, Sharing, Site, Type};
use bcc_lang::source::SourceText;
use std::fmt::{self, Write as _};

/// What the front end has to say about a program text: the evidence of a
/// [`Source`](ErrorKind::Source) error, or its warnings.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourceReport {
    /// The messages, in the order of the text; `hint` is what to do about each.
    pub diagnostics: Vec<Diagnostic>,
    /// All of them as text, with a marker under the guilty piece of each line.
    pub text: String,
}

impl fmt::Display for SourceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

impl SourceReport {
    fn new(source: &SourceText, list: &[diag::Diagnostic]) -> Self {
        Self {
            diagnostics: list.iter().map(|one| diagnostic(source, one)).collect(),
            text: list.iter().map(|one| one.render(source)).collect(),
        }
    }

    /// The first error on one line, and how many more there are.
    fn headline(&self) -> String {
        let is_error = |one: &&Diagnostic| one.level == DiagnosticLevel::Error;
        let mut errors = self.diagnostics.iter().filter(is_error);
        let first = errors.next().map(ToString::to_string).unwrap_or_default();
        match errors.count() {
            0 => first,
            1 => format!("{first} (and one more error)"),
            more => format!("{first} (and {more} more errors)"),
        }
    }
}

fn diagnostic(source: &SourceText, one: &diag::Diagnostic) -> Diagnostic {
    let place = source.position(one.span.start);
    Diagnostic {
        file: source.name().to_owned(),
        line: place.line,
        column: place.column,
        level: match one.level {
            Level::Error => DiagnosticLevel::Error,
            Level::Warning => DiagnosticLevel::Warning,
        },
        message: one.message.clone(),
        source_line: Some(source.line_at(one.span.start).to_owned()),
        hint: one.help.clone(),
    }
}

/// A text without mistakes.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) program: Program,
    pub(crate) warnings: SourceReport,
}

/// Has a text checked by the front end. `shown` names it in messages; `definitions` are directives
/// that stand in front of it.
pub(crate) fn check(
    shown: &str,
    definitions: &str,
    text: &str,
    options: Options,
) -> Result<Checked> {
    let source = SourceText::with_preamble(shown, definitions, text);
    let outcome = bcc_lang::compile_with(&source, options);
    let report = SourceReport::new(&source, &outcome.diagnostics);
    if let Some(program) = outcome.program {
        let warnings = report;
        return Ok(Checked { program, warnings });
    }
    let message = format!("the program text has mistakes: {}", report.headline());
    let error = Error::new(ErrorKind::Source, message);
    Err(error.with_evidence(Evidence::Source(Box::new(report))))
}

/// What a program asks of the runtime. Layouts are not compared with anything: values are read by
/// what the compiled object says.
pub(crate) fn spec(name: &str, program: &Program) -> Spec {
    let texts = |list: &[String]| list.iter().map(|text| owned(text)).collect();
    let needs = &program.needs;
    let tracepoints = needs
        .tracepoints
        .iter()
        .map(|(category, event)| (owned(category), owned(event)));
    Spec {
        name: Text::Owned(name.to_owned()),
        source: Text::Owned(with_event_types(program)),
        maps: program.maps.iter().map(map_spec).collect(),
        probes: program
            .probes
            .iter()
            .map(|probe| ProbeSpec {
                name: owned(&probe.name),
                attach: attach_spec(&probe.kind),
                hook_arguments: probe.hook_arguments,
            })
            .collect(),
        layouts: Vec::new().into(),
        kernel_names: texts(&needs.names),
        kernel_defined: texts(&needs.defined),
        kernel_locals: texts(&needs.locals),
        kernel_members: texts(&needs.members),
        includes: texts(&needs.includes),
        tracepoints: tracepoints.collect(),
        requirements: program.requirements.clone(),
        sites: program.sites.iter().map(site_spec).collect(),
    }
}

/// What the macro would make of the program, for what only wants to compile it.
pub(crate) fn spec_of_module(name: &str, program: &Program) -> Spec {
    Spec {
        source: owned(&program.code),
        ..spec(name, program)
    }
}

fn site_spec(site: &Site) -> SiteSpec {
    SiteSpec {
        map: owned(&site.map),
        method: Text::Borrowed(site.method),
        function: site.function.as_deref().map(owned),
        line: site.place.line,
        column: site.place.column,
    }
}

fn owned(text: &str) -> Text {
    Text::Owned(text.to_owned())
}

fn map_spec(map: &Map) -> MapSpec {
    MapSpec {
        name: owned(&map.name),
        kind: Text::Borrowed(map.kind.kernel_name()),
        key_size: None,
        value_size: None,
        max_entries: map.max_entries,
        sharing: sharing_spec(map.sharing),
        inner: map.inner.as_deref().map(owned),
    }
}

const fn sharing_spec(sharing: Sharing) -> SharingSpec {
    match sharing {
        Sharing::Private => SharingSpec::Private,
        Sharing::Pinned => SharingSpec::Pinned,
        Sharing::Public => SharingSpec::Public,
        Sharing::Shared => SharingSpec::Shared,
        Sharing::Extern => SharingSpec::Extern,
    }
}

/// The code, with a variable for each map of events whose type is a pointer to the events. clang
/// describes the types of maps and variables in the object, but not those of locals, and events
/// mostly are locals. The section is none that libbpf makes a map of.
fn with_event_types(program: &Program) -> String {
    let mut code = program.code.clone();
    let events = program
        .maps
        .iter()
        .filter_map(|map| Some((&map.name, spelled(map.event.as_ref()?)?)));
    for (map, ty) in events {
        let line = "\n#line 1 \"<events>\"\n";
        let section = "__attribute__((section(\"bcc.events\"), used))";
        // A `String` takes everything.
        let _ = writeln!(code, "{line}typeof({ty}) *{EVENT_TYPE}{map} {section};");
    }
    code
}

/// How C names a type at file scope; `None` if it has no name there.
fn spelled(ty: &Type) -> Option<String> {
    match ty {
        Type::Bool => Some("_Bool".to_owned()),
        Type::Char => Some("char".to_owned()),
        Type::Int { size, signed } => {
            let sign = if *signed { "signed" } else { "unsigned" };
            let base = match size {
                1 => "char",
                2 => "short",
                4 => "int",
                8 => "long long",
                _ => "__int128",
            };
            Some(format!("{sign} {base}"))
        }
        Type::Float { size: 4 } => Some("float".to_owned()),
        Type::Float { size: _ } => Some("double".to_owned()),
        Type::Pointer(_) => Some("void *".to_owned()),
        Type::Array { element, len } => Some(format!("typeof({})[{len}]", spelled(element)?)),
        // A pointer may point to a tag that is not defined: that of a struct in a function, whose
        // events are handed over as bytes.
        Type::Named(name) if name.name.contains("::") => None,
        Type::Named(name) => Some(name.to_string()),
        Type::Unknown(text) => Some(text.clone()),
        Type::Void | Type::Function => None,
    }
}

fn attach_spec(kind: &ProbeKind) -> AttachSpec {
    match kind {
        ProbeKind::Registers => AttachSpec::Registers,
        ProbeKind::Any => AttachSpec::Any,
        ProbeKind::Kprobe { function } => AttachSpec::Kprobe {
            function: owned(function),
        },
        ProbeKind::Kretprobe { function } => AttachSpec::Kretprobe {
            function: owned(function),
        },
        ProbeKind::Syscall { call } => AttachSpec::Syscall { call: owned(call) },
        ProbeKind::Trampoline(to) => AttachSpec::Trampoline {
            hook: to.hook,
            module: to.module.as_deref().map(owned),
            function: owned(&to.function),
            arguments: to.arguments,
        },
        ProbeKind::Iter { target } => AttachSpec::Iter {
            target: owned(target),
        },
        ProbeKind::Tracepoint { category, event } => AttachSpec::Tracepoint {
            category: owned(category),
            event: owned(event),
        },
        ProbeKind::TracepointFn { category, event } => AttachSpec::TracepointFn {
            category: owned(category),
            event: owned(event),
        },
        ProbeKind::RawTracepoint { event } => AttachSpec::RawTracepoint {
            event: owned(event),
        },
        ProbeKind::RawTracepointFn => AttachSpec::RawTracepointFn,
        ProbeKind::PerfEvent => AttachSpec::PerfEvent,
        ProbeKind::Network { context, .. } => AttachSpec::Network {
            context: Text::Borrowed(context.tag()),
        },
        ProbeKind::Section { name } => AttachSpec::Section { name: owned(name) },
    }
}
