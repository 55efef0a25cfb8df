//! HTTP responses around results. What a backend's answer becomes is `answer`'s question.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use tokio::sync::mpsc;

use super::{body::ResponseBody, limit::RETRY_AFTER_SECONDS};
use crate::mcp::headers::SESSION_ID;

/// What a request is answered with.
#[derive(Debug)]
pub enum Reply {
    /// A JSON-RPC response.
    Json(Vec<u8>),
    /// The response to `initialize`, with the new session's id.
    Opened(Vec<u8>, String),
    /// A result that tells a legacy client to come again later.
    Refused(Vec<u8>),
    /// Nothing to say: a notification, or an answer.
    Accepted,
    /// A stream of events.
    Events(mpsc::Receiver<Bytes>),
}

impl Reply {
    /// As HTTP.
    #[must_use]
    pub fn into_response(self) -> Response<ResponseBody> {
        match self {
            Self::Json(body) => json(StatusCode::OK, body),
            Self::Opened(body, session) => {
                let mut response = json(StatusCode::OK, body);
                if let Ok(session) = HeaderValue::from_str(&session) {
                    response.headers_mut().insert(SESSION_ID, session);
                }
                response
            }
            Self::Refused(body) => {
                let mut response = json(StatusCode::OK, body);
                let seconds = HeaderValue::from(RETRY_AFTER_SECONDS);
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                response
            }
            Self::Accepted => {
                let mut response = Response::new(ResponseBody::empty());
                *response.status_mut() = StatusCode::ACCEPTED;
                response
            }
            Self::Events(events) => {
                let mut response = Response::new(ResponseBody::Events(events));
                event_headers(response.headers_mut());
                response
            }
        }
    }
}

/// A JSON answer.
#[must_use]
pub fn json(status: StatusCode, body: Vec<u8>) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Keeps proxies from buffering, changing or compressing a stream.
fn event_headers(headers: &mut HeaderMap) {
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-transform"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
}
