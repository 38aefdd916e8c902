//! What the kernel can do with its links: describe them, give them names, another program.
//!
//! In: a [`Link`]. Out: facts about the kernel's links it consists of, or a change to the one.

use super::{Attachment, Link};
use crate::attach::{check_context, is_particular};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::program::Program;
use crate::sys::link::{self, Created, Facts};
use crate::sys::{bpffs, program as sys_program};
use crate::tables::check_place;
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

/// What the kernel says of one of its links.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkInfo {
    /// The number by which `bpftool link show id` finds it.
    pub id: u32,
    /// The kind in the words of `bpftool`, such as `perf_event`, `xdp` or `cgroup`.
    pub kind: String,
    /// The number of the program that runs, as in `bpftool prog show id`.
    pub program_id: u32,
    /// What the program is loaded for, in the words of `bpftool`, such as `cgroup_inet_egress`;
    /// `None` for kinds that have one purpose only.
    pub attach_type: Option<String>,
    /// The number of the device; `None` if it is on none, or on one that is gone.
    pub device: Option<u32>,
    /// The number of the cgroup; `None` if it is on none.
    pub cgroup: Option<u64>,
}

impl From<Facts> for LinkInfo {
    fn from(facts: Facts) -> Self {
        Self {
            id: facts.id,
            kind: facts.kind_name(),
            program_id: facts.program,
            attach_type: facts.attach_type_name(),
            device: facts.device.filter(|index| *index != 0),
            cgroup: facts.cgroup,
        }
    }
}

impl Link {
    /// What the kernel says of each of its links that this consists of.
    ///
    /// A program on several functions or CPUs has several. The list is empty where the kernel has no
    /// links: for USDT probes, for sockets, for perf events before Linux 5.15 and for traffic control
    /// before 6.6.
    ///
    /// # Errors
    /// If the kernel refuses.
    ///
    /// # Minimum kernel version
    /// 5.8
    pub fn info(&self) -> Result<Vec<LinkInfo>> {
        let facts = self.kernel_links().map(|fd| self.facts(fd));
        let known = facts.filter_map(Result::transpose);
        known.map(|facts| facts.map(LinkInfo::from)).collect()
    }

    /// Gives the link a name in a BPF filesystem: the program stays attached after this `Link` and
    /// this process, until [`unpin`](Self::unpin) or until the file is removed.
    /// [`open`](Self::open) finds it again.
    ///
    /// ```no_run
    /// use bcc_runtime::{Link, Result};
    ///
    /// # fn show(link: Link) -> Result<()> {
    /// let mut link = link;
    /// link.pin("/sys/fs/bpf/drop_all")?;
    /// drop(link);
    /// // Later, perhaps in another process:
    /// let mut link = Link::open("/sys/fs/bpf/drop_all")?;
    /// link.unpin("/sys/fs/bpf/drop_all")?;
    /// link.detach()
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` if this consists of no link of the kernel's, or of several, as
    /// [`info`](Self::info) tells. `AlreadyExists` if there is something at the path, `InvalidInput`
    /// if it is not on a BPF filesystem, `NotFound` if its directory does not exist.
    pub fn pin(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        check_place(&format!("link {self}"), path)?;
        let pinned = bpffs::pin(self.only("pinned")?.0, path);
        pinned.with_context(|| format!("failed to pin link {self} to `{}`", path.display()))?;
        self.set_pins(self.pins + 1);
        Ok(())
    }

    /// Removes a name that the link has in a BPF filesystem. The program stays attached as long as
    /// this `Link`.
    ///
    /// # Errors
    /// `NotFound` if nothing is pinned there; `InvalidInput` if what is pinned there is not this
    /// link.
    pub fn unpin(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let place = path.display();
        let pinned = open_link(path)?;
        let pinned = link::facts(pinned.as_fd());
        let pinned = pinned.with_context(|| format!("failed to look at `{place}`"))?;
        if pinned.id != self.only("unpinned")?.1.id {
            let text = format!("what is pinned to `{place}` is not link {self}, and stays");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        fs::remove_file(path).with_context(|| format!("failed to unpin link {self}"))?;
        self.set_pins(self.pins.saturating_sub(1));
        Ok(())
    }

    /// Opens the link that is [pinned](Self::pin) to a path. It stays pinned when this is dropped.
    ///
    /// [`program`](Self::program) is the name as far as the kernel keeps it, which is 15 bytes.
    ///
    /// # Errors
    /// `NotFound` if nothing is pinned there, `InvalidInput` if what is there is no link;
    /// `PermissionDenied` where rights are missing.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let place = path.display();
        let what = || format!("failed to open the link pinned at `{place}`");
        let fd = open_link(path)?;
        let facts = link::facts(fd.as_fd()).with_context(what)?;
        let (_, program) = sys_program::by_id(facts.program).with_context(what)?;
        let target = format!("the {} link pinned at `{place}`", facts.kind_name());
        let attachment = Attachment::Created(Created::pinned(fd));
        let mut link = Self::new(&program, target, vec![attachment]);
        link.pins = 1;
        Ok(link)
    }

    /// Lets another program run instead, with no moment in between in which none or both do.
    ///
    /// For XDP, traffic control since Linux 6.6, cgroups, network namespaces, and maps of sockets
    /// since Linux 6.10. The program must fit what the first one is attached to; its maps are those
    /// of its own `Bpf`.
    ///
    /// # Errors
    /// `Unsupported` for all other links: attach the other program, then drop this one.
    /// `InvalidInput` if the function has another context than the first one, `Verifier` if the
    /// kernel does not take it for this; otherwise if it refuses.
    pub fn update_program<K>(&mut self, program: &Program<K>) -> Result<()> {
        let (fd, facts) = self.only("given another program")?;
        let name = program.name();
        let what = || format!("failed to put `{name}` in the place of {self}");
        if !facts.is_updatable() {
            let text = format!(
                "the kernel puts no other program on a {} link, such as {self}; attach `{name}` and \
                 drop this link",
                facts.kind_name()
            );
            return Err(Error::new(ErrorKind::Unsupported, text));
        }
        let (kind, _) = sys_program::by_id(facts.program).with_context(what)?;
        check_context(program.core(), &self.target, kind)?;
        let purpose = facts.attach_type.filter(|_| is_particular(kind));
        let loaded = program.core().fd_for(kind, purpose).with_context(what)?;
        link::update(fd, loaded.as_fd()).with_context(what)?;
        name.clone_into(&mut self.program);
        Ok(())
    }

    /// Detaches the program, as dropping does, and says if it cannot.
    ///
    /// A pinned link loses its program as well, where the kernel takes it off: on devices, cgroups,
    /// network namespaces and maps of sockets.
    ///
    /// # Errors
    /// `Unsupported` if the link is pinned and the kernel takes no program off such links:
    /// [`unpin`](Self::unpin) it first. Otherwise if the kernel refuses.
    pub fn detach(self) -> Result<()> {
        for attachment in &self.attachments {
            let Some(fd) = attachment.kernel_link() else {
                continue;
            };
            match link::detach(fd) {
                Ok(()) => {}
                // It goes when its last descriptor does, which is ours.
                Err(error) if link::is_freed_only(&error) && self.pins == 0 => {}
                Err(error) if link::is_freed_only(&error) => {
                    let text = format!("link {self} is pinned, and ends when it is unpinned");
                    return Err(Error::new(ErrorKind::Unsupported, text).with_cause(error));
                }
                Err(error) => {
                    return Err(error).with_context(|| format!("failed to detach {self}"));
                }
            }
        }
        Ok(())
    }

    /// Notes how many names the link has, which keep the program attached.
    fn set_pins(&mut self, pins: usize) {
        self.pins = pins;
        let attachments = std::mem::take(&mut self.attachments).into_iter();
        let change = |attachment: Attachment| attachment.staying(pins > 0);
        self.attachments = attachments.map(change).collect();
    }

    pub(crate) fn kernel_links(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.attachments.iter().filter_map(Attachment::kernel_link)
    }

    /// What the kernel says of a descriptor; `None` if that is no link.
    fn facts(&self, fd: BorrowedFd<'_>) -> Result<Option<Facts>> {
        match link::facts(fd) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(None),
            facts => facts
                .map(Some)
                .with_context(|| format!("failed to ask for what link {self} is like")),
        }
    }

    /// The one link of the kernel's that this consists of.
    fn only(&self, done: &str) -> Result<(BorrowedFd<'_>, Facts)> {
        let mut links = Vec::new();
        for fd in self.kernel_links() {
            links.extend(self.facts(fd)?.map(|facts| (fd, facts)));
        }
        if links.len() == 1 && self.attachments.len() == 1 {
            links.pop().ok_or_else(|| self.not_one(0, done))
        } else {
            Err(self.not_one(links.len(), done))
        }
    }

    fn not_one(&self, count: usize, done: &str) -> Error {
        let text = match count {
            0 => format!("{self} cannot be {done}: this kernel has no link for it"),
            count => format!(
                "{self} cannot be {done}: it consists of {count} links; attach to one target only"
            ),
        };
        Error::new(ErrorKind::Unsupported, text)
    }
}

/// What descriptors of links are called below `/proc`, by older and newer kernels.
const LINKS: [&str; 2] = ["anon_inode:bpf_link", "anon_inode:bpf-link"];

/// Opens what is pinned at a path, which must be a link.
fn open_link(path: &Path) -> Result<OwnedFd> {
    let place = path.display();
    let fd = bpffs::open(path);
    let fd = fd.with_context(|| format!("failed to open what is pinned at `{place}`"))?;
    // Asked for a link, the kernel describes a map all the same.
    let inode = fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    let is_link = |inode: &Path| LINKS.iter().any(|name| inode == Path::new(name));
    if inode.is_ok_and(|inode| !is_link(&inode)) {
        let text = format!("what is pinned at `{place}` is no link");
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    Ok(fd)
}
