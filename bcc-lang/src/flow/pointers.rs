//! Results that may be `NULL`, records of ring buffers, entries that are deleted.

use super::facts::{Evidence, Fact, Kind, Null, Owed, Site, SiteNo, Val};
use super::walk::{SiteInfo, SiteKind, Walk};
use crate::ast::{Expr, ExprKind, UnaryOp};
use crate::diag::Diagnostic;
use crate::program::{MapKind, Type};
use crate::span::Span;

impl Walk<'_> {
    /// What is known here of the result at a site; `None` where no path comes.
    fn fact(&self, site: SiteNo) -> Option<Site> {
        self.state.as_ref()?.site(site).cloned()
    }

    /// Memory behind a pointer is read or written by `access`.
    pub(super) fn follow(&mut self, val: Val, access: &Expr) {
        let (Kind::Result(site) | Kind::Inside(site)) = val.kind else {
            return;
        };
        let access = access.without_parens();
        let param = match self.sites.get(site).map(|info| info.kind) {
            Some(SiteKind::Param(number)) => Some(number),
            _ => None,
        };
        if let Some(evidence) = val.on_some {
            if let (Evidence::Null(null), None) = (evidence, param) {
                self.report_null(site, null, access, true);
                self.note_followed(site, access.span);
            }
            return;
        }
        let Some(fact) = self.fact(site) else {
            return;
        };
        if let Some(null) = fact.null.filter(|null| null.is.is_bad()) {
            if let Some(number) = param {
                let at_once = self.state.as_ref().is_some_and(|state| !state.branched);
                if at_once && null.is == Null::Untested {
                    self.follows.entry(number).or_insert(access.span);
                }
            } else {
                self.report_null(site, null.is, access, false);
            }
            self.note_followed(site, access.span);
        }
        if let Some(Owed::Released(at) | Owed::Either(at)) = fact.owed.map(|owed| owed.is) {
            self.report_released(site, access, at, "used");
        }
        if let Some(deleted) = fact.deleted.filter(|deleted| deleted.all) {
            self.report_deleted(site, access, deleted.is);
        }
    }

    fn note_followed(&mut self, site: SiteNo, span: Span) {
        if let Some(state) = &mut self.state {
            state.change_site(site, |fact| {
                fact.null = Some(Fact::new(Null::Followed(span)));
            });
        }
    }

    fn report_null(&mut self, site: SiteNo, null: Null, access: &Expr, on_some: bool) {
        let Some(info) = self.sites.get(site).cloned() else {
            return;
        };
        let span = access.span;
        let what = &info.what;
        let direct = span.contains(info.span);
        let name = root_name(access).unwrap_or("the pointer");
        let message = match null {
            _ if direct => format!("this follows the result of `{what}` without a test for NULL"),
            Null::Yes => format!("`{name}` is NULL here on the path where `{what}` found nothing"),
            Null::Untested | Null::No | Null::Followed(_) => {
                format!("`{name}` may be NULL here: {}", reason(&info, on_some))
            }
        };
        let is_void = matches!(self.result_type(), Some(Type::Void));
        let leave = if is_void { "return;" } else { "return 0;" };
        let help = if direct {
            format!("put the result in a variable and test that: `if (!value) {leave}`")
        } else {
            format!("test it first: `if (!{name}) {leave}`")
        };
        let diagnostic = if self.is_never_null_to_new_kernels(&info) {
            Diagnostic::warning(span, message)
        } else {
            Diagnostic::error(span, message)
        };
        let made = match info.kind {
            SiteKind::Reserve => "reserved here",
            SiteKind::Lookup
            | SiteKind::TryInit
            | SiteKind::Storage
            | SiteKind::Number { .. }
            | SiteKind::StackId
            | SiteKind::Param(_) => "looked up here",
        };
        let mut diagnostic = diagnostic.with_help(help);
        if !direct {
            diagnostic = diagnostic.with_label(info.span, made);
        }
        self.report(diagnostic);
    }

    /// From Linux 6.15 on, the entry of an array at a constant index needs no test.
    fn is_never_null_to_new_kernels(&self, info: &SiteInfo) -> bool {
        let map = info
            .map
            .and_then(|map| self.flow.analysis.model.maps.get(map));
        let is_array =
            map.is_some_and(|map| matches!(map.kind, MapKind::Array | MapKind::PercpuArray));
        info.constant_key && is_array
    }

    fn report_released(&mut self, site: SiteNo, access: &Expr, at: Span, what: &str) {
        let Some(info) = self.sites.get(site).cloned() else {
            return;
        };
        let name = root_name(access).unwrap_or("the pointer");
        let made = match info.kind {
            SiteKind::Param(_) => "given here",
            _ => "reserved here",
        };
        self.report(
            Diagnostic::error(
                access.span,
                format!("the record `{name}` is {what} here, but it was given back before"),
            )
            .with_label(at, "submitted or discarded here")
            .with_label(info.span, made)
            .with_help("from then on it belongs to the ring buffer: read and write it before"),
        );
        if let Some(state) = &mut self.state {
            state.forget_site(site);
        }
    }

    fn report_deleted(&mut self, site: SiteNo, access: &Expr, at: Span) {
        let name = root_name(access).unwrap_or("the pointer");
        self.report(
            Diagnostic::warning(
                access.span,
                format!("`{name}` points into an entry that was deleted: another CPU may reuse it"),
            )
            .with_label(at, "deleted here")
            .with_help("copy what is needed before, or delete the entry last"),
        );
        if let Some(state) = &mut self.state {
            state.change_site(site, |fact| fact.deleted = None);
        }
    }

    /// A record is given back at `span`.
    pub(super) fn release(&mut self, val: Val, arg: &Expr, span: Span) {
        let Kind::Result(site) = val.kind else {
            self.escape(val);
            return;
        };
        if val.on_some.is_some() {
            self.escape(val);
            return;
        }
        let Some(fact) = self.fact(site) else {
            return;
        };
        let kind = self.sites.get(site).map(|info| info.kind);
        if let (Some(null), Some(SiteKind::Reserve)) =
            (fact.null.filter(|null| null.is.is_bad()), kind)
        {
            self.report_null(site, null.is, arg, false);
            self.note_followed(site, arg.span);
        }
        if let Some(Owed::Released(at) | Owed::Either(at)) = fact.owed.map(|owed| owed.is) {
            self.report_released(site, arg, at, "given back");
            return;
        }
        if let Some(state) = &mut self.state {
            state.change_site(site, |fact| {
                if fact.owed.is_some() {
                    fact.owed = Some(Fact::new(Owed::Released(span)));
                }
            });
        }
    }

    /// The function ends at `span`, or may end there: records must be given back by then.
    pub(super) fn check_owed(&mut self, span: Span, hidden: Option<&str>) {
        let Some(state) = &self.state else { return };
        let owed: Vec<SiteInfo> = state
            .sites()
            .filter(|(_, fact)| {
                fact.owed
                    .is_some_and(|owed| matches!(owed.is, Owed::Yes | Owed::Either(_)))
            })
            .filter_map(|(site, _)| self.sites.get(site))
            .filter(|info| info.kind == SiteKind::Reserve)
            .cloned()
            .collect();
        for info in owed {
            let message = match hidden {
                Some(method) => format!(
                    "`{method}` hides a `return 0`, and the reserved record is neither submitted nor discarded there"
                ),
                None => {
                    "a reserved record is neither submitted nor discarded on this path".to_owned()
                }
            };
            let help = match hidden {
                Some(_) => {
                    "use `lookup_or_try_init`, test its result, and discard the record before returning"
                }
                None => "discard it before: `ringbuf_discard(record, 0)`",
            };
            self.report(
                Diagnostic::error(span, message)
                    .with_label(info.span, "reserved here")
                    .with_help(help),
            );
        }
    }

    /// An entry of a map is deleted, by a key in that variable.
    pub(super) fn note_deleted(&mut self, map: usize, key: Val, span: Span) {
        let Kind::Address(key, None) = key.kind else {
            return;
        };
        let Some(state) = &mut self.state else { return };
        let sites: Vec<SiteNo> = state
            .sites()
            .filter(|(_, fact)| fact.key == Some(key))
            .map(|(site, _)| site)
            .collect();
        for site in sites {
            if self
                .sites
                .get(site)
                .is_some_and(|info| info.map == Some(map))
            {
                state.change_site(site, |fact| fact.deleted = Some(Fact::new(span)));
            }
        }
    }

    /// What is known of a number loaded from behind a pointer.
    pub(super) fn loaded(&mut self, pointer: Val, expr: &Expr) -> Val {
        let Some(Type::Int { size: 4.., signed }) = self.type_of(expr) else {
            return Val::UNKNOWN;
        };
        let of_map = pointer.site().and_then(|site| self.sites.get(site));
        let of_map =
            of_map.is_some_and(|info| matches!(info.kind, SiteKind::Lookup | SiteKind::TryInit));
        let is_element = matches!(
            expr.kind,
            ExprKind::Unary {
                op: UnaryOp::Deref,
                ..
            } | ExprKind::Member { .. }
        );
        if !of_map || !is_element {
            return Val::UNKNOWN;
        }
        let what = self.text(expr.span).to_owned();
        let kind = SiteKind::Number { signed: *signed };
        let site = self.make_site(kind, expr.span, what, None);
        Val::new(Kind::Result(site))
    }
}

/// The variable at the start of `p->n`, `*p`, `&p[1]`.
fn root_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Ident(name) => Some(&name.name),
        ExprKind::Paren(inner)
        | ExprKind::Cast { operand: inner, .. }
        | ExprKind::Unary { operand: inner, .. }
        | ExprKind::Member { base: inner, .. }
        | ExprKind::Index { base: inner, .. } => root_name(inner),
        _ => None,
    }
}

/// Why a result may be `NULL`.
fn reason(info: &SiteInfo, on_some: bool) -> String {
    let what = &info.what;
    match info.kind {
        _ if on_some => format!("this `{what}` can fail too"),
        SiteKind::TryInit => {
            format!("unlike `lookup_or_init`, `{what}` gives NULL if the entry cannot be made")
        }
        SiteKind::Reserve => format!("`{what}` fails when the buffer is full"),
        SiteKind::Lookup if info.map.is_none() && !what.starts_with("bpf_") => {
            format!("`{what}` gives NULL when its lookup finds nothing")
        }
        SiteKind::Storage => format!("`{what}` gives NULL if there is no entry"),
        SiteKind::Lookup | SiteKind::Number { .. } | SiteKind::StackId | SiteKind::Param(_) => {
            format!("`{what}` finds nothing when the key is absent")
        }
    }
}
