//! Which CPUs there are.
//!
//! In: the kernel's lists below `/sys/devices/system/cpu`, such as `0-3,5`. Out: CPU numbers.

use crate::error::{Context as _, Error, ErrorKind, Result};
use std::fs;
use std::sync::OnceLock;

const ONLINE: &str = "/sys/devices/system/cpu/online";
const POSSIBLE: &str = "/sys/devices/system/cpu/possible";

/// The CPUs that run now.
pub(crate) fn online() -> Result<Vec<u32>> {
    read_list(ONLINE)
}

/// How many CPUs there can ever be: the number of values of a per-CPU map's entry.
///
/// The kernel fixes it at boot, so it is read once.
pub(crate) fn possible_count() -> Result<usize> {
    static COUNT: OnceLock<usize> = OnceLock::new();
    if let Some(count) = COUNT.get() {
        return Ok(*count);
    }
    // The last number counts, not the length: a gap has a slot in per-CPU values too.
    let count = read_list(POSSIBLE)?
        .last()
        .map_or(1, |last| *last as usize + 1);
    Ok(*COUNT.get_or_init(|| count))
}

fn read_list(path: &str) -> Result<Vec<u32>> {
    let text = fs::read_to_string(path).with_context(|| format!("failed to read `{path}`"))?;
    parse_list(&text).ok_or_else(|| {
        let text = text.trim();
        Error::new(
            ErrorKind::InvalidData,
            format!("`{path}` holds `{text}`, which is not a list of CPUs"),
        )
    })
}

/// Parses `0-3,5`; the numbers grow. `None` if it is anything else.
fn parse_list(text: &str) -> Option<Vec<u32>> {
    let mut cpus = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
        // No machine has more; a damaged list must not fill the memory.
        if last < first || last > u32::from(u16::MAX) {
            return None;
        }
        cpus.extend(first..=last);
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranges, single CPUs, gaps, and what is no list.
    #[test]
    fn parses_lists() {
        assert_eq!(parse_list("0\n"), Some(vec![0]));
        assert_eq!(parse_list("0-3,5\n"), Some(vec![0, 1, 2, 3, 5]));
        assert_eq!(parse_list("\n"), Some(vec![]));
        assert_eq!(parse_list("3-1"), None);
        assert_eq!(parse_list("0-4294967295"), None);
        assert_eq!(parse_list("a"), None);
    }

    /// This machine has a CPU, and no more are online than possible.
    #[test]
    fn reads_this_machine() {
        let online = online().unwrap();
        assert!(!online.is_empty());
        assert!(online.len() <= possible_count().unwrap());
    }
}
