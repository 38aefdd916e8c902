//! Expressions: what they give, and what evaluating them makes known.

use super::facts::{Kind, Origin, Val, VarNo};
use super::places::address;
use super::walk::{SiteKind, Walk};
use crate::ast::{
    Arg, BinaryOp, Designator, Expr, ExprKind, InitList, Initializer, PostfixOp, StmtKind, UnaryOp,
};
use crate::program::Type;
use crate::visit::{self, Visitor};

impl Walk<'_> {
    /// Evaluates an expression.
    pub(super) fn value(&mut self, expr: &Expr) -> Val {
        if self.state.is_none() {
            return Val::UNKNOWN;
        }
        match &expr.kind {
            ExprKind::Ident(name) => {
                if self.find(&name.name).is_some() {
                    let place = self.place(expr);
                    return self.load(place, expr);
                }
                if name.name == "NULL" {
                    return Val::new(Kind::Constant(0));
                }
                self.use_macro(&name.name);
                self.known_constant(expr)
            }
            ExprKind::Number
            | ExprKind::Char
            | ExprKind::SizeofType { .. }
            | ExprKind::Offsetof { .. } => self.known_constant(expr),
            ExprKind::String(_) => Val::UNKNOWN,
            ExprKind::Paren(inner) => self.value(inner),
            ExprKind::Unary { op, operand, .. } => self.unary(*op, operand, expr),
            ExprKind::Postfix { op, operand } => {
                let by = if *op == PostfixOp::Increment { 1 } else { -1 };
                self.step(operand, by)
            }
            ExprKind::Binary {
                op, left, right, ..
            } => self.binary(*op, left, right, expr),
            ExprKind::Assign {
                op, target, value, ..
            } => self.assignment(*op, target, value),
            ExprKind::Conditional {
                condition,
                then: Some(then),
                otherwise,
            } => {
                let (yes, no) = self.branch(condition);
                self.choose(
                    yes,
                    |walk| walk.value(then),
                    no,
                    |walk| walk.value(otherwise),
                )
            }
            ExprKind::Conditional {
                condition,
                then: None,
                otherwise,
            } => {
                let (yes, no) = self.branch(condition);
                self.choose(yes, |_| Val::UNKNOWN, no, |walk| walk.value(otherwise))
            }
            ExprKind::Cast { operand, .. } => {
                let val = self.value(operand);
                match self.type_of(expr).cloned() {
                    Some(ty) => self.convert_to(val, &ty),
                    None => self.converted_away(val),
                }
            }
            ExprKind::CompoundLiteral { init, .. } => {
                self.init_list(init);
                Val::UNKNOWN
            }
            ExprKind::Call { callee, args, .. } => self.call(expr, callee, args),
            ExprKind::Member { .. } | ExprKind::Index { .. } => {
                let place = self.place(expr);
                self.load(place, expr)
            }
            ExprKind::SizeofExpr { operand, size } => {
                let size = size
                    .then(|| self.type_of(operand).and_then(|ty| self.size_of(ty)))
                    .flatten();
                size.map_or(Val::UNKNOWN, |size| {
                    Val::new(Kind::Constant(i128::from(size)))
                })
            }
            ExprKind::Statements(block) => self.statement_expression(block),
            ExprKind::Comma(left, right) => {
                self.value(left);
                self.value(right)
            }
            ExprKind::Generic { .. } => {
                self.mention(expr);
                Val::UNKNOWN
            }
            ExprKind::LabelAddress(_) => {
                self.blind = true;
                Val::UNKNOWN
            }
            ExprKind::Opaque => {
                self.clear();
                Val::UNKNOWN
            }
        }
    }

    fn known_constant(&self, expr: &Expr) -> Val {
        let value = self.flow.analysis.types.const_eval(expr);
        value.map_or(Val::UNKNOWN, |value| Val::new(Kind::Constant(value)))
    }

    fn statement_expression(&mut self, block: &crate::ast::Block) -> Val {
        self.enter();
        let mut val = Val::UNKNOWN;
        if let Some((last, before)) = block.statements.split_last() {
            self.statements(before);
            if let StmtKind::Expr(expr) = &last.kind {
                val = self.value(expr);
            } else {
                self.stmt(last);
            }
        }
        self.leave();
        val
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, expr: &Expr) -> Val {
        match op {
            UnaryOp::Deref => {
                let place = self.place(expr);
                self.load(place, expr)
            }
            UnaryOp::AddressOf => {
                let place = self.place(operand);
                address(place)
            }
            UnaryOp::Not => self.truth(expr),
            UnaryOp::Increment => self.step(operand, 1),
            UnaryOp::Decrement => self.step(operand, -1),
            UnaryOp::Plus | UnaryOp::Extension => self.value(operand),
            UnaryOp::Minus => {
                let val = self.value(operand);
                let negative = val.constant().and_then(i128::checked_neg);
                negative.map_or_else(
                    || self.converted_away(val),
                    |value| Val::new(Kind::Constant(value)),
                )
            }
            UnaryOp::BitNot => {
                let val = self.value(operand);
                self.converted_away(val)
            }
        }
    }

    /// A condition as a number: both sides meet again.
    fn truth(&mut self, expr: &Expr) -> Val {
        let (yes, no) = self.branch(expr);
        let (one, zero) = (Val::new(Kind::Constant(1)), Val::new(Kind::Constant(0)));
        self.choose(yes, |_| one, no, |_| zero)
    }

    /// `x++`
    fn step(&mut self, operand: &Expr, by: i128) -> Val {
        let place = self.place(operand);
        let before = self.load(place, operand);
        let after = before.constant().and_then(|value| value.checked_add(by));
        let after = after.map_or(Val::UNKNOWN, |value| Val::new(Kind::Constant(value)));
        self.store(place, after, operand);
        Val::UNKNOWN
    }

    fn assignment(&mut self, op: Option<BinaryOp>, target: &Expr, value: &Expr) -> Val {
        let Some(op) = op else {
            let val = self.value(value);
            let place = self.place(target);
            self.store(place, val, target);
            return val;
        };
        let right = self.value(value);
        let place = self.place(target);
        let left = self.load(place, target);
        let val = self.arithmetic(op, left, right);
        self.store(place, val, target);
        val
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, expr: &Expr) -> Val {
        match op {
            BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Gt
            | BinaryOp::Le
            | BinaryOp::Ge => self.truth(expr),
            BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Rem
            | BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Shl
            | BinaryOp::Shr
            | BinaryOp::BitAnd
            | BinaryOp::BitXor
            | BinaryOp::BitOr => {
                let a = self.value(left);
                let b = self.value(right);
                self.arithmetic(op, a, b)
            }
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, a: Val, b: Val) -> Val {
        if let (Kind::Origin(Origin::PidTgid), Some(mask), BinaryOp::BitAnd) =
            (a.kind, b.constant(), op)
            && mask == i128::from(u32::MAX)
        {
            return Val::new(Kind::Origin(Origin::Thread));
        }
        if let (Kind::Origin(Origin::PidTgid), BinaryOp::Shr) = (a.kind, op) {
            self.knows_process = true;
        }
        if let (Some(a), Some(b)) = (a.constant(), b.constant()) {
            return fold(op, a, b).map_or(Val::UNKNOWN, |value| Val::new(Kind::Constant(value)));
        }
        // An address plus a number is an address of the same memory, which nobody has tested.
        if let (Kind::Address(var, _), BinaryOp::Add | BinaryOp::Sub) = (a.kind, op) {
            return Val::new(Kind::Address(var, Some((0, 0))));
        }
        self.converted_away(a);
        self.converted_away(b);
        Val::UNKNOWN
    }

    /// A value becomes another one: of a pointer that goes on as a number nothing is known, and a
    /// number may be bounded by way of what it becomes.
    pub(super) fn converted_away(&mut self, val: Val) -> Val {
        match val.kind {
            Kind::Result(site) if self.is_number(site) => {
                if let Some(state) = &mut self.state {
                    state.change_site(site, |fact| {
                        fact.upper = true;
                        fact.lower = true;
                    });
                }
            }
            Kind::Result(_) | Kind::Inside(_) | Kind::Address(..) => self.escape(val),
            Kind::Unknown | Kind::Constant(_) | Kind::Origin(_) => {}
        }
        Val::UNKNOWN
    }

    /// What a variable holds once it is given a value.
    pub(super) fn convert(&mut self, val: Val, var: VarNo) -> Val {
        let Some(ty) = self.info(var).map(|info| info.ty.clone()) else {
            return Val::UNKNOWN;
        };
        match val.kind {
            // Through a variable, a write is not seen.
            Kind::Address(..) => {
                self.escape(val);
                Val::UNKNOWN
            }
            _ if self.is_escaped(var) => self.converted_away(val),
            _ => self.convert_to(val, &ty),
        }
    }

    pub(super) fn convert_to(&mut self, val: Val, ty: &Type) -> Val {
        match (val.kind, ty) {
            (Kind::Constant(value), Type::Int { size, signed }) => {
                let bits = u32::from(*size) * 8 - u32::from(*signed);
                let fits = value < (1_i128 << bits.min(64)) && (*signed || value >= 0);
                if fits { val } else { Val::UNKNOWN }
            }
            (Kind::Result(site), Type::Int { size: 4.., signed }) => {
                match self.sites.get(site).map(|info| info.kind) {
                    Some(SiteKind::Number { signed: from }) if from == *signed => val,
                    Some(SiteKind::StackId) => val,
                    _ => self.converted_away(val),
                }
            }
            (Kind::Origin(Origin::PidTgid), Type::Int { size: 4, .. }) => {
                Val::new(Kind::Origin(Origin::Thread))
            }
            (Kind::Origin(Origin::Thread), Type::Int { size: 4.., .. })
            | (Kind::Origin(_), Type::Int { size: 8, .. })
            | (Kind::Unknown, _)
            | (
                Kind::Constant(0) | Kind::Result(_) | Kind::Inside(_) | Kind::Address(..),
                Type::Pointer(_),
            ) => val,
            _ => self.converted_away(val),
        }
    }

    pub(super) fn init_list(&mut self, list: &InitList) {
        for item in &list.items {
            for index in item.designators.iter().flat_map(Designator::indices) {
                self.value(index);
            }
            match &item.value {
                Initializer::Expr(expr) => {
                    let val = self.value(expr);
                    self.converted_away(val);
                }
                Initializer::List(list) => self.init_list(list),
            }
        }
    }

    /// Something is written that may not be evaluated, or in a way nobody knows: of what it names
    /// nothing is known any more, nor of what it takes the address of, ever.
    pub(super) fn mention(&mut self, expr: &Expr) {
        let mut names = Names::default();
        names.visit_expr(expr);
        self.mention_names(&names);
    }

    pub(super) fn mention_args(&mut self, args: &[Arg]) {
        let mut names = Names::default();
        visit::walk_args(&mut names, args);
        self.mention_names(&names);
        if args.iter().any(|arg| matches!(arg, Arg::Opaque(_))) {
            self.clear();
        }
    }

    fn mention_names(&mut self, names: &Names) {
        for name in &names.all {
            let Some(var) = self.find(name) else { continue };
            let val = self.state.as_ref().map(|state| state.var(var).val);
            if let Some(val) = val {
                self.escape(val);
            }
            if names.addresses.contains(name) {
                self.escape_var(var);
            } else if let Some(state) = &mut self.state {
                state.forget_var(var);
            }
        }
    }

    /// The body of a macro names a variable, and may do anything with it.
    pub(super) fn mention_name(&mut self, name: &str) {
        if let Some(var) = self.find(name) {
            let val = self.state.as_ref().map(|state| state.var(var).val);
            if let Some(val) = val {
                self.escape(val);
            }
            self.escape_var(var);
        }
    }

    /// A macro brings the names in its body along, and may hold statements.
    pub(super) fn use_macro(&mut self, name: &str) {
        let flow = self.flow;
        if !flow.macros.contains(name) {
            return;
        }
        let (names, moves) = flow.macros.reached(name);
        for name in names {
            self.mention_name(name);
        }
        if moves {
            self.clear();
        }
    }
}

/// The names in an expression, and those it takes the address of.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    addresses: Vec<String>,
    below_address: bool,
}

impl Visitor for Names {
    fn visit_expr(&mut self, expr: &Expr) {
        let outer = self.below_address;
        match &expr.kind {
            ExprKind::Ident(name) => {
                self.all.push(name.name.clone());
                if self.below_address {
                    self.addresses.push(name.name.clone());
                }
            }
            ExprKind::Unary {
                op: UnaryOp::AddressOf,
                ..
            } => self.below_address = true,
            _ => {}
        }
        visit::walk_expr(self, expr);
        self.below_address = outer;
    }
}

fn fold(op: BinaryOp, a: i128, b: i128) -> Option<i128> {
    let value = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::BitAnd => Some(a & b),
        BinaryOp::BitOr => Some(a | b),
        BinaryOp::Shl if (0..32).contains(&b) => a.checked_mul(1 << b),
        BinaryOp::Shr if (0..64).contains(&b) && a >= 0 => Some(a >> b),
        _ => None,
    }?;
    // What may wrap around is not followed.
    (0..=i128::from(i32::MAX)).contains(&value).then_some(value)
}
