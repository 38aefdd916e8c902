//! Where the cache is, if there is to be one.
//!
//! In: what the caller and the environment want. Out: a folder, or why there is none.

use crate::error::{Error, ErrorKind, Result};
use crate::sys::machine;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// `off`, or the folder, unless the caller gives one.
const VARIABLE: &str = "BCC_CACHE";
/// Where root's cache is.
const OF_ROOT: &str = "/var/cache/bcc-rs";
/// What another user's is called, in that user's own folder for caches.
const OF_USER: &str = "bcc-rs";

/// What the caller wants of the cache; by default what the environment says.
#[derive(Clone, Debug, Default)]
pub(crate) struct CacheOptions {
    /// Whether there is to be none.
    pub(crate) off: bool,
    /// Where it is.
    pub(crate) folder: Option<PathBuf>,
}

/// The folder, or why there is none.
pub(super) fn find(options: &CacheOptions) -> Result<std::result::Result<PathBuf, String>> {
    let environment = Environment {
        own: std::env::var_os(VARIABLE),
        caches: std::env::var_os("XDG_CACHE_HOME"),
        home: std::env::var_os("HOME"),
        is_root: rustix::process::geteuid().is_root(),
        has_gained_rights: machine::has_gained_rights(),
    };
    choose(options, &environment)
}

/// What the process was given.
#[derive(Default)]
struct Environment {
    own: Option<OsString>,
    caches: Option<OsString>,
    home: Option<OsString>,
    is_root: bool,
    has_gained_rights: bool,
}

fn choose(
    options: &CacheOptions,
    environment: &Environment,
) -> Result<std::result::Result<PathBuf, String>> {
    let wanted = environment.own.as_deref().filter(|text| !text.is_empty());
    if options.off {
        return Ok(Err("the caller wants none".to_owned()));
    }
    if wanted.is_some_and(|text| text == "off") {
        return Ok(Err(format!("`{VARIABLE}` is `off`")));
    }
    if environment.has_gained_rights {
        // Whoever started the process has fewer rights than it has, and owns its cache.
        return Ok(Err("the program file gives rights to its user".to_owned()));
    }
    if let Some(folder) = &options.folder {
        return Ok(Ok(folder.clone()));
    }
    if let Some(folder) = wanted.map(Path::new) {
        if folder.is_absolute() {
            return Ok(Ok(folder.to_owned()));
        }
        let text = format!(
            "`{VARIABLE}` is `{}`; it can be `off` or a path that begins with `/`",
            folder.display()
        );
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    if environment.is_root {
        // Not what `HOME` says: `sudo` may leave it as that of another user.
        return Ok(Ok(OF_ROOT.into()));
    }
    let folder = |text: &Option<OsString>| {
        let path = text.as_ref().map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let caches = folder(&environment.caches);
    let caches = caches.or_else(|| Some(folder(&environment.home)?.join(".cache")));
    let path = caches.map(|caches| caches.join(OF_USER));
    Ok(path.ok_or_else(|| "neither `XDG_CACHE_HOME` nor `HOME` is a path".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(own: &str, caches: &str, is_root: bool) -> Environment {
        Environment {
            own: Some(own.into()),
            caches: Some(caches.into()),
            home: Some("/home/user".into()),
            is_root,
            ..Environment::default()
        }
    }

    /// The caller, then the variable, then the usual places.
    #[test]
    fn chooses_a_folder() {
        let by_caller = CacheOptions {
            folder: Some("/caller".into()),
            ..CacheOptions::default()
        };
        let none = CacheOptions::default();
        let cases = [
            (&by_caller, environment("/own", "/caches", false), "/caller"),
            (&none, environment("/own", "/caches", true), "/own"),
            (&none, environment("", "/caches", true), OF_ROOT),
            (&none, environment("", "/caches", false), "/caches/bcc-rs"),
            (
                &none,
                environment("", "x", false),
                "/home/user/.cache/bcc-rs",
            ),
        ];
        for (options, environment, expected) in cases {
            let found = choose(options, &environment).expect("nothing is wrong");
            assert_eq!(found, Ok(expected.into()));
        }
    }

    /// Off by the caller, by the variable, or for want of trust; a word nobody knows is an error.
    #[test]
    fn says_why_there_is_none() {
        let none = CacheOptions::default();
        let off = CacheOptions {
            off: true,
            folder: Some("/caller".into()),
        };
        let gained = Environment {
            has_gained_rights: true,
            ..environment("/own", "", false)
        };
        let cases = [
            (&off, environment("/own", "", true), "caller wants none"),
            (&none, environment("off", "", true), "`BCC_CACHE` is `off`"),
            (&none, gained, "gives rights"),
            (&none, Environment::default(), "nor `HOME`"),
        ];
        for (options, environment, expected) in cases {
            let why = choose(options, &environment).expect("nothing is wrong");
            let why = why.unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
        let error = choose(&none, &environment("on", "", true)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("`BCC_CACHE` is `on`"), "{error}");
    }
}
