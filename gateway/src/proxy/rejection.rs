//! Everything that can be refused, and the one place that says how: HTTP status, JSON-RPC code, text.
//! The request's id and revision are held by the pipeline, not by the variants.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json, value::RawValue};
use thiserror::Error;

use super::{body::ResponseBody, limit::RETRY_AFTER_SECONDS};
use crate::{
    mcp::{
        error,
        message::MessageError,
        version::{Era, Version},
    },
    state::SessionError,
};

/// Why a request is not answered with a result.
#[derive(Debug, Error)]
pub enum Rejection {
    /// `Host` names somebody else.
    #[error("Host \"{0}\" is not served here; add it to config.allowedHosts of the MCPServer")]
    Host(String),
    /// `Origin` may not call.
    #[error(
        "Origin \"{0}\" may not call this server; add it to config.allowedOrigins of the MCPServer"
    )]
    Origin(String),
    /// Nothing lives at the path.
    #[error("there is nothing at this path; the MCP endpoint is {0}")]
    NoSuchPath(String),
    /// The path does not take this HTTP method; the text is `Allow`.
    #[error("this path takes {0}")]
    HttpMethod(String),
    /// Not JSON by its header.
    #[error("Content-Type must be application/json")]
    ContentType,
    /// The client takes neither form of answer.
    #[error("Accept must admit {0}")]
    Accept(&'static str),
    /// More than `maxRequestBytes`.
    #[error(
        "the body is larger than {0} bytes, which config.maxRequestBytes of the MCPServer allows"
    )]
    BodyTooLarge(usize),
    /// The body did not arrive, or not in time.
    #[error("the body could not be read: {0}")]
    Body(String),
    /// Not JSON.
    #[error("{0}")]
    NotJson(String),
    /// Not JSON-RPC, or not allowed here.
    #[error("{0}")]
    InvalidRequest(String),
    /// A modern request without its metadata.
    #[error("{0}")]
    Metadata(String),
    /// A header contradicts the body.
    #[error("Header mismatch: {0}")]
    HeaderMismatch(String),
    /// A revision that is not served.
    #[error("Unsupported protocol version")]
    UnsupportedVersion(String),
    /// A method that is not served in this era.
    #[error("Method not found: {0}")]
    MethodNotFound(String),
    /// Parameters that cannot be used.
    #[error("{0}")]
    InvalidParams(String),
    /// No such resource.
    #[error("Resource not found")]
    ResourceNotFound(String),
    /// The client cannot do what the tool needs; the value is a `ClientCapabilities` object.
    #[error("this tool needs a client with more capabilities")]
    MissingCapability(Value),
    /// The session is over, or never was.
    #[error("{0}; begin a new one with initialize")]
    Session(#[from] SessionError),
    /// As many calls or streams as there may be.
    #[error("the server is busy; try again in {RETRY_AFTER_SECONDS} s")]
    Busy,
    /// A prompt or resource could not be had from its backend.
    #[error("{message}")]
    Backend {
        /// What happened.
        message: String,
        /// The HTTP status, where there was an answer, and its body.
        data: Option<Value>,
    },
}

impl From<MessageError> for Rejection {
    fn from(error: MessageError) -> Self {
        let message = error.to_string();
        match error {
            MessageError::NotJson(_) => Self::NotJson(message),
            MessageError::NotJsonRpc(_) => Self::InvalidRequest(message),
            MessageError::Params { .. } => Self::InvalidParams(message),
        }
    }
}

impl Rejection {
    /// The HTTP answer, or the answer of one element of a batch.
    #[must_use]
    pub fn into_response(
        self,
        id: Option<&RawValue>,
        version: Option<Version>,
    ) -> Response<ResponseBody> {
        let era = version.map_or(Era::Modern, Version::era);
        let mut response = Response::new(ResponseBody::empty());
        *response.status_mut() = self.status(era);
        let headers = response.headers_mut();
        if let Self::HttpMethod(allow) = &self
            && let Ok(allow) = HeaderValue::from_str(allow)
        {
            headers.insert(header::ALLOW, allow);
        }
        if let Self::Busy = &self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        *response.body_mut() = ResponseBody::full(self.body(id, era));
        response
    }

    /// The JSON-RPC error.
    #[must_use]
    pub fn body(&self, id: Option<&RawValue>, era: Era) -> Vec<u8> {
        error::body(id, self.code(era), &self.to_string(), self.data().as_ref())
    }

    /// Legacy clients take a 404 for a lost session, so a request that parsed is answered in-band.
    fn status(&self, era: Era) -> StatusCode {
        match (self, era) {
            (Self::Host(_) | Self::Origin(_), _) => StatusCode::FORBIDDEN,
            (Self::NoSuchPath(_) | Self::Session(_), _)
            | (Self::MethodNotFound(_), Era::Modern) => StatusCode::NOT_FOUND,
            (Self::HttpMethod(_), _) => StatusCode::METHOD_NOT_ALLOWED,
            (Self::ContentType, _) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            (Self::Accept(_), _) => StatusCode::NOT_ACCEPTABLE,
            (Self::BodyTooLarge(_), _) => StatusCode::PAYLOAD_TOO_LARGE,
            (Self::Body(_), _) => StatusCode::REQUEST_TIMEOUT,
            (Self::Busy, Era::Modern) => StatusCode::SERVICE_UNAVAILABLE,
            (
                Self::NotJson(_)
                | Self::InvalidRequest(_)
                | Self::Metadata(_)
                | Self::HeaderMismatch(_)
                | Self::UnsupportedVersion(_)
                | Self::MissingCapability(_),
                _,
            ) => StatusCode::BAD_REQUEST,
            (Self::MethodNotFound(_) | Self::Busy, Era::Legacy)
            | (Self::InvalidParams(_) | Self::ResourceNotFound(_) | Self::Backend { .. }, _) => {
                StatusCode::OK
            }
        }
    }

    fn code(&self, era: Era) -> i64 {
        match self {
            Self::NotJson(_) => error::PARSE_ERROR,
            Self::MethodNotFound(_) => error::METHOD_NOT_FOUND,
            Self::Metadata(_) | Self::InvalidParams(_) => error::INVALID_PARAMS,
            Self::HeaderMismatch(_) => error::HEADER_MISMATCH,
            Self::UnsupportedVersion(_) => error::UNSUPPORTED_PROTOCOL_VERSION,
            Self::ResourceNotFound(_) if era == Era::Modern => error::INVALID_PARAMS,
            Self::ResourceNotFound(_) => error::RESOURCE_NOT_FOUND,
            Self::MissingCapability(_) => error::MISSING_CLIENT_CAPABILITY,
            Self::Session(_) => error::SESSION_NOT_FOUND,
            Self::Busy => error::BUSY,
            Self::Backend { .. } => error::INTERNAL_ERROR,
            Self::Host(_)
            | Self::Origin(_)
            | Self::NoSuchPath(_)
            | Self::HttpMethod(_)
            | Self::ContentType
            | Self::Accept(_)
            | Self::BodyTooLarge(_)
            | Self::Body(_)
            | Self::InvalidRequest(_) => error::INVALID_REQUEST,
        }
    }

    fn data(&self) -> Option<Value> {
        match self {
            Self::UnsupportedVersion(requested) => {
                let supported: Vec<&str> = Version::ALL
                    .iter()
                    .map(|version| version.as_str())
                    .collect();
                Some(json!({"supported": supported, "requested": requested}))
            }
            Self::ResourceNotFound(uri) => Some(json!({"uri": uri})),
            Self::MissingCapability(required) => Some(json!({"requiredCapabilities": required})),
            Self::Busy => Some(json!({"retryAfterSeconds": RETRY_AFTER_SECONDS})),
            Self::Backend { data, .. } => data.clone(),
            _ => None,
        }
    }
}
