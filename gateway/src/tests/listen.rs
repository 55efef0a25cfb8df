//! `subscriptions/listen`: acknowledged first, each message tagged with the id of the request, one last word.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::wire::{Events, data, everything, meta, post_with, prompt, refusal, server, tool};
use crate::fixtures::{Fixture, on_a_core, on_a_core_with_paused_time};

const HEADERS: [(&str, &str); 2] = [
    ("mcp-protocol-version", "2026-07-28"),
    ("mcp-method", "subscriptions/listen"),
];

fn request(id: &Value, notifications: &Value) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    let params = json!({"_meta": meta(), "notifications": notifications});
    let message =
        json!({"jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": params});
    post_with(message.to_string(), &HEADERS)
}

async fn listen(gateway: &Fixture, notifications: Value) -> Events {
    Events::open(gateway, request(&json!(9), &notifications)).await
}

fn all() -> Value {
    json!({"toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true})
}

async fn names(stream: &mut Events, milliseconds: u64) -> Vec<String> {
    stream
        .names(milliseconds)
        .await
        .into_iter()
        .map(|(_, name)| name)
        .collect()
}

#[test]
fn what_is_honoured_is_acknowledged_before_anything_else() {
    let check = |asked: Value, honoured: Value| {
        on_a_core_with_paused_time(async {
            let gateway = Fixture::new("");
            let mut stream = listen(&gateway, asked.clone()).await;
            let events = stream.raw(0).await;
            let acknowledged = json!({
                "jsonrpc": "2.0",
                "method": "notifications/subscriptions/acknowledged",
                "params": {
                    "_meta": {"io.modelcontextprotocol/subscriptionId": 9},
                    "notifications": honoured,
                },
            });
            let told: Vec<Value> = events.iter().map(|(_, event)| data(event)).collect();
            assert_eq!(told, [acknowledged], "{asked}");
        });
    };
    check(all(), all());
    check(json!({}), json!({}));
    check(
        json!({"toolsListChanged": true}),
        json!({"toolsListChanged": true}),
    );
    check(
        json!({"toolsListChanged": false, "promptsListChanged": true}),
        json!({"promptsListChanged": true}),
    );
    check(
        json!({"resourceSubscriptions": ["config://one"]}),
        json!({}),
    );
    check(
        json!({"somethingNew": true, "resourcesListChanged": true}),
        json!({"resourcesListChanged": true}),
    );
}

#[test]
fn each_message_carries_the_id_of_the_request_in_its_own_type() {
    for id in [
        json!(9),
        json!("9"),
        json!(0),
        json!(-1),
        json!("listen:0"),
        json!("a\"b\n"),
        json!(""),
    ] {
        on_a_core_with_paused_time(async {
            let gateway = Fixture::new(&everything());
            let mut stream = Events::open(&gateway, request(&id, &all())).await;
            gateway.publish("");
            let mut events = stream.raw(100).await;
            gateway.core.gateway.streams_end.cancel();
            events.extend(stream.raw(5_000).await);
            assert_eq!(events.pop().unwrap().1, "end");
            let tag = json!({"io.modelcontextprotocol/subscriptionId": id});
            let told: Vec<Value> = events.iter().map(|(_, event)| data(event)).collect();
            let changed = |list: &str| {
                let method = format!("notifications/{list}/list_changed");
                json!({"jsonrpc": "2.0", "method": method, "params": {"_meta": tag}})
            };
            let expected = [
                changed("tools"),
                changed("prompts"),
                changed("resources"),
                json!({"jsonrpc": "2.0", "id": id, "result": {"resultType": "complete", "_meta": tag}}),
            ];
            assert_eq!(told[1..], expected);
            assert_eq!(told[0]["params"]["_meta"], tag);
            assert!(
                events.iter().all(|(_, event)| !event.contains("id: ")),
                "modern streams are not resumed"
            );
        });
    }
}

#[test]
fn only_what_was_asked_for_is_told() {
    let check = |topic: &str, name: &str| {
        on_a_core_with_paused_time(async {
            let gateway = Fixture::new(&everything());
            let mut stream = listen(&gateway, json!({topic: true})).await;
            gateway.publish("");
            assert_eq!(names(&mut stream, 3_000).await, ["acknowledged", name]);
        });
    };
    check("toolsListChanged", "tools");
    check("promptsListChanged", "prompts");
    check("resourcesListChanged", "resources");
}

#[test]
fn nothing_is_told_where_no_list_changed() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&everything());
        let mut stream = listen(&gateway, all()).await;
        gateway.publish(&everything());
        gateway.publish(&everything().replace("/api/search", "/api/other"));
        assert_eq!(names(&mut stream, 3_000).await, ["acknowledged"]);
    });
}

#[test]
fn a_change_that_nobody_asked_for_does_not_hold_up_one_that_somebody_did() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let mut stream = listen(&gateway, json!({"toolsListChanged": true})).await;
        gateway.publish(&prompt("hello", "x"));
        assert_eq!(names(&mut stream, 100).await, ["acknowledged"]);
        gateway.publish(&(prompt("hello", "x") + &tool("search", "")));
        assert_eq!(stream.names(3_000).await, [(100, "tools".to_owned())]);
    });
}

#[test]
fn the_first_change_is_told_at_once_and_more_at_most_once_a_second() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let mut stream = listen(&gateway, all()).await;
        let (without, with) = (String::new(), tool("search", ""));
        let mut told = stream.names(200).await;
        for objects in [&with, &without, &with, &without, &with] {
            gateway.publish(objects);
            told.extend(stream.names(300).await);
        }
        told.extend(stream.names(5_000).await);
        let at = |milliseconds: u64, name: &str| (milliseconds, name.to_owned());
        // At 1200 ms the list is as at 200 ms but for what came in between, so only what differs then is told.
        assert_eq!(told[..2], [at(0, "acknowledged"), at(200, "tools")]);
        let later: Vec<u64> = told[2..]
            .iter()
            .map(|(milliseconds, _)| *milliseconds)
            .collect();
        assert_eq!(later, [1_200, 2_200]);
    });
}

#[test]
fn what_changes_while_a_stream_opens_is_not_lost() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let mut stream = listen(&gateway, all()).await;
        // The stream's task has not run yet.
        gateway.publish(&tool("search", ""));
        assert_eq!(names(&mut stream, 100).await, ["acknowledged", "tools"]);
    });
}

#[test]
fn one_client_may_listen_more_than_once() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let mut first = listen(&gateway, all()).await;
        let mut second = listen(&gateway, all()).await;
        gateway.publish(&tool("search", ""));
        assert_eq!(names(&mut first, 100).await, ["acknowledged", "tools"]);
        assert_eq!(names(&mut second, 100).await, ["acknowledged", "tools"]);
    });
}

#[test]
fn a_silent_stream_says_something_every_fifteen_seconds() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let mut stream = listen(&gateway, all()).await;
        let at = |seconds: u64, name: &str| (seconds * 1_000, name.to_owned());
        assert_eq!(
            stream.names(31_000).await,
            [at(0, "acknowledged"), at(15, "comment"), at(30, "comment")]
        );
    });
}

#[test]
fn a_client_that_leaves_frees_its_place() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&server("maxStreams: 1"));
        let open = || gateway.core.gateway.streams.load(Ordering::Relaxed);
        let mut stream = listen(&gateway, all()).await;
        stream.raw(1).await;
        let reply = gateway.send(request(&json!(9), &all())).await;
        assert_eq!(
            refusal(&reply),
            (503, -31029, json!(9), json!({"retryAfterSeconds": 1}))
        );
        assert_eq!(
            (reply.headers["retry-after"].to_str().unwrap(), open()),
            ("1", 1)
        );
        drop(stream);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        assert_eq!(open(), 0);
        let mut next = listen(&gateway, all()).await;
        assert_eq!(
            (names(&mut next, 1).await, open()),
            (vec!["acknowledged".to_owned()], 1)
        );
    });
}

#[test]
fn notifications_must_be_an_object_of_flags() {
    on_a_core(async {
        let gateway = Fixture::new("");
        for wrong in [
            Value::Null,
            json!([]),
            json!([true]),
            json!("toolsListChanged"),
            json!(true),
            json!({"toolsListChanged": "yes"}),
            json!({"toolsListChanged": null}),
        ] {
            let reply = gateway.send(request(&json!("a"), &wrong)).await;
            assert_eq!(
                refusal(&reply),
                (200, -32602, json!("a"), Value::Null),
                "{wrong}"
            );
        }
        assert_eq!(gateway.core.gateway.streams.load(Ordering::Relaxed), 0);
    });
}
