//! A reader for BTF, the kernel's description of its own types.
//!
//! In: the bytes of `/sys/kernel/btf/vmlinux`, of a file like it, or of an object's `.BTF` section.
//! Out: types by number, their members, enumerators and names. Nothing in the bytes is trusted:
//! whatever does not fit is an error, never a panic.
//!
//! The format: <https://docs.kernel.org/bpf/btf.html>

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::mapping::Mapping;
use std::ffi::CStr;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use zerocopy::IntoBytes as _;

/// Number of a type; 0 is `void`.
pub(crate) type TypeId = u32;

/// First two bytes of BTF, in the byte order of the machine it is for.
const MAGIC: u32 = 0xeb9f;
/// Where the running kernel's types are.
pub(crate) const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";
/// Words all types start with: name, kind and number of elements, size or type.
const COMMON_WORDS: usize = 3;
/// The kinds C can name, as bits: struct, union, enum, typedef, 64-bit enum.
const DECLARED: u32 = 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 19;
/// Words in the header before the lengths and offsets we read.
const HEADER_WORDS: usize = 6;
/// Size of a pointer; BPF and all kernels we know have 64 bits.
const POINTER: u64 = 8;
/// Longest chain of typedefs and qualifiers we follow; the longest in a kernel is about ten.
const LONGEST_CHAIN: usize = 64;

/// Kinds of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Void,
    Int,
    Ptr,
    Array,
    Struct,
    Union,
    Enum,
    Fwd,
    Typedef,
    Volatile,
    Const,
    Restrict,
    Func,
    FuncProto,
    Var,
    Datasec,
    Float,
    DeclTag,
    TypeTag,
    Enum64,
}

/// Kinds by number, each with the words behind its common part: fixed, and per element.
const KINDS: [(Kind, usize, usize); 20] = [
    (Kind::Void, 0, 0),
    (Kind::Int, 1, 0),
    (Kind::Ptr, 0, 0),
    (Kind::Array, 3, 0),
    (Kind::Struct, 0, 3),
    (Kind::Union, 0, 3),
    (Kind::Enum, 0, 2),
    (Kind::Fwd, 0, 0),
    (Kind::Typedef, 0, 0),
    (Kind::Volatile, 0, 0),
    (Kind::Const, 0, 0),
    (Kind::Restrict, 0, 0),
    (Kind::Func, 0, 0),
    (Kind::FuncProto, 0, 2),
    (Kind::Var, 1, 0),
    (Kind::Datasec, 0, 3),
    (Kind::Float, 0, 0),
    (Kind::DeclTag, 1, 0),
    (Kind::TypeTag, 0, 0),
    (Kind::Enum64, 0, 3),
];

/// Words of each kind behind its common part, for the walk over all types: fixed, and per element.
/// A kind nobody knows has more than any type can have.
static EXTENTS: [(usize, usize); 32] = extents();

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

/// The whole file; types are made of whole words, names of bytes.
#[derive(Debug)]
enum Blob {
    Owned(Vec<u32>),
    Mapped(Mapping),
}

/// One type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type<'a> {
    pub(crate) kind: Kind,
    /// Offset of the name, 0 if it has none.
    pub(crate) name: u32,
    /// Size in bytes, or the number of the type this one refers to.
    pub(crate) size_or_type: u32,
    /// The kind's own bit: bit-fields (struct), a sign (enum), a union (forward declaration).
    pub(crate) flag: bool,
    extra: &'a [u32],
}

/// A member of a struct or union.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Offset of the name, 0 for an anonymous struct or union.
    pub(crate) name: u32,
    pub(crate) ty: TypeId,
    /// Where it starts, in bits.
    pub(crate) bit_offset: u32,
    /// Its width if it is a bit-field, else 0.
    pub(crate) bits: u32,
}

/// An enumeration constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Enumerator {
    pub(crate) name: u32,
    pub(crate) value: i128,
}

/// What an integer type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Int {
    pub(crate) signed: bool,
    pub(crate) boolean: bool,
    /// Width in bits; less than its size for bit-fields in old BTF.
    pub(crate) bits: u32,
    /// Offset in bits, for bit-fields in old BTF.
    pub(crate) bit_offset: u32,
}

impl Btf {
    /// Reads a file of BTF.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let what = || format!("failed to read the kernel's types from `{}`", path.display());
        let blob = read_blob(path).with_context(what)?;
        Self::parse(blob).with_context(what)
    }

    /// Takes the bytes of an object's BTF.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut words = vec![0_u32; bytes.len().div_ceil(4)];
        words.as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
        Self::parse(Blob::Owned(words))
    }

    /// Checks the header and finds all types.
    fn parse(blob: Blob) -> Result<Self> {
        let words = blob.words();
        let header = words.get(..HEADER_WORDS).ok_or_else(|| damaged("the header is cut off"))?;
        if header[0] & 0xffff != MAGIC {
            return Err(damaged("it does not start with BTF's magic number"));
        }
        let [_, header_len, type_off, type_len, name_off, name_len] =
            [0, 1, 2, 3, 4, 5].map(|at| header[at] as usize);
        if header_len % 4 != 0 || type_off % 4 != 0 || type_len % 4 != 0 {
            return Err(damaged("its types are not aligned"));
        }
        let first = (header_len + type_off) / 4;
        let names = header_len + name_off..header_len + name_off + name_len;
        let bytes = blob.bytes().get(names.clone());
        if !bytes.is_some_and(|bytes| bytes.first() == Some(&0) && bytes.last() == Some(&0)) {
            return Err(damaged("its names are cut off"));
        }
        let types = words.get(first..first + type_len / 4);
        let types = types.ok_or_else(|| damaged("its types are cut off"))?;
        let (starts, declared) = find_types(types, first)?;
        Ok(Self { blob, names, starts, declared })
    }

    /// The types C can name, in order.
    pub(crate) fn declared(&self) -> &[TypeId] {
        &self.declared
    }

    /// The numbers of all types but `void`.
    pub(crate) fn ids(&self) -> std::ops::Range<TypeId> {
        // `find_types` refuses more types than a `u32` can count.
        1..u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// A type by its number.
    pub(crate) fn get(&self, id: TypeId) -> Result<Type<'_>> {
        if id == 0 {
            return Ok(Type { kind: Kind::Void, name: 0, size_or_type: 0, flag: false, extra: &[] });
        }
        let start = self.starts.get(id as usize).map(|start| *start as usize);
        let start = start.ok_or_else(|| damaged("a type refers to one that does not exist"))?;
        let words = self.blob.words();
        // `find_types` has seen the whole of each type inside the blob, and a known kind.
        let (kind, len) = extent(words[start + 1])?;
        Ok(Type {
            kind,
            name: words[start],
            size_or_type: words[start + 2],
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
        self.skip(id, |kind| kind == Kind::Typedef || is_qualifier(kind))
    }

    /// The type behind qualifiers and tags.
    pub(crate) fn unqualified(&self, id: TypeId) -> Result<(TypeId, Type<'_>)> {
        self.skip(id, is_qualifier)
    }

    /// Size in bytes; 0 for what has none.
    pub(crate) fn size(&self, mut id: TypeId) -> Result<u64> {
        let mut count = 1_u64;
        for _ in 0..LONGEST_CHAIN {
            let (_, ty) = self.resolve(id)?;
            let (element, len) = ty.array().unwrap_or((0, 1));
            let each = if ty.kind == Kind::Array { u64::from(len) } else { ty.own_size() };
            count = count.checked_mul(each).ok_or_else(|| damaged("an array is too large"))?;
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
            id = ty.size_or_type;
        }
        Err(damaged("a typedef leads back to itself"))
    }
}

impl Blob {
    fn words(&self) -> &[u32] {
        match self {
            Self::Owned(words) => words,
            Self::Mapped(mapping) => mapping.words(),
        }
    }

    /// All bytes; the end of the last word may hold some that are not part of the BTF.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(words) => words.as_bytes(),
            Self::Mapped(mapping) => mapping.bytes(),
        }
    }
}

impl<'a> Type<'a> {
    /// Members of a struct or union; none for other kinds.
    pub(crate) fn members(self) -> impl Iterator<Item = Member> + 'a {
        let composite = matches!(self.kind, Kind::Struct | Kind::Union);
        let words = if composite { self.extra } else { &[] };
        words.chunks_exact(3).map(move |word| Member {
            name: word[0],
            ty: word[1],
            bit_offset: if self.flag { word[2] & 0x00ff_ffff } else { word[2] },
            bits: if self.flag { word[2] >> 24 } else { 0 },
        })
    }

    /// Constants of an enum; none for other kinds.
    pub(crate) fn enumerators(self) -> impl Iterator<Item = Enumerator> + 'a {
        let (words, each) = match self.kind {
            Kind::Enum => (self.extra, 2),
            Kind::Enum64 => (self.extra, 3),
            _ => (&[][..], 2),
        };
        words.chunks_exact(each).map(move |word| {
            let low = u64::from(word[1]);
            let value = word.get(2).map_or(low, |high| u64::from(*high) << 32 | low);
            Enumerator { name: word[0], value: signed_value(value, self.flag, each == 3) }
        })
    }

    /// Size in bytes of a type that is no array; 0 for what has none.
    pub(crate) fn own_size(self) -> u64 {
        match self.kind {
            Kind::Ptr => POINTER,
            Kind::Int | Kind::Float | Kind::Struct | Kind::Union | Kind::Enum | Kind::Enum64 => {
                u64::from(self.size_or_type)
            }
            _ => 0,
        }
    }

    /// Type and number of the elements of an array.
    pub(crate) fn array(self) -> Option<(TypeId, u32)> {
        (self.kind == Kind::Array).then(|| (self.extra[0], self.extra[2]))
    }

    /// What an integer is.
    pub(crate) fn int(self) -> Option<Int> {
        let word = *self.extra.first().filter(|_| self.kind == Kind::Int)?;
        Some(Int {
            signed: word >> 24 & 1 == 1,
            boolean: word >> 24 & 4 == 4,
            bits: word & 0xff,
            bit_offset: word >> 16 & 0xff,
        })
    }
}

/// Whether a kind only adds to the type it refers to.
const fn is_qualifier(kind: Kind) -> bool {
    matches!(kind, Kind::Const | Kind::Volatile | Kind::Restrict | Kind::TypeTag)
}

/// The value the bits of an enumerator stand for.
fn signed_value(bits: u64, signed: bool, wide: bool) -> i128 {
    match (signed, wide) {
        (false, _) => i128::from(bits),
        (true, true) => i128::from(bits.cast_signed()),
        // A 32-bit enumerator has no higher bits.
        (true, false) => i128::from((bits as u32).cast_signed()),
    }
}

/// Where each type starts, counted in words from the start of the blob, and which ones C can name.
///
/// A plain loop over plain slices: a kernel has a hundred thousand types, and iterators would cost
/// a build without optimisation more than all the rest of a start.
fn find_types(types: &[u32], first: usize) -> Result<(Vec<u32>, Vec<TypeId>)> {
    let most = u32::MAX as usize / 4;
    if types.len() > most || first > most {
        return Err(damaged("it is too large"));
    }
    let mut starts = vec![0; types.len() / COMMON_WORDS + 1];
    let mut declared = Vec::new();
    let (slots, mut count, mut at) = (starts.as_mut_slice(), 1, 0);
    while at + COMMON_WORDS <= types.len() {
        let info = types[at + 1];
        let kind = info >> 24 & 0x1f;
        let (fixed, each) = EXTENTS[kind as usize];
        // Both casts keep the value: it is below `most`, and there are fewer types than words.
        slots[count] = (first + at) as u32;
        if DECLARED >> kind & 1 == 1 {
            declared.push(count as TypeId);
        }
        count += 1;
        at += COMMON_WORDS + fixed + each * (info & 0xffff) as usize;
    }
    if at != types.len() {
        // Either the end is wrong, or the last kind is one we do not know.
        extent(types[slots[count - 1] as usize + 1 - first])?;
        return Err(damaged("its last type is cut off"));
    }
    starts.truncate(count);
    Ok((starts, declared))
}

/// Kind and number of words of a type, from its second word.
fn extent(info: u32) -> Result<(Kind, usize)> {
    let number = (info >> 24 & 0x1f) as usize;
    let known = KINDS.get(number).filter(|(kind, ..)| *kind != Kind::Void);
    let &(kind, fixed, each) = known.ok_or_else(|| {
        damaged(&format!("it has a type of kind {number}, which only newer versions know"))
    })?;
    Ok((kind, COMMON_WORDS + fixed + each * (info & 0xffff) as usize))
}

/// [`KINDS`] by number, with an extent for unknown ones that ends every walk.
const fn extents() -> [(usize, usize); 32] {
    let mut all = [(usize::MAX / 4, 0); 32];
    let mut number = 1;
    while number < KINDS.len() {
        all[number] = (KINDS[number].1, KINDS[number].2);
        number += 1;
    }
    all
}

/// The error for bytes that are not what they should be.
pub(crate) fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::KernelTypes, format!("this BTF cannot be used: {what}"))
}

/// Maps or reads a file.
fn read_blob(path: &Path) -> std::io::Result<Blob> {
    let file = File::open(path)?;
    if path == Path::new(KERNEL_BTF) {
        // Since 6.16 the kernel lends out its own copy.
        if let Ok(mapping) = Mapping::new(&file) {
            return Ok(Blob::Mapped(mapping));
        }
    }
    read_words(file).map(Blob::Owned)
}

/// Reads a file into whole words; what does not fill the last word is filled up with zeros.
fn read_words(mut file: File) -> std::io::Result<Vec<u32>> {
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut words = vec![0_u32; size.div_ceil(4)];
    let mut filled = 0;
    // Sysfs hands out a page at a time.
    loop {
        let read = file.read(&mut words.as_mut_bytes()[filled..])?;
        filled += read;
        if read == 0 {
            break;
        }
    }
    words.truncate(filled.div_ceil(4));
    Ok(words)
}
