//! Answers and their bodies: whole ones, and streams that may break off.
//!
//! Which answer a request gets is decided in `routes`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

pub(crate) const JSON: &str = "application/json";
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// Between two events, so that a reader can see them come one by one.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) type Reply = Response<ReplyBody>;

/// A body known from the start, or one that a task writes piece by piece; an error in the latter
/// cuts the connection.
pub(crate) enum ReplyBody {
    Whole(Full<Bytes>),
    Pieces(mpsc::Receiver<io::Result<Bytes>>),
}

/// Where a task writes the pieces of a body.
pub(crate) type Pieces = mpsc::Sender<io::Result<Bytes>>;

impl ReplyBody {
    pub(crate) fn pieces() -> (Pieces, Self) {
        let (sender, receiver) = mpsc::channel(4);
        (sender, Self::Pieces(receiver))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|never| match never {}),
            Self::Pieces(pieces) => pieces
                .poll_recv(context)
                .map(|piece| piece.map(|piece| piece.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Pieces(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}

/// An answer of which body and type are known.
pub(crate) fn whole(content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    typed(content_type, ReplyBody::Whole(Full::new(body.into())))
}

/// 200 with this body; status and further headers are put on by the caller.
pub(crate) fn typed(content_type: &'static str, body: ReplyBody) -> Reply {
    let mut reply = Response::new(body);
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// Server-sent events, one for each message.
pub(crate) fn events(messages: Vec<Value>) -> Reply {
    let (pieces, body) = ReplyBody::pieces();
    tokio::spawn(send(messages, pieces));
    let mut reply = typed("text/event-stream", body);
    reply
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    reply
}

async fn send(messages: Vec<Value>, pieces: Pieces) {
    for message in messages {
        let event = format!("event: message\ndata: {message}\n\n");
        // The reader is gone, and nobody waits for the rest.
        if pieces.send(Ok(Bytes::from(event))).await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A status alone.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(ReplyBody::Whole(Full::default()));
    *reply.status_mut() = status;
    reply
}

pub(crate) fn json(value: &impl Serialize) -> Reply {
    // An answer of this service is about 300 bytes, and growing a buffer to it is a copy or two.
    let mut body = Vec::with_capacity(512);
    match serde_json::to_writer(&mut body, value) {
        Ok(()) => whole(JSON, body),
        Err(error) => problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            None,
            &format!("the answer is no JSON: {error}"),
        ),
    }
}

/// An error as JSON: what is wrong and, where there is one, the field to mend.
pub(crate) fn problem(status: StatusCode, field: Option<&str>, message: &str) -> Reply {
    let body = match field {
        Some(field) => serde_json::json!({"error": message, "field": field}),
        None => serde_json::json!({"error": message}),
    };
    let mut reply = whole(JSON, body.to_string());
    *reply.status_mut() = status;
    reply
}

/// 400 for one field of the request.
pub(crate) fn bad_field(field: &str, message: &str) -> Reply {
    problem(StatusCode::BAD_REQUEST, Some(field), message)
}
