//! What a call of a function of the text does, as far as all paths through it do the same; and what
//! there is to say about where a function ends.

use super::facts::{Kind, Null, Owed, Val};
use super::walk::{SiteKind, Walk};
use crate::ast::{Block, Expr, ExprKind};
use crate::diag::Diagnostic;
use crate::model::Header;
use crate::program::Type;
use crate::span::Span;
use crate::visit::{self, Visitor};

/// What a function does.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    pub(super) result: ResultOf,
    pub(super) params: Vec<ParamUse>,
}

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResultOf {
    Unknown,
    /// What may be `NULL`, whatever it is given.
    Nullable(SiteKind),
    /// A parameter as it was given.
    Param(usize),
}

/// What a function does with a pointer it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParamUse {
    /// It does not even test it.
    Keeps,
    /// It follows it before anything else.
    Follows,
    /// It gives the record back, on all paths.
    Releases,
    Anything,
}

/// One `return` of a function.
#[derive(Clone, Debug)]
pub(super) struct Return {
    result: ReturnOf,
    /// The parameters that are pointers, by number.
    params: Vec<(usize, ParamUse)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReturnOf {
    /// The result of a lookup; whether it may be `NULL` here.
    Result(SiteKind, bool),
    /// `NULL`, because a lookup failed.
    Nothing,
    Param(usize),
    Other,
}

impl Walk<'_> {
    /// `return val;`
    pub(super) fn return_(&mut self, val: Option<Val>, span: Span) {
        if self.state.is_none() {
            return;
        }
        let noted = self.note_return(val.unwrap_or(Val::UNKNOWN));
        self.returns.push(noted);
        if let Some(
            val @ Val {
                kind: Kind::Result(_) | Kind::Inside(_),
                ..
            },
        ) = val
        {
            self.escape(val);
        }
        self.check_owed(span, None);
    }

    fn note_return(&self, val: Val) -> Return {
        let mut params = Vec::new();
        let Some(state) = &self.state else {
            return Return {
                result: ReturnOf::Other,
                params,
            };
        };
        for (site, info) in self.sites.iter().enumerate() {
            let SiteKind::Param(number) = info.kind else {
                continue;
            };
            let fact = state.site(site);
            let owed = fact.and_then(|fact| fact.owed).filter(|owed| owed.all);
            let null = fact.and_then(|fact| fact.null).filter(|null| null.all);
            let use_ = match (owed.map(|owed| owed.is), null.map(|null| null.is)) {
                (Some(Owed::Yes), Some(Null::Untested)) => ParamUse::Keeps,
                (Some(Owed::Released(_)), _) => ParamUse::Releases,
                _ => ParamUse::Anything,
            };
            params.push((number, use_));
        }
        let result = match val.site().map(|site| (site, self.sites.get(site))) {
            Some((site, Some(info))) if matches!(val.kind, Kind::Result(_)) => {
                let null = state.site(site).and_then(|fact| fact.null);
                match (info.kind, null) {
                    (SiteKind::Param(number), _) => ReturnOf::Param(number),
                    (kind, Some(null)) if null.all => ReturnOf::Result(kind, null.is.is_bad()),
                    _ => ReturnOf::Other,
                }
            }
            _ if val.constant() == Some(0) && self.has_failed(state) => ReturnOf::Nothing,
            _ => ReturnOf::Other,
        };
        Return { result, params }
    }

    /// Whether a lookup or a reservation has failed on all paths to here.
    fn has_failed(&self, state: &super::facts::State) -> bool {
        state.sites().any(|(site, fact)| {
            let param = matches!(
                self.sites.get(site).map(|info| info.kind),
                Some(SiteKind::Param(_))
            );
            !param
                && fact
                    .null
                    .is_some_and(|null| null.all && null.is == Null::Yes)
        })
    }

    /// What all paths through the function do.
    pub(super) fn summary(&self) -> Option<Summary> {
        let (first, rest) = self.returns.split_first()?;
        let count = self.function.params.len();
        let mut params = vec![ParamUse::Anything; count];
        for (number, use_) in &first.params {
            let same = rest
                .iter()
                .all(|other| other.params.contains(&(*number, *use_)));
            if let Some(slot) = params.get_mut(*number).filter(|_| same) {
                *slot = *use_;
            }
        }
        for number in self.follows.keys() {
            if let Some(slot) = params
                .get_mut(*number)
                .filter(|slot| **slot == ParamUse::Anything)
            {
                *slot = ParamUse::Follows;
            }
        }
        Some(Summary {
            result: self.result_of(),
            params,
        })
    }

    fn result_of(&self) -> ResultOf {
        let mut kind = None;
        let mut nullable = false;
        let mut params = Vec::new();
        for one in &self.returns {
            match one.result {
                ReturnOf::Result(of, may_fail) => {
                    if kind.is_some_and(|kind| kind != of) {
                        return ResultOf::Unknown;
                    }
                    kind = Some(of);
                    nullable |= may_fail;
                }
                ReturnOf::Nothing => nullable = true,
                ReturnOf::Param(number) => params.push(number),
                ReturnOf::Other => return ResultOf::Unknown,
            }
        }
        match (kind, params.as_slice()) {
            (Some(kind), []) if nullable => ResultOf::Nullable(kind),
            (None, [number, rest @ ..])
                if !nullable && rest.iter().all(|other| other == number) =>
            {
                ResultOf::Param(*number)
            }
            _ => ResultOf::Unknown,
        }
    }

    pub(super) fn result_type(&self) -> Option<Type> {
        match self.function.header {
            Header::C {
                specifiers,
                declarator,
                ..
            } => Some(self.flow.analysis.types.result_type(specifiers, declarator)),
            Header::Macro { .. } => None,
        }
    }

    /// The end of the body is reached without a `return`.
    pub(super) fn fall_off(&mut self) {
        let end = self.end_of();
        let unsure = self.state.as_ref().is_none_or(|state| state.unsure);
        let noted = self.note_return(Val::UNKNOWN);
        self.returns.push(noted);
        self.check_owed(end, None);
        let is_void = matches!(self.result_type(), Some(Type::Void));
        let is_program = self.function.probe().is_some();
        if is_void || unsure || !(is_program || self.is_used()) {
            return;
        }
        let name = &self.function.name.name;
        let only = self.returns.len() == 1;
        let diagnostic = if only && is_program && !calls_anything(self.function.body) {
            Diagnostic::error(
                end,
                format!(
                    "`{name}` ends without a `return`: the kernel refuses a program without a result"
                ),
            )
        } else if only {
            Diagnostic::warning(
                end,
                format!("`{name}` ends without a `return`: its result is undefined"),
            )
        } else {
            Diagnostic::warning(
                end,
                format!(
                    "not every path through `{name}` returns a value: its result may be undefined"
                ),
            )
        };
        self.report(diagnostic.with_help("write `return 0;` at the end"));
    }

    fn is_used(&self) -> bool {
        let index = self
            .flow
            .analysis
            .model
            .find_function(&self.function.name.name);
        index.is_some_and(|index| self.flow.used_results.contains(&index))
    }
}

/// Whether a call may leave something in the register of the result.
fn calls_anything(body: &Block) -> bool {
    struct Calls(bool);
    impl Visitor for Calls {
        fn visit_expr(&mut self, expr: &Expr) {
            self.0 |= matches!(expr.kind, ExprKind::Call { .. } | ExprKind::Opaque);
            visit::walk_expr(self, expr);
        }
        fn visit_stmt(&mut self, stmt: &crate::ast::Stmt) {
            self.0 |= matches!(
                stmt.kind,
                crate::ast::StmtKind::Macro(_)
                    | crate::ast::StmtKind::Opaque(_)
                    | crate::ast::StmtKind::Directive(_)
            );
            visit::walk_stmt(self, stmt);
        }
    }
    let mut calls = Calls(false);
    visit::walk_block(&mut calls, body);
    calls.0
}
