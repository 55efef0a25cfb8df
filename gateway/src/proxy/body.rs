//! What a response body can be.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use super::limit::Admitted;
use crate::backend::response::{AnswerBody, BoxError};

/// A response's body.
#[derive(Debug)]
pub enum ResponseBody {
    /// At hand; taken when sent.
    Full(Option<Bytes>),
    /// Events as they come, until the sender is gone.
    Events(mpsc::Receiver<Bytes>),
    /// A backend's body, passed on; it counts as a call in flight until its end.
    Backend {
        /// The body.
        body: Box<AnswerBody>,
        /// Its place among the calls in flight.
        permit: Admitted,
    },
}

impl ResponseBody {
    /// Nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::Full(None)
    }

    /// All of it.
    #[must_use]
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::Full((!bytes.is_empty()).then_some(bytes))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Events(events) => events
                .poll_recv(cx)
                .map(|event| event.map(|event| Ok(Frame::data(event)))),
            Self::Backend { body, .. } => Pin::new(body.as_mut())
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(Into::into))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Events(_) => false,
            Self::Backend { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Events(_) => SizeHint::default(),
            Self::Backend { body, .. } => body.size_hint(),
        }
    }
}
