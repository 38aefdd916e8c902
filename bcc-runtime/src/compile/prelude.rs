//! Constants, macros and inline functions of kernel headers that BTF does not have.
//!
//! In: the words of a program. Out: the pieces of `src/prelude/*.h` the program needs, directly or
//! through one another, and the kernel types those pieces need. Everything else stays out of
//! clang's way.

use super::words::{Role, words};
use crate::kernel::header::Header;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

pub(super) const FILES: [&str; 5] = [
    include_str!("../prelude/constants.h"),
    include_str!("../prelude/errno.h"),
    include_str!("../prelude/functions.h"),
    include_str!("../prelude/objects.h"),
    include_str!("../prelude/net.h"),
];
/// Names of members that stand for paths through other members.
const MEMBERS: &str = include_str!("../prelude/members.h");

/// A definition, or some that belong together.
#[derive(Debug)]
struct Item<'a> {
    text: &'a str,
    names: Vec<&'a str>,
}

/// All there is to choose from.
#[derive(Debug)]
pub(super) struct Prelude<'a> {
    items: Vec<Item<'a>>,
    /// Item of each name.
    index: HashMap<&'a str, usize>,
    members: HashMap<&'a str, &'a str>,
}

/// What a program needs.
#[derive(Debug, Default)]
pub(super) struct Choice<'a> {
    /// Numbers of items, in the order of the files.
    items: BTreeSet<usize>,
    aliases: BTreeSet<&'a str>,
    /// Tags in the chosen pieces.
    pub(super) tags: HashSet<&'a str>,
    /// Names nothing in the prelude defines.
    pub(super) names: HashSet<&'a str>,
    /// All members, those of the chosen pieces included.
    pub(super) members: HashSet<&'a str>,
}

impl<'a> Prelude<'a> {
    /// Reads the files; `running` has definitions that only the running system knows.
    pub(super) fn new(running: &'a str) -> Self {
        let mut items = Vec::new();
        for file in FILES.into_iter().chain([running]) {
            split(file, &mut items);
        }
        let named = items.iter().enumerate();
        let index = named.flat_map(|(at, item)| item.names.iter().map(move |name| (*name, at)));
        let index = index.collect();
        let members = MEMBERS
            .lines()
            .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
        Self {
            items,
            index,
            members: members.collect(),
        }
    }

    /// Follows the names a program uses. `own_words` are words it uses for things of its own.
    pub(super) fn choose(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        members: impl IntoIterator<Item = &'a str>,
        own_words: &HashSet<&str>,
    ) -> Choice<'a> {
        let mut choice = Choice::default();
        let names = names.into_iter().map(|name| (name, Role::Other));
        let members = members.into_iter().map(|name| (name, Role::Member));
        let mut open: Vec<(&str, Role)> = names.chain(members).collect();
        while let Some((word, role)) = open.pop() {
            let found = match role {
                Role::Member => choice.member(self, word, own_words),
                Role::Tag => {
                    choice.tags.insert(word);
                    choice.name(self, word)
                }
                Role::Other => choice.name(self, word),
            };
            open.extend(words(found).map(|word| (word.text, word.role)));
        }
        choice
    }

    /// The chosen pieces, without what the header already has.
    pub(super) fn write(&self, choice: &Choice<'_>, header: &Header) -> String {
        let mut out = String::new();
        for item in self.chosen(choice) {
            if !item.names.iter().any(|name| header.names.contains(*name)) {
                item.write_guarded(&mut out);
            }
        }
        for alias in choice
            .aliases
            .iter()
            .filter(|alias| !header.members.contains(**alias))
        {
            let _ = writeln!(out, "#define {alias} {}", self.members[alias]);
        }
        out
    }

    /// The chosen pieces for a text that has included the kernel's headers. Constants of headers
    /// win over ours; our functions win over theirs, which cannot read the kernel's memory.
    pub(super) fn write_over_headers(&self, choice: &Choice<'_>) -> String {
        let mut out = String::new();
        for item in self.chosen(choice) {
            match item.names[..] {
                [name] if item.is_function() => {
                    let _ = writeln!(out, "#undef {name}\n{}", item.text);
                }
                _ => item.write_guarded(&mut out),
            }
        }
        out
    }

    fn chosen(&self, choice: &Choice<'_>) -> impl Iterator<Item = &Item<'a>> {
        choice.items.iter().map(|at| &self.items[*at])
    }

    /// The words of the chosen pieces.
    pub(super) fn words(&self, choice: &Choice<'_>) -> impl Iterator<Item = &'a str> {
        self.chosen(choice)
            .flat_map(|item| words(item.text))
            .map(|word| word.text)
    }

    /// The words of what a name is defined as: behind `struct` they are tags, as its own is.
    pub(super) fn definition(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let text = self.index.get(name).map_or("", |at| self.items[*at].text);
        words(text).map(|word| word.text)
    }

    /// The value of a name that is defined as a plain `int`, and nothing else.
    pub(super) fn number(&self, name: &str) -> Option<i32> {
        let item = &self.items[*self.index.get(name)?];
        item.behind(name)?.trim().parse().ok()
    }

    /// Whether a member's name stands for others.
    pub(super) fn has_member(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Whether a name is that of a piece.
    pub(super) fn has(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }
}

impl Item<'_> {
    /// Writes the piece for a text that may have something of the same name. Of a block some names
    /// may be there and others not, so that it goes over what is there.
    fn write_guarded(&self, out: &mut String) {
        let _ = if let [name] = self.names[..] {
            writeln!(out, "#ifndef {name}\n{}\n#endif", self.text)
        } else {
            writeln!(out, "{}", self.text)
        };
    }

    /// Whether the piece is a macro with arguments.
    fn is_function(&self) -> bool {
        let rest = self.names.first().and_then(|name| self.behind(name));
        rest.is_some_and(|rest| rest.starts_with('('))
    }

    /// What follows the name, if the piece is a macro of it.
    fn behind(&self, name: &str) -> Option<&str> {
        self.text.strip_prefix("#define ")?.strip_prefix(name)
    }
}

impl<'a> Choice<'a> {
    /// The members that a member's name stands for, if it is a macro here.
    pub(super) fn path(&self, prelude: &Prelude<'a>, name: &str) -> Option<&'a str> {
        let alias = self.aliases.get(name)?;
        prelude.members.get(alias).copied()
    }

    /// Notes a member; returns text to follow.
    fn member(&mut self, prelude: &Prelude<'a>, word: &'a str, own: &HashSet<&str>) -> &'a str {
        if !self.members.insert(word) || own.contains(word) {
            return "";
        }
        let Some(path) = prelude.members.get(word) else {
            return "";
        };
        self.aliases.insert(word);
        // All words of a path are members; the first one has nothing in front.
        self.member(
            prelude,
            words(path).next().map_or("", |first| first.text),
            own,
        );
        path
    }

    /// Notes another name; returns text to follow.
    fn name(&mut self, prelude: &Prelude<'a>, word: &'a str) -> &'a str {
        if !self.names.insert(word) {
            return "";
        }
        let Some(at) = prelude.index.get(word) else {
            return "";
        };
        if self.items.insert(*at) {
            prelude.items[*at].text
        } else {
            ""
        }
    }
}

/// Splits a file into items: a `#define` with its continuation lines, or an `#if` up to `#endif`.
fn split<'a>(file: &'a str, items: &mut Vec<Item<'a>>) {
    let mut start = 0;
    let mut block = false;
    let mut at = 0;
    for line in file.split_inclusive('\n') {
        let first = at;
        at += line.len();
        if first == start {
            block = line.starts_with("#if");
        }
        let open = if block {
            !line.starts_with("#endif")
        } else {
            line.ends_with("\\\n")
        };
        if !open {
            let text = file[start..at].trim_end();
            start = at;
            if text.starts_with('#') {
                items.push(Item {
                    text,
                    names: defined(text).collect(),
                });
            }
        }
    }
}

/// The names a piece defines.
fn defined(text: &str) -> impl Iterator<Item = &str> {
    let names = text
        .lines()
        .filter_map(|line| words(line.strip_prefix("#define ")?).next());
    let mut seen = HashSet::new();
    names
        .map(|word| word.text)
        .filter(move |name| seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&'static str], members: &[&'static str], own: &[&str]) -> String {
        let prelude = Prelude::new("#define LINUX_VERSION_CODE 7\n");
        let own = own.iter().copied().collect();
        let choice = prelude.choose(names.iter().copied(), members.iter().copied(), &own);
        prelude.write(&choice, &Header::default())
    }

    /// A name brings what its definition needs, and nothing else.
    #[test]
    fn follows_definitions() {
        let text = chosen(&["S_ISREG", "LINUX_VERSION_CODE"], &[], &[]);
        let names: Vec<&str> = defined(&text).collect();
        assert_eq!(
            names,
            ["S_IFMT", "S_IFREG", "S_ISREG", "LINUX_VERSION_CODE"]
        );
    }

    /// A block stays whole; every single definition can be overridden.
    #[test]
    fn keeps_blocks_whole() {
        let text = chosen(&["O_TMPFILE"], &[], &[]);
        assert!(text.contains("#if defined(__TARGET_ARCH_arm64)"), "{text}");
        assert!(
            text.contains("#ifndef O_TMPFILE\n#define O_TMPFILE "),
            "{text}"
        );
    }

    /// A macro member comes unless the program has a thing of its own by that name.
    #[test]
    fn gives_macro_members() {
        let alias = "#define sk_family __sk_common.skc_family\n";
        assert_eq!(chosen(&[], &["sk_family"], &[]), alias);
        assert_eq!(chosen(&[], &["sk_family"], &["sk_family"]), "");
    }

    /// Kernel types and members that a definition needs are passed on.
    #[test]
    fn passes_on_what_it_does_not_have() {
        let prelude = Prelude::new("");
        let choice = prelude.choose(["DNAME_INLINE_LEN"], [], &HashSet::new());
        assert!(choice.names.contains("dentry"));
        let members = ["d_iname", "d_shortname", "string"];
        assert!(
            members.iter().all(|name| choice.members.contains(name)),
            "{:?}",
            choice.members
        );
    }

    /// Plain numbers have a value; expressions and blocks have not.
    #[test]
    fn knows_numbers() {
        let prelude = Prelude::new("#define ONE 1\n#define TWO (ONE + 1)\n#define F(x) 1\n");
        let numbers = ["ONE", "TWO", "F", "TASK_COMM_LEN", "O_TMPFILE"];
        let found = numbers.map(|name| prelude.number(name));
        assert_eq!(found, [Some(1), None, None, Some(16), None]);
    }

    /// Each item of the files has a name, and no name is defined twice.
    #[test]
    fn files_are_in_order() {
        let prelude = Prelude::new("");
        let names: usize = prelude.items.iter().map(|item| item.names.len()).sum();
        assert!(prelude.items.iter().all(|item| !item.names.is_empty()));
        assert_eq!(names, prelude.index.len());
    }
}
