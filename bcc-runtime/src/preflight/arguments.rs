//! Arguments: what a program takes those of a kernel function for, against the function's type.
//!
//! In: the arguments a text names, and the kernel's types. Out: what cannot be right. Whoever reads
//! an address as a number, or a struct as one that begins with it, may know what they do.

use crate::kernel::btf::{Btf, Kind, Type, TypeId};
use crate::kernel::functions::Signature;
use crate::kernel::spelled;
use crate::requirements::{Argument, ArgumentType};

/// Longest chain of first members that is followed.
const DEEPEST: usize = 16;
/// Size of an address.
const ADDRESS: u64 = 8;

/// What an argument of the kernel's is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    Integer(u64),
    Pointer,
    /// A pointer to a struct with this tag.
    Struct(String),
    /// A struct by value, or nothing we know.
    Unknown,
}

/// What is wrong with the arguments that a program names. `result` says that the last one may be
/// what the function returns.
pub(super) fn faults(
    btf: &Btf,
    function: &str,
    signature: &Signature,
    named: &[Argument],
    result: bool,
) -> Vec<String> {
    // Where an argument takes two registers, those behind it are elsewhere.
    if signature.is_wide(btf) {
        return Vec::new();
    }
    let prototype = || spelled::prototype(btf, function, signature);
    let count = signature.params.len();
    let mut faults = Vec::new();
    let last_used = named.iter().rposition(|argument| argument.used);
    let too_many = last_used.is_some_and(|last| last >= count + usize::from(result));
    if too_many && !signature.variadic {
        faults.push(format!(
            "it names {}, but the function has {count}: `{}`",
            match named.len() {
                1 => "1 argument".to_owned(),
                more => format!("{more} arguments"),
            },
            prototype()
        ));
    }
    let returned = (String::new(), signature.returns);
    let theirs = signature.params.iter().chain(result.then_some(&returned));
    for ((number, ours), (name, ty)) in named.iter().enumerate().zip(theirs) {
        let related = |ours: &str, theirs: &str| are_related(btf, ours, theirs);
        if ours.used && !fits(&ours.ty, &known(btf, *ty), related) {
            faults.push(format!(
                "it takes argument {} for `{}`, but that is `{}`: `{}`",
                number + 1,
                ours.text,
                spelled::declare(btf, *ty, name),
                prototype()
            ));
        }
    }
    faults
}

fn known(btf: &Btf, id: TypeId) -> Known {
    let Ok((_, ty)) = btf.resolve(id) else {
        return Known::Unknown;
    };
    match ty.kind {
        Kind::Int | Kind::Enum | Kind::Enum64 => Known::Integer(ty.own_size()),
        Kind::Ptr => match btf.resolve(ty.target()) {
            Ok((_, to)) if matches!(to.kind, Kind::Struct | Kind::Fwd) && to.name != 0 => {
                Known::Struct(btf.name(to.name).to_owned())
            }
            _ => Known::Pointer,
        },
        _ => Known::Unknown,
    }
}

/// Whether one can be the other. Only a number that is too small for an address is none, and only
/// structs that have nothing to do with each other differ.
fn fits(ours: &ArgumentType, theirs: &Known, related: impl Fn(&str, &str) -> bool) -> bool {
    match (ours, theirs) {
        (ArgumentType::Integer(size), Known::Pointer | Known::Struct(_)) => {
            u64::from(*size) >= ADDRESS
        }
        (ArgumentType::Pointer | ArgumentType::Struct(_), Known::Integer(size)) => *size >= ADDRESS,
        (ArgumentType::Struct(ours), Known::Struct(theirs)) => {
            ours == theirs || related(ours, theirs)
        }
        _ => true,
    }
}

/// Whether one struct begins with the other, or with the same member; structs that the kernel's
/// types do not define may be anything.
fn are_related(btf: &Btf, ours: &str, theirs: &str) -> bool {
    let (Some(left), Some(right)) = (find_struct(btf, ours), find_struct(btf, theirs)) else {
        return true;
    };
    let first = |ty: Type<'_>| ty.members().next().map(|member| member.name);
    let same_start =
        first(left).map(|name| btf.name(name)) == first(right).map(|name| btf.name(name));
    same_start || begins_with(btf, left, theirs) || begins_with(btf, right, ours)
}

/// Whether the first member of a struct, or that member's first one, is such a struct.
fn begins_with<'a>(btf: &'a Btf, mut ty: Type<'a>, tag: &str) -> bool {
    for _ in 0..DEEPEST {
        let Some(first) = ty.members().next() else {
            return false;
        };
        let Ok((_, next)) = btf.resolve(first.ty) else {
            return false;
        };
        if next.kind == Kind::Struct && btf.name(next.name) == tag {
            return true;
        }
        ty = next;
    }
    false
}

fn find_struct<'a>(btf: &'a Btf, tag: &str) -> Option<Type<'a>> {
    let types = btf.declared().iter().filter_map(|id| btf.get(*id).ok());
    let mut structs = types.filter(|ty| ty.kind == Kind::Struct);
    structs.find(|ty| btf.name(ty.name) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What can be the other, and what cannot.
    #[test]
    fn x54_compares_types() {
        let ours_struct = |tag: &'static str| ArgumentType::Struct(tag.into());
        let theirs_struct = |tag: &str| Known::Struct(tag.to_owned());
        let related = |ours: &str, theirs: &str| (ours, theirs) == ("tcp_sock", "sock");
        let sock = || theirs_struct("sock");
        for (ours, theirs, expected) in [
            (ours_struct("sock"), sock(), true),
            (ours_struct("tcp_sock"), sock(), true),
            (ours_struct("socket"), sock(), false),
            (ours_struct("sock"), Known::Pointer, true),
            (ours_struct("sock"), Known::Integer(8), true),
            (ours_struct("sock"), Known::Integer(4), false),
            (ours_struct("sock"), Known::Unknown, true),
            (ArgumentType::Pointer, sock(), true),
            (ArgumentType::Pointer, Known::Integer(4), false),
            (ArgumentType::Integer(8), sock(), true),
            (ArgumentType::Integer(4), sock(), false),
            (ArgumentType::Integer(4), Known::Pointer, false),
            (ArgumentType::Integer(4), Known::Integer(8), true),
            (ArgumentType::Unknown, Known::Integer(4), true),
        ] {
            assert_eq!(
                fits(&ours, &theirs, related),
                expected,
                "{ours:?} {theirs:?}"
            );
        }
    }
}
