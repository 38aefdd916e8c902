//! The type of every expression, and where it leads if it is an address.
//!
//! In: the tree, its types and its dialect items. Out: an [`Inference`] that `check` and `lower` ask
//! by the span of an expression. Types the text does not tell stay unknown; addresses are followed
//! through assignments, maps and helper functions until nothing new is learnt.

mod calls;
mod doubt;
mod expr;
mod hidden;
mod packets;
pub(crate) use calls::peel_casts;
mod points;
mod scope;
pub mod space;
mod variants;

pub use packets::PacketField;

use crate::ast::{
    Block, Declaration, Derived, Expr, Ident, InitDeclarator, Initializer, Item, MacroUse, Param,
    Specifiers, Stmt, StmtKind, Storage, Unit,
};
use crate::dialect::helpers::AddressSpace;
use crate::dialect::probes::{ArgumentForm, REGISTER_ARGUMENTS, argument_form};
use crate::model::{FunctionDecl, Model, Role};
use crate::program::{ProbeKind, Type, TypeKeyword, TypeName};
use crate::source::SourceText;
use crate::span::Span;
use crate::types::TypeTable;
use crate::visit::{self, Visitor};
use hidden::MacroNames;
use scope::{Scopes, VarId};
use space::Space;
use std::collections::{BTreeMap, BTreeSet, HashMap};
pub use variants::Variant;

/// What is known of one expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Its type.
    pub ty: Type,
    /// Where it leads if it is an address.
    pub space: Space,
    /// Where the object it names lives, if that is outside the program's memory.
    pub place: Option<AddressSpace>,
    /// The object it names lives in the program's memory and its type is not known, so that only
    /// the C compiler can tell an array from a pointer.
    pub own_unknown: bool,
}

impl Value {
    pub(crate) const fn new(ty: Type, space: Space) -> Self {
        Self {
            ty,
            space,
            place: None,
            own_unknown: false,
        }
    }

    /// A value of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self::new(Type::Unknown(String::new()), Space::Plain)
    }
}

/// A call of a map's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodCall {
    /// Index of the map in the model.
    pub map: usize,
    /// The method; empty if maps have none of that name.
    pub method: &'static str,
}

/// What is known of all expressions of a text.
#[derive(Debug, Default)]
pub struct Inference {
    values: HashMap<Span, Value>,
    methods: HashMap<Span, MethodCall>,
    map_fields: HashMap<Span, usize>,
    packet_fields: HashMap<Span, PacketField>,
    /// Parameters and locals by the span of their name: whether anything reads or writes them.
    used: HashMap<Span, bool>,
    /// The map and the type of each submission, by the place of what is submitted.
    pub submissions: BTreeMap<Span, (usize, Type)>,
    /// The type submitted to each map of the model, by the last submission.
    pub events: Vec<Option<Type>>,
    /// The definitions of macros that may still be used.
    pub variants: Vec<Variant>,
}

impl Inference {
    /// What is known of the expression at `span`.
    #[must_use]
    pub fn value(&self, expr: &Expr) -> Option<&Value> {
        self.values.get(&expr.span)
    }

    /// The map whose method `call` calls.
    #[must_use]
    pub fn method_call(&self, call: &Expr) -> Option<MethodCall> {
        self.methods.get(&call.span).copied()
    }

    /// The methods that are called on a map, by its index in the model.
    pub fn methods_called(&self, map: usize) -> impl Iterator<Item = &'static str> + '_ {
        let calls = self.methods.values().filter(move |call| call.map == map);
        calls.map(|call| call.method)
    }

    /// The map whose `key` or `leaf` the expression names.
    #[must_use]
    pub fn map_field(&self, expr: &Expr) -> Option<usize> {
        self.map_fields.get(&expr.span).copied()
    }

    /// The part of a packet's header that the expression names.
    #[must_use]
    pub fn packet_field(&self, expr: &Expr) -> Option<PacketField> {
        self.packet_fields.get(&expr.span).copied()
    }

    /// Where parameters and local variables are declared.
    pub fn local_names(&self) -> impl Iterator<Item = Span> + '_ {
        self.used.keys().copied()
    }

    /// Whether the body of its function uses the parameter or variable declared at `name`.
    #[must_use]
    pub fn is_used(&self, name: &Ident) -> bool {
        self.used.get(&name.span).copied().unwrap_or(false)
    }
}

/// How often the functions are gone through at most. Each round can only widen what is known of a
/// variable, a parameter, a result or a map, and each of those widens three times at most, so that
/// real programs are done after two or three.
const MAX_ROUNDS: usize = 16;

/// Finds the type and the space of every expression in the functions of `model`.
#[must_use]
pub fn infer(unit: &Unit, model: &Model<'_>, types: &TypeTable, source: &SourceText) -> Inference {
    let mut cx = Infer {
        model,
        types,
        source,
        out: Inference {
            events: vec![None; model.maps.len()],
            variants: Variant::read_all(unit, source),
            ..Inference::default()
        },
        scopes: Scopes::default(),
        spaces: HashMap::new(),
        results: vec![Space::Plain; model.functions.len()],
        contents: vec![None; model.maps.len()],
        points: HashMap::new(),
        result_points: vec![BTreeSet::new(); model.functions.len()],
        macro_names: MacroNames::read(unit, source),
        function: 0,
        changed: true,
    };
    cx.scopes.enter();
    cx.declare_globals(unit);
    for _ in 0..MAX_ROUNDS {
        if !cx.changed {
            break;
        }
        cx.changed = false;
        for (index, function) in model.functions.iter().enumerate() {
            cx.function = index;
            cx.walk_function(function);
        }
        cx.walk_variants();
    }
    cx.out
}

/// The state of one run.
struct Infer<'a> {
    model: &'a Model<'a>,
    types: &'a TypeTable,
    source: &'a SourceText,
    out: Inference,
    scopes: Scopes,
    /// What each variable holds, by the span of its name.
    spaces: HashMap<VarId, Space>,
    /// What each function of the model returns.
    results: Vec<Space>,
    /// Where addresses stored in each map lead.
    contents: Vec<Option<AddressSpace>>,
    /// The variables that each variable may point to.
    points: HashMap<VarId, BTreeSet<VarId>>,
    /// The variables that what each function returns may point to.
    result_points: Vec<BTreeSet<VarId>>,
    macro_names: MacroNames,
    /// The function being walked.
    function: usize,
    /// Whether this round learnt anything.
    changed: bool,
}

impl Infer<'_> {
    /// Makes the variables at file scope known; what they hold is learnt from the functions.
    fn declare_globals(&mut self, unit: &Unit) {
        for item in &unit.items {
            let Item::Declaration(declaration) = item else {
                continue;
            };
            let storage = &declaration.specifiers.storage;
            if storage.iter().any(|(word, _)| *word == Storage::Typedef) {
                continue;
            }
            for declarator in &declaration.declarators {
                let derived = &declarator.declarator.derived;
                let is_function = matches!(derived.first(), Some(Derived::Function(_)));
                let name = declarator.declarator.name.as_ref();
                if let Some(name) = name.filter(|_| !is_function) {
                    let ty = self.types.variable(&name.name).cloned();
                    let unknown = || Type::Unknown(String::new());
                    self.scopes.declare(name, ty.unwrap_or_else(unknown));
                }
            }
        }
    }

    fn walk_function(&mut self, function: &FunctionDecl<'_>) {
        self.scopes.enter();
        if let Some(context) = function.macro_context() {
            let id = Ident {
                name: context.to_owned(),
                span: function.name.span,
            };
            self.declare(
                &id,
                macro_context_type(function),
                context_space(&function.role),
            );
        }
        let (context, arguments) = function.split_params();
        if let Some(context) = context {
            self.declare_param(context, |_| context_space(&function.role));
        }
        for (index, param) in arguments.iter().enumerate() {
            let types = self.types;
            self.declare_param(param, |ty| {
                argument_space(function, index, param, ty, types)
            });
        }
        visit::walk_block(self, function.body);
        self.scopes.leave();
    }

    fn declare_param(&mut self, param: &Param, space: impl FnOnce(&Type) -> Space) {
        if let Some(name) = &param.declarator.name {
            let ty = decay(&self.types.resolve(&param.specifiers, &param.declarator));
            let space = space(&ty);
            self.declare(name, ty, space);
        }
    }

    /// Makes a variable known from here to the end of its scope.
    fn declare(&mut self, name: &Ident, ty: Type, space: Space) {
        self.scopes.declare(name, ty);
        self.out.used.entry(name.span).or_insert(false);
        self.widen_named(name, space);
    }

    /// Adds to what is known of the variable that a name now stands for.
    fn widen_named(&mut self, name: &Ident, space: Space) {
        let id = self
            .scopes
            .find(&name.name)
            .map_or(VarId(name.span), |var| var.id);
        self.widen(id, space);
    }

    /// Adds to what is known of a variable.
    fn widen(&mut self, id: VarId, space: Space) {
        let known = self.spaces.entry(id).or_default();
        let joined = known.join(space);
        if joined != *known {
            *known = joined;
            self.changed = true;
        }
    }

    /// Adds to what is known of the result of the function being walked.
    fn widen_result(&mut self, space: Space) {
        if let Some(known) = self.results.get_mut(self.function) {
            let joined = known.join(space);
            if joined != *known {
                *known = joined;
                self.changed = true;
            }
        }
    }

    /// Adds to what is known of the addresses a map holds.
    fn widen_content(&mut self, map: usize, content: Option<AddressSpace>) {
        if let Some(known) = self.contents.get_mut(map) {
            let joined = space::join_contents(*known, content);
            if joined != *known {
                *known = joined;
                self.changed = true;
            }
        }
    }

    /// Goes through an initialiser and tells what the initialised object then holds.
    fn initializer(&mut self, init: &Initializer) -> Space {
        match init {
            Initializer::Expr(expr) => self.value(expr).space,
            Initializer::List(list) => {
                let mut space = Space::Plain;
                for item in &list.items {
                    space = space.join(self.initializer(&item.value));
                }
                space
            }
        }
    }

    fn declare_all(&mut self, declaration: &Declaration) {
        visit::walk_specifiers(self, &declaration.specifiers);
        for declarator in &declaration.declarators {
            self.visit_declarator(&declarator.declarator);
            let Some(name) = &declarator.declarator.name else {
                continue;
            };
            let ty = self.declared_type(&declaration.specifiers, declarator);
            self.declare(name, ty.clone(), Space::Plain);
            if let Some(init) = &declarator.init {
                let space = self.initializer(init);
                let ty = self.deduced_type(ty, init);
                self.scopes.set_type(name, &ty);
                self.widen_named(name, space.convert(&ty));
                self.point_initialized(name, init);
            }
        }
    }

    /// Notes what a variable points to from its initialiser on.
    fn point_initialized(&mut self, name: &Ident, init: &Initializer) {
        match init {
            Initializer::Expr(expr) => {
                if let Some(id) = self.scopes.find(&name.name).map(|var| var.id) {
                    let pointees = self.pointees(expr);
                    self.point(id, &pointees);
                }
            }
            Initializer::List(list) => {
                for item in &list.items {
                    self.point_initialized(name, &item.value);
                }
            }
        }
    }

    /// The type of a local variable; `typeof` of an expression asks what that expression is.
    fn declared_type(&mut self, specifiers: &Specifiers, declarator: &InitDeclarator) -> Type {
        let InitDeclarator {
            declarator, init, ..
        } = declarator;
        let resolved = match init {
            Some(init) => self.types.resolve_initialized(specifiers, declarator, init),
            None => self.types.resolve(specifiers, declarator),
        };
        match (&resolved, &specifiers.ty) {
            (Type::Unknown(_), crate::ast::TypeSpec::TypeofExpr(expr, _))
                if declarator.derived.is_empty() =>
            {
                self.value(expr).ty
            }
            _ => resolved,
        }
    }

    /// `__auto_type x = e` has the type of `e`.
    fn deduced_type(&self, ty: Type, init: &Initializer) -> Type {
        match (&ty, init) {
            (Type::Unknown(_), Initializer::Expr(expr)) => {
                let known = self.out.value(expr).map(|value| decay(&value.ty));
                known.filter(|_| !is_spelled(&ty)).unwrap_or(ty)
            }
            _ => ty,
        }
    }
}

/// Where a parameter behind the context leads. Those of helpers are learnt from their callers.
fn argument_space(
    function: &FunctionDecl<'_>,
    index: usize,
    param: &Param,
    ty: &Type,
    types: &TypeTable,
) -> Space {
    let Some(kind) = function.probe() else {
        return Space::Plain;
    };
    if index >= REGISTER_ARGUMENTS {
        return Space::Plain;
    }
    let mut words = param.specifiers.words.iter();
    let space = if words.any(|word| word.name == "__user") {
        Space::Foreign(AddressSpace::User)
    } else {
        register_argument_space(kind, ty, types)
    };
    space.convert(ty)
}

/// Whether an unknown type was at least named.
fn is_spelled(ty: &Type) -> bool {
    matches!(ty, Type::Unknown(text) if !text.is_empty() && text != "__auto_type")
}

/// Drops the array from a type, as C does wherever a value is needed.
#[must_use]
pub fn decay(ty: &Type) -> Type {
    match ty {
        Type::Array { element, .. } => Type::Pointer(element.clone()),
        other => other.clone(),
    }
}

/// Type of the context a probe macro declares.
fn macro_context_type(function: &FunctionDecl<'_>) -> Type {
    let name = match function.probe() {
        Some(ProbeKind::Tracepoint { .. } | ProbeKind::Iter { .. }) => function.name.name.clone(),
        Some(ProbeKind::Trampoline(_)) => return Type::Pointer(Box::new(expr::U64)),
        _ => "bpf_raw_tracepoint_args".to_owned(),
    };
    Type::Pointer(Box::new(Type::Named(TypeName {
        keyword: TypeKeyword::Struct,
        name,
    })))
}

/// Where the context leads, and where addresses found in it lead.
fn context_space(role: &Role) -> Space {
    let Role::Program(kind) = role else {
        return Space::Plain;
    };
    match kind {
        ProbeKind::Registers
        | ProbeKind::Syscall { .. }
        | ProbeKind::Kprobe { .. }
        | ProbeKind::Kretprobe { .. } => Space::Own(Some(register_space(kind))),
        ProbeKind::Tracepoint { category, .. } | ProbeKind::TracepointFn { category, .. } => {
            Space::Own(Some(tracepoint_space(category)))
        }
        ProbeKind::RawTracepoint { .. } | ProbeKind::RawTracepointFn => {
            Space::Own(Some(AddressSpace::Kernel))
        }
        // What the kernel hands to a hook or an iterator has a type, and may be followed directly.
        ProbeKind::Any
        | ProbeKind::Trampoline(_)
        | ProbeKind::Iter { .. }
        | ProbeKind::PerfEvent
        | ProbeKind::Network { .. }
        | ProbeKind::Section { .. } => Space::Own(None),
    }
}

/// Where an argument of the traced function leads.
fn register_argument_space(kind: &ProbeKind, ty: &Type, types: &TypeTable) -> Space {
    match argument_form(kind) {
        ArgumentForm::Registers => Space::Foreign(doubt::doubt(register_space(kind), ty, types)),
        ArgumentForm::Wrapped => Space::Foreign(AddressSpace::User),
        ArgumentForm::MaybeWrapped(_) => Space::Foreign(AddressSpace::Any),
        ArgumentForm::Typed => Space::Plain,
    }
}

/// Registers of a kernel function hold kernel addresses; those of a function that may be attached
/// to a user-space function as well can hold either.
const fn register_space(kind: &ProbeKind) -> AddressSpace {
    match kind {
        ProbeKind::Kprobe { .. } | ProbeKind::Kretprobe { .. } => AddressSpace::Kernel,
        ProbeKind::Registers
        | ProbeKind::Any
        | ProbeKind::Syscall { .. }
        | ProbeKind::Trampoline(_)
        | ProbeKind::Iter { .. }
        | ProbeKind::Tracepoint { .. }
        | ProbeKind::TracepointFn { .. }
        | ProbeKind::RawTracepoint { .. }
        | ProbeKind::RawTracepointFn
        | ProbeKind::PerfEvent
        | ProbeKind::Network { .. }
        | ProbeKind::Section { .. } => AddressSpace::Any,
    }
}

/// Arguments and results of system calls are addresses of the calling process.
fn tracepoint_space(category: &str) -> AddressSpace {
    if matches!(category, "syscalls" | "raw_syscalls") {
        AddressSpace::User
    } else {
        AddressSpace::Kernel
    }
}

impl Visitor for Infer<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        let _value = self.value(expr);
    }

    fn visit_macro_use(&mut self, use_: &MacroUse) {
        self.use_macro(&use_.name.name);
        visit::walk_macro_use(self, use_);
    }

    fn visit_block(&mut self, block: &Block) {
        self.scopes.enter();
        visit::walk_block(self, block);
        self.scopes.leave();
    }

    fn visit_declaration(&mut self, declaration: &Declaration) {
        self.declare_all(declaration);
    }

    fn visit_stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Return(Some(expr)) => {
                let space = self.value(expr).space;
                self.widen_result(space);
                let pointees = self.pointees(expr);
                if let Some(known) = self.result_points.get_mut(self.function) {
                    self.changed |= !known.is_superset(&pointees);
                    known.extend(pointees);
                }
            }
            // A name declared in the head of a `for` ends with its body.
            StmtKind::For { .. } => {
                self.scopes.enter();
                visit::walk_stmt(self, stmt);
                self.scopes.leave();
            }
            _ => visit::walk_stmt(self, stmt),
        }
    }
}
