//! One type of BTF.
//!
//! In: the words of a type. Out: what it is, its members, its constants.

/// Number of a type; 0 is `void`.
pub(crate) type TypeId = u32;

/// Size of a pointer; BPF and all kernels we know have 64 bits.
const POINTER: u64 = 8;

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

/// One type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type<'a> {
    pub(crate) kind: Kind,
    /// Offset of the name, 0 if it has none.
    pub(crate) name: u32,
    /// Size in bytes; for a type that refers to another one, the number of that one.
    pub(crate) size: u32,
    /// The kind's own bit: bit-fields (struct), a sign (enum), a union (forward declaration).
    pub(crate) flag: bool,
    /// The words behind the common part.
    pub(super) extra: &'a [u32],
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

impl<'a> Type<'a> {
    /// The type this one refers to.
    pub(crate) fn target(self) -> TypeId {
        self.size
    }

    /// Members of a struct or union; none for other kinds.
    pub(crate) fn members(self) -> impl Iterator<Item = Member> + 'a {
        let composite = matches!(self.kind, Kind::Struct | Kind::Union);
        let words = if composite { self.extra } else { &[] };
        words.chunks_exact(3).map(move |word| Member {
            name: word[0],
            ty: word[1],
            bit_offset: if self.flag {
                word[2] & 0x00ff_ffff
            } else {
                word[2]
            },
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
        words.chunks_exact(each).map(move |word| Enumerator {
            name: word[0],
            value: enumerator_value(word[1], word.get(2).copied(), self.flag),
        })
    }

    /// Types of a function's parameters; none for other kinds.
    pub(crate) fn params(self) -> impl Iterator<Item = TypeId> + 'a {
        self.named_params().map(|(_, ty)| ty)
    }

    /// Names and types of a function's parameters; none for other kinds.
    pub(crate) fn named_params(self) -> impl Iterator<Item = (u32, TypeId)> + 'a {
        let prototype = self.kind == Kind::FuncProto;
        let words = if prototype { self.extra } else { &[] };
        words.chunks_exact(2).map(|word| (word[0], word[1]))
    }

    /// Size in bytes of a type that is no array; 0 for what has none.
    pub(crate) fn own_size(self) -> u64 {
        match self.kind {
            Kind::Ptr => POINTER,
            Kind::Int | Kind::Float | Kind::Struct | Kind::Union | Kind::Enum | Kind::Enum64 => {
                u64::from(self.size)
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
pub(super) const fn is_qualifier(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Const | Kind::Volatile | Kind::Restrict | Kind::TypeTag
    )
}

/// The value of an enumerator of 32 bits, or of 64 if there are high ones.
fn enumerator_value(low: u32, high: Option<u32>, signed: bool) -> i128 {
    let wide = high.map(|high| u64::from(high) << 32 | u64::from(low));
    match (wide, signed) {
        (None, false) => i128::from(low),
        (None, true) => i128::from(low.cast_signed()),
        (Some(wide), false) => i128::from(wide),
        (Some(wide), true) => i128::from(wide.cast_signed()),
    }
}
