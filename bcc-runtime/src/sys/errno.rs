//! Numbers of the kernel's errors that programs hand to user space as they are.

pub(crate) use libc::{EEXIST, EFAULT, EINVAL, ENOMEM};
