//! Calls: methods of maps become helpers of the kernel.

use super::Lowerer;
use crate::ast::{Arg, Expr, ExprKind, Ident};
use crate::dialect::helpers::{REGISTER_MACROS, is_raw_call};
use crate::dialect::maps::{Method, find_method};
use crate::program::MapKind;
use crate::span::Span;
use crate::visit::{self, Visitor as _};

impl Lowerer<'_> {
    pub(super) fn lower_call(&mut self, call: &Expr, callee: &Expr, args: &[Arg], args_span: Span) {
        if let Some(method) = self.inference.method_call(call)
            && let ExprKind::Member { member, .. } = &callee.kind
        {
            self.lower_method(call, method.map, member, args, args_span);
            visit::walk_args(self, args);
            return;
        }
        let ExprKind::Ident(name) = &callee.kind else {
            self.visit_expr(callee);
            visit::walk_args(self, args);
            return;
        };
        if is_raw_call(&name.name) {
            self.unevaluated(|cx| visit::walk_args(cx, args));
            return;
        }
        self.lower_named_call(name, args, args_span);
        visit::walk_args(self, args);
    }

    fn lower_named_call(&mut self, name: &Ident, args: &[Arg], args_span: Span) {
        if name.name == "bpf_trace_printk" {
            // libbpf's form keeps the format out of the program's stack.
            self.edits.replace(name.span, ["bpf_printk".into()]);
        } else if REGISTER_MACROS.contains(&name.name.as_str()) && self.leads_outside(args.first())
        {
            self.edits.insert(args_span.start, "_CORE");
        }
    }

    /// Whether an argument is the address of outside memory.
    fn leads_outside(&self, arg: Option<&Arg>) -> bool {
        let Some(Arg::Expr(expr)) = arg else {
            return false;
        };
        self.inference
            .value(expr)
            .is_some_and(|value| value.space.foreign().is_some())
    }

    /// Changes only what stands around the arguments: between them there may be directives.
    fn lower_method(
        &mut self,
        call: &Expr,
        map: usize,
        member: &Ident,
        args: &[Arg],
        args_span: Span,
    ) {
        let (Some(decl), Some(row)) = (self.model.maps.get(map), find_method(&member.name)) else {
            return;
        };
        let name = &decl.name.name;
        let (function, tail) = match row.method {
            Method::Lookup if self.void_pointer_ok == Some(call.span) => {
                ("bpf_map_lookup_elem", ")")
            }
            Method::Lookup => ("bpf_map_lookup_elem", "))"),
            Method::LookupOrInit => ("bcc_lookup_or_init", ")"),
            Method::LookupOrTryInit => ("bcc_lookup_or_try_init", ")"),
            Method::Update => ("bpf_map_update_elem", ", BPF_ANY)"),
            Method::Insert => ("bpf_map_update_elem", ", BPF_NOEXIST)"),
            Method::Delete => ("bpf_map_delete_elem", ")"),
            Method::Increment => (
                increment_macro(decl.kind, "bcc_increment"),
                amount_tail(args),
            ),
            Method::AtomicIncrement => (
                increment_macro(decl.kind, "bcc_atomic_increment"),
                amount_tail(args),
            ),
            Method::PerfSubmit => ("bpf_perf_event_output", ")"),
        };
        let cast = if tail == "))" {
            format!("((typeof(*{name}.value) *)")
        } else {
            String::new()
        };
        let head = match row.method {
            Method::PerfSubmit => format!("{function}("),
            _ => format!("{cast}{function}(&{name}, "),
        };
        self.edits.replace(
            Span::new(call.span.start, args_span.start + 1),
            [head.into()],
        );
        if let (Method::PerfSubmit, Some(context)) = (row.method, args.first()) {
            self.edits.insert(
                arg_span(context).end,
                format!(", &{name}, BPF_F_CURRENT_CPU"),
            );
        }
        self.edits
            .replace(Span::new(args_span.end - 1, args_span.end), [tail.into()]);
    }

    /// `map.key` and `map.leaf` in `sizeof` and `typeof`; `false` if `expr` is neither.
    pub(super) fn lower_map_field(&mut self, expr: &Expr) -> bool {
        let Some(map) = self.inference.map_field(expr) else {
            return false;
        };
        let ExprKind::Member { member, .. } = &expr.kind else {
            return false;
        };
        let Some(decl) = self.model.maps.get(map) else {
            return false;
        };
        let field = if member.name == "leaf" {
            "value"
        } else {
            "key"
        };
        self.edits
            .replace(expr.span, [format!("(*{}.{field})", decl.name.name).into()]);
        true
    }
}

/// What closes an increment: the amount is 1 if none is given.
const fn amount_tail(args: &[Arg]) -> &'static str {
    if args.len() > 1 { ")" } else { ", 1)" }
}

/// bcc inserts a missing key into maps of exactly the hash type; others only count what is there.
fn increment_macro(kind: MapKind, name: &'static str) -> &'static str {
    match (kind, name) {
        (MapKind::Hash, _) => name,
        (_, "bcc_increment") => "bcc_increment_existing",
        _ => "bcc_atomic_increment_existing",
    }
}

fn arg_span(arg: &Arg) -> Span {
    match arg {
        Arg::Expr(expr) => expr.span,
        Arg::Type(ty) => ty.span,
        Arg::Opaque(opaque) => opaque.span,
    }
}
