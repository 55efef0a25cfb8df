//! `/api/mcp/roots`: learns which folders the client works in (`roots/list`).

use serde_json::{Value, json};

use super::{Call, ask, text};

pub(super) fn answer(call: &Call) -> Value {
    let Some(roots) = call.input_responses["roots"]["roots"].as_array() else {
        return ask("roots", "roots/list", &json!({}));
    };
    let uris: Vec<&str> = roots
        .iter()
        .filter_map(|root| root["uri"].as_str())
        .collect();
    text(&format!("You work in {}.", uris.join(" and ")))
}
