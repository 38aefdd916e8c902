//! Addresses of which only the address itself can tell whether kernel or user memory lies there.
//!
//! A kernel function is given and keeps both: `struct file *` leads to kernel memory, `char *` or
//! an integer may lead to the memory of the process that is being served.

use super::Value;
use super::space::Space;
use crate::ast::{Expr, ExprKind};
use crate::dialect::helpers::{AddressSpace, KERNEL_POINTER_HELPERS, USER_STRUCTS};
use crate::program::{Type, TypeKeyword, TypeName};
use crate::types::TypeTable;

/// Where an address of `ty` leads that is said to lead to kernel memory.
pub(super) fn doubt(space: AddressSpace, ty: &Type, types: &TypeTable) -> AddressSpace {
    match space {
        AddressSpace::Kernel if !leads_to_kernel_struct(ty, types) => AddressSpace::Any,
        AddressSpace::Kernel | AddressSpace::User | AddressSpace::Any => space,
    }
}

/// What is known of `operand` behind a cast to `ty`.
pub(super) fn cast(operand: &Expr, value: &Value, ty: &Type, types: &TypeTable) -> Space {
    let space = value.space.convert(ty);
    let sure = matches!(value.ty, Type::Pointer(_) | Type::Array { .. }) || is_sure(operand);
    match (space, ty) {
        (Space::Foreign(space), Type::Pointer(_)) if !sure => {
            Space::Foreign(doubt(space, ty, types))
        }
        _ => space,
    }
}

/// Whether a number is the address of kernel memory for sure.
fn is_sure(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::Cast { operand: inner, .. } => is_sure(inner),
        ExprKind::Call { callee, .. } => {
            matches!(&callee.kind, ExprKind::Ident(name) if KERNEL_POINTER_HELPERS.contains(&name.name.as_str()))
        }
        _ => false,
    }
}

/// Whether `ty` is a pointer, over however many steps, to a struct only the kernel has.
fn leads_to_kernel_struct(ty: &Type, types: &TypeTable) -> bool {
    match ty {
        Type::Pointer(inner) => match &**inner {
            Type::Named(name) => is_kernel_struct(name, types),
            inner => leads_to_kernel_struct(inner, types),
        },
        _ => false,
    }
}

fn is_kernel_struct(name: &TypeName, types: &TypeTable) -> bool {
    let record = match name.keyword {
        TypeKeyword::Struct | TypeKeyword::Union => true,
        TypeKeyword::Enum | TypeKeyword::Typedef => false,
    };
    record && !types.defines(name) && !USER_STRUCTS.contains(&name.name.as_str())
}
