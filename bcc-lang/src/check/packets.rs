//! Headers of packets: a function reads them through its first parameter, which must be a packet.

use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::packets::find_packet_function;
use crate::model::FunctionDecl;
use crate::program::{NetContext, ProbeKind, Type};
use crate::span::Span;

/// The most bits that one load gives.
const MOST_BITS: u64 = 64;

pub(super) fn check_packet(
    context: Analysis<'_>,
    function: &FunctionDecl<'_>,
    expr: &Expr,
    cx: &mut Diagnostics,
) {
    let field = context.inference.packet_field(expr);
    if let Some(field) = field
        && let Some(bits) = field.bits
        && field.bit_offset % 8 + bits > MOST_BITS
    {
        let text =
            format!("a load gives {MOST_BITS} bits at most, and this member ends behind them");
        cx.push(Diagnostic::error(expr.span, text).with_help("begin it at a byte, or split it"));
    }
    let what = match (&expr.kind, field.and_then(|field| field.bits)) {
        (ExprKind::Member { member, .. }, Some(_)) => Some((member.span, "members of a header")),
        (ExprKind::Call { callee, .. }, None) => match &callee.kind {
            ExprKind::Ident(name) if find_packet_function(&name.name).is_some() => {
                Some((name.span, "checksums"))
            }
            _ => None,
        },
        _ => None,
    };
    if let Some((span, what)) = what {
        check_context(context, function, (span, what), cx);
    }
}

fn check_context(
    context: Analysis<'_>,
    function: &FunctionDecl<'_>,
    (span, what): (Span, &str),
    cx: &mut Diagnostics,
) {
    let name = &function.name.name;
    let message = format!("{what} are taken from the packet, and `{name}` has none");
    let help = match function.probe() {
        // Whatever attaches to a packet has one as its context.
        Some(
            ProbeKind::Network {
                context: NetContext::Skb,
                ..
            }
            | ProbeKind::Any
            | ProbeKind::Section { .. },
        ) => return,
        Some(ProbeKind::Network {
            context: NetContext::Xdp,
            ..
        }) => {
            "in an XDP program, compare with `ctx->data_end` and follow `ctx->data`, with the \
             kernel's `struct ethhdr` and `struct iphdr`"
        }
        Some(_) => "a program that reads packets has the parameter `struct __sk_buff *skb`",
        None if may_be_packet(context, function) => return,
        None => "make `struct __sk_buff *skb` its first parameter",
    };
    cx.push(Diagnostic::error(span, message).with_help(help));
}

/// Whether the first parameter of a helper may be the packet: a `void *` may be anything.
fn may_be_packet(context: Analysis<'_>, function: &FunctionDecl<'_>) -> bool {
    let Some(first) = function.params.first() else {
        return false;
    };
    match context.types.resolve(&first.specifiers, &first.declarator) {
        Type::Pointer(pointee) => match *pointee {
            Type::Named(name) => name.name == "__sk_buff",
            Type::Void | Type::Unknown(_) => true,
            _ => false,
        },
        Type::Unknown(_) => true,
        _ => false,
    }
}
