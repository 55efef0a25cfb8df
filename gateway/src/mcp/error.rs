//! JSON-RPC error codes and error bodies.
//! Which failure gets which code is decided in `proxy::rejection`.

use serde_json::{Value, value::RawValue};

/// Broken JSON.
pub const PARSE_ERROR: i64 = -32700;
/// Not a JSON-RPC request.
pub const INVALID_REQUEST: i64 = -32600;
/// Unknown or removed method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// Bad parameters, unknown tool or prompt; a missing resource in the modern era.
pub const INVALID_PARAMS: i64 = -32602;
/// A failure that is not the caller's.
pub const INTERNAL_ERROR: i64 = -32603;
/// A missing resource in the legacy era.
pub const RESOURCE_NOT_FOUND: i64 = -32002;
/// A session that ended or never was; from the range left to implementations before 2026-07-28.
pub const SESSION_NOT_FOUND: i64 = -32001;
/// A routing header is absent or contradicts the body (2026-07-28).
pub const HEADER_MISMATCH: i64 = -32020;
/// The client lacks a capability that the call needs (2026-07-28).
pub const MISSING_CLIENT_CAPABILITY: i64 = -32021;
/// A revision that is not served (2026-07-28).
pub const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;
/// Refused for now; the answer says when to come again. Outside the ranges that JSON-RPC and MCP reserve.
pub const BUSY: i64 = -31029;

/// Writes an error response; without an id the member is left out, for `null` violates the MCP schema.
#[must_use]
pub fn body(id: Option<&RawValue>, code: i64, message: &str, data: Option<&Value>) -> Vec<u8> {
    let mut error = serde_json::json!({"code": code, "message": message});
    if let Some(data) = data {
        error["data"] = data.clone();
    }
    let id = id.map_or_else(String::new, |id| format!("\"id\":{},", id.get()));
    format!("{{\"jsonrpc\":\"2.0\",{id}\"error\":{error}}}").into_bytes()
}
