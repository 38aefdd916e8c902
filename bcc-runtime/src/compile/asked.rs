//! What a program asks for before it uses it: `bpf_core_field_exists` and its like.
//!
//! In: the program's C. Out: [`Asked`], names that clang must know even if the running kernel has
//! no such thing; libbpf then answers the question with no, and the verifier drops what is guarded
//! by it.

use super::words::{Role, words};
use crate::kernel::header::{Asked, Keyword};

/// The macro that asks for a member.
const FIELD: &str = "bpf_core_field_exists";
/// The macro that asks for a type.
const TYPE: &str = "bpf_core_type_exists";
/// The macro that asks for a constant of an enum.
const CONSTANT: &str = "bpf_core_enum_value_exists";

/// Reads all questions of a text.
pub(super) fn find(text: &str) -> Asked<'_> {
    let mut asked = Asked::default();
    for arguments in calls(text, FIELD) {
        let member = arguments.split('[').next().unwrap_or_default();
        asked.members.extend(last_word(member));
    }
    for arguments in calls(text, TYPE) {
        asked.types.extend(type_name(arguments));
    }
    for arguments in calls(text, CONSTANT) {
        // `enum e, C`
        let parts = arguments.split_once(',');
        let pair = parts.and_then(|(ty, constant)| Some((type_name(ty)?.1, last_word(constant)?)));
        asked.constants.extend(pair);
    }
    asked
}

/// The arguments of each call.
fn calls<'a>(text: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    let places = text.match_indices(name);
    places.filter_map(move |(at, _)| {
        let rest = text[at + name.len()..].trim_start().strip_prefix('(')?;
        let mut depth = 1_usize;
        let end = rest.find(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        Some(&rest[..end])
    })
}

/// The member at the end of `task->mm->x`, `(struct s *)p)->x` or `struct s, x`.
fn last_word(arguments: &str) -> Option<&str> {
    let word = words(arguments).last()?;
    (word.role != Role::Tag).then_some(word.text)
}

/// `struct s`, `union u`, `enum e` or a typedef.
fn type_name(text: &str) -> Option<(Keyword, &str)> {
    let mut list = words(text);
    let first = list.next()?.text;
    let keyword = match first {
        "struct" => Keyword::Struct,
        "union" => Keyword::Union,
        "enum" => Keyword::Enum,
        _ => return Some((Keyword::Typedef, first)),
    };
    Some((keyword, list.next()?.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each form of each question.
    #[test]
    fn reads_questions() {
        let asked = find(
            "if (bpf_core_field_exists(((struct task_struct *)task)->mm->nope)) a();\n\
             bpf_core_field_exists (struct sock, sk_new.inner); bpf_core_field_exists(t->x[f(1)]);\n\
             bpf_core_type_exists(struct gone); bpf_core_type_exists(gone_t);\n\
             bpf_core_enum_value_exists(enum e, E_GONE) + bpf_core_enum_value_exists(e_t, E_OLD)",
        );
        let mut members: Vec<&str> = asked.members.into_iter().collect();
        members.sort_unstable();
        assert_eq!(members, ["inner", "nope", "x"]);
        let types = [(Keyword::Struct, "gone"), (Keyword::Typedef, "gone_t")];
        assert_eq!(asked.types, types);
        assert_eq!(asked.constants, [("e", "E_GONE"), ("e_t", "E_OLD")]);
    }
}
