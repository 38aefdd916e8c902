//! Calls: methods of maps, helpers of the kernel, functions of the text, macros.

use super::expr::{INT, LONG, U32, U64, rvalue};
use super::scope::VarId;
use super::space::Space;
use super::{Infer, MethodCall, Value};
use crate::ast::{Arg, Expr, ExprKind, UnaryOp};
use crate::dialect::helpers::{
    AddressSpace, COPY_FUNCTIONS, KERNEL_POINTER_HELPERS, MAP_POINTER_HELPERS, REGISTER_MACROS,
    SYSCALL_REGISTERS, SYSCALL_SUFFIX, find_read_helper, find_usdt_reader,
};
use crate::dialect::methods::{Method, MethodParam, MethodResult, find_method};
use crate::program::{Type, TypeKeyword, TypeName};
use crate::visit;

/// Result types of helpers that are not `long`.
const RESULT_TYPES: &[(&str, Type)] = &[
    ("bpf_ktime_get_ns", U64),
    ("bpf_ktime_get_boot_ns", U64),
    ("bpf_ktime_get_coarse_ns", U64),
    ("bpf_jiffies64", U64),
    ("bpf_get_current_pid_tgid", U64),
    ("bpf_get_current_uid_gid", U64),
    ("bpf_get_current_task", U64),
    ("bpf_get_current_cgroup_id", U64),
    ("bpf_get_current_ancestor_cgroup_id", U64),
    ("bpf_get_socket_cookie", U64),
    ("bpf_get_attach_cookie", U64),
    ("bpf_perf_event_read", U64),
    ("bpf_get_smp_processor_id", U32),
    ("bpf_get_prandom_u32", U32),
    ("bpf_get_numa_node_id", LONG),
    ("bpf_probe_read", LONG),
    ("bpf_probe_read_str", LONG),
    ("bpf_probe_read_kernel", LONG),
    ("bpf_probe_read_kernel_str", LONG),
    ("bpf_probe_read_user", LONG),
    ("bpf_probe_read_user_str", LONG),
    ("bpf_get_current_comm", LONG),
    ("load_byte", U64),
    ("load_half", U64),
    ("load_word", U64),
    ("load_dword", U64),
    ("bpf_dext_pkt", U64),
    ("bpf_usdt_readarg", LONG),
    ("bpf_usdt_readarg_p", LONG),
    ("bpf_log2", U32),
    ("bpf_log2l", U32),
];

impl Infer<'_> {
    pub(super) fn call(&mut self, call: &Expr, callee: &Expr, args: &[Arg]) -> Value {
        if let ExprKind::Member {
            base,
            member,
            arrow: false,
            ..
        } = &callee.kind
            && let Some(map) = self.map_of(base)
        {
            let row = find_method(&member.name);
            let method = row.map_or("", |row| row.name);
            self.out
                .methods
                .insert(call.span, MethodCall { map, method });
            let values = self.arguments(args);
            return row.map_or_else(Value::unknown, |row| self.method(map, row, args, &values));
        }
        let values = self.arguments(args);
        let ExprKind::Ident(name) = &callee.kind else {
            self.value(callee);
            return Value::unknown();
        };
        if let Some(var) = self.scopes.find(&name.name) {
            // A function pointer in a variable; BPF has none, clang or the verifier will say so.
            let id = var.id;
            self.use_variable(id);
            return Value::unknown();
        }
        match self.model.find_function(&name.name) {
            Some(function) => self.text_function(function, args, &values),
            None => self.outside_function(&name.name, args, &values),
        }
    }

    fn arguments(&mut self, args: &[Arg]) -> Vec<Value> {
        args.iter()
            .map(|arg| match arg {
                Arg::Expr(expr) => rvalue(self.value(expr)),
                Arg::Type(_) | Arg::Opaque(_) => {
                    visit::walk_args(self, std::slice::from_ref(arg));
                    Value::unknown()
                }
            })
            .collect()
    }

    fn method(&mut self, map: usize, row: &Method, args: &[Arg], values: &[Value]) -> Value {
        let Some(decl) = self.model.maps.get(map) else {
            return Value::unknown();
        };
        for (param, value) in row.params.iter().zip(values) {
            if *param == MethodParam::ValuePtr
                && let Space::Own(content) = value.space
            {
                self.widen_content(map, content);
            }
        }
        self.submit(map, row, args);
        match row.result {
            MethodResult::Value => {
                let content = self
                    .contents
                    .get(map)
                    .copied()
                    .flatten()
                    .unwrap_or(AddressSpace::Any);
                let unknown = decl.has_twin || decl.value.spelling.is_empty();
                let value = if unknown {
                    Type::Unknown(String::new())
                } else {
                    decl.value.ty.clone()
                };
                Value::new(Type::Pointer(Box::new(value)), Space::Own(Some(content)))
            }
            MethodResult::Memory => {
                Value::new(Type::Pointer(Box::new(Type::Void)), Space::Own(None))
            }
            MethodResult::Number => Value::new(INT, Space::Plain),
            MethodResult::Counter => Value::new(U64, Space::Plain),
            MethodResult::Nothing => Value::new(Type::Void, Space::Plain),
        }
    }

    /// Notes the type of what is submitted to a map that carries events.
    fn submit(&mut self, map: usize, row: &Method, args: &[Arg]) {
        let Some(data) = row
            .params
            .iter()
            .position(|param| *param == MethodParam::Data)
        else {
            return;
        };
        let event = args.get(data).and_then(|arg| {
            self.whole_type(arg, args.get(data + 1))
                .or_else(|| self.pointed_type(arg))
        });
        let (Some(event), Some(Arg::Expr(data))) = (event, args.get(data)) else {
            return;
        };
        self.out.submissions.insert(data.span, (map, event.clone()));
        if let Some(slot) = self.out.events.get_mut(map) {
            *slot = Some(event);
        }
    }

    /// The type of `e`, if what is submitted is `&e.first` or `&e[0]` in the size of `e`.
    fn whole_type(&self, data: &Arg, size: Option<&Arg>) -> Option<Type> {
        let (Arg::Expr(data), Some(Arg::Expr(size))) = (data, size) else {
            return None;
        };
        let ExprKind::SizeofExpr {
            operand,
            size: true,
        } = &size.kind
        else {
            return None;
        };
        let ExprKind::Unary {
            op: UnaryOp::AddressOf,
            operand: part,
            ..
        } = &peel_casts(data).kind
        else {
            return None;
        };
        let whole = operand.without_parens();
        let is_part = !matches!(part.without_parens().kind, ExprKind::Ident(_))
            && matches!(whole.kind, ExprKind::Ident(_));
        let same = self.root(part)? == self.root(whole)?;
        let ty = &self.out.value(whole)?.ty;
        (is_part && same && !matches!(ty, Type::Pointer(_))).then(|| ty.clone())
    }

    /// The type a submitted pointer leads to, seen through casts.
    fn pointed_type(&self, arg: &Arg) -> Option<Type> {
        let Arg::Expr(expr) = arg else { return None };
        let value = self.out.value(peel_casts(expr))?;
        match &value.ty {
            // `e` and `&e` of `struct e e[1]` both submit one record of the element's type.
            Type::Pointer(inner) => Some((**inner).clone()),
            array @ Type::Array { .. } => Some(array.clone()),
            _ => None,
        }
        .filter(|ty| !matches!(ty, Type::Void | Type::Unknown(_) | Type::Function))
    }

    /// Passes what is known of the arguments to a function of the text, and its result back.
    fn text_function(&mut self, index: usize, args: &[Arg], values: &[Value]) -> Value {
        let Some(function) = self.model.functions.get(index) else {
            return Value::unknown();
        };
        for ((param, value), arg) in function.params.iter().zip(values).zip(args) {
            if let Some(name) = &param.declarator.name {
                let ty = self.types.resolve(&param.specifiers, &param.declarator);
                self.widen(VarId(name.span), value.space.convert(&ty));
                self.stored_by_callee(VarId(name.span), arg);
                if let Arg::Expr(arg) = arg {
                    let pointees = self.pointees(arg);
                    self.point(VarId(name.span), &pointees);
                }
            }
        }
        let ty = match &function.header {
            crate::model::Header::C {
                specifiers,
                declarator,
                ..
            } => self.types.result_type(specifiers, declarator),
            crate::model::Header::Macro { .. } => INT,
        };
        let space = self
            .results
            .get(index)
            .copied()
            .unwrap_or_default()
            .convert(&ty);
        Value::new(ty, space)
    }

    /// What a function stores through a pointer parameter is then where the argument points.
    fn stored_by_callee(&mut self, param: VarId, arg: &Arg) {
        let (Some(Space::Own(Some(stored))), Arg::Expr(arg)) =
            (self.spaces.get(&param).copied(), arg)
        else {
            return;
        };
        let pointed = peel_casts(arg);
        let is_address = matches!(
            pointed.kind,
            ExprKind::Unary {
                op: UnaryOp::AddressOf,
                ..
            }
        ) || self
            .out
            .value(pointed)
            .is_some_and(|value| matches!(value.ty, Type::Array { .. }));
        if is_address {
            self.store_through(pointed, stored);
        } else if let Some((pointer, false)) = self.root(pointed) {
            self.widen(pointer, Space::Own(Some(stored)));
        }
    }

    /// A helper of the kernel, a function of a header, or a macro of anyone.
    fn outside_function(&mut self, name: &str, args: &[Arg], values: &[Value]) -> Value {
        self.use_macro(name);
        if let Some(value) = self.use_variants(name, args, values) {
            return value;
        }
        if REGISTER_MACROS.contains(&name) {
            let registers = values.first().map(|value| value.space).unwrap_or_default();
            let space = register_value_space(name, registers);
            return Value::new(Type::Unknown(String::new()), space);
        }
        if name == SYSCALL_REGISTERS {
            return Value::new(registers_type(), Space::Foreign(AddressSpace::Kernel));
        }
        if KERNEL_POINTER_HELPERS.contains(&name) {
            return Value::new(U64, Space::Foreign(AddressSpace::Kernel));
        }
        if MAP_POINTER_HELPERS.contains(&name) {
            return Value::new(
                Type::Pointer(Box::new(Type::Void)),
                Space::Own(Some(AddressSpace::Any)),
            );
        }
        if let Some(helper) = find_read_helper(name) {
            let source = values.get(2).and_then(|value| value.space.foreign());
            let space = helper.space.or(source).unwrap_or(AddressSpace::Any);
            if let Some(Arg::Expr(destination)) = args.first() {
                self.store_through(destination, space);
            }
        }
        if COPY_FUNCTIONS.contains(&name)
            && let Some(Space::Own(Some(space))) = values.get(1).map(|value| value.space)
            && let Some(Arg::Expr(destination)) = args.first()
        {
            self.store_through(destination, space);
        }
        // What a process hands to its probes leads to its own memory.
        if let (Some(_), Some(Arg::Expr(destination))) = (find_usdt_reader(name), args.get(2)) {
            self.store_through(destination, AddressSpace::User);
        }
        if let Some((_, ty)) = RESULT_TYPES.iter().find(|(known, _)| *known == name) {
            return Value::new(ty.clone(), Space::Plain);
        }
        if name.starts_with("bpf_") && !self.types.is_macro(name) {
            return Value::unknown();
        }
        // A macro or inline function of a header: `inet_csk(sk)`, `container_of(p, struct s, m)`
        // lead where their arguments lead.
        let space = values
            .iter()
            .fold(Space::Plain, |space, value| space.join(value.space));
        Value::new(Type::Unknown(String::new()), space)
    }
}

/// Where the value of a register leads.
fn register_value_space(name: &str, registers: Space) -> Space {
    match registers {
        // Arguments of system calls are addresses of the calling process.
        _ if name.ends_with(SYSCALL_SUFFIX) => Space::Foreign(AddressSpace::User),
        // Saved registers may belong to user space, whoever saved them.
        Space::Foreign(_) => Space::Foreign(AddressSpace::Any),
        Space::Plain | Space::Own(_) => registers.load(),
    }
}

fn registers_type() -> Type {
    Type::Pointer(Box::new(Type::Named(TypeName {
        keyword: TypeKeyword::Struct,
        name: "pt_regs".to_owned(),
    })))
}

/// The expression below casts and parentheses.
pub(crate) fn peel_casts(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::Cast { operand: inner, .. } => peel_casts(inner),
        _ => expr,
    }
}
