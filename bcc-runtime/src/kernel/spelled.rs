//! Types of the kernel as C spells them.
//!
//! In: the number of a type. Out: its name, for people; qualifiers and pointers included.

use super::btf::{Btf, Kind, TypeId};
use super::functions::Signature;

/// Longest chain of pointers and qualifiers we follow.
const DEEPEST: usize = 16;

/// A type as C names it without a variable: `const struct sock *`.
pub(crate) fn spell(btf: &Btf, id: TypeId) -> String {
    spell_below(btf, id, DEEPEST)
}

/// A declaration of a name: `struct sock *sk`.
pub(crate) fn declare(btf: &Btf, id: TypeId, name: &str) -> String {
    let ty = spell(btf, id);
    if name.is_empty() {
        return ty;
    }
    let space = if ty.ends_with('*') { "" } else { " " };
    format!("{ty}{space}{name}")
}

/// A function as C declares it: `int vfs_open(const struct path *path, struct file *file)`.
pub(crate) fn prototype(btf: &Btf, name: &str, signature: &Signature) -> String {
    let params = signature.params.iter();
    let mut params: Vec<String> = params.map(|(name, ty)| declare(btf, *ty, name)).collect();
    if signature.variadic {
        params.push("...".to_owned());
    }
    if params.is_empty() {
        params.push("void".to_owned());
    }
    let text = format!("{name}({})", params.join(", "));
    declare(btf, signature.returns, &text)
}

fn spell_below(btf: &Btf, id: TypeId, depth: usize) -> String {
    let (Ok(ty), Some(depth)) = (btf.get(id), depth.checked_sub(1)) else {
        return "...".to_owned();
    };
    let below = || spell_below(btf, ty.target(), depth);
    let tagged = |keyword: &str| match btf.name(ty.name) {
        "" => format!("{keyword} {{...}}"),
        name => format!("{keyword} {name}"),
    };
    match ty.kind {
        Kind::Void => "void".to_owned(),
        Kind::Struct => tagged("struct"),
        Kind::Union => tagged("union"),
        Kind::Enum | Kind::Enum64 => tagged("enum"),
        Kind::Fwd => tagged(if ty.flag { "union" } else { "struct" }),
        Kind::Ptr => match below() {
            to if to.ends_with('*') => format!("{to}*"),
            to if to.contains(')') => to,
            to => format!("{to} *"),
        },
        // Behind a pointer the word would belong to the pointer.
        Kind::Const => match below() {
            to if to.ends_with('*') => format!("{to}const"),
            to => format!("const {to}"),
        },
        Kind::Volatile | Kind::Restrict | Kind::TypeTag => below(),
        Kind::Array => match ty.array() {
            Some((element, len)) => format!("{}[{len}]", spell_below(btf, element, depth)),
            None => "...".to_owned(),
        },
        Kind::FuncProto => format!("{} (*)(...)", below()),
        Kind::Int
        | Kind::Float
        | Kind::Typedef
        | Kind::Func
        | Kind::Var
        | Kind::Datasec
        | Kind::DeclTag => btf.name(ty.name).to_owned(),
    }
}
