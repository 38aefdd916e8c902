//! XDP: packets as a device's driver hands them over.
//!
//! In: a device's name and how to attach. Out: a link, with which the program goes.

use super::{device, failed};
use crate::error::{Error, ErrorKind, Result};
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::link;
use libbpf_rs::{ProgramAttachType, ProgramType};
use std::io;
use std::ops::BitOr;

/// How to attach an XDP program; the default leaves the choice to the kernel. bcc's
/// `BPF.XDP_FLAGS_*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct XdpFlags(u32);

impl XdpFlags {
    /// Only if the device has no XDP program yet. A link never replaces another program, so this
    /// changes nothing.
    pub const UPDATE_IF_NOEXIST: Self = Self(1);
    /// In the kernel, behind the driver: works with every device, but is slower.
    pub const SKB_MODE: Self = Self(1 << 1);
    /// In the driver.
    pub const DRV_MODE: Self = Self(1 << 2);
    /// In the device.
    pub const HW_MODE: Self = Self(1 << 3);

    const MODES: Self = Self(Self::SKB_MODE.0 | Self::DRV_MODE.0 | Self::HW_MODE.0);

    fn mode(self) -> Result<u32> {
        let mode = self.0 & Self::MODES.0;
        if mode.count_ones() <= 1 {
            return Ok(mode);
        }
        let text =
            "an XDP program runs in one mode; give one of `SKB_MODE`, `DRV_MODE` and `HW_MODE`";
        Err(Error::new(ErrorKind::InvalidInput, text))
    }
}

impl BitOr for XdpFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// How a link names its target.
pub(crate) fn xdp_target(device: &str) -> String {
    format!("XDP of device `{device}`")
}

/// Attaches to a device.
pub(crate) fn xdp(program: &Core, device: &str, flags: XdpFlags) -> Result<Link> {
    let mode = flags.mode()?;
    let index = device::index(device)?;
    let fd = program.fd_as(ProgramType::Xdp)?;
    let target = xdp_target(device);
    match link::create(&fd, index, ProgramAttachType::Xdp as u32, mode) {
        Ok(link) => {
            let attachment = Attachment::Created(link);
            Ok(Link::new(program.name(), target, vec![attachment]))
        }
        Err(cause) => Err(explain(program, device, mode, cause)),
    }
}

fn explain(program: &Core, device: &str, mode: u32, cause: io::Error) -> Error {
    let in_driver = mode == XdpFlags::DRV_MODE.0 || mode == XdpFlags::HW_MODE.0;
    let (kind, reason) = match cause.kind() {
        io::ErrorKind::ResourceBusy | io::ErrorKind::AlreadyExists => (
            ErrorKind::AlreadyExists,
            format!(
                "it has an XDP program already; detach that first, for example with \
                 `ip link set dev {device} xdp off`"
            ),
        ),
        io::ErrorKind::Unsupported if in_driver => (
            ErrorKind::Unsupported,
            "its driver has no such mode; use `XdpFlags::SKB_MODE`".to_owned(),
        ),
        io::ErrorKind::InvalidInput if mode == XdpFlags::HW_MODE.0 => (
            ErrorKind::Unsupported,
            "programs are not loaded into devices; use `XdpFlags::DRV_MODE`".to_owned(),
        ),
        _ => return failed(program.name(), &xdp_target(device), cause),
    };
    let target = xdp_target(device);
    let text = format!(
        "failed to attach `{}` to {target}: {reason}",
        program.name()
    );
    Error::new(kind, text).with_cause(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One mode at most is taken; the flag that links do not know is left out.
    #[test]
    fn flags_have_one_mode() {
        let flags = XdpFlags::UPDATE_IF_NOEXIST | XdpFlags::SKB_MODE;
        assert_eq!(flags.mode().unwrap(), 2);
        assert_eq!(XdpFlags::default().mode().unwrap(), 0);
        let error = (XdpFlags::SKB_MODE | XdpFlags::DRV_MODE)
            .mode()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
