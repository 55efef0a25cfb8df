//! What a backend's answer becomes: content blocks, structured content, or an error that a model can act on.
//! Pure; the answer has been read already.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, value::RawValue};

use crate::{
    backend::client::BackendError,
    mcp::{
        json::minified,
        result::{ResultWriter, push_blob_block, push_media_block, push_text_block},
        version::{Era, Version},
    },
    registry::{
        plan::ResponseFormat,
        snapshot::{CallOutcome, Tool},
    },
};

/// Bytes of an error's body that are read.
pub const MAX_ERROR_BODY: usize = 64 * 1024;
/// Bytes of an error's body that a model gets to see.
const SHOWN_ERROR_BODY: usize = 4096;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Received {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The media type without parameters, lower case.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

/// Whom a result is for.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    /// The request's id.
    pub id: &'a RawValue,
    /// Its revision.
    pub version: Version,
    /// `_meta` of modern results.
    pub server_meta: &'a [u8],
}

/// The result of a call that was answered.
#[must_use]
pub fn tool_result(tool: &Tool, to: Recipient<'_>, received: &Received) -> (Vec<u8>, CallOutcome) {
    match success(tool, to, received) {
        Ok(result) => (result, CallOutcome::Ok),
        Err(message) => (tool_error(to, &message), CallOutcome::ToolError),
    }
}

/// A result that says what went wrong, for the model to read.
#[must_use]
pub fn tool_error(to: Recipient<'_>, message: &str) -> Vec<u8> {
    let mut writer = ResultWriter::open(to.id, to.version, message.len());
    let content = writer.member("content");
    content.push(b'[');
    push_text_block(content, message);
    content.push(b']');
    writer.raw("isError", b"true");
    writer.close(to.server_meta)
}

/// The words for a call that got no answer.
#[must_use]
pub fn failure_text(error: &BackendError) -> String {
    let advice = match error {
        BackendError::Resolve { .. } | BackendError::Connect { .. } => {
            "The service is not reachable; try again later."
        }
        BackendError::Broken(_) | BackendError::GoingDown => {
            "It may or may not have taken effect; check before trying again."
        }
        BackendError::Timeout(_) => {
            "It may still take effect; check before trying again, or ask for less."
        }
        BackendError::TooLarge(_) => "Ask for less.",
    };
    format!("The backend call failed: {error}. {advice}")
}

/// The words for an answer that is no success; `None` for one that is.
#[must_use]
pub fn error_text(received: &Received) -> Option<String> {
    let status = received.status;
    let coding = received.headers.get(header::CONTENT_ENCODING);
    let coding = coding.filter(|coding| *coding != "identity");
    if status.is_success() {
        return coding.map(|coding| {
            let coding = String::from_utf8_lossy(coding.as_bytes());
            format!(
                "The backend answered with Content-Encoding {coding}, although none was asked for."
            )
        });
    }
    if status.is_redirection() {
        let target = received
            .headers
            .get(header::LOCATION)
            .map(|target| String::from_utf8_lossy(target.as_bytes()));
        let target = target.as_deref().unwrap_or("nowhere");
        return Some(format!(
            "The backend answered {status} to {target}; redirects are not followed."
        ));
    }
    let text = String::from_utf8_lossy(&received.body);
    let body = match text.trim() {
        _ if coding.is_some() => String::new(),
        "" => String::new(),
        text => format!("\n{}", shortened(text)),
    };
    Some(format!("The backend answered {status}.{body}"))
}

fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= SHOWN_ERROR_BODY {
        return Cow::Borrowed(text);
    }
    let end = (0..=SHOWN_ERROR_BODY)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    Cow::Owned(format!("{}… (shortened)", &text[..end]))
}

fn success(tool: &Tool, to: Recipient<'_>, received: &Received) -> Result<Vec<u8>, String> {
    if let Some(error) = error_text(received) {
        return Err(error);
    }
    let structured = structured(tool, to, received)?;
    let body = &received.body;
    let mut writer = ResultWriter::open(to.id, to.version, body.len() + body.len() / 8);
    let content = writer.member("content");
    content.push(b'[');
    push_content(content, tool, received);
    content.push(b']');
    if let Some(structured) = structured {
        writer.raw("structuredContent", structured.as_bytes());
    }
    Ok(writer.close(to.server_meta))
}

/// The text of `structuredContent`; every client throws where it is missing or fails the schema, so that is an error.
fn structured(
    tool: &Tool,
    to: Recipient<'_>,
    received: &Received,
) -> Result<Option<String>, String> {
    let must_be_json = tool.output.is_some() || tool.format == ResponseFormat::Json;
    if !must_be_json {
        return Ok(None);
    }
    let not_json = |reason: String| {
        format!(
            "The backend answered {}, but its body is not the JSON that this tool promises: {reason}.",
            received.status
        )
    };
    let text = std::str::from_utf8(&received.body).map_err(|error| not_json(error.to_string()))?;
    if text.trim().is_empty() {
        return Err(not_json("it is empty".to_owned()));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| not_json(error.to_string()))?;
    let Some(output) = &tool.output else {
        return Ok(None);
    };
    let failures = output.failures(&value);
    if !failures.is_empty() {
        let list = failures.join("\n- ");
        return Err(format!(
            "The backend's answer does not fit the tool's outputSchema:\n- {list}"
        ));
    }
    let text = if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some() {
        minified(text)
    } else {
        text.to_owned()
    };
    Ok(Some(match to.version.era() {
        Era::Legacy if output.wrap_for_legacy => format!("{{\"result\":{text}}}"),
        Era::Legacy | Era::Modern => text,
    }))
}

/// One content block, by what the answer says it is.
fn push_content(out: &mut Vec<u8>, tool: &Tool, received: &Received) {
    let body = &received.body;
    let kind = &*received.content_type;
    if body.is_empty() {
        return push_text_block(
            out,
            &format!("The backend answered {} without a body.", received.status),
        );
    }
    let media = match kind.split_once('/') {
        Some((media @ ("image" | "audio"), _)) if tool.format == ResponseFormat::Auto => {
            Some(media)
        }
        _ => None,
    };
    if let Some(media) = media {
        return push_media_block(out, media, &BASE64_STANDARD.encode(body), kind);
    }
    let textual = tool.format != ResponseFormat::Auto || is_text(kind);
    match std::str::from_utf8(body) {
        Ok(text) if textual => push_text_block(out, text),
        Err(_) if textual && kind.starts_with("text/") => {
            push_text_block(out, &String::from_utf8_lossy(body))
        }
        _ => {
            let kind = if kind.is_empty() {
                "application/octet-stream"
            } else {
                kind
            };
            push_blob_block(
                out,
                &format!("urn:mcp:tool:{}", tool.name),
                &BASE64_STANDARD.encode(body),
                kind,
            );
        }
    }
}

/// Types that a model reads as text; an answer that names none is taken for text if it is UTF-8.
#[must_use]
pub fn is_text(kind: &str) -> bool {
    kind.is_empty()
        || kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind,
            "application/json"
                | "application/xml"
                | "application/yaml"
                | "application/x-ndjson"
                | "application/javascript"
        )
}
