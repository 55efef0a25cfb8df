//! Plain HTTP on a resource's operations: bodies stream both ways, and only headers on a list get through.
//! No credentials and no cookies, in either direction.

use std::{borrow::Cow, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::{authorize, body::ResponseBody, identify::Caller, limit};
use crate::{
    backend::{
        client::BackendError,
        request::{self, Argument, Outgoing, Trace},
        response::{BoxError, RequestBody},
    },
    context::Core,
    registry::{Registry, snapshot::Operation},
};

/// Request headers that backends see, besides those that begin with `accept`, `content-` or `if-`.
const FORWARDED: [HeaderName; 1] = [header::RANGE];

/// Response headers that belong to the connection, or that would carry credentials.
const WITHHELD: [HeaderName; 8] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    header::SET_COOKIE,
    HeaderName::from_static("keep-alive"),
];

/// Answers a request below the endpoint; `path` is what follows the server's prefix.
pub async fn run<B>(
    core: &Rc<Core>,
    registry: &Registry,
    parts: &Parts,
    path: &str,
    body: B,
) -> Response<ResponseBody>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let Some((operation, variables)) = registry.operation(&parts.method, path) else {
        return not_served(registry, path);
    };
    let limit = registry.server.max_request_bytes;
    if body.size_hint().lower() > limit as u64 {
        return plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("the body is larger than {limit} bytes"),
        );
    }
    let mut outgoing = match outgoing(operation, &variables, parts) {
        Ok(outgoing) => outgoing,
        Err(message) => return plain(StatusCode::BAD_REQUEST, &message),
    };
    let granted = authorize::grant(&Caller::Anonymous);
    let Ok(permit) = limit::admit(core, registry, None, granted) else {
        let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, "the server is busy");
        response.headers_mut().insert(
            header::RETRY_AFTER,
            HeaderValue::from(limit::RETRY_AFTER_SECONDS),
        );
        return response;
    };
    let plan = &operation.request;
    request::stamp(
        &mut outgoing.headers,
        &core.backend.request_id(),
        trace(&parts.headers),
    );
    let started = Instant::now();
    let body = if body.is_end_stream() {
        RequestBody::full(Bytes::new())
    } else {
        RequestBody::Streaming(Limited::new(body, limit).boxed_unsync())
    };
    let answered = timeout(plan.timeout, core.backend.stream(plan, &outgoing, body)).await;
    let answered = answered.unwrap_or(Err(BackendError::Timeout(plan.timeout)));
    core.metrics
        .observe_backend(answered.as_ref().map(|_| ()), started.elapsed());
    match answered {
        Ok(answer) => {
            let mut response = Response::new(ResponseBody::Backend {
                body: Box::new(answer.body),
                permit,
            });
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            WITHHELD
                .iter()
                .for_each(|name| while response.headers_mut().remove(name).is_some() {});
            response
        }
        Err(error @ BackendError::Timeout(_)) => {
            plain(StatusCode::GATEWAY_TIMEOUT, &error.to_string())
        }
        Err(error) => plain(StatusCode::BAD_GATEWAY, &error.to_string()),
    }
}

/// The backend's request: its own path with the variables put in, the client's query as it came.
fn outgoing(
    operation: &Operation,
    variables: &[(&str, String)],
    parts: &Parts,
) -> Result<Outgoing, String> {
    let values: Vec<(&str, Value)> = variables
        .iter()
        .map(|(name, value)| (*name, json!(value)))
        .collect();
    let used = |name: &str| {
        operation
            .request
            .path
            .variables()
            .any(|variable| variable == name)
    };
    let arguments = || {
        let used = values.iter().filter(|(name, _)| used(name));
        used.map(|(name, value)| Argument {
            name: Cow::Borrowed(*name),
            value,
            text: "null",
        })
        .collect()
    };
    let mut outgoing =
        request::build(&operation.request, "", arguments).map_err(|error| error.to_string())?;
    if let Some(query) = parts.uri.query() {
        outgoing.path_and_query.push('?');
        outgoing.path_and_query.push_str(query);
    }
    outgoing.body = Bytes::new();
    outgoing.headers = forwarded(&parts.headers);
    Ok(outgoing)
}

fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let passes = |name: &HeaderName| {
        let text = name.as_str();
        FORWARDED.contains(name)
            || text.starts_with("accept")
            || text.starts_with("if-")
            || text.starts_with("content-")
    };
    headers
        .iter()
        .filter(|(name, _)| passes(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn trace(headers: &HeaderMap) -> Trace<'_> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Trace {
        parent: text("traceparent"),
        state: text("tracestate"),
    }
}

fn not_served(registry: &Registry, path: &str) -> Response<ResponseBody> {
    let methods = registry.operation_methods(path);
    if methods.is_empty() {
        let endpoint = &registry.server.path_prefix;
        return plain(
            StatusCode::NOT_FOUND,
            &format!("no resource is served at this path; the MCP endpoint is {endpoint}"),
        );
    }
    let allow = methods
        .iter()
        .map(|method| method.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let mut response = plain(
        StatusCode::METHOD_NOT_ALLOWED,
        &format!("this path takes {allow}"),
    );
    if let Ok(allow) = HeaderValue::from_str(&allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

fn plain(status: StatusCode, message: &str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::full(format!("{message}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
