//! Running a program for a test, with made-up input and without attaching it.
//!
//! In: a loaded program, a packet or arguments. Out: what it returned, what it made of the packet,
//! how long it took; its maps and events are as after a real run.

use crate::decode::{self, Data};
use crate::error::{Error, ErrorKind, Result};
use crate::program::{Core, Program};
use crate::sys::test_run::{self as sys, Input};
use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;
use zerocopy::{Immutable, IntoBytes};

/// How much longer than its packet the output of a program can be.
const HEADROOM: usize = 4096;

/// The input of [`Program::test_run`].
#[derive(Clone, Debug, Default)]
pub struct TestRun {
    data: Option<Vec<u8>>,
    context: Option<Vec<u8>>,
    keeps_context: bool,
    repeat: u32,
    cpu: Option<u32>,
}

impl TestRun {
    /// Nothing: no data, no context, one run.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The packet: bytes, or a struct of them. It begins with an Ethernet header, so it has at
    /// least 14 bytes, and at most about a page.
    #[must_use]
    pub fn data(mut self, packet: &(impl IntoBytes + Immutable + ?Sized)) -> Self {
        self.data = Some(packet.as_bytes().to_vec());
        self
    }

    /// The context: for a packet, a `struct xdp_md` or `struct __sk_buff`, of which the kernel lets
    /// a few members be set; for a raw tracepoint, its arguments as `[u64; N]`.
    ///
    /// # Minimum kernel version
    /// 5.2 for `__sk_buff`, 5.10 for raw tracepoints, 5.15 for `xdp_md`
    #[must_use]
    pub fn context(mut self, context: &(impl IntoBytes + Immutable + ?Sized)) -> Self {
        self.context = Some(context.as_bytes().to_vec());
        self
    }

    /// Asks for the context as it is after the run; it must have been given, for a packet.
    #[must_use]
    pub fn keep_context(mut self) -> Self {
        self.keeps_context = true;
        self
    }

    /// How often to run it, with the output of each run as the input of the next one; 1 by default.
    /// Only for packets.
    #[must_use]
    pub fn repeat(mut self, count: u32) -> Self {
        self.repeat = count;
        self
    }

    /// The CPU to run on. Only for raw tracepoints.
    ///
    /// # Minimum kernel version
    /// 5.10
    #[must_use]
    pub fn cpu(mut self, cpu: u32) -> Self {
        self.cpu = Some(cpu);
        self
    }

    fn input(&self) -> Input<'_> {
        let context_room = self.context.as_ref().filter(|_| self.keeps_context);
        Input {
            data: self.data.as_deref(),
            data_room: self.data.as_ref().map_or(0, |data| data.len() + HEADROOM),
            context: self.context.as_deref(),
            context_room: context_room.map_or(0, Vec::len),
            repeat: self.repeat,
            cpu: self.cpu,
        }
    }
}

/// The result of [`Program::test_run`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TestOutput {
    /// What the program returned, such as `XDP_PASS`.
    pub returned: i32,
    /// How long one run took, on average.
    pub duration: Duration,
    /// The packet after the run; empty if none was given.
    pub data: Vec<u8>,
    /// The context after the run; empty unless [`TestRun::keep_context`] asked for it.
    pub context: Vec<u8>,
}

impl TestOutput {
    /// The beginning of the packet as a value; `None` if it is shorter.
    #[must_use]
    pub fn data_as<T: Data>(&self) -> Option<T::Owned> {
        decode::prefix::<T>(&self.data)
    }

    /// The beginning of the context as a value; `None` if it is shorter.
    #[must_use]
    pub fn context_as<T: Data>(&self) -> Option<T::Owned> {
        decode::prefix::<T>(&self.context)
    }
}

impl<K> Program<K> {
    /// Runs the program with made-up input, without attaching it: for tests that need no device, no
    /// packet and no event. Maps and events are those of the `Bpf`.
    ///
    /// The kernel can do that with programs for packets (XDP, traffic control, sockets, cgroups),
    /// raw tracepoints, `SEC("syscall")` and a few others; not with kprobes, tracepoints and perf
    /// events. bcc has no such call.
    ///
    /// ```no_run
    /// use bcc_runtime::{TestRun, bpf_program};
    ///
    /// bpf_program! {
    ///     mod filter;
    ///     BPF_ARRAY(seen, u64, 1);
    ///     int drop_short(struct xdp_md *ctx) {
    ///         seen.increment(0);
    ///         return ctx->data_end - ctx->data < 60 ? XDP_DROP : XDP_PASS;
    ///     }
    /// }
    ///
    /// #[test]
    /// #[ignore = "needs root"]
    /// fn short_packets_are_dropped() -> bcc_runtime::Result<()> {
    ///     let bpf = filter::load()?;
    ///     let output = bpf.progs.drop_short.test_run(&TestRun::new().data(&[0_u8; 59]))?;
    ///     assert_eq!(output.returned, 1, "XDP_DROP");
    ///     assert_eq!(bpf.maps.seen.get(0)?, 1);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` if the kernel cannot run a program of this type for a test; `InvalidInput` if
    /// it finds the input unfit; otherwise if it refuses, mostly for want of rights.
    ///
    /// # Minimum kernel version
    /// 4.12 for packets, 5.10 for raw tracepoints
    pub fn test_run(&self, run: &TestRun) -> Result<TestOutput> {
        let core = self.core();
        let fd = core.fd_as_loaded()?;
        let output = sys::run(fd.as_fd(), &run.input());
        let output = output.map_err(|error| refused(core, run, error))?;
        Ok(TestOutput {
            returned: output.returned.cast_signed(),
            duration: Duration::from_nanos(output.duration.into()),
            data: output.data,
            context: output.context,
        })
    }
}

fn refused(core: &Core, run: &TestRun, error: io::Error) -> Error {
    let name = core.name();
    let kind = core
        .loaded_type()
        .map_or_else(|_| "unknown".to_owned(), |kind| format!("{kind:?}"));
    if sys::is_impossible(&error) {
        let text = format!(
            "the kernel cannot run `{name}` for a test: it is a {kind} program; programs for \
             packets and raw tracepoints can be"
        );
        return Error::new(ErrorKind::Unsupported, text).with_cause(error);
    }
    if !sys::is_unfit(&error) {
        let (text, error) = (
            format!("failed to run `{name}` for a test"),
            Error::from(error),
        );
        return Error::new(error.kind(), text).with_cause(error);
    }
    let hint = match (&run.data, &run.context) {
        (Some(data), _) if data.len() < 14 => {
            "; a packet begins with an Ethernet header, which has 14 bytes"
        }
        (None, None) => "; a packet is given with `.data(..)`, arguments with `.context(..)`",
        (None, Some(_)) if run.repeat > 0 => "; only runs with a packet can be repeated",
        (Some(_), Some(_)) => "; only a few members of the context may be set",
        (None | Some(_), _) => "",
    };
    let text = format!("the kernel finds the input unfit for `{name}`, a {kind} program{hint}");
    Error::new(ErrorKind::InvalidInput, text).with_cause(error)
}
