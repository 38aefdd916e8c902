//! Calls: methods of maps become helpers of the kernel.

use super::Lowerer;
use super::watched::Watched;
use crate::ast::{Arg, Expr, ExprKind, Ident};
use crate::dialect::helpers::{REGISTER_MACROS, core_register_macro, is_raw_call};
use crate::dialect::methods::{
    Failure, Method, MethodParam, MethodResult, When, find_method, split_form,
};
use crate::dialect::packets::find_packet_function;
use crate::infer::Value;
use crate::model::MapDecl;
use crate::program::{MapKind, Type};
use crate::span::Span;
use crate::visit::{self, Visitor as _};

/// Puts something around a form that is split at its arguments.
fn wrap(parts: &mut [String], open: &str, close: &str) {
    if let Some(head) = parts.first_mut() {
        head.insert_str(0, open);
    }
    if let Some(tail) = parts.last_mut() {
        tail.push_str(close);
    }
}

/// Whether C knows the value of an argument when it is compiled.
fn is_constant(arg: &Arg) -> bool {
    let Arg::Expr(expr) = arg else { return false };
    matches!(
        expr.kind,
        ExprKind::Number | ExprKind::SizeofExpr { .. } | ExprKind::SizeofType { .. }
    )
}

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
        } else if let (Some(becomes), Some(packet)) =
            (find_packet_function(&name.name), self.packet)
        {
            self.edits.replace(name.span, [becomes.into()]);
            self.edits
                .insert(args_span.start + 1, format!("{packet}, "));
        } else if REGISTER_MACROS.contains(&name.name.as_str()) && self.leads_outside(args.first())
        {
            self.edits
                .replace(name.span, [core_register_macro(&name.name).into()]);
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
        let inserts = matches!(decl.kind, MapKind::Hash | MapKind::Extern);
        let insert = if inserts { "" } else { "_existing" };
        let form = self.form(row, decl, args);
        let form = form.replace("@x", insert).replace("@m", name);
        let mut parts = split_form(&form, args.len());
        if let Some(open) = self.counter(call, decl, row) {
            wrap(&mut parts, &open, ")");
        }
        if let Some((open, close)) = self.conversion(call, decl, row) {
            wrap(&mut parts, &open, close);
        }
        let (Some((head, rest)), Some(tail)) = (parts.split_first(), parts.last()) else {
            return;
        };
        // A macro would take the commas of `(struct key){1, 2}` for its own.
        let is_torn = |arg: &&Arg| self.source.slice(arg.span()).contains('{');
        let torn: Vec<Span> = if form.starts_with("bpf_") {
            Vec::new()
        } else {
            args.iter().filter(is_torn).map(Arg::span).collect()
        };
        for span in &torn {
            self.insert_part(span.end, ")");
        }
        self.edits.replace(
            Span::new(call.span.start, args_span.start + 1),
            [head.as_str().into()],
        );
        for (pair, between) in args.windows(2).zip(rest) {
            let [before, behind] = pair else { continue };
            // The comma of the text stays where it is.
            let (tail, head) = between.rsplit_once(", ").unwrap_or((between, ""));
            self.insert_part(before.span().end, tail);
            self.insert_part(behind.span().start, head);
        }
        for span in &torn {
            self.insert_part(span.start, "(");
        }
        self.edits.replace(
            Span::new(args_span.end - 1, args_span.end),
            [tail.as_str().into()],
        );
        self.lower_wakeup(row, name, args);
    }

    /// What a call of a method becomes.
    fn form(&self, row: &Method, decl: &MapDecl<'_>, args: &[Arg]) -> &'static str {
        let holds = |when: When| match when {
            When::KeyHasAddress => self.is_key_itself(decl, args),
            When::SizeIsConstant => {
                let mut sized = row.params.iter().zip(args);
                sized.any(|(param, arg)| *param == MethodParam::Size && is_constant(arg))
            }
        };
        match row.special {
            Some((when, form)) if holds(when) => form,
            _ => row.form,
        }
    }

    /// Whether the first and only argument is a struct of the key's type that has an address.
    fn is_key_itself(&self, decl: &MapDecl<'_>, args: &[Arg]) -> bool {
        let [Arg::Expr(expr)] = args else {
            return false;
        };
        let is_key = |value: &Value| {
            matches!(value.ty, Type::Named(_)) && value.ty == decl.key.ty && value.place.is_none()
        };
        matches!(expr.kind, ExprKind::Ident(_)) && self.inference.value(expr).is_some_and(is_key)
    }

    /// What counts the failures of a call, up to the call itself.
    fn counter(&mut self, call: &Expr, decl: &MapDecl<'_>, row: &Method) -> Option<String> {
        let counter = row.failure.counter().filter(|_| self.evaluated)?;
        let number = self.watched.number(Watched {
            span: call.span,
            map: decl.name.name.clone(),
            method: row.name,
            function: self.function.map(str::to_owned),
        });
        Some(format!("{counter}({number}, "))
    }

    /// With no flags, how the program is built decides when the reader of a ring buffer wakes up.
    fn lower_wakeup(&mut self, row: &Method, map: &str, args: &[Arg]) {
        for (param, arg) in row.params.iter().zip(args) {
            if *param == MethodParam::Wakeup && self.source.slice(arg.span()) == "0" {
                let wakeup = format!("BCC_WAKEUP(&{map})");
                self.edits.replace(arg.span(), [wakeup.into()]);
            }
        }
    }

    /// What to write around the helper that a method becomes, where its type is not the method's.
    fn conversion(
        &self,
        call: &Expr,
        decl: &MapDecl<'_>,
        row: &Method,
    ) -> Option<(String, &'static str)> {
        match row.result {
            // The helpers give `void *`; our own macros know the type.
            MethodResult::Value
                if row.form.starts_with("bpf_")
                    && !decl.value.spelling.is_empty()
                    && self.void_pointer_ok != Some(call.span) =>
            {
                Some((format!("((typeof(*{}.value) *)", decl.name.name), ")"))
            }
            MethodResult::Value if row.failure == Failure::NullLeaves => {
                Some(("bcc_or_return(".into(), ")"))
            }
            // Declared as `long`, but before Linux 6.4 some leave the upper half of a negative
            // `int` zero.
            MethodResult::Number if !self.evaluated => Some(("((int)".into(), ")")),
            MethodResult::Number if self.unused != Some(call.span) => Some(("(int)".into(), "")),
            MethodResult::Value
            | MethodResult::Memory
            | MethodResult::Number
            | MethodResult::Counter
            | MethodResult::Nothing => None,
        }
    }

    fn insert_part(&mut self, offset: u32, text: &str) {
        if !text.is_empty() {
            self.edits.insert(offset, text);
        }
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
