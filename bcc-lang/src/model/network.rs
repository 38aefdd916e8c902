//! Programs of the network: the section that what a program uses speaks for.

use crate::ast::{Block, Expr, ExprKind, Param};
use crate::dialect::network::{CLUES, Clue, PACKET_FUNCTIONS};
use crate::program::NetContext;
use crate::visit::{self, Visitor};

/// The section to load a program as.
pub(super) fn section(context: NetContext, param: &Param, body: &Block) -> &'static str {
    let mut search = Search {
        context,
        param: param
            .declarator
            .name
            .as_ref()
            .map(|name| name.name.as_str()),
        found: None,
    };
    search.visit_block(body);
    search
        .found
        .map_or(context.default_section(), |clue| clue.section)
}

/// Whether a program works on a packet, whatever the type of its context.
pub(super) fn has_packet(body: &Block) -> bool {
    let mut search = PacketSearch(false);
    search.visit_block(body);
    search.0
}

/// Looks for a function that only programs with a packet can call.
struct PacketSearch(bool);

impl Visitor for PacketSearch {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { callee, .. } = &expr.kind
            && let ExprKind::Ident(name) = &callee.kind
        {
            self.0 |= PACKET_FUNCTIONS.contains(&name.name.as_str());
        }
        visit::walk_expr(self, expr);
    }
}

/// Looks for the first thing that only programs of another section may use.
struct Search<'a> {
    context: NetContext,
    /// The context's name.
    param: Option<&'a str>,
    found: Option<&'static Clue>,
}

impl Search<'_> {
    fn note(&mut self, name: &str) {
        let fits = |clue: &&Clue| clue.context == self.context && clue.names.contains(&name);
        self.found = self.found.or_else(|| CLUES.iter().find(fits));
    }
}

impl Visitor for Search<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Member {
                base,
                member,
                arrow: true,
                ..
            } if is_name(base, self.param) => self.note(&member.name),
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Ident(name) => self.note(&name.name),
                ExprKind::Member { member, .. } => self.note(&member.name),
                _ => {}
            },
            _ => {}
        }
        visit::walk_expr(self, expr);
    }
}

/// Whether an expression is just this name.
fn is_name(expr: &Expr, name: Option<&str>) -> bool {
    matches!(&expr.without_parens().kind, ExprKind::Ident(ident) if Some(ident.name.as_str()) == name)
}
