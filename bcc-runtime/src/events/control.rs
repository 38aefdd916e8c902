//! What callbacks answer.
//!
//! In: `()` or a `ControlFlow`. Out: whether the poll goes on.

use std::ops::ControlFlow;

/// What a callback for events may return: `()`, or a [`ControlFlow`] whose `Break` ends the poll
/// that called it; see [`Bpf::stopped`](crate::Bpf::stopped).
///
/// ```no_run
/// use bcc_runtime::bpf_program;
/// use std::ops::ControlFlow;
/// use std::time::Duration;
///
/// bpf_program! {
///     mod first;
///     BPF_PERF_OUTPUT(events);
///     TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
///         u32 pid = bpf_get_current_pid_tgid() >> 32;
///         events.perf_submit(args, &pid, sizeof(pid));
///         return 0;
///     }
/// }
///
/// # fn main() -> bcc_runtime::Result<()> {
/// let mut bpf = first::load()?;
/// let mut left = 10;
/// bpf.maps.events.open_perf_buffer(move |_cpu, pid: &u32| {
///     println!("{pid}");
///     left -= 1;
///     if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// })?;
/// while !bpf.stopped() {
///     bpf.perf_buffer_poll(Duration::MAX)?;
/// }
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "a callback for events cannot return `{Self}`",
    label = "returns neither `()` nor `ControlFlow`",
    note = "put a `;` behind its last expression, or return `std::ops::ControlFlow`"
)]
pub trait IntoControl: sealed::Sealed {
    /// Whether the poll goes on.
    #[doc(hidden)]
    fn into_control(self) -> ControlFlow<()>;
}

impl IntoControl for () {
    fn into_control(self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<B> IntoControl for ControlFlow<B> {
    fn into_control(self) -> ControlFlow<()> {
        self.map_break(drop)
    }
}

/// A callback that only panics returns the type `!`, which stable Rust cannot name but so.
type Never = <fn() -> ! as sealed::Returns>::Type;

impl IntoControl for Never {
    fn into_control(self) -> ControlFlow<()> {
        self
    }
}

mod sealed {
    use std::ops::ControlFlow;

    pub trait Sealed {}

    impl Sealed for () {}
    impl<B> Sealed for ControlFlow<B> {}
    impl Sealed for super::Never {}

    pub trait Returns {
        type Type;
    }

    impl<T> Returns for fn() -> T {
        type Type = T;
    }
}
