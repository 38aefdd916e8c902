//! From the checked tree to plain data.
//!
//! In: everything the stages before found. Out: a [`Program`] without references into the tree.

use crate::analysis::Analysis;
use crate::ast::{Derived, DirectiveKind, Initializer, Item, Qualifier, Storage, Unit};
use crate::condition::Truth;
use crate::consts::literal;
use crate::dialect::RESERVED_PREFIX;
use crate::dialect::helpers::REGISTER_MACROS;
use crate::dialect::probes::TRACEPOINT_STRUCT_PREFIX;
use crate::emit::{self, builtin};
use crate::hookable::hook_arguments;
use crate::lower::WatchedCalls;
use crate::model::{FunctionDecl, MapDecl, Model, section_of};
use crate::program::{
    Global, GlobalSection, KernelNeeds, Map, Probe, ProbeKind, Program, Site, Type, TypeDef,
    TypeDefKind, TypeKeyword, TypeName,
};
use crate::requirements::{Place, Requirements};
use crate::scan::{Names, words_in};
use crate::source::Position;
use crate::span::Span;
use std::collections::BTreeSet;

/// Makes the program; `body` is the changed text.
#[must_use]
pub fn assemble(analysis: Analysis<'_>, names: &Names, body: &str) -> Program {
    let maps = maps(analysis);
    let globals = globals(analysis);
    let roots: Vec<Type> = maps
        .iter()
        .flat_map(|map| [Some(&map.key), Some(&map.value), map.event.as_ref()])
        .flatten()
        .chain(globals.iter().map(|global| &global.ty))
        .cloned()
        .collect();
    let types = analysis.types.type_defs(&roots);
    let defined = defined_names(analysis);
    let asserted: Vec<TypeDef> = types
        .iter()
        .filter(|def| analysis.types.is_nameable(&def.name))
        .cloned()
        .collect();
    let license = &analysis.model.license;
    let parts = emit::Parts {
        source: analysis.source,
        body,
        types: &asserted,
        license: (!brings_license(analysis)).then_some(license.text.as_str()),
    };
    let code = emit::write_file(&parts, |name| defined.contains(name));
    Program {
        license: license.text.clone(),
        probes: probes(analysis),
        needs: needs(analysis, names, &types, &code, &defined),
        // What is used is known only to the caller.
        requirements: Requirements::default(),
        // Where they stood is known only to the caller.
        sites: Vec::new(),
        code,
        maps,
        types,
        globals,
    }
}

/// The calls whose failures are counted; `place` says where something stood in the user's text.
#[must_use]
pub fn sites(watched: &WatchedCalls, place: &dyn Fn(Span) -> Position) -> Vec<Site> {
    let sites = watched.iter().map(|call| {
        let Position { line, column } = place(call.span);
        Site {
            map: call.map.clone(),
            method: call.method,
            function: call.function.clone(),
            place: Place { line, column },
        }
    });
    sites.collect()
}

/// Whether a conditional leaves out what stands at `at`.
fn is_left_out(analysis: Analysis<'_>, at: u32) -> bool {
    analysis.types.conditions().at(at) == Truth::False
}

fn maps(analysis: Analysis<'_>) -> Vec<Map> {
    let kept = analysis.model.maps.iter().zip(&analysis.inference.events);
    kept.filter(|(decl, _)| !is_left_out(analysis, decl.use_.span.start))
        .map(|(decl, event)| Map {
            name: decl.name.name.clone(),
            span: decl.name.span,
            kind: decl.kind,
            key: decl.key.ty.clone(),
            value: decl.value.ty.clone(),
            max_entries: max_entries(analysis, decl),
            event: event.clone().filter(|_| decl.kind.carries_events()),
            sharing: decl.sharing,
            inner: decl.inner.as_ref().map(|(name, _)| name.clone()),
        })
        .collect()
}

/// How many entries a map has room for, if a number says it on every kernel.
fn max_entries(analysis: Analysis<'_>, decl: &MapDecl<'_>) -> Option<u32> {
    let is_there = analysis.types.conditions().at(decl.use_.span.start) == Truth::True;
    let number = literal::number(&decl.max_entries).filter(|_| is_there && !decl.has_twin)?;
    u32::try_from(number.get()).ok()
}

/// The programs. Alternatives of one, between which only clang can choose, are one program.
fn probes(analysis: Analysis<'_>) -> Vec<Probe> {
    let mut probes: Vec<Probe> = Vec::new();
    for function in &analysis.model.functions {
        let name = &function.name.name;
        let known = probes.iter_mut().find(|probe| probe.name == *name);
        match (known, function.probe()) {
            (_, None) => {}
            _ if is_left_out(analysis, function.span.start) => {}
            (Some(first), Some(_)) => join_alternative(first),
            (None, Some(kind)) => probes.push(Probe {
                name: name.clone(),
                span: function.name.span,
                kind: with_arguments(analysis, function, kind),
                hook_arguments: hook_arguments(analysis.unit, analysis.source, function),
            }),
        }
    }
    probes
}

/// What several alternatives name as arguments is not known.
fn join_alternative(first: &mut Probe) {
    first.hook_arguments = None;
    if let ProbeKind::Trampoline(to) = &mut first.kind {
        to.arguments = 0;
    }
}

/// On a hook the last argument's place only matters if it is used.
fn with_arguments(
    analysis: Analysis<'_>,
    function: &FunctionDecl<'_>,
    kind: &ProbeKind,
) -> ProbeKind {
    let (_, arguments) = function.split_params();
    let last = arguments
        .last()
        .and_then(|param| param.declarator.name.as_ref());
    let mut kind = kind.clone();
    if let ProbeKind::Trampoline(to) = &mut kind
        && !last.is_some_and(|name| analysis.inference.is_used(name))
    {
        to.arguments = 0;
    }
    kind
}

/// Variables at file scope.
pub(crate) fn globals(analysis: Analysis<'_>) -> Vec<Global> {
    let mut globals = Vec::new();
    for item in &analysis.unit.items {
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
            || is_left_out(analysis, declaration.span.start)
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
            let placed = section_of(&specifiers.attributes, analysis.source)
                .or_else(|| section_of(&declarator.declarator.attributes, analysis.source));
            if placed.is_some() {
                continue;
            }
            // Nobody outside can rely on a static variable: clang may keep it in registers, or find
            // that it never changes.
            if storage(Storage::Static) && !qualified(Qualifier::Volatile) {
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
                (false, _, Some(init)) if !is_zero(analysis, init) => GlobalSection::Data,
                (false, _, _) => GlobalSection::Bss,
            };
            let ty = match &declarator.init {
                Some(init) => {
                    analysis
                        .types
                        .resolve_initialized(specifiers, &declarator.declarator, init)
                }
                None => analysis.types.resolve(specifiers, &declarator.declarator),
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

fn is_zero(analysis: Analysis<'_>, init: &Initializer) -> bool {
    match init {
        Initializer::Expr(expr) => analysis.types.const_eval(expr) == Some(0),
        Initializer::List(list) => list.items.iter().all(|item| is_zero(analysis, &item.value)),
    }
}

/// Whether the text has a licence section of its own, as libbpf programs do.
fn brings_license(analysis: Analysis<'_>) -> bool {
    analysis.unit.items.iter().any(|item| {
        let Item::Declaration(declaration) = item else {
            return false;
        };
        let own = std::iter::once(&declaration.specifiers.attributes);
        let behind = declaration
            .declarators
            .iter()
            .map(|declarator| &declarator.declarator.attributes);
        own.chain(behind).any(|attributes| {
            section_of(attributes, analysis.source).is_some_and(|name| name == "license")
        })
    })
}

/// Names the text defines at file scope.
fn defined_names(analysis: Analysis<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    names.extend(analysis.types.file_scope_names().map(str::to_owned));
    names.extend(analysis.model.maps.iter().map(|map| map.name.name.clone()));
    let functions = analysis.model.functions.iter();
    names.extend(functions.map(|function| function.name.name.clone()));
    for directive in &analysis.unit.directives {
        if let DirectiveKind::Define(define) = &directive.kind {
            names.insert(define.name.name.clone());
        }
    }
    for context in iterator_contexts(analysis) {
        names.remove(context);
    }
    names
}

/// The structs of the kernel that have the names of the programs whose context they are.
fn iterator_contexts(analysis: Analysis<'_>) -> impl Iterator<Item = &str> {
    let functions = analysis.model.functions.iter();
    let iterators =
        functions.filter(|function| matches!(function.probe(), Some(ProbeKind::Iter { .. })));
    let names = iterators.map(|function| function.name.name.as_str());
    names.filter(move |name| {
        !analysis.types.defines(&TypeName {
            keyword: TypeKeyword::Struct,
            name: (*name).to_owned(),
        })
    })
}

/// Types that map definitions use without the text naming them.
fn default_map_types<'a>(model: &'a Model<'_>) -> impl Iterator<Item = &'a str> {
    let types = model.maps.iter().flat_map(|map| [&map.key, &map.value]);
    let spelled = types
        .filter(|ty| ty.span.is_none())
        .map(|ty| ty.spelling.as_str());
    spelled.map(|spelling| {
        let name = spelling.strip_prefix("struct ").unwrap_or(spelling);
        name.split('[').next().unwrap_or(name)
    })
}

/// What the code asks of the kernel.
fn needs(
    analysis: Analysis<'_>,
    names: &Names,
    types: &[TypeDef],
    code: &str,
    defined: &BTreeSet<String>,
) -> KernelNeeds {
    let mut members = names.members.clone();
    members.extend(outside_members(analysis, types));
    let locals: BTreeSet<&str> = analysis
        .inference
        .local_names()
        .map(|span| analysis.source.slice(span))
        .collect();
    let is_ours = |name: &str| {
        defined.contains(name)
            || (locals.contains(name) && !names.tags.contains(name))
            || name.starts_with(RESERVED_PREFIX)
            || name.starts_with(TRACEPOINT_STRUCT_PREFIX)
            || builtin::is_builtin(name)
            || REGISTER_MACROS.contains(&name)
    };
    let contexts: Vec<&str> = context_tags(analysis).collect();
    let used: BTreeSet<&str> = names
        .tags
        .iter()
        .chain(&names.plain)
        .map(String::as_str)
        .chain(contexts)
        .chain(default_map_types(analysis.model))
        .chain(kernel_constants(code))
        .filter(|name| !name.is_empty() && !is_ours(name))
        .collect();
    KernelNeeds {
        names: used.into_iter().map(str::to_owned).collect(),
        defined: defined.iter().cloned().collect(),
        locals: locals
            .into_iter()
            .chain(analysis.types.member_names())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(str::to_owned)
            .collect(),
        members: members.into_iter().collect(),
        tracepoints: tracepoints(analysis, names),
        includes: includes(analysis.unit),
    }
}

/// Macros in map definitions that the text need not name.
const SIZE_MACROS: [&str; 2] = ["PAGE_SIZE", "roundup_pow_of_two"];

/// Constants of the kernel that the emitted C uses, such as `BPF_MAP_TYPE_HASH`.
fn kernel_constants(code: &str) -> impl Iterator<Item = &str> {
    words_in(code).filter(|word| word.starts_with("BPF_") || SIZE_MACROS.contains(word))
}

/// Contexts that a probe macro or the reading of arguments brings in.
fn context_tags(analysis: Analysis<'_>) -> impl Iterator<Item = &str> + '_ {
    analysis
        .model
        .functions
        .iter()
        .filter_map(|function| match function.probe()? {
            ProbeKind::RawTracepoint { .. } | ProbeKind::RawTracepointFn => {
                Some("bpf_raw_tracepoint_args")
            }
            ProbeKind::Registers
            | ProbeKind::Any
            | ProbeKind::Syscall { .. }
            | ProbeKind::Kprobe { .. }
            | ProbeKind::Kretprobe { .. } => Some("pt_regs"),
            // The program has the name of its context's struct.
            ProbeKind::Iter { .. } => Some(&function.name.name),
            ProbeKind::PerfEvent => Some("bpf_perf_event_data"),
            ProbeKind::Tracepoint { .. }
            | ProbeKind::TracepointFn { .. }
            | ProbeKind::Network { .. }
            | ProbeKind::Trampoline(_)
            | ProbeKind::Section { .. } => None,
        })
}

/// Members of shared types that the text does not define: their layout is asserted as a whole.
fn outside_members(analysis: Analysis<'_>, types: &[TypeDef]) -> BTreeSet<String> {
    let mut members = BTreeSet::new();
    for def in types
        .iter()
        .filter(|def| !analysis.types.defines(&def.name))
    {
        if let TypeDefKind::Struct(list) | TypeDefKind::Union(list) = &def.kind {
            members.extend(list.iter().filter_map(|member| member.name.clone()));
        }
    }
    members
}

/// Tracepoints whose argument struct is used, in the order of their names.
fn tracepoints(analysis: Analysis<'_>, names: &Names) -> Vec<(String, String)> {
    let mut list = BTreeSet::new();
    for function in &analysis.model.functions {
        if let Some(
            ProbeKind::Tracepoint { category, event } | ProbeKind::TracepointFn { category, event },
        ) = function.probe()
        {
            list.insert((category.clone(), event.clone()));
        }
    }
    let tags = names
        .tags
        .iter()
        .filter_map(|tag| tag.strip_prefix(TRACEPOINT_STRUCT_PREFIX));
    for (category, event) in tags.filter_map(crate::dialect::probes::split_tracepoint) {
        let name = format!("{TRACEPOINT_STRUCT_PREFIX}{category}__{event}");
        if !analysis.types.defines(&TypeName {
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

#[cfg(test)]
mod tests {
    use crate::source::SourceText;

    /// How many entries a map has, where a number says it on every kernel.
    #[test]
    fn sizes_of_maps() {
        let text = "#define ROOM 16
BPF_HASH(usual, u32); BPF_HASH(small, u32, u64, 0x20); BPF_HASH(named, u32, u64, ROOM);
BPF_PERF_OUTPUT(events);
#if LINUX_VERSION_CODE > 1
BPF_ARRAY(newer, u64, 4);
#endif
int f(void *ctx) { return 0; }";
        let outcome = crate::compile(&SourceText::new("t.c", text));
        let maps = outcome.program.expect("it is right").maps;
        let sizes: Vec<_> = maps
            .iter()
            .map(|map| (map.name.as_str(), map.max_entries))
            .collect();
        let expected = [
            ("usual", Some(10240)),
            ("small", Some(32)),
            ("named", None),
            ("events", None),
            ("newer", None),
        ];
        assert_eq!(sizes, expected);
    }
}
