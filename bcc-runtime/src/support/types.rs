//! Types of maps and programs, and helpers, asked of the kernel one by one.
//!
//! In: names. Out: `Ok`, or why not. The kernel answers once; the answers are kept.

use super::unsupported;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::has;
use crate::load::rights;
use crate::nearest::offer;
use crate::sys::probe;
use bcc_lang::dialect::versions;
use bcc_lang::version::KernelVersion;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A question, by numbers of the kernel's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    MapType(u32),
    ProgramType(u32),
    Helper(u32, u32),
}

/// What the kernel has answered.
static ANSWERS: Mutex<BTreeMap<Question, bool>> = Mutex::new(BTreeMap::new());

/// Maps of a type, by the kernel's constant, such as `BPF_MAP_TYPE_RINGBUF`, or the name that
/// `bpftool` has for it, such as `ringbuf`.
///
/// The kernel is asked with a small map, which is gone again at once; the answer is kept.
///
/// # Errors
/// `Unsupported` if this kernel has none; `PermissionDenied` without the right to ask;
/// `InvalidInput`, with the nearest names, if there is no such type.
pub fn map_type(name: &str) -> Result<()> {
    let names = probe::map_types();
    let (number, short) = number(name, "BPF_MAP_TYPE_", "type of map", &names)?;
    answer(Question::MapType(number), || {
        let constant = format!("BPF_MAP_TYPE_{}", short.to_uppercase());
        let since = since(versions::map_type(&constant));
        format!("this kernel has no maps of the type `{short}`{since}")
    })
}

/// Programs of a type, by the kernel's constant, such as `BPF_PROG_TYPE_XDP`, or the name that
/// `bpftool` has for it, such as `xdp`.
///
/// That there are kprobe programs does not mean that there are kprobes: see
/// [`kprobe`](super::kprobe), [`kfunc`](super::kfunc) and the like.
///
/// # Errors
/// `Unsupported` if this kernel has none; `PermissionDenied` without the right to ask;
/// `InvalidInput`, with the nearest names, if there is no such type.
pub fn program_type(name: &str) -> Result<()> {
    let names = probe::program_types();
    let (number, short) = number(name, "BPF_PROG_TYPE_", "type of program", &names)?;
    answer(Question::ProgramType(number), || {
        format!("this kernel has no programs of the type `{short}`")
    })
}

/// A helper in programs of a type, as [`program_type`] takes it: `helper("kprobe", "bpf_loop")`.
///
/// # Errors
/// `Unsupported` if this kernel does not have it, or not for such programs; `PermissionDenied`
/// without the right to ask; `KernelTypes` if the kernel does not describe its types, which number
/// the helpers; `InvalidInput` if there is no such type of program, or one whose helpers depend on
/// what it attaches to: `tracing`, `lsm`, `ext` and `struct_ops`.
pub fn helper(program_type: &str, name: &str) -> Result<()> {
    let names = probe::program_types();
    let (program, short) = number(program_type, "BPF_PROG_TYPE_", "type of program", &names)?;
    let bare = name.strip_prefix("BPF_FUNC_").or(name.strip_prefix("bpf_"));
    let bare = bare.unwrap_or(name);
    let btf = Btf::read(Path::new(KERNEL_BTF))?;
    let Some(helper) = has::helper_number(&btf, bare)? else {
        return Err(no_helper(bare, &btf));
    };
    if HOOKS.contains(&&*short) {
        let text = format!(
            "which helpers a program of the type `{short}` may call depends on what it attaches to; \
             ask for another type, such as `kprobe`"
        );
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    answer(Question::Helper(program, helper), || {
        format!("this kernel lets no program of the type `{short}` call `bpf_{bare}`")
    })
}

/// Types of programs whose helpers libbpf cannot ask for.
const HOOKS: [&str; 4] = ["tracing", "ext", "lsm", "struct_ops"];

fn no_helper(bare: &str, btf: &Btf) -> Error {
    let name = format!("bpf_{bare}");
    if let Some(since) = versions::helper(&name) {
        let text = format!("this kernel has no `{name}`, which came with Linux {since}");
        return Error::new(ErrorKind::Unsupported, text);
    }
    let known = has::enumerators(btf).unwrap_or_default();
    let known = known.iter().filter_map(|one| one.strip_prefix("BPF_FUNC_"));
    let offer = offer(&name, known.map(|bare| format!("bpf_{bare}")));
    unsupported(format!("this kernel has no helper `{name}`{offer}"))
}

fn since(version: Option<KernelVersion>) -> String {
    let words = |since| format!(", which came with Linux {since}");
    version.map(words).unwrap_or_default()
}

/// The number of a type, and its short name.
fn number(name: &str, prefix: &str, what: &str, names: &[String]) -> Result<(u32, String)> {
    let short = name.strip_prefix(prefix).unwrap_or(name).to_lowercase();
    // The first is none.
    let mut known = (0_u32..).zip(names).skip(1);
    if let Some((number, _)) = known.find(|(_, known)| **known == short) {
        return Ok((number, short));
    }
    let offer = offer(&short, names.iter().skip(1).cloned());
    let text = format!("`{name}` is no {what}{offer}");
    Err(Error::new(ErrorKind::InvalidInput, text))
}

fn answer(question: Question, no: impl FnOnce() -> String) -> Result<()> {
    if ask(question)? {
        Ok(())
    } else {
        Err(unsupported(no()))
    }
}

fn ask(question: Question) -> Result<bool> {
    // A panic while it was locked leaves nothing half done.
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = answers.get(&question) {
        return Ok(*known);
    }
    // libbpf takes every refusal for a no.
    rights::check().context("no right to ask the kernel what it can do; run as root")?;
    let said = ask_kernel(question).context("the kernel does not say whether it can")?;
    answers.insert(question, said);
    Ok(said)
}

fn ask_kernel(question: Question) -> io::Result<bool> {
    match question {
        Question::MapType(kind) => probe::map_type(kind),
        Question::ProgramType(kind) => probe::program_type(kind),
        Question::Helper(program, helper) => probe::helper(program, helper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constants and short names; a name that is none gets the nearest.
    #[test]
    fn numbers_names() {
        let names = ["unspec", "hash", "array"].map(str::to_owned);
        let found = |name: &str| number(name, "BPF_MAP_TYPE_", "type of map", &names);
        assert_eq!(found("hash").expect("it is one").0, 1);
        assert_eq!(found("BPF_MAP_TYPE_ARRAY").expect("it is one").0, 2);
        assert!(found("unspec").is_err());
        let error = found("BPF_MAP_TYPE_HASCH").expect_err("it is none");
        let text = "`BPF_MAP_TYPE_HASCH` is no type of map; nearest names: `hash`";
        assert_eq!(error.to_string(), text);
    }
}
