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
    /// Whether they come from its headers rather than from the kernel itself.
    pub(super) from_headers: bool,
    /// The program.
    pub(super) spec: &'a Spec,
}

impl Known<'_> {
    /// Whether the program itself defines `struct name`.
    fn defines(&self, name: &str) -> bool {
        let tag = name.rsplit(' ').next().unwrap_or(name);
        self.spec.kernel_defined.iter().any(|own| own == tag)
    }

    /// Where the types come from, in words.
    fn origin(&self) -> String {
        if self.from_headers {
            return "the kernel headers".to_owned();
        }
        format!("the running kernel ({})", self.kernel)
    }

    /// The headers the program includes that are not read, as the first part of a sentence.
    fn headers(&self) -> Option<String> {
        let mut names: Vec<String> = self
            .spec
            .includes
            .iter()
            .filter(|name| !SERVED.contains(&name.as_ref()))
            .map(|name| format!("`{name}`"))
            .collect();
        match names.len() {
            0 => None,
            1 => Some(format!("{}, which is", names[0])),
            len => {
                let more = len > SHOWN;
                names.truncate(SHOWN);
                let more = if more { " and others" } else { "" };
                Some(format!("one of {}{more}, which are", names.join(", ")))
            }
        }
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

/// How many headers a hint names.
const SHOWN: usize = 4;
/// Headers of which all that programs use is there, whether they are read or not.
const SERVED: [&str; 6] = [
    "uapi/linux/ptrace.h",
    "linux/ptrace.h",
    "linux/types.h",
    "linux/version.h",
    "uapi/linux/bpf.h",
    "vmlinux.h",
];

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
                "{} has no `{name}` in `{owner}`; what only some kernels have can be asked for with \
                 `bpf_core_field_exists`",
                known.origin()
            ),
        });
    }
    if starts("incomplete definition of type") || starts("variable has incomplete type") {
        let hint = format!("{} has no `{name}` with members", known.origin());
        let way_out = if known.from_headers {
            "; include the header that defines it"
        } else {
            "; if a module has it, load the module first (`modprobe`)"
        };
        return Some(hint + way_out);
    }
    if starts("use of undeclared identifier") || starts("unknown type name") {
        let suggestion = known.suggestion(name);
        return Some(if suggestion.is_empty() {
            unknown(name, known)
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

/// What the kernel's names of types of maps begin with.
const MAP_TYPE: &str = "BPF_MAP_TYPE_";

/// What to do about a name that comes from nowhere.
fn unknown(name: &str, known: Known<'_>) -> String {
    if known.from_headers {
        return format!(
            "none of the kernel headers the program includes has `{name}`; include the one that \
             defines it"
        );
    }
    let kernel = known.kernel;
    if let Some(kind) = name.strip_prefix(MAP_TYPE) {
        let kind = kind.to_lowercase();
        return format!("the running kernel ({kernel}) has no maps of the type {kind}");
    }
    let nowhere =
        format!("`{name}` is neither in the running kernel's types ({kernel}) nor in the prelude");
    match known.headers() {
        None => format!("{nowhere}; define it in the program"),
        Some(headers) => format!(
            "{nowhere}; it may come from {headers} not read: define it in the program, or compile \
             with kernel headers (`kernel_headers` of the builder or `BCC_KERNEL_SOURCE`)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(spec: &Spec) -> Known<'_> {
        Known {
            kernel: Version::new(6, 1, 0),
            from_headers: false,
            spec,
        }
    }

    /// A type of map that came with a newer kernel.
    #[test]
    fn names_types_of_maps() {
        let spec = Spec::default();
        let message = "use of undeclared identifier 'BPF_MAP_TYPE_TASK_STORAGE'";
        let expected = "the running kernel (6.1) has no maps of the type task_storage";
        assert_eq!(find(message, known(&spec)).as_deref(), Some(expected));
    }

    /// A name that an `#include` would have given: which header, and both ways out.
    #[test]
    fn names_headers_that_are_not_read() {
        let hint = |includes: &[&'static str], from_headers| {
            let spec = Spec {
                includes: includes.iter().map(|name| (*name).into()).collect(),
                ..Spec::default()
            };
            let known = Known {
                from_headers,
                ..known(&spec)
            };
            find("use of undeclared identifier 'FOO'", known).unwrap_or_default()
        };
        let one = hint(&["linux/foo.h", "uapi/linux/ptrace.h"], false);
        assert!(
            one.contains("it may come from `linux/foo.h`, which is not read"),
            "{one}"
        );
        assert!(one.contains("`BCC_KERNEL_SOURCE`"), "{one}");
        let two = hint(&["linux/foo.h", "net/bar.h"], false);
        assert!(
            two.contains("one of `linux/foo.h`, `net/bar.h`, which are not read"),
            "{two}"
        );
        let many = hint(&["a.h", "b.h", "c.h", "d.h", "e.h"], false);
        assert!(
            many.contains("`d.h` and others, which are not read"),
            "{many}"
        );
        assert!(!hint(&["vmlinux.h"], false).contains("come from"));
        let read = hint(&["linux/foo.h"], true);
        assert!(read.contains("include the one that defines it"), "{read}");
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
