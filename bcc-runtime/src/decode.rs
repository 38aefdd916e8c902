//! Bytes from the kernel to typed values, and back.
//!
//! In: the bytes of a map's key or value, or of an event. Out: values of the type the program text
//! gives them. [`Data`] is the one border between the two; everything below it moves bytes.

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// What keys, values and events are made of.
///
/// Every generated type, every integer and every array of them is `Data`; there is nothing to
/// implement by hand. [`Bytes`] stands for a type that is not known at compile time.
pub trait Data: 'static {
    /// How a value is handed in: the type itself, or `[u8]` for [`Bytes`].
    type View: ?Sized;
    /// How a value is handed out: the type itself, or `Vec<u8>` for [`Bytes`].
    type Owned: Clone + Send;

    /// Size in bytes; `None` if only the running kernel tells.
    #[doc(hidden)]
    const SIZE: Option<usize>;

    /// A value whose bytes are all zero.
    #[doc(hidden)]
    fn zeroed(size: usize) -> Self::Owned;

    /// An owned value as it is handed in.
    #[doc(hidden)]
    fn view(owned: &Self::Owned) -> &Self::View;

    /// The bytes of a value.
    #[doc(hidden)]
    fn bytes(view: &Self::View) -> &[u8];

    /// The bytes of an owned value, to be filled.
    #[doc(hidden)]
    fn bytes_mut(owned: &mut Self::Owned) -> &mut [u8];

    /// The bytes of owned values that lie behind each other, to be filled; none if they do not.
    #[doc(hidden)]
    fn bytes_of_all_mut(owned: &mut [Self::Owned]) -> &mut [u8];

    /// Shows the value at the start of `bytes`, which may be longer; `None` if it is shorter.
    #[doc(hidden)]
    fn visit<R>(bytes: &[u8], show: impl FnOnce(&Self::View) -> R) -> Option<R>;
}

impl<T: FromBytes + IntoBytes + Immutable + Clone + Send + 'static> Data for T {
    type View = T;
    type Owned = T;

    const SIZE: Option<usize> = Some(size_of::<T>());

    fn zeroed(_size: usize) -> T {
        T::new_zeroed()
    }

    fn view(owned: &T) -> &T {
        owned
    }

    fn bytes(view: &T) -> &[u8] {
        view.as_bytes()
    }

    fn bytes_mut(owned: &mut T) -> &mut [u8] {
        owned.as_mut_bytes()
    }

    fn bytes_of_all_mut(owned: &mut [T]) -> &mut [u8] {
        owned.as_mut_bytes()
    }

    fn visit<R>(bytes: &[u8], show: impl FnOnce(&T) -> R) -> Option<R> {
        // A copy, not a cast: events lie at addresses that are a multiple of four only.
        let (value, _) = T::read_from_prefix(bytes).ok()?;
        Some(show(&value))
    }
}

/// Stands for a type that is not known at compile time: values are plain bytes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Bytes;

impl Data for Bytes {
    type View = [u8];
    type Owned = Vec<u8>;

    const SIZE: Option<usize> = None;

    fn zeroed(size: usize) -> Vec<u8> {
        vec![0; size]
    }

    fn view(owned: &Vec<u8>) -> &[u8] {
        owned
    }

    fn bytes(view: &[u8]) -> &[u8] {
        view
    }

    fn bytes_mut(owned: &mut Vec<u8>) -> &mut [u8] {
        owned
    }

    fn bytes_of_all_mut(_owned: &mut [Vec<u8>]) -> &mut [u8] {
        &mut []
    }

    fn visit<R>(bytes: &[u8], show: impl FnOnce(&[u8]) -> R) -> Option<R> {
        Some(show(bytes))
    }
}

/// A value made of bytes of exactly its size.
pub(crate) fn copy<T: Data>(bytes: &[u8]) -> T::Owned {
    let mut owned = T::zeroed(bytes.len());
    T::bytes_mut(&mut owned).copy_from_slice(bytes);
    owned
}

/// The value at the start of `bytes`, which may be longer; `None` if they are shorter.
pub(crate) fn prefix<T: Data>(bytes: &[u8]) -> Option<T::Owned> {
    Some(copy::<T>(bytes.get(..T::SIZE.unwrap_or(bytes.len()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value is taken from the front of longer bytes at any address, and refused if too short.
    #[test]
    fn visits_values() {
        let bytes = [0_u8, 1, 0, 0, 0, 2, 0, 0, 0];
        let mut seen = Vec::new();
        let mut visit = |from: usize| u32::visit(&bytes[from..], |value| seen.push(*value));
        assert_eq!([visit(1), visit(5), visit(6)], [Some(()), Some(()), None]);
        assert_eq!(seen, [1, 2]);
    }

    /// Values survive the way to bytes and back.
    #[test]
    fn copies_values() {
        assert_eq!(copy::<u64>(&7_u64.to_ne_bytes()), 7);
        assert_eq!(copy::<[u16; 2]>(u32::MAX.as_bytes()), [u16::MAX; 2]);
        assert_eq!(copy::<Bytes>(&[1, 2, 3]), [1, 2, 3]);
    }
}
