//! Program text at run time, as far as the project's own tests need it.
//!
//! In: text in bcc's dialect. Out: an object, or a program loaded once to hear what the kernel says.

use crate::compile;
use crate::error::{Error, ErrorKind, Evidence, Result};
use crate::load::{self, StartOptions};
use crate::phases::Phases;
use crate::spec::{AttachSpec, LayoutSpec, MapSpec, ProbeSpec, SharingSpec, Spec, Text};
use bcc_lang::program::{Member, ProbeKind, Program, Sharing, Type, TypeDef, TypeDefKind};
use bcc_lang::source::SourceText;

/// Compiles a text for the running kernel.
///
/// # Errors
/// `Source` if the front end finds a mistake, `Compile` if clang does, and what keeps either from
/// being run.
pub fn compile(name: &str, text: &str, cflags: &[String]) -> Result<Vec<u8>> {
    let (spec, options) = (read(name, text)?, start_options(cflags));
    compile::compile(
        &spec,
        &options,
        options.debug.or_environment(),
        &mut Phases::default(),
    )
}

/// Compiles and loads a text, and unloads it again.
///
/// # Errors
/// As `compile`, and `Verifier` or others if the kernel refuses the program.
pub fn load(name: &str, text: &str, cflags: &[String]) -> Result<()> {
    let spec = read(name, text)?;
    load::start(&spec, &start_options(cflags), &mut |_| Ok(())).map(drop)
}

fn start_options(cflags: &[String]) -> StartOptions {
    StartOptions {
        cflags: cflags.to_vec(),
        ..StartOptions::default()
    }
}

/// What a text asks for.
fn read(name: &str, text: &str) -> Result<Spec> {
    let source = SourceText::new(name, text);
    let outcome = bcc_lang::compile(&source);
    let Some(program) = outcome.program else {
        let rendered: String = outcome
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.render(&source))
            .collect();
        let error = Error::new(
            ErrorKind::Source,
            format!("the text of `{name}` has mistakes"),
        );
        return Err(error.with_evidence(Evidence::Text(rendered)));
    };
    Ok(spec(name, &program))
}

fn spec(name: &str, program: &Program) -> Spec {
    let texts = |list: &[String]| list.iter().map(|text| owned(text)).collect();
    let needs = &program.needs;
    let tracepoints = needs
        .tracepoints
        .iter()
        .map(|(category, event)| (owned(category), owned(event)));
    Spec {
        name: owned(name),
        source: owned(&program.code),
        maps: program
            .maps
            .iter()
            .map(|map| map_spec(map, program))
            .collect(),
        probes: program
            .probes
            .iter()
            .map(|probe| ProbeSpec {
                name: owned(&probe.name),
                attach: attach_spec(&probe.kind),
                hook_arguments: probe.hook_arguments,
            })
            .collect(),
        layouts: program
            .types
            .iter()
            .filter_map(|def| layout_spec(def, program))
            .collect(),
        kernel_names: texts(&needs.names),
        kernel_defined: texts(&needs.defined),
        kernel_locals: texts(&needs.locals),
        kernel_members: texts(&needs.members),
        tracepoints: tracepoints.collect(),
    }
}

fn owned(text: &str) -> Text {
    Text::Owned(text.to_owned())
}

fn map_spec(map: &bcc_lang::program::Map, program: &Program) -> MapSpec {
    let size = |ty| bit_size(ty, program).and_then(|bits| u32::try_from(bits / 8).ok());
    MapSpec {
        name: owned(&map.name),
        kind: Text::Borrowed(map.kind.kernel_name()),
        key_size: size(&map.key),
        value_size: size(&map.value),
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

/// The layout of a struct or union that has a name of its own.
fn layout_spec(def: &TypeDef, program: &Program) -> Option<LayoutSpec> {
    let (TypeDefKind::Struct(members) | TypeDefKind::Union(members)) = &def.kind else {
        return None;
    };
    if def.name.name.contains("::") {
        return None;
    }
    let mut rows = Vec::new();
    flatten(members, 0, program, &mut rows)?;
    Some(LayoutSpec {
        name: owned(&def.name.to_string()),
        size: def.size,
        members: rows.into(),
    })
}

/// Lists the named members, those of anonymous structs and unions as their own.
fn flatten(
    members: &[Member],
    base: u64,
    program: &Program,
    rows: &mut Vec<(Text, u64, u64)>,
) -> Option<()> {
    for member in members {
        let offset = base + member.bit_offset;
        match (&member.name, &member.ty) {
            (Some(name), ty) => {
                let size = member
                    .bit_width
                    .map(u64::from)
                    .or_else(|| bit_size(ty, program))?;
                rows.push((owned(name), offset, size));
            }
            (None, Type::Named(name)) => {
                let def = program.types.iter().find(|def| def.name == *name)?;
                if let TypeDefKind::Struct(inner) | TypeDefKind::Union(inner) = &def.kind {
                    flatten(inner, offset, program, rows)?;
                }
            }
            (None, _) => {}
        }
    }
    Some(())
}

fn bit_size(ty: &Type, program: &Program) -> Option<u64> {
    match ty {
        Type::Bool | Type::Char => Some(8),
        Type::Int { size, .. } | Type::Float { size } => Some(u64::from(*size) * 8),
        Type::Pointer(_) => Some(64),
        Type::Array { element, len } => bit_size(element, program)?.checked_mul(*len),
        Type::Named(name) => Some(program.types.iter().find(|def| def.name == *name)?.size * 8),
        Type::Void | Type::Function | Type::Unknown(_) => None,
    }
}
