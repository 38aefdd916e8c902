//! Calls: methods of maps become helpers of the kernel.

use super::Lowerer;
use crate::ast::{Arg, Expr, ExprKind, Ident};
use crate::dialect::helpers::{REGISTER_MACROS, is_raw_call};
use crate::dialect::maps::{Method, find_method};
use crate::edits::Piece;
use crate::program::MapKind;
use crate::span::Span;
use crate::visit::{self, Visitor as _};

impl Lowerer<'_> {
    pub(super) fn lower_call(&mut self, call: &Expr, callee: &Expr, args: &[Arg], args_span: Span) {
        if let Some(method) = self.inference.method_call(call)
            && let ExprKind::Member { member, .. } = &callee.kind
        {
            self.lower_method(call, method.map, member, args);
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
        } else if REGISTER_MACROS.contains(&name.name.as_str()) && self.leads_outside(args.first()) {
            self.edits.insert(args_span.start, "_CORE");
        }
    }

    /// Whether an argument is the address of outside memory.
    fn leads_outside(&self, arg: Option<&Arg>) -> bool {
        let Some(Arg::Expr(expr)) = arg else { return false };
        self.inference.value(expr).is_some_and(|value| value.space.foreign().is_some())
    }

    fn lower_method(&mut self, call: &Expr, map: usize, member: &Ident, args: &[Arg]) {
        let (Some(decl), Some(row)) = (self.model.maps.get(map), find_method(&member.name)) else { return };
        let name = &decl.name.name;
        let arg = |index: usize| args.get(index).map_or(Piece::Text("1".to_owned()), |arg| Piece::Source(arg_span(arg)));
        let pieces: Vec<Piece> = match row.method {
            Method::Lookup => {
                let cast = if self.void_pointer_ok == Some(call.span) {
                    String::new()
                } else {
                    format!("(typeof(*{name}.value) *)")
                };
                vec![format!("{cast}bpf_map_lookup_elem(&{name}, ").into(), arg(0), ")".into()]
            }
            Method::LookupOrInit => three_part("bcc_lookup_or_init", name, arg(0), arg(1), ")"),
            Method::LookupOrTryInit => three_part("bcc_lookup_or_try_init", name, arg(0), arg(1), ")"),
            Method::Update => three_part("bpf_map_update_elem", name, arg(0), arg(1), ", BPF_ANY)"),
            Method::Insert => three_part("bpf_map_update_elem", name, arg(0), arg(1), ", BPF_NOEXIST)"),
            Method::Delete => vec![format!("bpf_map_delete_elem(&{name}, ").into(), arg(0), ")".into()],
            Method::Increment => three_part(increment_macro(decl.kind, "bcc_increment"), name, arg(0), arg(1), ")"),
            Method::AtomicIncrement => {
                three_part(increment_macro(decl.kind, "bcc_atomic_increment"), name, arg(0), arg(1), ")")
            }
            Method::PerfSubmit => vec![
                "bpf_perf_event_output(".into(),
                arg(0),
                format!(", &{name}, BPF_F_CURRENT_CPU, ").into(),
                arg(1),
                ", ".into(),
                arg(2),
                ")".into(),
            ],
        };
        self.edits.replace(call.span, pieces);
    }

    /// `map.key` and `map.leaf` in `sizeof` and `typeof`; `false` if `expr` is neither.
    pub(super) fn lower_map_field(&mut self, expr: &Expr) -> bool {
        let Some(map) = self.inference.map_field(expr) else { return false };
        let ExprKind::Member { member, .. } = &expr.kind else { return false };
        let Some(decl) = self.model.maps.get(map) else { return false };
        let field = if member.name == "leaf" { "value" } else { "key" };
        self.edits.replace(expr.span, [format!("(*{}.{field})", decl.name.name).into()]);
        true
    }
}

/// `function(&map, key, value` and what closes it.
fn three_part(function: &str, map: &str, key: Piece, value: Piece, close: &str) -> Vec<Piece> {
    vec![format!("{function}(&{map}, ").into(), key, ", ".into(), value, close.into()]
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
