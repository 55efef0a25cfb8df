//! `completion/complete`: the declared values of a variable that begin with what was typed.

use serde::Deserialize;
use serde_json::json;

use crate::{
    mcp::{json::push_value, message::object, result::ResultWriter},
    proxy::{decode::Call, rejection::Rejection, respond::Reply},
    registry::Registry,
};

/// Most values of an answer (2026-07-28, completion).
const MAX_VALUES: usize = 100;

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Reference {
    #[serde(rename = "ref/prompt")]
    Prompt { name: String },
    #[serde(rename = "ref/resource")]
    Resource { uri: String },
}

#[derive(Deserialize)]
struct Argument {
    name: String,
    value: String,
}

/// Answers with the values that fit; none is a fine answer.
///
/// # Errors
/// Where the reference names nothing that is served.
pub fn run(registry: &Registry, call: &Call<'_>) -> Result<Reply, Rejection> {
    let invalid = |what: &str| Rejection::InvalidParams(what.to_owned());
    let reference = call.params.r#ref.and_then(object::<Reference>);
    let reference = reference.ok_or_else(|| {
        invalid("\"ref\" must be a ref/prompt with a name or a ref/resource with a uri")
    })?;
    let argument = call.params.argument.and_then(object::<Argument>);
    let argument = argument
        .ok_or_else(|| invalid("\"argument\" must have a name and a value, both strings"))?;
    let values: &[String] = match &reference {
        Reference::Prompt { name } => {
            let prompt = registry.prompts.get(name.as_str());
            let prompt = prompt
                .ok_or_else(|| Rejection::InvalidParams(format!("Unknown prompt: {name}")))?;
            let variable = prompt
                .variables
                .iter()
                .find(|variable| variable.name == argument.name);
            variable.map_or(&[], |variable| &variable.values)
        }
        Reference::Resource { uri } => {
            let resource = registry
                .templates
                .iter()
                .find(|resource| resource.uri.text == *uri);
            let resource = resource.or_else(|| registry.resources.get(uri.as_str()));
            let resource = resource.ok_or_else(|| Rejection::ResourceNotFound(uri.clone()))?;
            resource
                .values
                .iter()
                .find(|(name, _)| *name == argument.name)
                .map_or(&[], |(_, values)| values)
        }
    };
    let typed = argument.value.to_lowercase();
    let fitting: Vec<&String> = values
        .iter()
        .filter(|value| value.to_lowercase().starts_with(&typed))
        .collect();
    let shown = &fitting[..fitting.len().min(MAX_VALUES)];
    let completion =
        json!({"values": shown, "total": fitting.len(), "hasMore": fitting.len() > MAX_VALUES});
    let mut writer = ResultWriter::open(call.id, call.version, 256);
    push_value(writer.member("completion"), &completion);
    Ok(Reply::Json(writer.close(&registry.server.meta)))
}
