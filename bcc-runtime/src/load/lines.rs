//! Which line of C each instruction of an object comes from.
//!
//! In: the object's bytes. Out: [`Lines`]. Kernels before 6.9 name the text of a line in the
//! verifier's log but not its place, and not even the text if the tool's sources are not on the
//! machine; the number of the instruction is always there.

use crate::kernel::btf::Btf;
use crate::kernel::btf::ext::{self, Ext, Table};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _};

/// Bytes of an instruction.
const INSTRUCTION: u64 = 8;
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
    let ext = Ext::new(bytes)?;
    let records = ext.records(Table::Lines)?;
    let record = |record: ext::Record| {
        Some(Record {
            section: btf.name(record.section).to_owned(),
            offset: u64::from(ext.word(record.at)?),
            file: btf.name(ext.word(record.at + 4)?).to_owned(),
            line: ext.word(record.at + 12)? >> COLUMN_BITS,
        })
    };
    records.into_iter().map(record).collect()
}
