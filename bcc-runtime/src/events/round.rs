//! A round: the rings whose callbacks are to have what is in them.
//!
//! In: the buffers that may have something. Out: their records, handed over, up to where they were
//! written when the round was planned. What a callback leaves by ending the poll, or by a panic, stays
//! in the round: nothing announces it a second time.

use super::buffer::{Buffer, Step};
use super::too_short;
use crate::error::{Context as _, Result};
use crate::sys::ringbuf::Position;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

/// What is still to be read.
#[derive(Debug, Default)]
pub(super) struct Round {
    parts: VecDeque<Part>,
    /// Whether a callback has ended the last one.
    pub(super) stopped: bool,
}

/// A ring, by its buffer's number and its place there, and up to where it is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    buffer: u64,
    ring: usize,
    end: Position,
}

impl Round {
    /// Adds all that is in these buffers now.
    pub(super) fn plan<'a>(&mut self, buffers: impl Iterator<Item = &'a (u64, Buffer)>) {
        let left = self.parts.len();
        for (number, buffer) in buffers {
            for ring in 0..buffer.rings.count() {
                let new = Part {
                    buffer: *number,
                    ring,
                    end: buffer.rings.written(ring),
                };
                let is_same = |part: &&mut Part| (part.buffer, part.ring) == (new.buffer, ring);
                match self.parts.iter_mut().take(left).find(is_same) {
                    Some(part) => part.end = new.end,
                    None => self.parts.push_back(new),
                }
            }
        }
    }

    /// Reads what is left, until a callback ends that, and returns the number of events handled. A
    /// buffer that fails does not keep the others from being read; one that is closed is left out.
    pub(super) fn run(&mut self, buffers: &mut [(u64, Buffer)]) -> Result<usize> {
        let mut handled = 0;
        let mut failure = Ok(());
        self.stopped = false;
        // A part is taken out only when it has been read: a callback may panic.
        while let Some(part) = self.parts.front().copied() {
            let mut open = buffers.iter_mut();
            if let Some((_, buffer)) = open.find(|(number, _)| *number == part.buffer) {
                let (before, malformed) = (buffer.counters.handled(), buffer.counters.malformed());
                let step = buffer.consume_to(part.ring, part.end);
                handled += buffer.counters.handled() - before;
                self.stopped = matches!(step, Ok(Step::Stopped));
                let read = step
                    .with_context(|| format!("failed to read the buffer of map `{}`", buffer.map));
                let read = read.and_then(|_| check_decoded(buffer, malformed));
                failure = failure.and(read);
            }
            self.parts.pop_front();
            if self.stopped {
                // Behind the others, which then have their turn however often a callback ends the
                // poll.
                self.parts.push_back(part);
                break;
            }
        }
        failure?;
        Ok(usize::try_from(handled).unwrap_or(usize::MAX))
    }
}

fn check_decoded(buffer: &Buffer, malformed_before: u64) -> Result<()> {
    if buffer.counters.malformed() == malformed_before {
        return Ok(());
    }
    let size = buffer.counters.malformed_size.load(Ordering::Relaxed);
    Err(too_short(&buffer.map, size))
}
