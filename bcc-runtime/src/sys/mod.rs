//! The door to libbpf's C interface and to the C library.
//!
//! Only the files of this folder name `libbpf_sys` or `libc`. They turn what C returns into
//! [`std::io::Result`] or plain values; each unsafe block argues why it is sound.

pub(crate) mod bpffs;
pub(crate) mod cgroup;
pub(crate) mod clock;
pub(crate) mod dynamic;
pub(crate) mod epoll;
pub(crate) mod errno;
pub(crate) mod gate;
pub(crate) mod globals;
pub(crate) mod hook;
pub(crate) mod limits;
pub(crate) mod link;
pub(crate) mod machine;
pub(crate) mod map;
pub(crate) mod map_batch;
pub(crate) mod map_whole;
pub(crate) mod mapping;
pub(crate) mod mount;
pub(crate) mod names;
pub(crate) mod net;
pub(crate) mod object;
pub(crate) mod perf;
pub(crate) mod pidfd;
pub(crate) mod poll;
pub(crate) mod probe;
pub(crate) mod program;
#[cfg(feature = "tokio")]
pub(crate) mod reactor;
pub(crate) mod ring;
pub(crate) mod ringbuf;
pub(crate) mod shared;
pub(crate) mod signals;
pub(crate) mod stats;
pub(crate) mod system;
pub(crate) mod tc;
pub(crate) mod test_run;

use std::ffi::{CStr, c_char};
use std::io;

/// The value a C call returned, or the error `errno` stands for if it is negative.
pub(crate) fn check<T: PartialOrd + Default>(returned: T) -> io::Result<T> {
    if returned < T::default() {
        Err(io::Error::last_os_error())
    } else {
        Ok(returned)
    }
}

/// The size of a C struct, as the kernel counts it.
#[expect(clippy::cast_possible_truncation, reason = "no C struct has 4 GiB")]
pub(crate) const fn size_u32<T>() -> u32 {
    size_of::<T>() as u32
}

/// The C string in a buffer; all of it if no zero byte ends it.
pub(crate) fn text(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next();
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

/// The text of a constant of libbpf, or the number it stands for if there is none.
fn name_of(constant: *const c_char, number: u32) -> String {
    if constant.is_null() {
        return number.to_string();
    }
    // SAFETY: the constant is a C string that is never freed.
    let name = unsafe { CStr::from_ptr(constant) };
    name.to_string_lossy().into_owned()
}
