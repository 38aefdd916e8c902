//! Calls: of methods, helpers, functions of the text, and of what nobody knows.

use super::effects::{Use, call_uses, ends, is_hint, method_use};
use super::facts::{Kind, Origin, Val};
use super::summary::{ParamUse, ResultOf};
use super::walk::{SiteKind, Walk};
use crate::ast::{Arg, Expr, ExprKind};
use crate::diag::Diagnostic;
use crate::dialect::helpers::{find_read_helper, find_usdt_reader, is_raw_call};
use crate::dialect::methods::{Method, MethodParam, find_method};
use crate::model::MapDecl;
use crate::parse;
use crate::program::Type;
use crate::span::Span;

/// Helpers with a result that may be `NULL`, and what it is.
const NULLABLE: &[(&str, SiteKind)] = &[
    ("bpf_map_lookup_elem", SiteKind::Lookup),
    ("bpf_map_lookup_percpu_elem", SiteKind::Lookup),
    ("bpf_ringbuf_reserve", SiteKind::Reserve),
];

impl Walk<'_> {
    pub(super) fn call(&mut self, expr: &Expr, callee: &Expr, args: &[Arg]) -> Val {
        let analysis = self.flow.analysis;
        if let Some(call) = analysis.inference.method_call(expr)
            && let ExprKind::Member { member, .. } = &callee.kind
        {
            let map = analysis.model.maps.get(call.map);
            return match (map, find_method(&member.name)) {
                (Some(map), Some(row)) if row.fits(map.kind) && !map.has_twin => {
                    self.method(expr, callee, (call.map, map), row, args)
                }
                _ => self.unknown_call(args),
            };
        }
        let ExprKind::Ident(name) = &callee.kind else {
            self.value(callee);
            return self.unknown_call(args);
        };
        let name = name.name.as_str();
        if self.find(name).is_some() {
            return self.unknown_call(args);
        }
        if let Some(function) = analysis.model.find_function(name) {
            return self.text_call(expr, function, args);
        }
        if is_hint(name) {
            let mut vals = args
                .iter()
                .map(|arg| self.argument(arg))
                .collect::<Vec<_>>();
            return if vals.is_empty() {
                Val::UNKNOWN
            } else {
                vals.swap_remove(0)
            };
        }
        if self.flow.macros.contains(name) {
            self.mention_args(args);
            for arg in args {
                if let Arg::Expr(arg) = arg {
                    self.escape_named(arg);
                }
            }
            self.use_macro(name);
            return Val::UNKNOWN;
        }
        if ends(name) {
            self.state = None;
            return Val::UNKNOWN;
        }
        if let Some(uses) = call_uses(name) {
            return self.helper(expr, name, uses, args);
        }
        if name.starts_with("bpf_") && !is_raw_call(name) {
            return self.unknown_call(args);
        }
        self.mention_args(args);
        Val::UNKNOWN
    }

    /// A macro may also take the address of what it is given.
    fn escape_named(&mut self, arg: &Expr) {
        if let ExprKind::Ident(name) = &arg.without_parens().kind {
            self.mention_name(&name.name);
        }
    }

    fn argument(&mut self, arg: &Arg) -> Val {
        match arg {
            Arg::Expr(expr) => self.value(expr),
            Arg::Type(_) => Val::UNKNOWN,
            Arg::Opaque(_) => {
                self.clear();
                Val::UNKNOWN
            }
        }
    }

    /// A call that may do anything with what it is given.
    fn unknown_call(&mut self, args: &[Arg]) -> Val {
        let vals: Vec<Val> = args.iter().map(|arg| self.argument(arg)).collect();
        for val in vals {
            self.converted_away(val);
        }
        Val::UNKNOWN
    }

    fn helper(&mut self, expr: &Expr, name: &str, uses: &[Use], args: &[Arg]) -> Val {
        let vals: Vec<Val> = args.iter().map(|arg| self.argument(arg)).collect();
        let unbounded = find_read_helper(name).is_some() || find_usdt_reader(name).is_some();
        for (number, (arg, val)) in args.iter().zip(&vals).enumerate() {
            let Arg::Expr(arg) = arg else { continue };
            let purpose = uses
                .get(number)
                .or(uses.last())
                .copied()
                .unwrap_or(Use::Anything);
            self.use_argument(purpose, *val, arg, &vals, expr.span, unbounded);
        }
        if let Some((_, kind)) = NULLABLE.iter().find(|(known, _)| *known == name) {
            let site = self.make_site(*kind, expr.span, name.to_owned(), None);
            return Val::new(Kind::Result(site));
        }
        match name {
            "bpf_get_current_pid_tgid" => Val::new(Kind::Origin(Origin::PidTgid)),
            "bpf_get_current_uid_gid" => Val::new(Kind::Origin(Origin::UidGid)),
            _ => Val::UNKNOWN,
        }
    }

    /// What a call does with one of its arguments, whose map's sides are looked at elsewhere.
    fn use_argument(
        &mut self,
        purpose: Use,
        val: Val,
        arg: &Expr,
        vals: &[Val],
        call: Span,
        unbounded: bool,
    ) {
        match purpose {
            Use::Value => {}
            Use::Read | Use::Key | Use::Entry => self.follow(val, arg),
            Use::Event(size) => {
                self.follow(val, arg);
                let size = bytes(vals, size);
                self.check_written(val, size, arg, "an event");
            }
            Use::Write(size) => {
                self.follow(val, arg);
                let size = bytes(vals, size);
                self.written_by_call(val, size, arg, unbounded);
            }
            Use::Fill => self.written_by_call(val, None, arg, unbounded),
            Use::Size => self.check_size(val, arg),
            Use::Release => self.release(val, arg, call),
            Use::Anything => {
                self.converted_away(val);
            }
        }
    }

    /// A call writes behind an address; a number it reads from elsewhere has no bounds.
    fn written_by_call(&mut self, val: Val, size: Option<u64>, arg: &Expr, unbounded: bool) {
        let Kind::Address(var, part) = val.kind else {
            return;
        };
        self.forget_key(var);
        if self.is_escaped(var) {
            return;
        }
        let bytes = match (part, size) {
            (None, Some(size)) => Some((0, size)),
            (Some((0, 0)), _) | (_, None) => None,
            (Some((from, _)), Some(size)) => from.checked_add(size).map(|to| (from, to)),
        };
        self.write(var, bytes);
        let Some(info) = self.info(var).cloned() else {
            return;
        };
        if let (None, Type::Int { size: 4.., signed }, true) = (part, &info.ty, unbounded) {
            let kind = SiteKind::Number { signed: *signed };
            let number = self.make_site(kind, arg.span, info.name, None);
            self.assign(var, Val::new(Kind::Result(number)));
        }
    }

    fn method(
        &mut self,
        expr: &Expr,
        callee: &Expr,
        (index, map): (usize, &MapDecl<'_>),
        row: &Method,
        args: &[Arg],
    ) -> Val {
        let vals: Vec<Val> = args.iter().map(|arg| self.argument(arg)).collect();
        let mut key = None;
        for (number, (arg, val)) in args.iter().zip(&vals).enumerate() {
            let Arg::Expr(arg) = arg else { continue };
            let purpose = method_use(row, number);
            self.use_argument(purpose, *val, arg, &vals, expr.span, false);
            match purpose {
                Use::Key => {
                    let size = self.size_of(&map.key.ty);
                    self.check_constant_index(map, self.pointed_constant(*val), arg);
                    self.check_stack_id(map, self.pointed(*val), arg);
                    self.check_written(*val, size, arg, "a key");
                    key = Some(*val);
                }
                Use::Entry => {
                    let size = self.size_of(&map.value.ty);
                    self.check_written(*val, size, arg, "a value");
                }
                Use::Value if row.params.get(number) == Some(&MethodParam::Key) => {
                    self.check_constant_index(map, val.constant(), arg);
                    self.check_stack_id(map, *val, arg);
                }
                _ => {}
            }
        }
        let what = self.text(callee.span).to_owned();
        match (row.name, key) {
            ("delete", Some(key)) => self.note_deleted(index, key, expr.span),
            ("lookup_or_init", _) => self.check_owed(callee.span, Some(row.name)),
            _ => {}
        }
        let kind = match row.name {
            "lookup" => SiteKind::Lookup,
            "lookup_or_try_init" => SiteKind::TryInit,
            "ringbuf_reserve" => SiteKind::Reserve,
            "sk_storage_get" | "inode_storage_get" | "task_storage_get" => SiteKind::Storage,
            "get_stackid" => SiteKind::StackId,
            _ => return Val::UNKNOWN,
        };
        let constant = key.and_then(|key| self.pointed_constant(key));
        let site = self.make_site(kind, expr.span, what, Some(index));
        if let Some(info) = self.sites.get_mut(site) {
            info.constant_key = constant.is_some();
        }
        if let Some(Kind::Address(var, None)) = key.map(|key| key.kind) {
            self.note_key(site, var);
        }
        Val::new(Kind::Result(site))
    }

    /// What lies behind the address of a variable.
    fn pointed(&self, val: Val) -> Val {
        match (val.kind, &self.state) {
            (Kind::Address(var, None), Some(state)) => state.var(var).val,
            _ => Val::UNKNOWN,
        }
    }

    fn pointed_constant(&self, val: Val) -> Option<i128> {
        self.pointed(val).constant()
    }

    /// An index that is a constant must be one of the array's.
    fn check_constant_index(&mut self, map: &MapDecl<'_>, index: Option<i128>, arg: &Expr) {
        let Some(index) = index.filter(|_| map.kind.is_array()) else {
            return;
        };
        let analysis = self.flow.analysis;
        let entries = match map.size_span {
            Some(span) => parse::parse_expr_at(analysis.source, span)
                .and_then(|expr| analysis.types.const_eval(&expr)),
            None => map.max_entries.parse().ok(),
        };
        let Some(entries) = entries.filter(|entries| *entries > 0 && index >= *entries) else {
            return;
        };
        let name = &map.name.name;
        let plural = if entries == 1 { "entry" } else { "entries" };
        self.report(
            Diagnostic::error(
                arg.span,
                format!("index {index} is outside of `{name}`, which has {entries} {plural}: nothing is found there"),
            )
            .with_label(map.size_span.unwrap_or(map.name.span), "the size is given here")
            .with_help(format!("indices run from 0 to {}", entries - 1)),
        );
    }

    /// The number of a stack may be an error.
    fn check_stack_id(&mut self, map: &MapDecl<'_>, val: Val, arg: &Expr) {
        let unsigned = matches!(map.key.ty, Type::Int { signed: false, .. });
        let Some(site) = val.site().filter(|_| unsigned) else {
            return;
        };
        let is_id = self
            .sites
            .get(site)
            .is_some_and(|info| info.kind == SiteKind::StackId);
        let untested = self.state.as_ref().and_then(|state| state.site(site));
        if !is_id || untested.is_none_or(|fact| fact.upper || fact.lower) {
            return;
        }
        let made = self
            .sites
            .get(site)
            .map(|info| info.span)
            .unwrap_or_default();
        let text = self.text(arg.span).trim_start_matches('&').trim();
        self.report(
            Diagnostic::warning(
                arg.span,
                format!("`{text}` may be a negative error number, which the unsigned key hides"),
            )
            .with_label(made, "the stack is taken here")
            .with_help(format!(
                "test `(int){text} < 0` before, or give `{}` a signed key",
                map.name.name
            )),
        );
    }

    /// A call of a function of the text.
    fn text_call(&mut self, expr: &Expr, function: usize, args: &[Arg]) -> Val {
        let vals: Vec<Val> = args.iter().map(|arg| self.argument(arg)).collect();
        let summary = self.flow.summaries.get(function).and_then(Option::as_ref);
        let Some(summary) = summary else {
            for val in vals {
                self.converted_away(val);
            }
            return Val::UNKNOWN;
        };
        let result = summary.result;
        for (number, (arg, val)) in args.iter().zip(&vals).enumerate() {
            match summary
                .params
                .get(number)
                .copied()
                .unwrap_or(ParamUse::Anything)
            {
                ParamUse::Keeps => {
                    if let Kind::Address(..) = val.kind {
                        self.converted_away(*val);
                    }
                }
                ParamUse::Follows => {
                    if let Arg::Expr(arg) = arg {
                        self.follow(*val, arg);
                    }
                    if result != ResultOf::Param(number) {
                        self.converted_away(*val);
                    }
                }
                ParamUse::Releases => {
                    if let Arg::Expr(arg) = arg {
                        self.release(*val, arg, expr.span);
                    }
                }
                ParamUse::Anything => {
                    self.converted_away(*val);
                }
            }
        }
        match result {
            ResultOf::Nullable(kind) => {
                let ExprKind::Call { callee, .. } = &expr.kind else {
                    return Val::UNKNOWN;
                };
                let what = self.text(callee.span).to_owned();
                let site = self.make_site(kind, expr.span, what, None);
                Val::new(Kind::Result(site))
            }
            ResultOf::Param(number) => vals.get(number).copied().unwrap_or(Val::UNKNOWN),
            ResultOf::Unknown => Val::UNKNOWN,
        }
    }
}

/// The value of an argument that says how many bytes there are.
fn bytes(vals: &[Val], number: usize) -> Option<u64> {
    u64::try_from(vals.get(number)?.constant()?).ok()
}
