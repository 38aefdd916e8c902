//! The tree as text.
//!
//! In: a tree and its text. Out: an [`Outline`], one node for each node of the tree that has a
//! place, and [`dump`], which prints it: one line for each node, with its line and column. It
//! serves the snapshot tests and whoever wants to see what the parser made of a text.

mod body;

use crate::ast::{
    Attribute, Declaration, Declarator, Derived, Designator, Directive, DirectiveKind, EnumItem,
    EnumSpec, Expr, FieldDeclarator, Ident, InitDeclarator, InitList, Initializer, Item, MacroArgs,
    MacroUse, MemberItem, Param, Params, Record, RecordKind, Specifiers, TypeName, TypeSpec, Unit,
};
use crate::source::SourceText;
use crate::span::Span;
use std::fmt::Write as _;

/// One node of the printed tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// What the node is, and its name or operator.
    pub label: String,
    /// Where it stands.
    pub span: Span,
    /// The nodes in it.
    pub children: Vec<Self>,
}

/// The tree as text, one line for each node.
#[must_use]
pub fn dump(unit: &Unit, source: &SourceText) -> String {
    let mut out = String::new();
    for node in outline(unit, source) {
        write_node(&mut out, source, &node, 0);
    }
    out
}

/// An expression as text, one line for each node.
#[must_use]
pub fn dump_expr(expr: &Expr, source: &SourceText) -> String {
    let mut out = String::new();
    write_node(&mut out, source, &Outliner { source }.expr(expr), 0);
    out
}

/// The nodes of the top-level items.
#[must_use]
pub fn outline(unit: &Unit, source: &SourceText) -> Vec<Outline> {
    let outliner = Outliner { source };
    unit.items.iter().map(|item| outliner.item(item)).collect()
}

fn write_node(out: &mut String, source: &SourceText, node: &Outline, depth: usize) {
    let at = source.position(node.span.start);
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{:indent$}{} @{}:{}",
        "",
        node.label,
        at.line,
        at.column,
        indent = depth * 2
    );
    for child in &node.children {
        write_node(out, source, child, depth + 1);
    }
}

fn node(label: impl Into<String>, span: Span, children: Vec<Outline>) -> Outline {
    Outline {
        label: label.into(),
        span,
        children,
    }
}

fn leaf(label: impl Into<String>, span: Span) -> Outline {
    node(label, span, Vec::new())
}

fn named(label: &str, name: &Ident) -> String {
    format!("{label} {}", name.name)
}

struct Outliner<'s> {
    source: &'s SourceText,
}

impl Outliner<'_> {
    /// The text under `span` on one line, cut short.
    fn text(&self, span: Span) -> String {
        let text: Vec<&str> = self.source.slice(span).split_whitespace().collect();
        let text = text.join(" ");
        if text.chars().count() <= 40 {
            return text;
        }
        text.chars().take(37).chain("...".chars()).collect()
    }

    fn item(&self, item: &Item) -> Outline {
        match item {
            Item::Function(function) => {
                let mut children = vec![self.specifiers(&function.specifiers)];
                children.extend(self.declarator(&function.declarator));
                children.push(self.block(&function.body));
                node("function", function.span, children)
            }
            Item::Declaration(declaration) => self.declaration(declaration),
            Item::Macro(used) => self.macro_use(used),
            Item::MacroFunction(function) => {
                let mut children: Vec<_> = function
                    .specifiers
                    .iter()
                    .map(|one| self.specifiers(one))
                    .collect();
                children.push(self.macro_args(&function.args));
                children.push(self.block(&function.body));
                node(
                    named("macro-function", &function.name),
                    function.span,
                    children,
                )
            }
            Item::Directive(directive) => self.directive(directive),
            Item::StaticAssert(opaque) => leaf(
                format!("static-assert `{}`", self.text(opaque.span)),
                opaque.span,
            ),
            Item::Opaque(opaque) => self.opaque(opaque.span),
        }
    }

    fn opaque(&self, span: Span) -> Outline {
        leaf(format!("opaque `{}`", self.text(span)), span)
    }

    fn directive(&self, directive: &Directive) -> Outline {
        let label = match &directive.kind {
            DirectiveKind::Include { path, angled, .. } => {
                format!(
                    "#include {path} {}",
                    if *angled { "angled" } else { "quoted" }
                )
            }
            DirectiveKind::Define(define) => {
                let params = define.params.as_ref().map(|params| {
                    let mut names: Vec<&str> =
                        params.iter().map(|param| param.name.as_str()).collect();
                    names.extend(define.variadic.then_some("..."));
                    format!("({})", names.join(", "))
                });
                let params = params.unwrap_or_default();
                format!(
                    "#define {}{params} `{}`",
                    define.name.name,
                    self.text(define.body)
                )
            }
            DirectiveKind::Undef(name) => named("#undef", name),
            DirectiveKind::If(span) => format!("#if `{}`", self.text(*span)),
            DirectiveKind::Ifdef(name) => named("#ifdef", name),
            DirectiveKind::Ifndef(name) => named("#ifndef", name),
            DirectiveKind::Elif(span) => format!("#elif `{}`", self.text(*span)),
            DirectiveKind::Else => "#else".to_owned(),
            DirectiveKind::Endif => "#endif".to_owned(),
            DirectiveKind::Other => format!("#other `{}`", self.text(directive.span)),
        };
        leaf(label, directive.span)
    }

    fn macro_use(&self, used: &MacroUse) -> Outline {
        let end = if used.semicolon { ";" } else { "" };
        let args = used.args.iter().map(|args| self.macro_args(args)).collect();
        node(format!("macro {}{end}", used.name.name), used.span, args)
    }

    fn macro_args(&self, args: &MacroArgs) -> Outline {
        let children = args.list.iter().map(|arg| {
            let mut readings = Vec::new();
            readings.extend(arg.expr.as_ref().map(|expr| self.expr(expr)));
            readings.extend(arg.ty.as_ref().map(|ty| self.type_name(ty)));
            readings.extend(arg.param.as_ref().map(|param| self.param(param)));
            node(format!("arg `{}`", self.text(arg.span)), arg.span, readings)
        });
        node("args", args.span, children.collect())
    }

    fn declaration(&self, declaration: &Declaration) -> Outline {
        let mut children = vec![self.specifiers(&declaration.specifiers)];
        children.extend(
            declaration
                .declarators
                .iter()
                .map(|one| self.init_declarator(one)),
        );
        node("declaration", declaration.span, children)
    }

    fn init_declarator(&self, one: &InitDeclarator) -> Outline {
        let mut children = self.declarator(&one.declarator);
        children.extend(one.init.as_ref().map(|init| self.initializer(init)));
        node("init-declarator", one.span, children)
    }

    fn specifiers(&self, specifiers: &Specifiers) -> Outline {
        let mut label = "specifiers".to_owned();
        for (storage, _) in &specifiers.storage {
            let _ = write!(label, " {storage:?}");
        }
        for (qualifier, _) in &specifiers.qualifiers {
            let _ = write!(label, " {qualifier:?}");
        }
        let mut children: Vec<_> = specifiers
            .words
            .iter()
            .map(|word| leaf(named("word", word), word.span))
            .collect();
        children.extend(
            specifiers
                .attributes
                .iter()
                .map(|attribute| self.attribute(attribute)),
        );
        children.push(self.type_spec(&specifiers.ty));
        node(label, specifiers.span, children)
    }

    fn attribute(&self, attribute: &Attribute) -> Outline {
        let args = attribute
            .args
            .iter()
            .map(|args| self.macro_args(args))
            .collect();
        node(named("attribute", &attribute.name), attribute.span, args)
    }

    fn type_spec(&self, ty: &TypeSpec) -> Outline {
        match ty {
            TypeSpec::Builtin(builtin, span) => leaf(format!("{builtin:?}"), *span),
            TypeSpec::Record(record) => self.record(record),
            TypeSpec::Enum(spec) => self.enum_spec(spec),
            TypeSpec::Named(name) => leaf(named("named", name), name.span),
            TypeSpec::TypeofExpr(expr, span) => node("typeof", *span, vec![self.expr(expr)]),
            TypeSpec::TypeofType(ty, span) => node("typeof", *span, vec![self.type_name(ty)]),
            TypeSpec::Auto(span) => leaf("__auto_type", *span),
            TypeSpec::Missing(span) => leaf("no-type", *span),
        }
    }

    fn record(&self, record: &Record) -> Outline {
        let kind = match record.kind {
            RecordKind::Struct => "struct",
            RecordKind::Union => "union",
        };
        let label = record
            .tag
            .as_ref()
            .map_or_else(|| kind.to_owned(), |tag| named(kind, tag));
        let members = record
            .members
            .as_deref()
            .unwrap_or(&[])
            .iter()
            .map(|member| self.member(member))
            .collect();
        let record_node = node(label, record.span, members);
        self.with_attributes(record_node, &record.attributes)
    }

    /// Attributes may stand behind the node they belong to: then both hang in a node of their own.
    fn with_attributes(&self, mut inner: Outline, attributes: &[Attribute]) -> Outline {
        let (inside, behind): (Vec<_>, Vec<_>) = attributes
            .iter()
            .partition(|one| inner.span.contains(one.span));
        inner
            .children
            .extend(inside.into_iter().map(|one| self.attribute(one)));
        if behind.is_empty() {
            return inner;
        }
        let span = behind
            .iter()
            .fold(inner.span, |span, one| span.to(one.span));
        let mut children = vec![inner];
        children.extend(behind.into_iter().map(|one| self.attribute(one)));
        node("with-attributes", span, children)
    }

    fn member(&self, member: &MemberItem) -> Outline {
        match member {
            MemberItem::Field(field) => {
                let mut children = vec![self.specifiers(&field.specifiers)];
                children.extend(
                    field
                        .declarators
                        .iter()
                        .flat_map(|one| self.field_declarator(one)),
                );
                node("field", field.span, children)
            }
            MemberItem::Directive(directive) => self.directive(directive),
            MemberItem::Macro(used) => self.macro_use(used),
            MemberItem::Opaque(opaque) => self.opaque(opaque.span),
        }
    }

    fn field_declarator(&self, one: &FieldDeclarator) -> Vec<Outline> {
        let mut nodes = self.declarator(&one.declarator);
        nodes.extend(
            one.bits
                .as_ref()
                .map(|bits| node("bits", bits.span, vec![self.expr(bits)])),
        );
        nodes
    }

    fn enum_spec(&self, spec: &EnumSpec) -> Outline {
        let label = spec
            .tag
            .as_ref()
            .map_or_else(|| "enum".to_owned(), |tag| named("enum", tag));
        let variants = spec
            .variants
            .as_deref()
            .unwrap_or(&[])
            .iter()
            .map(|item| match item {
                EnumItem::Variant(variant) => {
                    let value: Vec<_> =
                        variant.value.iter().map(|value| self.expr(value)).collect();
                    let span = value
                        .iter()
                        .fold(variant.name.span, |span, value| span.to(value.span));
                    node(named("variant", &variant.name), span, value)
                }
                EnumItem::Directive(directive) => self.directive(directive),
                EnumItem::Opaque(opaque) => self.opaque(opaque.span),
            });
        let enum_node = node(label, spec.span, variants.collect());
        self.with_attributes(enum_node, &spec.attributes)
    }

    /// A declarator and the attributes behind it, which do not stand in its span.
    fn declarator(&self, declarator: &Declarator) -> Vec<Outline> {
        let label = declarator
            .name
            .as_ref()
            .map_or_else(|| "declarator".to_owned(), |name| named("declarator", name));
        let mut children: Vec<_> = declarator
            .derived
            .iter()
            .map(|step| self.derived(step))
            .collect();
        children.extend(
            declarator
                .name
                .as_ref()
                .map(|name| leaf(named("name", name), name.span)),
        );
        let (inside, behind): (Vec<_>, Vec<_>) = declarator
            .attributes
            .iter()
            .partition(|one| declarator.span.contains(one.span));
        children.extend(inside.into_iter().map(|one| self.attribute(one)));
        let mut nodes = vec![node(label, declarator.span, children)];
        nodes.extend(behind.into_iter().map(|one| self.attribute(one)));
        nodes
    }

    fn derived(&self, step: &Derived) -> Outline {
        match step {
            Derived::Pointer { qualifiers, span } => {
                let words: Vec<String> = qualifiers
                    .iter()
                    .map(|(qualifier, _)| format!(" {qualifier:?}"))
                    .collect();
                leaf(format!("pointer{}", words.concat()), *span)
            }
            Derived::Array { size, span } => node(
                "array",
                *span,
                size.iter().map(|size| self.expr(size)).collect(),
            ),
            Derived::Function(params) => self.params(params),
        }
    }

    fn params(&self, params: &Params) -> Outline {
        let label = if params.variadic {
            "params ..."
        } else {
            "params"
        };
        node(
            label,
            params.span,
            params.list.iter().map(|param| self.param(param)).collect(),
        )
    }

    fn param(&self, param: &Param) -> Outline {
        let mut children = vec![self.specifiers(&param.specifiers)];
        children.extend(self.declarator(&param.declarator));
        node("param", param.span, children)
    }

    fn type_name(&self, ty: &TypeName) -> Outline {
        let mut children = vec![self.specifiers(&ty.specifiers)];
        children.extend(self.declarator(&ty.declarator));
        node("type-name", ty.span, children)
    }

    fn initializer(&self, init: &Initializer) -> Outline {
        match init {
            Initializer::Expr(expr) => self.expr(expr),
            Initializer::List(list) => self.init_list(list),
        }
    }

    fn init_list(&self, list: &InitList) -> Outline {
        let items = list.items.iter().map(|item| {
            let mut children: Vec<_> = item
                .designators
                .iter()
                .map(|one| self.designator(one))
                .collect();
            children.push(self.initializer(&item.value));
            let span = children
                .iter()
                .map(|child| child.span)
                .reduce(Span::to)
                .unwrap_or(list.span);
            node("item", span, children)
        });
        node("init-list", list.span, items.collect())
    }

    fn designator(&self, designator: &Designator) -> Outline {
        match designator {
            Designator::Member(name) => leaf(named("designator", name), name.span),
            Designator::Index(index) => {
                node("designator-index", index.span, vec![self.expr(index)])
            }
            Designator::Range(first, last) => node(
                "designator-range",
                first.span.to(last.span),
                vec![self.expr(first), self.expr(last)],
            ),
        }
    }
}
