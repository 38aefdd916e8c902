//! clang's command line.
//!
//! In: the user's flags, and the kernel's headers if they are used. Out: all arguments, one string
//! each.

use crate::error::{Error, ErrorKind, Result};
use crate::kernel::tree::Tree;
use crate::kernel::version::Version;
use std::path::Path;

/// What libbpf's headers call each architecture Rust knows.
const ARCHITECTURES: [(&str, &str); 8] = [
    ("x86_64", "x86"),
    ("aarch64", "arm64"),
    ("riscv64", "riscv"),
    ("s390x", "s390"),
    ("powerpc64", "powerpc"),
    ("loongarch64", "loongarch"),
    ("arm", "arm"),
    ("mips64", "mips"),
];

/// Instruction sets and the first kernels that run them.
const INSTRUCTION_SETS: [(Version, &str); 2] = [
    (Version::new(5, 1, 0), "v3"),
    (Version::new(4, 14, 0), "v2"),
];

/// What every text is compiled with.
const ALWAYS: [&str; 11] = [
    "-x",
    "c",
    "-std=gnu11",
    "-O2",
    // The types for BTF, without which there are no typed maps and no lines in verifier messages.
    "-g",
    // Kernel code is not written for clang's warnings. What is silent here fails in the kernel, so
    // only a call of what does not exist is worth a stop.
    "-Wno-everything",
    "-Werror=implicit-function-declaration",
    "-fno-stack-protector",
    "-fno-jump-tables",
    "-fno-color-diagnostics",
    "-fno-crash-diagnostics",
];
/// Blocks stay in the order of the text. LLVM would put the end of some loops before their start,
/// which saves nothing here, and kernels before 6.6 refuse as a loop that never ends: "back-edge".
const LAYOUT: [&str; 2] = ["-mllvm", "-disable-block-placement"];
/// What a text is compiled with that has all it needs in it.
const ALONE: [&str; 4] = ["-nostdinc", "-c", "-o", "-"];
/// What a text is compiled with that includes the kernel's headers: only to LLVM's assembly.
const WITH_HEADERS: [&str; 18] = [
    "-emit-llvm",
    "-S",
    "-Xclang",
    "-disable-llvm-passes",
    "-nostdlibinc",
    "-fno-pic",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    // Kernels are built with it since 6.19.
    "-fms-extensions",
    "-D__KERNEL__",
    // Headers leave out what only works in the kernel itself.
    "-D__BPF_TRACING__",
    // The build the headers describe was one with gcc.
    "-DCONFIG_CC_IS_CLANG",
    "-DKBUILD_MODNAME=\"bcc\"",
    "-include",
    "linux/kconfig.h",
    "-include",
    "linux/compiler_types.h",
    "-o-",
];
/// How LLVM's assembly becomes an object.
const BACK_END: [&str; 11] = [
    "-x",
    "ir",
    "-O2",
    "-g",
    "-Wno-everything",
    "-fno-color-diagnostics",
    "-fno-crash-diagnostics",
    "-c",
    "-o",
    "-",
    "-",
];

/// The checks at compile time have already relied on the licence in the text.
const LICENCE: &str = "BPF_LICENSE";

/// All arguments, with the user's at the end so that they win.
pub(super) fn arguments(
    cflags: &[String],
    tree: Option<&Tree>,
    kernel: Version,
) -> Result<Vec<String>> {
    let mut definitions = values_of("-D", cflags);
    if let Some(definition) = definitions.find(|definition| definition.starts_with(LICENCE)) {
        let message = format!(
            "the licence cannot be given by a flag (`-D{definition}`); write `#define BPF_LICENSE ...` in \
             the program"
        );
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    let arch = architecture()?;
    let mut all = match tree {
        None => to_bpf(kernel),
        Some(_) => vec!["-target".to_owned(), own_target()],
    };
    all.push(format!("-D__TARGET_ARCH_{arch}"));
    all.extend(ALWAYS.map(str::to_owned));
    match tree {
        None => all.extend(ALONE.map(str::to_owned)),
        Some(tree) => {
            let folders = tree.include_folders(arch);
            all.extend(
                folders
                    .iter()
                    .map(|folder| format!("-I{}", folder.display())),
            );
            all.extend(WITH_HEADERS.map(str::to_owned));
        }
    }
    all.extend(cflags.iter().cloned());
    all.push("-".to_owned());
    Ok(all)
}

/// The arguments that make an object of LLVM's assembly.
pub(super) fn back_end_arguments(kernel: Version) -> Vec<String> {
    let mut all = to_bpf(kernel);
    all.extend(BACK_END.map(str::to_owned));
    all
}

/// The arguments that make LLVM's assembly, of those that make an object.
pub(super) fn to_llvm_ir(arguments: &[String]) -> Vec<String> {
    const TO_OBJECT: &str = "-c";
    let flags = |flag: &String| match flag.as_str() {
        TO_OBJECT => vec!["-emit-llvm".to_owned(), "-S".to_owned()],
        _ => vec![flag.clone()],
    };
    arguments.iter().flat_map(flags).collect()
}

fn to_bpf(kernel: Version) -> Vec<String> {
    let cpu = format!("-mcpu={}", instruction_set(kernel));
    let mut all = vec!["-target".to_owned(), "bpf".to_owned(), cpu];
    all.extend(LAYOUT.map(str::to_owned));
    all
}

/// What libbpf's headers and the kernel's folders call this architecture.
fn architecture() -> Result<&'static str> {
    let arch = std::env::consts::ARCH;
    let found = ARCHITECTURES.iter().find(|(rust, _)| *rust == arch);
    found.map(|(_, name)| *name).ok_or_else(|| {
        let message = format!("programs cannot be compiled for architecture `{arch}` yet");
        Error::new(ErrorKind::Unsupported, message)
    })
}

/// What clang calls this machine.
fn own_target() -> String {
    let arch = std::env::consts::ARCH;
    let little = arch == "powerpc64" && cfg!(target_endian = "little");
    format!("{arch}{}-linux-gnu", if little { "le" } else { "" })
}

/// The folders that the user's flags give for `#include`.
pub(super) fn include_folders(cflags: &[String]) -> impl Iterator<Item = &Path> {
    let folders = values_of("-I", cflags).chain(values_of("-iquote", cflags));
    folders.map(Path::new)
}

/// What `-D` and `-U` among the flags define, as directives, each on a line of its own.
pub(crate) fn definitions(cflags: &[String]) -> String {
    let mut macros: Vec<(&str, String)> = Vec::new();
    let mut flags = cflags.iter();
    while let Some(flag) = flags.next() {
        let (defines, rest) = match (flag.strip_prefix("-D"), flag.strip_prefix("-U")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => continue,
        };
        let text = if rest.is_empty() {
            flags.next().map_or("", String::as_str)
        } else {
            rest
        };
        let (head, body) = text.split_once('=').unwrap_or((text, "1"));
        let name = head.split('(').next().unwrap_or(head);
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // What is no definition is left to clang, which says so.
        if !is_name || text.contains('\n') {
            continue;
        }
        macros.retain(|(known, _)| *known != name);
        if defines {
            macros.push((name, format!("#define {head} {body}\n")));
        }
    }
    macros.into_iter().map(|(_, line)| line).collect()
}

/// What stands behind a flag, in the same argument or in the next one.
fn values_of<'a>(flag: &'a str, cflags: &'a [String]) -> impl Iterator<Item = &'a str> {
    let next = cflags.iter().skip(1).map(String::as_str).chain([""]);
    cflags.iter().zip(next).filter_map(move |(argument, next)| {
        match argument.strip_prefix(flag)? {
            "" => Some(next),
            value => Some(value),
        }
    })
}

/// The newest instruction set the kernel runs.
fn instruction_set(kernel: Version) -> &'static str {
    let found = INSTRUCTION_SETS.iter().find(|(since, _)| kernel >= *since);
    found.map_or("v1", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user's flags come last; the newest instruction set the kernel has is used.
    #[test]
    fn puts_flags_together() {
        let flags = arguments(&["-DX=1".to_owned()], None, Version::new(6, 1, 0))
            .expect("this machine is known");
        assert_eq!(flags[flags.len() - 2..], ["-DX=1", "-"]);
        let cases = [
            ((6, 1), "v3"),
            ((5, 1), "v3"),
            ((5, 0), "v2"),
            ((4, 14), "v2"),
            ((4, 9), "v1"),
        ];
        for ((major, minor), expected) in cases {
            assert_eq!(instruction_set(Version::new(major, minor, 0)), expected);
        }
    }

    /// A licence in a flag would not be seen by the checks at compile time.
    #[test]
    fn refuses_a_licence() {
        for flags in [&["-DBPF_LICENSE=GPL"][..], &["-D", "BPF_LICENSE=GPL"]] {
            let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
            let error = arguments(&flags, None, Version::new(6, 1, 0)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let start = "the licence cannot be given by a flag (`-DBPF_LICENSE=GPL`)";
            assert!(error.to_string().starts_with(start), "{error}");
        }
    }

    /// Both forms of a flag; the last one counts.
    #[test]
    fn flags_become_definitions() {
        let flags = [
            "-DA",
            "-D",
            "B=2",
            "-w",
            "-DF(x)=x + 1",
            "-DT=\"hash\"",
            "-DC=1",
            "-UC",
            "-DA=3",
            "-D",
            "-U",
        ];
        let expected = "#define B 2\n#define F(x) x + 1\n#define T \"hash\"\n#define A 3\n";
        assert_eq!(definitions(&flags.map(str::to_owned)), expected);
    }

    /// Folders come from both forms of a flag, and nothing else does.
    #[test]
    fn finds_include_folders() {
        let flags = ["-Ia", "-DX=1", "-I", "b", "-iquote", "c"].map(str::to_owned);
        let folders: Vec<&Path> = include_folders(&flags).collect();
        assert_eq!(folders, [Path::new("a"), Path::new("b"), Path::new("c")]);
    }
}
