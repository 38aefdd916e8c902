//! Objects that were compiled before the program came to this machine.
//!
//! In: objects the caller gives, each with what it was made of. Out: the one that clang would make
//! here, or why there is none. On the very kernel it was made on, nothing else is looked at. On another
//! it is compared by the text that clang would get, in which stands all that the program uses of the
//! kernel: an object that fits is never found wrong later.

use super::identity;
use super::reuse::Reuse;
use super::unit::{self, Types, Unit};
use crate::cache::{Digest, Entry, Slot};
use crate::error::{Error, ErrorKind, Result};
use crate::load::{DebugOutput, StartOptions};
use crate::phases::{Phase, Phases};
use crate::spec::Spec;

/// The object that fits, or why none does.
pub(super) fn find(
    spec: &Spec,
    options: &StartOptions,
    arguments: &[String],
    debug: DebugOutput,
    phases: &mut Phases,
) -> Result<std::result::Result<Vec<u8>, String>> {
    if let Some(why) = identity::obstacle(spec, options) {
        return Ok(Err(why));
    }
    let request = identity::ahead(spec, options, arguments)?;
    let objects = options.objects.iter();
    let objects: Vec<Option<Entry>> = objects.map(|object| Entry::from_bytes(&object.0)).collect();
    let any_is_damaged = objects.contains(&None);
    let mut given: Vec<Entry> = objects.into_iter().flatten().collect();
    given.retain(|entry| entry.request == request);
    if given.is_empty() {
        let why = if any_is_damaged {
            "an object is damaged, or none of `compile_ahead`"
        } else {
            "it was made of another program, with other flags, or by another version of this \
             library"
        };
        return Ok(Err(why.to_owned()));
    }
    let here = identity::kernel_ahead(spec, options);
    let is_from_here = |entry: &Entry| entry.kernel.is_some() && entry.kernel == here;
    if !debug.source
        && let Some(place) = given.iter().position(is_from_here)
    {
        return Ok(Ok(given.swap_remove(place).object));
    }
    // What has been found to fit this kernel is in the cache: nothing is left to compare then.
    let slot = Slot::find(&options.cache, request)?;
    let mut reuse = phases.time(Phase::Cache, || {
        Reuse::of_slot(spec, options, slot, request)
    });
    if !debug.source
        && let Some(object) = reuse.for_same_kernel()
    {
        return Ok(Ok(object));
    }
    let unit = phases.time(Phase::KernelTypes, || {
        unit::assemble(spec, options, Types::Fixed)
    })?;
    let text = text_digest(&unit);
    let Some(entry) = given.into_iter().find(|entry| entry.text == text) else {
        let why = "what the program uses of this kernel differs from where it was made";
        return Ok(Err(why.to_owned()));
    };
    if debug.source {
        options.output.line(format_args!("{}", unit.text));
    }
    phases.time(Phase::Cache, || reuse.keep(&unit, &entry.object));
    Ok(Ok(entry.object))
}

/// What [`find`] takes, from what clang made of a text.
pub(super) fn pack(
    spec: &Spec,
    options: &StartOptions,
    arguments: &[String],
    unit: &Unit,
    object: Vec<u8>,
) -> Result<Vec<u8>> {
    let entry = Entry {
        request: identity::ahead(spec, options, arguments)?,
        kernel: identity::kernel_ahead(spec, options).filter(|_| unit.settled),
        text: text_digest(unit),
        object,
    };
    Ok(entry.to_bytes())
}

/// The text as it is compared.
fn text_digest(unit: &Unit) -> Digest {
    Digest::of("text ahead", &*identity::without_file_names(&unit.text))
}

/// The error for what can only be compiled where it runs.
pub(super) fn impossible(why: &str) -> Error {
    let text = format!("the program cannot be compiled ahead of time: {why}");
    Error::new(ErrorKind::InvalidInput, text)
}
