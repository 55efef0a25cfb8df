//! `/api/stream`: progress as server-sent events, then a result, as the gateway relays them.

use serde_json::{Value, json};

use crate::reply::{self, Reply};

pub(super) fn answer(body: &[u8]) -> Reply {
    reply::events(messages(&progress_token(body)))
}

/// The caller's own token where there is one: a string or a number.
fn progress_token(body: &[u8]) -> Value {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| body.get("progressToken").cloned())
        .filter(|token| token.is_string() || token.is_number())
        .unwrap_or_else(|| json!("progress"))
}

/// Three times progress, then the result of a tool as it is.
fn messages(token: &Value) -> Vec<Value> {
    let progress = |done: u32| {
        let message = format!("{done} of 100");
        json!({
            "jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": token, "progress": done, "total": 100, "message": message},
        })
    };
    let content = json!([{"type": "text", "text": "The work is done."}]);
    let result = json!({"content": content, "isError": false});
    vec![progress(0), progress(50), progress(100), result]
}

#[cfg(test)]
mod tests;
