//! Walking the syntax tree.
//!
//! In: a tree. Out: one call per node, children in the order of the text. A stage overrides the
//! nodes it cares about and calls the matching `walk_` function to go on below them.

use crate::ast::{
    Arg, Block, Declaration, Declarator, Derived, Designator, Directive, Expr, ExprKind, Field,
    Function, InitList, Initializer, MacroFunction, MacroUse, MemberItem, Param, Specifiers, Stmt,
    StmtKind, TypeName, TypeSpec,
};

/// Called for each node; the defaults visit what lies below.
pub trait Visitor {
    /// An expression.
    fn visit_expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }
    /// A statement.
    fn visit_stmt(&mut self, stmt: &Stmt) {
        walk_stmt(self, stmt);
    }
    /// A block: a scope.
    fn visit_block(&mut self, block: &Block) {
        walk_block(self, block);
    }
    /// A declaration.
    fn visit_declaration(&mut self, declaration: &Declaration) {
        walk_declaration(self, declaration);
    }
    /// The words before a declarator.
    fn visit_specifiers(&mut self, specifiers: &Specifiers) {
        walk_specifiers(self, specifiers);
    }
    /// A declarator.
    fn visit_declarator(&mut self, declarator: &Declarator) {
        walk_declarator(self, declarator);
    }
    /// An initialiser.
    fn visit_initializer(&mut self, init: &Initializer) {
        walk_initializer(self, init);
    }
    /// A type name.
    fn visit_type_name(&mut self, ty: &TypeName) {
        self.visit_specifiers(&ty.specifiers);
        self.visit_declarator(&ty.declarator);
    }
    /// A parameter.
    fn visit_param(&mut self, param: &Param) {
        self.visit_specifiers(&param.specifiers);
        self.visit_declarator(&param.declarator);
    }
    /// A directive that stands where an item or a statement could.
    fn visit_directive(&mut self, _directive: &Directive) {}
    /// A macro use that stands where an item, a member or a statement could.
    fn visit_macro_use(&mut self, use_: &MacroUse) {
        walk_macro_use(self, use_);
    }
}

/// Visits the parts of a function definition.
pub fn walk_function<V: Visitor + ?Sized>(visitor: &mut V, function: &Function) {
    visitor.visit_specifiers(&function.specifiers);
    visitor.visit_declarator(&function.declarator);
    visitor.visit_block(&function.body);
}

/// Visits the parts of a macro that defines a function.
pub fn walk_macro_function<V: Visitor + ?Sized>(visitor: &mut V, function: &MacroFunction) {
    if let Some(specifiers) = &function.specifiers {
        visitor.visit_specifiers(specifiers);
    }
    visitor.visit_block(&function.body);
}

/// Visits the arguments of a macro use that read as expressions.
pub fn walk_macro_use<V: Visitor + ?Sized>(visitor: &mut V, use_: &MacroUse) {
    for expr in use_
        .args
        .iter()
        .flat_map(|args| &args.list)
        .filter_map(|arg| arg.expr.as_deref())
    {
        visitor.visit_expr(expr);
    }
}

/// Visits the statements of a block.
pub fn walk_block<V: Visitor + ?Sized>(visitor: &mut V, block: &Block) {
    for stmt in &block.statements {
        visitor.visit_stmt(stmt);
    }
}

/// Visits the parts of a declaration.
pub fn walk_declaration<V: Visitor + ?Sized>(visitor: &mut V, declaration: &Declaration) {
    visitor.visit_specifiers(&declaration.specifiers);
    for declarator in &declaration.declarators {
        visitor.visit_declarator(&declarator.declarator);
        if let Some(init) = &declarator.init {
            visitor.visit_initializer(init);
        }
    }
}

/// Visits the expressions and types inside specifiers.
pub fn walk_specifiers<V: Visitor + ?Sized>(visitor: &mut V, specifiers: &Specifiers) {
    match &specifiers.ty {
        TypeSpec::TypeofExpr(expr, _) => visitor.visit_expr(expr),
        TypeSpec::TypeofType(ty, _) => visitor.visit_type_name(ty),
        TypeSpec::Record(record) => {
            for item in record.members.iter().flatten() {
                match item {
                    MemberItem::Field(field) => walk_field(visitor, field),
                    MemberItem::Directive(directive) => visitor.visit_directive(directive),
                    MemberItem::Macro(use_) => visitor.visit_macro_use(use_),
                    MemberItem::Opaque(_) => {}
                }
            }
        }
        TypeSpec::Builtin(..)
        | TypeSpec::Enum(_)
        | TypeSpec::Named(_)
        | TypeSpec::Auto(_)
        | TypeSpec::Missing(_) => {}
    }
}

fn walk_field<V: Visitor + ?Sized>(visitor: &mut V, field: &Field) {
    visitor.visit_specifiers(&field.specifiers);
    for declarator in &field.declarators {
        visitor.visit_declarator(&declarator.declarator);
        if let Some(bits) = &declarator.bits {
            visitor.visit_expr(bits);
        }
    }
}

/// Visits the array sizes and parameters of a declarator.
pub fn walk_declarator<V: Visitor + ?Sized>(visitor: &mut V, declarator: &Declarator) {
    for step in &declarator.derived {
        match step {
            Derived::Pointer { .. } | Derived::Array { size: None, .. } => {}
            Derived::Array {
                size: Some(size), ..
            } => visitor.visit_expr(size),
            Derived::Function(params) => {
                for param in &params.list {
                    visitor.visit_param(param);
                }
            }
        }
    }
}

/// Visits the expressions of an initialiser.
pub fn walk_initializer<V: Visitor + ?Sized>(visitor: &mut V, init: &Initializer) {
    match init {
        Initializer::Expr(expr) => visitor.visit_expr(expr),
        Initializer::List(list) => walk_init_list(visitor, list),
    }
}

/// Visits the entries of an initialiser list.
pub fn walk_init_list<V: Visitor + ?Sized>(visitor: &mut V, list: &InitList) {
    for item in &list.items {
        for designator in &item.designators {
            walk_designator(visitor, designator);
        }
        visitor.visit_initializer(&item.value);
    }
}

fn walk_designator<V: Visitor + ?Sized>(visitor: &mut V, designator: &Designator) {
    for index in designator.indices() {
        visitor.visit_expr(index);
    }
}

/// Visits the operands of an expression.
pub fn walk_expr<V: Visitor + ?Sized>(visitor: &mut V, expr: &Expr) {
    match &expr.kind {
        ExprKind::Ident(_)
        | ExprKind::Number
        | ExprKind::Char
        | ExprKind::String(_)
        | ExprKind::LabelAddress(_)
        | ExprKind::Opaque => {}
        ExprKind::Paren(operand)
        | ExprKind::Unary { operand, .. }
        | ExprKind::Postfix { operand, .. }
        | ExprKind::SizeofExpr { operand, .. }
        | ExprKind::Member { base: operand, .. } => visitor.visit_expr(operand),
        ExprKind::Binary { left, right, .. }
        | ExprKind::Assign {
            target: left,
            value: right,
            ..
        }
        | ExprKind::Index {
            base: left,
            index: right,
        }
        | ExprKind::Comma(left, right) => {
            visitor.visit_expr(left);
            visitor.visit_expr(right);
        }
        ExprKind::Conditional {
            condition,
            then,
            otherwise,
        } => {
            visitor.visit_expr(condition);
            if let Some(then) = then {
                visitor.visit_expr(then);
            }
            visitor.visit_expr(otherwise);
        }
        ExprKind::Cast { ty, operand } => {
            visitor.visit_type_name(ty);
            visitor.visit_expr(operand);
        }
        ExprKind::CompoundLiteral { ty, init } => {
            visitor.visit_type_name(ty);
            walk_init_list(visitor, init);
        }
        ExprKind::Call { callee, args, .. } => {
            visitor.visit_expr(callee);
            walk_args(visitor, args);
        }
        ExprKind::SizeofType { ty, .. } => visitor.visit_type_name(ty),
        ExprKind::Offsetof { ty, path } => {
            visitor.visit_type_name(ty);
            for designator in path {
                walk_designator(visitor, designator);
            }
        }
        ExprKind::Statements(block) => visitor.visit_block(block),
        ExprKind::Generic { control, choices } => {
            visitor.visit_expr(control);
            for (ty, choice) in choices {
                if let Some(ty) = ty {
                    visitor.visit_type_name(ty);
                }
                visitor.visit_expr(choice);
            }
        }
    }
}

/// Visits the arguments of a call.
pub fn walk_args<V: Visitor + ?Sized>(visitor: &mut V, args: &[Arg]) {
    for arg in args {
        match arg {
            Arg::Expr(expr) => visitor.visit_expr(expr),
            Arg::Type(ty) => visitor.visit_type_name(ty),
            Arg::Opaque(_) => {}
        }
    }
}

/// Visits the parts of a statement.
pub fn walk_stmt<V: Visitor + ?Sized>(visitor: &mut V, stmt: &Stmt) {
    match &stmt.kind {
        StmtKind::Empty
        | StmtKind::Goto(_)
        | StmtKind::Continue
        | StmtKind::Break
        | StmtKind::Return(None)
        | StmtKind::Opaque(_) => {}
        StmtKind::Declaration(declaration) => visitor.visit_declaration(declaration),
        StmtKind::Expr(expr) | StmtKind::GotoExpr(expr) | StmtKind::Return(Some(expr)) => {
            visitor.visit_expr(expr);
        }
        StmtKind::Block(block) => visitor.visit_block(block),
        StmtKind::If {
            condition,
            then,
            otherwise,
        } => {
            visitor.visit_expr(condition);
            visitor.visit_stmt(then);
            if let Some(otherwise) = otherwise {
                visitor.visit_stmt(otherwise);
            }
        }
        StmtKind::Switch { value, body }
        | StmtKind::While {
            condition: value,
            body,
        } => {
            visitor.visit_expr(value);
            visitor.visit_stmt(body);
        }
        StmtKind::DoWhile { body, condition } => {
            visitor.visit_stmt(body);
            visitor.visit_expr(condition);
        }
        StmtKind::For {
            init,
            condition,
            step,
            body,
        } => {
            if let Some(init) = init {
                visitor.visit_stmt(init);
            }
            for expr in condition.iter().chain(step) {
                visitor.visit_expr(expr);
            }
            visitor.visit_stmt(body);
        }
        StmtKind::Label { body, .. } | StmtKind::Default { body } => {
            if let Some(body) = body {
                visitor.visit_stmt(body);
            }
        }
        StmtKind::Case { value, last, body } => {
            visitor.visit_expr(value);
            if let Some(last) = last {
                visitor.visit_expr(last);
            }
            if let Some(body) = body {
                visitor.visit_stmt(body);
            }
        }
        StmtKind::Macro(use_) => visitor.visit_macro_use(use_),
        StmtKind::Directive(directive) => visitor.visit_directive(directive),
    }
}
