//! How the running kernel was built: its `CONFIG_` options.
//!
//! In: the file that says so, if there is one. Out: [`Config`], from the name of an option to the
//! value C code sees. A few options that follow from the architecture are known without a file.

use super::version::Version;
use flate2::read::GzDecoder;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The kernel's own copy, if it was built with `CONFIG_IKCONFIG_PROC`.
const PROC: &str = "/proc/config.gz";
/// Largest file we take; the text of a real one has about 300 kB.
const LARGEST: u64 = 8 << 20;

/// Options that all kernels we run on have on these architectures.
const BY_ARCHITECTURE: [(&str, &[&str]); 6] = [
    ("CONFIG_X86", &["x86_64"]),
    ("CONFIG_X86_64", &["x86_64"]),
    ("CONFIG_ARM64", &["aarch64"]),
    ("CONFIG_S390", &["s390x"]),
    (
        "CONFIG_64BIT",
        &["x86_64", "aarch64", "s390x", "powerpc64", "riscv64"],
    ),
    (
        "CONFIG_ARCH_HAS_SYSCALL_WRAPPER",
        &["x86_64", "aarch64", "s390x"],
    ),
];

/// What is known of a kernel's build.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The values of all options that are on; `None` if no file could be read.
    options: Option<HashMap<String, String>>,
}

/// What a `CONFIG_` name means to C.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Setting<'a> {
    /// A macro of this name and value: for `m` the name ends in `_MODULE`.
    Defined(String, &'a str),
    /// No macro.
    Off,
    /// Nobody can tell.
    Unknown,
}

impl Config {
    /// The running kernel's, from the first of its usual places that can be read.
    pub(crate) fn running() -> Self {
        let options = places()
            .iter()
            .find_map(|place| read(place).ok())
            .map(|text| parse(&text));
        Self { options }
    }

    /// What an option means.
    pub(crate) fn setting(&self, name: &str) -> Setting<'_> {
        let Some(options) = &self.options else {
            return by_architecture(name);
        };
        // `CONFIG_X_MODULE` is what C sees of `CONFIG_X=m`.
        let option = name.strip_suffix("_MODULE").unwrap_or(name);
        match (options.get(name), options.get(option)) {
            (Some(value), _) if value == "m" => Setting::Defined(format!("{name}_MODULE"), "1"),
            (None, Some(value)) if value == "m" => Setting::Defined(name.to_owned(), "1"),
            (Some(value), _) if value == "y" => Setting::Defined(name.to_owned(), "1"),
            (Some(value), _) => Setting::Defined(name.to_owned(), value),
            (None, _) => Setting::Off,
        }
    }
}

/// Where the build of a running kernel may be described.
pub(crate) fn places() -> Vec<PathBuf> {
    let release = Version::release().unwrap_or_default();
    let names = [
        PROC.to_owned(),
        format!("/boot/config-{release}"),
        format!("/lib/modules/{release}/config"),
        format!("/lib/modules/{release}/build/.config"),
    ];
    names.map(PathBuf::from).into()
}

fn read(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let mut text = String::new();
    if path.extension().is_some_and(|end| end == "gz") {
        GzDecoder::new(file)
            .take(LARGEST)
            .read_to_string(&mut text)?;
    } else {
        file.take(LARGEST).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// Lines such as `CONFIG_HZ=250`; whatever else there is says that an option is off.
fn parse(text: &str) -> HashMap<String, String> {
    let rows = text.lines().filter_map(|line| line.split_once('='));
    rows.filter(|(name, _)| name.starts_with("CONFIG_"))
        .map(|(name, value)| (name.to_owned(), value.trim_end().to_owned()))
        .collect()
}

fn by_architecture(name: &str) -> Setting<'static> {
    let row = BY_ARCHITECTURE.iter().find(|(known, _)| *known == name);
    match row {
        Some((_, on)) if on.contains(&std::env::consts::ARCH) => {
            Setting::Defined(name.to_owned(), "1")
        }
        Some(_) => Setting::Off,
        None => Setting::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defined(name: &str, value: &'static str) -> Setting<'static> {
        Setting::Defined(name.to_owned(), value)
    }

    /// On, off, a module, a number and a text.
    #[test]
    fn reads_settings() {
        let text = "#\n# Linux\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\nCONFIG_HZ=250\n\
                    CONFIG_NAME=\"x=y\"\nOTHER=y\n";
        let config = Config {
            options: Some(parse(text)),
        };
        let cases = [
            ("CONFIG_A", defined("CONFIG_A", "1")),
            ("CONFIG_A_MODULE", Setting::Off),
            ("CONFIG_B", Setting::Off),
            ("CONFIG_C", defined("CONFIG_C_MODULE", "1")),
            ("CONFIG_C_MODULE", defined("CONFIG_C_MODULE", "1")),
            ("CONFIG_HZ", defined("CONFIG_HZ", "250")),
            ("CONFIG_NAME", defined("CONFIG_NAME", "\"x=y\"")),
            ("CONFIG_NOWHERE", Setting::Off),
        ];
        for (name, expected) in cases {
            assert_eq!(config.setting(name), expected, "{name}");
        }
    }

    /// Without a file only what the architecture decides is known.
    #[test]
    fn knows_little_without_a_file() {
        let config = Config::default();
        assert_eq!(config.setting("CONFIG_HZ"), Setting::Unknown);
        let x86 = config.setting("CONFIG_X86_64");
        assert_eq!(x86 == Setting::Off, std::env::consts::ARCH != "x86_64");
        assert_ne!(x86, Setting::Unknown);
    }
}
