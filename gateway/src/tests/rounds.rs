//! Backends that ask more than once, and prompts whose backends ask.

use serde_json::{Value, json};

use super::{
    asking::{asking_backend, asks, form},
    talking::{Ears, PROMPT, Peer, Talker, asking_tool, begin, heard, idle, short},
};
use crate::fixtures::{Backend, Fixture, on_a_core};

const DONE: &str = r#"{"content":[{"type":"text","text":"done"}]}"#;

/// How a call ends whose backend asks so many times.
fn check_rounds(rounds: usize, expected: &str) {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = &Fixture::with_address(&asking_tool(""), backend.address);
        let peer = Peer::legacy(gateway, "2025-11-25", json!({"elicitation": {}})).await;
        let call = begin(
            gateway,
            peer.call(1, &json!({"_meta": {"progressToken": 1}})),
        );
        let mut ears = None;
        let mut call = Some(call);
        let mut heard = Vec::new();
        for round in 0..=rounds {
            let mut turn = backend.turn().await;
            assert_eq!(turn.body()["inputResponses"].is_null(), round == 0);
            turn.stream().await;
            turn.say(
                r#"{"method":"notifications/progress","params":{"progressToken":1,"progress":3}}"#,
            )
            .await;
            let last = if round == rounds {
                DONE.to_owned()
            } else {
                asks(&json!({"a": form()}))
            };
            turn.say(&last).await;
            turn.dropped().await;
            let ears = match &mut ears {
                Some(ears) => ears,
                empty => empty.insert(Ears::of(call.take().unwrap()).await),
            };
            loop {
                let message = ears.next().await.unwrap();
                if message["method"] == "elicitation/create" {
                    gateway
                        .send(peer.answer(&message, &json!({"action": "accept"})))
                        .await;
                    break;
                }
                heard.push(short(&message));
                if message["result"].is_object() {
                    // Progress grows over all rounds, so three is said once.
                    assert_eq!(heard, ["progress 3", expected], "{rounds} rounds");
                    assert!(backend.is_quiet());
                    return;
                }
            }
        }
        panic!("the call did not end: {heard:?}");
    });
}

#[test]
fn a_backend_may_ask_eight_times() {
    check_rounds(0, "ok done");
    check_rounds(1, "ok done");
    check_rounds(8, "ok done");
    check_rounds(9, "isError The backend asked more than 8 times.");
}

#[test]
fn a_prompt_that_a_backend_renders_may_ask_in_both_eras() {
    on_a_core(async {
        let backend = Backend::start(asking_backend(json!({"a": form()}))).await;
        let gateway = &Fixture::with_backend(PROMPT, &backend);
        let elicits = json!({"elicitation": {}});
        let get = |peer: &Peer, more: &[(&str, Value)]| {
            let mut params = json!({"name": "p", "arguments": {"k": "v"}});
            for (name, value) in more {
                params[*name] = value.clone();
            }
            peer.request(1, "prompts/get", params)
        };
        let modern = Peer::modern(elicits.clone());
        let asked = gateway.send(get(&modern, &[])).await.result();
        assert_eq!(asked["inputRequests"], json!({"a": form()}));
        let state = asked["requestState"].clone();
        let more = [
            ("requestState", state),
            ("inputResponses", json!({"a": {}})),
        ];
        let done = gateway.send(get(&modern, &more)).await.result();
        assert_eq!(
            (&done["messages"], &done["resultType"]),
            (&json!([]), &json!("complete"))
        );
        let reply = gateway
            .send(get(&modern, &[("requestState", json!("x"))]))
            .await;
        assert_eq!(reply.code(), -32602);
        let reply = gateway.send(get(&Peer::modern(json!({})), &[])).await;
        assert_eq!(
            heard(&reply),
            ["-32603 This call needs input that the client cannot give: it lacks elicitation."]
        );
        let peer = &Peer::legacy(gateway, "2025-11-25", elicits).await;
        let mut ears = Ears::of(begin(gateway, get(peer, &[]))).await;
        let question = ears.next().await.unwrap();
        gateway
            .send(peer.answer(&question, &json!({"action": "cancel"})))
            .await;
        let done = ears.next().await.unwrap();
        assert_eq!(done["result"]["messages"], json!([]));
        idle(gateway).await;
    });
}
