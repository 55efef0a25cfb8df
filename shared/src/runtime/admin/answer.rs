//! From a request to its answer. No sockets here, and the body of a request is never read.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;

use super::AdminState;
use crate::runtime::readiness::Readiness;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const PATHS: &str = "this listener serves GET and HEAD of /livez, /readyz and /metrics\n";

pub(super) type Answer = Response<Full<Bytes>>;

/// HEAD is answered like GET: hyper leaves the body out and keeps its length.
pub(super) async fn answer<B>(state: AdminState, request: Request<B>) -> Answer {
    let path = request.uri().path();
    if !matches!(path, "/livez" | "/readyz" | "/metrics") {
        return text(StatusCode::NOT_FOUND, PATHS);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, PATHS);
        refused
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match path {
        "/livez" => text(StatusCode::OK, "ok\n"),
        "/readyz" => ready(&state.readiness),
        _ => respond(StatusCode::OK, METRICS, (state.render_metrics)().await),
    }
}

/// One line for each thing that is missing, so that `kubectl get --raw` or curl tells the reason.
fn ready(readiness: &Readiness) -> Answer {
    let missing = readiness.pending();
    if missing.is_empty() {
        return text(StatusCode::OK, "ready\n");
    }
    let lines: String = missing
        .iter()
        .map(|name| format!("not ready: {name}\n"))
        .collect();
    text(StatusCode::SERVICE_UNAVAILABLE, lines)
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    respond(status, TEXT, body)
}

fn respond(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
