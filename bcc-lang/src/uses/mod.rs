//! What a text uses of the kernel that not every kernel has.
//!
//! In: the analysis, and the reads the text will be given. Out: one [`Use`] per place that asks for
//! a helper, a type of map, a type of program or another feature. `check` compares them with the
//! oldest kernel the program has to run on; `requirements` sums them up.

pub(crate) mod guards;

use crate::analysis::Analysis;
use crate::ast::{Arg, Expr, ExprKind, InitDeclarator, Item};
use crate::condition::Truth;
use crate::dialect::helpers::{AddressSpace, find_usdt_reader};
use crate::dialect::methods::{Method, find_method};
use crate::dialect::versions::{self, GLOBAL_DATA, LONG_PRINTK};
use crate::model::{Header, section_of};
use crate::program::{Hook, MapKind, NetContext, ProbeKind};
use crate::scan::words_in;
use crate::span::Span;
use crate::version::KernelVersion;
use guards::Reach;

/// One place that asks something of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// What it asks for.
    pub what: What,
    /// Where.
    pub span: Span,
    /// The first release on which the place works.
    pub since: KernelVersion,
    /// Whether the program cannot do without: no `#if`, and no question that the verifier can
    /// answer, leaves the place out on a kernel that lacks what it asks for.
    pub certain: bool,
}

/// What a place asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A helper.
    Helper(&'static str),
    /// A type of map, by the kernel's constant.
    MapType(&'static str),
    /// Stacks as build ids and offsets.
    BuildIds,
    /// A type of program.
    Program(ProgramType),
    /// A variable at file scope.
    Variable,
    /// The format of `bpf_trace_printk`, or a table of libbpf's for USDT arguments, which are kept
    /// like variables.
    Data(&'static str),
}

/// A type of program, or a way to attach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProgramType {
    /// What messages call it.
    pub words: &'static str,
    /// The constant of the kernel's interface that came with it; empty if none is known.
    pub constant: &'static str,
}

/// Everything the text uses, in no order.
#[must_use]
pub fn uses(analysis: Analysis<'_>, reads: &[(Span, AddressSpace)]) -> Vec<Use> {
    let mut collector = Collector {
        analysis,
        list: Vec::new(),
    };
    collector.add_maps();
    collector.add_maps_of_libbpf();
    collector.add_programs();
    collector.add_variables();
    guards::each_expr(analysis, |expr, reach| collector.add_call(expr, reach));
    for (span, space) in reads {
        let helper = match space {
            AddressSpace::Kernel => "bpf_probe_read_kernel",
            AddressSpace::User => "bpf_probe_read_user",
            AddressSpace::Any => "bpf_probe_read",
        };
        collector.add_helper(helper, *span, Reach::Always);
    }
    collector.list
}

struct Collector<'a> {
    analysis: Analysis<'a>,
    list: Vec<Use>,
}

impl Collector<'_> {
    fn add(&mut self, what: What, span: Span, since: KernelVersion, reach: Reach) {
        let compiled = self.analysis.types.conditions().at(span.start);
        if compiled == Truth::False || reach == Reach::Never {
            return;
        }
        self.list.push(Use {
            what,
            span,
            since,
            certain: compiled == Truth::True && reach == Reach::Always,
        });
    }

    fn add_helper(&mut self, name: &str, span: Span, reach: Reach) {
        let row = versions::HELPERS.iter().find(|row| row.name == name);
        if let (Some(row), Some(since)) = (row, versions::helper_runs_from(name)) {
            self.add(What::Helper(row.name), span, since, reach);
        }
    }

    fn add_maps(&mut self) {
        for map in &self.analysis.model.maps {
            let name = map.kind.kernel_name();
            let since = versions::map_type(name);
            // Another alternative may define the map as something else.
            let reach = if map.has_twin {
                Reach::Guarded
            } else {
                Reach::Always
            };
            if let Some(since) = since {
                self.add(What::MapType(name), map.use_.name.span, since, reach);
            }
            if map.kind == MapKind::StackTraceBuildId {
                let since = versions::BUILD_ID_STACKS;
                self.add(What::BuildIds, map.use_.name.span, since, reach);
            }
        }
    }

    /// `struct { __uint(type, BPF_MAP_TYPE_RINGBUF); ... } events SEC(".maps");`
    fn add_maps_of_libbpf(&mut self) {
        let Analysis { source, unit, .. } = self.analysis;
        for item in &unit.items {
            let Item::Declaration(declaration) = item else {
                continue;
            };
            for InitDeclarator { declarator, .. } in &declaration.declarators {
                let section = section_of(&declarator.attributes, source)
                    .or_else(|| section_of(&declaration.specifiers.attributes, source));
                let (Some(name), Some(".maps")) = (&declarator.name, section.as_deref()) else {
                    continue;
                };
                for word in words_in(source.slice(declaration.span)) {
                    let row = versions::MAP_TYPES.iter().find(|row| row.name == word);
                    if let Some(row) = row {
                        let what = What::MapType(row.name);
                        self.add(what, name.span, row.version, Reach::Always);
                    }
                }
            }
        }
    }

    fn add_programs(&mut self) {
        for function in &self.analysis.model.functions {
            let span = match function.header {
                Header::C { .. } => function.name.span,
                // The macro's own name says what kind of program it is.
                Header::Macro { row, span } => {
                    let len = u32::try_from(row.name.len()).unwrap_or(0);
                    Span::new(span.start, span.end.min(span.start.saturating_add(len)))
                }
            };
            if let Some((ty, since)) = function.probe().and_then(program_since) {
                self.add(What::Program(ty), span, since, guards::own_reach(function));
            }
        }
    }

    /// Variables that the kernel keeps for the program and user space. Those that nobody outside
    /// can name, clang may leave out.
    fn add_variables(&mut self) {
        for global in crate::assemble::globals(self.analysis) {
            self.add(What::Variable, global.span, GLOBAL_DATA, Reach::Always);
        }
    }

    fn add_call(&mut self, expr: &Expr, reach: Reach) {
        let ExprKind::Call { callee, args, .. } = &expr.kind else {
            return;
        };
        match &callee.kind {
            ExprKind::Ident(name) => self.add_function(&name.name, callee.span, args, reach),
            ExprKind::Member { member, .. } => {
                let row = find_method(&member.name);
                let helper = row.and_then(Method::helper);
                if let (Some(helper), Some(_)) = (helper, self.analysis.inference.method_call(expr))
                {
                    self.add_helper(helper, member.span, reach);
                }
            }
            _ => {}
        }
    }

    fn add_function(&mut self, name: &str, span: Span, args: &[Arg], reach: Reach) {
        let analysis = self.analysis;
        if analysis.model.find_function(name).is_some() || analysis.types.is_macro(name) {
            return;
        }
        match name {
            "bpf_trace_printk" | "bpf_printk" => {
                // A format, and values.
                // The dialect's own name takes no more values unless all kernels can.
                let oldest = analysis.options.min_kernel;
                let is_long = args.len() > 4
                    && (name == "bpf_printk" || oldest.is_some_and(|oldest| oldest >= LONG_PRINTK));
                let helper = if is_long {
                    "bpf_trace_vprintk"
                } else {
                    "bpf_trace_printk"
                };
                self.add_helper(helper, span, reach);
                let data = What::Data("the format of `bpf_trace_printk`");
                self.add(data, span, GLOBAL_DATA, reach);
            }
            _ if find_usdt_reader(name).is_some() || name.starts_with("bpf_usdt_") => {
                self.add_helper("bpf_probe_read_kernel", span, reach);
                let data = What::Data("what libbpf keeps of USDT probes");
                self.add(data, span, GLOBAL_DATA, reach);
            }
            _ if name.starts_with("BPF_CORE_READ") || name.starts_with("BPF_PROBE_READ") => {
                let helper = if name.contains("_USER") {
                    "bpf_probe_read_user"
                } else {
                    "bpf_probe_read_kernel"
                };
                self.add_helper(helper, span, reach);
            }
            _ => self.add_helper(name, span, reach),
        }
    }
}

/// What kind of program this is, and the first release with it. A program that can be attached to
/// several things has the oldest of them.
fn program_since(kind: &ProbeKind) -> Option<(ProgramType, KernelVersion)> {
    let (words, constant, section) = match kind {
        ProbeKind::Registers => ("a kprobe or uprobe", "BPF_PROG_TYPE_KPROBE", "kprobe"),
        // It may be attached to anything.
        ProbeKind::Any => return None,
        ProbeKind::Kprobe { .. } | ProbeKind::Syscall { .. } => {
            ("a kprobe", "BPF_PROG_TYPE_KPROBE", "kprobe")
        }
        ProbeKind::Kretprobe { .. } => ("a kretprobe", "BPF_PROG_TYPE_KPROBE", "kretprobe"),
        ProbeKind::Trampoline(to) => hook_words(to.hook),
        ProbeKind::Iter { .. } => ("an iterator", "BPF_TRACE_ITER", "iter"),
        ProbeKind::Tracepoint { .. } | ProbeKind::TracepointFn { .. } => (
            "a program on a tracepoint",
            "BPF_PROG_TYPE_TRACEPOINT",
            "tp",
        ),
        ProbeKind::RawTracepoint { .. } | ProbeKind::RawTracepointFn => (
            "a program on a raw tracepoint",
            "BPF_PROG_TYPE_RAW_TRACEPOINT",
            "raw_tp",
        ),
        ProbeKind::PerfEvent => (
            "a program on a perf event",
            "BPF_PROG_TYPE_PERF_EVENT",
            "perf_event",
        ),
        ProbeKind::Network { context, section } => {
            let (words, constant) = network_words(*context);
            // Where nothing says which of the programs on packets it is, the oldest of them.
            let guessed = *context == NetContext::Skb && section == context.default_section();
            let section = if guessed { "socket" } else { section.as_str() };
            (words, constant, section)
        }
        ProbeKind::Section { name } => ("a program of this section", "", name.as_str()),
    };
    let since = versions::section(section)?.version;
    Some((ProgramType { words, constant }, since))
}

const fn hook_words(hook: Hook) -> (&'static str, &'static str, &'static str) {
    match hook {
        Hook::Kfunc => (
            "a program on the entry of a function (fentry)",
            "BPF_TRACE_FENTRY",
            "fentry",
        ),
        Hook::Kretfunc => (
            "a program on the return of a function (fexit)",
            "BPF_TRACE_FEXIT",
            "fexit",
        ),
        Hook::KmodRet => (
            "a program that decides the result of a function (fmod_ret)",
            "BPF_MODIFY_RETURN",
            "fmod_ret",
        ),
        Hook::Lsm => ("a program on a security hook (LSM)", "BPF_LSM_MAC", "lsm"),
    }
}

const fn network_words(context: NetContext) -> (&'static str, &'static str) {
    match context {
        NetContext::Xdp => ("an XDP program", "BPF_PROG_TYPE_XDP"),
        NetContext::Skb => ("a program on packets", "BPF_PROG_TYPE_SOCKET_FILTER"),
        NetContext::SockOps => (
            "a program on events of TCP connections",
            "BPF_PROG_TYPE_SOCK_OPS",
        ),
        NetContext::SkMsg => ("a program on messages of sockets", "BPF_PROG_TYPE_SK_MSG"),
        NetContext::SockAddr => (
            "a program on addresses of sockets",
            "BPF_PROG_TYPE_CGROUP_SOCK_ADDR",
        ),
        NetContext::CgroupSock => (
            "a program on sockets of a cgroup",
            "BPF_PROG_TYPE_CGROUP_SOCK",
        ),
        NetContext::CgroupDevice => (
            "a program on devices of a cgroup",
            "BPF_PROG_TYPE_CGROUP_DEVICE",
        ),
        NetContext::CgroupSysctl => (
            "a program on files of `/proc/sys`",
            "BPF_PROG_TYPE_CGROUP_SYSCTL",
        ),
        NetContext::CgroupSockopt => (
            "a program on options of sockets",
            "BPF_PROG_TYPE_CGROUP_SOCKOPT",
        ),
        NetContext::SkReuseport => (
            "a program that chooses a socket of a port",
            "BPF_PROG_TYPE_SK_REUSEPORT",
        ),
        NetContext::SkLookup => (
            "a program that looks for a socket",
            "BPF_PROG_TYPE_SK_LOOKUP",
        ),
    }
}
