//! A C header with just the kernel types a program needs.
//!
//! In: the kernel's BTF and [`Wanted`], the names the program uses. Out: [`Header`], declarations
//! with exactly the kernel's sizes and offsets. Of a struct only the members the program names are
//! declared, the rest is padding; types reached through those members come along, whether the way
//! leads through a pointer or not. What BTF lacks (macros) is left to `compile::prelude`.

mod asked;
mod declare;
mod enums;
mod layout;
mod roots;
mod structs;

#[cfg(test)]
mod tests;

use super::btf::{Btf, Kind, TypeId};
use super::names::Names;
use crate::error::Result;
use layout::Layouts;
use roots::Space;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

pub(crate) use asked::{Asked, Keyword};

/// What stands behind the name of the kernel's type in that of another view on it: of one that is like it
/// but for some members, or whose own name is somebody else's here. libbpf reads names up to there.
pub(crate) const FLAVOR: &str = "___";

/// The kernel's name of a type.
pub(crate) fn kernel_name(spelled: &str) -> &str {
    spelled.split(FLAVOR).next().unwrap_or_default()
}

/// The names a program uses, as the header needs them.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// Typedefs and enumeration constants.
    pub(crate) names: HashSet<&'a str>,
    /// Tags of structs, unions and enums.
    pub(crate) tags: HashSet<&'a str>,
    /// Members of structs and unions.
    pub(crate) members: HashSet<&'a str>,
    /// Tags of which all members are wanted.
    pub(crate) full: HashSet<&'a str>,
    /// Numbers that are defined anyhow: an enum without a tag that has the same leaves them out. So the
    /// header is that of kernels that have a macro of the name.
    pub(crate) known: HashMap<&'a str, i32>,
    /// Names the program defines itself; the kernel's type of that name gets another one.
    pub(crate) own: HashSet<&'a str>,
    /// Whether the code has to fit other kernels than this one, too.
    pub(crate) relocated: bool,
    /// Where members are.
    pub(crate) places: Places,
    /// Things the program asks for, which must be declared even if the kernel lacks them.
    pub(crate) asked: Asked<'a>,
}

/// Where members are in the structs of the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Places {
    /// Where the kernel has them.
    #[default]
    Kernel,
    /// Anywhere, so that kernels that have them elsewhere have the same header: so many bytes behind each
    /// other. Code is right only if libbpf moves each access, and nothing else depends on places.
    Apart(u64),
}

/// The header, and what it declares.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// C declarations.
    pub(crate) text: String,
    /// Typedefs and enumeration constants in it.
    pub(crate) names: HashSet<String>,
    /// Members in it.
    pub(crate) members: HashSet<String>,
    /// Members that are arrays, `const` or `volatile` in one of the structs: no variable can be made of
    /// their type to copy them to.
    pub(crate) uncopied: HashSet<String>,
    /// Members that are arrays in all of the structs.
    pub(crate) arrays: HashSet<String>,
    /// Struct, union and enum tags defined in it.
    pub(crate) tags: HashSet<String>,
    /// Types of which the kernel has several of that name, or whose name C does not have: libbpf might
    /// take another one.
    pub(crate) ambiguous: HashSet<String>,
    /// Bit-fields by name, with the structs that have one of that name, as C spells them.
    pub(crate) bit_fields: BTreeMap<String, BTreeSet<String>>,
}

/// Writes the header.
pub(crate) fn write(btf: &Btf, wanted: &Wanted<'_>) -> Result<Header> {
    let names = Names::new(&wanted.names);
    let members = Names::new(&wanted.members);
    let full = Names::new(&wanted.full);
    let tags = Names::new(&wanted.tags);
    let roots = roots::find(btf, &names, &tags, &full)?;
    let mut writer = Writer {
        btf,
        layouts: Layouts::new(btf),
        names,
        members,
        full,
        known: &wanted.known,
        own: &wanted.own,
        asked: &wanted.asked,
        places: wanted.places,
        out: Header::default(),
        forwards: String::new(),
        done: HashSet::new(),
        spelled: HashMap::new(),
        queue: roots.iter().map(|root| root.id).collect(),
        all_members: false,
        holder: None,
        lacking: Vec::new(),
        depth: 0,
        counter: 0,
        gaps: 0,
    };
    // What is looked for by its name has it, and not another type of that name that it leads to.
    for root in roots.iter().filter(|root| root.space == Space::Tag) {
        writer.tagged(root.id, btf.get(root.id)?);
    }
    while let Some(id) = writer.queue.pop_front() {
        writer.define(id)?;
    }
    writer.define_asked();
    if wanted.places != Places::Kernel {
        let several = writer.several()?;
        writer.out.ambiguous.extend(several);
    }
    Ok(writer.finish(wanted.relocated))
}

/// The header while it grows.
struct Writer<'a> {
    btf: &'a Btf,
    layouts: Layouts<'a>,
    names: Names<'a>,
    members: Names<'a>,
    full: Names<'a>,
    known: &'a HashMap<&'a str, i32>,
    own: &'a HashSet<&'a str>,
    asked: &'a Asked<'a>,
    places: Places,
    out: Header,
    /// `struct x;` for all that is defined, so that pointers may come before definitions.
    forwards: String,
    done: HashSet<TypeId>,
    /// How each tagged type is spelled.
    spelled: HashMap<TypeId, String>,
    /// Types to define, found behind pointers.
    queue: VecDeque<TypeId>,
    /// Whether the type being defined is one of which all is wanted.
    all_members: bool,
    /// How the struct being defined is spelled, if C can spell it.
    holder: Option<String>,
    /// Members of the struct being defined that the program asks for and the kernel lacks, until
    /// they are placed.
    lacking: Vec<String>,
    /// How deep the current definition is nested.
    depth: usize,
    /// For names nobody sees.
    counter: usize,
    /// For names nobody sees, in the type being defined.
    gaps: usize,
}

impl Writer<'_> {
    /// What of the header the kernel has several of: libbpf looks at all types of a name.
    fn several(&self) -> Result<HashSet<String>> {
        let tags = self.out.tags.iter().chain(&self.out.names);
        let wanted: HashSet<&str> = tags.map(|name| kernel_name(name)).collect();
        let names = Names::new(&wanted);
        let mut seen = HashSet::new();
        let mut several = HashSet::new();
        for &id in self.btf.declared() {
            let ty = self.btf.get(id)?;
            let is_typedef = ty.kind == Kind::Typedef;
            if names.has(self.btf, ty.name) && !seen.insert((is_typedef, self.btf.name(ty.name))) {
                several.insert(self.btf.name(ty.name).to_owned());
            }
        }
        Ok(several)
    }

    /// A number for a name that must not meet another one.
    fn next_number(&mut self) -> usize {
        self.counter += 1;
        self.counter
    }

    /// The declarations; with `relocated`, libbpf moves each access to where the kernel it loads into
    /// has the member (CO-RE).
    fn finish(mut self, relocated: bool) -> Header {
        let push = "#pragma clang attribute push \
                    (__attribute__((preserve_access_index)), apply_to = record)\n";
        let body = std::mem::take(&mut self.out.text);
        let forwards = self.forwards;
        // clang warns of an attribute that nothing has.
        let mut parts = [&forwards, &body].into_iter();
        let has_records = parts.any(|part| part.contains("struct ") || part.contains("union "));
        self.out.text = if relocated && has_records {
            format!("{push}{forwards}{body}#pragma clang attribute pop\n")
        } else {
            format!("{forwards}{body}")
        };
        self.out
    }
}
