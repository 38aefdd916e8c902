//! Links: programs on devices, cgroups, maps and namespaces, and what the kernel says of any link.
//!
//! In: a program and a target, or a link. Out: a link, facts about it, or what takes the program
//! off where the kernel has no link for the target.

use super::{check, name_of, size_u32};
use libbpf_rs::AsRawLibbpf as _;
use libbpf_sys::{bpf_link_create_opts, bpf_link_info};
use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::sync::Arc;

/// A link; dropping it takes the program off, unless it is to stay.
#[derive(Debug)]
pub(crate) struct Created {
    fd: OwnedFd,
    stays: bool,
}

impl Created {
    /// A link that has a name in a BPF filesystem, which keeps the program attached.
    pub(crate) fn pinned(fd: OwnedFd) -> Self {
        Self { fd, stays: true }
    }

    /// Whether something else keeps the program attached when this goes.
    pub(crate) fn set_stays(&mut self, stays: bool) {
        self.stays = stays;
    }
}

impl AsFd for Created {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        // Closing the descriptor is not enough at once: a process that another thread is just
        // starting may have a copy of it. What cannot be detached goes with the last copy.
        if !self.stays {
            let _off = detach(self.fd.as_fd());
        }
    }
}

/// Takes the program of a link off, whoever else holds the link.
pub(crate) fn detach(link: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the argument is an open descriptor.
    check(unsafe { libbpf_sys::bpf_link_detach(link.as_raw_fd()) }).map(drop)
}

/// Whether the kernel does not take programs off links of this kind, but only frees the links.
pub(crate) fn is_freed_only(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::EINVAL))
}

/// Puts another program of the same type in the place of a link's.
pub(crate) fn update(link: BorrowedFd<'_>, program: BorrowedFd<'_>) -> io::Result<()> {
    let (link, program) = (link.as_raw_fd(), program.as_raw_fd());
    // SAFETY: both are open descriptors; a null pointer stands for no options.
    check(unsafe { libbpf_sys::bpf_link_update(link, program, std::ptr::null()) }).map(drop)
}

/// The descriptor of a link of libbpf's; `None` if it has none, as that of a USDT probe.
pub(crate) fn of_libbpf(link: &libbpf_rs::Link) -> Option<BorrowedFd<'_>> {
    let raw = link.as_libbpf_object();
    // SAFETY: the link lives as long as the reference to it.
    let fd = unsafe { libbpf_sys::bpf_link__fd(raw.as_ptr()) };
    // Zero is what libbpf leaves where it has no descriptor.
    (fd > 0).then(|| link.as_fd())
}

/// Takes a link of libbpf's over, which has a name and is to stay.
pub(crate) fn release(mut link: libbpf_rs::Link) -> Created {
    let fd = link.as_fd().as_raw_fd();
    link.disconnect();
    drop(link);
    // SAFETY: libbpf frees a disconnected link without closing its descriptor, so nobody else owns
    // that any more. A link without a descriptor has no name and does not come here.
    Created::pinned(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// What the kernel says of a link.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) id: u32,
    pub(crate) kind: u32,
    pub(crate) program: u32,
    /// What the program is loaded for, where the kind has several.
    pub(crate) attach_type: Option<u32>,
    pub(crate) device: Option<u32>,
    pub(crate) cgroup: Option<u64>,
}

/// Asks the kernel about a link. `EINVAL` stands for a descriptor that is no link.
pub(super) fn ask_link(link: BorrowedFd<'_>) -> io::Result<bpf_link_info> {
    let mut info = bpf_link_info::default();
    let mut size = size_u32::<bpf_link_info>();
    let fd = link.as_raw_fd();
    // SAFETY: `info` has `size` bytes, all zero, so that the kernel writes to no other place.
    let returned = unsafe { libbpf_sys::bpf_link_get_info_by_fd(fd, &raw mut info, &raw mut size) };
    check(returned).map(|_| info)
}

/// The same in words of our own.
pub(crate) fn facts(link: BorrowedFd<'_>) -> io::Result<Facts> {
    let info = ask_link(link)?;
    let mut facts = Facts {
        id: info.id,
        kind: info.type_,
        program: info.prog_id,
        attach_type: None,
        device: None,
        cgroup: None,
    };
    let rest = info.__bindgen_anon_1;
    match info.type_ {
        libbpf_sys::BPF_LINK_TYPE_CGROUP => {
            // SAFETY: all fields are numbers, which may have any bits; the kind has this one.
            let cgroup = unsafe { rest.cgroup };
            facts.cgroup = Some(cgroup.cgroup_id);
            facts.attach_type = Some(cgroup.attach_type);
        }
        libbpf_sys::BPF_LINK_TYPE_XDP => {
            // SAFETY: as above.
            facts.device = Some(unsafe { rest.xdp }.ifindex);
        }
        libbpf_sys::BPF_LINK_TYPE_TCX | libbpf_sys::BPF_LINK_TYPE_NETKIT => {
            // SAFETY: as above; both kinds have the same fields.
            let tcx = unsafe { rest.tcx };
            facts.device = Some(tcx.ifindex);
            facts.attach_type = Some(tcx.attach_type);
        }
        libbpf_sys::BPF_LINK_TYPE_NETNS => {
            // SAFETY: as above.
            facts.attach_type = Some(unsafe { rest.netns }.attach_type);
        }
        libbpf_sys::BPF_LINK_TYPE_SOCKMAP => {
            // SAFETY: as above.
            facts.attach_type = Some(unsafe { rest.sockmap }.attach_type);
        }
        libbpf_sys::BPF_LINK_TYPE_TRACING => {
            // SAFETY: as above.
            facts.attach_type = Some(unsafe { rest.tracing }.attach_type);
        }
        _ => {}
    }
    Ok(facts)
}

/// The kinds of links that take another program.
const UPDATABLE: [u32; 6] = [
    libbpf_sys::BPF_LINK_TYPE_CGROUP,
    libbpf_sys::BPF_LINK_TYPE_NETKIT,
    libbpf_sys::BPF_LINK_TYPE_NETNS,
    libbpf_sys::BPF_LINK_TYPE_SOCKMAP,
    libbpf_sys::BPF_LINK_TYPE_TCX,
    libbpf_sys::BPF_LINK_TYPE_XDP,
];

impl Facts {
    /// Whether the kernel puts other programs on such links.
    pub(crate) fn is_updatable(&self) -> bool {
        UPDATABLE.contains(&self.kind)
    }

    /// What `bpftool` calls the kind.
    pub(crate) fn kind_name(&self) -> String {
        // SAFETY: the call takes a number, and gives a constant of libbpf or null.
        let name = unsafe { libbpf_sys::libbpf_bpf_link_type_str(self.kind) };
        name_of(name, self.kind)
    }

    /// What `bpftool` calls that which the program is loaded for.
    pub(crate) fn attach_type_name(&self) -> Option<String> {
        let number = self.attach_type?;
        // SAFETY: the call takes a number, and gives a constant of libbpf or null.
        let name = unsafe { libbpf_sys::libbpf_bpf_attach_type_str(number) };
        Some(name_of(name, number))
    }
}

/// Makes a link; `target` is a descriptor or the number of a device, as `kind` wants it.
pub(crate) fn create(
    program: &OwnedFd,
    target: c_int,
    kind: u32,
    flags: u32,
) -> io::Result<Created> {
    let opts = bpf_link_create_opts {
        sz: size_of::<bpf_link_create_opts>() as libbpf_sys::size_t,
        flags,
        ..bpf_link_create_opts::default()
    };
    // SAFETY: the options are initialised, tell their own size and outlive the call; the other
    // arguments are plain numbers.
    let returned =
        unsafe { libbpf_sys::bpf_link_create(program.as_raw_fd(), target, kind, &raw const opts) };
    let fd = check(returned)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    Ok(Created { fd, stays: false })
}

/// Whether the kernel has no link of this kind.
pub(crate) fn is_unknown(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINVAL)
}

/// A program on a target without a link; dropping it takes the program off.
#[derive(Debug)]
pub(crate) struct Attached {
    program: Arc<OwnedFd>,
    target: OwnedFd,
    kind: u32,
}

impl Attached {
    pub(crate) fn attach(
        program: &Arc<OwnedFd>,
        target: BorrowedFd<'_>,
        kind: u32,
    ) -> io::Result<Self> {
        let (from, to) = (program.as_raw_fd(), target.as_raw_fd());
        let target = target.try_clone_to_owned()?;
        // SAFETY: both are open descriptors; the other arguments are plain numbers.
        check(unsafe { libbpf_sys::bpf_prog_attach(from, to, kind, 0) })?;
        Ok(Self {
            program: Arc::clone(program),
            target,
            kind,
        })
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let (program, target) = (self.program.as_raw_fd(), self.target.as_raw_fd());
        // SAFETY: both are open descriptors. That the target has another program by now is no
        // error of ours.
        let _gone = unsafe { libbpf_sys::bpf_prog_detach2(program, target, self.kind) };
    }
}
