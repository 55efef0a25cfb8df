//! Backends that ask back: relayed to modern clients with their state wrapped, put to legacy clients as requests.

use serde_json::{Value, json};

use super::talking::{Ears, Peer, asking_tool, begin, heard, in_flight, server, short};
use crate::{
    fixtures::{Backend, Fixture, Received, answer, on_a_core, post, tool},
    proxy::raw_result::RESULT_TYPE,
};

/// An `input_required` result with these requests.
pub(super) fn asks(requests: &Value) -> String {
    json!({"resultType": "input_required", "inputRequests": requests, "requestState": "my state"})
        .to_string()
}

pub(super) fn form() -> Value {
    json!({"method": "elicitation/create", "params": {"mode": "form", "message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}}})
}

fn url() -> Value {
    json!({"method": "elicitation/create", "params": {"mode": "url", "message": "Go", "url": "https://x/", "elicitationId": "1"}})
}

/// Asks until it is answered, then is done.
pub(super) fn asking_backend(requests: Value) -> impl Fn(&Received) -> Vec<u8> {
    move |received| {
        let body: Value = serde_json::from_str(&received.body).unwrap();
        if body["inputResponses"].is_null() {
            return answer(200, RESULT_TYPE, &asks(&requests));
        }
        let text = format!("{} {}", body["requestState"], body["inputResponses"]);
        let done = json!({"content": [{"type": "text", "text": text}], "messages": []});
        answer(200, RESULT_TYPE, &done.to_string())
    }
}

#[test]
fn a_modern_client_gets_the_questions_that_it_can_answer() {
    let check = |tool: &str, capabilities: Value, requests: Value, expected: &str| {
        on_a_core(async {
            let name = format!("{capabilities} {requests}");
            let backend = Backend::start(asking_backend(requests)).await;
            let gateway = Fixture::with_backend(tool, &backend);
            let reply = gateway
                .send(Peer::modern(capabilities).call(1, &json!({})))
                .await;
            assert_eq!(heard(&reply), [expected], "{name}");
        });
    };
    let tool_of = |spec: &str| tool("t", &format!("  inputSchema: {{}}\n{spec}"));
    let tool = asking_tool("");
    let sampling = json!({"method": "sampling/createMessage", "params": {"messages": []}});
    let roots = json!({"method": "roots/list", "params": {}});
    let all = json!({"a": form(), "b": sampling, "c": roots, "d": url(), "e": {"method": "ping", "params": {}}});
    let only = |key: &str| format!("asks {}", json!({key: all[key]}));
    let lacks = |what: &str| {
        format!("isError This call needs input that the client cannot give: it lacks {what}.")
    };
    check(&tool, json!({"elicitation": {}}), all.clone(), &only("a"));
    check(
        &tool,
        json!({"elicitation": {"form": {}}}),
        all.clone(),
        &only("a"),
    );
    check(
        &tool,
        json!({"elicitation": {"url": {}}}),
        all.clone(),
        &only("d"),
    );
    check(&tool, json!({"sampling": {}}), all.clone(), &only("b"));
    check(
        &tool,
        json!({"roots": {"listChanged": true}}),
        all.clone(),
        &only("c"),
    );
    check(
        &tool,
        json!({}),
        json!({"a": form()}),
        &lacks("elicitation"),
    );
    check(
        &tool,
        json!({"elicitation": {}}),
        json!({"d": url()}),
        &lacks("elicitation.url"),
    );
    check(
        &tool,
        json!({}),
        json!({"b": sampling, "c": roots}),
        &lacks("sampling, roots"),
    );
    check(
        &tool,
        json!({}),
        json!({"e": {"method": "ping"}}),
        &lacks("(unknown)"),
    );
    check(
        &tool_of(""),
        json!({"elicitation": {}}),
        json!({"a": form()}),
        "isError The backend asks for input, which needs response.format: mcp on the MCPTool.",
    );
    check(
        &tool,
        json!({}),
        json!("garbage"),
        "isError The backend's MCP result cannot be used: invalid type: string \"garbage\", expected a map at line 1 column 26.",
    );
}

#[test]
fn a_modern_client_brings_the_state_back_for_the_same_call_alone() {
    on_a_core(async {
        let backend = Backend::start(asking_backend(json!({"a": form()}))).await;
        let other = asking_tool("")
            .replace("name: t}", "name: u}")
            .replace("/api/t", "/api/u");
        let gateway = Fixture::with_backend(&(asking_tool("") + &other), &backend);
        let peer = Peer::modern(json!({"elicitation": {}}));
        let arguments = json!({"x": 1});
        let asked = gateway
            .send(peer.call(1, &json!({"arguments": arguments})))
            .await
            .result();
        let state = asked["requestState"].as_str().unwrap().to_owned();
        assert!(!state.contains("my state"));
        assert_eq!(
            asked.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["_meta", "inputRequests", "requestState", "resultType"]
        );
        let responses = json!({"a": {"action": "accept"}});
        let retry = |name: &str, arguments: &Value, state: &Value| {
            let params = json!({"name": name, "arguments": arguments, "requestState": state, "inputResponses": responses});
            peer.request(2, "tools/call", params)
        };
        let reply = gateway.send(retry("t", &arguments, &json!(state))).await;
        assert_eq!(
            heard(&reply),
            ["ok \"my state\" {\"a\":{\"action\":\"accept\"}}"]
        );
        let calls = backend.received().len();
        let mut tampered = state.clone().into_bytes();
        tampered[12] ^= 1;
        let tampered = String::from_utf8(tampered).unwrap();
        for (name, arguments, state) in [
            ("u", json!({"x": 1}), json!(state)),
            ("t", json!({"x": 2}), json!(state)),
            ("t", json!({"x": 1}), json!(tampered)),
            ("t", json!({"x": 1}), json!(state[..state.len() - 4])),
            ("t", json!({"x": 1}), json!("")),
            ("t", json!({"x": 1}), json!("my state")),
            ("t", json!({"x": 1}), json!({"state": 1})),
        ] {
            let reply = gateway.send(retry(name, &arguments, &state)).await;
            assert_eq!(reply.code(), -32602, "{name} {arguments} {state}");
        }
        assert_eq!(backend.received().len(), calls, "none reached the backend");
        assert_eq!(in_flight(&gateway), (0, 0));
    });
}

/// What a legacy client of a revision with these capabilities is asked, or the end of the call.
fn check_asked(version: &'static str, capabilities: Value, request: &Value, expected: &str) {
    on_a_core(async {
        let name = format!("{version} {capabilities} {request}");
        let backend = Backend::start(asking_backend(json!({"k": request}))).await;
        let gateway = Fixture::with_backend(&asking_tool(""), &backend);
        let peer = Peer::legacy(&gateway, version, capabilities).await;
        let response = begin(&gateway, peer.call(5, &json!({}))).await.unwrap();
        if response.headers()["content-type"] == "application/json" {
            let body = http_body_util::BodyExt::collect(response.into_body())
                .await
                .unwrap()
                .to_bytes();
            assert_eq!(
                short(&serde_json::from_slice(&body).unwrap()),
                expected,
                "{name}"
            );
            return;
        }
        let mut ears = Ears::of(tokio::task::spawn_local(async { response })).await;
        let question = ears.next().await.unwrap();
        assert_eq!(short(&question), expected, "{name}");
        assert_eq!(
            in_flight(&gateway),
            (0, 0),
            "waiting for a client holds no place"
        );
        let answer = json!({"action": "accept", "content": {"yes": true}});
        let reply = gateway.send(peer.answer(&question, &answer)).await;
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (202, ""));
        assert_eq!(
            ears.rest().await,
            [format!("ok \"my state\" {}", json!({"k": answer}))]
        );
    });
}

#[test]
fn a_legacy_client_is_asked_on_the_stream_of_its_call() {
    let lacks = |what: &str| {
        format!("isError This call needs input that the client cannot give: it lacks {what}.")
    };
    let sampling =
        json!({"method": "sampling/createMessage", "params": {"maxTokens": 5, "messages": []}});
    let roots = json!({"method": "roots/list"});
    let with_mode = format!("elicitation/create {}", form()["params"]);
    let mut params = form()["params"].clone();
    params.as_object_mut().unwrap().remove("mode");
    let without_mode = format!("elicitation/create {params}");
    let link = format!("elicitation/create {}", url()["params"]);
    let elicits = json!({"elicitation": {}});
    let both = json!({"elicitation": {"form": {}, "url": {}}});
    check_asked("2025-11-25", elicits.clone(), &form(), &with_mode);
    check_asked("2025-06-18", elicits.clone(), &form(), &without_mode);
    check_asked(
        "2025-03-26",
        elicits.clone(),
        &form(),
        &lacks("elicitation"),
    );
    check_asked("2025-11-25", both.clone(), &url(), &link);
    check_asked("2025-06-18", both, &url(), &lacks("elicitation.url"));
    check_asked("2025-11-25", elicits, &url(), &lacks("elicitation.url"));
    check_asked(
        "2025-11-25",
        json!({"elicitation": {"url": {}}}),
        &form(),
        &lacks("elicitation"),
    );
    check_asked(
        "2025-03-26",
        json!({"sampling": {}}),
        &sampling,
        &format!("sampling/createMessage {}", sampling["params"]),
    );
    check_asked("2024-11-05", json!({"roots": {}}), &roots, "roots/list {}");
    check_asked("2025-11-25", json!({}), &roots, &lacks("roots"));
}

#[test]
fn a_legacy_client_without_a_session_is_told_why_it_cannot_be_asked() {
    on_a_core(async {
        let backend = Backend::start(asking_backend(json!({"a": form()}))).await;
        let gateway = Fixture::with_backend(&asking_tool(""), &backend);
        let peer = Peer::without_session("2025-11-25");
        let capabilities =
            json!({"_meta": {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}});
        assert_eq!(
            heard(&gateway.send(peer.call(1, &capabilities)).await),
            [
                "isError This call needs to ask the client, which is not possible: it has no session."
            ]
        );
    });
}

/// How a call ends whose client does this to the question.
async fn ended<F: Future>(
    gateway: &Fixture,
    peer: &Peer,
    answer: impl FnOnce(Value) -> F,
) -> Vec<String> {
    let mut ears = Ears::of(begin(gateway, peer.call(1, &json!({})))).await;
    let question = ears.next().await.unwrap();
    assert!(
        question["id"].as_str().unwrap().len() >= 32,
        "128 random bits"
    );
    answer(question).await;
    ears.rest().await
}

#[test]
fn only_the_first_answer_of_the_same_session_counts() {
    on_a_core(async {
        let backend = Backend::start(asking_backend(json!({"a": form()}))).await;
        let yaml = server("{clientTimeout: 300ms}") + &asking_tool("");
        let gateway = &Fixture::with_backend(&yaml, &backend);
        let elicits = json!({"elicitation": {}});
        let peer = &Peer::legacy(gateway, "2025-11-25", elicits.clone()).await;
        let stranger = &Peer::legacy(gateway, "2025-11-25", elicits).await;
        let nobody = &Peer::without_session("2025-11-25");
        let send = |request| async move {
            assert_eq!(gateway.send(request).await.status, 202);
        };
        let (yes, no) = (json!({"action": "accept"}), json!({"action": "decline"}));
        let done = "ok \"my state\" {\"a\":{\"action\":\"accept\"}}";
        let late = "isError The client did not answer within 300ms.";
        let (yes, no) = (&yes, &no);
        let twice = ended(gateway, peer, |question| async move {
            send(peer.answer(&question, yes)).await;
            send(peer.answer(&question, no)).await;
        });
        assert_eq!(twice.await, [done]);
        let strangers_first = ended(gateway, peer, |question| async move {
            send(stranger.answer(&question, no)).await;
            send(nobody.answer(&question, no)).await;
            send(peer.answer(&json!({"id": "guessed"}), no)).await;
            send(peer.answer(&json!({"id": 1}), no)).await;
            send(peer.answer(&question, yes)).await;
        });
        assert_eq!(strangers_first.await, [done]);
        let stranger_only = ended(gateway, peer, |question| async move {
            send(stranger.answer(&question, yes)).await;
        });
        assert_eq!(stranger_only.await, [late]);
        for garbage in [json!("yes"), json!(null), json!([1])] {
            let garbage = &garbage;
            let heard = ended(gateway, peer, |question| async move {
                send(peer.answer(&question, garbage)).await;
            });
            assert_eq!(
                heard.await,
                ["isError The client's answer to \"a\" is not an object."]
            );
        }
        let refused = ended(gateway, peer, |question| async move {
            let error = json!({"code": -1, "message": "User said no"});
            send(peer.message(&json!({"jsonrpc": "2.0", "id": question["id"], "error": error})))
                .await;
        });
        assert_eq!(
            refused.await,
            ["isError The client refused to answer \"a\": User said no."]
        );
        let batched = Peer::legacy(gateway, "2025-03-26", json!({"sampling": {}})).await;
        assert!(batched.session.is_some());
        assert_eq!(in_flight(gateway), (0, 0));
    });
}

#[test]
fn an_answer_after_its_time_means_nothing() {
    on_a_core(async {
        let backend = Backend::start(asking_backend(json!({"a": form()}))).await;
        let gateway = &Fixture::with_backend(&asking_tool(""), &backend);
        let peer = &Peer::legacy(gateway, "2025-11-25", json!({"elicitation": {}})).await;
        let mut ears = Ears::of(begin(gateway, peer.call(1, &json!({})))).await;
        let question = ears.next().await.unwrap();
        tokio::time::pause();
        let before = tokio::time::Instant::now();
        let mut last = None;
        while let Some(piece) = ears.piece().await {
            last = Some(piece);
        }
        assert!(
            last.unwrap()
                .contains("The client did not answer within 5m.")
        );
        assert_eq!(before.elapsed().as_secs(), 300);
        let reply = gateway
            .send(peer.answer(&question, &json!({"action": "accept"})))
            .await;
        assert_eq!(reply.status, 202);
        assert_eq!(backend.received().len(), 1);
    });
}

#[test]
fn an_answer_may_come_in_a_batch() {
    on_a_core(async {
        let request = json!({"method": "sampling/createMessage", "params": {}});
        let backend = Backend::start(asking_backend(json!({"a": request}))).await;
        let gateway = &Fixture::with_backend(&asking_tool(""), &backend);
        let peer = &Peer::legacy(gateway, "2025-03-26", json!({"sampling": {}})).await;
        let heard = ended(gateway, peer, |question| async move {
            let answer =
                json!([{"jsonrpc": "2.0", "id": question["id"], "result": {"role": "assistant"}}]);
            assert_eq!(gateway.send(peer.message(&answer)).await.status, 202);
        });
        assert_eq!(
            heard.await,
            ["ok \"my state\" {\"a\":{\"role\":\"assistant\"}}"]
        );
    });
}

#[test]
fn the_end_of_the_session_or_of_the_process_ends_the_waiting() {
    on_a_core(async {
        let backend = Backend::start(asking_backend(json!({"a": form()}))).await;
        let gateway = &Fixture::with_backend(&asking_tool(""), &backend);
        let peer = &Peer::legacy(gateway, "2025-11-25", json!({"elicitation": {}})).await;
        let heard = ended(gateway, peer, |_| async {
            let mut request = post("", &[("mcp-session-id", peer.session.as_ref().unwrap())]);
            *request.method_mut() = http::Method::DELETE;
            assert!(gateway.send(request).await.status.is_success());
        });
        assert_eq!(
            heard.await,
            ["isError The session ended before the client answered."]
        );
        let peer = &Peer::legacy(gateway, "2025-11-25", json!({"elicitation": {}})).await;
        let heard = ended(gateway, peer, |_| async { gateway.core.calls_end.cancel() });
        assert_eq!(
            heard.await,
            [
                "isError The backend call failed: the gateway is shutting down. It may or may not have taken effect; check before trying again."
            ]
        );
    });
}
