//! Types that only kernel modules have.
//!
//! In: the kernel's BTF and names it lacks. Out: one BTF that has the types of the loaded modules
//! with these names as well. A module's BTF goes on where the kernel's ends: its numbers of types
//! and its offsets of names count on from there. Of a second module they are moved.

use super::blob::{Blob, HEADER_WORDS, KERNEL_BTF, MAGIC};
use super::types::{Kind, TypeId};
use super::walk::extent;
use super::{Btf, damaged};
use crate::error::{Error, ErrorKind, Result};
use std::fs;
use std::path::Path;

/// What a module's numbers and offsets are moved by.
#[derive(Clone, Copy)]
struct Shift {
    first_type: TypeId,
    types: u32,
    first_name: u32,
    names: u32,
}

impl Shift {
    fn ty(self, id: &mut u32) {
        if *id >= self.first_type {
            *id += self.types;
        }
    }

    fn name(self, offset: &mut u32) {
        if *offset >= self.first_name {
            *offset += self.names;
        }
    }
}

impl Btf {
    /// The running kernel's types with those of the loaded modules that have one of the names;
    /// `None` if no module has any.
    pub(crate) fn with_modules(&self, names: &[&str]) -> Result<Option<Self>> {
        let kernel = Path::new(KERNEL_BTF);
        let folder = kernel.parent().and_then(|folder| fs::read_dir(folder).ok());
        let entries = folder.into_iter().flatten().filter_map(std::io::Result::ok);
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path != kernel);
        // The same modules give the same text, in whatever order the kernel lists them.
        paths.sort();
        let modules = paths.iter().filter_map(|path| Blob::read(path).ok());
        let modules: Vec<Blob> = modules
            .filter(|module| has_name(module.bytes(), names))
            .collect();
        if modules.is_empty() {
            return Ok(None);
        }
        self.joined(&modules).map(Some)
    }

    /// The running kernel's types with those of one loaded module.
    pub(crate) fn with_module(&self, module: &str) -> Result<Self> {
        let path = Path::new(KERNEL_BTF).with_file_name(module);
        let own = Blob::read(&path).map_err(Error::from);
        own.and_then(|own| self.joined(&[own])).map_err(|error| {
            let message = format!("failed to read the types of module `{module}`");
            Error::new(ErrorKind::KernelTypes, message).with_cause(error)
        })
    }

    /// The kernel's types and behind them those of modules.
    fn joined(&self, modules: &[Blob]) -> Result<Self> {
        let words = self.blob.words();
        let first = self.starts.get(1).map_or(0, |start| *start as usize);
        let last = self.starts.last().map_or(0, |start| *start as usize);
        let end = last + extent(words[last + 1])?.1;
        let mut types = words[first..end].to_vec();
        let mut names = self.blob.bytes()[self.names.clone()].to_vec();
        let base = (count(self.starts.len())?, count(names.len())?);
        let mut next = base.0;
        for module in modules {
            let (own_types, own_names) = sections(module)?;
            let shift = Shift {
                first_type: base.0,
                types: next - base.0,
                first_name: base.1,
                names: count(names.len())? - base.1,
            };
            let at = types.len();
            types.extend_from_slice(own_types);
            next += move_types(&mut types[at..], shift)?;
            names.extend_from_slice(own_names);
        }
        let mut bytes = header(types.len(), names.len())?;
        bytes.extend(types.iter().flat_map(|word| word.to_ne_bytes()));
        bytes.extend(names);
        Self::from_bytes(&bytes)
    }
}

/// Whether a blob has one of the names as a whole.
fn has_name(bytes: &[u8], names: &[&str]) -> bool {
    // Each name has a zero byte on either side.
    let texts = bytes.split(|byte| *byte == 0);
    texts
        .filter_map(|text| std::str::from_utf8(text).ok())
        .any(|text| names.contains(&text))
}

/// Words of the types and bytes of the names of a module.
fn sections(module: &Blob) -> Result<(&[u32], &[u8])> {
    let parts = module.parts()?;
    let types = module.words().get(parts.types);
    let names = module.bytes().get(parts.names);
    types
        .zip(names)
        .ok_or_else(|| damaged("a module's types are cut off"))
}

/// Moves all numbers of types and offsets of names; returns how many types there are.
fn move_types(words: &mut [u32], shift: Shift) -> Result<u32> {
    let (mut at, mut found) = (0, 0);
    while at < words.len() {
        let info = words.get(at + 1).copied().unwrap_or(0);
        let (kind, len) = extent(info)?;
        let ty = words
            .get_mut(at..at + len)
            .ok_or_else(|| damaged("a module's last type is cut off"))?;
        move_type(ty, kind, shift);
        at += len;
        found += 1;
    }
    Ok(found)
}

fn move_type(words: &mut [u32], kind: Kind, shift: Shift) {
    shift.name(&mut words[0]);
    // `size` is the number of a type in these kinds.
    let refers = match kind {
        Kind::Ptr
        | Kind::Typedef
        | Kind::Volatile
        | Kind::Const
        | Kind::Restrict
        | Kind::Func
        | Kind::FuncProto
        | Kind::Var
        | Kind::DeclTag
        | Kind::TypeTag => true,
        Kind::Void
        | Kind::Int
        | Kind::Array
        | Kind::Struct
        | Kind::Union
        | Kind::Enum
        | Kind::Fwd
        | Kind::Datasec
        | Kind::Float
        | Kind::Enum64 => false,
    };
    if refers {
        shift.ty(&mut words[2]);
    }
    let extra = &mut words[3..];
    match kind {
        Kind::Array => extra[..2].iter_mut().for_each(|id| shift.ty(id)),
        Kind::Struct | Kind::Union => extra.chunks_exact_mut(3).for_each(|member| {
            shift.name(&mut member[0]);
            shift.ty(&mut member[1]);
        }),
        Kind::FuncProto => extra.chunks_exact_mut(2).for_each(|param| {
            shift.name(&mut param[0]);
            shift.ty(&mut param[1]);
        }),
        Kind::Enum => extra
            .chunks_exact_mut(2)
            .for_each(|constant| shift.name(&mut constant[0])),
        Kind::Enum64 => extra
            .chunks_exact_mut(3)
            .for_each(|constant| shift.name(&mut constant[0])),
        Kind::Datasec => extra
            .chunks_exact_mut(3)
            .for_each(|variable| shift.ty(&mut variable[0])),
        Kind::Void
        | Kind::Int
        | Kind::Ptr
        | Kind::Fwd
        | Kind::Typedef
        | Kind::Volatile
        | Kind::Const
        | Kind::Restrict
        | Kind::Func
        | Kind::Var
        | Kind::Float
        | Kind::DeclTag
        | Kind::TypeTag => {}
    }
}

/// A header for so many words of types and bytes of names.
fn header(types: usize, names: usize) -> Result<Vec<u8>> {
    let header_len = HEADER_WORDS * 4;
    let words = [
        // Version 1 and no flags stand in the upper half.
        MAGIC | 1 << 16,
        count(header_len)?,
        0,
        count(types * 4)?,
        count(types * 4)?,
        count(names)?,
    ];
    Ok(words.iter().flat_map(|word| word.to_ne_bytes()).collect())
}

fn count(number: usize) -> Result<u32> {
    u32::try_from(number).map_err(|error| damaged("it is too large").with_cause(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A blob of these types and names.
    fn blob(types: &[u32], names: &[u8]) -> Vec<u8> {
        let mut bytes = header(types.len(), names.len()).expect("it is small");
        bytes.extend(types.iter().flat_map(|word| word.to_ne_bytes()));
        bytes.extend(names);
        bytes
    }

    const INT: u32 = 1 << 24;
    const PTR: u32 = 2 << 24;
    const STRUCT: u32 = 4 << 24;

    /// Types of two modules, each of which goes on where the kernel ends, keep what they refer to.
    #[test]
    fn joins_modules() {
        let kernel = blob(&[1, INT, 4, 32], b"\0int\0");
        let kernel = Btf::from_bytes(&kernel).expect("it is BTF");
        // `struct NAME { int *m; }`, with the pointer as type 2 and the struct as type 3.
        let types = [0, PTR, 1, 5, STRUCT | 1, 8, 7, 2, 0];
        let modules = [b"a\0m\0", b"b\0m\0"].map(|names| Blob::copy(&blob(&types, names)));
        let joined = kernel.joined(&modules).expect("they fit");
        for (id, name) in [(3, "a"), (5, "b")] {
            let ty = joined.get(id).expect("it is there");
            assert_eq!(joined.name(ty.name), name);
            let member = ty.members().next().expect("it has one");
            assert_eq!(joined.name(member.name), "m");
            let pointer = joined.get(member.ty).expect("it is there");
            assert_eq!((pointer.kind, member.ty), (Kind::Ptr, id - 1));
            assert_eq!(joined.get(pointer.target()).expect("there").kind, Kind::Int);
        }
        assert_eq!(joined.ids(), 1..6);
    }

    /// Whole names only; bytes that are no module are an error.
    #[test]
    fn looks_for_whole_names() {
        assert!(has_name(b"\0abc\0d\0", &["x", "d"]));
        assert!(!has_name(b"\0abc\0d\0", &["bc"]));
        assert!(sections(&Blob::copy(b"xyz")).is_err());
        let mut cut = [0, STRUCT | 1, 8];
        let shift = Shift {
            first_type: 0,
            types: 0,
            first_name: 0,
            names: 0,
        };
        assert!(move_types(&mut cut, shift).is_err());
    }
}
