//! Places in ELF files.
//!
//! In: a library or binary, and a symbol or an address. Out: the offset in the file, which is what
//! the kernel wants for a uprobe.
//!
//! A symbol may have several implementations of which the dynamic linker takes the best for the
//! machine (`STT_GNU_IFUNC`, such as `strlen` in glibc). What the file names is then the function
//! that chooses; what runs is asked from this process, which uses the same file.

use super::offer;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::dynamic;
use object::elf::STT_GNU_IFUNC;
use object::read::{ReadCache, ReadRef};
use object::{File, Object as _, ObjectSegment as _, ObjectSymbol, SymbolFlags, SymbolKind};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A function that a file defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Function {
    address: u64,
    chosen_at_run_time: bool,
}

/// The offset in the file of a function's first instruction.
pub(super) fn symbol_offset(path: &Path, symbol: &str) -> Result<u64> {
    let function = with_file(path, |file| {
        let function = find_function(file, symbol).ok_or_else(|| not_found(file, path, symbol))?;
        let offset = offset_of(file, function.address);
        Ok((function, offset))
    })?;
    match function {
        (function, _) if function.chosen_at_run_time => chosen_offset(path, symbol),
        (_, Some(offset)) => Ok(offset),
        (function, None) => Err(outside(path, function.address)),
    }
}

/// The offset in the file of an address as `nm` shows it.
pub(super) fn file_offset(path: &Path, address: u64) -> Result<u64> {
    with_file(path, |file| Ok(offset_of(file, address)))?.ok_or_else(|| outside(path, address))
}

/// Opens a file and reads of it what `look` needs.
fn with_file<T>(
    path: &Path,
    look: impl FnOnce(&File<'_, &ReadCache<fs::File>>) -> Result<T>,
) -> Result<T> {
    let opened = fs::File::open(path)
        .with_context(|| format!("failed to open `{}`", path.display()))?;
    let cache = ReadCache::new(opened);
    let file = File::parse(&cache).map_err(|cause| {
        let text = format!("`{}` is no ELF file", path.display());
        Error::new(ErrorKind::InvalidData, text).with_cause(cause)
    })?;
    look(&file)
}

/// The function of that name; one that other files can see goes first.
fn find_function<'data, R: ReadRef<'data>>(file: &File<'data, R>, name: &str) -> Option<Function> {
    let functions = file.dynamic_symbols().chain(file.symbols());
    let mut named = functions.filter(|symbol| symbol.name() == Ok(name) && !symbol.is_undefined());
    named.find_map(|symbol| {
        let chosen_at_run_time = is_chosen_at_run_time(&symbol);
        let is_code = symbol.kind() == SymbolKind::Text || chosen_at_run_time;
        is_code.then_some(Function {
            address: symbol.address(),
            chosen_at_run_time,
        })
    })
}

fn is_chosen_at_run_time<'data>(symbol: &impl ObjectSymbol<'data>) -> bool {
    match symbol.flags() {
        SymbolFlags::Elf { st_info, .. } => st_info.st_type() == STT_GNU_IFUNC,
        _ => false,
    }
}

/// Where in the file an address is; `None` if it is not loaded from the file.
fn offset_of<'data, R: ReadRef<'data>>(file: &File<'data, R>, address: u64) -> Option<u64> {
    file.segments().find_map(|segment| {
        let into = address.checked_sub(segment.address())?;
        let (start, size) = segment.file_range();
        (into < size).then_some(start + into)
    })
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
    let place = mapped.filter(|mapping| mapping.inode == inode).find_map(|mapping| {
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

fn not_found<'data, R: ReadRef<'data>>(
    file: &File<'data, R>,
    path: &Path,
    symbol: &str,
) -> Error {
    let names = file.dynamic_symbols().chain(file.symbols());
    let names = names.filter(|symbol| !symbol.is_undefined());
    let names = names.filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.dedup();
    let why = match names.is_empty() {
        true => "; it has no symbols at all".to_owned(),
        false => offer(symbol, names),
    };
    let text = format!("`{}` defines no function `{symbol}`{why}", path.display());
    Error::new(ErrorKind::NotFound, text)
}

fn outside(path: &Path, address: u64) -> Error {
    let text = format!("address {address:#x} is not in the code of `{}`", path.display());
    Error::new(ErrorKind::InvalidInput, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines with and without a path; other text.
    #[test]
    fn parses_mappings() {
        let expected = Mapping { start: 0x7f00, end: 0x7f10, offset: 0x2000, inode: 1234 };
        let line = "7f00-7f10 r-xp 00002000 fe:00 1234   /lib/libc.so.6";
        assert_eq!(Mapping::parse(line), Some(expected));
        assert_eq!(Mapping::parse("7f00-7f10 rw-p 00000000 00:00 0").unwrap().inode, 0);
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
