//! Calls of map methods: does the map have the method, do the arguments fit.

use crate::analysis::Analysis;
use crate::ast::{Arg, Expr, ExprKind, Ident};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::methods::{METHODS, Method, MethodParam, find_method};
use crate::model::{FunctionDecl, Header, MapDecl, MapType};
use crate::program::{MapKind, ProbeKind, Sharing, Type};

/// Methods that make an entry.
const FILLS: [&str; 4] = ["update", "insert", "lookup_or_init", "lookup_or_try_init"];
/// Functions that give the power of two of a number, and the largest they give.
const LOGARITHMS: [(&str, i128); 2] = [("bpf_log2", 32), ("bpf_log2l", 64)];

pub(super) fn check_method(
    context: Analysis<'_>,
    function: &FunctionDecl<'_>,
    expr: &Expr,
    cx: &mut Diagnostics,
) {
    let Some(call) = context.inference.method_call(expr) else {
        return;
    };
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return;
    };
    let ExprKind::Member { member, .. } = &callee.kind else {
        return;
    };
    let Some(map) = context.model.maps.get(call.map) else {
        return;
    };
    let Some(row) = find_method(&member.name) else {
        report_unknown(map, member, cx);
        return;
    };
    let call = MethodCheck {
        context,
        function,
        map,
        map_index: call.map,
        row,
        member,
        cx,
    };
    call.run(args);
}

fn report_unknown(map: &MapDecl<'_>, member: &Ident, cx: &mut Diagnostics) {
    cx.push(
        Diagnostic::error(
            member.span,
            format!("maps have no method `{}`", member.name),
        )
        .with_help(methods_of(map)),
    );
}

/// "methods of `counts`: lookup, ..."
fn methods_of(map: &MapDecl<'_>) -> String {
    let names: Vec<&str> = METHODS
        .iter()
        .filter(|row| row.fits(map.kind))
        .map(|row| row.name)
        .collect();
    if names.is_empty() {
        return format!(
            "`{}` is for user space only: it has no methods",
            map.name.name
        );
    }
    format!("methods of `{}`: {}", map.name.name, names.join(", "))
}

/// One call of a method that exists.
struct MethodCheck<'a, 'm, 'cx> {
    context: Analysis<'a>,
    function: &'a FunctionDecl<'a>,
    map: &'m MapDecl<'m>,
    map_index: usize,
    row: &'static Method,
    member: &'m Ident,
    cx: &'cx mut Diagnostics,
}

impl MethodCheck<'_, '_, '_> {
    fn run(mut self, args: &[Arg]) {
        if !self.check_kind() || !self.check_count(args) {
            return;
        }
        self.check_enclosing_function();
        self.check_increment();
        for (param, arg) in self.row.params.iter().zip(args) {
            let Arg::Expr(arg) = arg else { continue };
            match param {
                MethodParam::KeyPtr => self.check_pointer(arg, &self.map.key, "key"),
                MethodParam::ValuePtr => self.check_pointer(arg, &self.map.value, "value"),
                MethodParam::Key => {
                    self.check_plain_key(arg);
                    self.check_slot(arg);
                }
                MethodParam::Ctx => self.check_context(arg),
                MethodParam::Data => self.check_data(arg),
                MethodParam::Amount
                | MethodParam::Size
                | MethodParam::Wakeup
                | MethodParam::Plain => {}
            }
        }
        if self.row.name == "perf_submit" {
            self.check_event_size(args);
        }
    }

    fn error(&mut self, span: crate::span::Span, message: String, help: impl Into<String>) {
        self.cx
            .push(Diagnostic::error(span, message).with_help(help));
    }

    /// Whether the map has the method.
    fn check_kind(&mut self) -> bool {
        if self.row.fits(self.map.kind) {
            return true;
        }
        let (name, map) = (self.row.name, &self.map.name.name);
        let (message, help) = match name {
            "delete" if self.map.kind.is_array() => (
                format!("`delete` always fails on an array: `{map}` keeps all its entries"),
                "write a zero value with `update` instead".to_owned(),
            ),
            "insert" if self.map.kind.is_array() => (
                format!("`insert` always fails on an array: every entry of `{map}` exists already"),
                "use `update`".to_owned(),
            ),
            _ => (
                format!("`{map}` has no method `{name}`"),
                methods_of(self.map),
            ),
        };
        self.error(self.member.span, message, help);
        false
    }

    fn check_count(&mut self, args: &[Arg]) -> bool {
        let most = self.row.params.len();
        if (self.row.required..=most).contains(&args.len()) {
            return true;
        }
        let wanted = if self.row.required == most {
            format!("{most}")
        } else {
            format!("{} or {most}", self.row.required)
        };
        let plural = if wanted == "1" { "" } else { "s" };
        let message = format!(
            "`{}` takes {wanted} argument{plural}, {} given",
            self.row.name,
            args.len()
        );
        let usage = format!("write `{}.{}`", self.map.name.name, usage(self.row));
        self.error(self.member.span, message, usage);
        false
    }

    /// `lookup_or_init` hides a `return 0`.
    fn check_enclosing_function(&mut self) {
        if self.row.name != "lookup_or_init" {
            return;
        }
        let Header::C {
            specifiers,
            declarator,
            ..
        } = self.function.header
        else {
            return;
        };
        let result = match self.context.types.result_type(specifiers, declarator) {
            Type::Void => "`void`",
            Type::Named(_) => "a struct",
            _ => return,
        };
        self.error(
            self.member.span,
            format!("`lookup_or_init` hides a `return 0`, which does not fit a function that returns {result}"),
            "use `lookup_or_try_init` and test the result",
        );
    }

    fn check_increment(&mut self) {
        if !self.row.params.contains(&MethodParam::Amount) {
            return;
        }
        let name = self.row.name;
        if self.context.is_record(&self.map.value.ty) && !self.map.has_twin {
            let (map, value) = (&self.map.name.name, &self.map.value.spelling);
            let message = format!("`{name}` adds to a number, and values of `{map}` are `{value}`");
            self.error(
                self.member.span,
                message,
                "look the value up and change its member",
            );
        }
        let starts_empty = matches!(
            self.map.kind,
            MapKind::PercpuHash | MapKind::LruHash | MapKind::LruPercpuHash
        );
        if starts_empty && !self.is_filled() {
            self.cx.push(
                Diagnostic::new(
                    self.context.options.semantics.doubtful(),
                    self.member.span,
                    format!("on this kind of map `{name}` does nothing if the key is missing"),
                )
                .with_help("insert the key first, with `lookup_or_try_init`"),
            );
        }
    }

    /// Whether the text makes entries of the map in another way than by adding to them, or leaves
    /// that to user space.
    fn is_filled(&self) -> bool {
        self.map.sharing != Sharing::Private
            || self
                .context
                .inference
                .methods_called(self.map_index)
                .any(|name| FILLS.contains(&name))
    }

    /// A slot by the power of two: there are as many as the number counted has bits.
    fn check_slot(&mut self, arg: &Expr) {
        let ExprKind::Call { callee, .. } = &arg.without_parens().kind else {
            return;
        };
        let called = self.context.source.slice(callee.span);
        let slots = self
            .map
            .size_span
            .and_then(|span| self.context.constant_at(span));
        let Some((name, bits)) = LOGARITHMS.iter().find(|(name, _)| *name == called) else {
            return;
        };
        if let Some(slots) = slots.filter(|slots| slots < bits && self.map.kind.is_array()) {
            let message = format!(
                "`{name}` gives up to {bits}, and `{}` has {slots} slots",
                self.map.name.name
            );
            self.cx.push(Diagnostic::warning(arg.span, message).with_help(
                "what has no slot is not counted: leave the size out, or count what is too large in the last slot",
            ));
        }
    }

    /// A key or value that must be passed by address.
    fn check_pointer(&mut self, arg: &Expr, wanted: &MapType, role: &str) {
        let text = self.context.source.slice(arg.span).to_owned();
        if let Some(operand) = arg.addressed()
            && matches!(
                operand.without_parens().kind,
                ExprKind::Number | ExprKind::Char | ExprKind::Binary { .. }
            )
        {
            let message = format!(
                "`{}` has no address",
                self.context.source.slice(operand.span)
            );
            self.error(
                arg.span,
                message,
                format!("put the {role} in a variable and pass its address"),
            );
            return;
        }
        let Some(value) = self.context.inference.value(arg) else {
            return;
        };
        match &value.ty {
            Type::Pointer(inner) => self.check_pointed_size(arg, inner, wanted, role),
            Type::Array { .. } => self.check_pointed_size(arg, &value.ty, wanted, role),
            // An integer may be an address that was cast, but not one narrower than an address.
            Type::Int { size, .. }
                if *size < 8 || matches!(arg.kind, ExprKind::Number | ExprKind::Ident(_)) =>
            {
                let message = format!("`{}` takes a pointer to the {role}", self.row.name);
                let help = if matches!(arg.kind, ExprKind::Ident(_)) {
                    format!("write `&{text}`")
                } else {
                    format!("put the {role} in a variable and pass its address")
                };
                self.error(arg.span, message, help);
            }
            ty if self.context.is_record(ty) => {
                self.error(
                    arg.span,
                    format!("`{}` takes a pointer to the {role}", self.row.name),
                    format!("write `&{text}`"),
                );
            }
            _ => {}
        }
    }

    /// An event is passed by its address.
    fn check_data(&mut self, arg: &Expr) {
        let Some(value) = self.context.inference.value(arg) else {
            return;
        };
        let narrow = matches!(value.ty, Type::Int { size: ..8, .. });
        if self.context.is_record(&value.ty) || (narrow && matches!(arg.kind, ExprKind::Ident(_))) {
            let text = self.context.source.slice(arg.span).to_owned();
            self.error(
                arg.span,
                format!("`{}` takes a pointer to the event", self.row.name),
                format!("write `&{text}`"),
            );
        }
    }

    /// What an argument points to must have as many bytes as the map reads.
    fn check_pointed_size(&mut self, arg: &Expr, pointed: &Type, wanted: &MapType, role: &str) {
        if matches!(pointed, Type::Void | Type::Char | Type::Int { size: 1, .. })
            && arg.addressed().is_none()
        {
            // A buffer: how long it is nobody knows.
            return;
        }
        let layouts = (
            self.context.types.layout(pointed),
            self.context.types.layout(&wanted.ty),
        );
        let (Some(given), Some(needed)) = layouts else {
            return;
        };
        if self.map.has_twin {
            return;
        }
        let text = self.context.source.slice(arg.span);
        let text = text.strip_prefix('&').unwrap_or(text).trim();
        if given.size >= needed.size && !(given.size > needed.size && self.is_index(wanted)) {
            return;
        }
        if Analysis::is_address_of_part(arg)
            && self
                .context
                .bytes_behind(arg)
                .is_none_or(|bytes| bytes >= needed.size)
        {
            return;
        }
        let map = &self.map.name.name;
        let message = format!(
            "map `{map}` reads {} {role} byte{}, `{text}` has {}",
            needed.size,
            if needed.size == 1 { "" } else { "s" },
            given.size
        );
        let help = format!("the {role} of `{map}` is `{}`", wanted.spelling);
        self.error(arg.span, message, help);
    }

    /// An array's index of another width only works by luck of the byte order.
    fn is_index(&self, wanted: &MapType) -> bool {
        self.map.kind.is_array() && std::ptr::eq(wanted, &raw const self.map.key)
    }

    /// `increment` takes the key itself.
    fn check_plain_key(&mut self, arg: &Expr) {
        if arg.addressed().is_none()
            || matches!(
                self.map.key.ty,
                Type::Pointer(_) | Type::Int { size: 8, .. } | Type::Unknown(_)
            )
        {
            return;
        }
        let text = self.context.source.slice(arg.span);
        let help = format!("write `{}`", text.trim_start_matches('&').trim());
        self.error(
            arg.span,
            format!("`{}` takes the key itself, not its address", self.row.name),
            help,
        );
    }

    /// The context of a probe macro has a fixed name.
    fn check_context(&mut self, arg: &Expr) {
        let ExprKind::Ident(name) = &arg.kind else {
            return;
        };
        if self.function.probe().is_none()
            || self
                .context
                .inference
                .value(arg)
                .is_some_and(|value| !matches!(value.ty, Type::Unknown(_)))
        {
            return;
        }
        let Some(ProbeKind::Tracepoint { .. }) = self.function.probe() else {
            return;
        };
        if self.function.macro_context() == Some("args") && name.name == "ctx" {
            self.error(
                name.span,
                "there is no `ctx` in `TRACEPOINT_PROBE`".to_owned(),
                "the context is called `args` here",
            );
        }
    }

    /// The size of an event, where both the size and the event's type are known.
    fn check_event_size(&mut self, args: &[Arg]) {
        let [_, Arg::Expr(data), Arg::Expr(size)] = args else {
            return;
        };
        let ExprKind::SizeofExpr {
            operand,
            size: true,
        } = &size.kind
        else {
            return;
        };
        let (Some(data_value), Some(measured)) = (
            self.context.inference.value(data),
            self.context.inference.value(operand),
        ) else {
            return;
        };
        let Type::Pointer(event) = &data_value.ty else {
            return;
        };
        let (Some(event), Some(given)) = (
            self.context.types.layout(event),
            self.context.types.layout(&measured.ty),
        ) else {
            return;
        };
        if Analysis::is_address_of_part(data)
            && self
                .context
                .bytes_behind(data)
                .is_none_or(|bytes| bytes >= given.size)
        {
            return;
        }
        let operand_text = self
            .context
            .source
            .slice(operand.span)
            .trim_matches(['(', ')'])
            .to_owned();
        if matches!(measured.ty, Type::Pointer(_)) && event.size != given.size {
            let help = format!("write `sizeof(*{operand_text})`");
            self.error(
                operand.span,
                "this is the size of the pointer, not of the event".to_owned(),
                help,
            );
        } else if given.size > event.size {
            let message = format!(
                "the event has {} bytes, and the size given is {}",
                event.size, given.size
            );
            self.error(operand.span, message, "pass the size of what is submitted");
        }
    }
}

/// How a method is written: `lookup(&key)`.
fn usage(row: &Method) -> String {
    let words = row.params.iter().map(|param| match param {
        MethodParam::KeyPtr => "&key",
        MethodParam::ValuePtr => "&value",
        MethodParam::Key => "key",
        MethodParam::Amount => "amount",
        MethodParam::Ctx => "ctx",
        MethodParam::Data => "&event",
        MethodParam::Size => "sizeof(event)",
        MethodParam::Wakeup => "flags",
        MethodParam::Plain => "...",
    });
    let words: Vec<&str> = words.take(row.required).collect();
    format!("{}({})", row.name, words.join(", "))
}
