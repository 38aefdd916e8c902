//! A text that comes at run time, as the builder and the loaded program see it.
//!
//! In: the text or its file, and values for its variables. Out: maps, programs and variables by
//! name.

use super::global::Global;
use super::map::{Layouts, Map};
use super::named::{Named, not_found};
use super::object_types::ObjectTypes;
use super::value::Value;
use crate::bpf::Bpf;
use crate::builder::Builder;
use crate::compile::{self, Diagnostic};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::map::MapSource;
use crate::private::{Loaded, Module};
use crate::program;
use crate::requirements::KernelVersion;
use crate::spec::Spec;
use crate::text::{self, Checked};
use crate::variables::{InitialValues, Section};
use bcc_lang::options::{Options, Semantics};
use bcc_lang::program::GlobalSection;
use std::path::{Path, PathBuf};

/// What texts without a name are called.
const UNNAMED: &str = "text";

/// A program text that comes at run time: what [`Bpf`] and [`Builder`] are about when no generated
/// module is named.
#[derive(Debug, Default)]
pub struct Dynamic {
    origin: Option<Origin>,
    name: Option<String>,
    settings: Vec<Setting>,
    options: Options,
    definitions: String,
    checked: Option<Checked>,
}

#[derive(Debug)]
enum Origin {
    Text(String),
    File(PathBuf),
}

/// A value for a variable, to be set before load.
#[derive(Debug)]
struct Setting {
    kind: SettingKind,
    name: String,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SettingKind {
    Const,
    Global,
}

impl Bpf {
    /// Options for loading a program whose text comes at run time. bcc's `BPF(text=...)` and
    /// `BPF(src_file=...)`.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// A map, by its name in the program text. bcc's `b["name"]`.
    ///
    /// The handle does not borrow from this `Bpf`.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names.
    pub fn map(&self, name: &str) -> Result<Map> {
        self.maps.get(name).cloned()
    }

    /// A variable at file scope, by its name in the program text.
    ///
    /// A `static` variable is the program's own, unless it is `volatile`: clang may keep its value
    /// anywhere.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names.
    pub fn global(&self, name: &str) -> Result<Global> {
        self.globals.get(name).cloned()
    }

    /// What the front end warns of.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        let checked = self.module.checked.as_ref();
        checked.map_or(&[], |checked| &checked.warnings.diagnostics)
    }

    /// The rewritten C, with `#line` marks back to where it came from: what the constant `SOURCE` is
    /// for `bpf_program!`.
    #[must_use]
    pub fn source(&self) -> &str {
        let checked = self.module.checked.as_ref();
        checked.map_or("", |checked| &checked.program.code)
    }
}

impl Builder {
    /// The program text. bcc's `text`.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.module.origin = Some(Origin::Text(text.into()));
        self
    }

    /// The file with the program text, read by [`load`](Self::load). bcc's `src_file`.
    ///
    /// `#include "x.h"` finds files in the same folder.
    pub fn src_file(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self = self.include_folder(path.parent().unwrap_or(Path::new("")));
        self.module.origin = Some(Origin::File(path));
        self
    }

    /// What messages call the text, instead of `<text>` or the path of its file.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.module.name = Some(name.into());
        self
    }

    /// The oldest kernel the text has to run on, such as `(5, 4)`: a helper, a map or a program that
    /// came later is then a mistake in the text. Without it nothing is said about versions.
    pub fn min_kernel(mut self, version: impl Into<KernelVersion>) -> Self {
        self.module.options.min_kernel = Some(version.into());
        self
    }

    /// Whether to refuse what bcc does, but is rarely meant; [`Semantics::Bcc`] is the default.
    pub fn semantics(mut self, semantics: Semantics) -> Self {
        self.module.options.semantics = semantics;
        self
    }

    /// Sets a `const volatile` variable of the program text, which starts with the value given
    /// there. The verifier knows the value, so code for others costs nothing.
    ///
    /// [`load`](Self::load) says if there is no such variable or if the value does not fit.
    pub fn set_const(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.module
            .set(SettingKind::Const, name.into(), value.into());
        self
    }

    /// Sets the value with which another variable at file scope starts. While the program runs, it
    /// is at [`Bpf::global`].
    ///
    /// [`load`](Self::load) says if there is no such variable or if the value does not fit.
    pub fn set_global(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.module
            .set(SettingKind::Global, name.into(), value.into());
        self
    }
}

impl Dynamic {
    fn set(&mut self, kind: SettingKind, name: String, value: Value) {
        self.settings.push(Setting { kind, name, value });
    }

    /// The text, and what to call it in messages and in the kernel's lists.
    fn read(&self) -> Result<(String, String, String)> {
        let (text, shown, short) = match &self.origin {
            Some(Origin::Text(text)) => (text.clone(), format!("<{UNNAMED}>"), UNNAMED.to_owned()),
            Some(Origin::File(path)) => {
                let text = std::fs::read_to_string(path);
                let text = text.with_context(|| {
                    format!("failed to read the program text from `{}`", path.display())
                })?;
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                (text, path.display().to_string(), stem.into_owned())
            }
            None => return Err(no_text()),
        };
        let (shown, short) = match &self.name {
            Some(name) => (name.clone(), name.clone()),
            None => (shown, short),
        };
        Ok((text, shown, plain_name(&short)))
    }

    fn checked(&self) -> Result<&Checked> {
        self.checked.as_ref().ok_or_else(no_text)
    }
}

fn no_text() -> Error {
    let text = "there is no program text; give one with `text` or `src_file` of the builder";
    Error::new(ErrorKind::InvalidInput, text)
}

/// A name with letters, digits and `_` only, as the kernel takes it.
fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(plain).collect()
}

impl Module for Dynamic {
    type Maps = Named<Map>;
    type Progs = Named<program::Dynamic>;
    type Globals = Named<Global>;

    fn set_flags(&mut self, cflags: &[String]) {
        self.definitions = compile::definitions(cflags);
    }

    fn spec(&mut self) -> Result<Spec> {
        let (text, shown, short) = self.read()?;
        let checked = text::check(&shown, &self.definitions, &text, self.options)?;
        let checked = self.checked.insert(checked);
        for warning in &checked.warnings.diagnostics {
            log::warn!("{warning}");
        }
        Ok(text::spec(&short, &checked.program))
    }

    fn prepare(&mut self, values: &mut InitialValues<'_>) -> Result<()> {
        if self.settings.is_empty() {
            return Ok(());
        }
        let types = ObjectTypes::of(values.object())?;
        for setting in &self.settings {
            self.apply(setting, &types, values)?;
        }
        Ok(())
    }

    fn maps(&self, loaded: &mut Loaded) -> Result<Self::Maps> {
        let types = ObjectTypes::of(&*loaded.object)?;
        let mut list = Vec::new();
        // Names with a dot are sections of variables, which are at `globals`.
        for name in loaded.maps.keys().filter(|name| !name.contains('.')) {
            let map = open_map(&loaded.map_source(name)?, &types)?;
            list.push((name.clone(), map));
        }
        Ok(Named::new("map", list))
    }

    fn progs(&self, loaded: &mut Loaded) -> Result<Self::Progs> {
        let names: Vec<String> = loaded.programs.keys().cloned().collect();
        let mut list = Vec::new();
        for name in names {
            let program = loaded.program(&name)?;
            list.push((name, program));
        }
        Ok(Named::new("function", list))
    }

    fn globals(&self, loaded: &mut Loaded) -> Result<Self::Globals> {
        let program = &self.checked()?.program;
        let types = ObjectTypes::of(&*loaded.object)?;
        let is_known = |name: &str| program.globals.iter().any(|global| global.name == name);
        let places = loaded.places().to_vec();
        let mut list = Vec::new();
        for place in places.into_iter().filter(|place| is_known(&place.name)) {
            let layout = types.of_variable(&place.name, place.range.len())?;
            let raw = loaded.raw_global(&place)?;
            list.push((place.name, Global::new(raw, layout)));
        }
        Ok(Named::new("variable", list))
    }
}

fn open_map(source: &MapSource<'_>, types: &ObjectTypes) -> Result<Map> {
    let (raw, name) = (source.raw, source.raw.name());
    let layouts = Layouts {
        key: types.of_map(name, "key", raw.key_size())?,
        value: types.of_map(name, "value", raw.value_size())?,
        event: types.of_event(name)?,
    };
    Map::new(source, layouts)
}

impl Dynamic {
    fn apply(
        &self,
        Setting { kind, name, value }: &Setting,
        types: &ObjectTypes,
        values: &mut InitialValues<'_>,
    ) -> Result<()> {
        let Some(place) = values.place(name).cloned() else {
            return self.check_known(*kind, name);
        };
        match (kind, place.section) {
            (SettingKind::Const, Section::Rodata)
            | (SettingKind::Global, Section::Data | Section::Bss) => {}
            (SettingKind::Const, _) => {
                return Err(wrong_setting(name, "is not `const volatile`", "set_global"));
            }
            (SettingKind::Global, _) => {
                return Err(wrong_setting(name, "is `const volatile`", "set_const"));
            }
        }
        let layout = types.of_variable(name, place.range.len())?;
        let bytes = layout.encode(value, || format!("the value of variable `{name}`"))?;
        values.bytes_mut(name, |initial| initial.copy_from_slice(&bytes));
        Ok(())
    }

    /// What clang left out because nothing reads it has no place, and needs none.
    fn check_known(&self, kind: SettingKind, name: &str) -> Result<()> {
        let globals = &self.checked()?.program.globals;
        let wanted = match kind {
            SettingKind::Const => "`const volatile` variable",
            SettingKind::Global => "variable",
        };
        let fits = |section| (section == GlobalSection::Rodata) == (kind == SettingKind::Const);
        let mut known = globals.iter().filter(|global| fits(global.section));
        if known.any(|global| global.name == *name) {
            return Ok(());
        }
        let known = globals.iter().filter(|global| fits(global.section));
        Err(not_found(
            wanted,
            name,
            known.map(|global| global.name.as_str()),
        ))
    }
}

fn wrong_setting(name: &str, is: &str, method: &str) -> Error {
    let text = format!("variable `{name}` {is}; use `{method}` of the builder");
    Error::new(ErrorKind::InvalidInput, text)
}
