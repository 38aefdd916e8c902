//! Whether a program will run on a machine, found out without loading it.
//!
//! In: what the text asks for, and how it would be started. Out: [`Preflight`], all that is in the
//! way. It speaks only where it is certain; clang is not run, so that what only clang knows is not
//! looked into.

mod arguments;
mod by_types;
mod machine;
mod members;
mod memory;

use crate::compile;
use crate::error::{ErrorKind, Result};
use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::format::Format;
use crate::kernel::functions::Signature;
use crate::kernel::header::FLAVOR;
use crate::kernel::tracefs;
use crate::load::StartOptions;
use crate::requirements::{MemberItem, Place, Target};
use crate::spec::{AttachSpec, Hook, ProbeSpec, Spec};
use members::Found;
use std::fmt;
use std::path::Path;

/// What stands in the way of a program on a machine; from
/// [`Builder::preflight`](crate::Builder::preflight).
///
/// It prints as one report: a line for each finding, and what could not be looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preflight {
    /// The program's name.
    pub name: String,
    /// The file of the program text, which lines refer to.
    pub file: String,
    /// What stands in the way.
    pub findings: Vec<Finding>,
    /// What could not be looked into, and why.
    pub unchecked: Vec<String>,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// The function of the program text, if it concerns one.
    pub program: Option<String>,
    /// Where the text asks for it, if that is known.
    pub place: Option<Place>,
    /// What is wrong, and the way out.
    pub message: String,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// What a program attaches to is not there, or cannot be attached to.
    Target,
    /// The arguments a program names do not fit those of the function.
    Arguments,
    /// A struct of the kernel, or a member of one, is not there.
    Member,
    /// A tracepoint has no such field.
    Field,
    /// The kernel lacks a helper, a type of map or of program, or another feature.
    Kernel,
    /// The kernel was built without an option.
    Config,
    /// A right of this process is missing.
    Right,
    /// The maps take more memory than this process may have.
    Memory,
    /// The kernel does not describe its types.
    Types,
    /// The kernel is locked down.
    Lockdown,
}

impl Preflight {
    /// Whether nothing stands in the way, as far as it was looked into.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.findings.len() {
            0 => writeln!(f, "`{name}`: nothing stands in the way")?,
            1 => writeln!(f, "`{name}`: 1 thing stands in the way")?,
            more => writeln!(f, "`{name}`: {more} things stand in the way")?,
        }
        for finding in &self.findings {
            f.write_str("  ")?;
            if let Some(place) = finding.place {
                write!(f, "{}:{}:{}: ", self.file, place.line, place.column)?;
            }
            writeln!(f, "{finding}")?;
        }
        for reason in &self.unchecked {
            writeln!(f, "  not looked into: {reason}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(program) = &self.program {
            write!(f, "`{program}`: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Whether a struct has a member, which may stand behind others; `None` if there is no such struct.
pub(crate) fn has_member(btf: &Btf, owner: &str, path: &str) -> Option<bool> {
    members::has(btf, owner, path)
}

/// Looks into all that can be told.
///
/// `sizes` is what the user says of the sizes of maps, by name.
pub(crate) fn run(
    spec: &Spec,
    options: &StartOptions,
    sizes: &[(String, u32)],
) -> Result<Preflight> {
    options.missing.check_names(spec)?;
    let file = options.types_file();
    let read = Btf::read(file.as_deref().unwrap_or(Path::new(KERNEL_BTF)));
    let mut run = Run {
        spec,
        options,
        report: Preflight {
            name: spec.name.to_string(),
            file: spec.requirements.file.to_string(),
            findings: Vec::new(),
            unchecked: Vec::new(),
        },
    };
    // A file that somebody names has to be one; a kernel may have no types.
    let btf = match (read, &file) {
        (Err(error), Some(_)) => return Err(error),
        (Err(error), None) => {
            run.without_types(&error.to_string());
            None
        }
        (Ok(btf), _) => Some(btf),
    };
    if let (Some(btf), Some(file)) = (&btf, &file) {
        run.look_at_types(btf, &file.display().to_string());
    } else {
        run.look_at_machine();
        run.look_at_memory(sizes);
    }
    if let Some(btf) = btf {
        run.look_at_arguments(&btf);
        run.look_at_members(&btf, file.is_none());
    }
    run.report
        .findings
        .sort_by_key(|it| (it.place.is_none(), it.place, it.kind));
    Ok(run.report)
}

/// One look at a program.
struct Run<'a> {
    spec: &'a Spec,
    options: &'a StartOptions,
    report: Preflight,
}

impl<'a> Run<'a> {
    fn add(&mut self, kind: FindingKind, target: Option<&Target>, message: String) {
        self.report.findings.push(Finding {
            kind,
            program: target.map(|target| target.program.to_string()),
            place: target.map(|target| target.place),
            message,
        });
    }

    fn add_at(&mut self, kind: FindingKind, place: Option<Place>, message: String) {
        self.report.findings.push(Finding {
            kind,
            program: None,
            place,
            message,
        });
    }

    fn leave(&mut self, what: String) {
        if !self.report.unchecked.contains(&what) {
            self.report.unchecked.push(what);
        }
    }

    fn without_types(&mut self, reason: &str) {
        if compile::uses_headers(self.options) {
            self.leave(format!("arguments: {reason}"));
        } else {
            self.add_at(FindingKind::Types, None, reason.to_owned());
        }
    }

    /// The programs that are there on every kernel and have to be, with what they name.
    fn programs(&self) -> Vec<(&'a ProbeSpec, &'a Target)> {
        let spec: &'a Spec = self.spec;
        let targets = spec.requirements.targets.iter();
        let policy = &self.options.missing;
        let certain = targets
            .filter(|it| it.certain && policy.wants(&it.program) && !policy.may_miss(&it.program));
        let found = certain.filter_map(|target| {
            let mut probes = spec.probes.iter();
            let probe = probes.find(|probe| probe.name == target.program)?;
            Some((probe, target))
        });
        found.collect()
    }

    fn look_at_arguments(&mut self, btf: &Btf) {
        for (probe, target) in self.programs() {
            let (function, result) = match &probe.attach {
                AttachSpec::Kprobe { function } => (function.to_string(), false),
                AttachSpec::Trampoline {
                    hook,
                    module: None,
                    function,
                    ..
                } => match hook {
                    Hook::Lsm => (format!("bpf_lsm_{function}"), true),
                    Hook::Kfunc => (function.to_string(), false),
                    Hook::Kretfunc | Hook::KmodRet => (function.to_string(), true),
                },
                _ => continue,
            };
            let Some(signature) = Signature::find(btf, &function) else {
                continue;
            };
            let named = &target.arguments;
            let faults = arguments::faults(btf, &function, &signature, named, result);
            // How many a hook names was counted with the target.
            let is_hook = matches!(probe.attach, AttachSpec::Trampoline { .. });
            let is_counted = self
                .report
                .findings
                .iter()
                .any(|it| is_hook && it.program.as_deref() == Some(&*probe.name));
            for fault in faults.into_iter().filter(|_| !is_counted) {
                self.add(FindingKind::Arguments, Some(target), fault);
            }
        }
    }

    fn look_at_members(&mut self, btf: &Btf, is_running: bool) {
        let cflags = &self.options.cflags;
        if compile::uses_headers(self.options) {
            self.leave("members of structs: they are those of the kernel's headers".to_owned());
            return;
        }
        if compile::includes_own_file(self.spec, cflags) {
            let text = "members of structs: the text includes a file that only clang reads";
            self.leave(text.to_owned());
            return;
        }
        let has_meaning = compile::prelude_defines();
        let is_flag = |name: &str| cflags.iter().any(|flag| is_definition_of(flag, name));
        let spec: &'a Spec = self.spec;
        let mut items: Vec<&MemberItem> = spec.requirements.members.iter().collect();
        items.sort_by_key(|item| item.place);
        for item in items {
            let last = item.path.rsplit('.').next().unwrap_or_default();
            // A name of another version of the type, which libbpf reads up to there.
            let is_flavour = item.owner.contains(FLAVOR);
            if is_flavour || has_meaning(last) || has_meaning(&item.owner) || is_flag(last) {
                continue;
            }
            let tracepoints = &mut spec.tracepoints.iter();
            let record = tracepoints
                .find(|(category, event)| item.owner == format!("tracepoint__{category}__{event}"));
            match record {
                // The records of other kernels are not among their types.
                Some((category, event)) if is_running => self.look_at_field(item, category, event),
                Some(_) => {}
                None => self.look_at_member(btf, item, is_running),
            }
        }
    }

    fn look_at_member(&mut self, btf: &Btf, item: &MemberItem, is_running: bool) {
        let (owner, path) = (&*item.owner, &*item.path);
        let mut found = members::find(btf, owner, path);
        if found == Found::NoStruct && is_running {
            if let Ok(Some(more)) = btf.with_modules(&[owner]) {
                found = members::find(&more, owner, path);
            }
        } else if found == Found::NoStruct {
            // A module may have it.
            return;
        }
        let message = match found {
            Found::Fine => return,
            Found::NoStruct => format!(
                "this kernel has no `struct {owner}`; if a module has it, load the module first \
                 (`modprobe`)"
            ),
            Found::Missing(record, offer) => {
                let member = path.rsplit('.').next().unwrap_or(path);
                format!(
                    "`{record}` has no `{member}` in this kernel{offer}; what only some kernels \
                     have can be asked for with `bpf_core_field_exists`"
                )
            }
        };
        // A struct that is not there is missing once, whichever of its members are named.
        if !self.report.findings.iter().any(|it| it.message == message) {
            self.add_at(FindingKind::Member, Some(item.place), message);
        }
    }

    fn look_at_field(&mut self, item: &MemberItem, category: &str, event: &str) {
        let format = match tracefs::format(category, event) {
            Ok(text) => Format::parse(&text),
            // The target says so.
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) => {
                self.leave(format!("fields of tracepoints: {error}"));
                return;
            }
        };
        let fields: Vec<String> = format.places().map(|(name, _)| name).collect();
        let first = item.path.split('.').next().unwrap_or_default();
        if !fields.iter().any(|field| field == first) {
            let offer = crate::nearest::offer(first, fields);
            let message = format!(
                "tracepoint `{category}:{event}` has no field `{first}` in this kernel{offer}"
            );
            self.add_at(FindingKind::Field, Some(item.place), message);
        }
    }
}

/// Whether a flag for clang is `-DNAME` or `-DNAME=VALUE`.
fn is_definition_of(flag: &str, name: &str) -> bool {
    let rest = flag
        .strip_prefix("-D")
        .and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}
