//! Names like the one somebody misspelt.
//!
//! In: a name nobody knows and all known ones. Out: the nearest known ones, best first.

/// How many nearest names a message offers.
const OFFERED: usize = 3;

/// ``; nearest names: `a`, `b` ``, or nothing.
pub(crate) fn offer(wanted: &str, names: impl IntoIterator<Item = String>) -> String {
    match nearest(wanted, names, OFFERED).as_slice() {
        [] => String::new(),
        names => format!("; nearest names: `{}`", names.join("`, `")),
    }
}

/// The nearest names, at most `most` of them; none if nothing comes close.
pub(crate) fn nearest(
    wanted: &str,
    names: impl IntoIterator<Item = String>,
    most: usize,
) -> Vec<String> {
    // More than a third of the letters wrong is another name.
    let limit = (wanted.chars().count() / 3).max(1);
    let mut near: Vec<(usize, String)> = names
        .into_iter()
        .filter_map(|name| Some((distance(wanted, &name, limit)?, name)))
        .collect();
    near.sort();
    near.into_iter().take(most).map(|(_, name)| name).collect()
}

/// How many letters to add, drop or change; `None` if more than `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, left) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, right) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
        if row.iter().min().is_some_and(|best| *best > limit) {
            return None;
        }
    }
    row.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Best first, far ones not at all.
    #[test]
    fn finds_neighbours() {
        let names = [
            "sched_switch",
            "sched_switched",
            "sched_wakeup",
            "irq_entry",
        ];
        let found = nearest("sched_swich", names.map(String::from), 3);
        assert_eq!(found, ["sched_switch", "sched_switched"]);
    }
}
