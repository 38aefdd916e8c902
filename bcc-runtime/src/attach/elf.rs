//! Places in ELF files.
//!
//! In: a library or binary, and a symbol or an address. Out: the offset in the file, which is what
//! the kernel wants for a uprobe.
//!
//! A symbol may have several implementations of which the dynamic linker takes the best for the
//! machine (`STT_GNU_IFUNC`, such as `strlen` in glibc). What the file names is then the function
//! that chooses; what runs is asked from this process, which uses the same file.

use super::{offer, usdt};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::dynamic;
use object::Endianness;
use object::elf::{
    FileHeader32, FileHeader64, PT_LOAD, SHT_DYNSYM, SHT_SYMTAB, STT_FUNC, STT_GNU_IFUNC,
    SectionType, SymbolType,
};
use object::read::elf::{FileHeader, ProgramHeader as _, SectionHeader as _, Sym as _};
use object::read::{FileKind, ReadCache};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The offset in the file of a function's first instruction.
pub(super) fn symbol_offset(path: &Path, name: &str) -> Result<u64> {
    let image = Image::open(path)?;
    match image.function(name)? {
        Some(symbol) => image.offset_of_function(&Function::of(&symbol)),
        None => Err(image.no_such_function(name)),
    }
}

/// The offset in the file of an address as `nm` shows it.
pub(super) fn file_offset(path: &Path, address: u64) -> Result<u64> {
    Image::open(path)?.offset_of(address)
}

/// An ELF file, of which only what is asked for is read.
pub(super) struct Image<'path> {
    path: &'path Path,
    data: ReadCache<fs::File>,
    is_64_bit: bool,
}

/// A function that a file names.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) address: u64,
    /// Whether this is the function that chooses which of several runs.
    chooses: bool,
}

impl Function {
    fn of(symbol: &Symbol<'_>) -> Self {
        Self {
            name: String::from_utf8_lossy(symbol.name).into_owned(),
            address: symbol.address,
            chooses: symbol.kind == STT_GNU_IFUNC,
        }
    }
}

/// A symbol that a file defines.
struct Symbol<'data> {
    name: &'data [u8],
    kind: SymbolType,
    address: u64,
}

impl<'path> Image<'path> {
    pub(super) fn open(path: &'path Path) -> Result<Self> {
        let opened =
            fs::File::open(path).with_context(|| format!("failed to open `{}`", path.display()))?;
        let data = ReadCache::new(opened);
        let kind = FileKind::parse(&data);
        let is_64_bit = matches!(kind, Ok(FileKind::Elf64));
        if !is_64_bit && !matches!(kind, Ok(FileKind::Elf32)) {
            let text = format!("`{}` is no ELF file", path.display());
            return Err(Error::new(ErrorKind::InvalidData, text));
        }
        Ok(Self {
            path,
            data,
            is_64_bit,
        })
    }

    /// The function of that name; one that other files can see goes first.
    fn function(&self, name: &str) -> Result<Option<Symbol<'_>>> {
        for table in [SHT_DYNSYM, SHT_SYMTAB] {
            let symbols = self.symbols(table)?.into_iter();
            let mut named = symbols.filter(|symbol| symbol.name == name.as_bytes());
            if let Some(found) = named.find(Symbol::is_function) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// All functions that the file names.
    pub(super) fn functions(&self) -> Result<Vec<Function>> {
        let mut functions = Vec::new();
        for table in [SHT_DYNSYM, SHT_SYMTAB] {
            let symbols = self.symbols(table)?.into_iter();
            functions.extend(
                symbols
                    .filter(Symbol::is_function)
                    .map(|symbol| Function::of(&symbol)),
            );
        }
        Ok(functions)
    }

    /// Where in the file the first instruction of a function is that runs under its name.
    pub(super) fn offset_of_function(&self, function: &Function) -> Result<u64> {
        if function.chooses {
            return chosen_offset(self.path, &function.name);
        }
        self.offset_of(function.address)
    }

    /// The symbols that one of the file's two tables defines.
    fn symbols(&self, table: SectionType) -> Result<Vec<Symbol<'_>>> {
        let read = if self.is_64_bit {
            read_symbols::<FileHeader64<Endianness>>(&self.data, table)
        } else {
            read_symbols::<FileHeader32<Endianness>>(&self.data, table)
        };
        read.map_err(|cause| self.damaged(cause))
    }

    /// Where in the file an address is.
    pub(super) fn offset_of(&self, address: u64) -> Result<u64> {
        let found = if self.is_64_bit {
            find_offset::<FileHeader64<Endianness>>(&self.data, address)
        } else {
            find_offset::<FileHeader32<Endianness>>(&self.data, address)
        };
        found.map_err(|cause| self.damaged(cause))?.ok_or_else(|| {
            let path = self.path.display();
            let text = format!("address {address:#x} is not in what `{path}` has of its code");
            Error::new(ErrorKind::InvalidInput, text)
        })
    }

    /// The places that have USDT probes.
    pub(super) fn usdt_notes(&self) -> Result<Vec<usdt::Note>> {
        let read = if self.is_64_bit {
            usdt::read_notes::<FileHeader64<Endianness>>(&self.data)
        } else {
            usdt::read_notes::<FileHeader32<Endianness>>(&self.data)
        };
        read.map_err(|cause| self.damaged(cause))
    }

    fn damaged(&self, cause: object::read::Error) -> Error {
        let text = format!("`{}` is a damaged ELF file", self.path.display());
        Error::new(ErrorKind::InvalidData, text).with_cause(cause)
    }

    fn no_such_function(&self, name: &str) -> Error {
        let tables = [SHT_DYNSYM, SHT_SYMTAB].map(|table| self.symbols(table).unwrap_or_default());
        let functions = tables
            .iter()
            .flatten()
            .filter(|symbol| symbol.is_function());
        let names = functions.map(|symbol| String::from_utf8_lossy(symbol.name).into_owned());
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        names.dedup();
        let why = if names.is_empty() {
            "; it names no functions at all".to_owned()
        } else {
            offer(name, names)
        };
        let text = format!(
            "`{}` defines no function `{name}`{why}",
            self.path.display()
        );
        Error::new(ErrorKind::NotFound, text)
    }
}

impl Symbol<'_> {
    fn is_function(&self) -> bool {
        matches!(self.kind, STT_FUNC | STT_GNU_IFUNC)
    }
}

fn read_symbols<Elf: FileHeader<Endian = Endianness>>(
    data: &ReadCache<fs::File>,
    table: SectionType,
) -> object::read::Result<Vec<Symbol<'_>>> {
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let Some(section) = sections
        .iter()
        .find(|section| section.sh_type(endian) == table)
    else {
        return Ok(Vec::new());
    };
    // Both in one piece: they can have a million entries.
    let symbols: &[Elf::Sym] = section.data_as_array(endian, data)?;
    let names = sections.section(section.link(endian))?.data(endian, data)?;
    let defined = symbols.iter().filter(|symbol| !symbol.is_undefined(endian));
    let read = defined.filter_map(|symbol| {
        let name = names.get(symbol.st_name(endian) as usize..)?;
        let end = name.iter().position(|byte| *byte == 0)?;
        Some(Symbol {
            name: &name[..end],
            kind: symbol.st_type(),
            address: symbol.st_value(endian).into(),
        })
    });
    Ok(read.collect())
}

fn find_offset<Elf: FileHeader<Endian = Endianness>>(
    data: &ReadCache<fs::File>,
    address: u64,
) -> object::read::Result<Option<u64>> {
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, data)?.iter();
    let mut loaded = segments.filter(|segment| segment.p_type(endian) == PT_LOAD);
    Ok(loaded.find_map(|segment| {
        let into = address.checked_sub(segment.p_vaddr(endian).into())?;
        let (start, size) = segment.file_range(endian);
        (into < size).then(|| start + into)
    }))
}

/// Where in the file the implementation is that the dynamic linker chose in this process.
fn chosen_offset(path: &Path, symbol: &str) -> Result<u64> {
    let unknown = || {
        let text = format!(
            "`{symbol}` in `{}` has several implementations, and this process does not use the \
             library to tell which one runs; give its place with `UprobeOpts::address`",
            path.display()
        );
        Error::new(ErrorKind::NotFound, text)
    };
    let address = dynamic::address_of(path, symbol).ok_or_else(unknown)? as u64;
    let maps = fs::read_to_string("/proc/self/maps").context("failed to read `/proc/self/maps`")?;
    let inode = fs::metadata(path).map(|metadata| metadata.ino());
    let inode = inode.with_context(|| format!("failed to look at `{}`", path.display()))?;
    let mapped = maps.lines().filter_map(Mapping::parse);
    let place = mapped
        .filter(|mapping| mapping.inode == inode)
        .find_map(|mapping| {
            let into = address.checked_sub(mapping.start)?;
            (address < mapping.end).then_some(mapping.offset + into)
        });
    place.ok_or_else(unknown)
}

/// A line of `/proc/PID/maps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mapping {
    start: u64,
    end: u64,
    offset: u64,
    inode: u64,
}

impl Mapping {
    /// Reads `7f00-7f10 r-xp 00002000 fe:00 1234   /lib/libc.so.6`.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let (_rights, offset, _device) = (words.next()?, words.next()?, words.next()?);
        let hex = |text| u64::from_str_radix(text, 16).ok();
        Some(Self {
            start: hex(start)?,
            end: hex(end)?,
            offset: hex(offset)?,
            inode: words.next()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines with and without a path; other text.
    #[test]
    fn parses_mappings() {
        let expected = Mapping {
            start: 0x7f00,
            end: 0x7f10,
            offset: 0x2000,
            inode: 1234,
        };
        let line = "7f00-7f10 r-xp 00002000 fe:00 1234   /lib/libc.so.6";
        assert_eq!(Mapping::parse(line), Some(expected));
        assert_eq!(
            Mapping::parse("7f00-7f10 rw-p 00000000 00:00 0")
                .unwrap()
                .inode,
            0
        );
        assert_eq!(Mapping::parse("nothing"), None);
    }

    /// This binary's own function is found where the kernel maps it from.
    #[test]
    fn finds_own_code() {
        let path = Path::new("/proc/self/exe");
        let offset = symbol_offset(path, "main").unwrap();
        let bytes = fs::read(path).unwrap();
        assert!(offset > 0 && offset < bytes.len() as u64);
    }

    /// The nearest names are offered.
    #[test]
    fn offers_names() {
        let error = symbol_offset(Path::new("/proc/self/exe"), "maim").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("`main`"), "{error}");
    }

    /// Text is no ELF file; an address far behind the file is nowhere.
    #[test]
    fn refuses_nonsense() {
        let error = symbol_offset(Path::new("/proc/self/maps"), "x").unwrap_err();
        assert_eq!(error.to_string(), "`/proc/self/maps` is no ELF file");
        let error = file_offset(Path::new("/proc/self/exe"), 1 << 60).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
