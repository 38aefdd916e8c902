//! Expressions.

use super::scope::VarId;
use super::space::Space;
use super::{Infer, Value};
use crate::ast::{BinaryOp, Designator, Expr, ExprKind, Ident, InitList, StmtKind, UnaryOp};
use crate::consts::literal;
use crate::dialect::helpers::AddressSpace;
use crate::program::{Type, TypeName};
use crate::visit::{self, Visitor as _};

pub(super) const INT: Type = Type::Int {
    size: 4,
    signed: true,
};
pub(super) const LONG: Type = Type::Int {
    size: 8,
    signed: true,
};
pub(super) const U32: Type = Type::Int {
    size: 4,
    signed: false,
};
pub(super) const U64: Type = Type::Int {
    size: 8,
    signed: false,
};

impl Infer<'_> {
    /// What is known of `expr`; remembers it and everything below it.
    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        let value = self.value_of_kind(expr);
        self.out.values.insert(expr.span, value.clone());
        value
    }

    fn value_of_kind(&mut self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Ident(name) => self.name(name),
            ExprKind::Number => Value::new(number_type(self.source.slice(expr.span)), Space::Plain),
            ExprKind::Char => Value::new(INT, Space::Plain),
            ExprKind::String(_) => Value::new(Type::Pointer(Box::new(Type::Char)), Space::Plain),
            ExprKind::Paren(inner) => self.value(inner),
            ExprKind::Unary { op, operand, .. } => self.unary(*op, operand),
            ExprKind::Postfix { operand, .. } => rvalue(self.value(operand)),
            ExprKind::Binary {
                op, left, right, ..
            } => self.binary(*op, left, right),
            ExprKind::Assign {
                op, target, value, ..
            } => self.assign(op.is_some(), target, value),
            ExprKind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, then.as_deref(), otherwise),
            ExprKind::Cast { ty, operand } => {
                self.visit_type_name(ty);
                let ty = self.types.resolve_type_name(ty);
                let value = self.value(operand);
                let space = super::doubt::cast(operand, &value, &ty, self.types);
                Value::new(ty, space)
            }
            ExprKind::CompoundLiteral { ty, init } => {
                self.visit_type_name(ty);
                let ty = self.types.resolve_type_name(ty);
                let space = self.init_list(init);
                Value::new(ty, space)
            }
            ExprKind::Call { callee, args, .. } => self.call(expr, callee, args),
            ExprKind::Member {
                base,
                arrow,
                member,
                ..
            } => self.member(expr, base, *arrow, member),
            ExprKind::Index { base, index } => {
                let index = self.value(index);
                let value = self.value(base);
                // `1[p]` is `p[1]`.
                if matches!(index.ty, Type::Pointer(_) | Type::Array { .. }) {
                    return element(&index);
                }
                let element = element(&value);
                self.packet_element(expr, base, &element.ty)
                    .unwrap_or(element)
            }
            ExprKind::SizeofExpr { operand, .. } => {
                self.value(operand);
                Value::new(U64, Space::Plain)
            }
            ExprKind::SizeofType { .. } | ExprKind::Offsetof { .. } => {
                visit::walk_expr(self, expr);
                Value::new(U64, Space::Plain)
            }
            ExprKind::Statements(block) => self.statements(block),
            ExprKind::Comma(left, right) => {
                self.value(left);
                rvalue(self.value(right))
            }
            ExprKind::Generic { .. } => {
                visit::walk_expr(self, expr);
                Value::unknown()
            }
            ExprKind::LabelAddress(_) | ExprKind::Opaque => Value::unknown(),
        }
    }

    fn name(&mut self, name: &Ident) -> Value {
        let Some(var) = self.scopes.find(&name.name).cloned() else {
            self.use_macro(&name.name);
            if let Some(value) = self.use_variants(&name.name, &[], &[]) {
                return value;
            }
            return match self.types.variable(&name.name) {
                Some(ty) => Value::new(ty.clone(), Space::Plain),
                None if self.types.constant(&name.name).is_some() => Value::new(INT, Space::Plain),
                None => Value::unknown(),
            };
        };
        self.use_variable(var.id);
        let held = self.spaces.get(&var.id).copied().unwrap_or_default();
        let space = if matches!(var.ty, Type::Array { .. }) {
            own_memory(held)
        } else {
            held
        };
        Value::new(var.ty, space)
    }

    /// Notes that something reads or writes a variable.
    pub(super) fn use_variable(&mut self, id: VarId) {
        if let Some(used) = self.out.used.get_mut(&id.0) {
            *used = true;
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) -> Value {
        let value = self.value(operand);
        match op {
            UnaryOp::Deref => element(&value),
            UnaryOp::AddressOf => {
                let space = match value.place {
                    Some(space) => Space::Foreign(space),
                    None => own_memory(value.space),
                };
                Value::new(Type::Pointer(Box::new(value.ty)), space)
            }
            UnaryOp::Not => Value::new(INT, Space::Plain),
            UnaryOp::Plus | UnaryOp::Minus | UnaryOp::BitNot => {
                Value::new(promote(value.ty), Space::Plain)
            }
            UnaryOp::Increment | UnaryOp::Decrement => rvalue(value),
            UnaryOp::Extension => value,
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Value {
        let left = rvalue(self.value(left));
        let right = rvalue(self.value(right));
        match op {
            BinaryOp::Lt
            | BinaryOp::Gt
            | BinaryOp::Le
            | BinaryOp::Ge
            | BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::And
            | BinaryOp::Or => Value::new(INT, Space::Plain),
            BinaryOp::Shl | BinaryOp::Shr => Value::new(promote(left.ty), Space::Plain),
            BinaryOp::Add | BinaryOp::Sub => address_arithmetic(op, left, right),
            // Masking keeps an address an address: `sk & ~1`.
            BinaryOp::BitAnd | BinaryOp::BitOr => {
                let space = left.space.join(right.space);
                Value::new(usual_type(left.ty, right.ty), space)
            }
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem | BinaryOp::BitXor => {
                Value::new(usual_type(left.ty, right.ty), Space::Plain)
            }
        }
    }

    fn assign(&mut self, compound: bool, target: &Expr, value: &Expr) -> Value {
        let stored = self.value(value);
        let target_value = self.value(target);
        if !compound {
            let space = stored.space.convert(&target_value.ty);
            self.store_value(target, value, space);
        }
        rvalue(target_value)
    }

    /// Notes that `space` is stored into what `target` names.
    pub(super) fn store(&mut self, target: &Expr, space: Space) {
        let Some((id, through_pointer)) = self.root(target) else {
            return;
        };
        if through_pointer {
            // The pointer still leads where it led; what lies there now holds the address.
            if let (Some(Space::Own(content)), Space::Foreign(stored)) =
                (self.spaces.get(&id), space)
            {
                let widened = Space::Own(super::space::join_contents(*content, Some(stored)));
                self.widen(id, widened);
            }
        } else {
            self.widen(id, space);
        }
    }

    /// The variable at the root of an lvalue, and whether a pointer is followed on the way.
    pub(super) fn root(&self, expr: &Expr) -> Option<(VarId, bool)> {
        match &expr.kind {
            ExprKind::Ident(name) => Some((self.scopes.find(&name.name)?.id, false)),
            ExprKind::Paren(inner) | ExprKind::Cast { operand: inner, .. } => self.root(inner),
            ExprKind::Member { base, arrow, .. } => {
                self.root(base).map(|(id, through)| (id, through || *arrow))
            }
            ExprKind::Index { base, .. } => {
                let array = self
                    .out
                    .value(base)
                    .is_some_and(|value| matches!(value.ty, Type::Array { .. }));
                self.root(base).map(|(id, through)| (id, through || !array))
            }
            ExprKind::Unary {
                op: UnaryOp::Deref,
                operand,
                ..
            } => self.root(operand).map(|(id, _)| (id, true)),
            _ => None,
        }
    }

    /// Notes that memory of `space` was copied to where `destination` points.
    pub(super) fn store_through(&mut self, destination: &Expr, space: AddressSpace) {
        let target = peel_address(destination);
        let ty = self.out.value(target).map(|value| value.ty.clone());
        if let (Some((id, false)), Some(ty)) = (self.root(target), ty) {
            // `p` passes the memory it points to, `&x` and an array pass the variable itself.
            let through_pointer = matches!(ty, Type::Pointer(_))
                && std::ptr::eq(target, super::peel_casts(destination));
            let stored = if through_pointer {
                Space::Own(Some(space))
            } else {
                Space::Foreign(space)
            };
            self.widen(id, stored.convert(&ty));
        }
    }

    fn conditional(&mut self, condition: &Expr, then: Option<&Expr>, otherwise: &Expr) -> Value {
        let condition = rvalue(self.value(condition));
        let then = then.map_or(condition, |then| rvalue(self.value(then)));
        let otherwise = rvalue(self.value(otherwise));
        let space = then.space.join(otherwise.space);
        let ty = match (&then.ty, &otherwise.ty) {
            (Type::Pointer(_), _) => then.ty,
            (_, Type::Pointer(_)) => otherwise.ty,
            _ => usual_type(then.ty, otherwise.ty),
        };
        Value::new(ty, space)
    }

    fn member(&mut self, expr: &Expr, base: &Expr, arrow: bool, member: &Ident) -> Value {
        if let Some(map) = self.map_of(base) {
            return self.map_field(expr, map, member);
        }
        let (base_expr, base) = (base, self.value(base));
        let record = if arrow {
            pointee(&base.ty)
        } else {
            base.ty.clone()
        };
        let pointer = arrow.then_some(base.space);
        if let Some(value) = self.packet_member(expr, (base_expr, pointer), &record, member) {
            return value;
        }
        let ty = self
            .types
            .member_type(&record, &member.name)
            .or_else(|| context_member(&record, &member.name));
        let ty = ty.unwrap_or_else(|| Type::Unknown(String::new()));
        let (place, loaded) = match (arrow, base.space.foreign(), base.place) {
            (true, Some(space), _) | (false, _, Some(space)) => {
                (Some(space), Space::Foreign(space))
            }
            (true, None, _) => (None, base.space.load()),
            (false, _, None) => (None, base.space),
        };
        let loaded = if place.is_some() && is_registers(&record) {
            Space::Foreign(AddressSpace::Any)
        } else {
            loaded
        };
        object(ty, place, loaded)
    }

    /// `map.key` and `map.leaf`.
    fn map_field(&mut self, expr: &Expr, map: usize, member: &Ident) -> Value {
        let Some(decl) = self.model.maps.get(map) else {
            return Value::unknown();
        };
        let ty = match member.name.as_str() {
            "key" => decl.key.ty.clone(),
            "leaf" => decl.value.ty.clone(),
            _ => return Value::unknown(),
        };
        self.out.map_fields.insert(expr.span, map);
        Value::new(ty, Space::Plain)
    }

    /// The index of the map that `expr` names.
    pub(super) fn map_of(&self, expr: &Expr) -> Option<usize> {
        let ExprKind::Ident(name) = &expr.kind else {
            return None;
        };
        if self.scopes.find(&name.name).is_some() {
            return None;
        }
        self.model.find_map(&name.name)
    }

    fn init_list(&mut self, list: &InitList) -> Space {
        let mut space = Space::Plain;
        for item in &list.items {
            for index in item.designators.iter().flat_map(Designator::indices) {
                self.value(index);
            }
            space = space.join(self.initializer(&item.value));
        }
        space
    }

    /// The value of a statement expression is that of its last statement.
    fn statements(&mut self, block: &crate::ast::Block) -> Value {
        self.visit_block(block);
        match block.statements.last().map(|stmt| &stmt.kind) {
            Some(StmtKind::Expr(last)) => self
                .out
                .value(last)
                .cloned()
                .map_or_else(Value::unknown, rvalue),
            _ => Value::new(Type::Void, Space::Plain),
        }
    }
}

/// What `*base` and `base[i]` name.
fn element(base: &Value) -> Value {
    object(pointee(&base.ty), base.space.foreign(), base.space.load())
}

/// An object in memory: an array stands for its own address.
fn object(ty: Type, place: Option<AddressSpace>, loaded: Space) -> Value {
    let space = match (&ty, place) {
        (Type::Array { .. }, Some(space)) => Space::Foreign(space),
        (Type::Array { .. }, None) => own_memory(loaded),
        _ => loaded.convert(&ty),
    };
    let own_unknown = place.is_none() && matches!(ty, Type::Unknown(_));
    Value {
        ty,
        space,
        place,
        own_unknown,
    }
}

/// What is known of the address of memory that holds `held`.
const fn own_memory(held: Space) -> Space {
    match held {
        Space::Foreign(space) => Space::Own(Some(space)),
        Space::Own(content) => Space::Own(content),
        Space::Plain => Space::Own(None),
    }
}

/// The value an lvalue holds: an array becomes its address.
pub(super) fn rvalue(value: Value) -> Value {
    let ty = match value.ty {
        Type::Array { element, .. } => Type::Pointer(element),
        other => other,
    };
    Value::new(ty, value.space)
}

/// What a pointer or an array leads to.
fn pointee(ty: &Type) -> Type {
    match ty {
        Type::Pointer(inner) | Type::Array { element: inner, .. } => (**inner).clone(),
        _ => Type::Unknown(String::new()),
    }
}

/// The type of a member of a context that the text does not define.
fn context_member(record: &Type, member: &str) -> Option<Type> {
    let Type::Named(TypeName { name, .. }) = record else {
        return None;
    };
    let is_arguments = name == "bpf_raw_tracepoint_args" && member == "args";
    is_arguments.then(|| Type::Array {
        element: Box::new(U64),
        len: 0,
    })
}

/// Saved registers may belong to user space, whoever saved them.
fn is_registers(record: &Type) -> bool {
    matches!(record, Type::Named(TypeName { name, .. }) if name == "pt_regs")
}

/// The expression whose address is passed: `x` for `&x`, for `(void *)&x` and for an array `x`.
fn peel_address(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner)
        | ExprKind::Cast { operand: inner, .. }
        | ExprKind::Unary {
            op: UnaryOp::AddressOf,
            operand: inner,
            ..
        } => peel_address(inner),
        _ => expr,
    }
}

/// A pointer plus or minus a number stays a pointer; the difference of two is none.
fn address_arithmetic(op: BinaryOp, left: Value, right: Value) -> Value {
    let pointer = |value: &Value| matches!(value.ty, Type::Pointer(_));
    match (pointer(&left), pointer(&right)) {
        (true, true) if op == BinaryOp::Sub => Value::new(LONG, Space::Plain),
        (true, _) => left,
        (false, true) => right,
        (false, false) => {
            // Only one side can be the address: the number on the other side is an offset.
            let space = if left.space == Space::Plain {
                right.space
            } else {
                left.space
            };
            Value::new(usual_type(left.ty, right.ty), space)
        }
    }
}

/// Integer promotion.
fn promote(ty: Type) -> Type {
    match ty {
        Type::Int { size, .. } if size < 4 => INT,
        Type::Bool | Type::Char => INT,
        other => other,
    }
}

/// The usual arithmetic conversions, as far as both types are known.
fn usual_type(left: Type, right: Type) -> Type {
    match (promote(left), promote(right)) {
        (Type::Int { size: a, signed: x }, Type::Int { size: b, signed: y }) => match a.cmp(&b) {
            std::cmp::Ordering::Greater => Type::Int { size: a, signed: x },
            std::cmp::Ordering::Less => Type::Int { size: b, signed: y },
            std::cmp::Ordering::Equal => Type::Int {
                size: a,
                signed: x && y,
            },
        },
        (float @ Type::Float { .. }, _) | (_, float @ Type::Float { .. }) => float,
        (Type::Pointer(inner), _) | (_, Type::Pointer(inner)) => Type::Pointer(inner),
        _ => Type::Unknown(String::new()),
    }
}

/// The type of a number as written.
fn number_type(text: &str) -> Type {
    match literal::number(text) {
        Some(value) => Type::Int {
            size: value.ty().bits / 8,
            signed: value.ty().signed,
        },
        None => Type::Float { size: 8 },
    }
}
