//! How a ring buffer is read.
//!
//! In: wishes. Out: [`RingBufferOpts`].

use crate::events::LATENCY;
use std::time::Duration;

/// How a ring buffer is read; its size is that of the map.
#[derive(Clone, Copy, Debug)]
#[must_use = "options do nothing before they are handed to a method"]
pub struct RingBufferOpts {
    pub(super) latency: Duration,
}

impl RingBufferOpts {
    /// What [`open_ring_buffer`](super::RingBuf::open_ring_buffer) uses: a latency of 100 ms.
    pub const fn new() -> Self {
        Self { latency: LATENCY }
    }

    /// How long an event may be there without ending a wait; 100 ms by default. Events that wake
    /// the reader come at once in any case.
    pub const fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }
}

impl Default for RingBufferOpts {
    fn default() -> Self {
        Self::new()
    }
}
