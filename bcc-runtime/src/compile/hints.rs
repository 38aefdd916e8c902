//! What clang's messages mean for a program that runs on this kernel.
//!
//! In: a message. Out: what to do about it, or nothing. Most mistakes clang finds are about what
//! the running kernel has; the rest of the C was checked when the tool was built.

use crate::kernel::version::Version;
use crate::nearest::nearest;
use crate::spec::Spec;

/// What hints may speak about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    /// The kernel the types come from.
    pub(super) kernel: Version,
    /// The program.
    pub(super) spec: &'a Spec,
}

impl Known<'_> {
    /// Whether the program itself defines `struct name`.
    fn defines(&self, name: &str) -> bool {
        let tag = name.rsplit(' ').next().unwrap_or(name);
        self.spec.kernel_defined.iter().any(|own| own == tag)
    }

    /// "; did you mean `counts`?", if the program has a name like that.
    fn suggestion(&self, name: &str) -> String {
        let own = self
            .spec
            .kernel_locals
            .iter()
            .chain(self.spec.kernel_defined.iter());
        match &nearest(name, own.map(ToString::to_string), 1)[..] {
            [near] => format!("; did you mean `{near}`?"),
            _ => String::new(),
        }
    }
}

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
pub(super) fn find(message: &str, known: Known<'_>) -> Option<String> {
    let kernel = known.kernel;
    let mut quoted = message.split('\'').skip(1).step_by(2);
    let (name, owner) = (
        quoted.next().unwrap_or_default(),
        quoted.next().unwrap_or_default(),
    );
    let starts = |start: &str| message.starts_with(start);
    if starts("no member named") {
        return Some(match owner.strip_prefix("struct tracepoint__") {
            Some(_) => format!("the tracepoint has no field `{name}` in this kernel ({kernel})"),
            None if known.defines(owner) => {
                format!(
                    "the program's own `{owner}` has no `{name}`{}",
                    known.suggestion(name)
                )
            }
            None => format!(
                "the running kernel ({kernel}) has no `{name}` in `{owner}`; what only some kernels \
                 have can be asked for with `bpf_core_field_exists`"
            ),
        });
    }
    if starts("incomplete definition of type") || starts("variable has incomplete type") {
        return Some(format!(
            "the running kernel ({kernel}) has no `{name}` with members"
        ));
    }
    if starts("use of undeclared identifier") || starts("unknown type name") {
        let suggestion = known.suggestion(name);
        return Some(if suggestion.is_empty() {
            unknown(name, kernel)
        } else {
            suggestion[2..].to_owned()
        });
    }
    // The older and the newer words of clang.
    if starts("implicit declaration of function") || starts("call to undeclared function") {
        return Some(format!(
            "`{name}` is no BPF helper, no function of the program and no macro of the prelude; \
             kernel and libc functions cannot be called from BPF"
        ));
    }
    let row = BACK_END.iter().find(|(piece, _)| message.contains(piece));
    row.map(|(_, hint)| (*hint).to_owned())
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

    fn known(spec: &Spec) -> Known<'_> {
        Known {
            kernel: Version::new(6, 1, 0),
            spec,
        }
    }

    /// The hint for each kind of mistake names the guilty name.
    #[test]
    fn gives_hints() {
        let spec = Spec {
            kernel_defined: vec!["data_t".into(), "counts".into()].into(),
            ..Spec::default()
        };
        let cases = [
            (
                "no member named 'x' in 'struct data_t'",
                "own `struct data_t` has no `x`",
            ),
            (
                "use of undeclared identifier 'count'",
                "did you mean `counts`?",
            ),
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
            let hint = find(message, known(&spec)).unwrap_or_default();
            assert!(hint.contains(expected), "{message}: {hint}");
        }
        assert_eq!(find("expected ';'", known(&spec)), None);
    }
}
