//! The BPF programs of a program text as fields of `Progs`.
//!
//! In: the text's probes. Out: the struct with one typed handle per program, and the code that
//! fills it from the loaded object.

use crate::names::Names;
use crate::span_map::SpanMap;
use bcc_lang::program::{Hook, NetContext, Probe, ProbeKind, Trampoline};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// `struct Progs`, and the expression of type `Result<Progs>` over a variable `loaded`.
pub(crate) fn expand_probes(probes: &[Probe], spans: &SpanMap) -> (TokenStream, TokenStream) {
    let mut names = Names::default();
    let idents: Vec<Ident> = probes
        .iter()
        .map(|probe| names.field(&probe.name, spans.start(probe.span)))
        .collect();
    let fields = probes.iter().zip(&idents).map(|(probe, ident)| {
        let (ty, doc) = (expand_handle(&probe.kind), describe(probe));
        quote!(#[doc = #doc] pub #ident: ::bcc_runtime::program::#ty,)
    });
    let c_names = probes.iter().map(|probe| &probe.name);
    let definition = quote! {
        #[doc = "The BPF programs."]
        pub struct Progs { #(#fields)* }
    };
    let build = quote! {
        ::core::result::Result::Ok(Progs { #(#idents: loaded.program(#c_names)?,)* })
    };
    (definition, build)
}

/// Name of the handle's type in `bcc_runtime::program`.
fn expand_handle(kind: &ProbeKind) -> TokenStream {
    match kind {
        ProbeKind::Registers => quote!(Registers),
        ProbeKind::Any => quote!(Any),
        ProbeKind::Kprobe { .. } => quote!(Kprobe),
        ProbeKind::Kretprobe { .. } => quote!(Kretprobe),
        ProbeKind::Syscall { .. } => quote!(Syscall),
        ProbeKind::Trampoline(to) => match to.hook {
            Hook::Kfunc => quote!(Kfunc),
            Hook::Kretfunc => quote!(Kretfunc),
            Hook::KmodRet => quote!(KmodRet),
            Hook::Lsm => quote!(Lsm),
        },
        ProbeKind::Iter { .. } => quote!(Iter),
        ProbeKind::Tracepoint { .. } | ProbeKind::TracepointFn { .. } => quote!(Tracepoint),
        ProbeKind::RawTracepoint { .. } | ProbeKind::RawTracepointFn => quote!(RawTracepoint),
        ProbeKind::PerfEvent => quote!(PerfEvent),
        ProbeKind::Network { context, .. } => expand_network_handle(*context),
        ProbeKind::Section { .. } => quote!(Section),
    }
}

fn expand_network_handle(context: NetContext) -> TokenStream {
    match context {
        NetContext::Xdp => quote!(Xdp),
        NetContext::Skb => quote!(Skb),
        NetContext::SockOps => quote!(SockOps),
        NetContext::SkMsg => quote!(SkMsg),
        NetContext::SockAddr => quote!(SockAddr),
        NetContext::CgroupSock => quote!(CgroupSock),
        NetContext::CgroupDevice => quote!(CgroupDevice),
        NetContext::CgroupSysctl => quote!(CgroupSysctl),
        NetContext::CgroupSockopt => quote!(CgroupSockopt),
        NetContext::SkReuseport => quote!(SkReuseport),
        NetContext::SkLookup => quote!(SkLookup),
    }
}

/// One line of documentation: what the program attaches to, and when.
fn describe(probe: &Probe) -> String {
    let name = &probe.name;
    match &probe.kind {
        ProbeKind::Registers => format!("`{name}`, attached by hand to a kprobe or uprobe."),
        ProbeKind::Any => format!("`{name}`, attached by hand to anything."),
        ProbeKind::Kprobe { function } => format!("`{name}`, attached at load to `{function}`."),
        ProbeKind::Kretprobe { function } => {
            format!("`{name}`, attached at load to the return of `{function}`.")
        }
        ProbeKind::Syscall { call } => {
            format!("`{name}`, attached by hand to the entry of the system call `{call}`.")
        }
        ProbeKind::Trampoline(to) => describe_trampoline(name, to),
        ProbeKind::Iter { target } => {
            format!("`{name}`, which writes about each `{target}` whenever its output is read.")
        }
        ProbeKind::Tracepoint { category, event } => {
            format!("`{name}`, attached at load to the tracepoint `{category}:{event}`.")
        }
        ProbeKind::TracepointFn { category, event } => {
            format!("`{name}`, for the tracepoint `{category}:{event}`, attached by hand.")
        }
        ProbeKind::RawTracepoint { event } => {
            format!("`{name}`, attached at load to the raw tracepoint `{event}`.")
        }
        ProbeKind::RawTracepointFn => {
            format!("`{name}`, attached by hand to a raw tracepoint.")
        }
        ProbeKind::PerfEvent => format!("`{name}`, attached by hand to a perf event."),
        ProbeKind::Network { context, section } => {
            let tag = context.tag();
            format!("`{name}`, with a `struct {tag} *`, attached by hand; loaded as `{section}`.")
        }
        ProbeKind::Section { name: section } => {
            format!("`{name}`, attached as its section `{section}` says.")
        }
    }
}

fn describe_trampoline(name: &str, to: &Trampoline) -> String {
    let function = &to.function;
    match to.hook {
        Hook::Kfunc => format!("`{name}`, attached at load to `{function}`."),
        Hook::Kretfunc => format!("`{name}`, attached at load to the return of `{function}`."),
        Hook::KmodRet => format!("`{name}`, attached at load in front of `{function}`."),
        Hook::Lsm => format!("`{name}`, attached at load to the security hook `{function}`."),
    }
}
