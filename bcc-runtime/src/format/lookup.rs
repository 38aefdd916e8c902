//! Names that only this machine knows: of network devices, users and cgroups.

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The name of a network device, such as `eth0`; `None` if there is none with this number in the
/// network namespace of this process.
#[must_use]
pub fn interface_name(index: u32) -> Option<String> {
    sys::net::device_name(index)
}

/// The name of a user, as `/etc/passwd` has it; `None` if it has none with this number. Python's
/// `pwd.getpwuid` in bcc's tools.
///
/// Users of other sources, such as LDAP, are not looked for.
#[must_use]
pub fn user_name(uid: u32) -> Option<String> {
    user_in(&fs::read_to_string("/etc/passwd").ok()?, uid)
}

fn user_in(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut words = line.split(':');
        let (name, number) = (words.next()?, words.nth(1)?);
        (number.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// The path of a cgroup of version 2, such as `/system.slice/ssh.service`, given what
/// `bpf_get_current_cgroup_id` returns; `None` if the cgroup is gone.
///
/// The path begins where the cgroups that this process sees are mounted.
///
/// # Errors
/// `NotFound` if no cgroups of version 2 are mounted; `PermissionDenied` without `CAP_DAC_READ_SEARCH`.
///
/// # Minimum kernel version
/// 5.5
pub fn cgroup_path(id: u64) -> Result<Option<PathBuf>> {
    let mounts = fs::read_to_string("/proc/self/mounts");
    let mounts = mounts.context("failed to read `/proc/self/mounts`")?;
    let root = cgroup_mount(&mounts).ok_or_else(|| {
        let text = "no cgroups of version 2 are mounted; `mount -t cgroup2 none /sys/fs/cgroup` \
                    mounts them at the usual place";
        Error::new(ErrorKind::NotFound, text)
    })?;
    let failed = || format!("failed to look for cgroup {id} in `{}`", root.display());
    let folder = File::open(&root).with_context(failed)?;
    let cgroup = match sys::cgroup::open(folder.as_fd(), id) {
        Err(error) if error.raw_os_error() == Some(libc::ESTALE) => return Ok(None),
        opened => opened.with_context(failed)?,
    };
    let place = fs::read_link(format!("/proc/self/fd/{}", cgroup.as_raw_fd()));
    let place = place.with_context(failed)?;
    Ok(place
        .strip_prefix(&root)
        .ok()
        .map(|path| Path::new("/").join(path)))
}

/// Where cgroups of version 2 are mounted, out of the list of all mounts.
fn cgroup_mount(mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(OsStr::from_bytes(place.as_bytes())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first device of a network namespace is the one to itself.
    #[test]
    fn names_of_devices_and_users() {
        assert_eq!(interface_name(1).as_deref(), Some("lo"));
        assert_eq!(interface_name(u32::MAX), None);
        let passwd = "root:x:0:0:root:/root:/bin/bash\nbroken\nme:x:1000:1000::/home/me:/bin/sh\n";
        assert_eq!(user_in(passwd, 1000).as_deref(), Some("me"));
        assert_eq!(user_in(passwd, 0).as_deref(), Some("root"));
        assert_eq!(user_in(passwd, 1), None);
    }

    /// Mounts of version 1 are none.
    #[test]
    fn finds_cgroups() {
        let mounts = "proc /proc proc rw 0 0\n\
                      cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n\
                      none /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        assert_eq!(
            cgroup_mount(mounts).unwrap(),
            Path::new("/sys/fs/cgroup/unified")
        );
        assert_eq!(cgroup_mount("proc /proc proc rw 0 0\n"), None);
    }
}
