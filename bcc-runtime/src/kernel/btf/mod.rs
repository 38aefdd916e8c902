//! A reader for BTF, the kernel's description of its own types.
//!
//! In: the bytes of `/sys/kernel/btf/vmlinux`, of a file like it, or of an object's `.BTF` section.
//! Out: types by number, their members, enumerators and names. Nothing in the bytes is trusted:
//! whatever does not fit is an error, never a panic.
//!
//! The format: <https://docs.kernel.org/bpf/btf.html>

mod blob;
pub(crate) mod ext;
mod modules;
mod types;
mod walk;

#[cfg(test)]
mod tests;

use crate::error::{Error, ErrorKind, Result};
use blob::{Blob, Parts};
use std::ffi::CStr;
use std::path::Path;

pub(crate) use blob::KERNEL_BTF;
pub(crate) use types::{Enumerator, Int, Kind, Member, Type, TypeId};

/// Longest chain of typedefs and qualifiers we follow; the longest in a kernel is about ten.
const LONGEST_CHAIN: usize = 64;

/// All types of one BTF blob.
#[derive(Debug)]
pub(crate) struct Btf {
    blob: Blob,
    /// Where the names are, in bytes from the start of the blob.
    names: std::ops::Range<usize>,
    /// First word of each type; the entry for `void` is not used.
    starts: Vec<u32>,
    /// Types C can name: structs, unions, enums and typedefs.
    declared: Vec<TypeId>,
}

impl Btf {
    /// Reads a file of BTF.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let blob = Blob::read(path).map_err(Error::from);
        blob.and_then(Self::parse).map_err(|error| {
            let way_out = if path == Path::new(KERNEL_BTF) {
                "; a kernel built with CONFIG_DEBUG_INFO_BTF has them there, for others give a \
                 file of them by `btf_path`"
            } else {
                ""
            };
            let path = path.display();
            let message = format!("failed to read the kernel's types from `{path}`{way_out}");
            Error::new(ErrorKind::KernelTypes, message).with_cause(error)
        })
    }

    /// Takes the bytes of an object's BTF.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::parse(Blob::copy(bytes))
    }

    /// Checks the header and finds all types.
    fn parse(blob: Blob) -> Result<Self> {
        let Parts { types, names } = blob.parts()?;
        let bytes = blob.bytes().get(names.clone());
        if bytes.is_none_or(|bytes| bytes.first() != Some(&0)) {
            return Err(damaged("its names are cut off"));
        }
        let first = types.start;
        let types = blob.words().get(types);
        let types = types.ok_or_else(|| damaged("its types are cut off"))?;
        let (starts, declared) = walk::find_types(types, first)?;
        Ok(Self {
            blob,
            names,
            starts,
            declared,
        })
    }

    /// The types C can name, in order.
    pub(crate) fn declared(&self) -> &[TypeId] {
        &self.declared
    }

    /// The numbers of all types but `void`.
    pub(crate) fn ids(&self) -> std::ops::Range<TypeId> {
        // `walk` refuses more types than a `u32` can count.
        1..u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// A type by its number.
    pub(crate) fn get(&self, id: TypeId) -> Result<Type<'_>> {
        if id == 0 {
            return Ok(Type {
                kind: Kind::Void,
                name: 0,
                size: 0,
                flag: false,
                extra: &[],
            });
        }
        let start = self.starts.get(id as usize).map(|start| *start as usize);
        let start = start.ok_or_else(|| damaged("a type refers to one that does not exist"))?;
        let words = self.blob.words();
        // `walk` has seen the whole of each type inside the blob, and a known kind.
        let (kind, len) = walk::extent(words[start + 1])?;
        Ok(Type {
            kind,
            name: words[start],
            size: words[start + 2],
            flag: words[start + 1] >> 31 == 1,
            extra: &words[start + 3..start + len],
        })
    }

    /// A name by its offset; empty for 0 and for what is no text.
    pub(crate) fn name(&self, offset: u32) -> &str {
        let text = CStr::from_bytes_until_nul(self.name_onward(offset)).unwrap_or_default();
        text.to_str().unwrap_or_default()
    }

    /// A name and all behind it; it ends at the first zero byte.
    pub(crate) fn name_onward(&self, offset: u32) -> &[u8] {
        // `parse` has checked the range.
        let names = &self.blob.bytes()[self.names.clone()];
        names.get(offset as usize..).unwrap_or_default()
    }

    /// The type behind typedefs, qualifiers and tags.
    pub(crate) fn resolve(&self, id: TypeId) -> Result<(TypeId, Type<'_>)> {
        self.skip(id, |kind| {
            kind == Kind::Typedef || types::is_qualifier(kind)
        })
    }

    /// The type behind qualifiers and tags.
    pub(crate) fn unqualified(&self, id: TypeId) -> Result<(TypeId, Type<'_>)> {
        self.skip(id, types::is_qualifier)
    }

    /// Size in bytes; 0 for what has none.
    pub(crate) fn size(&self, mut id: TypeId) -> Result<u64> {
        let mut count = 1_u64;
        for _ in 0..LONGEST_CHAIN {
            let (_, ty) = self.resolve(id)?;
            let (element, len) = ty.array().unwrap_or((0, 1));
            let each = if ty.kind == Kind::Array {
                u64::from(len)
            } else {
                ty.own_size()
            };
            count = count
                .checked_mul(each)
                .ok_or_else(|| damaged("an array is too large"))?;
            if ty.kind != Kind::Array {
                return Ok(count);
            }
            id = element;
        }
        Err(damaged("an array holds itself"))
    }

    fn skip(&self, mut id: TypeId, through: impl Fn(Kind) -> bool) -> Result<(TypeId, Type<'_>)> {
        for _ in 0..LONGEST_CHAIN {
            let ty = self.get(id)?;
            if !through(ty.kind) {
                return Ok((id, ty));
            }
            id = ty.target();
        }
        Err(damaged("a typedef leads back to itself"))
    }
}

/// The error for bytes that are not what they should be.
pub(crate) fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::KernelTypes,
        format!("this BTF cannot be used: {what}"),
    )
}
