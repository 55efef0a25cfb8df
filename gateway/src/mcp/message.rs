//! JSON-RPC messages, parsed once and borrowed from the request's body.
//! Says only whether bytes are a message; which era it belongs to is `proxy::decode`'s question.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;
use thiserror::Error;

/// Why bytes are not a JSON-RPC message.
#[derive(Debug, Error)]
pub enum MessageError {
    /// Not JSON at all (-32700).
    #[error("the body is not valid JSON: {0}")]
    NotJson(serde_json::Error),
    /// JSON, but no JSON-RPC 2.0 message (-32600).
    #[error("the body is not a JSON-RPC 2.0 message: {0}")]
    NotJsonRpc(String),
    /// A request whose `params` have the wrong shape (-32602).
    #[error("invalid params: {reason}")]
    Params {
        /// The request's id, as it stood there, when it can be read.
        id: Option<Box<RawValue>>,
        /// What is wrong.
        reason: String,
    },
}

/// What a POST body holds.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it lives on the stack for one match; a box would cost every request"
)]
pub enum Body<'a> {
    /// One message.
    One(Message<'a>),
    /// A batch, each element still to be parsed by [`parse_one`].
    Batch(Vec<&'a RawValue>),
}

/// One JSON-RPC message.
#[derive(Debug)]
pub enum Message<'a> {
    /// Expects an answer.
    Request(Request<'a>),
    /// Expects none.
    Notification(Notification<'a>),
    /// A client's answer to something that the server asked.
    Response(Response<'a>),
}

/// A request; `id` is a JSON string or number, spliced into the answer as it came.
#[derive(Debug)]
pub struct Request<'a> {
    /// The id as it stood in the message.
    pub id: &'a RawValue,
    /// The method's name.
    pub method: Cow<'a, str>,
    /// All parameters of all methods.
    pub params: Params<'a>,
}

/// A message without an id.
#[derive(Debug)]
pub struct Notification<'a> {
    /// The method's name.
    pub method: Cow<'a, str>,
    /// All parameters of all methods.
    pub params: Params<'a>,
}

/// A client's answer: a result or an error.
#[derive(Debug)]
pub struct Response<'a> {
    /// The id of the server's request.
    pub id: Option<&'a RawValue>,
    /// `result`, if it succeeded.
    pub result: Option<&'a RawValue>,
    /// `error`, if it failed.
    pub error: Option<&'a RawValue>,
}

/// The parameters of every method, unread; an absent one and `null` are the same.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(
    missing_docs,
    reason = "the names are those of the MCP schema, which explains them"
)]
pub struct Params<'a> {
    #[serde(
        borrow,
        rename = "_meta",
        default,
        deserialize_with = "optional_object"
    )]
    pub meta: Option<Meta<'a>>,
    #[serde(borrow)]
    pub name: Option<&'a RawValue>,
    #[serde(borrow)]
    pub uri: Option<&'a RawValue>,
    #[serde(borrow)]
    pub arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub cursor: Option<&'a RawValue>,
    #[serde(borrow)]
    pub protocol_version: Option<&'a RawValue>,
    #[serde(borrow)]
    pub capabilities: Option<&'a RawValue>,
    #[serde(borrow)]
    pub client_info: Option<&'a RawValue>,
    #[serde(borrow)]
    pub r#ref: Option<&'a RawValue>,
    #[serde(borrow)]
    pub argument: Option<&'a RawValue>,
    #[serde(borrow)]
    pub context: Option<&'a RawValue>,
    #[serde(borrow)]
    pub notifications: Option<&'a RawValue>,
    #[serde(borrow)]
    pub level: Option<&'a RawValue>,
    #[serde(borrow)]
    pub request_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub input_responses: Option<&'a RawValue>,
    #[serde(borrow)]
    pub request_state: Option<&'a RawValue>,
}

/// `_meta` of a request: the reserved keys that a gateway reads.
#[derive(Debug, Default, Deserialize)]
#[allow(
    missing_docs,
    reason = "the names are those of the MCP schema, which explains them"
)]
pub struct Meta<'a> {
    #[serde(
        borrow,
        rename = "io.modelcontextprotocol/protocolVersion",
        default,
        deserialize_with = "present"
    )]
    pub protocol_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    pub client_capabilities: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/logLevel")]
    pub log_level: Option<&'a RawValue>,
    #[serde(borrow, rename = "progressToken")]
    pub progress_token: Option<&'a RawValue>,
    #[serde(borrow)]
    pub traceparent: Option<&'a RawValue>,
    #[serde(borrow)]
    pub tracestate: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "optional_object")]
    params: Option<Params<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// The envelope without its params: read only to find the id of a request whose params are broken.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// A key that is there counts, even when it says `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// An object, or nothing; a derived `Deserialize` alone would also take an array, its elements for members by position.
fn optional_object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Object<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }
    deserializer.deserialize_any(Object(PhantomData))
}

/// Reads a POST body.
///
/// # Errors
/// The [`MessageError`] that says which JSON-RPC error it is.
pub fn parse(body: &[u8]) -> Result<Body<'_>, MessageError> {
    // The parser looks at the bytes only of those strings that are used.
    let body = std::str::from_utf8(body)
        .map_err(|error| MessageError::NotJson(serde_json::Error::custom(error)))?;
    if body.trim_ascii_start().starts_with('[') {
        return serde_json::from_str(body)
            .map(Body::Batch)
            .map_err(MessageError::NotJson);
    }
    parse_one(body).map(Body::One)
}

/// Reads one message.
///
/// # Errors
/// The [`MessageError`] that says which JSON-RPC error it is.
pub fn parse_one(body: &str) -> Result<Message<'_>, MessageError> {
    if !body.trim_ascii_start().starts_with('{') {
        return Err(match serde_json::from_str::<&RawValue>(body) {
            Ok(_) => MessageError::NotJsonRpc("it is not an object".to_owned()),
            Err(error) => MessageError::NotJson(error),
        });
    }
    let envelope =
        serde_json::from_str::<Envelope<'_>>(body).map_err(|error| explain(body, error))?;
    if envelope.jsonrpc.is_none_or(|text| text.get() != "\"2.0\"") {
        return Err(MessageError::NotJsonRpc(
            "\"jsonrpc\" must be \"2.0\"".to_owned(),
        ));
    }
    let Some(method) = envelope.method else {
        if envelope.result.is_none() && envelope.error.is_none() {
            return Err(MessageError::NotJsonRpc(
                "there is no \"method\"".to_owned(),
            ));
        }
        return Ok(Message::Response(Response {
            id: envelope.id,
            result: envelope.result,
            error: envelope.error,
        }));
    };
    let method = string(method)
        .ok_or_else(|| MessageError::NotJsonRpc("\"method\" must be a string".to_owned()))?;
    let params = envelope.params.unwrap_or_default();
    match envelope.id {
        None => Ok(Message::Notification(Notification { method, params })),
        Some(id) if is_id(id) => Ok(Message::Request(Request { id, method, params })),
        Some(_) => Err(MessageError::NotJsonRpc(
            "\"id\" must be a string or a number".to_owned(),
        )),
    }
}

/// The string in a raw JSON value, borrowed where it has no escapes; `None` where it is no string.
#[must_use]
pub fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str::<String>(raw.get())
            .ok()
            .map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

/// The value of an object; `None` where it is none, or does not fit.
#[must_use]
pub fn object<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    let is_object = raw.get().starts_with('{');
    is_object.then(|| serde_json::from_str(raw.get()).ok())?
}

/// Whether a raw value may be a request's id.
fn is_id(raw: &RawValue) -> bool {
    raw.get()
        .starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

/// Tells broken JSON from a broken envelope from broken params.
fn explain(body: &str, error: serde_json::Error) -> MessageError {
    if !error.is_data() {
        return MessageError::NotJson(error);
    }
    let Ok(outline) = serde_json::from_str::<Outline<'_>>(body) else {
        return MessageError::NotJsonRpc(error.to_string());
    };
    if outline.method.is_none() || outline.params.is_none() {
        return MessageError::NotJsonRpc(error.to_string());
    }
    let id = outline.id.filter(|id| is_id(id)).map(ToOwned::to_owned);
    MessageError::Params {
        id,
        reason: error.to_string(),
    }
}

impl<'a> Message<'a> {
    /// `params._meta`, where it is there.
    #[must_use]
    pub fn meta(&self) -> Option<&Meta<'a>> {
        match self {
            Self::Request(Request { params, .. })
            | Self::Notification(Notification { params, .. }) => params.meta.as_ref(),
            Self::Response(_) => None,
        }
    }
}

impl MessageError {
    /// The id of the request that was broken, when it can be read.
    #[must_use]
    pub fn id(&self) -> Option<&RawValue> {
        match self {
            Self::Params { id, .. } => id.as_deref(),
            Self::NotJson(_) | Self::NotJsonRpc(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
