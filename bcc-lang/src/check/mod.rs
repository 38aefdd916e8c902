//! Mistakes that can be proven from the text alone.
//!
//! In: the model and what was inferred. Out: diagnostics only. A check speaks when it can prove a
//! mistake and stays silent about everything the kernel or a macro decides: a false alarm is worse
//! than a miss.

mod calls;
mod includes;
mod license;
mod maps;
mod methods;
mod names;
mod printk;
mod probes;

use crate::analysis::Analysis;
use crate::ast::Expr;
use crate::diag::Diagnostics;
use crate::model::FunctionDecl;
use crate::program::{Type, TypeKeyword};
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
}

/// Runs all checks.
pub fn check(context: Analysis<'_>, cx: &mut Diagnostics) {
    names::check_names(context, cx);
    includes::check_includes(context, cx);
    maps::check_maps(context, cx);
    license::check_license(context, cx);
    for function in &context.model.functions {
        probes::check_function(context, function, cx);
        let mut visitor = BodyChecks {
            context,
            function,
            cx,
        };
        visit::walk_block(&mut visitor, function.body);
    }
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
        calls::check_call(self.context, self.function, expr, self.cx);
        printk::check_printk(self.context, expr, self.cx);
        visit::walk_expr(self, expr);
    }
}
