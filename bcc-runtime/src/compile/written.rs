//! The program as files that clang and libbpf's headers are enough for.
//!
//! In: [`Sources`], which are also what is compiled. Out: a folder with `NAME.bpf.c`, the kernel's
//! types, the prelude, and the headers of the user's that the program includes.

use super::flags;
use super::includes::own_file;
use super::unit::Sources;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::load::StartOptions;
use crate::spec::Spec;
use bcc_lang::emit::readable::{Readable, libbpf_headers, readable};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

/// The header with the kernel's types.
const TYPES: &str = "vmlinux.h";
/// The header with what the types lack.
const PRELUDE: &str = "bcc_prelude.h";

/// A file, by its path in the folder.
struct File {
    path: PathBuf,
    text: String,
}

/// Writes the files; returns the path of the program's.
pub(super) fn write(
    spec: &Spec,
    options: &StartOptions,
    sources: &Sources,
    folder: &Path,
) -> Result<PathBuf> {
    let program = PathBuf::from(format!("{}.bpf.c", spec.name));
    let files = files(options, sources, &program)?;
    fs::create_dir_all(folder)
        .with_context(|| format!("failed to make the folder `{}`", folder.display()))?;
    let mut written = Vec::new();
    for file in &files {
        let path = folder.join(&file.path);
        if let Err(error) = create(&path, &file.text) {
            for path in written {
                // The error that is returned says more than one about cleaning up.
                let _removed = fs::remove_file(path);
            }
            return Err(error);
        }
        written.push(path);
    }
    Ok(folder.join(program))
}

/// Makes a file that is not there yet; a link counts as one that is.
fn create(path: &Path, text: &str) -> Result<()> {
    let what = || format!("failed to write `{}`", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(what)?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    if matches!(&opened, Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists) {
        let message = format!(
            "`{}` exists, and is not overwritten; remove it or name another folder",
            path.display()
        );
        return Err(Error::new(ErrorKind::AlreadyExists, message));
    }
    let mut file = opened.with_context(what)?;
    let result = file.write_all(text.as_bytes());
    if result.is_err() {
        let _removed = fs::remove_file(path);
    }
    result.with_context(what)
}

fn files(options: &StartOptions, sources: &Sources, program: &Path) -> Result<Vec<File>> {
    let Readable {
        pieces,
        program: text,
    } = readable(&sources.program);
    let definitions = new_definitions(&options.cflags, &text);
    let prelude = prelude(&sources.prelude, &pieces);
    let mut code = format!("#include \"{TYPES}\"\n");
    for header in libbpf_headers(&[&text, &prelude]) {
        let _ = writeln!(code, "#include <bpf/{header}>");
    }
    if !prelude.is_empty() {
        let _ = writeln!(code, "#include \"{PRELUDE}\"");
    }
    for part in [&definitions, &text] {
        if !part.is_empty() {
            code.push('\n');
            code.push_str(part);
        }
    }
    let mut files = vec![
        File {
            path: program.to_owned(),
            text: code,
        },
        File {
            path: TYPES.into(),
            text: guarded(&sources.types, "__VMLINUX_H__"),
        },
    ];
    if !prelude.is_empty() {
        files.push(File {
            path: PRELUDE.into(),
            text: guarded(&prelude, "__BCC_PRELUDE_H__"),
        });
    }
    add_own_headers(&mut files, &options.cflags)?;
    Ok(files)
}

/// What the flags define and the text does not.
fn new_definitions(cflags: &[String], text: &str) -> String {
    let definitions = flags::definitions(cflags);
    let is_new = |line: &&str| !text.lines().any(|known| known == line.trim_end());
    definitions.split_inclusive('\n').filter(is_new).collect()
}

fn prelude(prelude: &str, pieces: &str) -> String {
    let parts = [prelude.trim(), pieces.trim()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// A header that may be included twice.
fn guarded(text: &str, guard: &str) -> String {
    let define = format!("#define {guard}\n");
    let text = text.strip_prefix(&define).unwrap_or(text);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("#ifndef {guard}\n{define}\n{text}{end}\n#endif\n")
}

/// Adds the headers that files in the list include by `""` and that clang finds. What lies outside
/// of the folders where clang looks stays where it is.
fn add_own_headers(files: &mut Vec<File>, cflags: &[String]) -> Result<()> {
    let mut next = 0;
    while let Some(file) = files.get(next) {
        next += 1;
        let beside = file.path.parent().unwrap_or(Path::new(""));
        let mut found = Vec::new();
        for name in file.text.lines().filter_map(included) {
            let places = [beside.join(name), PathBuf::from(name)];
            let known = places
                .iter()
                .any(|path| files.iter().any(|file| file.path == *path));
            let is_inside = |path: &&PathBuf| {
                path.components()
                    .all(|part| matches!(part, Component::Normal(_)))
            };
            let source = places.iter().filter(is_inside).find_map(|path| {
                let source = own_file(path.to_str()?, cflags)?;
                Some((path.clone(), source))
            });
            if let Some(source) = source.filter(|_| !known) {
                found.push(source);
            }
        }
        for (path, source) in found {
            let text = fs::read_to_string(&source)
                .with_context(|| format!("failed to read `{}`", source.display()))?;
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// The name in `#include "name"`.
fn included(line: &str) -> Option<&str> {
    let directive = line.trim_start().strip_prefix('#')?.trim_start();
    let quoted = directive
        .strip_prefix("include")?
        .trim_start()
        .strip_prefix('"')?;
    quoted.split('"').next()
}
