//! C declarations of one name with one type.
//!
//! In: a type and the name to declare. Out: text such as `struct sock *sk` or `char comm[16]`.
//! Whatever the declaration needs to stand in front of it is defined on the way.

use super::{FLAVOR, Writer};
use crate::error::Result;
use crate::kernel::btf::{Int, Kind, Type, TypeId, damaged};
use std::fmt::Write as _;

/// Deepest nesting of calls we make; each level of C takes about four, a kernel has about ten.
pub(super) const DEEPEST: usize = 200;

/// Names of C's own types, which BTF spells in its own way.
const C_NAMES: [&str; 9] = [
    "char",
    "signed char",
    "unsigned char",
    "long int",
    "long unsigned int",
    "long long int",
    "long long unsigned int",
    "float",
    "double",
];

/// How the type is reached: what lies behind a pointer may be defined later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    ByValue,
    ByPointer,
}

impl Writer<'_> {
    /// Defines a type at the top of the header, unless that is done.
    pub(super) fn define(&mut self, id: TypeId) -> Result<()> {
        if !self.done.insert(id) {
            return Ok(());
        }
        let ty = self.btf.get(id)?;
        let outer = std::mem::replace(&mut self.all_members, self.full.has(self.btf, ty.name));
        // So that what stands in one type does not depend on what stands in others.
        let outer_gaps = std::mem::take(&mut self.gaps);
        let result = self.nested(|writer| match ty.kind {
            Kind::Struct | Kind::Union => writer.define_struct(id, ty),
            Kind::Enum | Kind::Enum64 => {
                writer.define_enum(id, ty);
                Ok(())
            }
            Kind::Typedef => writer.define_typedef(id, ty),
            _ => Ok(()),
        });
        self.all_members = outer;
        self.gaps = outer_gaps;
        result
    }

    fn define_typedef(&mut self, id: TypeId, ty: Type<'_>) -> Result<()> {
        let name = self.btf.name(ty.name);
        // clang has its own `__builtin_va_list`.
        if !is_identifier(name) || name.starts_with("__builtin_") {
            return Ok(());
        }
        let name = self.typedef_name(id, ty);
        let outer = self.holder.replace(name.clone());
        let declared = self.declare(ty.target(), name.clone(), Reached::ByValue);
        self.holder = outer;
        let declared = declared?;
        let _ = writeln!(self.out.text, "typedef {declared};");
        self.out.names.insert(name);
        Ok(())
    }

    /// How a typedef is spelled. A kernel may have several of one name, as it may have tags.
    fn typedef_name(&mut self, id: TypeId, ty: Type<'_>) -> String {
        if let Some(spelled) = self.spelled.get(&id) {
            return spelled.clone();
        }
        let name = self.btf.name(ty.name);
        let free = !self.out.names.contains(name) && !self.own.contains(name);
        let spelled = if free {
            name.to_owned()
        } else {
            self.other_view(name)
        };
        self.spelled.insert(id, spelled.clone());
        spelled
    }

    /// Another name for a type. CO-RE takes `x___2` as another view on the kernel's `x`.
    fn other_view(&mut self, name: &str) -> String {
        format!("{name}{FLAVOR}{}", self.next_number())
    }

    /// Runs one more level of nesting, up to a limit.
    pub(super) fn nested<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == DEEPEST {
            return Err(damaged("a type holds itself"));
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// The declaration of `declarator` as a thing of type `id`.
    pub(super) fn declare(
        &mut self,
        id: TypeId,
        declarator: String,
        reached: Reached,
    ) -> Result<String> {
        self.nested(|writer| {
            let ty = writer.btf.get(id)?;
            match ty.kind {
                Kind::Ptr => writer.declare_pointer(ty, &declarator),
                Kind::Array => {
                    let (element, len) = ty.array().unwrap_or_default();
                    writer.declare(element, format!("{declarator}[{len}]"), reached)
                }
                Kind::Const => writer.declare(ty.target(), format!("const {declarator}"), reached),
                Kind::Volatile => {
                    writer.declare(ty.target(), format!("volatile {declarator}"), reached)
                }
                Kind::Restrict | Kind::TypeTag => writer.declare(ty.target(), declarator, reached),
                Kind::Typedef => writer.declare_through_typedef(id, ty, declarator, reached),
                _ => {
                    let base = writer.base(id, ty, reached)?;
                    Ok(format!("{base} {declarator}"))
                }
            }
        })
    }

    fn declare_pointer(&mut self, ty: Type<'_>, declarator: &str) -> Result<String> {
        let target = ty.target();
        let (_, behind) = self.btf.resolve(target)?;
        let (_, direct) = self.btf.unqualified(target)?;
        match (behind.kind, direct.kind) {
            // Nobody calls a kernel function through a pointer, but its address may be of interest.
            (Kind::FuncProto, _) => Ok(format!("void *{declarator}")),
            (_, Kind::Array) => {
                // C wants to know the size of the elements even behind the pointer.
                self.declare(target, format!("(*{declarator})"), Reached::ByValue)
            }
            _ => self.declare(target, format!("*{declarator}"), Reached::ByPointer),
        }
    }

    /// Goes through a typedef, unless only its name refers to the type behind it.
    fn declare_through_typedef(
        &mut self,
        id: TypeId,
        ty: Type<'_>,
        declarator: String,
        reached: Reached,
    ) -> Result<String> {
        let (_, next) = self.btf.unqualified(ty.target())?;
        let nameless = next.name == 0 && has_body(next.kind);
        if nameless && is_identifier(self.btf.name(ty.name)) {
            self.define(id)?;
            return Ok(format!("{} {declarator}", self.typedef_name(id, ty)));
        }
        // An array type behind a pointer needs brackets that the name made unnecessary.
        let array = next.kind == Kind::Array && declarator.starts_with('*');
        let declarator = if array {
            format!("({declarator})")
        } else {
            declarator
        };
        self.declare(ty.target(), declarator, reached)
    }

    /// The first word or words of a declaration.
    fn base(&mut self, id: TypeId, ty: Type<'_>, reached: Reached) -> Result<String> {
        match ty.kind {
            Kind::Struct | Kind::Union if ty.name == 0 => self.nameless_struct(id, ty),
            Kind::Struct | Kind::Union => {
                match reached {
                    Reached::ByValue => self.define(id)?,
                    Reached::ByPointer => self.queue.push_back(id),
                }
                Ok(self.tagged(id, ty))
            }
            Kind::Enum | Kind::Enum64 if ty.name == 0 => Ok(self.nameless_enum(ty)),
            Kind::Enum | Kind::Enum64 => {
                self.define(id)?;
                Ok(self.tagged(id, ty))
            }
            Kind::Fwd => Ok(self.tagged(id, ty)),
            Kind::Int => Ok(int_name(self.btf.name(ty.name), ty)),
            Kind::Float => Ok(float_name(self.btf.name(ty.name), ty)),
            _ => Ok("void".to_owned()),
        }
    }

    /// `struct sock`, declared ahead of everything else.
    pub(super) fn tagged(&mut self, id: TypeId, ty: Type<'_>) -> String {
        if let Some(spelled) = self.spelled.get(&id) {
            return spelled.clone();
        }
        let keyword = match ty.kind {
            Kind::Union => "union",
            Kind::Fwd if ty.flag => "union",
            Kind::Enum | Kind::Enum64 => "enum",
            _ => "struct",
        };
        let spelled = format!("{keyword} {}", self.free_tag(ty));
        if keyword != "enum" {
            let _ = writeln!(self.forwards, "{spelled};");
        }
        self.spelled.insert(id, spelled.clone());
        spelled
    }

    /// A tag nobody else has.
    fn free_tag(&mut self, ty: Type<'_>) -> String {
        let name = self.btf.name(ty.name);
        if !is_identifier(name) {
            // Rust code in the kernel has types whose names are no C identifiers.
            let tag = format!("__bcc_type_{}", self.next_number());
            self.out.ambiguous.insert(tag.clone());
            return tag;
        }
        // A forward declaration may share its name with the definition: they are the same type.
        let free = ty.kind == Kind::Fwd || self.out.tags.insert(name.to_owned());
        if free && !self.own.contains(name) {
            return name.to_owned();
        }
        self.other_view(name)
    }
}

/// Whether a kind has a body that an anonymous type must be written out with.
const fn has_body(kind: Kind) -> bool {
    matches!(kind, Kind::Struct | Kind::Union | Kind::Enum | Kind::Enum64)
}

/// Whether a text can be a name in C.
pub(super) fn is_identifier(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}

/// How C spells an integer type.
fn int_name(name: &str, ty: Type<'_>) -> String {
    let int = ty.int().unwrap_or(Int {
        signed: true,
        boolean: false,
        bits: 0,
        bit_offset: 0,
    });
    if int.boolean {
        return "_Bool".to_owned();
    }
    if C_NAMES.contains(&name) {
        return name.to_owned();
    }
    let sign = if int.signed { "" } else { "unsigned " };
    let base = match ty.size {
        1 => "char",
        2 => "short",
        4 => "int",
        8 => "long long",
        _ => "__int128",
    };
    format!("{sign}{base}")
}

/// How C spells a floating-point type; those BPF does not have become bytes of the same size.
fn float_name(name: &str, ty: Type<'_>) -> String {
    if C_NAMES.contains(&name) {
        return name.to_owned();
    }
    format!("struct {{ char bytes[{}]; }}", ty.size)
}
