//! Cookies: numbers that `bpf_get_attach_cookie` gives a program, to tell its attachments apart.
//!
//! In: what the options say. Out: what the kernel is given for a place, by its name where an
//! expression stands for many.

use crate::error::{Error, ErrorKind, Result};
use crate::program::Core;
use std::fmt;
use std::sync::Arc;

/// Gives a place's cookie by its name.
type ByName = dyn Fn(&str) -> u64 + Send + Sync;

/// The cookies of many places.
#[derive(Clone, Default)]
pub(super) struct Cookies(Option<Arc<ByName>>);

impl Cookies {
    pub(super) fn by_name(cookie: impl Fn(&str) -> u64 + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(cookie)))
    }

    /// The cookie of a place; `None` if there are none.
    pub(super) fn of(&self, place: &str) -> Option<u64> {
        self.0.as_ref().map(|cookie| cookie(place))
    }
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "by name" } else { "none" })
    }
}

/// What libbpf's part of a program finds the arguments of a USDT probe by is the cookie as well: such
/// a program has no other one.
const NO_ARGUMENTS: u64 = u64::MAX;

/// The cookie to attach a program with elsewhere than to a USDT probe.
pub(super) fn choose(program: &Core, wanted: Option<u64>) -> Result<Option<u64>> {
    if !program.reads_usdt() {
        return Ok(wanted);
    }
    if wanted.is_none() {
        return Ok(Some(NO_ARGUMENTS));
    }
    let text = format!(
        "`{}` reads arguments of USDT probes, or calls programs that may, which find them by the cookie, \
         so it cannot have another one; make it two functions",
        program.name()
    );
    Err(Error::new(ErrorKind::InvalidInput, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No cookies, one for all, one for each name; options with them can be shown.
    #[test]
    fn chooses_by_name() {
        assert_eq!(Cookies::default().of("vfs_read"), None);
        let lengths = Cookies::by_name(|name| name.len() as u64);
        assert_eq!(lengths.of("vfs_read"), Some(8));
        assert_eq!(
            format!("{lengths:?} {:?}", Cookies::default()),
            "by name none"
        );
    }
}
