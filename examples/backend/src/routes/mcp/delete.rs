//! `/api/mcp/delete`: asks the person at the client before anything is gone (`elicitation/create`).

use serde_json::{Value, json};

use super::{Call, ask, text};

pub(super) fn answer(call: &Call) -> Value {
    let name = call.arguments["name"].as_str().unwrap_or_default();
    // A yes to another question is none to this one.
    let state = format!("asked about {name}");
    let answer = &call.input_responses["confirm"];
    match answer["action"].as_str() {
        Some(action) if call.request_state.as_ref() == Some(&state) => {
            let really = action == "accept" && answer["content"]["really"] == true;
            text(&format!(
                "{name} is {}.",
                if really { "deleted" } else { "kept" }
            ))
        }
        _ => {
            let mut question = ask("confirm", "elicitation/create", &form(name));
            question["requestState"] = json!(state);
            question
        }
    }
}

fn form(name: &str) -> Value {
    json!({
        "message": format!("Really delete {name}?"),
        "requestedSchema": {
            "type": "object",
            "properties": {"really": {"type": "boolean", "title": "Delete it"}},
            "required": ["really"],
        },
    })
}
