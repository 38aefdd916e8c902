//! Symbols as the dynamic linker resolves them in this process.
//!
//! In: a library that this process has loaded, and a symbol. Out: its address here. Symbols with
//! several implementations (IFUNC) come out as the one that this machine runs.

use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr::NonNull;

/// The address of `symbol` in `library`; `None` if the library is not loaded here or has no such
/// symbol. Never loads the library: that would run its code.
pub(crate) fn address_of(library: &Path, symbol: &str) -> Option<usize> {
    let library = CString::new(library.as_os_str().as_bytes()).ok()?;
    let symbol = CString::new(symbol).ok()?;
    let loaded = Loaded::find(&library)?;
    // SAFETY: the handle is open, the name is a C string.
    let address = unsafe { libc::dlsym(loaded.0.as_ptr(), symbol.as_ptr()) };
    NonNull::new(address).map(|address| address.as_ptr() as usize)
}

/// A library that this process has loaded.
struct Loaded(NonNull<libc::c_void>);

impl Loaded {
    fn find(library: &CStr) -> Option<Self> {
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD;
        // SAFETY: the name is a C string, and `RTLD_NOLOAD` runs no code of the library.
        let handle = unsafe { libc::dlopen(library.as_ptr(), flags) };
        NonNull::new(handle).map(Self)
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and this gives back the reference that `find` took.
        unsafe { libc::dlclose(self.0.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library that is not loaded has no symbols here.
    #[test]
    fn does_not_load() {
        assert_eq!(address_of(Path::new("/no/such/library.so"), "strlen"), None);
    }
}
