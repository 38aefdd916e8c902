//! Objects that were compiled before the program came to this machine.
//!
//! In: objects the caller gives, each with what it was made of. Out: the one that clang would make
//! here, or why there is none. On the very kernel it was made on, nothing else is looked at. On another
//! it is compared by the text that clang would get, in which stands all that the program uses of the
//! kernel: an object that fits is never found wrong later. If only the places of members differ, there
//! is a second object, in which libbpf moves all accesses (CO-RE): its text has no places. It is only
//! made where the code has been found to depend on places in no other way.

use super::reuse::Reuse;
use super::unit::{self, Types, Unit};
use super::{Job, identity, movable};
use crate::cache::{Digest, Entry, Movable, Slot};
use crate::error::{Error, ErrorKind, Result};
use crate::load::{DebugOutput, StartOptions};
use crate::phases::{Phase, Phases};
use crate::spec::Spec;

/// Bytes between members where they have no places, and other ones to see what depends on that. Their
/// difference keeps all alignments.
const GAP: u64 = 8;
const OTHER_GAP: u64 = GAP + 64;

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
    let same = given.iter().position(|entry| entry.text == text);
    let (object, shown) = if let Some(place) = same {
        (given.swap_remove(place).object, None)
    } else {
        let movable = given.into_iter().filter_map(|entry| entry.movable);
        let found = phases.time(Phase::KernelTypes, || {
            find_movable(spec, options, movable.collect())
        })?;
        match found {
            Ok((object, apart)) => (object, Some(apart.text)),
            Err(why) => return Ok(Err(why.to_owned())),
        }
    };
    if debug.source {
        let text = shown.as_ref().unwrap_or(&unit.text);
        options.output.line(format_args!("{text}"));
    }
    phases.time(Phase::Cache, || reuse.keep(&unit, &object));
    Ok(Ok(object))
}

/// The object that fits if libbpf moves its accesses, or why none does.
fn find_movable(
    spec: &Spec,
    options: &StartOptions,
    objects: Vec<Movable>,
) -> Result<std::result::Result<(Vec<u8>, Unit), &'static str>> {
    const DIFFERS: &str = "what the program uses of this kernel differs from where it was made";
    if objects.is_empty() {
        return Ok(Err(DIFFERS));
    }
    let unit = unit::assemble(spec, options, Types::Apart(GAP))?;
    let text = text_digest(&unit);
    let Some(found) = objects.into_iter().find(|object| object.text == text) else {
        return Ok(Err(DIFFERS));
    };
    let ambiguous = &unit.sources.ambiguous;
    let is_certain = movable::roots(&found.object)
        .is_some_and(|roots| !roots.iter().any(|root| ambiguous.contains(root)));
    if !unit.settled || !is_certain {
        let why = "this kernel has several types of a name that the program uses";
        return Ok(Err(why));
    }
    Ok(Ok((found.object, unit)))
}

/// An object that fits wherever only places of members differ, if the program, whose text for this
/// kernel is `fixed`, is one for that.
pub(super) fn movable(
    job: &Job<'_>,
    options: &StartOptions,
    fixed: &Unit,
) -> Result<Option<Movable>> {
    let is_of_use = fixed.settled && fixed.sources.has_members && !fixed.sources.has_bits;
    if !is_of_use {
        return Ok(None);
    }
    let compile = |gap| -> Result<Option<(Unit, Vec<u8>)>> {
        let child = job.start()?;
        let mut unit = unit::assemble(job.spec, options, Types::Apart(gap))?;
        let made = job.finish(child, &mut unit, &mut Phases::default());
        // clang refuses a text that asserts a size, for example.
        Ok(made.ok().map(|made| (unit, made.object)))
    };
    let Some((unit, object)) = compile(GAP)? else {
        return Ok(None);
    };
    let Some((_, other)) = compile(OTHER_GAP)? else {
        return Ok(None);
    };
    let is_movable = movable::are_alike(&object, &other) == Some(true);
    Ok(is_movable.then(|| Movable {
        text: text_digest(&unit),
        object,
    }))
}

/// What [`find`] takes, from what clang made of a text.
pub(super) fn pack(
    job: &Job<'_>,
    options: &StartOptions,
    unit: &Unit,
    object: Vec<u8>,
    movable: Option<Movable>,
) -> Result<Vec<u8>> {
    let entry = Entry {
        request: identity::ahead(job.spec, options, job.arguments)?,
        kernel: identity::kernel_ahead(job.spec, options).filter(|_| unit.settled),
        text: text_digest(unit),
        object,
        movable,
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
