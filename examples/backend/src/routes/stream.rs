//! `/api/stream`: progress as server-sent events, then a result, as the gateway relays them.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use serde_json::{Value, json};

use crate::reply::{self, Pieces, Reply, ReplyBody};

/// Between two events, so that a reader can see them come one by one.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) fn answer(body: &[u8]) -> Reply {
    let (pieces, body_of_reply) = ReplyBody::pieces();
    tokio::spawn(send(events(&progress_token(body)), pieces));
    let mut reply = reply::typed("text/event-stream", body_of_reply);
    reply
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    reply
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
fn events(token: &Value) -> Vec<String> {
    let progress = [0, 50, 100].map(|done| {
        json!({
            "jsonrpc": "2.0",
            "method": "notifications/progress",
            "params": {
                "progressToken": token, "progress": done, "total": 100,
                "message": format!("{done} of 100"),
            },
        })
    });
    let result = json!({
        "content": [{"type": "text", "text": "The work is done."}],
        "isError": false,
    });
    progress
        .iter()
        .chain([&result])
        .map(|data| format!("event: message\ndata: {data}\n\n"))
        .collect()
}

async fn send(events: Vec<String>, pieces: Pieces) {
    for event in events {
        // The reader is gone, and nobody waits for the rest.
        if pieces.send(Ok(Bytes::from(event))).await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{events, progress_token};

    fn check_token(body: &str, expected: Value) {
        assert_eq!(progress_token(body.as_bytes()), expected, "{body}");
    }

    #[test]
    fn the_token_of_the_body_is_used_if_it_can_be_one() {
        check_token(r#"{"progressToken":7}"#, json!(7));
        check_token(r#"{"progressToken":"a"}"#, json!("a"));
        check_token(r#"{"progressToken":[1]}"#, json!("progress"));
        check_token("", json!("progress"));
    }

    #[test]
    fn three_notifications_come_before_the_result() {
        let sent: Vec<Value> = events(&json!(7))
            .iter()
            .map(|event| {
                let data = event.strip_prefix("event: message\ndata: ").unwrap();
                serde_json::from_str(data.strip_suffix("\n\n").unwrap()).unwrap()
            })
            .collect();
        let progress: Vec<&Value> = sent
            .iter()
            .map(|data| &data["params"]["progress"])
            .collect();
        assert_eq!(progress, [&json!(0), &json!(50), &json!(100), &Value::Null]);
        assert_eq!(sent[0]["params"]["progressToken"], json!(7));
        assert_eq!(sent[3]["isError"], json!(false));
    }
}
