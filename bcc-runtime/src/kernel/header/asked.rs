//! What the program asks for and the kernel lacks.
//!
//! In: the names the program asks for. Out: declarations that let clang compile the question.
//! libbpf looks for the same names in the kernel it loads into, finds none, and answers no. What
//! they are declared as does not matter for the question; a member can also be read, as a number,
//! in code that the answer keeps from running.

use super::Writer;
use crate::kernel::btf::{Btf, Type};
use std::collections::HashSet;
use std::fmt::Write as _;

/// Deepest nesting of anonymous members we follow.
const DEEPEST: usize = 32;

/// Names behind `bpf_core_field_exists` and its like.
#[derive(Debug, Default)]
pub(crate) struct Asked<'a> {
    /// Members, of whichever struct.
    pub(crate) members: HashSet<&'a str>,
    /// Types.
    pub(crate) types: Vec<(Keyword, &'a str)>,
    /// Constants, behind the name of their enum.
    pub(crate) constants: Vec<(&'a str, &'a str)>,
}

/// What stands before the name of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Keyword {
    Struct,
    Union,
    Enum,
    /// Nothing.
    Typedef,
}

impl Writer<'_> {
    /// The members a struct is asked for and does not have, in the order of their names.
    pub(super) fn lacking_members(&self, ty: Type<'_>) -> Vec<String> {
        let mut lacking = self.asked.members.clone();
        remove_members(self.btf, ty, &mut lacking, DEEPEST);
        let mut lacking: Vec<String> = lacking.into_iter().map(str::to_owned).collect();
        lacking.sort_unstable();
        lacking
    }

    /// The constants an enum is asked for and does not have.
    pub(super) fn lacking_constants(&mut self, name: &str) -> Vec<String> {
        let of_enum = self.asked.constants.iter().filter(|(of, _)| *of == name);
        let mut lacking: Vec<String> = Vec::new();
        for (_, constant) in of_enum {
            if !self.own.contains(constant) && self.out.names.insert((*constant).to_owned()) {
                lacking.push((*constant).to_owned());
            }
        }
        lacking
    }

    /// Defines the types that are asked for and that the kernel does not have. They do not count as
    /// its types: a module may have them.
    pub(super) fn define_asked(&mut self) {
        let enums = self.asked.constants.iter();
        let enums = enums.map(|(name, _)| (Keyword::Enum, *name));
        let mut defined = HashSet::new();
        for (keyword, name) in enums.chain(self.asked.types.iter().copied()) {
            let known = match keyword {
                Keyword::Typedef => &self.out.names,
                Keyword::Struct | Keyword::Union | Keyword::Enum => &self.out.tags,
            };
            let is_known = self.own.contains(name) || known.contains(name);
            if is_known || !defined.insert((keyword, name)) {
                continue;
            }
            let definition = match keyword {
                Keyword::Struct => format!("struct {name} {{ char __bcc_none; }}"),
                Keyword::Union => format!("union {name} {{ char __bcc_none; }}"),
                Keyword::Typedef => format!("typedef struct {{ char __bcc_none; }} {name}"),
                Keyword::Enum => {
                    let mut constants = self.lacking_constants(name);
                    constants.push(format!("__bcc_range_{}", self.next_number()));
                    format!("enum {name} {{ {} }}", constants.join(", "))
                }
            };
            let _ = writeln!(self.out.text, "{definition};");
        }
    }
}

/// Removes the names of a type's members, those of anonymous structs and unions included.
fn remove_members(btf: &Btf, ty: Type<'_>, names: &mut HashSet<&str>, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    for member in ty.members() {
        names.remove(btf.name(member.name));
        if member.name == 0
            && let Ok((_, inner)) = btf.unqualified(member.ty)
        {
            remove_members(btf, inner, names, depth);
        }
    }
}
