//! What the environment says where the caller does not.

use std::env;
use std::path::PathBuf;

/// A file of kernel types.
pub(crate) const TYPES: &str = "BCC_BTF";
/// The clang to compile with.
pub(crate) const CLANG: &str = "BCC_CLANG";
/// The kernel's headers.
pub(crate) const HEADERS: &str = "BCC_KERNEL_SOURCE";

/// What `LINUX_VERSION_CODE` is; bcc has the same.
pub(crate) const VERSION_CODE: &str = "BCC_LINUX_VERSION_CODE";

/// The path that a variable holds; an empty one counts as none.
pub(crate) fn path(variable: &str) -> Option<PathBuf> {
    let path = env::var_os(variable).filter(|path| !path.is_empty());
    path.map(PathBuf::from)
}
