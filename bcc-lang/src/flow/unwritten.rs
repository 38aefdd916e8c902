//! Memory that is handed on before anything was written to it.

use super::facts::{Bytes, Kind, Val, overlaps};
use super::walk::Walk;
use crate::ast::Expr;
use crate::diag::Diagnostic;
use crate::program::{Type, TypeKeyword};

/// How deep structs may stand in each other to be looked into.
const MAX_DEPTH: usize = 8;

/// What of a variable was never written.
#[derive(Default)]
struct Unwritten {
    members: Vec<String>,
    padding: u64,
}

impl Walk<'_> {
    /// `size` bytes behind an address are read: all of them must have been written.
    pub(super) fn check_written(&mut self, val: Val, size: Option<u64>, arg: &Expr, what: &str) {
        let Kind::Address(var, part) = val.kind else {
            return;
        };
        let (Some(state), Some(info)) = (&self.state, self.info(var)) else {
            return;
        };
        let Some(written) = state.var(var).written.clone() else {
            return;
        };
        let from = match part {
            Some((0, 0)) => return,
            Some((from, _)) => from,
            None => 0,
        };
        let Some(to) = size.and_then(|size| from.checked_add(size)) else {
            return;
        };
        let info = info.clone();
        let mut found = Unwritten::default();
        self.unwritten(&info.ty, "", 0, (from, to), &written, MAX_DEPTH, &mut found);
        let name = &info.name;
        let zeroed = if matches!(info.ty, Type::Named(_) | Type::Array { .. }) {
            "{}"
        } else {
            "0"
        };
        let help = format!("give it a value where it is declared: `{name} = {zeroed}`");
        let diagnostic = if found.members.iter().any(String::is_empty) {
            Diagnostic::error(
                info.span,
                format!(
                    "`{name}` is handed on as {what}, and nothing was written to it: what lay on the stack goes along"
                ),
            )
        } else if !found.members.is_empty() {
            let members = &found.members;
            let some: Vec<String> = members
                .iter()
                .take(3)
                .map(|member| format!("`{member}`"))
                .collect();
            let more = if members.len() > 3 { " and others" } else { "" };
            let are = if members.len() == 1 { "is" } else { "are" };
            Diagnostic::error(
                info.span,
                format!(
                    "{}{more} of `{name}` {are} handed on as {what}, and never written: what lay on the stack goes along",
                    some.join(", ")
                ),
            )
        } else if found.padding > 0 {
            let bytes = if found.padding == 1 { "byte" } else { "bytes" };
            Diagnostic::warning(
                info.span,
                format!(
                    "{} {bytes} of padding in `{name}` are handed on as {what}, and never written: older kernels refuse that",
                    found.padding
                ),
            )
        } else {
            return;
        };
        self.report(
            diagnostic
                .with_label(arg.span, "handed on here")
                .with_help(help),
        );
        // One mistake is one message.
        if let Some(state) = &mut self.state {
            state.forget_var(var);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what is looked for, and where")]
    fn unwritten(
        &self,
        ty: &Type,
        name: &str,
        at: u64,
        range: (u64, u64),
        written: &Bytes,
        depth: usize,
        found: &mut Unwritten,
    ) {
        let Some(size) = self.size_of(ty) else { return };
        let end = at.saturating_add(size);
        let (from, to) = (at.max(range.0), end.min(range.1));
        if from >= to {
            return;
        }
        let types = self.flow.analysis.types;
        let members = match ty {
            Type::Named(record) if record.keyword == TypeKeyword::Struct && depth > 0 => {
                types.members(record)
            }
            _ => None,
        };
        let Some(members) = members else {
            // Of a union or an array a part is enough.
            if !overlaps(written, from, to) {
                found.members.push(name.to_owned());
            }
            return;
        };
        let mut covered = at;
        for member in members {
            let start = at + member.bit_offset / 8;
            let width = match member.bit_width {
                Some(width) => (member.bit_offset % 8 + u64::from(width)).div_ceil(8),
                None => self.size_of(&member.ty).unwrap_or(0),
            };
            found.padding += gap(covered, start, range, written);
            covered = covered.max(start + width);
            let own = member.name.as_deref().unwrap_or_default();
            if member.bit_width.is_some() {
                let inside = start < to && from < start + width;
                if inside && !own.is_empty() && !overlaps(written, start, start + width) {
                    found.members.push(own.to_owned());
                }
                continue;
            }
            let path = if name.is_empty() || own.is_empty() {
                format!("{name}{own}")
            } else {
                format!("{name}.{own}")
            };
            let path = if path.is_empty() {
                "a member without a name".to_owned()
            } else {
                path
            };
            let before = found.members.len();
            self.unwritten(&member.ty, &path, start, range, written, depth - 1, found);
            if own.is_empty()
                && matches!(&member.ty, Type::Named(name) if name.keyword == TypeKeyword::Struct)
            {
                for inner in found.members.iter_mut().skip(before) {
                    *inner = inner
                        .trim_start_matches("a member without a name.")
                        .to_owned();
                }
            }
        }
        found.padding += gap(covered, end, range, written);
    }
}

/// The bytes of padding in `from..to` that are read and were never written.
fn gap(from: u64, to: u64, range: (u64, u64), written: &Bytes) -> u64 {
    let (from, to) = (from.max(range.0), to.min(range.1));
    if from >= to || overlaps(written, from, to) {
        return 0;
    }
    to - from
}
