//! Requirements of one program.
//!
//! In: what the text uses, the program made of it, and the way from its places to the user's. Out:
//! [`Requirements`].

use super::{
    BtfNeed, Capability, CapabilityItem, ConfigItem, GplItem, KernelItem, KernelItemKind, Place,
    Requirements, Target, TargetKind, Text, assumed, members,
};
use crate::analysis::Analysis;
use crate::dialect::helpers::GPL_ONLY_HELPERS;
use crate::dialect::versions;
use crate::program::{Hook, MapKind, NetContext, Probe, ProbeKind, Program};
use crate::scan::Names;
use crate::source::Position;
use crate::span::Span;
use crate::uses::{Use, What};
use crate::version::KernelVersion;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What a program asks of the machine. `names` are those of the whole text, macros and all
/// alternatives included.
pub(crate) fn collect(
    analysis: Analysis<'_>,
    program: &Program,
    uses: &[Use],
    names: &Names,
    place: &dyn Fn(Span) -> Position,
) -> Requirements {
    let place = |span: Span| {
        let Position { line, column } = place(span);
        Place { line, column }
    };
    let helper_used = |name: &str| {
        uses.iter()
            .any(|one| matches!(one.what, What::Helper(helper) if helper == name))
    };
    Requirements {
        file: Text::Owned(analysis.source.name().to_owned()),
        min_kernel: analysis.options.min_kernel,
        kernel: kernel(uses, names, &place).into(),
        capabilities: capabilities(program, helper_used("bpf_probe_write_user")).into(),
        license: Text::Owned(program.license.clone()),
        gpl: gpl(analysis, uses, &place).into(),
        btf: btf(program),
        config: config(program, helper_used("bpf_override_return")).into(),
        targets: targets(analysis, program, &place).into(),
        members: members::members(analysis, &place).into(),
    }
}

/// What the text uses, each thing once, the newest first.
fn kernel(uses: &[Use], names: &Names, place: &dyn Fn(Span) -> Place) -> Vec<KernelItem> {
    // The first certain use speaks for all; without one, the first of them.
    // Things of one name may come with several releases: programs of several sections.
    let mut firsts: BTreeMap<(&What, KernelVersion), &Use> = BTreeMap::new();
    for one in uses {
        let first = firsts.entry((&one.what, one.since)).or_insert(one);
        if (!one.certain, one.span) < (!first.certain, first.span) {
            *first = one;
        }
    }
    let mut items: Vec<KernelItem> = firsts
        .values()
        .map(|one| {
            let (kind, name) = match one.what {
                What::Helper(name) => (KernelItemKind::Helper, name),
                What::MapType(name) => (KernelItemKind::MapType, name),
                What::BuildIds => (KernelItemKind::Feature, "stacks as build ids"),
                What::Program(ty) => (KernelItemKind::Program, ty.words),
                What::Variable => (KernelItemKind::Feature, "variables at file scope"),
                What::Data(words) => (KernelItemKind::Feature, words),
            };
            KernelItem {
                since: one.since,
                kind,
                name: Text::Borrowed(name),
                constant: constant(&one.what),
                place: Some(place(one.span)),
                optional: !one.certain,
            }
        })
        .collect();
    items.extend(hidden_helpers(&items, names));
    items.sort_by(|a, b| {
        (Reverse(a.since), a.kind, &a.name).cmp(&(Reverse(b.since), b.kind, &b.name))
    });
    items
}

/// The constant of the kernel's interface for a thing.
fn constant(what: &What) -> Text {
    match what {
        What::Helper(name) => {
            // libbpf replaces a helper that the kernel lacks.
            let mut replaced = versions::REPLACED_HELPERS.iter();
            let old = replaced.find(|(new, _)| new == name);
            let name = old.map_or(*name, |(_, old)| old);
            let short = name.strip_prefix("bpf_").unwrap_or(name);
            Text::Owned(format!("BPF_FUNC_{short}"))
        }
        What::MapType(name) => Text::Borrowed(name),
        What::Program(ty) => Text::Borrowed(ty.constant),
        What::BuildIds | What::Variable | What::Data(_) => Text::Borrowed(""),
    }
}

/// Helpers that only macros and alternatives of an `#if` name. Whether they are called is not
/// known.
fn hidden_helpers(known: &[KernelItem], names: &Names) -> Vec<KernelItem> {
    let hidden = names.plain.iter().filter_map(|name| {
        let row = versions::HELPERS.iter().find(|row| row.name == name)?;
        let is_known = known.iter().any(|item| item.name == row.name);
        let since = versions::helper_runs_from(row.name).filter(|_| !is_known)?;
        Some(KernelItem {
            since,
            kind: KernelItemKind::Helper,
            name: Text::Borrowed(row.name),
            constant: constant(&What::Helper(row.name)),
            place: None,
            optional: true,
        })
    });
    hidden.collect()
}

/// The helpers that only GPL-compatible programs may call, each where it is called first.
fn gpl(analysis: Analysis<'_>, uses: &[Use], place: &dyn Fn(Span) -> Place) -> Vec<GplItem> {
    let mut firsts: BTreeMap<&str, Span> = BTreeMap::new();
    for one in uses {
        if let What::Helper(helper) = one.what
            && GPL_ONLY_HELPERS.contains(&helper)
        {
            let first = firsts.entry(helper).or_insert(one.span);
            *first = (*first).min(one.span);
        }
    }
    let mut firsts: Vec<(&str, Span)> = firsts.into_iter().collect();
    firsts.sort_by_key(|(_, span)| *span);
    let items = firsts.into_iter().map(|(helper, span)| GplItem {
        helper: Text::Owned(helper.to_owned()),
        text: Text::Owned(one_line(analysis.source.slice(span))),
        place: place(span),
    });
    items.collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How the programs of a text need the kernel's types.
fn btf(program: &Program) -> BtfNeed {
    let hooked = |probe: &Probe| match &probe.kind {
        ProbeKind::Trampoline(_) | ProbeKind::Iter { .. } => true,
        ProbeKind::Section { name } => ["fentry", "fexit", "fmod_ret", "lsm", "iter", "tp_btf"]
            .iter()
            .any(|start| name.starts_with(start)),
        ProbeKind::Registers
        | ProbeKind::Any
        | ProbeKind::Kprobe { .. }
        | ProbeKind::Kretprobe { .. }
        | ProbeKind::Syscall { .. }
        | ProbeKind::Tracepoint { .. }
        | ProbeKind::TracepointFn { .. }
        | ProbeKind::RawTracepoint { .. }
        | ProbeKind::RawTracepointFn
        | ProbeKind::PerfEvent
        | ProbeKind::Network { .. } => false,
    };
    // The kernel finds the object of a local storage by the types of its map.
    let typed = |kind: MapKind| {
        matches!(
            kind,
            MapKind::SkStorage | MapKind::InodeStorage | MapKind::TaskStorage
        )
    };
    if program.probes.iter().any(hooked) || program.maps.iter().any(|map| typed(map.kind)) {
        BtfNeed::Hooks
    } else if program.needs.names.is_empty() && program.probes.is_empty() {
        BtfNeed::Nothing
    } else {
        BtfNeed::Types
    }
}

/// What kind of rights a program takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rights {
    Tracing,
    Network,
    /// No more than to load it, or what it is attached to decides.
    Plain,
}

fn rights(kind: &ProbeKind) -> Rights {
    match kind {
        ProbeKind::Registers
        | ProbeKind::Kprobe { .. }
        | ProbeKind::Kretprobe { .. }
        | ProbeKind::Syscall { .. }
        | ProbeKind::Trampoline(_)
        | ProbeKind::Iter { .. }
        | ProbeKind::Tracepoint { .. }
        | ProbeKind::TracepointFn { .. }
        | ProbeKind::RawTracepoint { .. }
        | ProbeKind::RawTracepointFn
        | ProbeKind::PerfEvent => Rights::Tracing,
        ProbeKind::Network { context, section } => match context {
            NetContext::SkReuseport => Rights::Plain,
            NetContext::Skb if section.starts_with("socket") => Rights::Plain,
            NetContext::Skb
            | NetContext::Xdp
            | NetContext::SockOps
            | NetContext::SkMsg
            | NetContext::SockAddr
            | NetContext::CgroupSock
            | NetContext::CgroupDevice
            | NetContext::CgroupSysctl
            | NetContext::CgroupSockopt
            | NetContext::SkLookup => Rights::Network,
        },
        ProbeKind::Any | ProbeKind::Section { .. } => Rights::Plain,
    }
}

fn capabilities(program: &Program, writes_user: bool) -> Vec<CapabilityItem> {
    let item = |capability, reason: &'static str| CapabilityItem {
        capability,
        reason: Text::Borrowed(reason),
    };
    let has = |wanted| {
        let mut kinds = program.probes.iter().map(|probe| &probe.kind);
        kinds.any(|kind| rights(kind) == wanted)
    };
    let mut items = Vec::new();
    if !program.probes.is_empty() || !program.maps.is_empty() {
        items.push(item(Capability::Bpf, "to make maps and load programs"));
    }
    if has(Rights::Tracing) {
        items.push(item(
            Capability::Perfmon,
            "to load and attach programs that trace",
        ));
    }
    if has(Rights::Network) {
        items.push(item(
            Capability::NetAdmin,
            "to load and attach programs of the network and of cgroups",
        ));
    }
    if writes_user {
        items.push(item(Capability::SysAdmin, "for `bpf_probe_write_user`"));
    }
    items
}

/// Options of the kernel, in the order in which they are met.
#[derive(Default)]
struct Options {
    items: Vec<ConfigItem>,
}

impl Options {
    fn add(&mut self, option: &'static str, reason: &'static str) {
        if !self.items.iter().any(|item| item.option == option) {
            self.items.push(ConfigItem {
                option: Text::Borrowed(option),
                reason: Text::Borrowed(reason),
            });
        }
    }

    fn add_probe(&mut self, kind: &ProbeKind) {
        match kind {
            ProbeKind::Kprobe { .. } | ProbeKind::Kretprobe { .. } | ProbeKind::Syscall { .. } => {
                self.add("CONFIG_KPROBE_EVENTS", "for kprobes");
                self.add("CONFIG_BPF_EVENTS", "for programs that trace");
            }
            ProbeKind::Tracepoint { category, .. } | ProbeKind::TracepointFn { category, .. } => {
                self.add("CONFIG_BPF_EVENTS", "for programs that trace");
                if category == "syscalls" {
                    self.add("CONFIG_FTRACE_SYSCALLS", "for tracepoints of system calls");
                }
            }
            ProbeKind::Registers
            | ProbeKind::RawTracepoint { .. }
            | ProbeKind::RawTracepointFn
            | ProbeKind::PerfEvent => {
                self.add("CONFIG_BPF_EVENTS", "for programs that trace");
            }
            ProbeKind::Trampoline(to) => {
                self.add("CONFIG_DEBUG_INFO_BTF", "for the kernel's types");
                self.add("CONFIG_BPF_JIT", "for hooks into functions");
                match to.hook {
                    Hook::Lsm => self.add("CONFIG_BPF_LSM", "for security hooks"),
                    Hook::Kfunc | Hook::Kretfunc | Hook::KmodRet => self.add(
                        "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
                        "for hooks into functions",
                    ),
                }
            }
            ProbeKind::Iter { .. } => self.add("CONFIG_DEBUG_INFO_BTF", "for the kernel's types"),
            ProbeKind::Network { context, .. } => self.add_network(*context),
            ProbeKind::Any | ProbeKind::Section { .. } => {}
        }
    }

    fn add_network(&mut self, context: NetContext) {
        match context {
            NetContext::SockOps
            | NetContext::SockAddr
            | NetContext::CgroupSock
            | NetContext::CgroupDevice
            | NetContext::CgroupSysctl
            | NetContext::CgroupSockopt => {
                self.add("CONFIG_CGROUP_BPF", "for programs of cgroups");
            }
            NetContext::SkMsg => self.add("CONFIG_NET_SOCK_MSG", "for messages of sockets"),
            NetContext::Xdp | NetContext::Skb | NetContext::SkReuseport | NetContext::SkLookup => {
                self.add("CONFIG_NET", "for the network");
            }
        }
    }
}

fn config(program: &Program, overrides: bool) -> Vec<ConfigItem> {
    let mut options = Options::default();
    if !program.probes.is_empty() || !program.maps.is_empty() {
        options.add("CONFIG_BPF_SYSCALL", "for BPF");
    }
    for probe in &program.probes {
        options.add_probe(&probe.kind);
    }
    if overrides {
        options.add("CONFIG_BPF_KPROBE_OVERRIDE", "for `bpf_override_return`");
    }
    if program.maps.iter().any(|map| map.kind == MapKind::XskMap) {
        options.add("CONFIG_XDP_SOCKETS", "for maps of XDP sockets");
    }
    options.items
}

/// What the programs attach to.
fn targets(
    analysis: Analysis<'_>,
    program: &Program,
    place: &dyn Fn(Span) -> Place,
) -> Vec<Target> {
    let target = |probe: &Probe| {
        let (kind, name) = target(&probe.kind)?;
        Some(Target {
            kind,
            name: Text::Owned(name),
            program: Text::Owned(probe.name.clone()),
            place: place(probe.span),
            certain: assumed::is_certain(analysis, &probe.name),
            arguments: assumed::arguments(analysis, &probe.name).into(),
        })
    };
    program.probes.iter().filter_map(target).collect()
}

fn target(kind: &ProbeKind) -> Option<(TargetKind, String)> {
    let in_module = |module: &Option<String>, function: &str| match module {
        Some(module) => format!("{module}:{function}"),
        None => function.to_owned(),
    };
    Some(match kind {
        ProbeKind::Kprobe { function } => (TargetKind::Function, function.clone()),
        ProbeKind::Kretprobe { function } => (TargetKind::FunctionReturn, function.clone()),
        ProbeKind::Syscall { call } => (TargetKind::SystemCall, call.clone()),
        ProbeKind::Trampoline(to) => {
            let kind = match to.hook {
                Hook::Kfunc | Hook::KmodRet => TargetKind::Function,
                Hook::Kretfunc => TargetKind::FunctionReturn,
                Hook::Lsm => TargetKind::SecurityHook,
            };
            (kind, in_module(&to.module, &to.function))
        }
        ProbeKind::Iter { target } => (TargetKind::Iterator, target.clone()),
        ProbeKind::Tracepoint { category, event } | ProbeKind::TracepointFn { category, event } => {
            (TargetKind::Tracepoint, format!("{category}:{event}"))
        }
        ProbeKind::RawTracepoint { event } => (TargetKind::RawTracepoint, event.clone()),
        ProbeKind::Registers
        | ProbeKind::Any
        | ProbeKind::RawTracepointFn
        | ProbeKind::PerfEvent
        | ProbeKind::Network { .. }
        | ProbeKind::Section { .. } => return None,
    })
}
