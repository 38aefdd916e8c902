//! What clang's messages mean for a program that runs on this kernel.
//!
//! In: a message. Out: what to do about it, or nothing. Most mistakes clang finds are about what
//! the running kernel has; the rest of the C was checked when the tool was built.

use crate::kernel::version::Version;

/// Messages of clang's back end: a piece of each, and what to do.
const BACK_END: [(&str, &str); 4] = [
    (
        "BPF stack limit",
        "locals of all inlined functions together are over 512 bytes; keep large ones in a \
         `BPF_PERCPU_ARRAY` of one entry",
    ),
    (
        "signed division",
        "BPF divides unsigned numbers only; make both operands unsigned",
    ),
    (
        "A call to built-in function",
        "the size must be a constant, and a small one; copy in pieces or with a helper",
    ),
    (
        "too many args",
        "BPF functions take at most 5 arguments; pass a pointer to a struct",
    ),
];

/// What to do about a message.
pub(super) fn find(message: &str, kernel: Version) -> Option<String> {
    let mut quoted = message.split('\'').skip(1).step_by(2);
    let (name, owner) = (
        quoted.next().unwrap_or_default(),
        quoted.next().unwrap_or_default(),
    );
    let starts = |start: &str| message.starts_with(start);
    if starts("no member named") {
        return Some(match owner.strip_prefix("struct tracepoint__") {
            Some(_) => format!("the tracepoint has no field `{name}` in this kernel ({kernel})"),
            None => format!("the running kernel ({kernel}) has no `{name}` in `{owner}`"),
        });
    }
    if starts("incomplete definition of type") || starts("variable has incomplete type") {
        return Some(format!(
            "the running kernel ({kernel}) has no `{name}` with members"
        ));
    }
    if starts("use of undeclared identifier") || starts("unknown type name") {
        return Some(unknown(name, kernel));
    }
    // The older and the newer words of clang.
    if starts("implicit declaration of function") || starts("call to undeclared function") {
        return Some(format!(
            "`{name}` is no BPF helper, no function of the program and no macro of the prelude; \
             kernel and libc functions cannot be called from BPF"
        ));
    }
    let known = BACK_END.iter().find(|(piece, _)| message.contains(piece));
    known.map(|(_, hint)| (*hint).to_owned())
}

fn unknown(name: &str, kernel: Version) -> String {
    format!(
        "`{name}` is neither in the running kernel's types ({kernel}) nor in the prelude; define \
         it in the program"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hint for each kind of mistake names the guilty name.
    #[test]
    fn gives_hints() {
        let cases = [
            (
                "no member named 'x' in 'struct task_struct'",
                "no `x` in `struct task_struct`",
            ),
            (
                "no member named 'x' in 'struct tracepoint__a__b'",
                "tracepoint has no field `x`",
            ),
            ("use of undeclared identifier 'FOO'", "`FOO` is neither"),
            ("unknown type name 'foo_t'", "`foo_t` is neither"),
            (
                "incomplete definition of type 'struct foo'",
                "no `struct foo` with members",
            ),
            (
                "implicit declaration of function 'kfree' is invalid in C99",
                "`kfree` is no BPF",
            ),
            (
                "call to undeclared function 'kfree'; ISO C99",
                "`kfree` is no BPF",
            ),
            ("Unsupport signed division", "unsigned"),
            (
                "Looks like the BPF stack limit of 512 bytes",
                "BPF_PERCPU_ARRAY",
            ),
        ];
        for (message, expected) in cases {
            let hint = find(message, Version::new(6, 1, 0)).unwrap_or_default();
            assert!(hint.contains(expected), "{message}: {hint}");
        }
        assert_eq!(find("expected ';'", Version::new(6, 1, 0)), None);
    }
}
