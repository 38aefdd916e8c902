//! Cgroups, maps of sockets, network namespaces: whatever a descriptor stands for.
//!
//! In: a descriptor and the kind of attachment. Out: a link. What the kernel has no link for is
//! detached when the link goes.

use super::failed;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::spec::AttachSpec;
use crate::sys::link::{self, Attached};
use libbpf_rs::{ProgramAttachType, ProgramType};
use std::fs::File;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};
use std::path::Path;

macro_rules! attach_types {
    ($($(#[$doc:meta])* $name:ident: $kind:ident on $target:ident;)*) => {
        /// What a program attaches to by a descriptor. bcc's `BPFAttachType`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum AttachType {
            $($(#[$doc])* $name,)*
        }

        impl AttachType {
            /// The kernel's number for it, the type of program it takes, what its descriptor is of.
            const fn row(self) -> (u32, ProgramType, Target) {
                match self {
                    $(Self::$name => (
                        ProgramAttachType::$name as u32,
                        ProgramType::$kind,
                        Target::$target,
                    ),)*
                }
            }
        }
    };
}

attach_types! {
    /// Packets that sockets of a cgroup receive.
    CgroupInetIngress: CgroupSkb on Cgroup;
    /// Packets that sockets of a cgroup send.
    CgroupInetEgress: CgroupSkb on Cgroup;
    /// Sockets being made in a cgroup.
    CgroupInetSockCreate: CgroupSock on Cgroup;
    /// Sockets of a cgroup being closed. Linux 5.9.
    CgroupInetSockRelease: CgroupSock on Cgroup;
    /// Sockets of a cgroup that have been bound to an IPv4 address.
    CgroupInet4PostBind: CgroupSock on Cgroup;
    /// Sockets of a cgroup that have been bound to an IPv6 address.
    CgroupInet6PostBind: CgroupSock on Cgroup;
    /// TCP connections of a cgroup.
    CgroupSockOps: SockOps on Cgroup;
    /// Devices that processes of a cgroup make or open.
    CgroupDevice: CgroupDevice on Cgroup;
    /// `bind` to an IPv4 address.
    CgroupInet4Bind: CgroupSockAddr on Cgroup;
    /// `bind` to an IPv6 address.
    CgroupInet6Bind: CgroupSockAddr on Cgroup;
    /// `connect` to an IPv4 address.
    CgroupInet4Connect: CgroupSockAddr on Cgroup;
    /// `connect` to an IPv6 address.
    CgroupInet6Connect: CgroupSockAddr on Cgroup;
    /// `sendmsg` and `sendto` of UDP to an IPv4 address.
    CgroupUdp4Sendmsg: CgroupSockAddr on Cgroup;
    /// `sendmsg` and `sendto` of UDP to an IPv6 address.
    CgroupUdp6Sendmsg: CgroupSockAddr on Cgroup;
    /// `recvmsg` and `recvfrom` of UDP from an IPv4 address.
    CgroupUdp4Recvmsg: CgroupSockAddr on Cgroup;
    /// `recvmsg` and `recvfrom` of UDP from an IPv6 address.
    CgroupUdp6Recvmsg: CgroupSockAddr on Cgroup;
    /// `getpeername` of IPv4. Linux 5.8.
    CgroupInet4Getpeername: CgroupSockAddr on Cgroup;
    /// `getpeername` of IPv6. Linux 5.8.
    CgroupInet6Getpeername: CgroupSockAddr on Cgroup;
    /// `getsockname` of IPv4. Linux 5.8.
    CgroupInet4Getsockname: CgroupSockAddr on Cgroup;
    /// `getsockname` of IPv6. Linux 5.8.
    CgroupInet6Getsockname: CgroupSockAddr on Cgroup;
    /// Files below `/proc/sys` that processes of a cgroup read or write.
    CgroupSysctl: CgroupSysctl on Cgroup;
    /// `getsockopt` in a cgroup.
    CgroupGetsockopt: CgroupSockopt on Cgroup;
    /// `setsockopt` in a cgroup.
    CgroupSetsockopt: CgroupSockopt on Cgroup;
    /// Where a message ends in what a socket of a map receives.
    SkSkbStreamParser: SkSkb on Sockets;
    /// What becomes of such a message.
    SkSkbStreamVerdict: SkSkb on Sockets;
    /// What becomes of what a socket of a map receives, without a parser. Linux 5.13.
    SkSkbVerdict: SkSkb on Sockets;
    /// What becomes of what is sent through a socket of a map.
    SkMsgVerdict: SkMsg on Sockets;
    /// The parts of packets, for a network namespace.
    FlowDissector: FlowDissector on Namespace;
    /// The socket for a packet, for a network namespace. Linux 5.9.
    SkLookup: SkLookup on Namespace;
}

/// What a descriptor stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Cgroup,
    Sockets,
    Namespace,
}

impl Target {
    const fn words(self) -> &'static str {
        match self {
            Self::Cgroup => "a cgroup of version 2",
            Self::Sockets => "a map of sockets",
            Self::Namespace => "a network namespace",
        }
    }
}

/// The tag of the context that programs of a type get.
const fn context_of(kind: ProgramType) -> &'static str {
    match kind {
        ProgramType::Xdp => "xdp_md",
        ProgramType::SockOps => "bpf_sock_ops",
        ProgramType::SkMsg => "sk_msg_md",
        ProgramType::CgroupSockAddr => "bpf_sock_addr",
        ProgramType::CgroupSock => "bpf_sock",
        ProgramType::CgroupDevice => "bpf_cgroup_dev_ctx",
        ProgramType::CgroupSysctl => "bpf_sysctl",
        ProgramType::CgroupSockopt => "bpf_sockopt",
        ProgramType::SkLookup => "bpf_sk_lookup",
        _ => "__sk_buff",
    }
}

/// Whether the kernel attaches only programs that were loaded for just this.
pub(crate) const fn is_particular(kind: ProgramType) -> bool {
    matches!(
        kind,
        ProgramType::CgroupSkb
            | ProgramType::CgroupSock
            | ProgramType::CgroupSockAddr
            | ProgramType::CgroupSockopt
            | ProgramType::SkLookup
    )
}

/// Attaches to what a descriptor stands for.
pub(crate) fn func(program: &Core, target: BorrowedFd<'_>, to: AttachType) -> Result<Link> {
    let (_, _, kind) = to.row();
    attach(program, target, to, kind.words())
}

/// Attaches to the cgroup at a path.
pub(crate) fn cgroup(program: &Core, path: &Path, to: AttachType) -> Result<Link> {
    let words = format!("cgroup `{}`", path.display());
    if to.row().2 != Target::Cgroup {
        let text = format!("{to:?} is for {}, not for {words}", to.row().2.words());
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    let folder = File::open(path).with_context(|| format!("failed to open {words}"))?;
    attach(program, folder.as_fd(), to, &words)
}

fn attach(program: &Core, target: BorrowedFd<'_>, to: AttachType, words: &str) -> Result<Link> {
    let (number, kind, what) = to.row();
    check_context(program, &format!("{to:?}"), kind)?;
    let fd = program.fd_for(kind, is_particular(kind).then_some(number))?;
    let attached = match link::create(&fd, target.as_raw_fd(), number, 0) {
        Ok(link) => Ok(Attachment::Created(link)),
        // Linux 6.10 brought links for maps of sockets.
        Err(error) if link::is_unknown(&error) && what == Target::Sockets => {
            let attached = Attached::attach(&fd, target, number);
            attached.map(Attachment::guard)
        }
        Err(error) => Err(error),
    };
    let target = format!("{words} ({to:?})");
    match attached {
        Ok(attachment) => Ok(Link::new(program.name(), target, vec![attachment])),
        Err(cause)
            if cause.kind() == std::io::ErrorKind::InvalidInput
                || cause.raw_os_error() == Some(BAD_DESCRIPTOR) =>
        {
            let error = failed(program.name(), &target, cause);
            let text = format!("{error}: that needs the descriptor of {}", what.words());
            Err(Error::new(ErrorKind::InvalidInput, text).with_cause(error))
        }
        Err(cause) => Err(failed(program.name(), &target, cause)),
    }
}

/// `EBADF`: an open descriptor, but not of what is wanted.
const BAD_DESCRIPTOR: i32 = 9;

/// An error for a function whose context is another than that of programs of the type.
pub(crate) fn check_context(program: &Core, to: &str, kind: ProgramType) -> Result<()> {
    let AttachSpec::Network { context } = program.attach_spec() else {
        return Ok(());
    };
    let wanted = context_of(kind);
    if context == wanted {
        return Ok(());
    }
    let name = program.name();
    let text =
        format!("`{name}` has the context `struct {context} *`, {to} gives a `struct {wanted} *`");
    Err(Error::new(ErrorKind::InvalidInput, text))
}
