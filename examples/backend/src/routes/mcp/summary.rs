//! `/api/mcp/summary`: lets the client's model do the work (`sampling/createMessage`).

use serde_json::{Value, json};

use super::{Call, ask, text};

pub(super) fn answer(call: &Call) -> Value {
    if let Some(summary) = call.input_responses["summary"]["content"]["text"].as_str() {
        return text(&format!("In short: {summary}"));
    }
    let long = call.arguments["text"].as_str().unwrap_or_default();
    let prompt = format!("Summarize in one sentence:\n\n{long}");
    let params = json!({
        "messages": [{"role": "user", "content": {"type": "text", "text": prompt}}],
        "maxTokens": 100,
    });
    ask("summary", "sampling/createMessage", &params)
}
