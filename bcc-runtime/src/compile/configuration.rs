//! The kernel's `CONFIG_` options that a program asks for.
//!
//! In: the names of options, and clang's flags. Out: `#define` lines. An option nobody knows is an
//! error: taking it for off would silently compile another program.

use crate::error::{Error, ErrorKind, Result};
use crate::kernel::config::{Config, Setting, places};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How the names of options start.
pub(super) const PREFIX: &str = "CONFIG_";

/// Definitions for those of the words that name options, unless a flag decides about them.
pub(super) fn definitions<'a>(
    words: impl Iterator<Item = &'a str>,
    own: impl Fn(&str) -> bool,
    cflags: &[String],
) -> Result<String> {
    let asked: BTreeSet<&str> = words
        .filter(|word| {
            word.strip_prefix(PREFIX)
                .is_some_and(|rest| !rest.is_empty())
        })
        .filter(|word| !own(word) && !decided_by_flag(word, cflags))
        .collect();
    if asked.is_empty() {
        return Ok(String::new());
    }
    write(&asked, &Config::running())
}

fn write(asked: &BTreeSet<&str>, config: &Config) -> Result<String> {
    let mut out = String::new();
    for name in asked {
        match config.setting(name) {
            Setting::Defined(name, value) => {
                let _ = writeln!(out, "#ifndef {name}\n#define {name} {value}\n#endif");
            }
            Setting::Off => {}
            Setting::Unknown => return Err(unknown(name)),
        }
    }
    Ok(out)
}

/// Whether the user has said by `-DCONFIG_X` or `-UCONFIG_X` what an option is.
fn decided_by_flag(name: &str, cflags: &[String]) -> bool {
    cflags.iter().any(|flag| {
        let rest = flag.strip_prefix("-D").or_else(|| flag.strip_prefix("-U"));
        rest.is_some_and(|rest| rest.split('=').next() == Some(name))
    })
}

fn unknown(name: &str) -> Error {
    let places: Vec<String> = places()
        .iter()
        .map(|place| format!("`{}`", place.display()))
        .collect();
    let message = format!(
        "the program asks for `{name}`, and how the running kernel was built cannot be read from \
         {}; say it with `.cflags([\"-D{name}=1\"])` or `.cflags([\"-U{name}\"])`",
        places.join(", ")
    );
    Error::new(ErrorKind::KernelTypes, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flag, or the program itself, is asked first; the rest needs to be known.
    #[test]
    fn asks_only_for_what_is_open() {
        let flags = ["-DCONFIG_A=1".to_owned(), "-UCONFIG_B".to_owned()];
        let words = ["CONFIG_A", "CONFIG_B", "CONFIG_OWN", "CONFIG_", "x"];
        let found = definitions(words.into_iter(), |word| word == "CONFIG_OWN", &flags);
        assert_eq!(found.expect("nothing is left to ask"), "");
    }

    /// What nobody knows is an error with the way out; what is known becomes a definition.
    #[test]
    fn says_what_it_does_not_know() {
        let error = write(&["CONFIG_HZ"].into(), &Config::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KernelTypes);
        let text = error.to_string();
        assert!(text.contains("asks for `CONFIG_HZ`"), "{text}");
        assert!(text.contains("`/proc/config.gz`, `/boot/config-"), "{text}");
        assert!(text.contains("-DCONFIG_HZ=1"), "{text}");
        let known = write(&["CONFIG_64BIT"].into(), &Config::default());
        assert!(
            known
                .expect("it is known")
                .contains("#define CONFIG_64BIT 1")
        );
    }
}
