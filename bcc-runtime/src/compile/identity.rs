//! What decides what clang makes of a program, short of the text it gets.
//!
//! In: the program, the flags, the compiler, the kernel. Out: digests of them, and what stands
//! against keeping an object at all: that it depends on files nobody has looked at.

use super::child;
use super::includes::own_file;
use super::unit::{running_definitions, version_code};
use super::words::words;
use crate::cache::{Digest, Hasher};
use crate::error::{ErrorKind, Result};
use crate::kernel::btf::KERNEL_BTF;
use crate::kernel::tracefs;
use crate::kernel::version::Version;
use crate::load::StartOptions;
use crate::spec::{List, Spec, Text};
use crate::sys::machine;
use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The kernel's notes, with the number its build got from all that was linked.
const NOTES: &str = "/sys/kernel/notes";

/// The binary of this process.
const OWN_FILE: &str = "/proc/self/exe";

/// What the macros begin with that stand for the name of the file.
const FILE_NAMES: [&str; 2] = ["__FILE_", "__BASE_FILE__"];

/// Flags that make clang read no file and write none; those with `*` may go on.
const HARMLESS: [&str; 15] = [
    "-D*",
    "-U*",
    "-I*",
    "-iquote*",
    "-O*",
    "-w",
    "-Wno-*",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-std=*",
    "-mcpu=*",
    "-fno-*",
    "-g",
    "-pedantic",
];
/// Flags whose value is the next argument, if they stand alone.
const WITH_VALUE: [&str; 4] = ["-D", "-U", "-I", "-iquote"];
/// Words whose meaning lies outside of the text.
const OUTSIDE: [&str; 9] = [
    "__DATE__",
    "__TIME__",
    "__TIMESTAMP__",
    "__has_include",
    "__has_include_next",
    "__has_embed",
    "embed",
    "incbin",
    "include_next",
];

/// Why an object must not be kept; `None` if it may.
pub(super) fn obstacle(spec: &Spec, options: &StartOptions) -> Option<String> {
    let cflags = &options.cflags;
    let mut includes = spec.includes.iter();
    if let Some(path) = includes.find(|path| own_file(path, cflags).is_some()) {
        return Some(format!("the program includes a file, `{path}`"));
    }
    if let Some(flag) = unknown_flag(cflags) {
        return Some(format!("the flag `{flag}` may stand for a file"));
    }
    let texts = std::iter::once(&*spec.source).chain(cflags.iter().map(String::as_str));
    let word = texts
        .flat_map(words)
        .find(|word| OUTSIDE.contains(&word.text));
    word.map(|word| format!("`{}` does not mean the same each time", word.text))
}

/// The first flag that is not known to be harmless.
fn unknown_flag(cflags: &[String]) -> Option<&str> {
    let mut flags = cflags.iter();
    while let Some(flag) = flags.next() {
        if WITH_VALUE.contains(&flag.as_str()) {
            flags.next();
            continue;
        }
        let is_harmless = HARMLESS.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => flag.starts_with(start),
            None => flag == known,
        });
        if !is_harmless {
            return Some(flag);
        }
    }
    None
}

/// The program with all that this library makes of it, and the flags.
pub(super) fn program(spec: &Spec, options: &StartOptions, arguments: &[String]) -> Result<Digest> {
    program_of(&spec.source, spec, options, arguments)
}

fn program_of(
    source: &str,
    spec: &Spec,
    options: &StartOptions,
    arguments: &[String],
) -> Result<Digest> {
    let mut hasher = Hasher::new("program");
    hasher.add(env!("CARGO_PKG_VERSION"));
    hasher.add(machine::libbpf_identity());
    hasher.add(&*spec.name);
    hasher.add(source);
    let lists: [&List<Text>; 5] = [
        &spec.kernel_names,
        &spec.kernel_defined,
        &spec.kernel_locals,
        &spec.kernel_members,
        &spec.includes,
    ];
    for list in lists {
        hasher.add_all(&list.iter().map(|name| &**name).collect::<Vec<_>>());
    }
    for (category, event) in spec.tracepoints.iter() {
        hasher.add_all(&[&**category, &**event]);
    }
    hasher.add_all(arguments);
    hasher.add(format!("{:?}", version_code(options)?));
    Ok(hasher.finish())
}

/// The same for an object that was compiled elsewhere, by whatever compiler.
pub(super) fn ahead(spec: &Spec, options: &StartOptions, arguments: &[String]) -> Result<Digest> {
    let source = without_file_names(&spec.source);
    Ok(Digest::of(
        "ahead",
        program_of(&source, spec, options, arguments)?,
    ))
}

/// A text without the names of files in its `#line` marks: a build script, the compiler and a program
/// of the user's own call the same file by different paths. Where the text asks for a name, it stays.
pub(super) fn without_file_names(text: &str) -> Cow<'_, str> {
    if FILE_NAMES.iter().any(|name| text.contains(name)) {
        return Cow::Borrowed(text);
    }
    let mut bare = String::with_capacity(text.len());
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        // Behind a `\` it is no mark, but part of something.
        match line.split_once(" \"") {
            Some((mark, name)) if !continued && is_line_mark(mark) && name.ends_with("\"\n") => {
                bare.push_str(mark);
                bare.push('\n');
            }
            _ => bare.push_str(line),
        }
        continued = line.trim_end().ends_with('\\');
    }
    Cow::Owned(bare)
}

/// `#line 7`
fn is_line_mark(text: &str) -> bool {
    let number = text.strip_prefix("#line ");
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The same for one compiler and one source of the kernel's types; `None` if there is no such
/// compiler.
pub(super) fn request(program: Digest, options: &StartOptions, clang: &Path) -> Option<Digest> {
    // Running clang to ask for its version would take longer than all the rest of a start.
    let mut hasher = Hasher::new("request");
    hasher.add(program);
    hasher.add(clang.as_os_str().as_encoded_bytes());
    add_file(&mut hasher, clang)?;
    for (name, value) in child::environment() {
        hasher.add_all(&[name.as_bytes(), value.as_encoded_bytes()]);
    }
    let types = options.types_file().unwrap_or_default();
    hasher.add(types.as_os_str().as_encoded_bytes());
    Some(hasher.finish())
}

/// Adds a file, which is another one once it was replaced or changed. Its device is left out: those
/// of a container's layers change their number.
fn add_file(hasher: &mut Hasher, path: &Path) -> Option<()> {
    let file = fs::metadata(path).ok()?;
    for number in [file.ino(), file.size()] {
        hasher.add(number.to_ne_bytes());
    }
    for time in [
        file.mtime(),
        file.mtime_nsec(),
        file.ctime(),
        file.ctime_nsec(),
    ] {
        hasher.add(time.to_ne_bytes());
    }
    Some(())
}

/// The running kernel and this binary, as far as the text depends on them; `None` if they cannot be
/// told from others at once.
pub(super) fn kernel(spec: &Spec, options: &StartOptions) -> Option<Digest> {
    let mut hasher = Hasher::new("kernel");
    // The text is made by code of this binary: one that was built anew makes it and compares.
    add_file(&mut hasher, Path::new(OWN_FILE))?;
    add_kernel(&mut hasher, spec, options)?;
    Some(hasher.finish())
}

/// The same for an object that another binary takes: the version of this library, which is in the
/// digest of the [`program`], has to stand for its code.
pub(super) fn kernel_ahead(spec: &Spec, options: &StartOptions) -> Option<Digest> {
    let mut hasher = Hasher::new("kernel ahead");
    add_kernel(&mut hasher, spec, options)?;
    Some(hasher.finish())
}

fn add_kernel(hasher: &mut Hasher, spec: &Spec, options: &StartOptions) -> Option<()> {
    let is_other = options.formats.is_some() || options.version.is_some();
    if is_other || options.types_file().is_some() {
        return None;
    }
    let notes = fs::read(NOTES).ok().filter(|notes| !notes.is_empty())?;
    let name = rustix::system::uname();
    let types = fs::metadata(KERNEL_BTF).ok()?;
    hasher.add(notes);
    hasher.add(types.len().to_ne_bytes());
    for part in [name.release(), name.version(), name.machine()] {
        hasher.add(part.to_bytes());
    }
    let code = version_code(options).ok()?;
    hasher.add(running_definitions(Version::running().ok()?, code));
    for (category, event) in spec.tracepoints.iter() {
        match tracefs::format(category, event) {
            Ok(format) => hasher.add(format),
            Err(error) if error.kind() == ErrorKind::NotFound => hasher.add("none"),
            Err(_) => return None,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn obstacle_of(source: &'static str, cflags: &[&str]) -> Option<String> {
        let spec = Spec {
            source: source.into(),
            ..Spec::default()
        };
        let options = StartOptions {
            cflags: cflags.iter().map(ToString::to_string).collect(),
            ..StartOptions::default()
        };
        obstacle(&spec, &options)
    }

    /// Only names of files go, only from marks, and only where nobody asks for them.
    #[test]
    fn leaves_file_names_out() {
        let one =
            "#line 3 \"src/main.rs\"\nint x;\n#line 9\nchar *s = \"#line 1 \\\n#line 2 \"a\"\n";
        let bare = "#line 3\nint x;\n#line 9\nchar *s = \"#line 1 \\\n#line 2 \"a\"\n";
        assert_eq!(without_file_names(one), bare);
        for text in [
            "#line 3 \"a\"\nchar *f = __FILE__;",
            "#line 3 \"a\"\nchar *f = __FILE_NAME__;",
            "#line 3 \"a\" int x;\n",
            "#line x \"a\"\n",
        ] {
            assert_eq!(without_file_names(text), text);
        }
    }

    /// Flags and words that may stand for a file or for the time of day.
    #[test]
    fn finds_what_lies_outside() {
        let harmless = ["-DX=1", "-D", "Y", "-Ifolder", "-O1", "-Wno-all", "-g"];
        assert_eq!(obstacle_of("int x;", &harmless), None);
        for flags in [
            &["-include", "x.h"][..],
            &["@file"],
            &["-fplugin=x"],
            &["-DX", "-gsplit-dwarf"],
        ] {
            let why = obstacle_of("int x;", flags).expect("it may stand for a file");
            assert!(why.contains("may stand for a file"), "{why}");
        }
        let why = obstacle_of("char *t = __TIME__;", &[]).expect("time goes on");
        assert!(why.starts_with("`__TIME__` does not mean"), "{why}");
        assert!(obstacle_of("char *t = NOW;", &["-DNOW=__DATE__"]).is_some());
    }
}
