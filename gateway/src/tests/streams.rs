//! The GET stream of a legacy session: when it opens, what it tells and how often, and how it ends.

use serde_json::{Value, json};

use super::wire::{
    Events, bare, data, event_id, everything, inline, post_with, prompt, refusal, server, tool,
};
use crate::fixtures::{Fixture, on_a_core, on_a_core_with_paused_time};

const ACCEPT: (&str, &str) = ("accept", "text/event-stream");

async fn session(gateway: &Fixture) -> String {
    gateway.initialize("2025-11-25").await
}

async fn get(gateway: &Fixture, session: &str) -> Events {
    Events::open(gateway, bare("GET", &[ACCEPT, ("mcp-session-id", session)])).await
}

async fn resume(gateway: &Fixture, session: &str, last: &str) -> Events {
    let headers = [ACCEPT, ("mcp-session-id", session), ("last-event-id", last)];
    Events::open(gateway, bare("GET", &headers)).await
}

fn named(events: &[(u64, &str)]) -> Vec<(u64, String)> {
    events
        .iter()
        .map(|(at, name)| (*at, (*name).to_owned()))
        .collect()
}

/// A tool in one of several states of its description.
fn version(number: u32) -> String {
    tool("search", &format!("  title: {number}.0 of it"))
}

#[test]
fn a_stream_that_cannot_be_is_refused_by_its_status() {
    on_a_core(async {
        let gateway = Fixture::new("");
        let id = session(&gateway).await;
        let named = ("mcp-session-id", id.as_str());
        let check = async |headers: &[(&str, &str)], status: u16, code: i64| {
            let reply = gateway.send(bare("GET", headers)).await;
            assert_eq!(
                refusal(&reply),
                (status, code, Value::Null, Value::Null),
                "{headers:?}"
            );
            let allow = reply
                .headers
                .get("allow")
                .map(|allow| allow.to_str().unwrap());
            assert_eq!(allow, (status == 405).then_some("POST"), "{headers:?}");
        };
        check(&[ACCEPT], 405, -32600).await;
        check(
            &[ACCEPT, ("mcp-protocol-version", "2025-11-25")],
            405,
            -32600,
        )
        .await;
        for version in ["2026-07-28", "2027-01-01", "nonsense"] {
            check(
                &[ACCEPT, named, ("mcp-protocol-version", version)],
                405,
                -32600,
            )
            .await;
        }
        check(&[named, ("accept", "application/json")], 406, -32600).await;
        check(&[named, ("accept", "text/event-stream;q=0")], 406, -32600).await;
        check(&[ACCEPT, ("mcp-session-id", "forged")], 404, -32001).await;
        check(&[ACCEPT, named, named], 400, -32600).await;
    });
}

#[test]
fn an_open_stream_says_so_at_once_and_then_every_fifteen_seconds() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&everything());
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        assert_eq!(stream.names(0).await, named(&[(0, "comment")]));
        let later = stream.names(46_000).await;
        assert_eq!(
            later,
            named(&[
                (15_000, "comment"),
                (30_000, "comment"),
                (45_000, "comment")
            ])
        );
    });
}

#[test]
fn each_list_that_changed_is_told_of_by_its_own_notice() {
    let check = |after: String, told: &[&str]| {
        on_a_core_with_paused_time(async {
            let gateway = Fixture::new(&everything());
            let id = session(&gateway).await;
            let mut stream = get(&gateway, &id).await;
            gateway.publish(&after);
            let names: Vec<String> = stream
                .names(5_000)
                .await
                .into_iter()
                .map(|(_, name)| name)
                .collect();
            let expected: Vec<&str> = ["comment"].iter().chain(told).copied().collect();
            assert_eq!(names, expected, "{after}");
        });
    };
    let tool_renamed = everything().replace("/api/search", "/api/other");
    check(everything(), &[]);
    check(tool_renamed, &[]);
    check(everything().replace("Hello", "Goodbye"), &[]);
    check(
        everything().replace("text: \"text\"", "text: \"other\""),
        &[],
    );
    check(
        everything().replace("A tool of the tests.", "Another."),
        &["tools"],
    );
    check(everything() + &tool("second", ""), &["tools"]);
    check(
        everything().replace("A greeting.", "A farewell."),
        &["prompts"],
    );
    check(everything() + &prompt("second", "x"), &["prompts"]);
    check(everything() + &inline("second", "x"), &["resources"]);
    check(
        everything().replace("description: Pages.", "description: Sheets."),
        &["resources"],
    );
    check(String::new(), &["tools", "prompts", "resources"]);
}

#[test]
fn a_notice_is_one_message_event_without_params() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        gateway.publish(&version(1));
        let events = stream.raw(100).await;
        assert_eq!(events[0], (0, ": keep-alive\n\n".to_owned()));
        let (at, event) = &events[1];
        assert_eq!(
            (*at, data(event)),
            (
                0,
                json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            )
        );
        let fields: Vec<&str> = event
            .lines()
            .filter_map(|line| line.split(':').next())
            .collect();
        assert_eq!(fields, ["id", "event", "data", ""]);
    });
}

#[test]
fn the_first_change_is_told_at_once_and_more_at_most_once_a_second() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        let mut told = stream.names(300).await;
        for number in 1..=20 {
            gateway.publish(&version(number));
            told.extend(stream.names(100).await);
        }
        told.extend(stream.names(10_000).await);
        let times: Vec<u64> = told
            .iter()
            .filter(|(_, name)| name == "tools")
            .map(|(at, _)| *at)
            .collect();
        assert_eq!(
            (told[0].clone(), times),
            ((0, "comment".to_owned()), vec![300, 1_300, 2_300])
        );
    });
}

#[test]
fn a_change_that_is_taken_back_in_time_is_not_told() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        gateway.publish(&version(1));
        assert_eq!(
            stream.names(500).await,
            named(&[(0, "comment"), (0, "tools")])
        );
        gateway.publish(&version(2));
        gateway.publish(&version(1));
        assert_eq!(stream.names(5_000).await, named(&[]));
        gateway.publish(&version(0));
        assert_eq!(stream.names(5_000).await, named(&[(5_500, "tools")]));
    });
}

#[test]
fn a_stream_is_told_at_once_what_its_session_has_not_seen() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let id = session(&gateway).await;
        gateway.publish(&version(1));
        assert_eq!(
            get(&gateway, &id).await.names(2_000).await,
            named(&[(0, "comment"), (0, "tools")])
        );
        assert_eq!(
            get(&gateway, &id).await.names(2_000).await,
            named(&[(0, "comment")])
        );
    });
}

#[test]
fn a_session_that_has_listed_since_is_not_told_again() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&everything());
        let id = session(&gateway).await;
        gateway.publish("");
        for method in ["tools/list", "resources/list"] {
            let list = json!({"jsonrpc": "2.0", "id": 1, "method": method}).to_string();
            gateway
                .send(post_with(list, &[("mcp-session-id", &id)]))
                .await;
        }
        let mut stream = get(&gateway, &id).await;
        assert_eq!(
            stream.names(2_000).await,
            named(&[(0, "comment"), (0, "prompts")])
        );
    });
}

#[test]
fn a_fresh_event_id_is_told_nothing_and_a_stale_one_once_per_list_that_moved() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        gateway.publish(&version(1));
        let last = event_id(&stream.raw(100).await[1].1);
        drop(stream);
        assert_eq!(
            resume(&gateway, &id, &last).await.names(3_000).await,
            named(&[(0, "comment")])
        );
        gateway.publish(&version(2));
        gateway.publish(&(version(3) + &prompt("hello", "x")));
        let both = named(&[(0, "comment"), (0, "tools"), (0, "prompts")]);
        assert_eq!(resume(&gateway, &id, &last).await.names(3_000).await, both);
        // Resumed from the same place once more, it is told the same: that client may not have got it.
        assert_eq!(resume(&gateway, &id, &last).await.names(3_000).await, both);
    });
}

#[test]
fn an_event_id_works_where_nobody_remembers_the_session() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        gateway.publish(&version(1));
        let last = event_id(&stream.raw(100).await[1].1);
        drop(stream);
        gateway.publish(&version(2));
        tokio::task::yield_now().await;
        let state = &gateway.core.gateway.state;
        state.sweep(std::time::Duration::ZERO, crate::context::unix_seconds());
        assert_eq!(state.sessions(), 0);
        let told = resume(&gateway, &id, &last).await.names(3_000).await;
        assert_eq!(told, named(&[(0, "comment"), (0, "tools")]));
    });
}

#[test]
fn an_event_id_that_is_not_ours_means_nothing() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let id = session(&gateway).await;
        for other in ["", "7", "a-b-c", "0-0-0-0-0", "x-y-z-w", "0--0-0", "\u{e9}"] {
            let told = resume(&gateway, &id, other).await.names(3_000).await;
            assert_eq!(told, named(&[(0, "comment")]), "{other}");
        }
    });
}

#[test]
fn of_two_notices_at_once_the_first_does_not_vouch_for_the_second() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&everything());
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        gateway.publish("");
        let events = stream.raw(100).await;
        let ids: Vec<String> = events[1..]
            .iter()
            .map(|(_, event)| event_id(event))
            .collect();
        drop(stream);
        let told = resume(&gateway, &id, &ids[0]).await.names(1_000).await;
        assert_eq!(
            told,
            named(&[(0, "comment"), (0, "prompts"), (0, "resources")])
        );
        let told = resume(&gateway, &id, &ids[2]).await.names(1_000).await;
        assert_eq!(told, named(&[(0, "comment")]));
    });
}

#[test]
fn event_ids_are_those_of_one_stream_alone() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let mut ids = Vec::new();
        for _ in 0..2 {
            gateway.publish(&version(0));
            let id = session(&gateway).await;
            let mut stream = get(&gateway, &id).await;
            gateway.publish(&version(1));
            ids.push(event_id(&stream.raw(100).await[1].1));
        }
        assert_ne!(ids[0], ids[1]);
    });
}

#[test]
fn the_newest_stream_of_a_session_takes_the_place_of_the_one_before() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let (id, other) = (session(&gateway).await, session(&gateway).await);
        let mut older = get(&gateway, &id).await;
        let mut stranger = get(&gateway, &other).await;
        assert_eq!(older.names(10).await, named(&[(0, "comment")]));
        let mut newer = get(&gateway, &id).await;
        assert_eq!(older.names(10).await, named(&[(10, "end")]));
        gateway.publish(&version(1));
        assert_eq!(
            newer.names(100).await,
            named(&[(0, "comment"), (0, "tools")])
        );
        assert_eq!(stranger.names(100).await.len(), 2);
    });
}

#[test]
fn delete_ends_the_streams_of_its_session_alone() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let (id, other) = (session(&gateway).await, session(&gateway).await);
        let (mut stream, mut stranger) = (get(&gateway, &id).await, get(&gateway, &other).await);
        gateway
            .send(bare("DELETE", &[("mcp-session-id", &id)]))
            .await;
        assert_eq!(
            stream.names(100).await,
            named(&[(0, "comment"), (0, "end")])
        );
        assert_eq!(stranger.names(100).await, named(&[(0, "comment")]));
    });
}

#[test]
fn going_down_ends_streams_without_ending_sessions() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new("");
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        assert_eq!(stream.names(10).await, named(&[(0, "comment")]));
        gateway.core.gateway.streams_end.cancel();
        assert_eq!(stream.names(3_000).await.last().unwrap().1, "end");
        assert_eq!(gateway.core.gateway.state.sessions(), 1);
    });
}

#[test]
fn there_are_no_more_streams_than_may_be_and_a_place_comes_free() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&server("maxStreams: 2"));
        let ids = [
            session(&gateway).await,
            session(&gateway).await,
            session(&gateway).await,
        ];
        let first = get(&gateway, &ids[0]).await;
        let second = get(&gateway, &ids[1]).await;
        let third = || bare("GET", &[ACCEPT, ("mcp-session-id", ids[2].as_str())]);
        let reply = gateway.send(third()).await;
        let (status, code, id, data) = refusal(&reply);
        assert_eq!(
            (status, code, id, data),
            (503, -31029, Value::Null, json!({"retryAfterSeconds": 1}))
        );
        assert_eq!(reply.headers["retry-after"], "1");
        drop(first);
        let mut second = second;
        second.names(1).await;
        let mut third = Events::open(&gateway, third()).await;
        assert_eq!(third.names(1).await, named(&[(0, "comment")]));
    });
}

#[test]
fn a_reader_that_does_not_keep_up_loses_its_stream_and_resumes() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&version(0));
        let id = session(&gateway).await;
        let mut stream = get(&gateway, &id).await;
        let mut last = String::new();
        for number in 1..200 {
            gateway.publish(&version(number % 2));
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
        assert_eq!(
            gateway
                .core
                .gateway
                .streams
                .load(std::sync::atomic::Ordering::Relaxed),
            0
        );
        let events = stream.raw(0).await;
        assert_eq!(
            (events.len(), events.last().unwrap().1.as_str()),
            (crate::proxy::stream::BUFFER + 1, "end")
        );
        for (_, event) in events.iter().filter(|(_, event)| event.starts_with("id: ")) {
            last = event_id(event);
        }
        let told = resume(&gateway, &id, &last).await.names(3_000).await;
        assert_eq!(told, named(&[(0, "comment"), (0, "tools")]));
    });
}
