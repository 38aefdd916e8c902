//! Whether code depends on where the kernel has the members of its structs only by relocations.
//!
//! In: two objects of one program, made of texts that differ in nothing but the places of members,
//! and so in the sizes of structs. Out: whether the code is the same but for what libbpf sets when it
//! loads it (CO-RE). What has a size or a place anywhere else (`sizeof`, a copy of a struct, a step
//! from one element to the next, a map of such) differs, and has to be compiled where it runs.

use crate::kernel::btf::ext::{self, Ext};
use crate::kernel::btf::{Btf, Kind};
use crate::kernel::header::kernel_name;
use crate::sys::object::{Echo, capture_log};
use libbpf_rs::ObjectBuilder;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionKind};
use std::collections::BTreeSet;

/// Bytes of an instruction.
const INSTRUCTION: usize = 8;
/// The instruction that loads 64 bits, and takes the place of two.
const LOAD_64: u8 = 0x18;
/// What sections begin with that describe types, lines and names.
const DESCRIPTIONS: [&str; 6] = [
    ".BTF",
    ".rel.BTF",
    ".debug",
    ".rel.debug",
    ".symtab",
    ".strtab",
];
/// Whether two objects are the same but for what libbpf relocates; `None` too if one cannot be read.
pub(super) fn are_alike(one: &[u8], other: &[u8]) -> Option<bool> {
    let (one, other) = (Parts::read(one)?, Parts::read(other)?);
    Some(one == other)
}

/// The types at which the relocated accesses of an object begin, by the kernel's names; `None` if
/// they cannot be told.
pub(super) fn roots(object: &[u8]) -> Option<BTreeSet<String>> {
    let file = object::File::parse(object).ok()?;
    let names = relocations(&file)?.into_iter().map(|it| {
        let name = kernel_name(&it.root);
        (!name.is_empty()).then(|| name.to_owned())
    });
    names.collect()
}

/// What has to be the same.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    /// Name and bytes, without what is relocated.
    sections: Vec<(String, Vec<u8>)>,
    /// Name, section, place and size.
    symbols: Vec<(String, Option<usize>, u64, u64)>,
    relocations: Vec<Relocation>,
    /// Name, sizes of key and value, entries.
    maps: Vec<(String, u32, u32, u32)>,
}

/// A place at which libbpf puts a number.
#[derive(Debug, PartialEq, Eq)]
struct Relocation {
    section: String,
    offset: usize,
    /// The type the access begins at.
    root: String,
    is_typedef: bool,
    /// The members on the way, by their places in the text.
    path: String,
    /// What is asked.
    kind: u32,
}

impl Parts {
    fn read(bytes: &[u8]) -> Option<Self> {
        let file = object::File::parse(bytes).ok()?;
        let relocations = relocations(&file)?;
        let mut sections = Vec::new();
        for section in file.sections() {
            let name = section.name().ok()?;
            if DESCRIPTIONS.iter().any(|start| name.starts_with(start)) {
                continue;
            }
            let mut data = section.data().ok()?.to_vec();
            // What has no bytes in the file still has a size.
            data.extend(section.size().to_le_bytes());
            if section.kind() == SectionKind::Text {
                let here = relocations.iter().filter(|it| it.section == name);
                here.for_each(|it| blank(&mut data, it.offset));
            }
            sections.push((name.to_owned(), data));
        }
        let mut symbols = Vec::new();
        for symbol in file.symbols() {
            let section = symbol.section_index().map(|index| index.0);
            let name = symbol.name().ok()?.to_owned();
            symbols.push((name, section, symbol.address(), symbol.size()));
        }
        Some(Self {
            sections,
            symbols,
            relocations,
            maps: maps(bytes)?,
        })
    }
}

/// Leaves of an instruction what libbpf does not set.
fn blank(code: &mut [u8], at: usize) {
    let is_load = code.get(at) == Some(&LOAD_64);
    // The operation and its registers come first, then an offset and a number.
    if let Some(numbers) = code.get_mut(at + 2..at + INSTRUCTION) {
        numbers.fill(0);
    }
    let upper = at + INSTRUCTION + 4..at + 2 * INSTRUCTION;
    if let Some(numbers) = code.get_mut(upper).filter(|_| is_load) {
        numbers.fill(0);
    }
}

fn relocations(file: &object::File<'_>) -> Option<Vec<Relocation>> {
    let btf = Btf::from_bytes(file.section_by_name(".BTF")?.data().ok()?).ok()?;
    let Some(section) = file.section_by_name(".BTF.ext") else {
        return Some(Vec::new());
    };
    let ext = Ext::new(section.data().ok()?)?;
    let relocation = |it: ext::Relocation| {
        let (_, root) = btf.unqualified(it.root).ok()?;
        Some(Relocation {
            section: btf.name(it.section).to_owned(),
            offset: it.instruction as usize,
            root: btf.name(root.name).to_owned(),
            is_typedef: root.kind == Kind::Typedef,
            path: btf.name(it.path).to_owned(),
            kind: it.kind,
        })
    };
    ext.relocations()?.into_iter().map(relocation).collect()
}

/// Sizes of maps, which only their types tell.
fn maps(bytes: &[u8]) -> Option<Vec<(String, u32, u32, u32)>> {
    // libbpf would make a name of its address, which is part of the names of sections.
    let open = || ObjectBuilder::default().name("program")?.open_memory(bytes);
    let (opened, _) = capture_log(Echo::Attempt, open);
    let opened = opened.ok()?;
    let maps = opened.maps().map(|map| {
        let name = map.name().to_string_lossy().into_owned();
        (name, map.key_size(), map.value_size(), map.max_entries())
    });
    Some(maps.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile_alone;

    /// What clang makes of a program on a struct of the kernel with a gap of so many bytes.
    fn object(program: &str, gap: u32) -> Vec<u8> {
        let text = format!(
            "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
             struct in {{ char pad_1[{gap}]; int x; }};
             struct task_struct {{ char pad_1[{gap}]; int pid; char pad_2[{gap}]; struct in in;
                char pad_3[{gap}]; struct in *list; char pad_4[{gap}]; char comm[16]; }};
             typedef struct {{ char pad_1[{gap}]; int counter; }} atomic_t;
             #pragma clang attribute pop
             #define SEC(name) __attribute__((section(name), used))
             static long (*read)(void *to, unsigned size, const void *from) = (void *)113;
             {program}"
        );
        compile_alone(&text).unwrap_or_else(|said| panic!("{said}"))
    }

    fn are_alike_with(program: &str) -> bool {
        are_alike(&object(program, 8), &object(program, 72)).expect("they can be read")
    }

    /// Accesses that libbpf moves may be anywhere.
    #[test]
    fn moved_accesses_are_alike() {
        for body in [
            "return task->pid + task->in.x;",
            "int x = 0; read(&x, sizeof(x), &task->list[0].x); return x;",
            "char comm[16]; read(comm, sizeof(comm), task->comm); return comm[3];",
            "return ((atomic_t *)task)->counter;",
            "return __builtin_preserve_field_info(task->in.x, 0);",
            "return 7;",
        ] {
            let program = format!("SEC(\"raw_tp\") int f(struct task_struct *task) {{ {body} }}");
            assert!(are_alike_with(&program), "{body}");
        }
        let program = "SEC(\"raw_tp\") int f(struct task_struct *t) { return t->pid + t->in.x; }";
        let roots = roots(&object(program, 8)).expect("they can be read");
        assert_eq!(roots, BTreeSet::from(["task_struct".to_owned()]));
    }

    /// Whatever else depends on a place or a size is found.
    #[test]
    fn other_uses_of_places_differ() {
        let function =
            |body: &str| format!("SEC(\"raw_tp\") int f(struct task_struct *task) {{ {body} }}");
        for program in [
            function("return sizeof(*task);"),
            function("return __builtin_offsetof(struct task_struct, pid);"),
            function("int x = 0; read(&x, sizeof(x), task + 1); return x;"),
            function("int x = 0; read(&x, sizeof(x), &task->list[task->pid]); return x;"),
            function("struct in in = {}; read(&in, sizeof(in), &task->in); return in.x;"),
            function("struct in in = task->in; read(&in, 4, &in); return in.x;"),
            "struct { int (*type)[1]; int *key; struct in *value; int (*max_entries)[4]; } m \
             SEC(\".maps\");"
                .to_owned(),
            "struct task_struct kept; SEC(\"raw_tp\") int f(void *ctx) { kept.pid++; return 0; }"
                .to_owned(),
            "const volatile int size = sizeof(struct in);
             SEC(\"raw_tp\") int f(void *ctx) { return size; }"
                .to_owned(),
        ] {
            assert!(!are_alike_with(&program), "{program}");
        }
        assert_eq!(are_alike(b"", b""), None);
    }
}
