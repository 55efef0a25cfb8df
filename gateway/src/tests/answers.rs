//! What a backend's answer becomes: content, structured content, or words that a model can act on.

use serde_json::{Value, json};

use crate::fixtures::{Backend, Fixture, Reply, answer, modern, on_a_core, tool};

/// A backend's whole answer, with the usual header lines of a body.
fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Calls a tool with this `spec`, whose backend answers with these bytes, in an era.
fn called(spec: &str, bytes: Vec<u8>, version: &'static str) -> Reply {
    on_a_core(async {
        let backend = Backend::start(move |_| bytes.clone()).await;
        let gateway = Fixture::with_backend(&tool("t", spec), &backend);
        let params = json!({"name": "t", "arguments": {}});
        match version {
            "2026-07-28" => gateway.modern("tools/call", params).await,
            _ => gateway.legacy(version, "tools/call", params).await,
        }
    })
}

const NEWEST: &str = "2026-07-28";

#[test]
fn a_success_becomes_a_block_of_its_kind() {
    let check = |headers: &str, body: &[u8], expected: Value| {
        let result = called("  inputSchema: {}", http("200 OK", headers, body), NEWEST).result();
        assert_eq!(result["content"], json!([expected]), "{headers}");
        assert_eq!(result.get("isError"), None, "{headers}");
        assert_eq!(result.get("structuredContent"), None, "{headers}");
    };
    let text = |text: &str| json!({"type": "text", "text": text});
    let blob = |kind: &str, blob: &str| json!({"type": "resource", "resource": {"uri": "urn:mcp:tool:t", "mimeType": kind, "blob": blob}});
    check(
        "Content-Type: application/json\r\n",
        b"{ \"a\":\n1.0 }",
        text("{ \"a\":\n1.0 }"),
    );
    check(
        "Content-Type: application/problem+json; charset=utf-8\r\n",
        b"{}",
        text("{}"),
    );
    check(
        "Content-Type: text/csv\r\n",
        "é,\"b\"".as_bytes(),
        text("é,\"b\""),
    );
    check("Content-Type: TEXT/Plain\r\n", b"\xff!", text("\u{fffd}!"));
    check("", b"plain", text("plain"));
    check("", b"\xff", blob("application/octet-stream", "/w=="));
    check(
        "Content-Type: image/png\r\n",
        b"\x89P",
        json!({"type": "image", "data": "iVA=", "mimeType": "image/png"}),
    );
    check(
        "Content-Type: audio/wav\r\n",
        b"RI",
        json!({"type": "audio", "data": "Ukk=", "mimeType": "audio/wav"}),
    );
    check(
        "Content-Type: application/pdf\r\n",
        b"%PDF",
        blob("application/pdf", "JVBERg=="),
    );
    check(
        "Content-Type: application/json\r\n",
        b"\xff",
        blob("application/json", "/w=="),
    );
    check("Content-Encoding: identity\r\n", b"x", text("x"));
    check(
        "Content-Type: text/plain\r\n",
        b"",
        text("The backend answered 200 OK without a body."),
    );
    let no_content = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let result = called("  inputSchema: {}", no_content, NEWEST);
    assert_eq!(
        result.content_text(),
        "The backend answered 204 No Content without a body."
    );
}

#[test]
fn the_format_says_what_an_answer_is_taken_for() {
    let text = called(
        "  inputSchema: {}\n  response: {format: text}",
        http("200 OK", "Content-Type: image/svg+xml\r\n", b"<svg/>"),
        NEWEST,
    );
    assert_eq!(
        text.result()["content"],
        json!([{"type": "text", "text": "<svg/>"}])
    );
    let json = "  inputSchema: {}\n  response: {format: json}";
    let wrong_type = called(
        json,
        http("200 OK", "Content-Type: text/html\r\n", b"[1]"),
        NEWEST,
    );
    assert_eq!(
        wrong_type.result()["content"],
        json!([{"type": "text", "text": "[1]"}])
    );
    check_error(
        json,
        http("200 OK", "", b"{\"a\":"),
        &["200 OK", "not the JSON that this tool promises"],
    );
    check_error(json, http("200 OK", "", b""), &["it is empty"]);
    check_error(json, http("200 OK", "", b"{} {}"), &["not the JSON"]);
    check_error(json, http("200 OK", "", b"\xff"), &["not the JSON"]);
}

/// The answer becomes an error for the model that holds these words, in every era, and nothing structured.
fn check_error(spec: &str, bytes: Vec<u8>, words: &[&str]) {
    for version in [NEWEST, "2025-11-25", "2025-06-18", "2025-03-26"] {
        let reply = called(spec, bytes.clone(), version);
        let result = reply.result();
        assert_eq!(reply.status, 200, "{version}");
        assert_eq!(result["isError"], json!(true), "{version}: {result}");
        assert_eq!(result.get("structuredContent"), None, "{version}: {result}");
        for word in words {
            assert!(
                reply.content_text().contains(word),
                "{word:?} is not in {result}"
            );
        }
    }
}

#[test]
fn an_error_status_is_told_with_its_trimmed_body() {
    let any = "  inputSchema: {}";
    check_error(
        any,
        http("404 Not Found", "", b"  no such thing\n"),
        &["The backend answered 404 Not Found.\nno such thing"],
    );
    check_error(
        any,
        http("500 X", "Content-Type: application/json\r\n", b"{\"e\":1}"),
        &["500 Internal Server Error.\n{\"e\":1}"],
    );
    check_error(
        any,
        http("503 X", "", b""),
        &["The backend answered 503 Service Unavailable."],
    );
    check_error(
        any,
        http("302 Found", "Location: http://evil.example/\r\n", b"x"),
        &["302 Found to http://evil.example/; redirects are not followed"],
    );
    check_error(
        any,
        http("304 Not Modified", "", b""),
        &["304 Not Modified to nowhere"],
    );
    check_error(
        any,
        http("200 OK", "Content-Encoding: gzip\r\n", b"\x1f\x8b"),
        &["Content-Encoding gzip, although none was asked for"],
    );
    let gzip_error = http("500 X", "Content-Encoding: gzip\r\n", b"\x1f\x8b");
    assert_eq!(
        called(any, gzip_error, NEWEST).content_text(),
        "The backend answered 500 Internal Server Error."
    );
    let long = http("500 X", "", "é".repeat(50_000).as_bytes());
    let text = called(any, long, NEWEST).content_text();
    assert!(
        text.len() < 4_300 && text.ends_with("é… (shortened)"),
        "{} bytes",
        text.len()
    );
}

#[test]
fn an_error_larger_than_the_limit_still_tells_its_status() {
    let spec = "  inputSchema: {}\n  response: {maxBytes: 16}";
    check_error(
        spec,
        http("500 X", "", &[b'e'; 1000]),
        &["500 Internal Server Error.\neeeeeeeeeeeeeeee"],
    );
}

#[test]
fn a_body_over_the_limit_is_an_error_and_one_at_the_limit_is_not() {
    let spec = "  inputSchema: {}\n  response: {maxBytes: 16}";
    let words = ["the answer is larger than 16 bytes", "Ask for less."];
    check_error(spec, http("200 OK", "", &[b'x'; 17]), &words);
    let chunked = |sizes: &[usize]| {
        let chunks: String = sizes
            .iter()
            .map(|size| format!("{size:x}\r\n{}\r\n", "x".repeat(*size)))
            .collect();
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")
            .into_bytes()
    };
    check_error(spec, chunked(&[10, 7]), &words);
    check_error(spec, chunked(&[17]), &words);
    assert_eq!(
        called(spec, chunked(&[10, 6]), NEWEST).content_text(),
        "x".repeat(16)
    );
    assert_eq!(
        called(spec, http("200 OK", "", &[b'x'; 16]), NEWEST).content_text(),
        "x".repeat(16)
    );
}

const OBJECT: &str = "  inputSchema: {}\n  outputSchema: {type: object, required: [a], properties: {a: {type: integer}}}";
const ARRAY: &str = "  inputSchema: {}\n  outputSchema: {type: array, items: {type: number}}";

#[test]
fn an_output_schema_gives_structured_content_on_one_line_in_the_shape_of_each_era() {
    let check = |spec, body: &'static str, version, structured: &str, text: &str| {
        let reply = called(spec, answer(200, "application/json", body), version);
        assert!(
            reply
                .text
                .contains(&format!("\"structuredContent\":{structured}")),
            "{version}: {}",
            reply.text
        );
        assert_eq!(reply.content_text(), text);
        assert!(!reply.text.contains(['\n', '\r']), "{}", reply.text);
    };
    let pretty = "{\r\n  \"a\": 9007199254740993,\n  \"b c\": \"d \\n e\"\n}";
    for version in [NEWEST, "2025-11-25", "2025-06-18"] {
        check(
            OBJECT,
            r#"{"a": 1, "x":1.0}"#,
            version,
            r#"{"a": 1, "x":1.0}"#,
            r#"{"a": 1, "x":1.0}"#,
        );
        check(
            OBJECT,
            pretty,
            version,
            r#"{"a":9007199254740993,"b c":"d \n e"}"#,
            pretty,
        );
    }
    check(ARRAY, "[1.0,\n2]", NEWEST, "[1.0,2]", "[1.0,\n2]");
    check(
        ARRAY,
        "[1.0,\n2]",
        "2025-11-25",
        r#"{"result":[1.0,2]}"#,
        "[1.0,\n2]",
    );
    check(ARRAY, "[1.0]", "2025-06-18", r#"{"result":[1.0]}"#, "[1.0]");
}

#[test]
fn an_answer_that_breaks_the_output_schema_is_an_error_that_says_where() {
    check_error(OBJECT, http("204 No Content", "", b""), &["it is empty"]);
    check_error(OBJECT, http("200 OK", "", b" \n"), &["it is empty"]);
    check_error(
        OBJECT,
        http("200 OK", "Content-Type: text/html\r\n", b"<html>"),
        &["not the JSON that this tool promises"],
    );
    check_error(
        OBJECT,
        http("200 OK", "", b"{\"a\":1e999}"),
        &["not the JSON"],
    );
    check_error(
        OBJECT,
        http("200 OK", "", b"{\"a\":\"x\"}"),
        &["outputSchema", "- /a: "],
    );
    check_error(
        OBJECT,
        http("200 OK", "", b"[]"),
        &["outputSchema", "- /: "],
    );
    check_error(
        ARRAY,
        http("200 OK", "", b"[1,\"x\",null]"),
        &["- /1: ", "- /2: "],
    );
    check_error(
        OBJECT,
        http("500 X", "", b"{\"a\":1}"),
        &["500 Internal Server Error.\n{\"a\":1}"],
    );
}

#[test]
fn arguments_that_fail_the_schema_never_reach_the_backend() {
    on_a_core(async {
        let backend = Backend::answering("text/plain", "called").await;
        let spec = "  inputSchema: {type: object, required: [a], properties: {a: {type: integer}, b: {type: array, items: {type: string}}}}";
        let gateway = Fixture::with_backend(&tool("t", spec), &backend);
        let params = json!({"name": "t", "arguments": {"a": "x", "b": ["ok", 2]}});
        for version in ["2026-07-28", "2025-11-25"] {
            let reply = match version {
                "2026-07-28" => gateway.send(modern("tools/call", params.clone())).await,
                _ => gateway.legacy(version, "tools/call", params.clone()).await,
            };
            assert_eq!(reply.result()["isError"], json!(true), "{version}");
            let text = reply.content_text();
            assert!(
                text.contains("- /a: ") && text.contains("- /b/1: "),
                "{version}: {text}"
            );
        }
        for version in ["2025-06-18", "2025-03-26", "2024-11-05"] {
            let reply = gateway.legacy(version, "tools/call", params.clone()).await;
            assert_eq!(reply.code(), -32602, "{version}");
            let message = reply.json()["error"]["message"].to_string();
            assert!(
                message.contains("- /a: ") && message.contains("- /b/1: "),
                "{version}: {message}"
            );
        }
        let missing = gateway.modern("tools/call", json!({"name": "t"})).await;
        assert!(missing.content_text().contains("- /: "), "{missing:?}");
        assert_eq!(backend.received(), []);
    });
}

#[test]
fn a_tool_is_kept_from_clients_that_lack_a_capability_it_needs() {
    let spec = "  inputSchema: {}\n  requiredClientCapabilities: [elicitation.url, elicitation, sampling, roots.listChanged]";
    let call = |declared: Value| {
        on_a_core(async {
            let backend = Backend::answering("text/plain", "called").await;
            let gateway = Fixture::with_backend(&tool("t", spec), &backend);
            let meta = json!({"io.modelcontextprotocol/protocolVersion": NEWEST, "io.modelcontextprotocol/clientCapabilities": declared});
            let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t", "_meta": meta}});
            let headers = [
                ("mcp-protocol-version", NEWEST),
                ("mcp-method", "tools/call"),
                ("mcp-name", "t"),
            ];
            let reply = gateway
                .send(crate::fixtures::post(message.to_string(), &headers))
                .await;
            (reply, backend.received().len())
        })
    };
    let check = |declared: Value, missing: Value| {
        let (reply, calls) = call(declared.clone());
        assert_eq!(
            (reply.status.as_u16(), reply.code(), calls),
            (400, -32021, 0),
            "{declared}"
        );
        assert_eq!(
            reply.json()["error"]["data"],
            json!({"requiredCapabilities": missing}),
            "{declared}"
        );
    };
    check(
        json!({}),
        json!({"elicitation": {"url": {}}, "sampling": {}, "roots": {"listChanged": {}}}),
    );
    check(
        json!({"elicitation": {}, "sampling": {}, "roots": {"listChanged": false}}),
        json!({"elicitation": {"url": {}}, "roots": {"listChanged": {}}}),
    );
    check(
        json!({"elicitation": {"url": {}, "form": {}}, "roots": {"listChanged": true}}),
        json!({"sampling": {}}),
    );
    let (reply, calls) = call(
        json!({"elicitation": {"url": {}, "form": {}}, "sampling": {}, "roots": {"listChanged": true}}),
    );
    assert_eq!((reply.content_text().as_str(), calls), ("called", 1));
}

#[test]
fn a_session_is_asked_for_the_capabilities_it_began_with() {
    let check = |required: &str, declared: Value, expected: Option<i64>| {
        on_a_core(async {
            let backend = Backend::answering("text/plain", "called").await;
            let spec = format!("  inputSchema: {{}}\n  requiredClientCapabilities: [{required}]");
            let gateway = Fixture::with_backend(&tool("t", &spec), &backend);
            let params = json!({"protocolVersion": "2025-11-25", "capabilities": declared, "clientInfo": {"name": "t", "version": "1"}});
            let message =
                json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
            let begun = gateway
                .send(crate::fixtures::post(message.to_string(), &[]))
                .await;
            let session = begun.headers["mcp-session-id"].to_str().unwrap().to_owned();
            let call =
                json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t"}});
            let headers = [
                ("mcp-session-id", session.as_str()),
                ("mcp-protocol-version", "2025-11-25"),
            ];
            let reply = gateway
                .send(crate::fixtures::post(call.to_string(), &headers))
                .await;
            let code = reply.json().pointer("/error/code").and_then(Value::as_i64);
            assert_eq!(code, expected, "{required} of {declared}");
            assert_eq!(backend.received().len(), usize::from(expected.is_none()));
        });
    };
    check("elicitation", json!({"elicitation": {}}), None);
    check("elicitation.form", json!({"elicitation": {}}), None);
    check("elicitation.url", json!({"elicitation": {}}), Some(-32602));
    check("elicitation.url", json!({"elicitation": {"url": {}}}), None);
    check(
        "elicitation.form",
        json!({"elicitation": {"url": {}}}),
        Some(-32602),
    );
    check("sampling", json!({}), Some(-32602));
    check("sampling", json!({"sampling": {}}), None);
    check("roots", json!({"roots": {}}), None);
}
