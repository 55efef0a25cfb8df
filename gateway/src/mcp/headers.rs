//! The MCP request headers of 2026-07-28 and how their values are read.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName};

/// `MCP-Protocol-Version`: the revision in use, from 2025-06-18 on.
pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// `Mcp-Method`: the body's method, on every modern request.
pub const METHOD: HeaderName = HeaderName::from_static("mcp-method");
/// `Mcp-Name`: the tool, prompt or URI that a modern request names.
pub const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// `Mcp-Session-Id`: a legacy session.
pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// `Last-Event-ID`: where a client's stream broke off.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A header that must be there exactly once.
#[derive(Debug, PartialEq, Eq)]
pub enum Single<'a> {
    /// It is not there.
    Absent,
    /// It is there more than once, or is not text: nothing to build a decision on.
    Unusable,
    /// Its value without surrounding white space.
    Value(&'a str),
}

/// Reads a header that may be there once.
#[must_use]
pub fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Single<'a> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else {
        return Single::Absent;
    };
    match (first.to_str(), values.next()) {
        (Ok(text), None) => Single::Value(text.trim_matches([' ', '\t'])),
        _ => Single::Unusable,
    }
}

/// Undoes `=?base64?…?=` (2026-07-28, streamable HTTP, header values); anything else stands for itself.
/// `None` where a proper wrapper holds no proper base64 of UTF-8.
#[must_use]
pub fn decoded(value: &str) -> Option<Cow<'_, str>> {
    let wrapped = value
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="));
    match wrapped {
        None => Some(Cow::Borrowed(value)),
        Some(inner) => String::from_utf8(BASE64_STANDARD.decode(inner).ok()?)
            .ok()
            .map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests;
