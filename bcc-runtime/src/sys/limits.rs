//! Limits of this process.

use rustix::io::Result;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lifts the limit of locked memory, on which old kernels count maps and programs: as far as this
/// process may.
pub(crate) fn raise_memlock() -> Result<()> {
    let none = Rlimit {
        current: None,
        maximum: None,
    };
    setrlimit(Resource::Memlock, none).or_else(|_| {
        let maximum = most_memlock();
        let most = Rlimit {
            current: maximum,
            maximum,
        };
        setrlimit(Resource::Memlock, most)
    })
}

/// How many bytes this process may lock at most without another right; `None` if there is no limit.
pub(crate) fn most_memlock() -> Option<u64> {
    getrlimit(Resource::Memlock).maximum
}
