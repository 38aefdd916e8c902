//! The types of an object, for people.
//!
//! In: BTF. Out: a line for each type, and one for each member and constant.

use crate::error::Result;
use crate::kernel::btf::{Btf, Kind};
use std::fmt::Write as _;

/// All types with their numbers, in the manner of `bpftool btf dump`.
pub(crate) fn list(bytes: &[u8]) -> Result<String> {
    let btf = Btf::from_bytes(bytes)?;
    let mut out = String::new();
    for id in btf.ids() {
        let ty = btf.get(id)?;
        let (kind, name) = (format!("{:?}", ty.kind).to_uppercase(), btf.name(ty.name));
        let rest = match (ty.kind, ty.array()) {
            (_, Some((element, count))) => format!(" type_id={element} nr_elems={count}"),
            (
                Kind::Int
                | Kind::Float
                | Kind::Struct
                | Kind::Union
                | Kind::Enum
                | Kind::Enum64
                | Kind::Datasec,
                _,
            ) => format!(" size={}", ty.size),
            (Kind::Fwd, _) => String::new(),
            _ => format!(" type_id={}", ty.target()),
        };
        // Writing to a `String` cannot fail.
        let _written = writeln!(out, "[{id}] {kind} '{name}'{rest}");
        for member in ty.members() {
            let (name, ty, at) = (btf.name(member.name), member.ty, member.bit_offset);
            let _written = write!(out, "\t'{name}' type_id={ty} bits_offset={at}");
            let _written = match member.bits {
                0 => writeln!(out),
                bits => writeln!(out, " bitfield_size={bits}"),
            };
        }
        for constant in ty.enumerators() {
            let (name, value) = (btf.name(constant.name), constant.value);
            let _written = writeln!(out, "\t'{name}' val={value}");
        }
    }
    Ok(out)
}
