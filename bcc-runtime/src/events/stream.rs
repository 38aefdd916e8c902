//! Events as a stream on tokio.
//!
//! In: a reader. Out: a stream that is ready when tokio's reactor says that the reader is.

use super::reader::{Event, EventReader};
use crate::error::{Context as _, Result};
use crate::sys::reactor;
use futures_core::Stream;
use std::fmt;
use std::future::poll_fn;
use std::os::fd::{AsFd as _, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::unix::AsyncFd;

/// The events of a reader, for tasks on tokio; with the feature `tokio`.
///
/// It is a stream without an end, and can be used without any more crates through
/// [`next`](Self::next). No event waits for longer than the reader's latency.
///
/// ```no_run
/// # use bcc_runtime::{Event, EventStream, Result, map::PerfEventArray};
/// # async fn show(map: &PerfEventArray<u64>) -> Result<()> {
/// let mut events = EventStream::new(map.reader()?)?;
/// loop {
///     match events.next().await? {
///         Event::Record(number) => println!("{number}"),
///         Event::Lost(count) => eprintln!("{count} lost"),
///     }
/// }
/// # }
/// ```
pub struct EventStream<T> {
    reader: EventReader<T>,
    /// The reader's descriptor once more.
    watched: AsyncFd<OwnedFd>,
}

impl<T> EventStream<T> {
    /// Makes a stream of a reader.
    ///
    /// # Errors
    /// If the reactor does not take another descriptor.
    ///
    /// # Panics
    /// Outside of a tokio runtime, or in one without I/O.
    pub fn new(reader: EventReader<T>) -> Result<Self> {
        let fd = reader.as_fd().try_clone_to_owned();
        let watched = fd.and_then(reactor::watch);
        let watched = watched.context("failed to hand the events to tokio")?;
        Ok(Self { reader, watched })
    }

    /// The next event. Nothing is lost if the future is dropped.
    ///
    /// # Errors
    /// As [`EventReader::next_timeout`]; the stream can be used afterwards.
    pub async fn next(&mut self) -> Result<Event<T>> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// The reader, for its counts.
    #[must_use]
    pub fn reader(&self) -> &EventReader<T> {
        &self.reader
    }

    /// The reader, off the runtime.
    #[must_use]
    pub fn into_reader(self) -> EventReader<T> {
        self.reader
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event<T>>> {
        if let Some(event) = self.reader.pop().transpose() {
            return Poll::Ready(event);
        }
        loop {
            let ready = ready!(self.watched.poll_read_ready(cx));
            let mut guard = match ready.context("failed to wait for events") {
                Ok(guard) => guard,
                Err(error) => return Poll::Ready(Err(error)),
            };
            // In this order: what comes after the reader was found empty makes it ready again.
            let event = self.reader.try_next().transpose();
            match event {
                Some(event) => return Poll::Ready(event),
                None => guard.clear_ready(),
            }
        }
    }
}

impl<T> Stream for EventStream<T> {
    type Item = Result<Event<T>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(cx).map(Some)
    }
}

impl<T> fmt::Debug for EventStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventStream").field(self.reader()).finish()
    }
}
