//! The section `.note.stapsdt`, in which a binary lists its USDT probes.
//!
//! In: an ELF file. Out: its notes, with addresses as the file has them.
//!
//! Layout: <https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation>

use object::read::ReadCache;
use object::read::elf::{FileHeader, SectionHeader as _};
use object::{Endian as _, Endianness};
use std::fs;

const SECTION: &[u8] = b".note.stapsdt";
/// Where this section is now, against what the notes say, tells how far the file was moved after
/// it was linked (by prelink).
const BASE_SECTION: &[u8] = b".stapsdt.base";
const OWNER: &[u8] = b"stapsdt";
const KIND: u32 = 3;

/// One place in a binary that has a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
    pub(crate) address: u64,
    /// The address of the counter that the binary looks at before it prepares the arguments.
    pub(crate) semaphore: Option<u64>,
}

/// The notes of a file, in its order.
pub(crate) fn read_notes<Elf: FileHeader<Endian = Endianness>>(
    data: &ReadCache<fs::File>,
) -> object::read::Result<Vec<Note>> {
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let base = sections.section_by_name(endian, BASE_SECTION);
    let words = Words {
        endian,
        is_64_bit: header.is_class_64(),
        base: base.map(|(_, section)| section.sh_addr(endian).into()),
    };
    let section = sections.section_by_name(endian, SECTION);
    let entries = section.map(|(_, section)| section.notes(endian, data));
    let mut notes = Vec::new();
    let Some(mut entries) = entries.transpose()?.flatten() else {
        return Ok(notes);
    };
    while let Some(entry) = entries.next()? {
        if entry.name() == OWNER && entry.n_type(endian).0 == KIND {
            notes.extend(words.parse(entry.desc()));
        }
    }
    Ok(notes)
}

/// How a file writes its notes.
struct Words {
    endian: Endianness,
    is_64_bit: bool,
    /// Where the base section is now.
    base: Option<u64>,
}

impl Words {
    /// Reads three addresses (probe, base section, semaphore) and three strings (provider, name,
    /// arguments).
    fn parse(&self, note: &[u8]) -> Option<Note> {
        let (address, rest) = self.address(note)?;
        let (linked_base, rest) = self.address(rest)?;
        let (semaphore, rest) = self.address(rest)?;
        let (provider, rest) = string(rest)?;
        let (name, rest) = string(rest)?;
        let (arguments, _) = string(rest)?;
        let moved = match self.base {
            Some(base) if linked_base != 0 => base.wrapping_sub(linked_base),
            _ => 0,
        };
        Some(Note {
            provider,
            name,
            // A lone colon stands for no arguments in some files.
            arguments: arguments.trim_start_matches(':').to_owned(),
            address: address.wrapping_add(moved),
            semaphore: (semaphore != 0).then(|| semaphore.wrapping_add(moved)),
        })
    }

    fn address<'data>(&self, bytes: &'data [u8]) -> Option<(u64, &'data [u8])> {
        if self.is_64_bit {
            let (word, rest) = bytes.split_first_chunk()?;
            return Some((self.endian.read_u64(*word), rest));
        }
        let (word, rest) = bytes.split_first_chunk()?;
        Some((self.endian.read_u32(*word).into(), rest))
    }
}

/// A string up to its zero byte, and what follows.
fn string(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, rest) = bytes.split_at(end);
    Some((String::from_utf8_lossy(text).into_owned(), &rest[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A note of each word size, moved by prelink or not, whole and cut off anywhere.
    #[test]
    fn parses_notes() {
        let mut words = Words {
            endian: Endianness::Little,
            is_64_bit: true,
            base: Some(0x2100),
        };
        let strings = b"app\0request\0-4@%edi\0";
        let mut note = Vec::new();
        for address in [0x1000_u64, 0x2000, 0x3000] {
            note.extend(address.to_le_bytes());
        }
        note.extend(strings);
        let expected = Note {
            provider: "app".to_owned(),
            name: "request".to_owned(),
            arguments: "-4@%edi".to_owned(),
            address: 0x1100,
            semaphore: Some(0x3100),
        };
        assert_eq!(words.parse(&note), Some(expected.clone()));
        for end in 0..note.len() {
            assert_eq!(words.parse(&note[..end]), None);
        }
        words.is_64_bit = false;
        let mut note = Vec::new();
        for address in [0x1000_u32, 0, 0] {
            note.extend(address.to_le_bytes());
        }
        note.extend(strings);
        let expected = Note {
            address: 0x1000,
            semaphore: None,
            ..expected
        };
        assert_eq!(words.parse(&note), Some(expected));
    }
}
