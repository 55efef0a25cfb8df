//! Raw MCP results of backends: relayed as they are, but for what belongs to the gateway and what an era cannot read.

use serde_json::{Value, json};

use super::talking::{PROMPT, Peer, asking_tool};
use crate::{
    fixtures::{Backend, Fixture, Reply, answer, on_a_core, tool},
    proxy::raw_result::RESULT_TYPE,
};

fn server_meta() -> Value {
    json!({"name": "mcp-gateway", "version": env!("CARGO_PKG_VERSION")})
}

/// What clients of both eras get for this body.
fn replies(
    yaml: &str,
    method: &str,
    status: u16,
    content_type: &'static str,
    body: &str,
) -> [Reply; 2] {
    let body = body.to_owned();
    on_a_core(async {
        let backend = Backend::start(move |_| answer(status, content_type, &body)).await;
        let gateway = Fixture::with_backend(yaml, &backend);
        let params =
            json!({"name": if method == "prompts/get" { "p" } else { "t" }, "arguments": {}});
        let modern = Peer::modern(json!({})).request(1, method, params.clone());
        let legacy = Peer::without_session("2025-11-25").request(1, method, params);
        [gateway.send(modern).await, gateway.send(legacy).await]
    })
}

fn check(yaml: &str, body: &str, modern: Value, legacy: &Value) {
    let [new, old] = replies(yaml, "tools/call", 200, RESULT_TYPE, body);
    let mut expected = modern;
    expected["resultType"] = json!("complete");
    expected["_meta"]["io.modelcontextprotocol/serverInfo"] = server_meta();
    assert_eq!(new.result(), expected, "{body}");
    assert_eq!(old.result(), *legacy, "{body}");
}

#[test]
fn what_belongs_to_the_gateway_is_replaced_and_the_rest_is_kept() {
    let mcp = &asking_tool("");
    let any = &tool("t", "  inputSchema: {}");
    let content = json!([{"type": "text", "text": "a"}]);
    for yaml in [mcp, any] {
        let check = |body: Value, modern: Value, legacy: Value| {
            check(yaml, &body.to_string(), modern, &legacy)
        };
        let plain = json!({"content": content});
        check(plain.clone(), plain.clone(), plain.clone());
        check(
            json!({"content": content, "resultType": "complete", "ttlMs": 5, "cacheScope": "public"}),
            plain.clone(),
            plain,
        );
        let own = json!({"content": [], "isError": true, "extra": {"x": [1]}, "_meta": {"acme.org/k": 1, "bare": 2, "com.example/k": 3}});
        check(own.clone(), own.clone(), own);
        let reserved = json!({"content": [], "_meta": {
            "io.modelcontextprotocol/serverInfo": {"name": "evil"}, "dev.mcp/x": 1, "io.modelcontextprotocol.y/z": 2,
        }});
        check(reserved, json!({"content": []}), json!({"content": []}));
        check(
            json!({"content": [], "_meta": 7}),
            json!({"content": []}),
            json!({"content": []}),
        );
        for odd in [json!([1]), json!("x"), json!(null), json!(1)] {
            let body = json!({"content": [], "structuredContent": odd});
            check(body.clone(), body, json!({"content": []}));
        }
        let object = json!({"content": [], "structuredContent": {"a": 1}});
        check(object.clone(), object.clone(), object);
    }
    let wrapped = asking_tool("  outputSchema: {type: array}");
    let body = json!({"content": [], "structuredContent": [1]});
    check(
        &wrapped,
        &body.to_string(),
        body,
        &json!({"content": [], "structuredContent": {"result": [1]}}),
    );
}

#[test]
fn numbers_and_texts_come_through_as_they_were_written_on_one_line() {
    let body = "{\n \"content\" : [ {\"type\":\"text\",\r\n\t\"text\":\"a  b\\n\\\"\\u00e9\"} ],\n\"structuredContent\": { \"n\": 12345678901234567890123, \"f\": 1.0, \"e\":1E400 }\n}\n";
    let kept = r#""content":[{"type":"text","text":"a  b\n\"\u00e9"}],"structuredContent":{"n":12345678901234567890123,"f":1.0,"e":1E400}"#;
    for reply in replies(&asking_tool(""), "tools/call", 200, RESULT_TYPE, body) {
        assert!(reply.text.contains(kept), "{}", reply.text);
        assert!(!reply.text.contains(['\n', '\r']));
    }
}

#[test]
fn a_result_that_is_none_says_what_it_lacks() {
    let check = |status: u16, kind, body: &str, expected: &str| {
        for reply in replies(&asking_tool(""), "tools/call", status, kind, body) {
            assert_eq!(reply.result()["isError"], true, "{body}");
            let text = reply.content_text();
            assert!(text.starts_with(expected), "{body}: {text}");
        }
    };
    const CANNOT: &str = "The backend's MCP result cannot be used: ";
    let no_content = format!("{CANNOT}it has no \"content\" array.");
    check(200, RESULT_TYPE, "{}", &no_content);
    check(200, RESULT_TYPE, r#"{"content":{}}"#, &no_content);
    check(
        200,
        RESULT_TYPE,
        r#"{"content":null,"structuredContent":{}}"#,
        &no_content,
    );
    check(200, RESULT_TYPE, "", CANNOT);
    check(200, RESULT_TYPE, "[]", CANNOT);
    check(200, RESULT_TYPE, r#"{"content":[]} x"#, CANNOT);
    check(200, RESULT_TYPE, r#"{"content":[}"#, CANNOT);
    check(200, "text/plain", "hello", CANNOT);
    let kind = r#"The backend's MCP result cannot be used: resultType is "task"; it must be complete or input_required."#;
    check(
        200,
        RESULT_TYPE,
        r#"{"resultType":"task","content":[]}"#,
        kind,
    );
    check(
        200,
        RESULT_TYPE,
        r#"{"resultType":"input_required"}"#,
        "The backend's MCP result cannot be used: it asks for input, but has neither",
    );
    check(
        500,
        RESULT_TYPE,
        r#"{"content":[]}"#,
        "The backend answered 500",
    );
    check(
        302,
        RESULT_TYPE,
        r#"{"content":[]}"#,
        "The backend answered 302",
    );
}

#[test]
fn a_backend_learns_what_the_call_is_about() {
    on_a_core(async {
        let backend = Backend::answering(RESULT_TYPE, r#"{"content":[]}"#).await;
        let gateway = Fixture::with_backend(&asking_tool(""), &backend);
        let capabilities = json!({"sampling": {"tools": {}}});
        let meta = json!({"progressToken": "p", "io.modelcontextprotocol/logLevel": "notice"});
        let call = json!({"arguments": {"n": 1.50}, "_meta": meta, "inputResponses": {"a": {}}});
        gateway
            .send(Peer::modern(capabilities.clone()).call(1, &call))
            .await;
        let received = backend.only();
        assert_eq!(
            (received.line.as_str(), received.header("content-type")),
            ("POST /api/t", Some("application/vnd.mcp.call+json"))
        );
        assert_eq!(
            serde_json::from_str::<Value>(&received.body).unwrap(),
            json!({
                "name": "t", "arguments": {"n": 1.5}, "inputResponses": {"a": {}}, "progressToken": "p", "logLevel": "notice",
                "clientCapabilities": capabilities, "protocolVersion": "2026-07-28",
            })
        );
        let peer = Peer::legacy(
            &gateway,
            "2025-11-25",
            json!({"elicitation": {}, "roots": {}}),
        )
        .await;
        gateway.send(peer.call(1, &json!({}))).await;
        assert_eq!(
            serde_json::from_str::<Value>(&backend.received()[1].body).unwrap(),
            json!({
                "name": "t", "arguments": {}, "clientCapabilities": {"elicitation": {"form": {}}, "roots": {}},
                "protocolVersion": "2025-11-25",
            })
        );
    });
}

#[test]
fn a_prompt_is_rendered_by_its_backend_in_both_eras() {
    let messages = json!([{"role": "user", "content": {"type": "text", "text": "hi"}}]);
    let body =
        json!({"description": "d", "messages": messages, "resultType": "complete"}).to_string();
    for kind in [RESULT_TYPE, "application/json"] {
        let [modern, legacy] = replies(PROMPT, "prompts/get", 200, kind, &body);
        assert_eq!(
            legacy.result(),
            json!({"description": "d", "messages": messages})
        );
        assert_eq!(
            modern.result(),
            json!({"description": "d", "messages": messages, "resultType": "complete", "_meta": {"io.modelcontextprotocol/serverInfo": server_meta()}})
        );
    }
    let check = |status, body: &str, data: Value| {
        for reply in replies(PROMPT, "prompts/get", status, RESULT_TYPE, body) {
            assert_eq!(
                (reply.code(), &reply.json()["error"]["data"]),
                (-32603, &data),
                "{body}"
            );
        }
    };
    check(200, r#"{"content":[]}"#, Value::Null);
    check(200, "hello", Value::Null);
    check(503, "closed", json!({"status": 503, "body": "closed"}));
    check(404, "", json!({"status": 404, "body": ""}));
}
