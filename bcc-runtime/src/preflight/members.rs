//! Members: what a text names behind `.` and `->`, against the kernel's types.
//!
//! In: members behind the struct that leads to them. Out: those that the kernel does not have.

use crate::kernel::btf::{Btf, Kind, Type, TypeId};
use crate::nearest::offer;

/// Deepest nesting of anonymous members that is followed.
const DEEPEST: usize = 32;

/// What became of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is there, or nobody can tell.
    Fine,
    /// The types do not define the struct it begins with.
    NoStruct,
    /// This struct has no such member; names like it, in words.
    Missing(String, String),
}

/// Looks a member up.
pub(super) fn find(btf: &Btf, owner: &str, path: &str) -> Found {
    let types = btf.declared().iter().filter_map(|id| btf.get(*id).ok());
    let is_owner = |ty: &Type<'_>| ty.kind == Kind::Struct && btf.name(ty.name) == owner;
    let mut last = Found::NoStruct;
    // Files of a kernel may have different structs under one tag.
    for ty in types.filter(is_owner) {
        last = follow(btf, ty, path);
        if last == Found::Fine {
            break;
        }
    }
    last
}

/// Whether there is a member, which may stand behind others; `None` if there is no such struct.
pub(super) fn has(btf: &Btf, owner: &str, path: &str) -> Option<bool> {
    let mut found = Some(true);
    // A path is missing from where its first missing member is on.
    let ends = path.match_indices('.').map(|(at, _)| at);
    for end in ends.chain([path.len()]) {
        found = match find(btf, owner, &path[..end]) {
            Found::Fine => found,
            Found::NoStruct => return None,
            Found::Missing(..) => Some(false),
        };
    }
    found
}

fn follow<'a>(btf: &'a Btf, mut ty: Type<'a>, path: &str) -> Found {
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let Some(id) = member(btf, ty, name, DEEPEST) else {
            // What is missing on the way stands in the list by itself.
            if names.peek().is_some() || btf.name(ty.name).is_empty() {
                return Found::Fine;
            }
            let known = members(btf, ty, DEEPEST);
            return Found::Missing(words(btf, ty), offer(name, known));
        };
        match record(btf, id) {
            Some(next) => ty = next,
            None => return Found::Fine,
        }
    }
    Found::Fine
}

fn words(btf: &Btf, ty: Type<'_>) -> String {
    let keyword = if ty.kind == Kind::Union {
        "union"
    } else {
        "struct"
    };
    format!("{keyword} {}", btf.name(ty.name))
}

/// The type of a member, be it in an anonymous one.
fn member(btf: &Btf, ty: Type<'_>, name: &str, depth: usize) -> Option<TypeId> {
    let depth = depth.checked_sub(1)?;
    ty.members().find_map(|one| {
        if one.name != 0 {
            return (btf.name(one.name) == name).then_some(one.ty);
        }
        let (_, inner) = btf.resolve(one.ty).ok()?;
        member(btf, inner, name, depth)
    })
}

/// The names of all members.
fn members(btf: &Btf, ty: Type<'_>, depth: usize) -> Vec<String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for one in ty.members() {
        if one.name != 0 {
            names.push(btf.name(one.name).to_owned());
        } else if let Ok((_, inner)) = btf.resolve(one.ty) {
            names.extend(members(btf, inner, depth));
        }
    }
    names
}

/// The struct or union that a member is, holds, or points to.
fn record(btf: &Btf, mut id: TypeId) -> Option<Type<'_>> {
    for _ in 0..DEEPEST {
        let (_, ty) = btf.resolve(id).ok()?;
        match ty.kind {
            Kind::Struct | Kind::Union => return Some(ty),
            Kind::Ptr => id = ty.target(),
            Kind::Array => id = ty.array()?.0,
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::btf::KERNEL_BTF;
    use std::path::Path;

    /// Members of real structs: direct, through pointers, in anonymous unions, and none.
    #[test]
    fn finds_members() {
        let Ok(btf) = Btf::read(Path::new(KERNEL_BTF)) else {
            return;
        };
        let fine = |owner: &str, path: &str| find(&btf, owner, path);
        for (owner, path) in [
            ("task_struct", "pid"),
            ("task_struct", "mm.exe_file.f_inode.i_ino"),
            ("task_struct", "mm.nosuch.i_ino"),
            ("sk_buff", "dev.ifindex"),
            ("sock", "__sk_common.skc_dport"),
        ] {
            assert_eq!(fine(owner, path), Found::Fine, "{owner} {path}");
        }
        assert_eq!(fine("nosuch_struct", "a"), Found::NoStruct);
        let Found::Missing(owner, offer) = fine("task_struct", "mm.mm_userss") else {
            panic!("there is no such member");
        };
        assert_eq!(owner, "struct mm_struct");
        assert!(offer.contains("`mm_users`"), "{offer}");
    }
}
