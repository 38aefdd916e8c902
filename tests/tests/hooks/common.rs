//! What the tests of hooks share.

use bcc_runtime::{Error, ErrorKind};

/// Asserts that there is an error of this kind, which says both.
#[track_caller]
pub(crate) fn assert_error<T>(result: Result<T, Error>, kind: ErrorKind, parts: [&str; 2]) {
    let error = result.err().expect("it cannot work");
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{error:?}");
    for part in parts {
        assert!(text.contains(part), "no `{part}` in `{text}`");
    }
}
