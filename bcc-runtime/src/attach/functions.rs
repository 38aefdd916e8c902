//! What can be probed, by regular expression.
//!
//! In: an expression. Out: names of kernel functions, of functions of a binary, of tracepoints.

use super::pattern::Pattern;
use super::{elf, library};
use crate::error::{Context as _, Result};
use crate::kernel::{pseudo, symbols, tracefs};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// Beginnings of the names of functions that cannot be probed, or must not: marked so in modules,
/// part of perf itself, places of static calls.
const NEVER: [&str; 4] = ["_kbl_addr_", "perf_", "__perf", "__SCT__"];

/// Sections of the kernel whose functions cannot be probed: gone after boot, or on the way into
/// the probe's own handler.
const SECTIONS: [(&str, &str); 2] = [
    ("__init_begin", "__init_end"),
    ("__irqentry_text_start", "__irqentry_text_end"),
];

/// The kernel functions that can be probed and whose whole names match a regular expression,
/// sorted. bcc's `get_kprobe_functions`.
///
/// Left out is what the kernel does not trace or has on its kprobe blacklist, what is gone after
/// boot, the way into interrupts, perf's own functions, and parts that the compiler has split off
/// (`.cold`).
///
/// # Errors
/// `InvalidInput` if it is no regular expression; otherwise if `/proc/kallsyms` cannot be read.
pub fn get_kprobe_functions(event_re: &str) -> Result<Vec<String>> {
    let pattern = Pattern::whole(event_re)?;
    let symbols = symbols::listing().context("failed to read `/proc/kallsyms`")?;
    let lists = Lists {
        traceable: tracefs::traceable_functions(),
        blacklist: pseudo::kprobe_blacklist().unwrap_or_default(),
    };
    Ok(lists.choose(&symbols, &pattern))
}

/// The functions of a library or binary whose names begin with what a regular expression matches,
/// sorted. bcc's `get_user_functions`.
///
/// # Errors
/// `InvalidInput` if it is no regular expression; `NotFound` if there is no such file;
/// `InvalidData` if it is no ELF file.
pub fn get_user_functions(binary: impl AsRef<Path>, sym_re: &str) -> Result<Vec<String>> {
    let found = functions_in(binary.as_ref(), sym_re)?;
    let names: BTreeSet<_> = found.into_iter().map(|function| function.name).collect();
    Ok(names.into_iter().collect())
}

/// The functions of a library or binary whose names begin with what a regular expression matches,
/// with their addresses, sorted by name. Several may have the same address. bcc's
/// `get_user_functions_and_addresses`.
///
/// # Errors
/// As [`get_user_functions`].
pub fn get_user_functions_and_addresses(
    binary: impl AsRef<Path>,
    sym_re: &str,
) -> Result<Vec<(String, u64)>> {
    let found = super::list::functions_of(binary, sym_re)?.into_iter();
    Ok(found
        .map(|function| (function.name, function.address))
        .collect())
}

/// The addresses of the functions of a library or binary whose names begin with what a regular
/// expression matches, sorted, each once. bcc's `get_user_addresses`.
///
/// # Errors
/// As [`get_user_functions`].
pub fn get_user_addresses(binary: impl AsRef<Path>, sym_re: &str) -> Result<Vec<u64>> {
    let found = functions_in(binary.as_ref(), sym_re)?;
    let addresses: BTreeSet<_> = found.into_iter().map(|function| function.address).collect();
    Ok(addresses.into_iter().collect())
}

/// The tracepoints whose names, `category:event`, begin with what a regular expression matches,
/// sorted. bcc's `get_tracepoints`.
///
/// # Errors
/// `InvalidInput` if it is no regular expression; otherwise if tracefs is not available.
pub fn get_tracepoints(tp_re: &str) -> Result<Vec<String>> {
    let pattern = Pattern::start(tp_re)?;
    let events = tracefs::events()?.into_iter();
    let names = events.map(|(category, event)| format!("{category}:{event}"));
    Ok(names.filter(|name| pattern.matches(name)).collect())
}

/// Whether this kernel has a tracepoint. bcc's `tracepoint_exists`.
///
/// # Errors
/// If tracefs is not available.
pub fn tracepoint_exists(category: &str, event: &str) -> Result<bool> {
    let mut events = tracefs::events()?.into_iter();
    Ok(events.any(|(known, name)| known == category && name == event))
}

/// The functions of a library or binary that match.
pub(super) fn functions_in(binary: &Path, sym_re: &str) -> Result<Vec<elf::Function>> {
    let path = library::find(binary, None)?;
    matching_functions(&elf::Image::open(&path)?, sym_re)
}

/// The functions of an opened file that match.
pub(super) fn matching_functions(
    image: &elf::Image<'_>,
    sym_re: &str,
) -> Result<Vec<elf::Function>> {
    let pattern = Pattern::start(sym_re)?;
    let mut functions = image.functions()?;
    functions.retain(|function| pattern.matches(&function.name));
    Ok(functions)
}

/// What the kernel says of its functions.
struct Lists {
    /// Those that can be traced; `None` if it does not tell.
    traceable: Option<HashSet<String>>,
    /// Those that cannot be probed all the same.
    blacklist: HashSet<String>,
}

impl Lists {
    /// The functions of `/proc/kallsyms` that can be probed and match.
    fn choose(&self, symbols: &str, pattern: &Pattern) -> Vec<String> {
        let mut chosen = BTreeSet::new();
        let mut end_of_section = None;
        for line in symbols.lines() {
            let name = line.split_ascii_whitespace().nth(2).unwrap_or_default();
            if let Some((_, end)) = SECTIONS.iter().find(|(start, _)| *start == name) {
                end_of_section = Some(*end);
            }
            if end_of_section.is_some() {
                end_of_section = end_of_section.filter(|end| *end != name);
                continue;
            }
            if symbols::function_in(line).is_some()
                && pattern.matches(name)
                && self.can_be_probed(name)
            {
                chosen.insert(name.to_owned());
            }
        }
        chosen.into_iter().collect()
    }

    fn can_be_probed(&self, name: &str) -> bool {
        let traceable = self.traceable.as_ref();
        traceable.is_none_or(|names| names.contains(name))
            && !self.blacklist.contains(name)
            && !NEVER.iter().any(|start| name.starts_with(start))
            && !is_cold(name)
    }
}

/// Whether a name is that of a part which the compiler has split off: `f.cold`, `f.cold.12`.
fn is_cold(name: &str) -> bool {
    let is_number = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once(".cold").is_some_and(|(_, rest)| {
        let number = rest.strip_prefix('.');
        rest.is_empty() || number.is_some_and(is_number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S49: each of the reasons to leave a function out.
    #[test]
    fn s49_leaves_out_what_cannot_be_probed() {
        let symbols = "\
            1 T do_open\n\
            2 D do_data\n\
            3 t do_untraced\n\
            4 t do_black\n\
            5 t do_open.cold\n\
            6 t do_open.cold.3\n\
            7 T perf_do\n\
            8 T __perf_do\n\
            9 T __SCT__do\n\
            a T __irqentry_text_start\n\
            a T do_interrupt\n\
            b T __irqentry_text_end\n\
            c W do_weak\n\
            d T __init_begin\n\
            d T do_boot\n\
            e T __init_end\n\
            f t do_module\t[module]\n\
            f t do_module\t[other]\n";
        let all = symbols
            .lines()
            .filter_map(|line| line.split_ascii_whitespace().nth(2));
        let all = all.filter(|name| *name != "do_untraced");
        let lists = Lists {
            traceable: Some(all.map(str::to_owned).collect()),
            blacklist: HashSet::from(["do_black".to_owned()]),
        };
        let chosen = lists.choose(symbols, &Pattern::whole(".*do.*").unwrap());
        assert_eq!(chosen, ["do_module", "do_open", "do_weak"]);
        assert_eq!(
            lists.choose(symbols, &Pattern::whole("do_op").unwrap()),
            [""; 0]
        );
    }

    /// This binary's functions, by the start of their names.
    #[test]
    fn lists_functions_of_a_binary() {
        let own = "/proc/self/exe";
        assert!(
            get_user_functions(own, "mai")
                .unwrap()
                .contains(&"main".to_owned())
        );
        assert_eq!(get_user_functions(own, "ain$").unwrap(), [""; 0]);
        let addresses = get_user_addresses(own, "main$").unwrap();
        let both = get_user_functions_and_addresses(own, "main$").unwrap();
        assert_eq!(both, [("main".to_owned(), addresses[0])]);
    }
}
