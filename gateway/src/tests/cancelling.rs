//! Clients that cancel and clients that vanish, in every state of a call: what happens to the backend's request, and
//! that places among the calls in flight come back.

use serde_json::{Value, json};

use super::talking::{
    Ears, PROMPT, Peer, Talker, asking_tool, begin, heard, idle, in_flight, soon,
};
use crate::fixtures::{Fixture, on_a_core, tool};

const DONE: &str = r#"{"content":[{"type":"text","text":"done"}]}"#;
const ASKS: &str =
    r#"{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"}}}"#;

/// What becomes of the backend's request when the client goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Dropped,
    Finished,
}

fn plain(spec: &str) -> String {
    tool("t", &format!("  inputSchema: {{}}\n{spec}"))
}

async fn peer(gateway: &Fixture, is_modern: bool) -> Peer {
    match is_modern {
        true => Peer::modern(json!({"roots": {}})),
        false => Peer::legacy(gateway, "2025-11-25", json!({"roots": {}})).await,
    }
}

/// A client that hangs up before the backend has answered.
fn check_before_head(tool: &str, is_modern: bool, more: &Value, expected: Fate) {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(tool, backend.address);
        let call = begin(&gateway, peer(&gateway, is_modern).await.call(1, more));
        let turn = backend.turn().await;
        assert_eq!(in_flight(&gateway), (1, 1));
        call.abort();
        drop(call.await);
        match expected {
            Fate::Dropped => turn.dropped().await,
            Fate::Finished => {
                assert_eq!(in_flight(&gateway), (1, 1));
                turn.answer("application/vnd.mcp.result+json", DONE).await;
            }
        }
        idle(&gateway).await;
        assert!(backend.is_quiet());
    });
}

/// A client that hangs up while the backend streams.
fn check_in_stream(tool: &str, is_modern: bool, expected: Fate) {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(tool, backend.address);
        let listens = json!({"_meta": {"progressToken": 1}});
        let call = begin(&gateway, peer(&gateway, is_modern).await.call(1, &listens));
        let mut turn = backend.turn().await;
        turn.stream().await;
        drop(Ears::of(call).await);
        match expected {
            Fate::Dropped => turn.dropped().await,
            Fate::Finished => {
                turn.say(r#"{"method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#).await;
                assert_eq!(in_flight(&gateway), (1, 1));
                turn.say(DONE).await;
                turn.dropped().await;
            }
        }
        idle(&gateway).await;
    });
}

#[test]
fn hanging_up_drops_what_is_modern_or_idempotent_and_lets_the_rest_finish() {
    const IDEMPOTENT: &str = "  annotations: {idempotentHint: true}";
    const READ_ONLY: &str = "  annotations: {readOnlyHint: true}";
    for listens in [json!({}), json!({"_meta": {"progressToken": 1}})] {
        for spec in ["", IDEMPOTENT, READ_ONLY, "  method: GET"] {
            check_before_head(&plain(spec), true, &listens, Fate::Dropped);
            let legacy = if spec.is_empty() {
                Fate::Finished
            } else {
                Fate::Dropped
            };
            check_before_head(&plain(spec), false, &listens, legacy);
        }
        check_before_head(&asking_tool(""), true, &listens, Fate::Dropped);
        check_before_head(&asking_tool(""), false, &listens, Fate::Finished);
        check_before_head(&asking_tool(IDEMPOTENT), false, &listens, Fate::Dropped);
    }
    for tool in [&plain as &dyn Fn(&str) -> String, &asking_tool] {
        check_in_stream(&tool(""), true, Fate::Dropped);
        check_in_stream(&tool(""), false, Fate::Finished);
        check_in_stream(&tool(IDEMPOTENT), false, Fate::Dropped);
    }
}

#[test]
fn a_client_that_vanishes_while_it_is_asked_leaves_no_question_behind() {
    let check = |spec: &str, is_patient: bool| {
        on_a_core(async {
            let mut backend = Talker::start().await;
            let yaml = super::talking::server("{clientTimeout: 200ms}") + &asking_tool(spec);
            let gateway = Fixture::with_address(&yaml, backend.address);
            let peer = peer(&gateway, false).await;
            let session = gateway
                .core
                .gateway
                .state
                .session(
                    peer.session.as_ref().unwrap(),
                    crate::context::unix_seconds(),
                )
                .unwrap();
            let call = begin(&gateway, peer.call(1, &json!({})));
            backend.turn().await.answer("application/json", ASKS).await;
            let mut ears = Ears::of(call).await;
            assert_eq!(ears.next().await.unwrap()["method"], "roots/list");
            drop(ears);
            let before = tokio::time::Instant::now();
            soon(async {
                while !session.record().pending.is_empty() || !session.record().calls.is_empty() {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            assert_eq!(before.elapsed().as_millis() >= 150, is_patient, "{spec}");
            assert_eq!(in_flight(&gateway), (0, 0));
            assert!(backend.is_quiet());
        });
    };
    check("  annotations: {idempotentHint: true}", false);
    // Hanging up is no cancellation: the answer may still come, until its time is over.
    check("", true);
}

/// What `notifications/cancelled` of `who` does to the call 5 of a session.
fn check_cancelled(yaml: &str, method: &str, more: &Value, who: &str, is_cancelled: bool) {
    on_a_core(async {
        let name = format!("{method} {more} {who}");
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(yaml, backend.address);
        let owner = peer(&gateway, false).await;
        let stranger = peer(&gateway, false).await;
        let nobody = Peer::without_session("2025-11-25");
        let mut params =
            json!({"name": if method == "prompts/get" { "p" } else { "t" }, "arguments": {}});
        params["_meta"] = more.clone();
        let call = begin(&gateway, owner.request(5, method, params));
        let turn = backend.turn().await;
        let (canceller, id) = match who {
            "owner" => (&owner, json!(5)),
            "owner, another call" => (&owner, json!(6)),
            "owner, a text" => (&owner, json!("5")),
            "stranger" => (&stranger, json!(5)),
            _ => (&nobody, json!(5)),
        };
        let message = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
        let reply = gateway.send(canceller.message(&message)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.text.as_str()),
            (202, ""),
            "{name}"
        );
        if is_cancelled {
            turn.dropped().await;
            let response = soon(call).await.unwrap();
            assert_eq!(response.status(), 202, "{name}");
        } else {
            turn.answer(
                "application/vnd.mcp.result+json",
                r#"{"content":[{"type":"text","text":"done"}],"messages":[]}"#,
            )
            .await;
            let response = soon(call).await.unwrap();
            assert_eq!(response.status(), 200, "{name}");
        }
        idle(&gateway).await;
    });
}

#[test]
fn cancelling_works_in_the_session_of_the_call_alone() {
    for (yaml, method) in [
        (plain(""), "tools/call"),
        (plain("  method: GET"), "tools/call"),
        (asking_tool(""), "tools/call"),
        (PROMPT.to_owned(), "prompts/get"),
    ] {
        for more in [json!({}), json!({"progressToken": 1})] {
            for who in ["stranger", "nobody", "owner, another call", "owner, a text"] {
                check_cancelled(&yaml, method, &more, who, false);
            }
            check_cancelled(&yaml, method, &more, "owner", true);
        }
    }
}

#[test]
fn a_cancelled_stream_ends_without_a_result() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(&asking_tool(""), backend.address);
        let peer = peer(&gateway, false).await;
        let message = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}});
        let call = begin(&gateway, peer.call(5, &json!({})));
        let mut turn = backend.turn().await;
        turn.stream().await;
        let mut ears = Ears::of(call).await;
        gateway.send(peer.message(&message)).await;
        assert_eq!(ears.rest().await, Vec::<String>::new());
        turn.dropped().await;
        // While it is asked it ends just so, and the answer comes too late.
        let call = begin(&gateway, peer.call(5, &json!({})));
        backend.turn().await.answer("application/json", ASKS).await;
        let mut ears = Ears::of(call).await;
        let question = ears.next().await.unwrap();
        gateway.send(peer.message(&message)).await;
        assert_eq!(ears.rest().await, Vec::<String>::new());
        gateway
            .send(peer.answer(&question, &json!({"roots": []})))
            .await;
        idle(&gateway).await;
        assert!(backend.is_quiet());
    });
}

#[test]
fn a_legacy_call_whose_client_has_left_can_still_be_cancelled() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(&plain(""), backend.address);
        let peer = peer(&gateway, false).await;
        let call = begin(&gateway, peer.call(5, &json!({})));
        let turn = backend.turn().await;
        call.abort();
        drop(call.await);
        let message = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}});
        gateway.send(peer.message(&message)).await;
        turn.dropped().await;
        idle(&gateway).await;
    });
}

#[test]
fn a_batch_answers_in_one_piece_whatever_its_calls_stream() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(&asking_tool(""), backend.address);
        let peer = Peer::legacy(&gateway, "2025-03-26", json!({"roots": {}})).await;
        let request = |id: u32| json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "t", "_meta": {"progressToken": 1}}});
        let batch = json!([request(1), {"jsonrpc": "2.0", "method": "notifications/initialized"}, request(2), {"jsonrpc": "2.0", "id": 3, "method": "ping"}]);
        let call = begin(&gateway, peer.message(&batch));
        let mut turn = backend.turn().await;
        turn.stream().await;
        turn.say(
            r#"{"method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#,
        )
        .await;
        turn.say(DONE).await;
        backend.turn().await.answer("application/json", ASKS).await;
        let body = http_body_util::BodyExt::collect(soon(call).await.unwrap().into_body())
            .await
            .unwrap()
            .to_bytes();
        let answers: Vec<Value> = serde_json::from_slice(&body).unwrap();
        let short: Vec<String> = answers
            .iter()
            .map(|answer| format!("{} {}", answer["id"], super::talking::short(answer)))
            .collect();
        assert_eq!(
            short,
            [
                "1 ok done",
                "2 isError This call needs input that the client cannot give: it lacks roots.",
                "3 ok ",
            ]
        );
    });
}

#[test]
fn a_batch_that_is_refused_has_had_no_effect() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(&plain(""), backend.address);
        let peer = Peer::without_session("2025-03-26");
        let legacy =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t"}});
        let modern = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}});
        let many: Vec<Value> = std::iter::repeat_n(legacy.clone(), 10_000).collect();
        for batch in [json!([legacy, modern]), json!([]), json!(many)] {
            let reply = soon(gateway.send(peer.message(&batch))).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (400, -32600));
        }
        let reply =
            soon(gateway.send(Peer::without_session("2025-06-18").message(&json!([legacy])))).await;
        assert_eq!(heard(&reply).len(), 1);
        assert_eq!((reply.status.as_u16(), reply.code()), (400, -32600));
        assert!(backend.is_quiet());
    });
}
