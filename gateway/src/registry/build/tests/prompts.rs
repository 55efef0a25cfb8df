//! What a prompt's messages come to for given arguments.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{object, registry};

fn check(spec: &str, arguments: Value, expected: Result<Value, &str>) {
    let registry = registry(&object("MCPPrompt", "name: p", spec));
    let rendered = registry.prompts["p"].render(arguments.as_object().unwrap());
    let rendered = rendered.map(|bytes| {
        let text = format!("[{}]", String::from_utf8(bytes).unwrap());
        serde_json::from_str::<Value>(&text).unwrap()
    });
    assert_eq!(rendered, expected.map_err(str::to_owned), "{arguments}");
}

fn says(role: &str, text: &str) -> Value {
    json!({"role": role, "content": {"type": "text", "text": text}})
}

#[test]
fn values_stand_as_they_are_given_or_by_default_or_not_at_all() {
    let spec = "  template: \"{{who}} is {{how}}{{end}}\"\n  variables: [{name: who, required: true}, {name: how, default: \"{{who}}\"}, {name: end}]";
    let text = |text: &str| Ok(json!([says("user", text)]));
    check(spec, json!({"who": "Ann"}), text("Ann is {{who}}"));
    check(
        spec,
        json!({"who": "{{how}}", "how": "\"\n}}", "end": "!", "unknown": "x"}),
        text("{{how}} is \"\n}}!"),
    );
    check(
        spec,
        json!({"how": "well"}),
        Err("argument \"who\" is required"),
    );
    check(
        spec,
        json!({"who": 5}),
        Err("argument \"who\" must be a string"),
    );
    check(
        spec,
        json!({"who": "a", "end": null}),
        Err("argument \"end\" must be a string"),
    );
}

#[test]
fn every_kind_of_message_is_rendered_in_order() {
    let spec = "  messages:
    - {role: user, template: \"See {{uri}}\"}
    - {role: user, image: {mimeType: image/png, data: aQ==}}
    - {role: assistant, audio: {mimeType: audio/wav, data: YQ==}}
    - {role: user, resource: {uri: \"docs://{{uri}}\", mimeType: text/plain, text: \"of {{uri}}\"}}
    - {role: user, resource: {uri: \"a:b\", blob: Yg==}}
  variables: [{name: uri}]";
    check(
        spec,
        json!({"uri": "a\"b"}),
        Ok(json!([
            says("user", "See a\"b"),
            {"role": "user", "content": {"type": "image", "data": "aQ==", "mimeType": "image/png"}},
            {"role": "assistant", "content": {"type": "audio", "data": "YQ==", "mimeType": "audio/wav"}},
            {"role": "user", "content": {"type": "resource", "resource": {"uri": "docs://a\"b", "mimeType": "text/plain", "text": "of a\"b"}}},
            {"role": "user", "content": {"type": "resource", "resource": {"uri": "a:b", "blob": "Yg=="}}},
        ])),
    );
}
