//! The methods of [`Bpf`] that attach a function by its name, as in bcc.
//!
//! In: a target, and the name of a function. Out: nothing but errors: the links are kept until the
//! `Bpf` is dropped, unless they are detached; the methods of `progs` return them instead. Expressions,
//! USDT probes and the network have theirs beside those of programs.

use super::{KprobeOpts, PerfEventOpts, TracepointOpts, UprobeOpts};
use crate::bpf::Bpf;
use crate::error::Result;
use crate::perf_event::{Counter, Sampling};
use crate::private::Module;
use std::path::Path;

/// Attaching by name, to what is traced.
impl<M: Module> Bpf<M> {
    /// Attaches a function to the entry of a kernel function. bcc's `attach_kprobe`.
    ///
    /// A name such as `sys_clone`, which the kernel may have under another prefix, stands for the
    /// function of that system call; its arguments are those of functions named `syscall__...`.
    ///
    /// # Errors
    /// If the kernel has no kprobes, no such function, or does not let it be probed.
    pub fn attach_kprobe(&mut self, event: &str, fn_name: &str) -> Result<()> {
        self.attach_kprobe_with_opts(event, fn_name, &KprobeOpts::new())
    }

    /// Attaches a function into a kernel function, or with a cookie. bcc's
    /// `attach_kprobe(event_off=...)`.
    ///
    /// # Errors
    /// As [`attach_kprobe`](Self::attach_kprobe), and `Unsupported` for a cookie before Linux 5.15.
    pub fn attach_kprobe_with_opts(
        &mut self,
        event: &str,
        fn_name: &str,
        opts: &KprobeOpts,
    ) -> Result<()> {
        let link = super::kprobe(self.program(fn_name)?, event, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to the return of a kernel function. bcc's `attach_kretprobe`.
    ///
    /// # Errors
    /// If the kernel has no kprobes, no such function, or does not let it be probed.
    pub fn attach_kretprobe(&mut self, event: &str, fn_name: &str) -> Result<()> {
        self.attach_kretprobe_with_opts(event, fn_name, &KprobeOpts::new())
    }

    /// Attaches a function to the return of a kernel function, with a cookie.
    ///
    /// # Errors
    /// As [`attach_kretprobe`](Self::attach_kretprobe), `InvalidInput` for an offset, and
    /// `Unsupported` for a cookie before Linux 5.15.
    pub fn attach_kretprobe_with_opts(
        &mut self,
        event: &str,
        fn_name: &str,
        opts: &KprobeOpts,
    ) -> Result<()> {
        let link = super::kretprobe(self.program(fn_name)?, event, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to the entry of a function of a library or binary, in all processes.
    /// bcc's `attach_uprobe`.
    ///
    /// # Errors
    /// `NotFound` if there is no such library or symbol; otherwise if the kernel refuses.
    pub fn attach_uprobe(
        &mut self,
        name: impl AsRef<Path>,
        sym: &str,
        fn_name: &str,
    ) -> Result<()> {
        self.attach_uprobe_with_opts(name, sym, fn_name, &UprobeOpts::new())
    }

    /// Attaches a function into a function of a library or binary, in one process or with a cookie.
    /// bcc's `attach_uprobe(addr=..., sym_off=..., pid=...)`; an empty `sym` goes with
    /// [`UprobeOpts::address`].
    ///
    /// # Errors
    /// As [`attach_uprobe`](Self::attach_uprobe), and `Unsupported` for a cookie before Linux 5.15.
    pub fn attach_uprobe_with_opts(
        &mut self,
        name: impl AsRef<Path>,
        sym: &str,
        fn_name: &str,
        opts: &UprobeOpts,
    ) -> Result<()> {
        let link = super::uprobe(self.program(fn_name)?, name.as_ref(), sym, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to the return of a function of a library or binary, in all processes.
    /// bcc's `attach_uretprobe`.
    ///
    /// # Errors
    /// `NotFound` if there is no such library or symbol; otherwise if the kernel refuses.
    pub fn attach_uretprobe(
        &mut self,
        name: impl AsRef<Path>,
        sym: &str,
        fn_name: &str,
    ) -> Result<()> {
        self.attach_uretprobe_with_opts(name, sym, fn_name, &UprobeOpts::new())
    }

    /// Attaches a function to the return of a function of a library or binary, in one process or with
    /// a cookie. bcc's `attach_uretprobe(addr=..., pid=...)`.
    ///
    /// # Errors
    /// As [`attach_uretprobe`](Self::attach_uretprobe), and `Unsupported` for a cookie before Linux
    /// 5.15.
    pub fn attach_uretprobe_with_opts(
        &mut self,
        name: impl AsRef<Path>,
        sym: &str,
        fn_name: &str,
        opts: &UprobeOpts,
    ) -> Result<()> {
        let link = super::uretprobe(self.program(fn_name)?, name.as_ref(), sym, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to a tracepoint, given as `category:event`. bcc's `attach_tracepoint`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such tracepoint.
    pub fn attach_tracepoint(&mut self, tp: &str, fn_name: &str) -> Result<()> {
        self.attach_tracepoint_with_opts(tp, fn_name, &TracepointOpts::new())
    }

    /// Attaches a function to a tracepoint, with a cookie.
    ///
    /// # Errors
    /// As [`attach_tracepoint`](Self::attach_tracepoint), and `Unsupported` for a cookie before Linux
    /// 5.15.
    pub fn attach_tracepoint_with_opts(
        &mut self,
        tp: &str,
        fn_name: &str,
        opts: &TracepointOpts,
    ) -> Result<()> {
        let link = super::tracepoint(self.program(fn_name)?, tp, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to a raw tracepoint. bcc's `attach_raw_tracepoint`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if there is no such tracepoint.
    pub fn attach_raw_tracepoint(&mut self, tp: &str, fn_name: &str) -> Result<()> {
        let link = super::raw_tracepoint(self.program(fn_name)?, tp)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to a counter on all online CPUs. bcc's `attach_perf_event`.
    ///
    /// # Errors
    /// If this machine has no such counter, or the kernel refuses.
    pub fn attach_perf_event(
        &mut self,
        counter: impl Into<Counter>,
        sampling: Sampling,
        fn_name: &str,
    ) -> Result<()> {
        self.attach_perf_event_with_opts(counter, sampling, fn_name, &PerfEventOpts::new())
    }

    /// Attaches a function to a counter of one CPU or one thread, or with a cookie. bcc's
    /// `attach_perf_event(pid=..., cpu=...)`.
    ///
    /// # Errors
    /// As [`attach_perf_event`](Self::attach_perf_event), and `Unsupported` for a cookie before Linux
    /// 5.15.
    pub fn attach_perf_event_with_opts(
        &mut self,
        counter: impl Into<Counter>,
        sampling: Sampling,
        fn_name: &str,
        opts: &PerfEventOpts,
    ) -> Result<()> {
        let link = super::perf_event(self.program(fn_name)?, counter.into(), sampling, opts)?;
        self.keep(link);
        Ok(())
    }
}
