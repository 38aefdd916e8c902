//! What the kernel's own types have.
//!
//! In: names of types. Out: whether there is a member, or a constant.

use crate::error::Result;
use crate::kernel::btf::{Btf, KERNEL_BTF, Kind};
use crate::preflight::has_member;
use std::path::Path;

/// Whether a struct of the running kernel, or of a loaded module, has a member; `false` if there is
/// no such struct. bcc's `kernel_struct_has_field`.
///
/// A member of a member stands behind a point: `mm.exe_file`.
///
/// ```no_run
/// use bcc_runtime::support::kernel_struct_has_field;
///
/// # fn main() -> bcc_runtime::Result<()> {
/// let state = match kernel_struct_has_field("task_struct", "__state")? {
///     true => "-DSTATE=__state",
///     false => "-DSTATE=state",
/// };
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `KernelTypes` if the kernel does not describe its types; bcc returns -1 then.
pub fn kernel_struct_has_field(struct_name: &str, field_name: &str) -> Result<bool> {
    let btf = Btf::read(Path::new(KERNEL_BTF))?;
    if let Some(found) = has_member(&btf, struct_name, field_name) {
        return Ok(found);
    }
    let more = btf.with_modules(&[struct_name])?;
    let found = more.and_then(|btf| has_member(&btf, struct_name, field_name));
    Ok(found.unwrap_or(false))
}

/// Whether an enum of the running kernel has a constant; `false` if there is no such enum. bcc's
/// `kernel_enum_has_val`.
///
/// # Errors
/// `KernelTypes` if the kernel does not describe its types; bcc returns -1 then.
pub fn kernel_enum_has_val(enum_name: &str, value_name: &str) -> Result<bool> {
    let btf = Btf::read(Path::new(KERNEL_BTF))?;
    let types = btf.declared().iter().filter_map(|id| btf.get(*id).ok());
    let mut enums = types.filter(|ty| {
        matches!(ty.kind, Kind::Enum | Kind::Enum64) && btf.name(ty.name) == enum_name
    });
    Ok(enums.any(|ty| {
        let mut values = ty.enumerators();
        values.any(|one| btf.name(one.name) == value_name)
    }))
}
