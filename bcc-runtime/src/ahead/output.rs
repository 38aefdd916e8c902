//! What a build script leaves behind.
//!
//! In: objects, and reasons why there are none. Out: files in `OUT_DIR` that the macro looks for, and
//! instructions to cargo.

use crate::error::{Context as _, Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder below `OUT_DIR`.
const FOLDER: &str = "bcc-ahead";
/// How the macro knows of the folder; it has the same name.
const VARIABLE: &str = "BCC_AHEAD_OBJECTS";

/// What there is of the programs of one name.
#[derive(Debug, Default)]
struct Named {
    objects: Vec<PathBuf>,
    /// Why there is no object, or not one for all kernels.
    why: Option<String>,
}

#[derive(Debug)]
pub(super) struct Output {
    folder: PathBuf,
    programs: BTreeMap<String, Named>,
    /// Without `cargo::`.
    lines: Vec<String>,
    watched: BTreeSet<PathBuf>,
}

impl Output {
    pub(super) fn new(out: &Path) -> Self {
        Self {
            folder: out.join(FOLDER),
            programs: BTreeMap::new(),
            lines: Vec::new(),
            watched: BTreeSet::new(),
        }
    }

    /// An instruction to cargo.
    pub(super) fn tell(&mut self, line: String) {
        self.lines.push(line);
    }

    /// Has cargo run the build script again when a file or a folder changes.
    pub(super) fn watch(&mut self, path: &Path) {
        if self.watched.insert(path.to_owned()) {
            self.tell(format!("rerun-if-changed={}", path.display()));
        }
    }

    /// A line for whoever builds.
    pub(super) fn warn(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        self.tell(format!("warning={}", lines.join(" ")));
    }

    /// One more object.
    pub(super) fn add(&mut self, name: &str, object: &[u8]) -> Result<()> {
        let named = self.programs.entry(name.to_owned()).or_default();
        let file = format!("{name}.{}.object", named.objects.len());
        let path = self.folder.join(file);
        named.objects.push(path.clone());
        self.write(&path, object)
    }

    /// Why there is none.
    pub(super) fn note(&mut self, name: &str, error: &Error) {
        let named = self.programs.entry(name.to_owned()).or_default();
        named.why.get_or_insert_with(|| format!("{error:#}"));
    }

    /// Writes what the macro includes, and removes what earlier runs left.
    pub(super) fn finish(mut self) -> Result<Vec<String>> {
        let mut kept = BTreeSet::new();
        for (name, named) in std::mem::take(&mut self.programs) {
            let path = self.folder.join(format!("{name}.rs"));
            self.write(&path, expression(&named).as_bytes())?;
            kept.extend(named.objects);
            kept.insert(path);
        }
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if !kept.contains(&entry.path()) {
                let path = entry.path();
                let what = || format!("failed to remove `{}`", path.display());
                fs::remove_file(&path).with_context(what)?;
            }
        }
        if !kept.is_empty() {
            let folder = self.folder.display().to_string();
            self.tell(format!("rustc-env={VARIABLE}={folder}"));
        }
        Ok(self.lines)
    }

    /// Writes a file, unless it is there: what is not written is not compiled again.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        if fs::read(path).is_ok_and(|old| old == bytes) {
            return Ok(());
        }
        let what = || format!("failed to write `{}`", path.display());
        fs::create_dir_all(&self.folder).with_context(what)?;
        fs::write(path, bytes).with_context(what)
    }
}

/// What the macro includes, of type `bcc_runtime::__private::Ahead`.
fn expression(named: &Named) -> String {
    if let Some(why) = named.why.as_ref().filter(|_| named.objects.is_empty()) {
        return format!("::core::result::Result::Err({why:?})\n");
    }
    let mut text = String::from("::core::result::Result::Ok(&[\n");
    for path in &named.objects {
        let _ = writeln!(
            text,
            "    ::core::include_bytes!({:?}),",
            path.to_string_lossy()
        );
    }
    text.push_str("])\n");
    text
}
