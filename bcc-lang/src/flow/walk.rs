//! Going through one function.

use super::Flow;
use super::facts::{Fact, Kind, Null, Owed, Site, SiteNo, Sites, State, Val, Var, VarNo, join};
use super::summary::{Return, Summary};
use crate::ast::Ident;
use crate::diag::Diagnostic;
use crate::dialect::probes::{ArgumentForm, argument_form};
use crate::infer::decay;
use crate::model::FunctionDecl;
use crate::program::Type;
use crate::span::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How often a function is gone through at most; one that is not settled by then is not spoken of.
const MAX_ROUNDS: usize = 12;

/// What a result is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SiteKind {
    /// `lookup`
    Lookup,
    /// `lookup_or_try_init`
    TryInit,
    /// `ringbuf_reserve`
    Reserve,
    /// `sk_storage_get` and the like.
    Storage,
    /// A number without bounds.
    Number { signed: bool },
    /// `get_stackid`
    StackId,
    /// A parameter of the function.
    Param(usize),
}

/// The expression that a number of [`facts`](super::facts) stands for.
#[derive(Clone, Debug)]
pub(super) struct SiteInfo {
    pub(super) kind: SiteKind,
    pub(super) span: Span,
    /// `m.lookup`
    pub(super) what: String,
    pub(super) map: Option<usize>,
    /// Whether the key is a constant, which newer kernels compare with the size of an array.
    pub(super) constant_key: bool,
}

impl Sites for Vec<SiteInfo> {
    fn unbounded(&self, site: SiteNo) -> Option<bool> {
        match self.get(site)?.kind {
            SiteKind::Number { signed } => Some(signed),
            _ => None,
        }
    }
}

/// A variable of the function.
#[derive(Clone, Debug)]
pub(super) struct VarInfo {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) span: Span,
}

/// Where `break` and `continue` lead.
#[derive(Debug)]
pub(super) enum Frame {
    Loop {
        breaks: Option<State>,
        continues: Option<State>,
    },
    Switch {
        entry: Option<State>,
        has_default: bool,
        breaks: Option<State>,
    },
}

/// What leads to a label.
#[derive(Debug, Default)]
pub(super) struct Label {
    seen: bool,
    /// From jumps before it.
    forward: Option<State>,
    /// From jumps behind it, in the round before.
    before: Option<State>,
    /// From jumps behind it, in this round.
    backward: Option<State>,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) found: Vec<Diagnostic>,
    pub(super) summary: Option<Summary>,
}

/// The walk through one function.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a note of its own, not a state"
)]
pub(super) struct Walk<'a> {
    pub(super) flow: &'a Flow<'a>,
    pub(super) function: &'a FunctionDecl<'a>,
    /// `None` where no path leads.
    pub(super) state: Option<State>,
    names: HashMap<String, Vec<VarNo>>,
    scopes: Vec<Vec<String>>,
    pub(super) vars: Vec<VarInfo>,
    var_numbers: HashMap<Span, VarNo>,
    pub(super) sites: Vec<SiteInfo>,
    site_numbers: HashMap<Span, SiteNo>,
    /// Variables whose address others may keep.
    escaped: BTreeSet<VarNo>,
    /// Variables that were keys of lookups.
    keys: BTreeSet<VarNo>,
    loops: HashMap<Span, Option<State>>,
    labels: HashMap<String, Label>,
    pub(super) frames: Vec<Frame>,
    changed: bool,
    /// Something stands in the function that no path can be followed through.
    pub(super) blind: bool,
    reporting: bool,
    found: Vec<Diagnostic>,
    pub(super) returns: Vec<Return>,
    /// The function takes the process id out of `bpf_get_current_pid_tgid()` too, and so knows it
    /// from the thread id.
    pub(super) knows_process: bool,
    /// Parameters that are followed before any branch.
    pub(super) follows: BTreeMap<usize, Span>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(flow: &'a Flow<'a>, function: &'a FunctionDecl<'a>) -> Self {
        Self {
            flow,
            function,
            state: None,
            names: HashMap::new(),
            scopes: Vec::new(),
            vars: Vec::new(),
            var_numbers: HashMap::new(),
            sites: Vec::new(),
            site_numbers: HashMap::new(),
            escaped: BTreeSet::new(),
            keys: BTreeSet::new(),
            loops: HashMap::new(),
            labels: HashMap::new(),
            frames: Vec::new(),
            changed: false,
            blind: false,
            reporting: false,
            found: Vec::new(),
            returns: Vec::new(),
            knows_process: false,
            follows: BTreeMap::new(),
        }
    }

    pub(super) fn run(mut self) -> Done {
        for _ in 0..MAX_ROUNDS {
            self.changed = false;
            self.round();
            if self.blind {
                return Done::default();
            }
            if !self.changed {
                self.reporting = true;
                self.round();
                let summary = self.summary();
                return Done {
                    found: self.found,
                    summary,
                };
            }
        }
        Done::default()
    }

    fn round(&mut self) {
        self.state = Some(State::default());
        self.names.clear();
        self.scopes.clear();
        self.frames.clear();
        self.returns.clear();
        self.follows.clear();
        self.enter();
        self.declare_params();
        self.enter();
        self.statements(&self.function.body.statements);
        self.leave();
        if self.state.is_some() {
            self.fall_off();
        }
        self.leave();
        for label in self.labels.values_mut() {
            label.seen = false;
            label.forward = None;
            let backward = label.backward.take();
            self.changed |= backward != label.before;
            label.before = backward;
        }
    }

    fn declare_params(&mut self) {
        let function = self.function;
        let types = self.flow.analysis.types;
        let registers = function
            .probe()
            .is_some_and(|kind| !matches!(argument_form(kind), ArgumentForm::Typed));
        let (context, arguments) = function.split_params();
        for (index, param) in context.iter().chain(arguments).enumerate() {
            let Some(name) = &param.declarator.name else {
                continue;
            };
            let ty = decay(&types.resolve(&param.specifiers, &param.declarator));
            let var = self.declare(name, ty.clone());
            let is_argument = registers && (index > 0 || context.is_none());
            let kind = match ty {
                Type::Int { size: 4.., signed } if is_argument => SiteKind::Number { signed },
                Type::Pointer(_) if function.probe().is_none() => SiteKind::Param(index),
                _ => continue,
            };
            let site = self.make_site(kind, name.span, format!("`{}`", name.name), None);
            self.assign(var, Val::new(Kind::Result(site)));
        }
    }

    pub(super) fn enter(&mut self) {
        self.scopes.push(Vec::new());
    }

    /// Ends a scope: what is known of its variables is of no use any more.
    pub(super) fn leave(&mut self) {
        for name in self.scopes.pop().into_iter().flatten() {
            let var = self.names.get_mut(&name).and_then(Vec::pop);
            if let (Some(var), Some(state)) = (var, &mut self.state) {
                state.forget_var(var);
            }
        }
    }

    pub(super) fn declare(&mut self, name: &Ident, ty: Type) -> VarNo {
        let next = self.vars.len();
        let var = *self.var_numbers.entry(name.span).or_insert(next);
        if var == next {
            self.vars.push(VarInfo {
                name: name.name.clone(),
                ty,
                span: name.span,
            });
        }
        self.names.entry(name.name.clone()).or_default().push(var);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(name.name.clone());
        }
        if let Some(state) = &mut self.state {
            state.forget_var(var);
        }
        var
    }

    pub(super) fn find(&self, name: &str) -> Option<VarNo> {
        self.names.get(name)?.last().copied()
    }

    pub(super) fn info(&self, var: VarNo) -> Option<&VarInfo> {
        self.vars.get(var)
    }

    pub(super) fn is_escaped(&self, var: VarNo) -> bool {
        self.escaped.contains(&var)
    }

    /// Others may know where a variable is: nothing is known of it, here and everywhere.
    pub(super) fn escape_var(&mut self, var: VarNo) {
        self.changed |= self.escaped.insert(var);
        self.forget_key(var);
        if let Some(state) = &mut self.state {
            state.forget_var(var);
        }
    }

    /// A result was looked up by the key in that variable.
    pub(super) fn note_key(&mut self, site: SiteNo, key: VarNo) {
        self.keys.insert(key);
        if let Some(state) = self.state.as_mut().filter(|_| !self.escaped.contains(&key)) {
            state.change_site(site, |fact| fact.key = Some(key));
        }
    }

    /// A variable changes: it is not the key of what was looked up by it any more.
    pub(super) fn forget_key(&mut self, key: VarNo) {
        let Some(state) = self.state.as_mut().filter(|_| self.keys.contains(&key)) else {
            return;
        };
        let by_key = state.sites().filter(|(_, fact)| fact.key == Some(key));
        let sites: Vec<SiteNo> = by_key.map(|(site, _)| site).collect();
        for site in sites {
            state.change_site(site, |fact| fact.key = None);
        }
    }

    /// Gives a variable a value.
    pub(super) fn assign(&mut self, var: VarNo, val: Val) {
        self.forget_key(var);
        if self.is_escaped(var) {
            return;
        }
        if let Some(state) = &mut self.state {
            state.set_var(var, Var { val, written: None });
        }
    }

    /// The number of the expression at `span`, which gives a new result now.
    pub(super) fn make_site(
        &mut self,
        kind: SiteKind,
        span: Span,
        what: String,
        map: Option<usize>,
    ) -> SiteNo {
        let next = self.sites.len();
        let site = *self.site_numbers.entry(span).or_insert(next);
        if site == next {
            self.sites.push(SiteInfo {
                kind,
                span,
                what,
                map,
                constant_key: false,
            });
        }
        let mut fact = Site::new();
        match kind {
            SiteKind::Lookup | SiteKind::TryInit | SiteKind::Storage => {
                fact.null = Some(Fact::new(Null::Untested));
            }
            SiteKind::Reserve | SiteKind::Param(_) => {
                fact.null = Some(Fact::new(Null::Untested));
                fact.owed = Some(Fact::new(Owed::Yes));
            }
            SiteKind::Number { .. } | SiteKind::StackId => {}
        }
        if let Some(state) = &mut self.state {
            state.make_site(site, fact);
        }
        site
    }

    /// Nothing is known of what a value leads to any more.
    pub(super) fn escape(&mut self, val: Val) {
        match val.kind {
            Kind::Result(site) | Kind::Inside(site) => {
                if let Some(state) = &mut self.state {
                    state.forget_site(site);
                }
            }
            Kind::Address(var, _) => self.escape_var(var),
            Kind::Unknown | Kind::Constant(_) | Kind::Origin(_) => {}
        }
    }

    /// Anything may have happened.
    pub(super) fn clear(&mut self) {
        if let Some(state) = &mut self.state {
            state.clear();
        }
    }

    /// What is known where two paths meet.
    pub(super) fn meet(&self, a: Option<State>, b: Option<State>) -> Option<State> {
        join(a, b, &self.sites)
    }

    /// What is known at the head of a loop.
    pub(super) fn loop_head(&mut self, key: Span) {
        let entry = self.state.take();
        let back = self.loops.get(&key).cloned().flatten();
        let mut head = self.meet(entry, back);
        if let Some(head) = &mut head {
            head.branched = true;
        }
        self.state = head;
    }

    /// The path back to the head of a loop.
    pub(super) fn loop_back(&mut self, key: Span, back: Option<State>) {
        let known = self.loops.entry(key).or_default();
        if *known != back {
            self.changed = true;
            *known = back;
        }
    }

    pub(super) fn jump(&mut self, name: &str) {
        let from = self.state.take();
        let label = self.labels.entry(name.to_owned()).or_default();
        let slot = if label.seen {
            &mut label.backward
        } else {
            &mut label.forward
        };
        let known = slot.take();
        *slot = join(known, from, &self.sites);
    }

    pub(super) fn land(&mut self, name: &str) {
        let label = self.labels.entry(name.to_owned()).or_default();
        label.seen = true;
        let (forward, before) = (label.forward.take(), label.before.clone());
        let arrived = self.state.take();
        let arrived = self.meet(arrived, forward);
        self.state = self.meet(arrived, before);
    }

    /// Says something, if this is the time to speak and a path leads here.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.reporting && self.state.is_some() {
            self.found.push(diagnostic);
        }
    }

    /// Adds a place to what was said of `span`, once.
    pub(super) fn add_label(&mut self, span: Span, at: Span, text: &str) {
        if !self.reporting {
            return;
        }
        let said = self.found.iter_mut().find(|one| one.span == span);
        if let Some(said) = said.filter(|said| said.labels.iter().all(|(_, old)| old != text)) {
            said.labels.push((at, text.to_owned()));
        }
    }

    pub(super) fn text(&self, span: Span) -> &'a str {
        self.flow.analysis.source.slice(span)
    }

    /// The type of an expression, if it is known.
    pub(super) fn type_of(&self, expr: &crate::ast::Expr) -> Option<&'a Type> {
        let value = self.flow.analysis.inference.value(expr)?;
        Some(&value.ty).filter(|ty| !matches!(ty, Type::Unknown(_)))
    }

    pub(super) fn size_of(&self, ty: &Type) -> Option<u64> {
        self.flow
            .analysis
            .types
            .layout(ty)
            .map(|layout| layout.size)
    }
}
