//! Which line of C each instruction of an object comes from.
//!
//! In: the object's bytes. Out: [`Lines`]. Kernels before 6.9 name the text of a line in the
//! verifier's log but not its place, and not even the text if the tool's sources are not on the
//! machine; the number of the instruction is always there.

use crate::kernel::btf::Btf;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

/// Bytes of an instruction.
const INSTRUCTION: u64 = 8;
/// First two bytes of the table.
const MAGIC: u32 = 0xeb9f;
/// Bits of a record's last word that hold the column.
const COLUMN_BITS: u32 = 10;

/// The lines of an object's programs.
#[derive(Debug, Default)]
pub(super) struct Lines {
    programs: Vec<Program>,
    records: Vec<Record>,
}

#[derive(Debug)]
struct Program {
    name: String,
    section: String,
    /// Where it starts in its section, and how long it is, in bytes.
    start: u64,
    size: u64,
}

#[derive(Debug)]
struct Record {
    section: String,
    /// Bytes from the start of the section.
    offset: u64,
    file: String,
    line: u32,
}

impl Lines {
    /// Reads the tables; an object without them, or with damaged ones, has no lines.
    pub(super) fn read(object: &[u8]) -> Self {
        Self::try_read(object).unwrap_or_default()
    }

    fn try_read(bytes: &[u8]) -> Option<Self> {
        let file = object::File::parse(bytes).ok()?;
        let data = |name: &str| file.section_by_name(name)?.data().ok();
        let btf = Btf::from_bytes(data(".BTF")?).ok()?;
        let records = read_records(&btf, data(".BTF.ext")?)?;
        let program = |symbol: object::Symbol<'_, '_>| {
            let section = file.section_by_index(symbol.section_index()?).ok()?;
            Some(Program {
                name: symbol.name().ok()?.to_owned(),
                section: section.name().ok()?.to_owned(),
                start: symbol.address(),
                size: symbol.size(),
            })
        };
        let programs = file.symbols().filter(object::ObjectSymbol::is_definition);
        Some(Self {
            programs: programs.filter_map(program).collect(),
            records,
        })
    }

    /// File and line of an instruction of a program.
    pub(super) fn find(&self, program: &str, instruction: u64) -> Option<(String, u32)> {
        let program = self.programs.iter().find(|known| known.name == program)?;
        // Behind a program's own instructions libbpf puts those of the functions it calls.
        let offset = instruction
            .checked_mul(INSTRUCTION)
            .filter(|at| *at < program.size)?;
        let offset = program.start + offset;
        let own = self
            .records
            .iter()
            .filter(|record| record.section == program.section);
        let last = own
            .filter(|record| record.offset <= offset)
            .max_by_key(|record| record.offset)?;
        Some((last.file.clone(), last.line))
    }
}

/// Reads the line part of `.BTF.ext`.
fn read_records(btf: &Btf, bytes: &[u8]) -> Option<Vec<Record>> {
    let word = |at: usize| -> Option<u32> {
        let bytes = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    if word(0)? & 0xffff != MAGIC {
        return None;
    }
    let start = word(4)?.checked_add(word(16)?)? as usize;
    let end = start.checked_add(word(20)? as usize)?;
    let size = word(start)? as usize;
    let mut records = Vec::new();
    let mut at = start + 4;
    while size >= 16 && at + 8 <= end {
        let section = btf.name(word(at)?).to_owned();
        let count = word(at + 4)?;
        at += 8;
        for _ in 0..count {
            records.push(Record {
                section: section.clone(),
                offset: u64::from(word(at)?),
                file: btf.name(word(at + 4)?).to_owned(),
                line: word(at + 12)? >> COLUMN_BITS,
            });
            at += size;
        }
    }
    Some(records)
}
