//! Keys whose padding nobody writes.

use crate::analysis::Analysis;
use crate::ast::{Declaration, Initializer};
use crate::diag::{Diagnostic, Diagnostics};
use crate::program::{Member, Type};

/// A key whose members are all given at its definition. Where some are left out, clang clears the
/// whole first; what lies between members that are all written, C leaves as it is.
pub(super) fn check_key(context: Analysis<'_>, declaration: &Declaration, cx: &mut Diagnostics) {
    for init in &declaration.declarators {
        let (Some(name), Some(Initializer::List(list))) = (&init.declarator.name, &init.init)
        else {
            continue;
        };
        let ty = context
            .types
            .resolve(&declaration.specifiers, &init.declarator);
        let Some(map) = context.model.maps.iter().find(|map| map.key.ty == ty) else {
            continue;
        };
        let Some((members, padding)) = padding(context, &ty) else {
            continue;
        };
        let is_computed = list.items.iter().any(|item| match &item.value {
            Initializer::Expr(value) => context.types.const_eval(value).is_none(),
            Initializer::List(_) => false,
        });
        if padding > 0 && list.items.len() == members.len() && is_computed {
            let (name_text, map) = (&name.name, &map.name.name);
            cx.push(
                Diagnostic::warning(
                    name.span,
                    format!("{padding} bytes between the members of `{name_text}` are not written, and `{map}` compares them"),
                )
                .with_help(format!(
                    "start with `{name_text} = {{}}` and set the members, or fill the gap with a member of its own"
                )),
            );
        }
    }
}

/// The members of a struct and how many of its bytes belong to none; `None` if that is not known.
fn padding<'a>(context: Analysis<'a>, ty: &Type) -> Option<(&'a [Member], u64)> {
    let Type::Named(name) = ty else { return None };
    let members = context.types.members(name)?;
    let mut end = 0;
    let mut padding = 0_u64;
    for member in members {
        let is_plain = member.name.is_some() && member.bit_width.is_none();
        let size = context.types.layout(&member.ty).filter(|_| is_plain)?.size;
        let start = member.bit_offset / 8;
        padding += start.checked_sub(end)?;
        end = start.checked_add(size)?;
    }
    let size = context.types.layout(ty)?.size;
    Some((members, padding + size.checked_sub(end)?))
}
