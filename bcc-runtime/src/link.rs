//! What keeps a program attached.
//!
//! In: the descriptors an attachment consists of. Out: [`Link`], which ends it when dropped.

use libbpf_rs::Object;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

/// A program's attachment to something; dropping it detaches the program.
///
/// All of it hangs on descriptors of this process, so nothing stays behind, however it ends.
#[derive(Debug)]
#[must_use = "a dropped link detaches its program: keep it, or hand it to `Bpf::keep`"]
pub struct Link {
    program: String,
    target: String,
    kprobes: usize,
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
    Descriptor {
        /// Holds the program.
        fd: OwnedFd,
    },
    /// Something that detaches the program when it is dropped.
    Guard {
        /// Holds the program.
        _guard: Box<dyn fmt::Debug + Send + Sync>,
    },
    /// What libbpf attached by the name of its section.
    Libbpf {
        /// Holds the program.
        link: libbpf_rs::Link,
    },
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

    /// The descriptor of the kernel's link, if there is one and we have it.
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Event { link, .. } => link.as_ref().map(AsFd::as_fd),
            Self::Descriptor { fd } => Some(fd.as_fd()),
            Self::Libbpf { link } => Some(link.as_fd()),
            Self::Guard { .. } | Self::Usdt { .. } => None,
        }
    }
}

impl Link {
    pub(crate) fn new(program: &str, target: String, attachments: Vec<Attachment>) -> Self {
        Self {
            program: program.to_owned(),
            target,
            kprobes: 0,
            attachments,
        }
    }

    /// The same link, known to consist of probes of kernel functions, each an attachment.
    pub(crate) fn probes_kernel(mut self) -> Self {
        self.kprobes = self.attachments.len();
        self
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

    /// The descriptors of what the kernel itself knows as links.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.attachments.iter().filter_map(Attachment::descriptor)
    }

    /// Detaches the program, as dropping does.
    pub fn detach(self) {}
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on {}", self.program, self.target)
    }
}
