//! Plain HTTP on a resource's operations: bodies stream both ways, and only headers on a list get through.
//! No credentials and no cookies, in either direction.

use std::{error::Error, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout};

use super::{
    authorize,
    body::ResponseBody,
    identify::Caller,
    limit::{self, Admitted},
};
use crate::{
    backend::{
        client::BackendError,
        request::{self, Outgoing, RequestError, Trace},
        response::{Answer, BoxError, RequestBody},
    },
    context::Core,
    registry::{Registry, snapshot::Operation},
};

/// Request headers that backends see, besides those that begin with `accept`, `content-` or `if-`.
const FORWARDED: [HeaderName; 1] = [header::RANGE];

/// Response headers that belong to the connection, or that would carry credentials. Those of CORS are the edge's own.
const WITHHELD: [HeaderName; 15] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    header::SET_COOKIE,
    HeaderName::from_static("set-cookie2"),
    HeaderName::from_static("keep-alive"),
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
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
        return too_large(limit);
    }
    let mut outgoing = match outgoing(operation, &variables, parts) {
        Ok(outgoing) => outgoing,
        Err(error) => return plain(StatusCode::BAD_REQUEST, &error.to_string()),
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
    let exchange = async {
        if body.is_end_stream() {
            return core.backend.send(plan, &outgoing).await;
        }
        let body = RequestBody::Streaming(Limited::new(body, limit).boxed_unsync());
        core.backend.stream(plan, &outgoing, body).await
    };
    let answered = timeout(plan.timeout, exchange).await;
    let answered = answered.unwrap_or(Err(BackendError::Timeout(plan.timeout)));
    core.metrics
        .observe_backend(answered.as_ref().map(|_| ()), started.elapsed());
    match answered {
        Ok(answer) => relayed(answer, permit),
        Err(BackendError::Broken(error)) if is_too_large(&error) => too_large(limit),
        Err(error @ BackendError::Timeout(_)) => {
            plain(StatusCode::GATEWAY_TIMEOUT, &error.to_string())
        }
        Err(error) => plain(StatusCode::BAD_GATEWAY, &error.to_string()),
    }
}

/// The backend's answer, its body still on its way.
fn relayed(answer: Answer, permit: Admitted) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Backend {
        body: Box::new(answer.body),
        permit,
    });
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    for name in &WITHHELD {
        response.headers_mut().remove(name);
    }
    response
}

/// Whether a request broke off because the client sent more than it may.
fn is_too_large(error: &hyper::Error) -> bool {
    let mut sources = std::iter::successors(error.source(), |&error| error.source());
    sources.any(|error| error.is::<LengthLimitError>())
}

fn too_large(limit: usize) -> Response<ResponseBody> {
    plain(
        StatusCode::PAYLOAD_TOO_LARGE,
        &format!("the body is larger than {limit} bytes"),
    )
}

/// The backend's request: its own path with the variables put in, the client's query as it came.
fn outgoing(
    operation: &Operation,
    variables: &[(&str, String)],
    parts: &Parts,
) -> Result<Outgoing, RequestError> {
    let mut outgoing = request::build_from_variables(&operation.request, variables)?;
    if let Some(query) = parts.uri.query() {
        let target = format!("{}?{query}", outgoing.path_and_query);
        outgoing.path_and_query = target.parse().map_err(|_| RequestError::TooLong)?;
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
