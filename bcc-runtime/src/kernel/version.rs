//! The running kernel's version.
//!
//! In: what `uname` says. Out: [`Version`], for `LINUX_VERSION_CODE`, for clang's flags and for
//! words in messages. What a kernel can do is asked from the kernel, not read off its version.

use crate::error::{Context as _, Error, ErrorKind, Result};
use std::fmt;
use std::sync::OnceLock;

/// A kernel's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

impl Version {
    /// A version from its parts.
    pub(crate) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// The running kernel's.
    pub(crate) fn running() -> Result<Self> {
        let text = Self::release()?;
        Self::parse(&text).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidData,
                format!("`{text}` is no kernel version"),
            )
        })
    }

    /// Whether the running kernel is certain to be this one or newer.
    pub(crate) fn is_reached(self) -> bool {
        Self::running().is_ok_and(|running| running >= self)
    }

    /// The running kernel's full name, such as `6.1.0-18-amd64`.
    pub(crate) fn release() -> Result<String> {
        // It stays the same as long as this process, and a start asks for it several times.
        static RELEASE: OnceLock<String> = OnceLock::new();
        if let Some(release) = RELEASE.get() {
            return Ok(release.clone());
        }
        let path = "/proc/sys/kernel/osrelease";
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("failed to read the kernel's version from `{path}`"))?;
        Ok(RELEASE.get_or_init(|| text.trim().to_owned()).clone())
    }

    /// Reads `6.1.0-18-amd64`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(|c: char| !c.is_ascii_digit());
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        let patch = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        Some(Self {
            major,
            minor,
            patch,
        })
    }

    /// The value of `LINUX_VERSION_CODE`, as the kernel computes it.
    pub(crate) fn code(self) -> u32 {
        (self.major << 16) + (self.minor << 8) + self.patch.min(255)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Release strings of real kernels.
    #[test]
    fn parses_releases() {
        let cases = [
            ("6.18.44-fc-v657\n", Some((6, 18, 44))),
            ("6.1.0-18-amd64", Some((6, 1, 0))),
            ("5.4", Some((5, 4, 0))),
            ("6.12-rc3", Some((6, 12, 0))),
            ("linux", None),
        ];
        for (text, expected) in cases {
            let version = Version::parse(text).map(|v| (v.major, v.minor, v.patch));
            // A release candidate has no patch number; the word behind the dash is no number.
            assert_eq!(version, expected, "{text}");
        }
    }

    /// `KERNEL_VERSION(6, 1, 300)` has the patch cut at 255, as in the kernel.
    #[test]
    fn computes_the_code() {
        assert_eq!(Version::new(5, 4, 7).code(), 0x0005_0407);
        assert_eq!(Version::new(6, 1, 300).code(), 0x0006_01ff);
    }
}
