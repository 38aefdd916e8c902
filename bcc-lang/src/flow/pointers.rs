//! Results that may be `NULL`, records of ring buffers, entries that are deleted.

use super::facts::{Evidence, Fact, Kind, Null, Owed, SiteNo, Val};
use super::walk::{SiteInfo, SiteKind, Walk};
use crate::ast::{Expr, ExprKind, UnaryOp};
use crate::diag::Diagnostic;
use crate::program::{MapKind, Type};
use crate::span::Span;

impl Walk<'_> {
    /// Memory behind a pointer is read or written at `span`.
    pub(super) fn follow(&mut self, val: Val, span: Span) {
        let (Kind::Result(site) | Kind::Inside(site)) = val.kind else {
            return;
        };
        if let Some(evidence) = val.on_some {
            if let Evidence::Null(null) = evidence {
                self.report_null(site, null, span, true);
                self.note_followed(site, span);
            }
            return;
        }
        let Some(fact) = self
            .state
            .as_ref()
            .and_then(|state| state.site(site))
            .cloned()
        else {
            return;
        };
        if let Some(null) = fact.null.filter(|null| null.is.is_bad()) {
            if let Some(SiteKind::Param(index)) = self.sites.get(site).map(|info| info.kind) {
                let at_once = self.state.as_ref().is_some_and(|state| !state.branched);
                if at_once && null.is == Null::Untested {
                    self.follows.entry(index).or_insert(span);
                }
            } else {
                self.report_null(site, null.is, span, false);
            }
            self.note_followed(site, span);
        }
        if let Some(Owed::Released(at) | Owed::Either(at)) = fact.owed.map(|owed| owed.is) {
            self.report_released(site, span, at, "used");
        }
        if let Some(deleted) = fact.deleted.filter(|deleted| deleted.all) {
            self.report_deleted(site, span, deleted.is);
        }
    }

    fn note_followed(&mut self, site: SiteNo, span: Span) {
        if let Some(state) = &mut self.state {
            state.change_site(site, |fact| {
                fact.null = Some(Fact::new(Null::Followed(span)))
            });
        }
    }

    fn report_null(&mut self, site: SiteNo, null: Null, span: Span, on_some: bool) {
        let Some(info) = self.sites.get(site).cloned() else {
            return;
        };
        let text = self.text(span);
        let name = self.pointer_text(span);
        let direct = info.span.start >= span.start && info.span.end <= span.end;
        let what = &info.what;
        let message = match null {
            Null::Yes => format!("`{name}` is NULL here on the path where `{what}` found nothing"),
            _ if direct => format!("this follows the result of `{what}` without a test for NULL"),
            _ => format!("`{name}` may be NULL here: {}", reason(&info, on_some)),
        };
        let message = if text.is_empty() {
            "a pointer may be NULL here".to_owned()
        } else {
            message
        };
        let leave =
            if matches!(self.result_type(), Some(Type::Void)) && self.function.probe().is_none() {
                "return;"
            } else {
                "return 0;"
            };
        let help = if direct {
            format!("put the result in a variable and test that: `if (!value) {leave}`")
        } else {
            format!("test it first: `if (!{name}) {leave}`")
        };
        let elided = info.constant_key
            && info
                .map
                .and_then(|map| self.flow.analysis.model.maps.get(map))
                .is_some_and(|map| matches!(map.kind, MapKind::Array | MapKind::PercpuArray));
        let diagnostic = if elided {
            Diagnostic::warning(span, message)
        } else {
            Diagnostic::error(span, message)
        };
        let mut diagnostic = diagnostic.with_help(help);
        if !direct {
            let made = if info.kind == SiteKind::Reserve {
                "reserved here"
            } else {
                "looked up here"
            };
            diagnostic = diagnostic.with_label(info.span, made);
        }
        self.report(diagnostic);
    }

    /// The pointer in `*p`, `p->n`, `p[i]`, as the text under a span begins or ends with it.
    fn pointer_text(&self, span: Span) -> String {
        let text = self.text(span);
        let text = text.trim_start_matches(['*', '(', '&', ' ']);
        let end = text
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        text.get(..end).unwrap_or(text).to_owned()
    }

    fn report_released(&mut self, site: SiteNo, span: Span, at: Span, what: &str) {
        let Some(info) = self.sites.get(site).cloned() else {
            return;
        };
        let name = self.pointer_text(span);
        self.report(
            Diagnostic::error(
                span,
                format!("the record `{name}` is {what} here, but it was given back before"),
            )
            .with_label(at, "submitted or discarded here")
            .with_label(info.span, "reserved here")
            .with_help("from then on it belongs to the ring buffer: read and write it before"),
        );
        if let Some(state) = &mut self.state {
            state.forget_site(site);
        }
    }

    fn report_deleted(&mut self, site: SiteNo, span: Span, at: Span) {
        let name = self.pointer_text(span);
        self.report(
            Diagnostic::warning(
                span,
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
    pub(super) fn release(&mut self, val: Val, arg: Span, span: Span) {
        let Kind::Result(site) = val.kind else {
            self.escape(val);
            return;
        };
        if val.on_some.is_some() {
            self.escape(val);
            return;
        }
        let Some(fact) = self
            .state
            .as_ref()
            .and_then(|state| state.site(site))
            .cloned()
        else {
            return;
        };
        let kind = self.sites.get(site).map(|info| info.kind);
        if let (Some(null), Some(SiteKind::Reserve)) =
            (fact.null.filter(|null| null.is.is_bad()), kind)
        {
            self.report_null(site, null.is, arg, false);
            self.note_followed(site, arg);
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

/// Why a result may be `NULL`.
fn reason(info: &SiteInfo, on_some: bool) -> String {
    let what = &info.what;
    match info.kind {
        _ if on_some => format!("this `{what}` can fail too"),
        SiteKind::TryInit => {
            format!("unlike `lookup_or_init`, `{what}` gives NULL if the entry cannot be made")
        }
        SiteKind::Reserve => format!("`{what}` fails when the buffer is full"),
        SiteKind::Storage => format!("`{what}` gives NULL if there is no entry"),
        SiteKind::Lookup | SiteKind::Number { .. } | SiteKind::StackId | SiteKind::Param(_) => {
            format!("`{what}` finds nothing when the key is absent")
        }
    }
}
