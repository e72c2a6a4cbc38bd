//! A response body that follows a script: bytes, pauses, and perhaps a sudden end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use http_body::Frame;
use tokio::time::Sleep;

/// What a body does next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Sends these bytes.
    Send(Bytes),
    /// Sends nothing for a while; what was sent before gets on its way.
    Wait(Duration),
    /// Breaks off: the connection is closed, whatever length was announced.
    Abort,
}

/// A body that does one step after the other. When the peer is gone, it is dropped in the middle.
pub(crate) struct Script<I> {
    steps: I,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<I: Iterator<Item = Step>> Script<I> {
    pub(crate) const fn new(steps: I) -> Self {
        Self { steps, waiting: None }
    }
}

impl<I: Iterator<Item = Step> + Unpin> HttpBody for Script<I> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(sleep) = &mut self.waiting {
                std::task::ready!(sleep.as_mut().poll(context));
                self.waiting = None;
            }
            match self.steps.next() {
                Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Wait(pause)) => self.waiting = Some(Box::pin(tokio::time::sleep(pause))),
                Some(Step::Abort) => {
                    return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionAborted))));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}
