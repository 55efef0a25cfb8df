//! The eras told apart per request: each rung of the ladder with its status, code, id and data, in its order.

use serde_json::{Value, json};

use super::wire::{answer, everything, meta, post_with, refusal, server_meta, tool};
use crate::fixtures::{Fixture, modern, on_a_core, post};

const VERSION: (&str, &str) = ("mcp-protocol-version", "2026-07-28");
const LIST: (&str, &str) = ("mcp-method", "tools/list");
const ALL: [&str; 5] = [
    "2026-07-28",
    "2025-11-25",
    "2025-06-18",
    "2025-03-26",
    "2024-11-05",
];

fn message(method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "id": "x", "method": method, "params": params}).to_string()
}

fn refused(headers: &[(&str, &str)], method: &str, params: Value, expected: (u16, i64, Value)) {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let request = post_with(message(method, params.clone()), headers);
        let (status, code, id, data) = refusal(&gateway.send(request).await);
        assert_eq!(
            (status, code, data),
            expected,
            "{headers:?} {method} {params}"
        );
        assert_eq!(id, json!("x"));
    });
}

fn served(headers: &[(&str, &str)], method: &str, params: Value) {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let reply = gateway
            .send(post_with(message(method, params.clone()), headers))
            .await;
        assert_eq!(
            reply.status.as_u16(),
            200,
            "{headers:?} {method} {params}: {reply:?}"
        );
        reply.result();
    });
}

/// Modern metadata with one key replaced, or taken out.
fn meta_with(key: &str, value: Option<Value>) -> Value {
    let mut meta = meta();
    let key = format!("io.modelcontextprotocol/{key}");
    match value {
        Some(value) => meta[key] = value,
        None => drop(meta.as_object_mut().unwrap().remove(&key)),
    }
    json!({"_meta": meta})
}

#[test]
fn modern_metadata_must_be_whole() {
    let expected = || (400, -32602, Value::Null);
    let headers = [VERSION, LIST];
    for params in [
        json!({}),
        json!({"_meta": {}}),
        json!({"_meta": null}),
        json!({"_meta": {"protocolVersion": "2026-07-28"}}),
        meta_with("protocolVersion", None),
        meta_with("protocolVersion", Some(Value::Null)),
        meta_with("protocolVersion", Some(json!(20_260_728))),
        meta_with("protocolVersion", Some(json!(["2026-07-28"]))),
        meta_with("clientCapabilities", None),
        meta_with("clientCapabilities", Some(Value::Null)),
        meta_with("clientCapabilities", Some(json!("none"))),
        meta_with("clientCapabilities", Some(json!([]))),
    ] {
        refused(&headers, "tools/list", params, expected());
    }
}

#[test]
fn a_header_of_no_known_legacy_revision_makes_a_request_modern() {
    for version in [
        "2026-07-28",
        "2026-12-31",
        "2025-07-01",
        "9999-99-99",
        "nonsense",
        "",
        "2025-11-25, 2025-06-18",
    ] {
        let headers = [("mcp-protocol-version", version)];
        refused(
            &headers,
            "tools/list",
            json!({}),
            (400, -32602, Value::Null),
        );
        refused(&headers, "ping", json!({}), (400, -32602, Value::Null));
    }
}

#[test]
fn modern_metadata_makes_a_request_modern_whatever_the_header_says() {
    let params = json!({"_meta": meta()});
    let expected = || (400, -32020, Value::Null);
    refused(&[LIST], "tools/list", params.clone(), expected());
    for version in [
        "2025-11-25",
        "2025-03-26",
        "2027-01-01",
        "nonsense",
        "",
        "\"2026-07-28\"",
    ] {
        let headers = [("mcp-protocol-version", version), LIST];
        refused(&headers, "tools/list", params.clone(), expected());
    }
    refused(
        &[VERSION, VERSION, LIST],
        "tools/list",
        params.clone(),
        expected(),
    );
    served(
        &[("MCP-PROTOCOL-VERSION", " 2026-07-28 "), LIST],
        "tools/list",
        params,
    );
}

#[test]
fn a_revision_that_is_not_served_is_told_with_those_that_are() {
    for version in ["2027-01-01", "2025-11-25", "nonsense", ""] {
        let headers = [("mcp-protocol-version", version)];
        let params = meta_with("protocolVersion", Some(json!(version)));
        let data = json!({"supported": ALL, "requested": version});
        refused(&headers, "tools/list", params, (400, -32022, data));
    }
}

#[test]
fn mcp_method_must_say_once_what_the_body_says() {
    let params = || json!({"_meta": meta()});
    let expected = || (400, -32020, Value::Null);
    refused(&[VERSION], "tools/list", params(), expected());
    for value in [
        "",
        "tools/call",
        "Tools/List",
        "tools/list,tools/list",
        "=?base64?dG9vbHMvbGlzdA==?=",
    ] {
        refused(
            &[VERSION, ("mcp-method", value)],
            "tools/list",
            params(),
            expected(),
        );
    }
    refused(&[VERSION, LIST, LIST], "tools/list", params(), expected());
    refused(
        &[VERSION, LIST, ("mcp-method", "tools/call")],
        "tools/list",
        params(),
        expected(),
    );
    served(
        &[VERSION, ("Mcp-Method", "\t tools/list ")],
        "tools/list",
        params(),
    );
}

#[test]
fn mcp_name_must_say_once_whom_the_body_names() {
    let check = |method: &str, member: &str, subject: &str, names: &[&str], fits: bool| {
        let mut headers = vec![VERSION, ("mcp-method", method)];
        headers.extend(names.iter().map(|name| ("mcp-name", *name)));
        let params = json!({"_meta": meta(), member: subject});
        if fits {
            // The name passes the edge; nothing is served under it, and that is told in-band.
            let data = if member == "uri" {
                json!({"uri": subject})
            } else {
                Value::Null
            };
            refused(&headers, method, params, (200, -32602, data));
        } else {
            refused(&headers, method, params, (400, -32020, Value::Null));
        }
    };
    for (method, member) in [
        ("tools/call", "name"),
        ("prompts/get", "name"),
        ("resources/read", "uri"),
    ] {
        check(method, member, "nobody", &["nobody"], true);
        check(method, member, "nobody", &["  nobody\t"], true);
        check(method, member, "nobody", &["=?base64?bm9ib2R5?="], true);
        check(method, member, "h\u{e9}", &["=?base64?aMOp?="], true);
        check(method, member, "=?base64?x", &["=?base64?x"], true);
        check(method, member, "nobody", &[], false);
        for wrong in [
            "",
            "Nobody",
            "somebody",
            "nobody, nobody",
            "=?BASE64?bm9ib2R5?=",
            "=?base64?c29tZWJvZHk=?=",
            "=?base64?c29tZWJvZHk?=",
            "=?base64?bm9ib2R5===?=",
            "=?base64?bm9i b2R5?=",
            "=?base64?bm9ib2R5!?=",
            "=?base64?/////w==?=",
            "=?base64?bm9ib2R5",
        ] {
            check(method, member, "nobody", &[wrong], false);
        }
        check(method, member, "h\u{e9}", &["h\u{e9}"], false);
        check(method, member, "nobody", &["nobody", "nobody"], false);
        check(method, member, "nobody", &["nobody", "somebody"], false);
    }
}

#[test]
fn what_names_nobody_needs_no_mcp_name() {
    served(
        &[VERSION, LIST, ("mcp-name", "stray")],
        "tools/list",
        json!({"_meta": meta()}),
    );
    for (method, member) in [
        ("tools/call", "name"),
        ("prompts/get", "name"),
        ("resources/read", "uri"),
    ] {
        for value in [Value::Null, json!(7), json!({})] {
            let params = json!({"_meta": meta(), member: value});
            refused(
                &[VERSION, ("mcp-method", method)],
                method,
                params,
                (200, -32602, Value::Null),
            );
        }
    }
}

#[test]
fn the_first_rung_that_fails_is_the_one_that_is_told() {
    let wrong_version = ("mcp-protocol-version", "2027-01-01");
    let later = meta_with("protocolVersion", Some(json!("2027-01-01")));
    let no_capabilities = meta_with("clientCapabilities", None);
    let unserved = json!({"supported": ALL, "requested": "2027-01-01"});
    refused(
        &[wrong_version],
        "no/such",
        no_capabilities,
        (400, -32602, Value::Null),
    );
    refused(
        &[VERSION],
        "no/such",
        later.clone(),
        (400, -32020, Value::Null),
    );
    refused(&[wrong_version], "no/such", later, (400, -32022, unserved));
    refused(
        &[VERSION],
        "no/such",
        json!({"_meta": meta()}),
        (400, -32020, Value::Null),
    );
    let named = [VERSION, ("mcp-method", "no/such")];
    refused(
        &named,
        "no/such",
        json!({"_meta": meta()}),
        (404, -32601, Value::Null),
    );
}

#[test]
fn methods_that_an_era_does_not_have_are_unknown_to_it() {
    for method in [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "tasks/get",
        "no/such",
        "",
        "Tools/List",
    ] {
        let headers = [VERSION, ("mcp-method", method)];
        refused(
            &headers,
            method,
            json!({"_meta": meta()}),
            (404, -32601, Value::Null),
        );
    }
    for method in [
        "server/discover",
        "subscriptions/listen",
        "no/such",
        "",
        "PING",
        "notifications/initialized",
    ] {
        for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
            let headers = [("mcp-protocol-version", version)];
            refused(&headers, method, json!({}), (200, -32601, Value::Null));
        }
        refused(&[], method, json!({}), (200, -32601, Value::Null));
    }
}

#[test]
fn a_legacy_request_names_its_revision_once_or_not_at_all() {
    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        served(
            &[("mcp-protocol-version", version)],
            "tools/list",
            json!({}),
        );
        served(
            &[("mcp-protocol-version", version), LIST],
            "ping",
            json!({"_meta": {"progressToken": 1}}),
        );
    }
    served(&[], "tools/list", json!({}));
    let twice = [
        ("mcp-protocol-version", "2025-11-25"),
        ("mcp-protocol-version", "2025-11-25"),
    ];
    refused(&twice, "tools/list", json!({}), (400, -32600, Value::Null));
}

#[test]
fn initialize_agrees_to_each_legacy_revision_and_offers_the_newest_for_any_other() {
    let check = |asked: &str, agreed: &str| {
        on_a_core(async {
            let gateway = Fixture::new("");
            let params = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
            let reply = gateway.send(post(message("initialize", params), &[])).await;
            let result = json!({
                "protocolVersion": agreed,
                "capabilities": {
                    "completions": {},
                    "logging": {},
                    "prompts": {"listChanged": true},
                    "resources": {"listChanged": true, "subscribe": true},
                    "tools": {"listChanged": true},
                },
                "serverInfo": {"name": "mcp-gateway", "version": env!("CARGO_PKG_VERSION")},
            });
            assert_eq!(
                answer(&reply),
                (200, json!({"jsonrpc": "2.0", "id": "x", "result": result}))
            );
            let session = reply.headers["mcp-session-id"].as_bytes();
            let visible = session.iter().all(|byte| (0x21..=0x7E).contains(byte));
            assert!(visible, "{reply:?}");
        });
    };
    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        check(version, version);
    }
    for other in ["2026-07-28", "2027-01-01", "2024-10-07", "nonsense", ""] {
        check(other, "2025-11-25");
    }
}

#[test]
fn initialize_belongs_to_the_legacy_era() {
    let params = || json!({"protocolVersion": "2025-11-25", "capabilities": {}});
    for version in ["2026-07-28", "2027-01-01", "nonsense"] {
        let headers = [
            ("mcp-protocol-version", version),
            ("mcp-method", "initialize"),
        ];
        refused(&headers, "initialize", params(), (400, -32020, Value::Null));
    }
    served(
        &[("mcp-protocol-version", "2025-11-25")],
        "initialize",
        params(),
    );
    served(&[("mcp-session-id", "forged")], "initialize", params());
    for params in [
        json!({}),
        json!({"protocolVersion": 7}),
        json!({"protocolVersion": null}),
    ] {
        refused(&[], "initialize", params, (200, -32602, Value::Null));
    }
}

#[test]
fn discover_tells_all_revisions_and_opens_nothing() {
    on_a_core(async {
        let gateway = Fixture::new("");
        let reply = gateway.modern("server/discover", json!({})).await;
        let result = json!({
            "resultType": "complete",
            "supportedVersions": ALL,
            "capabilities": {
                "completions": {},
                "prompts": {"listChanged": true},
                "resources": {"listChanged": true, "subscribe": true},
                "tools": {"listChanged": true},
            },
            "ttlMs": 5000,
            "cacheScope": "public",
            "_meta": server_meta(),
        });
        assert_eq!(
            answer(&reply),
            (200, json!({"jsonrpc": "2.0", "id": 1, "result": result}))
        );
        assert_eq!(
            (
                reply.headers.get("mcp-session-id"),
                gateway.core.gateway.state.sessions()
            ),
            (None, 0)
        );
    });
}

#[test]
fn a_modern_request_does_not_look_at_a_session_or_an_event_id() {
    on_a_core(async {
        let gateway = Fixture::new("");
        let mut request = modern("tools/list", json!({}));
        for name in ["mcp-session-id", "last-event-id"] {
            request
                .headers_mut()
                .append(name, "forged".parse().unwrap());
        }
        assert_eq!(gateway.send(request).await.status.as_u16(), 200);
    });
}

#[test]
fn notifications_and_answers_are_taken_without_a_word() {
    let check = |headers: &[(&str, &str)], body: Value| {
        on_a_core(async {
            let reply = Fixture::new("")
                .send(post_with(body.to_string(), headers))
                .await;
            assert_eq!(answer(&reply), (202, Value::Null), "{headers:?} {body}");
            assert_eq!(reply.headers.get("content-type"), None);
        });
    };
    let messages = [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 0, "reason": "x"}}),
        json!({"jsonrpc": "2.0", "method": "notifications/no/such", "params": {"_meta": meta()}}),
        json!({"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "nobody"}}),
        json!({"jsonrpc": "2.0", "id": "srv-1", "result": {}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": null}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "no"}}),
        json!({"jsonrpc": "2.0", "error": {"code": -1, "message": "no"}}),
    ];
    for body in messages {
        check(&[], body.clone());
        check(&[VERSION], body.clone());
        check(&[VERSION, ("mcp-session-id", "stray")], body.clone());
        check(&[("mcp-protocol-version", "2025-11-25")], body.clone());
        check(&[("mcp-protocol-version", "nonsense")], body);
    }
}

#[test]
fn a_capability_that_the_tool_needs_must_be_declared() {
    on_a_core(async {
        let yaml = tool(
            "ask",
            "  requiredClientCapabilities: [elicitation, sampling]\n",
        );
        let gateway = Fixture::new(&yaml);
        let mut params = meta_with("clientCapabilities", Some(json!({"sampling": {}})));
        params["name"] = json!("ask");
        let headers = [VERSION, ("mcp-method", "tools/call"), ("mcp-name", "ask")];
        let reply = gateway
            .send(post_with(message("tools/call", params), &headers))
            .await;
        let data = json!({"requiredCapabilities": {"elicitation": {}}});
        assert_eq!(refusal(&reply), (400, -32021, json!("x"), data));
    });
}
