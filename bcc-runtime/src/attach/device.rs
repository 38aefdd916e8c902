//! Network devices.
//!
//! In: a device's name. Out: its number, in the network namespace of the calling thread.

use super::offer;
use crate::error::{Error, ErrorKind, Result};
use crate::sys::net;
use std::io;

/// The number of a device.
pub(crate) fn index(name: &str) -> Result<i32> {
    net::device_index(name).map_err(|cause| {
        if !matches!(
            cause.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::InvalidInput
        ) {
            let text = format!("failed to look for the network device `{name}`");
            return Error::new(ErrorKind::Other, text).with_cause(cause);
        }
        let offer = offer(name, net::device_names());
        let text = format!("this network namespace has no device `{name}`{offer}");
        Error::new(ErrorKind::NotFound, text)
    })
}
