//! How the bytes of a value are to be read.
//!
//! In: a type of the compiled object's BTF. Out: [`Layout`], which `decode` and `encode` follow.
//! What has no known layout is plain bytes, so that nothing is lost.

use crate::error::Result;
use crate::kernel::btf::{Btf, Kind, Member, Type, TypeId};
use std::sync::Arc;

/// Deepest nesting of types by value we follow; C programs have a few levels.
const DEEPEST: usize = 64;
/// Members we put in ourselves, to keep the kernel's offsets.
const PADDING: &str = "__bcc_";

/// The layout of a type.
#[derive(Clone, Debug)]
pub(crate) enum Layout {
    /// `_Bool`
    Bool,
    /// An integer of 1, 2, 4, 8 or 16 bytes.
    Int { size: usize, signed: bool },
    /// `float` or `double`
    Float { size: usize },
    /// A pointer.
    Pointer,
    /// An array of `char`.
    Text { len: usize },
    /// An enum.
    Enum(Arc<EnumLayout>),
    /// Any other array.
    Array(Arc<ArrayLayout>),
    /// A struct or union.
    Record(Arc<RecordLayout>),
    /// A type that is not known, or not to be taken apart.
    Bytes { size: usize },
}

/// The layout of an enum.
#[derive(Debug)]
pub(crate) struct EnumLayout {
    pub(super) name: Arc<str>,
    pub(super) size: usize,
    pub(super) signed: bool,
    pub(super) constants: Vec<(Arc<str>, i128)>,
}

/// The layout of an array.
#[derive(Debug)]
pub(crate) struct ArrayLayout {
    pub(super) element: Layout,
    pub(super) len: usize,
}

/// The layout of a struct or union.
#[derive(Debug)]
pub(crate) struct RecordLayout {
    pub(super) name: Arc<str>,
    pub(super) is_union: bool,
    pub(super) size: usize,
    pub(super) fields: Vec<Field>,
}

/// A member, those of anonymous structs and unions included.
#[derive(Debug)]
pub(crate) struct Field {
    pub(super) name: Arc<str>,
    pub(super) layout: Layout,
    pub(super) bit_offset: usize,
    /// Width of a bit-field.
    pub(super) bits: Option<u32>,
}

impl Layout {
    /// Size in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Int { size, signed: _ } | Self::Float { size } | Self::Bytes { size } => *size,
            Self::Pointer => 8,
            Self::Text { len } => *len,
            Self::Enum(layout) => layout.size,
            // `Reader::array` refuses what does not fit.
            Self::Array(layout) => layout.len.saturating_mul(layout.element.size()),
            Self::Record(layout) => layout.size,
        }
    }

    /// The layout of a type of a BTF.
    pub(crate) fn read(btf: &Btf, id: TypeId) -> Result<Self> {
        Reader { btf }.layout(id, "", DEEPEST)
    }
}

struct Reader<'btf> {
    btf: &'btf Btf,
}

impl Reader<'_> {
    /// `alias` is the name of the typedef that led here.
    fn layout(&self, id: TypeId, alias: &str, depth: usize) -> Result<Layout> {
        let (_, ty) = self.btf.unqualified(id)?;
        let Some(depth) = depth.checked_sub(1) else {
            return self.bytes(id);
        };
        match ty.kind {
            Kind::Typedef => self.layout(ty.target(), self.btf.name(ty.name), depth),
            Kind::Int => self.int(id, ty),
            Kind::Float if matches!(ty.size, 4 | 8) => Ok(Layout::Float {
                size: ty.size as usize,
            }),
            Kind::Ptr => Ok(Layout::Pointer),
            Kind::Array => self.array(id, ty, depth),
            Kind::Struct | Kind::Union => self.record(ty, alias, depth),
            Kind::Enum | Kind::Enum64 if matches!(ty.size, 1 | 2 | 4 | 8) => {
                Ok(self.enumeration(ty, alias))
            }
            _ => self.bytes(id),
        }
    }

    fn bytes(&self, id: TypeId) -> Result<Layout> {
        let size = usize::try_from(self.btf.size(id)?).unwrap_or(0);
        Ok(Layout::Bytes { size })
    }

    fn int(&self, id: TypeId, ty: Type<'_>) -> Result<Layout> {
        match ty.int() {
            Some(int) if int.boolean && ty.size == 1 => Ok(Layout::Bool),
            Some(int) if matches!(ty.size, 1 | 2 | 4 | 8 | 16) => Ok(Layout::Int {
                size: ty.size as usize,
                signed: int.signed,
            }),
            _ => self.bytes(id),
        }
    }

    fn array(&self, id: TypeId, ty: Type<'_>, depth: usize) -> Result<Layout> {
        let (element, len) = ty.array().unwrap_or_default();
        let len = len as usize;
        let (_, behind) = self.btf.resolve(element)?;
        if behind.kind == Kind::Int && self.btf.name(behind.name) == "char" {
            return Ok(Layout::Text { len });
        }
        let element = self.layout(element, "", depth)?;
        // Nothing could be said about elements without a size but their number, which is not bounded.
        if element.size() == 0 || element.size().checked_mul(len).is_none() {
            return self.bytes(id);
        }
        Ok(Layout::Array(Arc::new(ArrayLayout { element, len })))
    }

    fn enumeration(&self, ty: Type<'_>, alias: &str) -> Layout {
        let constants = ty
            .enumerators()
            .map(|constant| (Arc::from(self.btf.name(constant.name)), constant.value));
        let constants: Vec<(Arc<str>, i128)> = constants.collect();
        // Compilers before 15 do not say whether an enum is signed.
        let signed = ty.flag || constants.iter().any(|(_, value)| *value < 0);
        Layout::Enum(Arc::new(EnumLayout {
            name: self.spelled("enum", ty, alias),
            size: ty.size as usize,
            signed,
            constants,
        }))
    }

    fn record(&self, ty: Type<'_>, alias: &str, depth: usize) -> Result<Layout> {
        let is_union = ty.kind == Kind::Union;
        let mut fields = Vec::new();
        self.fields(&mut fields, ty, 0, depth)?;
        let keyword = if is_union { "union" } else { "struct" };
        Ok(Layout::Record(Arc::new(RecordLayout {
            name: self.spelled(keyword, ty, alias),
            is_union,
            size: ty.size as usize,
            fields,
        })))
    }

    fn fields(
        &self,
        fields: &mut Vec<Field>,
        ty: Type<'_>,
        base: usize,
        depth: usize,
    ) -> Result<()> {
        let Some(depth) = depth.checked_sub(1) else {
            return Ok(());
        };
        for member in ty.members() {
            let name = self.btf.name(member.name);
            let (offset, bits) = self.place(member)?;
            let bit_offset = base + offset;
            if !name.is_empty() && !name.starts_with(PADDING) {
                fields.push(Field {
                    name: Arc::from(name),
                    layout: self.layout(member.ty, "", depth)?,
                    bit_offset,
                    bits,
                });
            } else if name.is_empty() {
                let (_, inner) = self.btf.unqualified(member.ty)?;
                self.fields(fields, inner, bit_offset, depth)?;
            }
        }
        Ok(())
    }

    /// Offset in bits and, for a bit-field, its width.
    fn place(&self, member: Member) -> Result<(usize, Option<u32>)> {
        let offset = member.bit_offset as usize;
        if member.bits != 0 {
            return Ok((offset, Some(member.bits)));
        }
        // Old compilers describe a bit-field by an integer type that is narrower than its size.
        let (_, ty) = self.btf.resolve(member.ty)?;
        Ok(match ty.int() {
            Some(int) if int.bits != 0 && int.bits < ty.size.saturating_mul(8) && !int.boolean => {
                (offset + int.bit_offset as usize, Some(int.bits))
            }
            _ => (offset, None),
        })
    }

    /// How C spells a type; empty if it cannot.
    fn spelled(&self, keyword: &str, ty: Type<'_>, alias: &str) -> Arc<str> {
        match self.btf.name(ty.name) {
            "" => Arc::from(alias),
            tag => Arc::from(format!("{keyword} {tag}")),
        }
    }
}
