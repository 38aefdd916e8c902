//! From the checked tree to plain data.
//!
//! In: everything the stages before found. Out: a [`Program`] without references into the tree.

use crate::ast::{Derived, DirectiveKind, Initializer, Item, Qualifier, Storage, Unit};
use crate::condition::Truth;
use crate::dialect::RESERVED_PREFIX;
use crate::dialect::helpers::REGISTER_MACROS;
use crate::dialect::maps::MapFamily;
use crate::dialect::probes::TRACEPOINT_STRUCT_PREFIX;
use crate::emit::{self, builtin};
use crate::infer::Inference;
use crate::model::{Model, section_of};
use crate::program::{
    Global, GlobalSection, KernelNeeds, Map, Probe, ProbeKind, Program, Type, TypeDef, TypeDefKind,
    TypeKeyword, TypeName,
};
use crate::scan::Names;
use crate::source::SourceText;
use crate::types::TypeTable;
use std::collections::BTreeSet;

/// What the stages before found.
#[derive(Clone, Copy, Debug)]
pub struct Findings<'a> {
    /// The text.
    pub source: &'a SourceText,
    /// The tree.
    pub unit: &'a Unit,
    /// The dialect's items.
    pub model: &'a Model<'a>,
    /// The types of the text.
    pub types: &'a TypeTable,
    /// The types of its expressions.
    pub inference: &'a Inference,
    /// The names it uses.
    pub names: &'a Names,
}

/// Makes the program; `body` is the changed text.
#[must_use]
pub fn assemble(findings: Findings<'_>, body: &str) -> Program {
    let maps = maps(findings);
    let globals = globals(findings);
    let roots: Vec<Type> = maps
        .iter()
        .flat_map(|map| [Some(&map.key), Some(&map.value), map.event.as_ref()])
        .flatten()
        .chain(globals.iter().map(|global| &global.ty))
        .cloned()
        .collect();
    let types = findings.types.type_defs(&roots);
    let defined = defined_names(findings);
    let asserted: Vec<TypeDef> = types
        .iter()
        .filter(|def| findings.types.is_nameable(&def.name))
        .cloned()
        .collect();
    let license = &findings.model.license;
    let parts = emit::Parts {
        source: findings.source,
        body,
        types: &asserted,
        license: (!brings_license(findings)).then_some(license.text.as_str()),
    };
    let code = emit::write_file(&parts, |name| defined.contains(name));
    Program {
        license: license.text.clone(),
        probes: probes(findings),
        needs: needs(findings, &types, &code, &defined),
        code,
        maps,
        types,
        globals,
    }
}

/// Whether a conditional leaves out what stands at `at`.
fn is_left_out(findings: Findings<'_>, at: u32) -> bool {
    findings.types.conditions().at(at) == Truth::False
}

fn maps(findings: Findings<'_>) -> Vec<Map> {
    let kept = findings.model.maps.iter().zip(&findings.inference.events);
    kept.filter(|(decl, _)| !is_left_out(findings, decl.use_.span.start))
        .map(|(decl, event)| Map {
            name: decl.name.name.clone(),
            span: decl.name.span,
            kind: decl.kind,
            key: decl.key.ty.clone(),
            value: decl.value.ty.clone(),
            event: event
                .clone()
                .filter(|_| decl.kind.family() == MapFamily::Events),
        })
        .collect()
}

fn probes(findings: Findings<'_>) -> Vec<Probe> {
    let kept = findings
        .model
        .functions
        .iter()
        .filter(|function| !is_left_out(findings, function.span.start));
    kept.filter_map(|function| {
        let kind = function.probe()?.clone();
        Some(Probe {
            name: function.name.name.clone(),
            span: function.name.span,
            kind,
        })
    })
    .collect()
}

/// Variables at file scope.
fn globals(findings: Findings<'_>) -> Vec<Global> {
    let mut globals = Vec::new();
    for item in &findings.unit.items {
        let Item::Declaration(declaration) = item else {
            continue;
        };
        let specifiers = &declaration.specifiers;
        let storage = |wanted| {
            specifiers
                .storage
                .iter()
                .any(|(storage, _)| *storage == wanted)
        };
        if storage(Storage::Typedef)
            || storage(Storage::Extern)
            || is_left_out(findings, declaration.span.start)
        {
            continue;
        }
        let qualified = |wanted| {
            specifiers
                .qualifiers
                .iter()
                .any(|(qualifier, _)| *qualifier == wanted)
        };
        for declarator in &declaration.declarators {
            let function = declarator
                .declarator
                .derived
                .iter()
                .any(|step| matches!(step, Derived::Function(_)));
            let Some(name) = declarator.declarator.name.as_ref().filter(|_| !function) else {
                continue;
            };
            let placed = section_of(&specifiers.attributes, findings.source)
                .or_else(|| section_of(&declarator.declarator.attributes, findings.source));
            if placed.is_some() {
                continue;
            }
            let section = match (
                qualified(Qualifier::Const),
                qualified(Qualifier::Volatile),
                &declarator.init,
            ) {
                (true, true, _) => GlobalSection::Rodata,
                // A plain constant is compiled in; there is nothing to set or read.
                (true, false, _) => continue,
                (false, _, Some(init)) if !is_zero(findings, init) => GlobalSection::Data,
                (false, _, _) => GlobalSection::Bss,
            };
            let ty = match &declarator.init {
                Some(init) => {
                    findings
                        .types
                        .resolve_initialized(specifiers, &declarator.declarator, init)
                }
                None => findings.types.resolve(specifiers, &declarator.declarator),
            };
            globals.push(Global {
                name: name.name.clone(),
                span: name.span,
                ty,
                section,
            });
        }
    }
    globals
}

fn is_zero(findings: Findings<'_>, init: &Initializer) -> bool {
    match init {
        Initializer::Expr(expr) => findings.types.const_eval(expr) == Some(0),
        Initializer::List(list) => list.items.iter().all(|item| is_zero(findings, &item.value)),
    }
}

/// Whether the text has a licence section of its own, as libbpf programs do.
fn brings_license(findings: Findings<'_>) -> bool {
    findings.unit.items.iter().any(|item| {
        let Item::Declaration(declaration) = item else {
            return false;
        };
        let own = std::iter::once(&declaration.specifiers.attributes);
        let behind = declaration
            .declarators
            .iter()
            .map(|declarator| &declarator.declarator.attributes);
        own.chain(behind).any(|attributes| {
            section_of(attributes, findings.source).is_some_and(|name| name == "license")
        })
    })
}

/// Names the text defines at file scope.
fn defined_names(findings: Findings<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    names.extend(findings.types.file_scope_names().map(str::to_owned));
    names.extend(findings.model.maps.iter().map(|map| map.name.name.clone()));
    names.extend(
        findings
            .model
            .functions
            .iter()
            .map(|function| function.name.name.clone()),
    );
    for directive in &findings.unit.directives {
        if let DirectiveKind::Define(define) = &directive.kind {
            names.insert(define.name.name.clone());
        }
    }
    names
}

/// Typedefs that map definitions use without the text naming them.
const DEFAULT_MAP_TYPES: [&str; 2] = ["u32", "u64"];

/// What the code asks of the kernel.
fn needs(
    findings: Findings<'_>,
    types: &[TypeDef],
    code: &str,
    defined: &BTreeSet<String>,
) -> KernelNeeds {
    let names = findings.names;
    let mut members = names.members.clone();
    members.extend(outside_members(findings, types));
    let locals: BTreeSet<&str> = findings
        .inference
        .local_names()
        .map(|span| findings.source.slice(span))
        .collect();
    let is_ours = |name: &str| {
        defined.contains(name)
            || (locals.contains(name) && !names.tags.contains(name))
            || name.starts_with(RESERVED_PREFIX)
            || name.starts_with(TRACEPOINT_STRUCT_PREFIX)
            || builtin::is_builtin(name)
            || REGISTER_MACROS.contains(&name)
    };
    let contexts: Vec<&'static str> = context_tags(findings).collect();
    let used: BTreeSet<&str> = names
        .tags
        .iter()
        .chain(&names.plain)
        .map(String::as_str)
        .chain(contexts)
        .chain(DEFAULT_MAP_TYPES)
        .chain(kernel_constants(code))
        .filter(|name| !is_ours(name))
        .collect();
    KernelNeeds {
        names: used.into_iter().map(str::to_owned).collect(),
        defined: defined.iter().cloned().collect(),
        locals: locals
            .into_iter()
            .chain(findings.types.member_names())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(str::to_owned)
            .collect(),
        members: members.into_iter().collect(),
        tracepoints: tracepoints(findings),
        includes: includes(findings.unit),
    }
}

/// Constants of the kernel that the emitted C uses, such as `BPF_MAP_TYPE_HASH`.
fn kernel_constants(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("BPF_"))
}

/// Contexts that a probe macro or the reading of arguments brings in.
fn context_tags(findings: Findings<'_>) -> impl Iterator<Item = &'static str> + '_ {
    findings
        .model
        .functions
        .iter()
        .filter_map(|function| match function.probe()? {
            ProbeKind::RawTracepoint { .. } | ProbeKind::RawTracepointFn => {
                Some("bpf_raw_tracepoint_args")
            }
            ProbeKind::Registers
            | ProbeKind::Any
            | ProbeKind::Kprobe { .. }
            | ProbeKind::Kretprobe { .. } => Some("pt_regs"),
            ProbeKind::PerfEvent => Some("bpf_perf_event_data"),
            ProbeKind::Tracepoint { .. }
            | ProbeKind::TracepointFn { .. }
            | ProbeKind::Section { .. } => None,
        })
}

/// Members of shared types that the text does not define: their layout is asserted as a whole.
fn outside_members(findings: Findings<'_>, types: &[TypeDef]) -> BTreeSet<String> {
    let mut members = BTreeSet::new();
    for def in types
        .iter()
        .filter(|def| !findings.types.defines(&def.name))
    {
        if let TypeDefKind::Struct(list) | TypeDefKind::Union(list) = &def.kind {
            members.extend(list.iter().filter_map(|member| member.name.clone()));
        }
    }
    members
}

/// Tracepoints whose argument struct is used, in the order of their names.
fn tracepoints(findings: Findings<'_>) -> Vec<(String, String)> {
    let mut list = BTreeSet::new();
    for function in &findings.model.functions {
        if let Some(
            ProbeKind::Tracepoint { category, event } | ProbeKind::TracepointFn { category, event },
        ) = function.probe()
        {
            list.insert((category.clone(), event.clone()));
        }
    }
    let tags = findings
        .names
        .tags
        .iter()
        .filter_map(|tag| tag.strip_prefix(TRACEPOINT_STRUCT_PREFIX));
    for (category, event) in tags.filter_map(crate::dialect::probes::split_tracepoint) {
        let name = format!("{TRACEPOINT_STRUCT_PREFIX}{category}__{event}");
        if !findings.types.defines(&TypeName {
            keyword: TypeKeyword::Struct,
            name,
        }) {
            list.insert((category.to_owned(), event.to_owned()));
        }
    }
    list.into_iter().collect()
}

fn includes(unit: &Unit) -> Vec<String> {
    let paths = unit
        .directives
        .iter()
        .filter_map(|directive| match &directive.kind {
            DirectiveKind::Include { path, .. } => Some(path.clone()),
            _ => None,
        });
    paths.collect()
}
