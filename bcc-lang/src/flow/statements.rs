//! Statements: where paths part and meet.

use super::facts::{Kind, State, Val, join_vals};
use super::walk::{Frame, Walk};
use crate::ast::{
    Block, Declaration, Directive, DirectiveKind, Expr, InitDeclarator, Initializer, Stmt,
    StmtKind, Storage,
};
use crate::condition::Truth;
use crate::span::Span;

/// An `#if` whose alternatives are statements.
struct Group {
    entry: Option<State>,
    done: Option<State>,
    /// Whether this alternative is compiled.
    live: bool,
    /// Whether one of them is for sure.
    chosen: bool,
}

impl Walk<'_> {
    pub(super) fn block(&mut self, block: &Block) {
        self.enter();
        self.statements(&block.statements);
        self.leave();
    }

    pub(super) fn statements(&mut self, statements: &[Stmt]) {
        let mut groups: Vec<Group> = Vec::new();
        let mut rest = statements.iter().peekable();
        while let Some(stmt) = rest.next() {
            if let StmtKind::Directive(directive) = &stmt.kind {
                self.directive(directive, &mut groups);
                continue;
            }
            if groups.iter().any(|group| !group.live) {
                continue;
            }
            let next = rest.peek().map(|next| &next.kind);
            match (&stmt.kind, next) {
                // `LOOP(i) { ... }`: nobody knows how often.
                (StmtKind::Macro(_), Some(StmtKind::Block(block))) => {
                    rest.next();
                    self.clear();
                    let around = self.state.clone();
                    self.frames.push(Frame::Loop {
                        breaks: None,
                        continues: None,
                    });
                    self.block(block);
                    self.clear();
                    let after = self.state.take();
                    let left = self.leave_loop();
                    let met = self.meet(around, after);
                    self.state = self.meet(met, left);
                    self.clear();
                }
                _ => self.stmt(stmt),
            }
        }
        if !groups.is_empty() {
            self.clear();
        }
    }

    /// The states that `break` and `continue` of the innermost loop carry out of it.
    fn leave_loop(&mut self) -> Option<State> {
        match self.frames.pop() {
            Some(Frame::Loop { breaks, continues }) => self.meet(breaks, continues),
            _ => None,
        }
    }

    fn directive(&mut self, directive: &Directive, groups: &mut Vec<Group>) {
        let truth = self.flow.analysis.types.conditions().at(directive.span.end);
        match directive.kind {
            DirectiveKind::If(_) | DirectiveKind::Ifdef(_) | DirectiveKind::Ifndef(_) => {
                if let Some(state) = self.state.as_mut().filter(|_| truth == Truth::Unknown) {
                    state.branch();
                }
                groups.push(Group {
                    entry: self.state.clone(),
                    done: None,
                    live: truth != Truth::False,
                    chosen: truth == Truth::True,
                });
            }
            DirectiveKind::Elif(_) | DirectiveKind::Else => {
                let Some(mut group) = groups.pop() else {
                    self.clear();
                    return;
                };
                let state = self.state.take().filter(|_| group.live);
                group.done = self.meet(group.done, state);
                self.state.clone_from(&group.entry);
                group.live = truth != Truth::False;
                group.chosen |=
                    truth == Truth::True || matches!(directive.kind, DirectiveKind::Else);
                groups.push(group);
            }
            DirectiveKind::Endif => {
                let Some(group) = groups.pop() else {
                    self.clear();
                    return;
                };
                let state = self.state.take().filter(|_| group.live);
                let done = self.meet(group.done, state);
                let around = group.entry.filter(|_| !group.chosen);
                self.state = self.meet(done, around);
            }
            DirectiveKind::Include { .. }
            | DirectiveKind::Define(_)
            | DirectiveKind::Undef(_)
            | DirectiveKind::Other => {}
        }
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Empty | StmtKind::Directive(_) => {}
            StmtKind::Declaration(declaration) => self.declaration(declaration),
            StmtKind::Expr(expr) => self.expression_statement(expr),
            StmtKind::Block(block) => self.block(block),
            StmtKind::If {
                condition,
                then,
                otherwise,
            } => self.if_(condition, then, otherwise.as_deref()),
            StmtKind::Switch { value, body } => self.switch(value, body),
            StmtKind::While { condition, body } => {
                self.check_loop(stmt.span, Some(condition), None, body);
                self.loop_head(stmt.span);
                let (yes, no) = self.branch(condition);
                self.state = yes;
                let (back, breaks) = self.loop_body(body);
                self.loop_back(stmt.span, back);
                self.state = self.meet(no, breaks);
            }
            StmtKind::DoWhile { body, condition } => {
                self.check_loop(stmt.span, Some(condition), None, body);
                self.loop_head(stmt.span);
                let (around, breaks) = self.loop_body(body);
                self.state = around;
                let (back, no) = self.branch(condition);
                self.loop_back(stmt.span, back);
                self.state = self.meet(no, breaks);
            }
            StmtKind::For {
                init,
                condition,
                step,
                body,
            } => {
                self.enter();
                self.optional(init.as_deref());
                self.for_(stmt.span, (condition.as_ref(), step.as_ref()), body);
                self.leave();
            }
            StmtKind::Goto(name) => self.jump(&name.name),
            StmtKind::GotoExpr(_) => self.blind = true,
            StmtKind::Continue => self.leave_by(false),
            StmtKind::Break => self.leave_by(true),
            StmtKind::Return(value) => {
                let val = value.as_ref().map(|value| self.value(value));
                self.return_(val, stmt.span);
                self.state = None;
            }
            StmtKind::Label { name, body } => {
                self.land(&name.name);
                self.optional(body.as_deref());
            }
            StmtKind::Case { body, .. } => {
                self.case();
                self.optional(body.as_deref());
            }
            StmtKind::Default { body } => {
                if let Some(Frame::Switch { has_default, .. }) = self.frames.last_mut() {
                    *has_default = true;
                }
                self.case();
                self.optional(body.as_deref());
            }
            StmtKind::Macro(use_) => {
                for arg in use_.args.iter().flat_map(|args| &args.list) {
                    if let Some(expr) = &arg.expr {
                        self.mention(expr);
                    }
                }
                self.use_macro(&use_.name.name);
                self.clear();
            }
            StmtKind::Opaque(_) => self.clear(),
        }
    }

    fn if_(&mut self, condition: &Expr, then: &Stmt, otherwise: Option<&Stmt>) {
        let (yes, no) = self.branch(condition);
        self.state = yes;
        self.scoped(then);
        let after = self.state.take();
        self.state = no;
        if let Some(otherwise) = otherwise {
            self.scoped(otherwise);
        }
        let no = self.state.take();
        self.state = self.meet(after, no);
    }

    /// A `for` behind its first part.
    fn for_(&mut self, span: Span, (condition, step): (Option<&Expr>, Option<&Expr>), body: &Stmt) {
        self.check_loop(span, condition, step, body);
        self.loop_head(span);
        let (yes, no) = match condition {
            Some(condition) => self.branch(condition),
            None => (self.state.take(), None),
        };
        self.state = yes;
        let (around, breaks) = self.loop_body(body);
        self.state = around;
        if let Some(step) = step {
            self.value(step);
        }
        let back = self.state.take();
        self.loop_back(span, back);
        self.state = self.meet(no, breaks);
    }

    fn optional(&mut self, stmt: Option<&Stmt>) {
        if let Some(stmt) = stmt {
            self.stmt(stmt);
        }
    }

    fn scoped(&mut self, stmt: &Stmt) {
        self.enter();
        self.stmt(stmt);
        self.leave();
    }

    /// `f(x);`, and names that only the run-time text replaces: `FILTER;`
    fn expression_statement(&mut self, expr: &Expr) {
        self.value(expr);
        let name = match &expr.without_parens().kind {
            crate::ast::ExprKind::Ident(name) => &name.name,
            crate::ast::ExprKind::Call { callee, .. } => match &callee.kind {
                crate::ast::ExprKind::Ident(name) => &name.name,
                _ => return,
            },
            _ => return,
        };
        let known = self.find(name).is_some()
            || super::effects::call_uses(name).is_some()
            || self.flow.analysis.model.find_function(name).is_some();
        if !known && !name.chars().any(char::is_lowercase) {
            self.clear();
        }
    }

    /// The body of a loop: what leads back, `continue` included, and what `break` carries out.
    fn loop_body(&mut self, body: &Stmt) -> (Option<State>, Option<State>) {
        self.frames.push(Frame::Loop {
            breaks: None,
            continues: None,
        });
        self.scoped(body);
        let end = self.state.take();
        match self.frames.pop() {
            Some(Frame::Loop { breaks, continues }) => (self.meet(end, continues), breaks),
            _ => (end, None),
        }
    }

    fn leave_by(&mut self, is_break: bool) {
        let from = self.state.take();
        let frame = if is_break {
            self.frames.iter().rposition(|_| true)
        } else {
            self.frames
                .iter()
                .rposition(|frame| matches!(frame, Frame::Loop { .. }))
        };
        let Some(mut frame) = frame.map(|at| (at, self.frames.remove(at))) else {
            // In the body of a macro that is a loop.
            self.blind = true;
            return;
        };
        let slot = match &mut frame.1 {
            Frame::Loop { breaks, .. } | Frame::Switch { breaks, .. } if is_break => breaks,
            Frame::Loop { continues, .. } => continues,
            Frame::Switch { breaks, .. } => breaks,
        };
        let known = slot.take();
        *slot = self.meet(known, from);
        self.frames.insert(frame.0, frame.1);
    }

    fn switch(&mut self, value: &Expr, body: &Stmt) {
        self.value(value);
        if let Some(state) = &mut self.state {
            state.branch();
        }
        self.frames.push(Frame::Switch {
            entry: self.state.take(),
            has_default: false,
            breaks: None,
        });
        self.scoped(body);
        let end = self.state.take();
        if let Some(Frame::Switch {
            mut entry,
            has_default,
            breaks,
        }) = self.frames.pop()
        {
            // The cases may be all there are.
            if let Some(entry) = &mut entry {
                entry.unsure = true;
            }
            let end = self.meet(end, breaks);
            self.state = self.meet(end, entry.filter(|_| !has_default));
        } else {
            self.state = end;
        }
    }

    fn case(&mut self) {
        let innermost = self
            .frames
            .iter()
            .rposition(|frame| matches!(frame, Frame::Switch { .. }));
        let entry = innermost.and_then(|at| match self.frames.get(at) {
            Some(Frame::Switch { entry, .. }) => entry.clone(),
            _ => None,
        });
        let through = self.state.take();
        self.state = self.meet(through, entry);
    }

    fn declaration(&mut self, declaration: &Declaration) {
        let is_static =
            declaration.specifiers.storage.iter().any(|(word, _)| {
                matches!(word, Storage::Static | Storage::Extern | Storage::Typedef)
            });
        for declarator in &declaration.declarators {
            self.declare_local(declaration, declarator, is_static);
        }
    }

    fn declare_local(
        &mut self,
        declaration: &Declaration,
        local: &InitDeclarator,
        is_static: bool,
    ) {
        let InitDeclarator {
            declarator, init, ..
        } = local;
        let Some(name) = &declarator.name else { return };
        let types = self.flow.analysis.types;
        let ty = match init {
            Some(init) => types.resolve_initialized(&declaration.specifiers, declarator, init),
            None => types.resolve(&declaration.specifiers, declarator),
        };
        let size = self.size_of(&ty);
        let var = self.declare(name, ty);
        match init {
            Some(Initializer::Expr(expr)) => {
                let val = self.value(expr);
                let val = self.convert(val, var);
                if is_static {
                    self.escape(val);
                } else {
                    self.assign(var, val);
                }
            }
            Some(Initializer::List(list)) => self.init_list(list),
            None if is_static || size.is_none() || self.is_escaped(var) => {}
            None => {
                if let Some(state) = &mut self.state {
                    let written = Some(super::facts::Bytes::default());
                    let val = Val::UNKNOWN;
                    state.set_var(var, super::facts::Var { val, written });
                }
            }
        }
    }

    /// The value of a choice between two paths, which meet here.
    pub(super) fn choose(
        &mut self,
        yes: Option<State>,
        then: impl FnOnce(&mut Self) -> Val,
        no: Option<State>,
        otherwise: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        self.state = yes;
        let then = then(self);
        let yes = self.state.take();
        self.state = no;
        let otherwise = otherwise(self);
        let no = self.state.take();
        let val = match (&yes, &no) {
            (Some(a), Some(b)) => join_vals(then, a, otherwise, b, &self.sites),
            (Some(_), None) => then,
            (None, Some(_)) => otherwise,
            (None, None) => Val::new(Kind::Unknown),
        };
        self.state = self.meet(yes, no);
        val
    }

    /// Where a function without a `return` ends.
    pub(super) fn end_of(&self) -> Span {
        let end = self.function.body.span.end;
        Span::new(end.saturating_sub(1), end)
    }
}
