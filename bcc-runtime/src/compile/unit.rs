//! The one text clang gets.
//!
//! In: a [`Spec`], the kernel's types and tracepoints, libbpf's headers, the prelude. Out:
//! [`Unit`]: everything the program includes, in front of the program, with `#line` marks so that
//! messages name the right file.

use super::prelude::{Choice, Prelude};
use super::words::words;
use super::{asked, find, flags, libbpf};
use crate::error::Result;
use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::format::Format;
use crate::kernel::header::{self, Wanted};
use crate::kernel::tracefs;
use crate::kernel::version::Version;
use crate::load::StartOptions;
use crate::spec::{Spec, Text};
use crate::sys::machine;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::Path;

/// Types libbpf's headers need and the kernel has under the same names, everywhere alike.
const BASE_TYPES: &str = "\
#define __VMLINUX_H__
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
";

/// Contexts whose members are reached through macros of libbpf's headers, and so by no name in the
/// program. All their members are declared.
const WHOLE: [&str; 4] = [
    "pt_regs",
    "user_pt_regs",
    "bpf_raw_tracepoint_args",
    "bpf_perf_event_data",
];

/// A text ready for clang.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) text: String,
    /// Words for messages: the kernel the types come from.
    pub(super) kernel: Version,
}

/// Puts the text together.
pub(super) fn assemble(spec: &Spec, options: &StartOptions) -> Result<Unit> {
    let kernel = Version::running()?;
    let formats = read_formats(spec)?;
    let running = running_definitions(kernel, options.version_code);
    let prelude = Prelude::new(&running);
    let text = Program::new(spec);
    let members = spec.kernel_members.iter().map(AsRef::as_ref);
    let choice = prelude.choose(text.names.iter().copied(), members, &text.own_words);
    let btf = Btf::read(options.btf_path.as_deref().unwrap_or(Path::new(KERNEL_BTF)))?;
    let header = header::write(&btf, &wanted(spec, &text, &choice, &formats))?;
    let mut out = version_check();
    section(&mut out, "kernel types", BASE_TYPES);
    out.push_str(&header.text);
    for (category, event, format) in &formats {
        out.push_str(&format.write(category, event, &header));
    }
    libbpf::write(&mut out, spec, &text.words);
    section(&mut out, "prelude", &prelude.write(&choice, &header));
    let own = |path: &str| is_own_file(path, &options.cflags);
    section(&mut out, &spec.name, &includes_but(&spec.source, own));
    Ok(Unit { text: out, kernel })
}

/// The program's words, sorted by what they are.
struct Program<'a> {
    words: HashSet<&'a str>,
    /// Names of its own variables, members and macros.
    own_words: HashSet<&'a str>,
    /// Names of the kernel.
    names: BTreeSet<&'a str>,
}

impl<'a> Program<'a> {
    fn new(spec: &'a Spec) -> Self {
        let mut names: BTreeSet<&str> = spec.kernel_names.iter().map(AsRef::as_ref).collect();
        let all: HashSet<&str> = words(&spec.source).map(|word| word.text).collect();
        let own_words = spec.kernel_locals.iter().chain(spec.kernel_defined.iter());
        let own_words = own_words.map(AsRef::as_ref).collect();
        names.extend(libbpf::kernel_names(&all));
        Self {
            words: all,
            own_words,
            names,
        }
    }
}

/// All the kernel's header shall have.
fn wanted<'a>(
    spec: &'a Spec,
    program: &'a Program<'a>,
    choice: &'a Choice<'a>,
    formats: &'a [(&Text, &Text, Format)],
) -> Wanted<'a> {
    let mut names: HashSet<&str> = choice.names.iter().copied().collect();
    for (_, _, format) in formats {
        names.extend(format.kernel_names(&choice.members));
    }
    let full = WHOLE
        .into_iter()
        .filter(|name| program.words.contains(name) || names.contains(name));
    let full = full.collect();
    let own = spec.kernel_defined.iter().map(AsRef::as_ref).collect();
    Wanted {
        names,
        members: choice.members.clone(),
        full,
        own,
        asked: asked::find(&spec.source),
    }
}

fn read_formats(spec: &Spec) -> Result<Vec<(&Text, &Text, Format)>> {
    let mut formats = Vec::new();
    for (category, event) in spec.tracepoints.iter() {
        let text = tracefs::format(category, event)?;
        formats.push((category, event, Format::parse(&text)));
    }
    Ok(formats)
}

/// Definitions that only the running system knows.
fn running_definitions(kernel: Version, wanted_code: Option<u32>) -> String {
    let from_environment = || {
        std::env::var("BCC_LINUX_VERSION_CODE")
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    let code = wanted_code
        .or_else(from_environment)
        .unwrap_or_else(|| kernel.code());
    let shift = machine::page_size().trailing_zeros();
    let cpus = machine::online_cpus();
    format!(
        "#define LINUX_VERSION_CODE {code}\n\
         #define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))\n\
         #define PAGE_SHIFT {shift}\n\
         #define PAGE_SIZE (1UL << PAGE_SHIFT)\n\
         #define PAGE_MASK (~(PAGE_SIZE - 1))\n\
         #define bpf_num_cpus() {cpus}\n"
    )
}

/// Refuses a clang that is too old, so that nobody has to ask for its version.
pub(super) fn version_check() -> String {
    let (oldest, text) = (find::OLDEST, find::TOO_OLD);
    format!(
        "#if !defined(__clang_major__) || __clang_major__ < {oldest}\n#error \"{text}\"\n#endif\n"
    )
}

/// Starts a part of the text that messages name.
pub(super) fn section(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "#line 1 \"<{name}>\"");
    out.push_str(text);
}

/// A text in which `#include` lines are empty: what they name stands in front already.
pub(super) fn without_includes(text: &str) -> String {
    includes_but(text, |_| false)
}

/// A text in which `#include` lines are empty, but those of `"files"` for which `keeps` says so.
fn includes_but(text: &str, keeps: impl Fn(&str) -> bool) -> String {
    let is_dropped = |line: &str| {
        let directive = line.trim_start().strip_prefix('#').map(str::trim_start);
        let Some(path) = directive.and_then(|directive| directive.strip_prefix("include")) else {
            return false;
        };
        let quoted = path
            .trim()
            .strip_prefix('"')
            .and_then(|path| path.split('"').next());
        !quoted.is_some_and(&keeps)
    };
    text.lines()
        .flat_map(|line| [if is_dropped(line) { "" } else { line }, "\n"])
        .collect()
}

/// Whether a file of the user's is where clang finds it: here, or in a folder of the flags.
fn is_own_file(path: &str, cflags: &[String]) -> bool {
    let here = std::iter::once(Path::new(""));
    here.chain(flags::include_folders(cflags))
        .any(|folder| folder.join(path).is_file())
}
