//! The first and the last thing that happens to any request: Host and Origin are checked, CORS headers are set.
//! A browser page of another site must not reach a gateway on somebody's machine (DNS rebinding).

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header, request::Parts};

use super::{body::ResponseBody, rejection::Rejection};
use crate::registry::snapshot::Server;

const ALLOW_HEADERS: HeaderValue = HeaderValue::from_static(
    "Accept, Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id",
);
const ALLOW_METHODS: HeaderValue =
    HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS");
const EXPOSE_HEADERS: HeaderValue = HeaderValue::from_static("Mcp-Session-Id, Retry-After");

/// What a request that may come in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// A browser asking whether it may send one.
    Preflight,
    /// One to be answered.
    Request,
}

/// Checks `Host` and `Origin`.
///
/// # Errors
/// 403 with the name that is not allowed.
pub fn check(server: &Server, parts: &Parts) -> Result<Checked, Rejection> {
    let host = host(parts).ok_or_else(|| Rejection::Host(String::new()))?;
    if !server.allows_host(without_port(host)) {
        return Err(Rejection::Host(host.to_owned()));
    }
    let mut origins = parts.headers.get_all(header::ORIGIN).iter();
    if let Some(origin) = origins.find(|origin| !allows_origin(server, host, origin)) {
        return Err(Rejection::Origin(
            String::from_utf8_lossy(origin.as_bytes()).into_owned(),
        ));
    }
    let preflight = parts.method == Method::OPTIONS
        && parts
            .headers
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    Ok(if preflight {
        Checked::Preflight
    } else {
        Checked::Request
    })
}

/// The answer to OPTIONS.
#[must_use]
pub fn preflight() -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(header::ALLOW, ALLOW_METHODS);
    response
}

/// Adds what every answer carries; `admitted` says whether Host and Origin were found to be good.
pub fn finish(request: &HeaderMap, admitted: bool, draining: bool, response: &mut HeaderMap) {
    if draining {
        response.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let Some(origin) = request.get(header::ORIGIN) else {
        return;
    };
    response.append(header::VARY, HeaderValue::from_static("Origin"));
    if !admitted {
        return;
    }
    response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSE_HEADERS);
    if request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        response.insert(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOW_METHODS);
        let headers = requested_headers(request).unwrap_or(ALLOW_HEADERS);
        response.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
        response.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("600"),
        );
    }
}

/// What a preflight asks for, if all of it is ours: `Mcp-Param-*` has no fixed list that could be sent.
fn requested_headers(request: &HeaderMap) -> Option<HeaderValue> {
    let asked = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS)?;
    let known = ALLOW_HEADERS.to_str().ok()?.to_ascii_lowercase();
    let known: Vec<&str> = known.split(", ").collect();
    let ours = asked
        .to_str()
        .ok()?
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .all(|name| known.contains(&name.as_str()) || name.starts_with("mcp-"));
    ours.then(|| asked.clone())
}

/// The host that was addressed: the URI's on HTTP/2, the header's on HTTP/1.1, which must be there once.
fn host(parts: &Parts) -> Option<&str> {
    if let Some(authority) = parts.uri.authority() {
        return Some(authority.as_str());
    }
    let mut values = parts.headers.get_all(header::HOST).iter();
    match (values.next(), values.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    }
}

fn without_port(host: &str) -> &str {
    let end_of_name = host.rfind(']').map_or(0, |bracket| bracket + 1);
    match host[end_of_name..].find(':') {
        Some(colon) => &host[..end_of_name + colon],
        None => host,
    }
}

/// Same host as the request's, or listed. Ports and schemes differ behind an Ingress, so only hosts are compared.
fn allows_origin(server: &Server, host: &str, origin: &HeaderValue) -> bool {
    let Ok(text) = origin.to_str() else {
        return false;
    };
    if server
        .allowed_origins
        .iter()
        .any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(text))
    {
        return true;
    }
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let same = uri
        .host()
        .is_some_and(|name| name.eq_ignore_ascii_case(without_port(host)));
    same && uri.scheme().is_some()
}
