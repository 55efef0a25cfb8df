//! Legacy sessions: whose ids are honoured, what they carry, and how they end.

use std::time::Duration;

use serde_json::{Value, json};

use super::wire::{answer, bare, post_with, refusal, tool};
use crate::{
    context::unix_seconds,
    fixtures::{Fixture, modern, on_a_core},
    mcp::{session_id::ClientCapabilities, version::Version},
};

const DAY: u64 = 24 * 60 * 60;
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// The id of a session that was opened so many seconds ago.
fn opened(gateway: &Fixture, ago: u64) -> String {
    let state = &gateway.core.gateway.state;
    let now = unix_seconds() - ago;
    state
        .open_session(Version::V20251125, ClientCapabilities::default(), now)
        .0
}

/// Every way in which a session can be used must be told 404, so that the client begins a new one.
fn over(gateway_and_id: impl Fn(&Fixture) -> String) {
    on_a_core(async {
        let gateway = Fixture::new("");
        let id = gateway_and_id(&gateway);
        let session = ("mcp-session-id", id.as_str());
        let accept = ("accept", "text/event-stream");
        let requests = [
            (post_with(PING, &[session]), json!(1)),
            (
                post_with(PING, &[session, ("mcp-protocol-version", "2025-11-25")]),
                json!(1),
            ),
            (post_with(INITIALIZED, &[session]), Value::Null),
            (bare("GET", &[session, accept]), Value::Null),
            (bare("DELETE", &[session]), Value::Null),
        ];
        for (request, named) in requests {
            let shown = format!("{request:?}");
            let reply = gateway.send(request).await;
            assert_eq!(
                refusal(&reply),
                (404, -32001, named, Value::Null),
                "{shown}"
            );
            assert!(
                reply.text.contains("initialize"),
                "it must say what to do: {}",
                reply.text
            );
        }
    });
}

#[test]
fn an_id_that_is_not_ours_is_told_to_begin_anew() {
    for forged in [
        "",
        "x",
        "forged",
        "00000000-0000-0000-0000-000000000000",
        "=?base64?eA==?=",
    ] {
        over(|_| forged.to_owned());
    }
    over(|_| "A".repeat(56));
    over(|gateway| opened(gateway, 0)[1..].to_owned());
    over(|gateway| opened(gateway, 0)[..55].to_owned());
    over(|gateway| format!("{}A", opened(gateway, 0)));
    over(|gateway| format!("{0}{0}", opened(gateway, 0)));
    over(|gateway| opened(gateway, 0).repeat(100));
    over(|gateway| opened(gateway, 0).to_lowercase());
    over(|_| opened(&Fixture::new(""), 0));
    for at in [0, 20, 30, 33, 40, 55] {
        over(|gateway| {
            let mut id = opened(gateway, 0).into_bytes();
            id[at] = if id[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(id).unwrap()
        });
    }
}

#[test]
fn a_session_is_good_for_seven_days() {
    over(|gateway| opened(gateway, 7 * DAY + 5));
    over(|gateway| opened(gateway, 30 * DAY));
    for ago in [0, DAY, 7 * DAY - 60] {
        on_a_core(async {
            let gateway = Fixture::new("");
            let id = opened(&gateway, ago);
            let reply = gateway
                .send(post_with(PING, &[("mcp-session-id", &id)]))
                .await;
            assert_eq!(
                answer(&reply),
                (200, json!({"jsonrpc": "2.0", "id": 1, "result": {}}))
            );
        });
    }
}

#[test]
fn delete_ends_a_session_for_good() {
    over(|gateway| {
        let id = opened(gateway, 0);
        let state = &gateway.core.gateway.state;
        state.end_session(&state.session(&id, unix_seconds()).unwrap());
        state.sweep(Duration::ZERO, unix_seconds());
        id
    });
    on_a_core(async {
        let gateway = Fixture::new("");
        let id = gateway.initialize("2025-06-18").await;
        let other = gateway.initialize("2025-06-18").await;
        let (this, other) = (
            ("mcp-session-id", id.as_str()),
            ("mcp-session-id", other.as_str()),
        );
        let reply = gateway
            .send(bare(
                "DELETE",
                &[this, ("mcp-protocol-version", "2025-06-18")],
            ))
            .await;
        assert_eq!(answer(&reply), (204, Value::Null));
        let reply = gateway.send(bare("DELETE", &[this])).await;
        assert_eq!(refusal(&reply), (404, -32001, Value::Null, Value::Null));
        let reply = gateway.send(post_with(PING, &[this])).await;
        assert_eq!(refusal(&reply), (404, -32001, json!(1), Value::Null));
        assert_eq!(
            gateway
                .send(post_with(PING, &[other]))
                .await
                .status
                .as_u16(),
            200
        );
        assert_eq!(gateway.core.gateway.state.sessions(), 1);
    });
}

#[test]
fn delete_needs_a_session_and_the_legacy_era() {
    on_a_core(async {
        let gateway = Fixture::new("");
        let reply = gateway.send(bare("DELETE", &[])).await;
        assert_eq!(refusal(&reply), (400, -32600, Value::Null, Value::Null));
        let id = gateway.initialize("2025-11-25").await;
        for version in ["2026-07-28", "2027-01-01", "nonsense"] {
            let headers = [
                ("mcp-session-id", id.as_str()),
                ("mcp-protocol-version", version),
            ];
            let reply = gateway.send(bare("DELETE", &headers)).await;
            assert_eq!(refusal(&reply), (405, -32600, Value::Null, Value::Null));
            assert_eq!(reply.headers["allow"], "POST");
        }
        assert_eq!(gateway.core.gateway.state.sessions(), 1);
    });
}

#[test]
fn a_session_is_named_once() {
    on_a_core(async {
        let gateway = Fixture::new("");
        let id = gateway.initialize("2025-11-25").await;
        let session = ("mcp-session-id", id.as_str());
        let reply = gateway.send(post_with(PING, &[session, session])).await;
        assert_eq!(refusal(&reply), (400, -32600, json!(1), Value::Null));
    });
}

#[test]
fn a_genuine_id_without_a_record_is_served() {
    on_a_core(async {
        let gateway = Fixture::new("");
        let id = gateway.initialize("2025-11-25").await;
        let state = &gateway.core.gateway.state;
        state.sweep(Duration::ZERO, unix_seconds());
        assert_eq!(state.sessions(), 0);
        let session = ("mcp-session-id", id.as_str());
        let reply = gateway.send(post_with(PING, &[session])).await;
        assert_eq!(
            answer(&reply),
            (200, json!({"jsonrpc": "2.0", "id": 1, "result": {}}))
        );
        assert_eq!(state.sessions(), 1);
    });
}

#[test]
fn an_idle_record_goes_and_one_in_use_stays() {
    crate::fixtures::on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let state = &gateway.core.gateway.state;
        let (idle, used) = (opened(&gateway, 0), opened(&gateway, 0));
        let ttl = Duration::from_secs(60);
        tokio::time::advance(ttl / 2).await;
        gateway
            .send(post_with(PING, &[("mcp-session-id", &used)]))
            .await;
        tokio::time::advance(ttl / 2).await;
        state.sweep(ttl, unix_seconds());
        assert_eq!((state.sessions(), idle == used), (1, false));
    });
}

/// The revision that holds decides how arguments that do not fit are told: in a result from 2025-11-25 on.
#[test]
fn without_a_header_the_revision_of_the_session_holds() {
    let check = |agreed: Option<&str>, header: Option<&str>, told_in_a_result: bool| {
        on_a_core(async {
            let gateway = Fixture::new(&tool("search", "  inputSchema: {required: [query]}"));
            let id = match agreed {
                Some(version) => Some(gateway.initialize(version).await),
                None => None,
            };
            let session = id.as_deref().map(|id| ("mcp-session-id", id));
            let version = header.map(|version| ("mcp-protocol-version", version));
            let headers: Vec<_> = session.into_iter().chain(version).collect();
            let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search"}});
            let reply = gateway.send(post_with(call.to_string(), &headers)).await;
            assert_eq!(reply.status.as_u16(), 200);
            let body = reply.json();
            let told = (
                body["result"]["isError"] == json!(true),
                body["error"]["code"] == json!(-32602),
            );
            assert_eq!(
                told,
                (told_in_a_result, !told_in_a_result),
                "{headers:?}: {body}"
            );
        });
    };
    check(None, None, false);
    check(None, Some("2025-11-25"), true);
    check(None, Some("2025-06-18"), false);
    check(Some("2025-11-25"), None, true);
    check(Some("2025-11-25"), Some("2025-06-18"), false);
    check(Some("2025-06-18"), None, false);
    check(Some("2025-06-18"), Some("2025-11-25"), true);
    check(Some("2026-07-28"), None, true);
}

#[test]
fn a_tool_that_needs_a_capability_looks_at_what_the_session_declared() {
    on_a_core(async {
        let gateway = Fixture::new(&tool(
            "ask",
            "  requiredClientCapabilities: [elicitation]\n  inputSchema: {required: [query]}",
        ));
        let check = async |capabilities: Value, code: Option<i64>| {
            let params = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities});
            let message =
                json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
            let reply = gateway.send(post_with(message.to_string(), &[])).await;
            let id = reply.headers["mcp-session-id"].to_str().unwrap().to_owned();
            let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask"}});
            let reply = gateway
                .send(post_with(call.to_string(), &[("mcp-session-id", &id)]))
                .await;
            let told = reply.json()["error"]["code"].as_i64();
            assert_eq!(
                (reply.status.as_u16(), told),
                (200, code),
                "{capabilities}: {}",
                reply.text
            );
        };
        check(json!({}), Some(-32602)).await;
        check(json!({"sampling": {}, "roots": {}}), Some(-32602)).await;
        check(json!({"elicitation": {}}), None).await;
        check(json!({"elicitation": {"form": {}}}), None).await;
        check(json!({"elicitation": {"url": {}}}), None).await;
    });
}

#[test]
fn the_modern_era_opens_no_session() {
    on_a_core(async {
        let gateway = Fixture::new("");
        for method in [
            "server/discover",
            "tools/list",
            "prompts/list",
            "resources/list",
        ] {
            let reply = gateway.send(modern(method, json!({}))).await;
            assert_eq!(reply.headers.get("mcp-session-id"), None, "{method}");
        }
        assert_eq!(gateway.core.gateway.state.sessions(), 0);
    });
}
