//! Why a kernel function cannot be probed.
//!
//! In: its name, and what the kernel lists. Out: the reason, in words.

use crate::error::{Error, ErrorKind};
use crate::kernel::{pseudo, symbols, tracefs};
use crate::nearest::offer;
use std::collections::HashSet;

/// What the kernel lists of its functions; `None` or nothing where it does not tell.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// All of them.
    pub(crate) names: Vec<String>,
    /// Those with room for a trace.
    pub(crate) traceable: Option<HashSet<String>>,
    /// Those that must not be probed.
    pub(crate) blacklist: Option<HashSet<String>>,
}

/// What is against a function as a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The kernel has none of the name.
    Absent,
    /// The compiler made something else of it, under this name.
    Part(String),
    /// It must not be probed.
    Blacklisted,
    /// It is not traced.
    NotTraced,
}

impl Lists {
    /// Reads the names, which is enough to tell what is absent.
    pub(crate) fn names() -> Self {
        let text = symbols::read();
        let names = symbols::functions(&text).map(|symbol| symbol.name.to_owned());
        Self {
            names: names.collect(),
            ..Self::default()
        }
    }

    /// Reads the rest.
    pub(crate) fn with_limits(self) -> Self {
        Self {
            traceable: tracefs::traceable_functions(),
            blacklist: pseudo::kprobe_blacklist(),
            ..self
        }
    }

    /// The first thing that is against a function, if anything.
    pub(crate) fn fault(&self, function: &str) -> Option<Fault> {
        if !self.names.is_empty() && !self.names.iter().any(|name| name == function) {
            let part = self.names.iter().find(|name| is_part(name, function));
            return Some(part.map_or(Fault::Absent, |part| Fault::Part(part.clone())));
        }
        let is_in = |list: &HashSet<String>| list.contains(function);
        if self.blacklist.as_ref().is_some_and(is_in) {
            return Some(Fault::Blacklisted);
        }
        if self.traceable.as_ref().is_some_and(|list| !is_in(list)) {
            return Some(Fault::NotTraced);
        }
        None
    }

    /// The error for a function that the kernel does not have; `None` if it has it.
    pub(crate) fn absent(&self, function: &str) -> Option<Error> {
        let way_out = match self.fault(function)? {
            Fault::Absent => offer(function, self.names.iter().cloned()),
            Fault::Part(part) => {
                format!("; the compiler made `{part}` of it, whose arguments may differ")
            }
            Fault::Blacklisted | Fault::NotTraced => return None,
        };
        let text = format!(
            "this kernel has no function `{function}`: inlined, renamed, or of another \
             version{way_out}"
        );
        Some(Error::new(ErrorKind::NotFound, text))
    }

    /// Why the kernel refuses a function that it has.
    pub(crate) fn refusal(&self, function: &str) -> &'static str {
        match self.fault(function) {
            Some(Fault::Blacklisted) => {
                "it is on the kernel's kprobe blacklist, since probes themselves need it; probe what \
                 calls it, or what it calls"
            }
            Some(Fault::NotTraced) => {
                "the kernel does not trace it (marked `notrace`, or not in \
                 `available_filter_functions`); probe what calls it, or what it calls"
            }
            Some(Fault::Absent | Fault::Part(_)) | None => {
                "the kernel does not let it be probed (marked `notrace`, on the kprobe blacklist, or \
                 not at the start of an instruction)"
            }
        }
    }
}

/// Whether a name is what the compiler calls a function that it has split or specialised:
/// `f.isra.0`, `f.constprop.0`, `f.part.0`, `f.cold`.
fn is_part(name: &str, function: &str) -> bool {
    let rest = name.strip_prefix(function);
    rest.is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(names: &[&str], traceable: Option<&[&str]>, blacklist: Option<&[&str]>) -> Lists {
        let set = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Lists {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            traceable: traceable.map(set),
            blacklist: blacklist.map(set),
        }
    }

    /// Each reason, and silence where the kernel does not tell.
    #[test]
    fn finds_what_is_against_a_function() {
        let names = ["do_a", "do_b", "do_c", "do_d.isra.0", "do_e.cold", "do_e"];
        let known = lists(&names, Some(&["do_a", "do_e"]), Some(&["do_b"]));
        let silent = lists(&names, None, None);
        let part = |name: &str| Some(Fault::Part(name.to_owned()));
        for (function, expected, untold) in [
            ("do_a", None, None),
            ("do_b", Some(Fault::Blacklisted), None),
            ("do_c", Some(Fault::NotTraced), None),
            ("do_d", part("do_d.isra.0"), part("do_d.isra.0")),
            ("do_e", None, None),
            ("do_f", Some(Fault::Absent), Some(Fault::Absent)),
        ] {
            assert_eq!(known.fault(function), expected, "{function}");
            assert_eq!(silent.fault(function), untold, "{function}");
            assert_eq!(lists(&[], None, None).fault(function), None, "{function}");
        }
        for suffix in ["isra.0", "constprop.0", "part.3", "cold"] {
            let name = format!("do_x.{suffix}");
            let listed = lists(&[&name], None, None);
            assert_eq!(listed.fault("do_x"), Some(Fault::Part(name)));
        }
    }

    /// A part of the function is named before functions that are only spelt alike.
    #[test]
    fn words_what_is_missing() {
        let known = lists(&["do_fork", "do_work.isra.0"], None, Some(&["do_fork"]));
        let error = known.absent("do_work").expect("there is a part only");
        let expected = "this kernel has no function `do_work`: inlined, renamed, or of another \
                        version; the compiler made `do_work.isra.0` of it, whose arguments may \
                        differ";
        assert_eq!(error.to_string(), expected);
        let error = known.absent("do_fokr").expect("there is none");
        assert!(
            error.to_string().ends_with("; nearest names: `do_fork`"),
            "{error}"
        );
        assert!(known.absent("do_fork").is_none());
        assert!(known.refusal("do_fork").contains("kprobe blacklist"));
    }
}
