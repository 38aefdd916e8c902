//! Tracepoints, with and without their records.
//!
//! In: names. Out: an error for a tracepoint that the kernel certainly does not have.

use super::hooks::kernel_types;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::btf::Btf;
use crate::kernel::functions::has_raw_tracepoint;
use crate::kernel::{symbols, tracefs};
use crate::nearest::offer;

/// What the kernel calls the variable of a tracepoint.
const VARIABLE: &str = "__tracepoint_";

/// Whether there is a tracepoint.
pub(super) fn check(category: &str, event: &str) -> Result<()> {
    tracefs::id(category, event).map(drop)
}

/// Whether there is a raw tracepoint. Some have no record and no place in tracefs, and those of
/// modules none among the kernel's types: it is missing if nobody knows it.
pub(super) fn check_raw(event: &str, kernel: &mut Option<Btf>) -> Result<()> {
    // A tracefs that cannot be read says nothing.
    if tracefs::has_event(event).unwrap_or(true) {
        return Ok(());
    }
    let variable = format!("{VARIABLE}{event}");
    let is_typed = kernel_types(kernel).is_ok_and(|btf| has_raw_tracepoint(btf, event));
    if is_typed || symbols::has(&variable) {
        return Ok(());
    }
    Err(missing_raw(event, tracefs::events().unwrap_or_default()))
}

/// The error for a raw tracepoint that does not exist.
pub(crate) fn missing_raw(event: &str, known: Vec<(String, String)>) -> Error {
    let text = if let Some((_, bare)) = event.split_once(':') {
        format!("raw tracepoints have no category; write `{bare}` instead of `{event}`")
    } else {
        let offer = offer(event, known.into_iter().map(|(_, event)| event));
        format!("raw tracepoint `{event}` does not exist in this kernel{offer}")
    };
    Error::new(ErrorKind::NotFound, text)
}
