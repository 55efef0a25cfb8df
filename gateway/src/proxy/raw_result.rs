//! Raw MCP results that backends give (`response.format: mcp`, `application/vnd.mcp.result+json`): checked, then
//! relayed member by member as text, with what belongs to the gateway taken out and put in per era.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::answer::Recipient;
use crate::mcp::{
    arguments::RawMembers,
    json::minified,
    message,
    result::ResultWriter,
    version::{Era, Version},
};

/// The media type of a raw result.
pub const RESULT_TYPE: &str = "application/vnd.mcp.result+json";
/// The media type of a call in this format.
pub const CALL_TYPE: &str = "application/vnd.mcp.call+json";

/// Members that the gateway writes itself.
const OWN: [&str; 4] = ["resultType", "ttlMs", "cacheScope", "_meta"];

/// A raw result, read as far as the gateway has to.
#[derive(Debug)]
pub enum Raw<'a> {
    /// To be relayed.
    Complete(Vec<(Cow<'a, str>, &'a str)>),
    /// The backend wants to know more.
    InputRequired(InputRequired),
}

/// What a backend wants to know (2026-07-28, multi round-trip requests).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InputRequired {
    /// What to ask the client, by the backend's own keys.
    pub input_requests: std::collections::BTreeMap<String, InputRequest>,
    /// What to bring back.
    pub request_state: Option<String>,
}

/// One question to the client.
#[derive(Clone, Debug, Deserialize)]
pub struct InputRequest {
    /// `elicitation/create`, `sampling/createMessage` or `roots/list`.
    pub method: String,
    /// Its parameters.
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// Reads a raw result.
///
/// # Errors
/// What is wrong with it, for the model to read.
pub fn parse(text: &str) -> Result<Raw<'_>, String> {
    let broken = |reason: String| format!("The backend's MCP result cannot be used: {reason}.");
    let members = serde_json::from_str::<RawMembers<'_>>(text)
        .map_err(|error| broken(error.to_string()))?
        .0;
    let find = |name: &str| {
        members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
    };
    match find("resultType") {
        None | Some("\"complete\"") => Ok(Raw::Complete(members)),
        Some("\"input_required\"") => {
            let wanted: InputRequired =
                serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
            if wanted.input_requests.is_empty() && wanted.request_state.is_none() {
                return Err(broken(
                    "it asks for input, but has neither inputRequests nor requestState".to_owned(),
                ));
            }
            Ok(Raw::InputRequired(wanted))
        }
        Some(other) => Err(broken(format!(
            "resultType is {other}; it must be complete or input_required"
        ))),
    }
}

/// The client's result. `required` is the member that the method's result must have, an array; `wraps_for_legacy` says
/// that legacy clients know structured content as `{"result": …}`.
///
/// # Errors
/// What is wrong with it, for the model to read.
pub fn relay(
    to: Recipient<'_>,
    members: &[(Cow<'_, str>, &str)],
    required: &str,
    wraps_for_legacy: bool,
) -> Result<Vec<u8>, String> {
    let find = |name: &str| {
        members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim_start())
    };
    if !find(required).is_some_and(|value| value.starts_with('[')) {
        return Err(format!(
            "The backend's MCP result cannot be used: it has no \"{required}\" array."
        ));
    }
    let size = members.iter().map(|(_, value)| value.len()).sum();
    let mut writer = ResultWriter::open(to.id, to.version, size);
    for (name, value) in members.iter().filter(|(name, _)| !OWN.contains(&&**name)) {
        let is_object = value.trim_start().starts_with('{');
        // Legacy clients throw the whole answer away where this is no object.
        if name == "structuredContent" && to.version.era() == Era::Legacy {
            if wraps_for_legacy {
                let wrapped = format!("{{\"result\":{}}}", minified(value));
                writer.raw(name, wrapped.as_bytes());
                continue;
            }
            if !is_object {
                continue;
            }
        }
        writer.raw(name, minified(value).as_bytes());
    }
    let meta = find("_meta")
        .and_then(|meta| serde_json::from_str::<Map<String, Value>>(meta).ok())
        .unwrap_or_default();
    Ok(writer.close_with(to.server_meta, meta))
}

impl InputRequest {
    /// The capability that a client must have declared to be asked this, as a path of names.
    #[must_use]
    pub fn capability(&self) -> Option<&'static str> {
        match self.method.as_str() {
            "elicitation/create" if self.params.get("mode").is_some_and(|mode| mode == "url") => {
                Some("elicitation.url")
            }
            "elicitation/create" => Some("elicitation.form"),
            "sampling/createMessage" => Some("sampling"),
            "roots/list" => Some("roots"),
            _ => None,
        }
    }

    /// As a request of that legacy revision.
    #[must_use]
    pub fn as_request(&self, id: &str, version: Version) -> Vec<u8> {
        let mut params = self.params.clone();
        if version < Version::V20251125 {
            // The field is newer than these revisions, and there is only one mode in them.
            params.remove("mode");
        }
        let method = &self.method;
        let params = Value::Object(params);
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":\"{id}\",\"method\":\"{method}\",\"params\":{params}}}"
        )
        .into_bytes()
    }
}

impl InputRequired {
    /// Keeps only what the client can be asked; the names of missing capabilities where nothing is left of something.
    ///
    /// # Errors
    /// A sentence that names what the client would need.
    pub fn askable(mut self, can: impl Fn(&str) -> bool) -> Result<Self, String> {
        let mut missing = Vec::new();
        let asked = !self.input_requests.is_empty();
        self.input_requests
            .retain(|_, request| match request.capability() {
                Some(capability) if can(capability) => true,
                capability => {
                    // Forms are what the capability means by itself.
                    let capability = capability.unwrap_or("(unknown)");
                    missing.push(capability.trim_end_matches(".form"));
                    false
                }
            });
        if asked && self.input_requests.is_empty() {
            missing.dedup();
            return Err(format!(
                "This call needs input that the client cannot give: it lacks {}.",
                missing.join(", ")
            ));
        }
        Ok(self)
    }

    /// The result that a modern client gets; `state` is the wrapped one.
    #[must_use]
    pub fn as_result(&self, to: Recipient<'_>, state: Option<&str>) -> Vec<u8> {
        let mut result = serde_json::json!({"resultType": "input_required"});
        if !self.input_requests.is_empty() {
            let requests = self.input_requests.iter().map(|(key, request)| {
                (
                    key.clone(),
                    serde_json::json!({"method": request.method, "params": request.params}),
                )
            });
            result["inputRequests"] = Value::Object(requests.collect());
        }
        if let Some(state) = state {
            result["requestState"] = Value::from(state);
        }
        if let Ok(meta) = serde_json::from_slice::<Value>(to.server_meta) {
            result["_meta"] = meta;
        }
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{result}}}",
            to.id.get()
        )
        .into_bytes()
    }
}

/// The body of a call in this format: `arguments` is spliced, everything else is what the backend may want to know.
#[must_use]
pub fn call_body(name: &str, arguments: &str, context: &CallContext<'_>) -> Vec<u8> {
    let mut out = b"{\"name\":".to_vec();
    crate::mcp::json::push_string(&mut out, name);
    let mut member = |name: &str, value: &str| {
        out.extend_from_slice(format!(",\"{name}\":{value}").as_bytes());
    };
    member("arguments", arguments);
    for (name, value) in [
        ("inputResponses", context.input_responses),
        ("progressToken", context.progress_token),
    ] {
        if let Some(value) = value {
            member(name, value);
        }
    }
    if let Some(state) = context.request_state {
        member("requestState", &Value::from(state).to_string());
    }
    if let Some(level) = context.log_level {
        member("logLevel", &format!("\"{level}\""));
    }
    member("clientCapabilities", context.client_capabilities);
    member("protocolVersion", &format!("\"{}\"", context.version));
    out.push(b'}');
    out
}

/// The media types that a call which may stream takes for an answer.
pub const ACCEPT: HeaderValue = HeaderValue::from_static("text/event-stream, */*;q=0.9");

/// Says what a call in this format is, and what it takes for an answer.
pub fn call_headers(headers: &mut HeaderMap) {
    headers.insert(header::ACCEPT, ACCEPT);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CALL_TYPE));
}

/// What a backend of this format learns about the call; texts are JSON, unless they say otherwise.
#[derive(Clone, Copy, Debug)]
pub struct CallContext<'a> {
    /// The client's answers to the backend's questions.
    pub input_responses: Option<&'a str>,
    /// The backend's own state, unwrapped; plain text.
    pub request_state: Option<&'a str>,
    /// The client's progress token.
    pub progress_token: Option<&'a str>,
    /// The least level of log messages that the client wants; plain text.
    pub log_level: Option<&'a str>,
    /// What the client declared.
    pub client_capabilities: &'a str,
    /// The revision; plain text.
    pub version: &'a str,
}

/// A raw value's text.
#[must_use]
pub fn text(raw: Option<&RawValue>) -> Option<String> {
    raw.and_then(message::string).map(Cow::into_owned)
}
