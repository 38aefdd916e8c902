//! The methods of programs and of [`Bpf`] that attach to USDT probes.

use super::list::{Usdt, UsdtProbe};
use super::{UsdtOpts, attach, in_file, in_process};
use crate::bpf::Bpf;
use crate::error::Result;
use crate::link::Link;
use crate::private::Module;
use crate::program::{Program, kind};
use std::path::Path;

impl<K: kind::Probes> Program<K> {
    /// Attaches to a USDT probe of a library or binary, given as `provider:name`, or as `name`
    /// where no two providers have one of that name. bcc's `USDT(path=...)` and `enable_probe`.
    ///
    /// `binary` is given like to [`attach_uprobe`](Self::attach_uprobe). The program runs at all
    /// places that have the probe; `bpf_usdt_readarg` knows where each has its arguments.
    ///
    /// # Errors
    /// `NotFound` if there is no such file, if it has no USDT probes or, with the nearest names, no
    /// such probe; `InvalidInput` if several providers have it; otherwise if the kernel refuses.
    ///
    /// # Minimum kernel version
    /// 4.20; 5.15 for arguments of a probe of a library or of a `-pie` program in all processes.
    pub fn attach_usdt(&self, binary: impl AsRef<Path>, probe: &str) -> Result<Link> {
        self.attach_usdt_with_opts(binary, probe, &UsdtOpts::new())
    }

    /// Attaches to a USDT probe of a library or binary, in one process or with a cookie.
    ///
    /// # Errors
    /// As [`attach_usdt`](Self::attach_usdt), and `Unsupported` for a cookie before Linux 5.15 if the
    /// program reads no arguments.
    pub fn attach_usdt_with_opts(
        &self,
        binary: impl AsRef<Path>,
        probe: &str,
        opts: &UsdtOpts,
    ) -> Result<Link> {
        in_file(self.core(), binary.as_ref(), probe, opts)
    }

    /// Attaches to a USDT probe of a process, in whichever of its binary and libraries it is.
    /// bcc's `USDT(pid=...)` and `enable_probe`.
    ///
    /// # Errors
    /// As [`attach_usdt`](Self::attach_usdt); `NotFound` if there is no such process.
    pub fn attach_usdt_by_pid(&self, pid: u32, probe: &str) -> Result<Link> {
        in_process(self.core(), pid, probe)
    }

    /// Attaches to a USDT probe from the list of a [`Usdt`].
    ///
    /// # Errors
    /// If the file has changed meanwhile, or if the kernel refuses.
    pub fn attach_usdt_probe(&self, probe: &UsdtProbe, opts: &UsdtOpts) -> Result<Link> {
        attach(self.core(), std::slice::from_ref(probe), opts)
    }
}

/// USDT probes, by name. The links are kept like those of the other methods that attach.
impl<M: Module> Bpf<M> {
    /// Attaches a function to a USDT probe of a library or binary, given as `provider:name` or as
    /// `name`, in all processes.
    ///
    /// # Errors
    /// `NotFound` if there is no such file, if it has no USDT probes or, with the nearest names, no
    /// such probe; otherwise if the kernel refuses.
    pub fn attach_usdt(
        &mut self,
        binary: impl AsRef<Path>,
        probe: &str,
        fn_name: &str,
    ) -> Result<()> {
        self.attach_usdt_with_opts(binary, probe, fn_name, &UsdtOpts::new())
    }

    /// Attaches a function to a USDT probe of a library or binary, in one process or with a cookie.
    ///
    /// # Errors
    /// As [`attach_usdt`](Self::attach_usdt), and `Unsupported` for a cookie before Linux 5.15 if the
    /// function reads no arguments.
    pub fn attach_usdt_with_opts(
        &mut self,
        binary: impl AsRef<Path>,
        probe: &str,
        fn_name: &str,
        opts: &UsdtOpts,
    ) -> Result<()> {
        let link = in_file(self.program(fn_name)?, binary.as_ref(), probe, opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to a USDT probe from the list of a [`Usdt`], in all processes or, if the list
    /// is that of a process, in this one.
    ///
    /// # Errors
    /// If the file has changed meanwhile, or if the kernel refuses.
    pub fn attach_usdt_probe(&mut self, probe: &UsdtProbe, fn_name: &str) -> Result<()> {
        self.attach_usdt_probe_with_opts(probe, fn_name, &UsdtOpts::new())
    }

    /// Attaches a function to a USDT probe from the list of a [`Usdt`], in one process or with a cookie.
    ///
    /// # Errors
    /// As [`attach_usdt_probe`](Self::attach_usdt_probe), and `Unsupported` for a cookie before Linux
    /// 5.15 if the function reads no arguments.
    pub fn attach_usdt_probe_with_opts(
        &mut self,
        probe: &UsdtProbe,
        fn_name: &str,
        opts: &UsdtOpts,
    ) -> Result<()> {
        let link = attach(self.program(fn_name)?, std::slice::from_ref(probe), opts)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches a function to a USDT probe of a process, in whichever of its binary and libraries
    /// it is.
    ///
    /// # Errors
    /// As [`attach_usdt`](Self::attach_usdt); `NotFound` if there is no such process.
    pub fn attach_usdt_by_pid(&mut self, pid: u32, probe: &str, fn_name: &str) -> Result<()> {
        let link = in_process(self.program(fn_name)?, pid, probe)?;
        self.keep(link);
        Ok(())
    }

    /// Attaches what [`enable_probe`](Usdt::enable_probe) noted.
    ///
    /// # Errors
    /// `NotFound` if the program text has no such function; otherwise if the kernel refuses. What
    /// was attached before the error stays.
    pub fn attach_usdts(&mut self, usdt: &Usdt) -> Result<()> {
        for (probes, fn_name) in usdt.enabled() {
            let link = attach(self.program(fn_name)?, probes, &UsdtOpts::new())?;
            self.keep(link);
        }
        Ok(())
    }
}
