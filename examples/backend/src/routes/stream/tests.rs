//! Bodies in, tokens and messages out; how messages become events is tested with the other answers.

use serde_json::{Value, json};

use super::{messages, progress_token};

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
    let sent = messages(&json!(7));
    let progress: Vec<&Value> = sent
        .iter()
        .map(|message| &message["params"]["progress"])
        .collect();
    assert_eq!(progress, [&json!(0), &json!(50), &json!(100), &Value::Null]);
    assert_eq!(sent[0]["params"]["progressToken"], json!(7));
    assert_eq!(sent[3]["isError"], json!(false));
}
