//! The one text clang gets.
//!
//! In: a [`Spec`], the kernel's types and tracepoints, libbpf's headers, the prelude. Out:
//! [`Unit`]: everything the program includes, in front of the program, with `#line` marks so that
//! messages name the right file. The types are written out from the kernel's BTF, or come from
//! `#include`s of its real headers.

use super::includes::{includes_but, includes_own_file, own_file};
use super::prelude::{Choice, Prelude};
use super::program::Program;
use super::skeleton::skeleton;
use super::words::{Role, Word, words};
use super::{asked, bits, configuration, core_reads, find, libbpf};
use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::format::Format;
use crate::kernel::header::{self, FLAVOR, Header, Places, Wanted};
use crate::kernel::tracefs;
use crate::kernel::version::Version;
use crate::load::StartOptions;
use crate::spec::{Spec, Text};
use crate::sys::machine;
use std::collections::HashSet;
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

/// Headers every program has that is compiled with the kernel's own: what bcc's programs rely on,
/// and what libbpf's headers need.
const BASE_HEADERS: &str = "\
#ifdef CONFIG_FUNCTION_TRACER
#define CC_USING_FENTRY
#endif
#include <linux/types.h>
#include <linux/version.h>
#include <linux/ptrace.h>
#include <linux/log2.h>
#include <uapi/linux/bpf.h>
#include <uapi/linux/bpf_perf_event.h>
#include <asm/page.h>
";

/// With headers, clang writes no BTF for what libbpf would fill in at load; the configuration is
/// that of the headers.
const SYSCALL_WRAPPER: &str = "\
#define LINUX_HAS_SYSCALL_WRAPPER IS_ENABLED(CONFIG_ARCH_HAS_SYSCALL_WRAPPER)
";

/// In libbpf's header for USDT, what libbpf would fill in is a constant too.
const EMPTY_KCONFIG: &str =
    "#pragma push_macro(\"__kconfig\")\n#undef __kconfig\n#define __kconfig\n";
const FULL_KCONFIG: &str = "#pragma pop_macro(\"__kconfig\")\n";
/// Since this kernel, links of probes carry a cookie.
const ATTACH_COOKIES: Version = Version::new(5, 15, 0);

/// How the types of tracepoints' arguments are called; the formats give those.
const TRACEPOINT_TYPE: &str = "tracepoint__";

/// Where the kernel's types come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Types {
    /// From its BTF, for this kernel: members are where it has them, so that libbpf has nothing to
    /// relocate.
    Fixed,
    /// From its BTF, for kernels that have them elsewhere, too.
    Relocated,
    /// The same without any places: members are so many bytes apart.
    Apart(u64),
    /// From its headers.
    Headers,
}

impl Types {
    const fn places(self) -> Places {
        match self {
            Self::Apart(gap) => Places::Apart(gap),
            Self::Fixed | Self::Relocated | Self::Headers => Places::Kernel,
        }
    }

    const fn is_relocated(self) -> bool {
        matches!(self, Self::Relocated | Self::Apart(_))
    }
}

/// What the words begin with that ask libbpf about the kernel's types.
const RELOCATIONS: [&str; 4] = [
    "bpf_core_",
    "BPF_CORE_",
    "BPF_PROBE_READ",
    "__builtin_preserve_",
];

/// Whether the program itself, or a file that only clang sees, may ask libbpf about the kernel's types.
fn asks_for_relocation(spec: &Spec, options: &StartOptions) -> bool {
    let asks = |line: &str| {
        words(line).any(|word| {
            RELOCATIONS.iter().any(|start| word.text.starts_with(start))
                || word.text.contains(FLAVOR)
        })
    };
    // libbpf's own headers are there for everyone.
    let is_include = |line: &&str| line.trim_start().starts_with("#include");
    let mut lines = spec.source.lines().filter(|line| !is_include(line));
    lines.any(asks)
        || options.cflags.iter().any(|flag| asks(flag))
        || includes_own_file(spec, &options.cflags)
}

/// A text ready for clang.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) text: String,
    /// The same in parts, without libbpf's headers.
    pub(super) sources: Sources,
    /// Words for messages: the kernel the types come from.
    pub(super) kernel: Version,
    /// Whether the types come from the kernel's headers.
    pub(super) from_headers: bool,
    /// Why a tracepoint's struct is not there: the text may leave its program out, or not.
    pub(super) missing: Option<Error>,
    /// Whether the same kernel always gives the same text: it is not made of what may come and go,
    /// as modules do.
    pub(super) settled: bool,
}

/// Puts the text together.
pub(super) fn assemble(spec: &Spec, options: &StartOptions, types: Types) -> Result<Unit> {
    let from_headers = types == Types::Headers;
    let kernel = options.kernel()?;
    let (formats, missing) = read_formats(spec, options)?;
    let version_code = version_code(options)?;
    let running = running_definitions(kernel, version_code);
    let prelude = Prelude::new(&running);
    let program = Program::new(spec, &options.cflags);
    let members = spec.kernel_members.iter().map(AsRef::as_ref);
    let choice = prelude.choose(program.names.iter().copied(), members, &program.own_words);
    let parts = Parts {
        spec,
        options,
        formats: &formats,
        prelude: &prelude,
        program: &program,
        choice: &choice,
        kernel,
        relocated: types.is_relocated() || asks_for_relocation(spec, options),
        places: types.places(),
    };
    let mut text = version_check();
    let mut sources = Sources::default();
    if from_headers {
        parts.write_headers(&mut text, version_code);
        sources.program = spec.source.to_string();
    } else {
        sources = parts.sources()?;
        section(&mut text, "kernel types", &sources.types);
        libbpf::write(&mut text, spec, &parts.used());
        section(&mut text, "prelude", &sources.prelude);
        libbpf::write_behind_prelude(&mut text, spec);
    }
    let settled = !from_headers && sources.settled;
    let own = |path: &str| own_file(path, &options.cflags).is_some();
    sources.program = includes_but(&sources.program, own);
    section(&mut text, &spec.name, &sources.program);
    Ok(Unit {
        text,
        sources,
        kernel,
        from_headers,
        missing,
        settled,
    })
}

/// What there is of the text beside libbpf's headers.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The kernel's types, and records of tracepoints.
    pub(super) types: String,
    /// Constants, macros and functions that the types lack.
    pub(super) prelude: String,
    /// The program.
    pub(super) program: String,
    /// Whether all of it comes from the kernel itself, and nothing from modules or files.
    pub(super) settled: bool,
    /// Whether structs of the kernel have members.
    pub(super) has_members: bool,
    /// Whether some of them are bit-fields.
    pub(super) has_bits: bool,
    /// Types that libbpf may take for others.
    pub(super) ambiguous: HashSet<String>,
}

/// What stands in front of the program is made of.
struct Parts<'a> {
    spec: &'a Spec,
    options: &'a StartOptions,
    formats: &'a [Record<'a>],
    prelude: &'a Prelude<'a>,
    program: &'a Program<'a>,
    choice: &'a Choice<'a>,
    kernel: Version,
    /// Whether accesses to the kernel's types are relocated.
    relocated: bool,
    places: Places,
}

impl Parts<'_> {
    /// Types from the kernel's BTF, and all that goes with them.
    fn sources(&self) -> Result<Sources> {
        let used = self.used();
        let mut wanted = self.wanted();
        // The prelude's pieces use libbpf's macros as well.
        let behind_macros: Vec<&str> = libbpf::kernel_names(&used).collect();
        wanted.names.extend(&behind_macros);
        wanted.tags.extend(&behind_macros);
        let path = self.options.types_file();
        let btf = Btf::read(path.as_deref().unwrap_or(Path::new(KERNEL_BTF)))?;
        let mut header = header::write(&btf, &wanted)?;
        let missing = self.missing_types(&header);
        if path.is_none() && !missing.is_empty() {
            // A look into every module takes its time, so it waits until something is missing.
            if let Some(more) = btf.with_modules(&missing)? {
                header = header::write(&more, &wanted)?;
            }
        }
        let is_option = |word: &&str| word.starts_with(configuration::PREFIX);
        let settled = missing.is_empty() && !used.iter().any(is_option);
        let mut types = format!("{BASE_TYPES}{}", header.text);
        let own = |word: &str| self.program.own_words.contains(word);
        let words = used.iter().copied();
        types.push_str(&configuration::definitions(
            words,
            own,
            &self.options.cflags,
        )?);
        self.write_tracepoints(&mut types, &header);
        let mut prelude = self.prelude.write(self.choice, &header);
        let path = |name: &str| self.choice.path(self.prelude, name);
        let reads = bits::rewrite(&self.spec.source, &header, path);
        prelude.push_str(&reads.definitions);
        // Types of a file that only clang sees might be taken for the kernel's.
        let program = if !self.relocated || includes_own_file(self.spec, &self.options.cflags) {
            reads.source
        } else {
            core_reads::rewrite(&reads.source, &header, path)
        };
        Ok(Sources {
            types,
            prelude,
            program,
            settled,
            has_members: !header.members.is_empty(),
            has_bits: !header.bit_fields.is_empty(),
            ambiguous: header.ambiguous,
        })
    }

    /// All the kernel's header shall have.
    fn wanted(&self) -> Wanted<'_> {
        let Self {
            spec,
            program,
            choice,
            formats,
            prelude,
            ..
        } = self;
        let mut names: HashSet<&str> = choice.names.iter().copied().collect();
        let mut tags: HashSet<&str> = program.tags.union(&choice.tags).copied().collect();
        let behind_names: Vec<&str> = tags
            .iter()
            .flat_map(|tag| prelude.definition(tag))
            .collect();
        tags.extend(behind_names);
        for (_, _, format) in *formats {
            let of_fields: Vec<&str> = format.kernel_names(&choice.members).collect();
            names.extend(&of_fields);
            tags.extend(&of_fields);
        }
        let full = WHOLE
            .into_iter()
            .filter(|name| program.words.contains(name) || names.contains(name));
        let full = full.collect();
        let own = spec.kernel_defined.iter().map(AsRef::as_ref).collect();
        Wanted {
            relocated: self.relocated,
            places: self.places,
            known: names
                .iter()
                .filter_map(|name| Some((*name, prelude.number(name)?)))
                .collect(),
            names,
            tags,
            members: choice.members.clone(),
            full,
            own,
            asked: asked::find(&spec.source),
        }
    }

    /// The kernel's headers, and all that goes with them.
    fn write_headers(&self, out: &mut String, version_code: Option<u32>) {
        section(out, "kernel headers", BASE_HEADERS);
        // A file of the user's own stays where it is, behind our macros.
        let kernel = |path: &&str| own_file(path, &self.options.cflags).is_none();
        let includes = self.spec.includes.iter().map(AsRef::as_ref);
        let includes: Vec<&str> = includes.filter(kernel).collect();
        out.push_str(&skeleton(&self.spec.source, &includes));
        if let Some(code) = version_code {
            let _ = writeln!(
                out,
                "#undef LINUX_VERSION_CODE\n#define LINUX_VERSION_CODE {code}"
            );
        }
        self.write_tracepoints(out, &Header::default());
        libbpf::write(out, self.spec, &self.used());
        section(out, "configuration", SYSCALL_WRAPPER);
        section(
            out,
            "prelude",
            &self.prelude.write_over_headers(self.choice),
        );
        if libbpf::has_usdt(self.spec) {
            let cookie = u8::from(self.kernel >= ATTACH_COOKIES);
            out.push_str(EMPTY_KCONFIG);
            libbpf::write_behind_prelude(out, self.spec);
            let _ = writeln!(out, "const _Bool LINUX_HAS_BPF_COOKIE = {cookie};");
            out.push_str(FULL_KCONFIG);
        }
    }

    /// Types the program names that neither it nor the header defines.
    fn missing_types(&self, header: &Header) -> Vec<&str> {
        let is_type = |word: &Word<'_>| word.role == Role::Tag || word.text.ends_with("_t");
        let has = |name: &str| {
            header.tags.contains(name)
                || header.names.contains(name)
                || BASE_TYPES.contains(name)
                || self.prelude.has(name)
                || name.starts_with(TRACEPOINT_TYPE)
        };
        let mut missing: Vec<&str> = words(&self.spec.source)
            .filter(is_type)
            .map(|word| word.text)
            .filter(|name| self.program.names.contains(name) && !has(name))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    fn write_tracepoints(&self, out: &mut String, header: &Header) {
        for (category, event, format) in self.formats {
            out.push_str(&format.write(category, event, header));
        }
    }

    /// All words of the program and of the pieces of the prelude it needs.
    fn used(&self) -> HashSet<&str> {
        let pieces = self.prelude.words(self.choice);
        self.program.words.iter().copied().chain(pieces).collect()
    }
}

/// A tracepoint with the fields of its record.
type Record<'a> = (&'a Text, &'a Text, Format);

/// The records of the tracepoints there are, and the error for the first one that is not.
fn read_formats<'a>(
    spec: &'a Spec,
    options: &StartOptions,
) -> Result<(Vec<Record<'a>>, Option<Error>)> {
    let mut formats = Vec::new();
    let mut missing = None;
    for (category, event) in spec.tracepoints.iter() {
        let found = match &options.formats {
            Some(folder) => tracefs::format_below(folder, category, event),
            None => tracefs::format(category, event),
        };
        match found {
            Ok(text) => formats.push((category, event, Format::parse(&text))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                missing.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok((formats, missing))
}

/// What the caller or the environment wants `LINUX_VERSION_CODE` to be.
pub(super) fn version_code(options: &StartOptions) -> Result<Option<u32>> {
    if options.version_code.is_some() {
        return Ok(options.version_code);
    }
    parse_version_code(&std::env::var(environment::VERSION_CODE).unwrap_or_default())
}

/// Reads what the environment says; nothing if that is empty.
fn parse_version_code(text: &str) -> Result<Option<u32>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| {
        let message = format!(
            "`{}` is `{text}`, which is no version code; it is the number (version << 16) + \
             (patchlevel << 8) + sublevel, such as 393472 for 6.1",
            environment::VERSION_CODE
        );
        Error::new(ErrorKind::InvalidInput, message).with_cause(error)
    })
}

/// Definitions that only the running system knows.
pub(super) fn running_definitions(kernel: Version, wanted_code: Option<u32>) -> String {
    let code = wanted_code.unwrap_or_else(|| kernel.code());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// H5: a number, nothing, or an error that says what it should be.
    #[test]
    fn h5_reads_version_codes() {
        assert_eq!(
            parse_version_code(" 393472\n").expect("a number"),
            Some(393_472)
        );
        assert_eq!(parse_version_code("").expect("nothing"), None);
        let error = parse_version_code("6.1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(
            error
                .to_string()
                .contains("is `6.1`, which is no version code"),
            "{error}"
        );
    }
}
