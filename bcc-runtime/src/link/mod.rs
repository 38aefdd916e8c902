//! What keeps a program attached.
//!
//! In: the descriptors an attachment consists of. Out: [`Link`], which ends it when dropped.

mod kernel;

pub use self::kernel::LinkInfo;

use crate::sys::link::{self as sys_link, Created};
use libbpf_rs::Object;
use std::fmt;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

/// A program's attachment to something; dropping it detaches the program.
///
/// All of it hangs on descriptors of this process, so nothing stays behind, however it ends; unless
/// the link is [pinned](Self::pin).
#[derive(Debug)]
#[must_use = "a dropped link detaches its program: keep it, or hand it to `Bpf::keep`"]
pub struct Link {
    program: String,
    target: String,
    kprobes: usize,
    /// How many names it has in BPF filesystems.
    pins: usize,
    attachments: Vec<Attachment>,
}

/// One thing that the kernel attaches a program to.
#[derive(Debug)]
pub(crate) enum Attachment {
    /// A perf event. The link, if the kernel has such, goes first: fields drop in this order.
    Event {
        /// Holds the program; `None` if the event itself does.
        link: Option<OwnedFd>,
        /// Holds the event.
        _event: OwnedFd,
    },
    /// A descriptor that is the attachment.
    Descriptor(OwnedFd),
    /// A link that the kernel takes its program off.
    Created(Created),
    /// Something that detaches the program when it is dropped.
    Guard {
        /// Holds the program.
        _guard: Box<dyn fmt::Debug + Send + Sync>,
    },
    /// What libbpf attached by the name of its section.
    Libbpf(libbpf_rs::Link),
    /// What libbpf attached to a USDT probe.
    Usdt {
        /// Holds the program.
        _link: UsdtLink,
    },
}

/// What libbpf attached to a USDT probe. It leads into the object, which therefore must outlive
/// it, and to the object's list of arguments, which has no lock of its own.
#[derive(Debug)]
pub(crate) struct UsdtLink {
    link: Option<libbpf_rs::Link>,
    _object: Arc<Object>,
}

/// Held while libbpf changes such lists.
static USDT: Mutex<()> = Mutex::new(());

impl UsdtLink {
    /// Attaches to a probe of `object`'s.
    pub(crate) fn make(
        object: &Arc<Object>,
        attach: impl FnOnce() -> libbpf_rs::Result<libbpf_rs::Link>,
    ) -> libbpf_rs::Result<Self> {
        let _locked = USDT.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Self {
            link: Some(attach()?),
            _object: Arc::clone(object),
        })
    }
}

impl Drop for UsdtLink {
    fn drop(&mut self) {
        let _locked = USDT.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.link.take());
    }
}

impl Attachment {
    /// What detaches the program when it is dropped.
    pub(crate) fn guard(guard: impl fmt::Debug + Send + Sync + 'static) -> Self {
        let guard = Box::new(guard);
        Self::Guard { _guard: guard }
    }

    /// The same, and whether something else keeps the program attached when it is dropped.
    fn staying(self, stays: bool) -> Self {
        match self {
            Self::Created(mut link) => {
                link.set_stays(stays);
                Self::Created(link)
            }
            // Dropped, it would switch its event off, which others need from now on.
            Self::Libbpf(link) if stays => Self::Created(sys_link::release(link)),
            // They go with their last descriptor.
            other => other,
        }
    }

    /// The kernel's link, if it consists of one.
    fn kernel_link(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Event { link, .. } => link.as_ref().map(OwnedFd::as_fd),
            Self::Descriptor(fd) => Some(fd.as_fd()),
            Self::Created(link) => Some(link.as_fd()),
            Self::Libbpf(link) => sys_link::of_libbpf(link),
            Self::Guard { .. } | Self::Usdt { .. } => None,
        }
    }
}

impl Link {
    pub(crate) fn new(program: &str, target: String, attachments: Vec<Attachment>) -> Self {
        log::debug!("attached `{program}` to {target}");
        Self {
            program: program.to_owned(),
            target,
            kprobes: 0,
            pins: 0,
            attachments,
        }
    }

    /// The same link, known to be so many probes of kernel functions.
    pub(crate) fn with_kprobes(mut self, count: usize) -> Self {
        self.kprobes = count;
        self
    }

    /// How many kernel functions it probes.
    pub(crate) fn kprobes(&self) -> usize {
        self.kprobes
    }

    /// The C function that runs.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }

    /// What it is attached to, such as ``tracepoint `sched:sched_switch` ``.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on {}", self.program, self.target)
    }
}
