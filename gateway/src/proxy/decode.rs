//! From HTTP to a [`Call`]: headers, body, era, revision, session, in the order that clients of both eras count on
//! (2026-07-28 transports; the ladder is told in ARCHITECTURE.md).

use std::{borrow::Cow, rc::Rc, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, header};
use http_body::Body;
use serde_json::{Value, json, value::RawValue};
use tokio_util::sync::CancellationToken;

use super::rejection::Rejection;
use crate::{
    backend::{
        request::Trace,
        response::{self, BoxError},
    },
    context::{Core, unix_seconds},
    mcp::{
        headers::{self, Single},
        level::Level,
        message::{MessageError, Meta, Params, Request, string},
        method::Method,
        version::{Era, Version},
    },
    state::session::Session,
};

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A request that may be dispatched.
#[derive(Debug)]
pub struct Call<'a> {
    /// Its id, spliced into the answer as it came.
    pub id: &'a RawValue,
    /// What is asked for.
    pub method: Method,
    /// The revision that holds for it.
    pub version: Version,
    /// Its parameters, unread.
    pub params: &'a Params<'a>,
    /// Its session, if it is of the legacy era and has one.
    pub session: Option<Arc<Session>>,
    /// Its HTTP headers.
    pub headers: &'a HeaderMap,
    /// Cancelled by the client's `notifications/cancelled`.
    pub cancelled: CancellationToken,
}

/// What a client wants to hear while it waits.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// `progressToken`, a JSON string or number.
    pub progress: Option<Box<RawValue>>,
    /// Log messages from this level on.
    pub level: Option<Level>,
}

impl<'a> Call<'a> {
    /// What the client declared, as a `ClientCapabilities` object.
    #[must_use]
    pub fn capabilities(&self) -> Value {
        if let Some(session) = &self.session {
            return session.id.capabilities.as_json();
        }
        let declared = self
            .params
            .meta
            .as_ref()
            .and_then(|meta| meta.client_capabilities);
        declared
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_else(|| json!({}))
    }

    /// Whether the client takes a stream for an answer.
    #[must_use]
    pub fn takes_events(&self) -> bool {
        accepts(self.headers, "text", "event-stream")
    }

    /// What the client wants to hear while it waits; nothing, if it takes no stream.
    #[must_use]
    pub fn wants(&self) -> Wants {
        if !self.takes_events() {
            return Wants::default();
        }
        let meta = self.params.meta.as_ref();
        let token = meta
            .and_then(|meta| meta.progress_token)
            .filter(|token| is_token(token));
        let level = match &self.session {
            Some(session) => session.record().log_level,
            None => meta
                .and_then(|meta| meta.log_level)
                .and_then(string)
                .and_then(|level| Level::parse(&level)),
        };
        Wants {
            progress: token.map(ToOwned::to_owned),
            level,
        }
    }

    /// The caller's trace context.
    #[must_use]
    pub fn trace(&self) -> Trace<'a> {
        let text = |raw: Option<&'a RawValue>| match raw.and_then(string) {
            Some(Cow::Borrowed(text)) => Some(text),
            // A trace context has no characters that JSON would escape; one that does is none.
            Some(Cow::Owned(_)) | None => None,
        };
        let meta = self.params.meta.as_ref();
        Trace {
            parent: text(meta.and_then(|meta| meta.traceparent)),
            state: text(meta.and_then(|meta| meta.tracestate)),
        }
    }
}

/// Progress tokens are strings or numbers (2025-11-25, progress).
fn is_token(raw: &RawValue) -> bool {
    raw.get()
        .starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

/// Checks what a POST says of its body and of the answer it takes.
///
/// # Errors
/// 415 or 406.
pub fn content_headers(headers: &HeaderMap) -> Result<(), Rejection> {
    let Single::Value(content_type) = headers::single(headers, &header::CONTENT_TYPE) else {
        return Err(Rejection::ContentType);
    };
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Rejection::ContentType);
    }
    let admits =
        accepts(headers, "application", "json") || accepts(headers, "text", "event-stream");
    if admits {
        Ok(())
    } else {
        Err(Rejection::Accept("application/json and text/event-stream"))
    }
}

/// Whether `Accept` admits a media type; without the header everything is admitted (RFC 9110 §12.5.1).
#[must_use]
pub fn accepts(headers: &HeaderMap, kind: &str, subtype: &str) -> bool {
    if !headers.contains_key(header::ACCEPT) {
        return true;
    }
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parameters = range.split(';').map(str::trim);
        let (range_kind, range_subtype) = parameters
            .next()
            .unwrap_or_default()
            .split_once('/')
            .unwrap_or_default();
        let refused =
            parameters.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let fits = |range: &str, wanted: &str| range == "*" || range.eq_ignore_ascii_case(wanted);
        !refused && fits(range_kind, kind) && fits(range_subtype, subtype)
    })
}

/// Reads a body of at most `limit` bytes; one that comes in one piece is not copied.
///
/// # Errors
/// 413 where it is larger, 408 where it does not arrive.
pub async fn body<B>(headers: &HeaderMap, body: B, limit: usize) -> Result<Bytes, Rejection>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Rejection::BodyTooLarge(limit));
    }
    match tokio::time::timeout(BODY_TIMEOUT, collect(body, limit)).await {
        Ok(collected) => collected,
        Err(_) => Err(Rejection::Body(format!(
            "it did not arrive within {} s",
            BODY_TIMEOUT.as_secs()
        ))),
    }
}

async fn collect<B>(body: B, limit: usize) -> Result<Bytes, Rejection>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    match response::read(body, limit).await {
        Ok((whole, true)) => Ok(whole),
        Ok((_, false)) => Err(Rejection::BodyTooLarge(limit)),
        Err(error) => Err(Rejection::Body(error.into().to_string())),
    }
}

/// The revision that a header names, if it is one of ours: how to phrase an error before the era is known.
#[must_use]
pub fn announced(headers: &HeaderMap) -> Option<Version> {
    match headers::single(headers, &headers::PROTOCOL_VERSION) {
        Single::Value(text) => Version::parse(text),
        Single::Absent => Some(Version::V20250326),
        Single::Unusable => None,
    }
}

/// Whether a header names a revision that is not one of the handshake: one of the modern era, or one that we do not know.
fn is_modern(header: &Single<'_>) -> bool {
    matches!(header, Single::Value(text)
        if Version::parse(text).is_none_or(|version| version.era() == Era::Modern))
}

/// What a body that is no message is told; where a modern request's params cannot be read, its metadata cannot either.
#[must_use]
pub fn unreadable(headers: &HeaderMap, error: MessageError) -> Rejection {
    match Rejection::from(error) {
        Rejection::InvalidParams(reason)
            if is_modern(&headers::single(headers, &headers::PROTOCOL_VERSION)) =>
        {
            Rejection::Metadata(reason)
        }
        rejection => rejection,
    }
}

/// Checks a notification or a client's answer; sessions are of the legacy era, and a modern client's stray one is nothing.
///
/// # Errors
/// 404 where its session cannot be honoured.
pub fn unanswered(core: &Rc<Core>, headers: &HeaderMap) -> Result<Option<Arc<Session>>, Rejection> {
    if is_modern(&headers::single(headers, &headers::PROTOCOL_VERSION)) {
        return Ok(None);
    }
    session(core, headers)
}

/// The legacy session that a request names, if it names one.
///
/// # Errors
/// 404 where it cannot be honoured.
pub fn session(core: &Rc<Core>, headers: &HeaderMap) -> Result<Option<Arc<Session>>, Rejection> {
    match headers::single(headers, &headers::SESSION_ID) {
        Single::Absent => Ok(None),
        Single::Unusable => Err(Rejection::InvalidRequest(
            "Mcp-Session-Id must be there once".to_owned(),
        )),
        Single::Value(id) => Ok(Some(core.gateway.state.session(id, unix_seconds())?)),
    }
}

/// Tells the era and checks what it demands.
///
/// # Errors
/// The rejection that the era's ladder gives.
pub fn call<'a>(
    core: &Rc<Core>,
    headers: &'a HeaderMap,
    request: &'a Request<'a>,
) -> Result<Call<'a>, Rejection> {
    let header = headers::single(headers, &headers::PROTOCOL_VERSION);
    let meta = request.params.meta.as_ref();
    if meta.is_some_and(|meta| meta.protocol_version.is_some()) {
        return modern(headers, &header, request);
    }
    if request.method == "initialize" {
        if is_modern(&header) {
            return Err(Rejection::HeaderMismatch(
                "initialize belongs to revisions up to 2025-11-25".to_owned(),
            ));
        }
        return legacy_call(headers, request, Version::NEWEST_LEGACY, None);
    }
    if is_modern(&header) {
        return modern(headers, &header, request);
    }
    legacy(core, headers, &header, request)
}

fn modern<'a>(
    headers: &'a HeaderMap,
    header: &Single<'_>,
    request: &'a Request<'a>,
) -> Result<Call<'a>, Rejection> {
    let meta = request.params.meta.as_ref();
    let named = version_in(meta)?;
    if *header != Single::Value(&named) {
        return Err(Rejection::HeaderMismatch(format!(
            "MCP-Protocol-Version must be \"{named}\", as in _meta"
        )));
    }
    let version = Version::parse(&named).filter(|version| version.era() == Era::Modern);
    let version = version.ok_or_else(|| Rejection::UnsupportedVersion(named.into_owned()))?;
    require(headers, &headers::METHOD, &request.method, |value| {
        Some(Cow::Borrowed(value))
    })?;
    let params = &request.params;
    let subject = match &*request.method {
        "tools/call" | "prompts/get" => params.name,
        "resources/read" => params.uri,
        _ => None,
    };
    if let Some(subject) = subject.and_then(string) {
        require(headers, &headers::NAME, &subject, headers::decoded)?;
    }
    let method = Method::parse(&request.method, Era::Modern);
    let method =
        method.ok_or_else(|| Rejection::MethodNotFound(request.method.clone().into_owned()))?;
    if let Some(level) = meta.and_then(|meta| meta.log_level)
        && string(level)
            .and_then(|level| Level::parse(&level))
            .is_none()
    {
        let message = format!("logLevel {} is not one of debug … emergency", level.get());
        return Err(Rejection::InvalidParams(message));
    }
    Ok(Call {
        id: request.id,
        method,
        version,
        params,
        session: None,
        headers,
        cancelled: CancellationToken::new(),
    })
}

/// The metadata that every modern request must have (2026-07-28, basic, `_meta`).
fn version_in<'a>(meta: Option<&'a Meta<'a>>) -> Result<Cow<'a, str>, Rejection> {
    let missing = |key: &str, kind: &str| {
        Rejection::Metadata(format!(
            "params._meta must have \"io.modelcontextprotocol/{key}\", {kind}"
        ))
    };
    let version = meta.and_then(|meta| meta.protocol_version).and_then(string);
    let version = version.ok_or_else(|| missing("protocolVersion", "a string"))?;
    let capabilities = meta.and_then(|meta| meta.client_capabilities);
    if capabilities.is_none_or(|capabilities| !capabilities.get().starts_with('{')) {
        return Err(missing("clientCapabilities", "an object"));
    }
    Ok(version)
}

/// A header that must be there once and, read by `decoded`, say what the body says.
fn require(
    headers: &HeaderMap,
    name: &HeaderName,
    expected: &str,
    decoded: impl Fn(&str) -> Option<Cow<'_, str>>,
) -> Result<(), Rejection> {
    let mismatch = |what: &str| {
        Err(Rejection::HeaderMismatch(format!(
            "{name} {what}, the body says \"{expected}\""
        )))
    };
    match headers::single(headers, name) {
        Single::Absent => mismatch("is missing"),
        Single::Unusable => mismatch("must be there once, in ASCII"),
        Single::Value(value) => match decoded(value) {
            Some(decoded) if decoded == expected => Ok(()),
            Some(_) => mismatch(&format!("is \"{value}\"")),
            None => mismatch("is not proper base64"),
        },
    }
}

fn legacy<'a>(
    core: &Rc<Core>,
    headers: &'a HeaderMap,
    header: &Single<'_>,
    request: &'a Request<'a>,
) -> Result<Call<'a>, Rejection> {
    let session = session(core, headers)?;
    let version = match header {
        Single::Absent => session
            .as_ref()
            .map_or(Version::V20250326, |session| session.id.version),
        Single::Value(text) => {
            let known = Version::parse(text).filter(|version| version.era() == Era::Legacy);
            known.ok_or_else(|| Rejection::UnsupportedVersion((*text).to_owned()))?
        }
        Single::Unusable => {
            return Err(Rejection::InvalidRequest(
                "MCP-Protocol-Version must be there once".to_owned(),
            ));
        }
    };
    legacy_call(headers, request, version, session)
}

fn legacy_call<'a>(
    headers: &'a HeaderMap,
    request: &'a Request<'a>,
    version: Version,
    session: Option<Arc<Session>>,
) -> Result<Call<'a>, Rejection> {
    let method = Method::parse(&request.method, Era::Legacy);
    let method =
        method.ok_or_else(|| Rejection::MethodNotFound(request.method.clone().into_owned()))?;
    Ok(Call {
        id: request.id,
        method,
        version,
        params: &request.params,
        session,
        headers,
        cancelled: CancellationToken::new(),
    })
}
