//! `prompts/get`: a template filled in.

use serde_json::Map;

use crate::{
    mcp::{arguments::Arguments, message::string, result::ResultWriter},
    proxy::{decode::Call, rejection::Rejection, respond::Reply},
    registry::Registry,
};

/// Answers with the prompt's messages.
///
/// # Errors
/// Where there is no such prompt, or an argument is missing or no string.
pub fn run(registry: &Registry, call: &Call<'_>) -> Result<Reply, Rejection> {
    let name = call.params.name.and_then(string);
    let name = name.ok_or_else(|| {
        Rejection::InvalidParams("\"name\" must be the name of a prompt".to_owned())
    })?;
    let prompt = registry.prompts.get(&*name);
    let prompt =
        prompt.ok_or_else(|| Rejection::InvalidParams(format!("Unknown prompt: {name}")))?;
    let arguments = Arguments::parse(call.params.arguments).map_err(Rejection::InvalidParams)?;
    let none = Map::new();
    let messages = prompt
        .render(arguments.members().unwrap_or(&none))
        .map_err(Rejection::InvalidParams)?;
    let mut writer = ResultWriter::open(call.id, call.version, messages.len());
    if let Some(description) = &prompt.description {
        writer.text("description", description);
    }
    let member = writer.member("messages");
    member.push(b'[');
    member.extend_from_slice(&messages);
    member.push(b']');
    Ok(Reply::Json(writer.close(&registry.server.meta)))
}
