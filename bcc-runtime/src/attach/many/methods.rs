//! The methods of programs and of [`Bpf`] that attach by regular expression.

use super::{RegexOpts, kprobes, tracepoints, uprobes};
use crate::bpf::Bpf;
use crate::error::Result;
use crate::link::Link;
use crate::private::Module;
use crate::program::{Program, kind};
use std::path::Path;

impl<K: kind::Probes> Program<K> {
    /// Attaches to the entries of all kernel functions that a regular expression matches. bcc's
    /// `attach_kprobe(event_re=...)`.
    ///
    /// The whole name must match. Which functions there are to choose from tells
    /// [`get_kprobe_functions`](crate::attach::get_kprobe_functions); those that cannot be probed all the
    /// same are left out. Since Linux 5.18, on kernels with `CONFIG_FPROBE`, all are attached at
    /// once; otherwise each is a probe of its own, with one or two descriptors.
    ///
    /// # Errors
    /// `NotFound` if no function matches, `InvalidInput` if more do than
    /// [`RegexOpts::limit`] allows, `Attach` if none of them can be probed, `Unsupported` if the
    /// kernel has no kprobes.
    ///
    /// # Minimum kernel version
    /// 4.17
    pub fn attach_kprobe_regex(&self, event_re: &str, opts: &RegexOpts) -> Result<Link> {
        kprobes(self.core(), event_re, false, opts)
    }

    /// Attaches to the returns of all kernel functions that a regular expression matches. bcc's
    /// `attach_kretprobe(event_re=...)`.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex`](Self::attach_kprobe_regex).
    pub fn attach_kretprobe_regex(&self, event_re: &str, opts: &RegexOpts) -> Result<Link> {
        kprobes(self.core(), event_re, true, opts)
    }

    /// Attaches to the entries of all functions of a library or binary whose names begin with what
    /// a regular expression matches. bcc's `attach_uprobe(sym_re=...)`.
    ///
    /// They are one attachment of the kernel since Linux 6.6, for one process since 6.10. Before, there is
    /// one for each function, and the kernel takes a tenth of a second to end each of them.
    ///
    /// # Errors
    /// `NotFound` if there is no such file or no function matches, `InvalidInput` if more do than
    /// [`RegexOpts::limit`] allows, `Attach` if none of them can be probed.
    ///
    /// # Minimum kernel version
    /// 4.17
    pub fn attach_uprobe_regex(
        &self,
        binary: impl AsRef<Path>,
        sym_re: &str,
        opts: &RegexOpts,
    ) -> Result<Link> {
        uprobes(self.core(), binary.as_ref(), sym_re, false, opts)
    }

    /// Attaches to the returns of all functions of a library or binary whose names begin with what
    /// a regular expression matches. bcc's `attach_uretprobe(sym_re=...)`.
    ///
    /// # Errors
    /// As [`attach_uprobe_regex`](Self::attach_uprobe_regex).
    pub fn attach_uretprobe_regex(
        &self,
        binary: impl AsRef<Path>,
        sym_re: &str,
        opts: &RegexOpts,
    ) -> Result<Link> {
        uprobes(self.core(), binary.as_ref(), sym_re, true, opts)
    }
}

impl<K: kind::Tracepoints> Program<K> {
    /// Attaches to all tracepoints whose names, `category:event`, begin with what a regular
    /// expression matches. bcc's `attach_tracepoint(tp_re=...)`.
    ///
    /// # Errors
    /// `NotFound` if no tracepoint matches, `InvalidInput` if more do than
    /// [`RegexOpts::limit`] allows, `Attach` if none of them can be attached to.
    pub fn attach_tracepoint_regex(&self, tp_re: &str, opts: &RegexOpts) -> Result<Link> {
        tracepoints(self.core(), tp_re, opts)
    }
}

/// Probes by regular expression. The links are kept like those of the other methods that attach.
impl<M: Module> Bpf<M> {
    /// Attaches a function to the entries of all kernel functions whose whole names a regular
    /// expression matches. bcc's `attach_kprobe(event_re=...)`.
    ///
    /// # Errors
    /// `NotFound` if none matches, `InvalidInput` if more than 1000 do (or than `BCC_PROBE_LIMIT`
    /// says), `Attach` if none of them can be probed; those that cannot are left out.
    pub fn attach_kprobe_regex(&mut self, event_re: &str, fn_name: &str) -> Result<()> {
        self.attach_kprobe_regex_with_opts(event_re, fn_name, &RegexOpts::new())
    }

    /// The same with a limit of your own, or with cookies.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex`](Self::attach_kprobe_regex), and `Unsupported` for cookies before
    /// Linux 5.15.
    pub fn attach_kprobe_regex_with_opts(
        &mut self,
        event_re: &str,
        fn_name: &str,
        opts: &RegexOpts,
    ) -> Result<()> {
        let link = kprobes(self.program(fn_name)?, event_re, false, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to the returns of all kernel functions whose whole names a regular
    /// expression matches. bcc's `attach_kretprobe(event_re=...)`.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex`](Self::attach_kprobe_regex).
    pub fn attach_kretprobe_regex(&mut self, event_re: &str, fn_name: &str) -> Result<()> {
        self.attach_kretprobe_regex_with_opts(event_re, fn_name, &RegexOpts::new())
    }

    /// The same with a limit of your own, or with cookies.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex_with_opts`](Self::attach_kprobe_regex_with_opts).
    pub fn attach_kretprobe_regex_with_opts(
        &mut self,
        event_re: &str,
        fn_name: &str,
        opts: &RegexOpts,
    ) -> Result<()> {
        let link = kprobes(self.program(fn_name)?, event_re, true, opts)?;
        self.keep(link);
        Ok(())
    }

    /// How many probes of kernel functions are open, except through links that were not handed to
    /// [`keep`](Self::keep). bcc's `num_open_kprobes`.
    #[must_use]
    pub fn num_open_kprobes(&self) -> usize {
        self.links().iter().map(Link::kprobes).sum()
    }

    /// Attaches a function to the entries of all functions of a library or binary whose names begin
    /// with what a regular expression matches. bcc's `attach_uprobe(sym_re=...)`.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex`](Self::attach_kprobe_regex).
    pub fn attach_uprobe_regex(
        &mut self,
        name: impl AsRef<Path>,
        sym_re: &str,
        fn_name: &str,
    ) -> Result<()> {
        self.attach_uprobe_regex_with_opts(name, sym_re, fn_name, &RegexOpts::new())
    }

    /// The same in one process, with a limit of your own, or with cookies.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex_with_opts`](Self::attach_kprobe_regex_with_opts).
    pub fn attach_uprobe_regex_with_opts(
        &mut self,
        name: impl AsRef<Path>,
        sym_re: &str,
        fn_name: &str,
        opts: &RegexOpts,
    ) -> Result<()> {
        let link = uprobes(self.program(fn_name)?, name.as_ref(), sym_re, false, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to the returns of all functions of a library or binary whose names begin
    /// with what a regular expression matches. bcc's `attach_uretprobe(sym_re=...)`.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex`](Self::attach_kprobe_regex).
    pub fn attach_uretprobe_regex(
        &mut self,
        name: impl AsRef<Path>,
        sym_re: &str,
        fn_name: &str,
    ) -> Result<()> {
        self.attach_uretprobe_regex_with_opts(name, sym_re, fn_name, &RegexOpts::new())
    }

    /// The same in one process, with a limit of your own, or with cookies.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex_with_opts`](Self::attach_kprobe_regex_with_opts).
    pub fn attach_uretprobe_regex_with_opts(
        &mut self,
        name: impl AsRef<Path>,
        sym_re: &str,
        fn_name: &str,
        opts: &RegexOpts,
    ) -> Result<()> {
        let link = uprobes(self.program(fn_name)?, name.as_ref(), sym_re, true, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to all tracepoints whose names, `category:event`, begin with what a
    /// regular expression matches. bcc's `attach_tracepoint(tp_re=...)`.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex`](Self::attach_kprobe_regex).
    pub fn attach_tracepoint_regex(&mut self, tp_re: &str, fn_name: &str) -> Result<()> {
        self.attach_tracepoint_regex_with_opts(tp_re, fn_name, &RegexOpts::new())
    }

    /// The same with a limit of your own, or with cookies.
    ///
    /// # Errors
    /// As [`attach_kprobe_regex_with_opts`](Self::attach_kprobe_regex_with_opts).
    pub fn attach_tracepoint_regex_with_opts(
        &mut self,
        tp_re: &str,
        fn_name: &str,
        opts: &RegexOpts,
    ) -> Result<()> {
        let link = tracepoints(self.program(fn_name)?, tp_re, opts)?;
        self.keep(link);
        Ok(())
    }
}
