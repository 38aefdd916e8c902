//! Mistakes that can be proven from the text alone.
//!
//! In: the model and what was inferred. Out: diagnostics only. A check speaks when it can prove a
//! mistake and stays silent about everything the kernel or a macro decides: a false alarm is worse
//! than a miss.

mod calls;
mod conditions;
mod events;
mod extent;
mod license;
mod maps;
mod members;
mod methods;
mod names;
mod numbers;
mod packets;
mod padding;
mod printk;
mod probes;
mod stack;
mod strict;
mod usdt;
mod versions;
mod writes;

use crate::analysis::Analysis;
use crate::ast::{Declaration, Expr, MacroUse, Stmt};
use crate::diag::Diagnostics;
use crate::dialect::helpers::AddressSpace;
use crate::model::FunctionDecl;
use crate::parse;
use crate::program::{Type, TypeKeyword};
use crate::span::Span;
use crate::uses::Use;
use crate::visit::{self, Visitor};

impl Analysis<'_> {
    /// Whether a type is a struct or a union.
    fn is_record(&self, ty: &Type) -> bool {
        match ty {
            Type::Named(name) => match name.keyword {
                TypeKeyword::Struct | TypeKeyword::Union => true,
                TypeKeyword::Enum => false,
                TypeKeyword::Typedef => self.types.members(name).is_some(),
            },
            _ => false,
        }
    }

    /// The constant that stands at a place of the text.
    fn constant_at(&self, span: Span) -> Option<i128> {
        self.types
            .const_eval(&parse::parse_expr_at(self.source, span)?)
    }
}

/// Runs all checks.
pub fn check(context: Analysis<'_>, cx: &mut Diagnostics) {
    names::check_names(context, cx);
    maps::check_maps(context, cx);
    events::check_events(context, cx);
    license::check_license(context, cx);
    for function in &context.model.functions {
        probes::check_function(context, function, cx);
        stack::check_stack(context, function, cx);
        let mut visitor = BodyChecks {
            context,
            function,
            cx,
        };
        visit::walk_block(&mut visitor, function.body);
    }
}

/// Checks the reads of memory outside the program that the text will be given.
pub fn check_reads(context: Analysis<'_>, reads: &[(Span, AddressSpace)], cx: &mut Diagnostics) {
    license::check_reads(context, reads, cx);
    strict::check_reads(context, reads, cx);
}

/// Checks what the text uses of the kernel.
pub fn check_uses(context: Analysis<'_>, uses: &[Use], cx: &mut Diagnostics) {
    versions::check_versions(context, uses, cx);
}

/// Visits every expression of one function.
struct BodyChecks<'a, 'cx> {
    context: Analysis<'a>,
    function: &'a FunctionDecl<'a>,
    cx: &'cx mut Diagnostics,
}

impl Visitor for BodyChecks<'_, '_> {
    fn visit_expr(&mut self, expr: &Expr) {
        methods::check_method(self.context, self.function, expr, self.cx);
        members::check_member(self.context, expr, self.cx);
        calls::check_call(self.context, self.function, expr, self.cx);
        printk::check_printk(self.context, expr, self.cx);
        conditions::check_operands(self.context, expr, self.cx);
        packets::check_packet(self.context, self.function, expr, self.cx);
        usdt::check_usdt(self.context, self.function, expr, self.cx);
        writes::check_write(self.context, expr, self.cx);
        numbers::check_numbers(self.context, expr, self.cx);
        strict::check_method(self.context, expr, self.cx);
        visit::walk_expr(self, expr);
    }

    fn visit_stmt(&mut self, stmt: &Stmt) {
        conditions::check_statement(self.context, stmt, self.cx);
        visit::walk_stmt(self, stmt);
    }

    fn visit_declaration(&mut self, declaration: &Declaration) {
        padding::check_key(self.context, declaration, self.cx);
        visit::walk_declaration(self, declaration);
    }

    fn visit_macro_use(&mut self, use_: &MacroUse) {
        names::check_marker(self.context, use_, self.cx);
        visit::walk_macro_use(self, use_);
    }
}
