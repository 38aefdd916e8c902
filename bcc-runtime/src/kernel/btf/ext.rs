//! The tables that clang puts beside an object's BTF, in the section `.BTF.ext`.
//!
//! In: the bytes of the section. Out: where the records of a table are. Nothing in the bytes is
//! trusted: a damaged table has no records.

use super::TypeId;
use super::blob::MAGIC;

/// Fewest bytes of a record of either table.
const SMALLEST_RECORD: usize = 16;

/// The section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ext<'a> {
    data: &'a [u8],
}

/// A table of the section, by the word of the header that says where it begins; the next word says
/// how long it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    /// Lines of instructions.
    Lines = 4,
    /// CO-RE relocations.
    Relocations = 6,
}

/// A record of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    /// Offset of the name of the section with its instruction, in the BTF's names.
    pub(crate) section: u32,
    /// Where it is, in bytes from the start of the section.
    pub(crate) at: usize,
}

/// A question to libbpf about the kernel's types, whose answer it puts into an instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    /// Offset of the name of the section with the instruction, in the BTF's names.
    pub(crate) section: u32,
    /// Where the instruction is, in bytes from the start of its section.
    pub(crate) instruction: u32,
    /// The type that the way to the member begins at, and where its number stands in the table's section.
    pub(crate) root: TypeId,
    pub(crate) root_at: usize,
    /// Offset of the way from there, in the BTF's names.
    pub(crate) path: u32,
    /// What is asked.
    pub(crate) kind: u32,
}

impl<'a> Ext<'a> {
    /// The section of these bytes; `None` if it does not begin like one.
    pub(crate) fn new(data: &'a [u8]) -> Option<Self> {
        let ext = Self { data };
        (ext.word(0)? & 0xffff == MAGIC).then_some(ext)
    }

    /// The word at a place; `None` behind the end.
    pub(crate) fn word(self, at: usize) -> Option<u32> {
        let bytes = self.data.get(at..at.checked_add(4)?)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// All records of a table.
    pub(crate) fn records(self, table: Table) -> Option<Vec<Record>> {
        let word = table as usize * 4;
        let header = self.word(4)? as usize;
        // Old compilers have a shorter header, without the later tables.
        if word + 8 > header {
            return Some(Vec::new());
        }
        let start = header.checked_add(self.word(word)? as usize)?;
        let end = start.checked_add(self.word(word + 4)? as usize)?;
        if start == end {
            return Some(Vec::new());
        }
        let size = self.word(start)? as usize;
        let mut at = start + 4;
        let mut records = Vec::new();
        while size >= SMALLEST_RECORD && at + 8 <= end {
            let (section, count) = (self.word(at)?, self.word(at + 4)?);
            at += 8;
            for _ in 0..count {
                records.push(Record { section, at });
                at = at.checked_add(size).filter(|next| *next <= end)?;
            }
        }
        Some(records)
    }

    /// All CO-RE relocations.
    pub(crate) fn relocations(self) -> Option<Vec<Relocation>> {
        let records = self.records(Table::Relocations)?.into_iter();
        let relocation = |Record { section, at }| {
            Some(Relocation {
                section,
                instruction: self.word(at)?,
                root: self.word(at + 4)?,
                root_at: at + 4,
                path: self.word(at + 8)?,
                kind: self.word(at + 12)?,
            })
        };
        records.map(relocation).collect()
    }
}
