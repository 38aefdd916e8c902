//! What can be probed, with its arguments.
//!
//! Each function takes a regular expression, as those that only give names do:
//! [`get_kprobe_functions`] and its like. USDT probes are listed, with their arguments, by
//! [`Usdt::probes`](super::Usdt::probes).
//!
//! ```no_run
//! use bcc_runtime::attach::list;
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! for tracepoint in list::tracepoints("sched:sched_process_")? {
//!     println!("{tracepoint}");
//! }
//! for function in list::kernel_functions("vfs_re.*")? {
//!     println!("{function}");
//! }
//! # Ok(())
//! # }
//! ```

use super::elf;
use super::functions::{functions_in, get_kprobe_functions};
use super::pattern::Pattern;
use crate::error::Result;
use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::format::Format;
use crate::kernel::functions::{Signature, raw_tracepoints as typed_raw_tracepoints};
use crate::kernel::{spelled, tracefs};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// An argument of a function or of a raw tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Argument {
    /// Its name; empty if the kernel does not keep it.
    pub name: String,
    /// Its type as C spells it: `struct sock *`.
    pub ty: String,
}

/// A function of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KernelFunction {
    /// Its name.
    pub name: String,
    /// Its type; `None` if the kernel does not describe it, or describes several of the name.
    pub prototype: Option<Prototype>,
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prototype {
    /// The arguments, in order.
    pub arguments: Vec<Argument>,
    /// Whether others may follow.
    pub variadic: bool,
    /// The type of the result, `void` if there is none.
    pub returns: String,
    /// All of it as a declaration in C.
    pub text: String,
}

/// A tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tracepoint {
    /// Its category.
    pub category: String,
    /// Its event.
    pub event: String,
    /// The fields of its record that programs can read, in order.
    pub fields: Vec<TracepointField>,
}

/// A field of a tracepoint's record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TracepointField {
    /// Its name, as the kernel has it; one of dynamic length is `data_loc_NAME` in `args`.
    pub name: String,
    /// Its type as the kernel spells it: `char[16]`, `__data_loc char[]`.
    pub ty: String,
    /// Where it begins, in bytes from the start of the record.
    pub offset: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it is a number with a sign.
    pub signed: bool,
}

/// A raw tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawTracepoint {
    /// Its name.
    pub name: String,
    /// The types of `ctx->args[0]` and those behind it, whose names the kernel does not keep;
    /// `None` if a module has it, or if the kernel does not describe its types.
    pub arguments: Option<Vec<String>>,
}

/// A function of a library or binary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct UserFunction {
    /// Its name.
    pub name: String,
    /// Its address in the file, which [`UprobeOpts`](super::UprobeOpts) take.
    pub address: u64,
}

/// The kernel functions that can be probed and whose whole names match, with their types, sorted.
///
/// What is left out is said at [`get_kprobe_functions`]. Whether this kernel has kprobes is another
/// question: [`support::kprobe`](crate::support::kprobe).
///
/// # Errors
/// As [`get_kprobe_functions`].
pub fn kernel_functions(event_re: &str) -> Result<Vec<KernelFunction>> {
    let names = get_kprobe_functions(event_re)?;
    let btf = Btf::read(Path::new(KERNEL_BTF)).ok();
    let prototypes = btf.map(|btf| prototypes(&btf, &names)).unwrap_or_default();
    let with_type = |name: String| KernelFunction {
        prototype: prototypes.get(&name).cloned(),
        name,
    };
    Ok(names.into_iter().map(with_type).collect())
}

/// The tracepoints whose names, `category:event`, begin with a match, with their fields, sorted.
///
/// # Errors
/// `InvalidInput` if it is no regular expression; otherwise if tracefs is not available.
pub fn tracepoints(tp_re: &str) -> Result<Vec<Tracepoint>> {
    let pattern = Pattern::start(tp_re)?;
    let mut found = Vec::new();
    for (category, event) in tracefs::events()? {
        if !pattern.matches(&format!("{category}:{event}")) {
            continue;
        }
        // A module may go meanwhile.
        if let Ok(text) = tracefs::format(&category, &event) {
            found.push(Tracepoint {
                fields: Format::parse(&text).listed().collect(),
                category,
                event,
            });
        }
    }
    Ok(found)
}

/// The raw tracepoints whose names begin with a match, with the types of their arguments, sorted.
///
/// Some of them have no record, and so are no [tracepoints].
///
/// # Errors
/// `InvalidInput` if it is no regular expression; otherwise if tracefs is not available.
pub fn raw_tracepoints(re: &str) -> Result<Vec<RawTracepoint>> {
    let pattern = Pattern::start(re)?;
    let btf = Btf::read(Path::new(KERNEL_BTF)).ok();
    let typed = btf.as_ref().map(typed_raw_tracepoints).unwrap_or_default();
    let mut found: BTreeMap<String, Option<Vec<String>>> = BTreeMap::new();
    for (_, event) in tracefs::events()? {
        found.insert(event, None);
    }
    // Those of system calls share two that have names of their own.
    found.retain(|name, _| typed.is_empty() || !is_of_system_call(name));
    for (name, types) in typed {
        let spell = |ty| btf.as_ref().map(|btf| spelled::spell(btf, ty));
        found.insert(name, Some(types.into_iter().filter_map(spell).collect()));
    }
    let chosen = found.into_iter().filter(|(name, _)| pattern.matches(name));
    let chosen = chosen.map(|(name, arguments)| RawTracepoint { name, arguments });
    Ok(chosen.collect())
}

/// The functions of a library or binary, given like to `attach_uprobe`, whose names begin with a
/// match, with their addresses, sorted.
///
/// # Errors
/// As [`get_user_functions`](super::get_user_functions).
pub fn functions_of(binary: impl AsRef<Path>, sym_re: &str) -> Result<Vec<UserFunction>> {
    let found = functions_in(binary.as_ref(), sym_re)?;
    let found: BTreeSet<UserFunction> = found
        .into_iter()
        .map(|elf::Function { name, address, .. }| UserFunction { name, address })
        .collect();
    Ok(found.into_iter().collect())
}

fn is_of_system_call(event: &str) -> bool {
    event.starts_with("sys_enter_") || event.starts_with("sys_exit_")
}

/// The types of functions by their names; none for names with several types.
fn prototypes(btf: &Btf, names: &[String]) -> HashMap<String, Prototype> {
    let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
    let mut found: HashMap<String, Option<Signature>> = HashMap::new();
    for (name, signature) in Signature::all(btf) {
        if !wanted.contains(name) {
            continue;
        }
        let known = found
            .entry(name.to_owned())
            .or_insert_with(|| Some(signature.clone()));
        if known.as_ref() != Some(&signature) {
            *known = None;
        }
    }
    let single = found
        .into_iter()
        .filter_map(|(name, signature)| Some((name, signature?)));
    single
        .map(|(name, signature)| {
            let prototype = prototype(btf, &name, &signature);
            (name, prototype)
        })
        .collect()
}

fn prototype(btf: &Btf, name: &str, signature: &Signature) -> Prototype {
    let arguments = signature.params.iter().map(|(name, ty)| Argument {
        name: name.clone(),
        ty: spelled::spell(btf, *ty),
    });
    Prototype {
        arguments: arguments.collect(),
        variadic: signature.variadic,
        returns: spelled::spell(btf, signature.returns),
        text: spelled::prototype(btf, name, signature),
    }
}

impl fmt::Display for KernelFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.prototype {
            Some(prototype) => f.write_str(&prototype.text),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Display for Tracepoint {
    /// The name, and a line for each field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.category, self.event)?;
        for field in &self.fields {
            write!(f, "\n    {field}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TracepointField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            ty,
            offset,
            size,
            ..
        } = self;
        write!(f, "{ty} {name} (offset {offset}, size {size})")
    }
}

impl fmt::Display for RawTracepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.arguments {
            Some(types) => write!(f, "({})", types.join(", ")),
            None => Ok(()),
        }
    }
}
