//! The kernel's functions, as its types describe them.
//!
//! In: BTF and a name. Out: how many arguments the function takes and whether it returns anything.

use super::btf::{Btf, Kind, Type, TypeId};
use crate::error::Result;

/// What one register holds.
const REGISTER: u64 = 8;
/// What the names of raw tracepoints' types begin with.
const RAW_TRACEPOINT: &str = "btf_trace_";

/// The type of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prototype {
    /// How many parameters it has.
    pub(crate) params: usize,
    /// Whether one of them needs more than one register.
    pub(crate) wide: bool,
    /// Whether it returns a value.
    pub(crate) returns: bool,
}

impl Prototype {
    /// The function of a name, if the types have it.
    pub(crate) fn find(btf: &Btf, name: &str) -> Result<Option<Self>> {
        for function in functions(btf) {
            let (found, ty) = function?;
            if found == name {
                let (_, prototype) = btf.resolve(ty.target())?;
                return Self::read(btf, prototype).map(Some);
            }
        }
        Ok(None)
    }

    fn read(btf: &Btf, prototype: Type<'_>) -> Result<Self> {
        let (_, result) = btf.resolve(prototype.target())?;
        let mut wide = false;
        for param in prototype.params() {
            let (_, ty) = btf.resolve(param)?;
            wide |= ty.own_size() > REGISTER;
        }
        Ok(Self {
            params: prototype.params().count(),
            wide,
            returns: result.kind != Kind::Void,
        })
    }
}

/// A function's parameters by name, and what it returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) params: Vec<(String, TypeId)>,
    /// Whether others follow.
    pub(crate) variadic: bool,
    pub(crate) returns: TypeId,
}

impl Signature {
    /// The function of a name; `None` if there is none, or several whose types differ.
    pub(crate) fn find(btf: &Btf, name: &str) -> Option<Self> {
        let named = functions(btf).filter_map(Result::ok);
        let mut named = named.filter(|(found, _)| *found == name);
        let first = Self::read(btf, named.next()?.1)?;
        let same = |(_, ty): (&str, Type<'_>)| Self::read(btf, ty).as_ref() == Some(&first);
        named.all(same).then_some(first)
    }

    /// All functions with their names.
    pub(crate) fn all(btf: &Btf) -> impl Iterator<Item = (&str, Self)> {
        let functions = functions(btf).filter_map(Result::ok);
        functions.filter_map(|(name, ty)| Some((name, Self::read(btf, ty)?)))
    }

    fn read(btf: &Btf, function: Type<'_>) -> Option<Self> {
        let (_, prototype) = btf.resolve(function.target()).ok()?;
        let named = prototype.named_params();
        let mut params: Vec<(String, TypeId)> = named
            .map(|(name, ty)| (btf.name(name).to_owned(), ty))
            .collect();
        // What may follow stands there as a parameter without a type.
        let variadic = params.last().is_some_and(|(_, ty)| *ty == 0);
        if variadic {
            params.pop();
        }
        Some(Self {
            params,
            variadic,
            returns: prototype.target(),
        })
    }

    /// Whether a parameter needs more than one register.
    pub(crate) fn is_wide(&self, btf: &Btf) -> bool {
        let mut types = self.params.iter().map(|(_, ty)| btf.resolve(*ty));
        types.any(|ty| ty.is_ok_and(|(_, ty)| ty.own_size() > REGISTER))
    }
}

/// How many arguments a tracepoint of the kernel's own hands to programs.
pub(crate) fn tracepoint_arguments(btf: &Btf, event: &str) -> Option<usize> {
    Some(arguments_of(btf, raw_tracepoint(btf, event)?)?.len())
}

/// The raw tracepoints of the kernel's own, with the types of their arguments.
pub(crate) fn raw_tracepoints(btf: &Btf) -> Vec<(String, Vec<TypeId>)> {
    let types = btf.declared().iter().filter_map(|id| btf.get(*id).ok());
    let typedefs = types.filter(|ty| ty.kind == Kind::Typedef);
    let named = typedefs.filter_map(|ty| {
        let event = btf.name(ty.name).strip_prefix(RAW_TRACEPOINT)?;
        Some((event.to_owned(), arguments_of(btf, ty)?))
    });
    named.collect()
}

/// The types of a raw tracepoint's arguments.
fn arguments_of(btf: &Btf, typedef: Type<'_>) -> Option<Vec<TypeId>> {
    let (_, pointer) = btf.resolve(typedef.target()).ok()?;
    let (_, prototype) = btf.resolve(pointer.target()).ok()?;
    // The first parameter is the kernel's own.
    (prototype.kind == Kind::FuncProto).then(|| prototype.params().skip(1).collect())
}

/// Whether the kernel's own types have a raw tracepoint.
pub(crate) fn has_raw_tracepoint(btf: &Btf, event: &str) -> bool {
    raw_tracepoint(btf, event).is_some()
}

/// The typedef of a raw tracepoint's function.
fn raw_tracepoint<'a>(btf: &'a Btf, event: &str) -> Option<Type<'a>> {
    let name = format!("{RAW_TRACEPOINT}{event}");
    let types = btf.declared().iter().filter_map(|id| btf.get(*id).ok());
    let mut typedefs = types.filter(|ty| ty.kind == Kind::Typedef);
    typedefs.find(|ty| btf.name(ty.name) == name)
}

/// The names of all functions with a prefix, without it.
pub(crate) fn names(btf: &Btf, prefix: &str) -> Vec<String> {
    functions(btf)
        .filter_map(|function| Some(function.ok()?.0.strip_prefix(prefix)?.to_owned()))
        .collect()
}

/// All functions, by their names.
fn functions(btf: &Btf) -> impl Iterator<Item = Result<(&str, Type<'_>)>> {
    btf.ids().filter_map(|id| match btf.get(id) {
        Ok(ty) if ty.kind == Kind::Func => Some(Ok((btf.name(ty.name), ty))),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}
