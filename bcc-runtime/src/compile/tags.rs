//! Whether a text says of every tag that it is one.
//!
//! In: C. Out: whether each tag of the kernel stands behind `struct`, `union` or `enum`. A kernel has
//! a struct for nearly every word (`pid`, `state`, `filename`), so that words which are no tags would
//! bring types along that the program does not know. Macros can put a tag together, though.

use super::words::{KEYWORDS, Role, directive, words};
use std::collections::HashSet;

/// Whether no macro of the text or of a flag makes tags of something else.
pub(super) fn are_plain(source: &str, cflags: &[String]) -> bool {
    let has_keyword = |flag: &String| words(flag).any(|word| KEYWORDS.contains(&word.text));
    if cflags.iter().any(has_keyword) {
        return false;
    }
    let joined = source.replace("\\\n", " ");
    let tags = words(source).filter(|word| word.role == Role::Tag);
    let tags: HashSet<&str> = tags.map(|word| word.text).collect();
    let mut definitions = joined.lines().filter_map(|line| directive(line, "define"));
    definitions.all(|definition| {
        let mut name = words(definition).take(1);
        is_plain(definition) && !name.any(|name| tags.contains(name.text))
    })
}

/// Whether each keyword in a macro has its tag behind it, and no parameter in its place.
fn is_plain(definition: &str) -> bool {
    if !KEYWORDS.iter().any(|keyword| definition.contains(keyword)) {
        return true;
    }
    let parameters = definition.split_once('(').and_then(|(name, rest)| {
        let is_name = words(name).count() == 1 && !name.ends_with(char::is_whitespace);
        let (parameters, _) = rest.split_once(')')?;
        is_name.then_some(parameters)
    });
    let parameters: Vec<&str> = words(parameters.unwrap_or_default())
        .map(|word| word.text)
        .collect();
    let all: Vec<_> = words(definition).collect();
    let keywords = all.iter().filter(|word| KEYWORDS.contains(&word.text));
    let tags = all.iter().filter(|word| word.role == Role::Tag);
    let is_pasted = definition.contains("##");
    keywords.count() == tags.clone().count()
        && !is_pasted
        && tags.into_iter().all(|tag| !parameters.contains(&tag.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Macros with tags of their own are plain; those that make one of something else are not.
    #[test]
    fn finds_macros_that_make_tags() {
        for text in [
            "struct pid *pid;",
            "#define PID(p) ((struct pid *)(p))\n",
            "#define JOIN(a, b) a##b\nstruct pid *pid;",
            "#define ANY (struct pid *)\n",
        ] {
            assert!(are_plain(text, &[]), "{text}");
        }
        for text in [
            "#define T(x) struct x\nT(pid) *pid;",
            "# define KIND struct\nKIND pid *pid;",
            "#define T(x) \\\n  union \\\n x\n",
            "#define T(x) struct pid_##x\n",
            "#define T(a, ...) enum { A } a; struct a\n",
            "#define process task_struct\nstruct process *p;",
        ] {
            assert!(!are_plain(text, &[]), "{text}");
        }
        assert!(!are_plain("KIND pid *pid;", &["-DKIND=struct".to_owned()]));
    }
}
