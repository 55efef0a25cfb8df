//! Arrays of messages, which only 2025-03-26 has.

use serde_json::{Value, json};

use super::wire::{answer, everything, meta, post_with, refusal, tool};
use crate::fixtures::{Backend, Fixture, on_a_core};

fn ping(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "ping"})
}

fn pong(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": {}})
}

fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

fn check(headers: &[(&str, &str)], batch: &Value, expected: &(u16, Value)) {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let reply = gateway.send(post_with(batch.to_string(), headers)).await;
        assert_eq!(&answer(&reply), expected, "{headers:?} {batch}");
    });
}

fn refused(headers: &[(&str, &str)], batch: &Value, status: u16, code: i64) {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let reply = gateway.send(post_with(batch.to_string(), headers)).await;
        assert_eq!(
            refusal(&reply),
            (status, code, Value::Null, Value::Null),
            "{headers:?} {batch}"
        );
    });
}

#[test]
fn requests_are_answered_in_one_array_and_the_rest_is_not_answered() {
    let answers = json!({"jsonrpc": "2.0", "id": 1, "result": {"ok": true}});
    for headers in [&[][..], &[("mcp-protocol-version", "2025-03-26")]] {
        check(headers, &json!([ping(7)]), &(200, json!([pong(7)])));
        let batch = json!([ping(2), initialized(), answers, ping(1)]);
        check(headers, &batch, &(200, json!([pong(2), pong(1)])));
        check(
            headers,
            &json!([initialized(), answers]),
            &(202, Value::Null),
        );
    }
}

#[test]
fn each_element_that_is_wrong_is_told_so_beside_the_answers() {
    on_a_core(async {
        let gateway = Fixture::new("");
        let batch = json!([
            1,
            [],
            ["2.0", 1, "ping", null, null, null],
            {"jsonrpc": "2.0", "id": null, "method": "ping"},
            {"jsonrpc": "2.0", "id": 4, "method": "no/such"},
            {"jsonrpc": "2.0", "id": 5, "method": "tools/list", "params": []},
            {"jsonrpc": "2.0", "id": 6, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}},
            {"jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen", "params": {"notifications": {}}},
            ping(8),
        ]);
        let reply = gateway.send(post_with(batch.to_string(), &[])).await;
        let told: Vec<(Value, Value)> = reply
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["id"].clone(), one["error"]["code"].clone()))
            .collect();
        let expected = [
            (Value::Null, json!(-32600)),
            (Value::Null, json!(-32600)),
            (Value::Null, json!(-32600)),
            (Value::Null, json!(-32600)),
            (json!(4), json!(-32601)),
            (json!(5), json!(-32602)),
            (json!(6), json!(-32600)),
            (json!(7), json!(-32601)),
            (json!(8), Value::Null),
        ];
        assert_eq!((reply.status.as_u16(), told), (200, expected.to_vec()));
        assert!(!reply.text.contains("\"id\":null"), "{}", reply.text);
        assert_eq!(reply.headers.get("mcp-session-id"), None);
    });
}

#[test]
fn other_revisions_have_no_batches() {
    for version in [
        "2025-06-18",
        "2025-11-25",
        "2026-07-28",
        "2027-01-01",
        "nonsense",
    ] {
        refused(
            &[("mcp-protocol-version", version)],
            &json!([ping(1)]),
            400,
            -32600,
        );
    }
    let twice = [
        ("mcp-protocol-version", "2025-03-26"),
        ("mcp-protocol-version", "2025-03-26"),
    ];
    refused(&twice, &json!([ping(1)]), 400, -32600);
}

#[test]
fn a_batch_has_one_to_a_hundred_elements() {
    let pings = |count: u64| Value::from_iter((0..count).map(ping));
    refused(&[], &json!([]), 400, -32600);
    refused(&[], &pings(101), 400, -32600);
    let pongs = Value::from_iter((0..100).map(pong));
    check(&[], &pings(100), &(200, pongs));
}

#[test]
fn a_batch_with_a_modern_message_is_refused_before_anything_of_it_is_carried_out() {
    on_a_core(async {
        let backend = Backend::answering("application/json", "{}").await;
        let gateway = Fixture::with_backend(&tool("search", ""), &backend);
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search"}});
        for modern in [
            json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta()}}),
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"_meta": meta()}}),
        ] {
            let batch = json!([call, modern]).to_string();
            let reply = gateway.send(post_with(batch, &[])).await;
            assert_eq!(refusal(&reply), (400, -32600, Value::Null, Value::Null));
        }
        assert_eq!(backend.received(), []);
        let reply = gateway
            .send(post_with(json!([call]).to_string(), &[]))
            .await;
        assert_eq!((reply.status.as_u16(), backend.received().len()), (200, 1));
    });
}

#[test]
fn a_batch_of_a_session_that_is_over_begins_a_new_one() {
    on_a_core(async {
        let gateway = Fixture::new("");
        for batch in [json!([ping(1)]), json!([initialized()])] {
            let forged = [("mcp-session-id", "forged")];
            let reply = gateway.send(post_with(batch.to_string(), &forged)).await;
            assert_eq!(refusal(&reply), (404, -32001, Value::Null, Value::Null));
            let session = gateway.initialize("2025-03-26").await;
            let genuine = [("mcp-session-id", session.as_str())];
            let reply = gateway.send(post_with(batch.to_string(), &genuine)).await;
            assert!(reply.status.is_success(), "{reply:?}");
        }
    });
}
