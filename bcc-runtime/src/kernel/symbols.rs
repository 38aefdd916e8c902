//! The names of the kernel's functions.
//!
//! In: `/proc/kallsyms`. Out: names of functions, and the modules that have them.

use std::{fs, io};

/// A function that `/proc/kallsyms` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol<'a> {
    pub(crate) name: &'a str,
    /// The module that has it, if it is not the kernel's own.
    pub(crate) module: Option<&'a str>,
}

/// All that the kernel lists, a symbol a line; without the rights to see them, addresses are zero.
pub(crate) fn listing() -> io::Result<String> {
    fs::read_to_string("/proc/kallsyms")
}

/// All that the kernel lists; empty if it cannot be read.
pub(crate) fn read() -> String {
    listing().unwrap_or_default()
}

/// The functions of a listing.
pub(crate) fn functions(text: &str) -> impl Iterator<Item = Symbol<'_>> {
    text.lines().filter_map(function_in)
}

/// Whether the kernel has a function of exactly this name.
pub(crate) fn is_function(name: &str) -> bool {
    functions(&read()).any(|symbol| symbol.name == name)
}

/// Whether the kernel lists a symbol of this name, be it a function or not.
pub(crate) fn has(name: &str) -> bool {
    let text = read();
    let mut lines = text.lines();
    lines.any(|line| line.split_ascii_whitespace().nth(2) == Some(name))
}

/// The function in a line such as `ffffffff81000000 T vfs_read`; `None` for data.
pub(crate) fn function_in(line: &str) -> Option<Symbol<'_>> {
    let mut words = line.split_ascii_whitespace().skip(1);
    words
        .next()
        .filter(|kind| matches!(*kind, "t" | "T" | "w" | "W"))?;
    let name = words.next()?;
    let module = words.next();
    Some(Symbol {
        name,
        module: module.map(|module| module.trim_matches(['[', ']'])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions, data and module symbols of `/proc/kallsyms`.
    #[test]
    fn reads_symbols() {
        let function = |line| function_in(line).map(|symbol| (symbol.name, symbol.module));
        assert_eq!(function("ffff0000 T vfs_read"), Some(("vfs_read", None)));
        assert_eq!(
            function("0 t ext4_open\t[ext4]"),
            Some(("ext4_open", Some("ext4")))
        );
        assert_eq!(function("ffff0000 D jiffies"), None);
        assert_eq!(function(""), None);
    }
}
