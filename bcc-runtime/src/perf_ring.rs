//! Perf buffers that are carried over ring buffers.
//!
//! In: the rewritten C and the wished size. Out: which maps can become ring buffers, the flags with
//! which the C writes there, the maps changed before they are made, and the head of their records.

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::spec::{SharingSpec, Spec};
use crate::sys::machine::page_size;
use bcc_lang::lex::lex_quietly;
use bcc_lang::source::SourceText;
use bcc_lang::token::{Token, TokenKind};
use libbpf_rs::{MapType, OpenObject};

/// The macro with the size of the ring buffers; with `_` and the name of a map, whether it is one.
const PERF_RING: &str = "BCC_PERF_RING";
/// What the C sends an event with, if its size is a constant.
const SUBMIT: &str = "BCC_PERF_SUBMIT";
/// The largest ring buffer that `max_entries` can say, in bytes.
const LARGEST: u32 = 1 << 31;

/// The maps of one program that become ring buffers.
#[derive(Debug)]
pub(crate) struct PerfRings {
    bytes: u32,
    maps: Vec<String>,
}

impl PerfRings {
    /// Chooses the maps; `pinned` tells which the user pins.
    pub(crate) fn choose(bytes: u32, spec: &Spec, pinned: impl Fn(&str) -> bool) -> Result<Self> {
        let source = SourceText::new("", &*spec.source);
        let tokens = lex_quietly(&source);
        let maps = perf_maps(spec).filter(|map| {
            let is_own = map.sharing == SharingSpec::Private && !pinned(&map.name);
            is_own && only_submits(&source, &tokens, &map.name)
        });
        Ok(Self {
            bytes: ring_size(bytes)?,
            maps: maps.map(|map| map.name.to_string()).collect(),
        })
    }

    /// Their names.
    pub(crate) fn maps(&self) -> impl Iterator<Item = &str> {
        self.maps.iter().map(String::as_str)
    }

    /// The flags for clang.
    pub(crate) fn flags(&self, spec: &Spec) -> Vec<String> {
        let size = format!("-D{PERF_RING}={}ULL", self.bytes);
        let maps = perf_maps(spec).map(|map| {
            let is_ring = self.maps.iter().any(|ring| *ring == map.name);
            format!("-D{PERF_RING}_{}={}", map.name, u8::from(is_ring))
        });
        std::iter::once(size).chain(maps).collect()
    }

    /// Makes them ring buffers. A map that an `#if` leaves out is not there.
    pub(crate) fn convert(&self, object: &mut OpenObject) -> Result<()> {
        for mut map in object.maps_mut() {
            let name = map.name().to_string_lossy().into_owned();
            if !self.maps.contains(&name) {
                continue;
            }
            map.set_type(MapType::RingBuf)
                .and_then(|()| map.set_key_size(0))
                .and_then(|()| map.set_value_size(0))
                .and_then(|()| map.set_max_entries(self.bytes))
                .with_context(|| format!("failed to make map `{name}` a ring buffer"))?;
        }
        Ok(())
    }
}

/// Splits a record into the CPU and the event; `None` if it is none of ours.
pub(crate) fn split(record: &[u8]) -> Option<(u32, &[u8])> {
    let (head, event) = record.split_first_chunk::<8>()?;
    let cpu = u32::try_from(u64::from_ne_bytes(*head)).ok()?;
    Some((cpu, event))
}

fn perf_maps(spec: &Spec) -> impl Iterator<Item = &crate::spec::MapSpec> {
    let maps = spec.maps.iter();
    maps.filter(|map| map.kind == "BPF_MAP_TYPE_PERF_EVENT_ARRAY")
}

/// A size that the kernel takes.
fn ring_size(bytes: u32) -> Result<u32> {
    let page = u32::try_from(page_size()).unwrap_or(4096);
    if !(1..=LARGEST).contains(&bytes) {
        let text = format!(
            "`perf_over_ring` needs a size from 1 to {LARGEST} bytes, not {bytes}; try \
             `.perf_over_ring(1 << 20)`"
        );
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    Ok(bytes.next_power_of_two().max(page))
}

/// Whether the C does nothing with a map but to define it and to submit events of a constant size.
fn only_submits(source: &SourceText, tokens: &[Token], map: &str) -> bool {
    let text = |at: Option<usize>| {
        let token = at.and_then(|at| tokens.get(at));
        token.map_or("", |token: &Token| source.slice(token.span))
    };
    tokens.iter().enumerate().all(|(at, token)| {
        let word = source.slice(token.span);
        if token.kind == TokenKind::Directive {
            let body = word.trim_start().trim_start_matches('#').trim_start();
            let inner = SourceText::new("", body);
            return body.starts_with("line ")
                || !body.contains(map)
                || only_submits(&inner, &lex_quietly(&inner), map);
        }
        let is_defined = text(Some(at + 1)) == "SEC";
        let is_submitted = text(at.checked_sub(2)) == SUBMIT;
        let is_member = [".", "->"].contains(&text(at.checked_sub(1)));
        token.kind != TokenKind::Ident || word != map || is_defined || is_submitted || is_member
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uses that only a perf buffer can serve are seen, in macros too; members, comments and names of
    /// files are none.
    #[test]
    fn finds_other_uses() {
        let definition = "#line 3 \"events.rs\"\nstruct { int x; } events SEC(\".maps\");\n";
        let submits = |code: &str| {
            let text = format!("{definition}{code}");
            let source = SourceText::new("", text);
            only_submits(&source, &lex_quietly(&source), "events")
        };
        assert!(submits(
            "/* events */ BCC_PERF_SUBMIT(events, ctx, &e, 8); a.events = p->events;"
        ));
        assert!(submits("#define S(e) BCC_PERF_SUBMIT(events, ctx, e, 8)\n"));
        assert!(!submits("bpf_perf_event_output(ctx, &events, 0, &e, 8);"));
        assert!(!submits(
            "#define S(e) bpf_perf_event_output(ctx, &events, 0, e, 8)\n"
        ));
    }

    /// Sizes are rounded up; none at all and one that no map can have are refused.
    #[test]
    fn rounds_sizes() {
        let page = u32::try_from(page_size()).unwrap();
        assert_eq!(ring_size(1).unwrap(), page);
        assert_eq!(ring_size(3 * page).unwrap(), 4 * page);
        assert_eq!(ring_size(LARGEST).unwrap(), LARGEST);
        for bytes in [0, LARGEST + 1] {
            assert_eq!(
                ring_size(bytes).unwrap_err().kind(),
                ErrorKind::InvalidInput
            );
        }
    }

    /// A record that is too short, or has no CPU in front, is none of ours.
    #[test]
    fn splits_records() {
        assert_eq!(split(&[3, 0, 0, 0, 0, 0, 0, 0, 9]), Some((3, &[9][..])));
        assert_eq!(split(&[0; 7]), None);
        assert_eq!(split(&[255; 9]), None);
    }
}
