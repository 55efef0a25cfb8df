//! A backend's answer: its head, and a body that gives its connection back when it has been read to the end.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;

use super::client::{BackendError, Client, Connection};
use crate::registry::objects::Host;

/// The error of a body that a client sends.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An answer whose body has not been read.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
}

impl Answer {
    /// The content type without parameters, lower case; empty where there is none.
    #[must_use]
    pub fn content_type(&self) -> String {
        let value = self
            .headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        value
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }
}

/// A request's body: at hand, or on its way from a client.
#[derive(Debug)]
pub enum RequestBody {
    /// At hand.
    Full(Option<Bytes>),
    /// On its way.
    Streaming(UnsyncBoxBody<Bytes, BoxError>),
}

impl RequestBody {
    /// A body that is at hand; empty is none.
    #[must_use]
    pub fn full(bytes: Bytes) -> Self {
        Self::Full((!bytes.is_empty()).then_some(bytes))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Streaming(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Streaming(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Streaming(body) => body.size_hint(),
        }
    }
}

/// An answer's body. Dropped before its end, it takes the connection with it.
#[derive(Debug)]
pub struct AnswerBody {
    incoming: Incoming,
    held: Option<(Rc<Client>, Host, Connection)>,
}

impl AnswerBody {
    pub(super) fn new(
        incoming: Incoming,
        client: Rc<Client>,
        host: Host,
        connection: Connection,
    ) -> Self {
        Self {
            incoming,
            held: Some((client, host, connection)),
        }
    }

    /// Reads the whole body; an answer of one piece is not copied.
    ///
    /// # Errors
    /// Where the connection breaks, or the body is larger than `limit`.
    pub async fn collect(self, limit: usize) -> Result<Bytes, BackendError> {
        if self.incoming.size_hint().lower() > limit as u64 {
            return Err(BackendError::TooLarge(limit));
        }
        match read(self, limit).await.map_err(BackendError::Broken)? {
            (whole, true) => Ok(whole),
            (_, false) => Err(BackendError::TooLarge(limit)),
        }
    }

    /// Reads the body as far as `limit`, for an error that is only shown.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn beginning(self, limit: usize) -> Result<Bytes, BackendError> {
        let (mut body, _) = read(self, limit).await.map_err(BackendError::Broken)?;
        body.truncate(limit);
        Ok(body)
    }
}

/// What has arrived when a body ends (and `true`) or is longer than `limit`; a body of one piece is not copied.
///
/// # Errors
/// Where the body breaks off.
pub async fn read<B>(mut body: B, limit: usize) -> Result<(Bytes, bool), B::Error>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let too_large = first.len() + whole.len() + data.len() > limit;
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
        if too_large {
            return Ok((joined(first, whole), false));
        }
    }
    Ok((joined(first, whole), true))
}

/// The one piece that came, or the copy of all of them.
fn joined(first: Bytes, whole: BytesMut) -> Bytes {
    if whole.is_empty() {
        first
    } else {
        whole.freeze()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.incoming).poll_frame(cx);
        let at_end = matches!(polled, Poll::Ready(None)) || this.incoming.is_end_stream();
        if at_end && let Some((client, host, connection)) = this.held.take() {
            client.checkin(host, connection);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream() && self.held.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
