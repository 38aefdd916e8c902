//! Where a value leads if it is used as an address.
//!
//! The rewriter must know which pointers lead out of the program's own memory: those may only be
//! followed with a helper. A value that is no address at all may carry a space too; it then never
//! matters, because nobody follows it.

use crate::dialect::helpers::AddressSpace;
use crate::program::Type;

/// Where a value leads if it is used as an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Space {
    /// Not known to be an address; followed as written.
    #[default]
    Plain,
    /// Into memory the program may touch: stack, map values, context, packet. Addresses stored
    /// there lead to the given space.
    Own(Option<AddressSpace>),
    /// Out of the program's memory.
    Foreign(AddressSpace),
}

impl Space {
    /// What is known of a variable that holds either of two values.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Plain, space) | (space, Self::Plain) => space,
            (Self::Foreign(a), Self::Foreign(b)) => Self::Foreign(join_address_spaces(a, b)),
            // The user helper cannot read the program's own memory, so there the address decides.
            (Self::Foreign(space), Self::Own(_)) | (Self::Own(_), Self::Foreign(space)) => {
                Self::Foreign(join_address_spaces(space, AddressSpace::Kernel))
            }
            (Self::Own(a), Self::Own(b)) => Self::Own(join_contents(a, b)),
        }
    }

    /// Where a value read through this address leads.
    #[must_use]
    pub const fn load(self) -> Self {
        match self {
            Self::Plain | Self::Own(None) => Self::Plain,
            Self::Own(Some(space)) | Self::Foreign(space) => Self::Foreign(space),
        }
    }

    /// The space outside the program this value leads to, if it does.
    #[must_use]
    pub const fn foreign(self) -> Option<AddressSpace> {
        match self {
            Self::Foreign(space) => Some(space),
            Self::Plain | Self::Own(_) => None,
        }
    }

    /// What is known of a value converted to `ty`: only types wide enough keep an address.
    #[must_use]
    pub const fn convert(self, ty: &Type) -> Self {
        match ty {
            Type::Int { size, .. } if *size < 8 => Self::Plain,
            Type::Bool | Type::Char | Type::Float { .. } | Type::Void => Self::Plain,
            Type::Int { .. }
            | Type::Pointer(_)
            | Type::Function
            | Type::Array { .. }
            | Type::Named(_)
            | Type::Unknown(_) => self,
        }
    }
}

/// Where either of two addresses leads.
#[must_use]
pub fn join_address_spaces(a: AddressSpace, b: AddressSpace) -> AddressSpace {
    if a == b { a } else { AddressSpace::Any }
}

/// Where addresses stored in either of two memories lead.
#[must_use]
pub fn join_contents(a: Option<AddressSpace>, b: Option<AddressSpace>) -> Option<AddressSpace> {
    match (a, b) {
        (Some(a), Some(b)) => Some(join_address_spaces(a, b)),
        (some, None) | (None, some) => some,
    }
}
