//! How a client begins: `initialize` (legacy) and `server/discover` (modern).

use std::rc::Rc;

use serde_json::{Value, json, value::RawValue};

use crate::{
    context::{Core, unix_seconds},
    mcp::{
        json::push_value,
        message::string,
        result::ResultWriter,
        session_id::ClientCapabilities,
        version::{Era, Version},
    },
    proxy::{decode::Call, rejection::Rejection, respond::Reply, stream},
    registry::Registry,
};

/// Agrees on a revision and opens a session.
///
/// # Errors
/// Where `protocolVersion` is missing.
pub fn run(core: &Rc<Core>, registry: &Registry, call: &Call<'_>) -> Result<Reply, Rejection> {
    let asked = call.params.protocol_version.and_then(string);
    let asked = asked.ok_or_else(|| {
        Rejection::InvalidParams("\"protocolVersion\" must be a string".to_owned())
    })?;
    // A modern revision is never agreed to here: it has no handshake.
    let version = Version::parse(&asked).filter(|version| version.era() == Era::Legacy);
    let version = version.unwrap_or(Version::NEWEST_LEGACY);
    let capabilities = capabilities(call.params.capabilities, version);
    let (id, session) = core
        .gateway
        .state
        .open_session(version, capabilities, unix_seconds());
    session.record().seen = Some(stream::seen(registry));
    let server = &registry.server;
    let mut writer = ResultWriter::open(call.id, version, 512);
    writer.text("protocolVersion", version.as_str());
    push_value(writer.member("capabilities"), &offered(Era::Legacy));
    writer.raw("serverInfo", server.info.as_bytes());
    if let Some(instructions) = &server.instructions {
        writer.text("instructions", instructions);
    }
    Ok(Reply::Opened(writer.close(&server.meta), id))
}

/// Says what is served, without any state.
#[must_use]
pub fn discover(registry: &Registry, call: &Call<'_>) -> Reply {
    let server = &registry.server;
    let versions: Vec<&str> = Version::ALL
        .iter()
        .map(|version| version.as_str())
        .collect();
    let mut writer = ResultWriter::open(call.id, call.version, 512);
    push_value(writer.member("supportedVersions"), &json!(versions));
    push_value(writer.member("capabilities"), &offered(Era::Modern));
    if let Some(instructions) = &server.instructions {
        writer.text("instructions", instructions);
    }
    writer.cache(server.list_cache);
    Reply::Json(writer.close(&server.meta))
}

/// What the server can do. Modern clients ask for log messages call by call, so there is nothing to declare.
fn offered(era: Era) -> Value {
    let mut offered = json!({
        "completions": {},
        "prompts": {"listChanged": true},
        "resources": {"listChanged": true, "subscribe": true},
        "tools": {"listChanged": true},
    });
    if era == Era::Legacy {
        offered["logging"] = json!({});
    }
    offered
}

/// What the client can do, as far as the session's id carries it.
fn capabilities(declared: Option<&RawValue>, version: Version) -> ClientCapabilities {
    let declared: Value = declared
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let has = |pointer: &str| declared.pointer(pointer).is_some_and(Value::is_object);
    let forms_only = has("/elicitation") && !has("/elicitation/url");
    ClientCapabilities {
        sampling: has("/sampling"),
        elicitation: (forms_only || has("/elicitation/form")) && version >= Version::V20250618,
        elicitation_url: has("/elicitation/url") && version >= Version::V20251125,
        roots: has("/roots"),
    }
}
