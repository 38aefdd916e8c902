//! All that the running kernel can do, at one look.
//!
//! In: the machine. Out: [`Report`], which prints as text, as `bpftool feature` does but shorter.

use super::{fmod_ret, iter, kfunc, kprobe, lsm, map_type, program_type, raw_tracepoint_in_module};
use crate::attach;
use crate::error::Result;
use crate::kernel::btf::KERNEL_BTF;
use crate::kernel::config::{Config, Setting};
use crate::kernel::{pseudo, tracefs, version::Version};
use crate::load::rights::effective_capabilities;
use crate::requirements::Capability;
use crate::sys::probe;
use std::fmt;
use std::fs;
use std::path::Path;

/// What the running kernel can do; from [`report`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The kernel's release, such as `6.1.0-18-amd64`.
    pub release: String,
    /// Its lockdown mode, if it is locked down.
    pub lockdown: Option<String>,
    /// Whether it describes its types (BTF).
    pub btf: bool,
    /// Whether it compiles programs to machine code; `None` if it does not tell.
    pub jit: Option<bool>,
    /// The rights that matter, and whether this process has them.
    pub rights: Vec<(Capability, bool)>,
    /// What programs can be attached to.
    pub hooks: Vec<Feature>,
    /// Types of programs.
    pub program_types: Vec<Feature>,
    /// Types of maps.
    pub map_types: Vec<Feature>,
    /// Options it was built with, and whether they are on; `None` if it does not tell.
    pub config: Vec<(&'static str, Option<bool>)>,
}

/// Something that a kernel has or has not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Feature {
    /// What it is called.
    pub name: String,
    /// Why it is not there; `None` if it is.
    pub missing: Option<String>,
}

/// A question to the kernel, with the name of what it asks for.
type Ask = (&'static str, fn() -> Result<()>);

/// What programs attach to.
const HOOKS: [Ask; 9] = [
    ("kprobe", kprobe),
    ("uprobe", attach::has_uprobes),
    ("tracepoint", || tracefs::events().map(drop)),
    ("raw_tracepoint", || program_type("raw_tracepoint")),
    ("raw_tracepoint_in_module", raw_tracepoint_in_module),
    ("kfunc", kfunc),
    ("fmod_ret", fmod_ret),
    ("lsm", lsm),
    ("iter", iter),
];

/// Options that decide what programs can do.
const OPTIONS: [&str; 11] = [
    "CONFIG_BPF_SYSCALL",
    "CONFIG_BPF_JIT",
    "CONFIG_BPF_EVENTS",
    "CONFIG_BPF_LSM",
    "CONFIG_BPF_KPROBE_OVERRIDE",
    "CONFIG_CGROUP_BPF",
    "CONFIG_DEBUG_INFO_BTF",
    "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
    "CONFIG_FTRACE_SYSCALLS",
    "CONFIG_KPROBE_EVENTS",
    "CONFIG_UPROBE_EVENTS",
];

const RIGHTS: [Capability; 4] = [
    Capability::Bpf,
    Capability::Perfmon,
    Capability::NetAdmin,
    Capability::SysAdmin,
];

/// Asks the running kernel for all that it can do, which takes some milliseconds.
///
/// Nothing of it fails: what cannot be asked has that for a reason.
///
/// ```no_run
/// print!("{}", bcc_runtime::support::report());
/// ```
#[must_use]
pub fn report() -> Report {
    let held = effective_capabilities().unwrap_or_default();
    let config = Config::running();
    let option = |name: &'static str| match config.setting(name) {
        Setting::Defined(..) => (name, Some(true)),
        Setting::Off => (name, Some(false)),
        Setting::Unknown => (name, None),
    };
    Report {
        release: Version::release().unwrap_or_default(),
        lockdown: pseudo::lockdown(),
        btf: Path::new(KERNEL_BTF).exists(),
        jit: jit(),
        rights: RIGHTS.map(|it| (it, held & 1 << it.number() != 0)).into(),
        hooks: HOOKS.map(|(name, ask)| feature(name, ask())).into(),
        program_types: features(&probe::program_types(), program_type),
        map_types: features(&probe::map_types(), map_type),
        config: OPTIONS.map(option).into(),
    }
}

fn feature(name: &str, answer: Result<()>) -> Feature {
    Feature {
        name: name.to_owned(),
        missing: answer.err().map(|error| error.to_string()),
    }
}

/// The first name stands for none.
fn features(names: &[String], ask: impl Fn(&str) -> Result<()>) -> Vec<Feature> {
    let names = names.iter().skip(1);
    names.map(|name| feature(name, ask(name))).collect()
}

fn jit() -> Option<bool> {
    let text = fs::read_to_string("/proc/sys/net/core/bpf_jit_enable").ok()?;
    Some(text.trim() != "0")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |is: bool| if is { "yes" } else { "no" };
        let maybe = |is: Option<bool>| is.map_or("not told", yes);
        writeln!(f, "kernel: Linux {}", self.release)?;
        let lockdown = self.lockdown.as_deref().unwrap_or("none");
        writeln!(f, "lockdown: {lockdown}")?;
        writeln!(f, "types (BTF): {}", yes(self.btf))?;
        writeln!(f, "compiler (JIT): {}", maybe(self.jit))?;
        let rights = self.rights.iter();
        let rights: Vec<String> = rights
            .map(|(right, is)| format!("{right} {}", yes(*is)))
            .collect();
        writeln!(f, "rights: {}", rights.join(", "))?;
        writeln!(f, "attaches to:")?;
        for hook in &self.hooks {
            let missing = hook.missing.as_deref();
            let answer = missing.map_or("yes".to_owned(), |reason| format!("no: {reason}"));
            writeln!(f, "  {}: {answer}", hook.name)?;
        }
        for (words, list) in [
            ("types of programs", &self.program_types),
            ("types of maps", &self.map_types),
        ] {
            writeln!(f, "{words}: {}", names(list, true))?;
            writeln!(f, "  not: {}", names(list, false))?;
        }
        writeln!(f, "built with:")?;
        for (option, is) in &self.config {
            writeln!(f, "  {option}: {}", maybe(*is))?;
        }
        Ok(())
    }
}

fn names(list: &[Feature], there: bool) -> String {
    let wanted = list.iter().filter(|it| it.missing.is_none() == there);
    let names: Vec<&str> = wanted.map(|it| it.name.as_str()).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
