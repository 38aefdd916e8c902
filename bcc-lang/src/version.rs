//! Releases of Linux, as facts about features name them.
//!
//! In: a text such as `5.4`. Out: [`KernelVersion`]. Features come with releases, so there are no
//! patch numbers here.

use std::fmt;
use std::str::FromStr;

/// A release of Linux, such as 5.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelVersion {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
}

impl KernelVersion {
    /// `KernelVersion::new(5, 4)` is Linux 5.4.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl From<(u16, u16)> for KernelVersion {
    fn from((major, minor): (u16, u16)) -> Self {
        Self::new(major, minor)
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A text that names no release of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAVersion;

impl fmt::Display for NotAVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a release of Linux is two numbers with a point between them, such as `5.4`")
    }
}

impl std::error::Error for NotAVersion {}

impl FromStr for KernelVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let (major, minor) = text.split_once('.').ok_or(NotAVersion)?;
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten()
        };
        match (number(major), number(minor)) {
            (Some(major), Some(minor)) => Ok(Self { major, minor }),
            _ => Err(NotAVersion),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5.10 is newer than 5.4, and what is no release is refused.
    #[test]
    fn versions_are_numbers() {
        let version = |text: &str| text.parse::<KernelVersion>();
        assert!(version("5.10").ok() > version("5.4").ok());
        assert_eq!(version("6.1").map(|one| one.to_string()), Ok("6.1".into()));
        for text in [
            "", "5", "5.", ".4", "5.4.1", "v5.4", "5.+4", "5,4", "5.99999",
        ] {
            assert_eq!(version(text), Err(NotAVersion), "{text}");
        }
    }
}
