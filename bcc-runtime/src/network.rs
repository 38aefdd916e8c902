//! Attaching programs of the network: to devices, sockets, cgroups, maps of sockets.
//!
//! In: programs whose context is a packet, a socket or a request of a cgroup. Out: links, which
//! the methods of a program return and those of [`Bpf`] keep.

use crate::attach::{self, AttachType, RawSocket, TcHook, XdpFlags};
use crate::bpf::Bpf;
use crate::error::Result;
use crate::link::Link;
use crate::private::Module;
use crate::program::{Program, kind};
use crate::sys::net::SocketRole;
use std::os::fd::AsFd;
use std::path::Path;

impl<K: kind::Xdps> Program<K> {
    /// Attaches to the packets that a device receives, before the kernel sees them. bcc's
    /// `attach_xdp`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such device; `AlreadyExists` if it has
    /// an XDP program; `Unsupported` if its driver has no such mode.
    ///
    /// # Minimum kernel version
    /// 5.9
    pub fn attach_xdp(&self, device: &str, flags: XdpFlags) -> Result<Link> {
        attach::xdp(self.core(), device, flags)
    }
}

impl<K: kind::Skbs> Program<K> {
    /// Attaches to the packets that come in or go out through a device. It runs behind what is
    /// attached already, and returns `TC_ACT_...`.
    ///
    /// Before Linux 6.6 it becomes a filter of a `clsact` queueing discipline, which is made if
    /// the device has none; both are removed when the link is dropped, but stay if the process is
    /// killed.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such device; otherwise if the kernel
    /// refuses the program as one for traffic control.
    pub fn attach_tc(&self, device: &str, hook: TcHook) -> Result<Link> {
        attach::tc(self.core(), device, hook)
    }

    /// A new socket with the packets of a device that the program lets pass. bcc's
    /// `attach_raw_socket`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such device; otherwise if the kernel
    /// refuses the program as one for sockets.
    pub fn attach_raw_socket(&self, device: &str) -> Result<RawSocket> {
        attach::raw_socket(self.core(), device)
    }

    /// Attaches to a socket: the program returns how many bytes of a packet it gets.
    ///
    /// # Errors
    /// If the kernel refuses the program as one for sockets.
    pub fn attach_socket(&self, socket: impl AsFd) -> Result<Link> {
        attach::to_socket(self.core(), socket.as_fd(), SocketRole::Filter)
    }
}

impl<K: kind::Funcs> Program<K> {
    /// Attaches to what a descriptor stands for: a cgroup, a map of sockets, a network namespace.
    /// bcc's `attach_func`.
    ///
    /// Other programs may be attached there as well: a link has bcc's flag
    /// `BPF_F_ALLOW_MULTI`.
    ///
    /// # Errors
    /// `InvalidInput` if the program has another context or the descriptor is of something else;
    /// otherwise if the kernel refuses.
    pub fn attach_func(&self, target: impl AsFd, to: AttachType) -> Result<Link> {
        attach::func(self.core(), target.as_fd(), to)
    }

    /// Attaches to the cgroup of version 2 at a path, such as `/sys/fs/cgroup/my.slice`.
    ///
    /// # Errors
    /// As [`attach_func`](Self::attach_func), and if the path cannot be opened.
    pub fn attach_cgroup(&self, path: impl AsRef<Path>, to: AttachType) -> Result<Link> {
        attach::cgroup(self.core(), path.as_ref(), to)
    }
}

impl<K: kind::Reuseports> Program<K> {
    /// Lets the program choose among the sockets on the port of this one, which has
    /// `SO_REUSEPORT`.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn attach_reuseport(&self, socket: impl AsFd) -> Result<Link> {
        attach::to_socket(self.core(), socket.as_fd(), SocketRole::Reuseport)
    }
}

/// Attaching programs of the network by name, as in bcc. The links are kept until the `Bpf` is
/// dropped, unless they are detached.
impl<M: Module> Bpf<M> {
    /// Attaches a function to the packets that a device receives. bcc's `attach_xdp`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such device; `AlreadyExists` if it has
    /// an XDP program; `Unsupported` if its driver has no such mode.
    pub fn attach_xdp(&mut self, device: &str, fn_name: &str, flags: XdpFlags) -> Result<()> {
        let link = attach::xdp(self.program(fn_name)?, device, flags)?;
        self.keep(link);
        Ok(())
    }

    /// Detaches the XDP function that this `Bpf` has on a device, and tells whether there was one.
    /// bcc's `remove_xdp`.
    pub fn remove_xdp(&mut self, device: &str) -> bool {
        let target = attach::xdp_target(device);
        self.detach(|link| link.target() == target) > 0
    }

    /// Attaches a function to the packets that come in or go out through a device.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such device; otherwise if the kernel
    /// refuses.
    pub fn attach_tc(&mut self, device: &str, hook: TcHook, fn_name: &str) -> Result<()> {
        let link = attach::tc(self.program(fn_name)?, device, hook)?;
        self.keep(link);
        Ok(())
    }

    /// A new socket with the packets of a device that a function lets pass. bcc's
    /// `attach_raw_socket`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such device; otherwise if the kernel
    /// refuses.
    pub fn attach_raw_socket(&self, fn_name: &str, device: &str) -> Result<RawSocket> {
        attach::raw_socket(self.program(fn_name)?, device)
    }

    /// Attaches a function to what a descriptor stands for. bcc's `attach_func`; its `detach_func`
    /// is [`detach`](Self::detach).
    ///
    /// # Errors
    /// `InvalidInput` if the function has another context or the descriptor is of something else;
    /// otherwise if the kernel refuses.
    pub fn attach_func(&mut self, fn_name: &str, target: impl AsFd, to: AttachType) -> Result<()> {
        let link = attach::func(self.program(fn_name)?, target.as_fd(), to)?;
        self.keep(link);
        Ok(())
    }
}
