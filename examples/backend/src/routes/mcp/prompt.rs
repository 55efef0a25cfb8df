//! `/api/mcp/prompt`: a prompt that a Service renders, with a document in it. The answer is a raw `prompts/get` result.

use serde_json::{Value, json};

use super::Call;
use crate::data;

pub(super) fn answer(call: &Call) -> Value {
    let question = call.arguments["question"].as_str().unwrap_or_default();
    let mut messages = vec![json!({
        "role": "user",
        "content": {"type": "text", "text": format!("Answer from the guide: {question}")},
    })];
    if let Some(guide) = data::find_document("guide") {
        let resource = json!({
            "uri": "docs://guide", "mimeType": "text/markdown", "text": guide.markdown,
        });
        let content = json!({"type": "resource", "resource": resource});
        messages.push(json!({"role": "user", "content": content}));
    }
    json!({"description": "A question, with the guide at hand.", "messages": messages})
}
