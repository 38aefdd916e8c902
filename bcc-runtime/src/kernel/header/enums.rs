//! Enums of the header.
//!
//! In: an enum of the BTF. Out: its definition with the constants the program names, and with the
//! kernel's size and sign. Constants nobody names are left out: the program may use their names
//! for something else.

use super::Writer;
use super::declare::is_identifier;
use crate::kernel::btf::{Enumerator, Type, TypeId};
use std::fmt::Write as _;

impl Writer<'_> {
    pub(super) fn define_enum(&mut self, id: TypeId, ty: Type<'_>) {
        let constants = self.wanted_constants(ty);
        if ty.name == 0 && constants.is_empty() {
            return;
        }
        let lacking = self.lacking_constants(self.btf.name(ty.name));
        let head = if ty.name == 0 {
            "enum".to_owned()
        } else {
            self.tagged(id, ty)
        };
        let name = constants.first().map_or(ty.name, |constant| constant.name);
        let keeper = self.btf.name(name).to_owned();
        let body = self.enum_body(ty, &constants, &lacking, &keeper);
        let _ = writeln!(self.out.text, "{head} {body};");
    }

    /// An enum without a tag as the type of a member. Its constants, if wanted, are defined apart.
    pub(super) fn nameless_enum(&mut self, ty: Type<'_>) -> String {
        let keeper = self.next_number().to_string();
        format!("enum {}", self.enum_body(ty, &[], &[], &keeper))
    }

    /// The constants the program names and that are not defined yet.
    fn wanted_constants(&mut self, ty: Type<'_>) -> Vec<Enumerator> {
        // Where one constant does not fit an `int`, none of them is one.
        let is_int = |it: Enumerator| i32::try_from(it.value).is_ok();
        let may_be_known = ty.name == 0 && ty.enumerators().all(is_int);
        let is_known = |name: &str, value: i128| {
            let known = self.known.get(name).map(|known| i128::from(*known));
            may_be_known && known == Some(value)
        };
        let wanted = |constant: &Enumerator| {
            let name = self.btf.name(constant.name);
            self.names.has(self.btf, constant.name)
                && !is_known(name, constant.value)
                && is_identifier(name)
                && self.out.names.insert(name.to_owned())
        };
        ty.enumerators().filter(wanted).collect()
    }

    /// `{ A = 1, B = 2 }`, and what keeps the type as wide and as signed as the kernel's, with `name` in
    /// its own.
    fn enum_body(
        &self,
        ty: Type<'_>,
        constants: &[Enumerator],
        lacking: &[String],
        name: &str,
    ) -> String {
        let mut text = String::from("{");
        for constant in constants {
            let _ = write!(
                text,
                " {} = {},",
                self.btf.name(constant.name),
                c_value(constant.value)
            );
        }
        for constant in lacking {
            let _ = write!(text, " {constant} = 0,");
        }
        let values: Vec<i128> = constants.iter().map(|constant| constant.value).collect();
        if needs_keeper(ty, &values) {
            let keeper = keeper(ty);
            let _ = write!(text, " __bcc_range_{name} = {},", c_value(keeper));
        }
        text.push_str(if ty.size < 4 {
            " } __attribute__((packed))"
        } else {
            " }"
        });
        text
    }
}

/// Whether the constants alone would give a type of another size or sign.
fn needs_keeper(ty: Type<'_>, values: &[i128]) -> bool {
    values.is_empty() || ty.size != 4 || ty.flag != values.iter().any(|value| *value < 0)
}

/// A value that only fits a type of this size and sign.
fn keeper(ty: Type<'_>) -> i128 {
    match (ty.size, ty.flag) {
        (1 | 4, false) => 0,
        (1 | 4, true) => -1,
        (2, false) => 0x100,
        (2, true) => -0x101,
        (_, false) => 1 << 32,
        (_, true) => -(1 << 32),
    }
}

/// A value as a C constant.
fn c_value(value: i128) -> String {
    if value > i128::from(i64::MAX) {
        format!("{value}ULL")
    } else {
        value.to_string()
    }
}
