//! Backends that answer with a stream of events: what of it a client gets to hear, and what ends it.

use serde_json::{Value, json};

use super::talking::{Ears, Peer, Talker, asking_tool, begin, heard, idle, in_flight, soon};
use crate::fixtures::{Backend, Fixture, answer, modern, on_a_core, post, tool};

const RESULT: &str = r#"data: {"content":[{"type":"text","text":"done"}]}"#;

fn progress(token: &str, progress: &str) -> String {
    format!(
        r#"data: {{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":{progress}}}}}"#
    )
}

fn log(level: &str, data: &str) -> String {
    format!(
        r#"data: {{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"{level}","data":{data}}}}}"#
    )
}

/// What a modern client that gave this `_meta` hears of these events.
fn check(tool: &str, meta: &Value, events: &[&str], expected: &[&str]) {
    let body = events.join("\n\n") + "\n\n";
    let name = format!("{meta} {body}");
    on_a_core(async {
        let backend =
            Backend::start(move |_| answer(200, "text/event-stream; charset=utf-8", &body)).await;
        let gateway = Fixture::with_backend(tool, &backend);
        let call = Peer::modern(json!({})).call(1, &json!({"_meta": meta}));
        assert_eq!(heard(&gateway.send(call).await), expected, "{name}");
        assert_eq!(in_flight(&gateway), (0, 0));
    });
}

#[test]
fn progress_is_passed_on_where_it_was_asked_for_and_grows() {
    let tool = asking_tool("");
    let own = json!({"progressToken": 7});
    let check =
        |meta: &Value, events: &[&str], expected: &[&str]| check(&tool, meta, events, expected);
    let one = progress("7", "1");
    let two = progress("7", "2.5");
    check(
        &own,
        &[&one, &two, RESULT],
        &["progress 1", "progress 2.5", "ok done"],
    );
    check(
        &own,
        &[&two, &one, &two, RESULT],
        &["progress 2.5", "ok done"],
    );
    let negative = progress("7", "-3");
    check(
        &own,
        &[&negative, &one, RESULT],
        &["progress -3", "progress 1", "ok done"],
    );
    check(&own, &[&progress("8", "1"), RESULT], &["ok done"]);
    check(&own, &[&progress("\"7\"", "1"), RESULT], &["ok done"]);
    check(&own, &[&progress("7", "\"1\""), RESULT], &["ok done"]);
    check(&own, &[&progress("7", "null"), RESULT], &["ok done"]);
    check(&json!({}), &[&one, RESULT], &["ok done"]);
    let escaped = progress("\"\\u00e9\"", "1");
    check(
        &json!({"progressToken": "é"}),
        &[&escaped, RESULT],
        &["progress 1", "ok done"],
    );
}

#[test]
fn log_messages_are_passed_on_from_the_asked_level_up() {
    let tool = asking_tool("");
    let check =
        |meta: &Value, events: &[&str], expected: &[&str]| check(&tool, meta, events, expected);
    let level = |level: &str| json!({"io.modelcontextprotocol/logLevel": level});
    let events = [
        log("debug", "1"),
        log("warning", "2"),
        log("emergency", "3"),
        log("loud", "4"),
        r#"data: {"method":"notifications/message","params":{"level":"emergency"}}"#.to_owned(),
        RESULT.to_owned(),
    ];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    check(
        &level("debug"),
        &events,
        &["log 1", "log 2", "log 3", "ok done"],
    );
    check(&level("warning"), &events, &["log 2", "log 3", "ok done"]);
    check(&level("emergency"), &events, &["log 3", "ok done"]);
    check(&json!({}), &events, &["ok done"]);
    check(
        &level("loud"),
        &events,
        &["-32602 logLevel \"loud\" is not one of debug … emergency"],
    );
}

#[test]
fn the_first_result_ends_the_stream_and_framing_does_not_matter() {
    let tool = asking_tool("");
    let own = json!({"progressToken": 7});
    let check = |events: &[&str], expected: &[&str]| check(&tool, &own, events, expected);
    let one = progress("7", "1");
    let other = r#"data: {"content":[{"type":"text","text":"second"}]}"#;
    check(&[RESULT, other], &["ok done"]);
    check(&[RESULT, &one], &["ok done"]);
    check(
        &[": hello", "event: x\nid: 3\nretry: 5", &one, RESULT],
        &["progress 1", "ok done"],
    );
    check(
        &["data: {\"content\":\ndata: [{\"type\":\"text\",\r\ndata:\"text\":\"lines\"}]}"],
        &["ok lines"],
    );
    check(
        &[
            "data: {\"method\":\"notifications/tools/list_changed\"}",
            RESULT,
        ],
        &["ok done"],
    );
    check(&["data: hello", RESULT], &["ok done"]);
    let not_json =
        "isError The backend's MCP result cannot be used: expected value at line 1 column 1.";
    check(&["data: hello"], &[not_json]);
    let ended =
        "isError The backend's stream ended without a result. It may or may not have taken effect.";
    check(&[&one], &["progress 1", ended]);
    check(&["data: {\"method\":\"notifications/progress\"}"], &[ended]);
}

#[test]
fn any_other_stream_of_events_is_text() {
    let plain = tool("t", "  inputSchema: {}");
    let own = json!({"progressToken": 7});
    let check =
        |meta: &Value, event: &str| check(&plain, meta, &[event], &[&format!("ok {event}\n\n")]);
    for event in [
        "data: hello",
        r#"data: {"content":"a word of a model"}"#,
        r#"data: {"messages":3}"#,
        "data: [1]",
    ] {
        check(&own, event);
        check(&json!({}), event);
    }
    check(&json!({}), RESULT);
}

#[test]
fn a_stream_is_asked_for_only_where_the_client_listens_or_the_format_is_mcp() {
    let check = |tool: &str, meta: &Value, expected: bool| {
        on_a_core(async {
            let backend = Backend::answering(
                "application/json",
                r#"{"content":[{"type":"text","text":"x"}]}"#,
            )
            .await;
            let gateway = Fixture::with_backend(tool, &backend);
            let call = Peer::modern(json!({})).call(1, &json!({"_meta": meta}));
            let reply = gateway.send(call).await;
            // Nothing streamed, so nothing streams.
            assert_eq!(reply.headers["content-type"], "application/json");
            let accept = backend.only().header("accept").unwrap_or("").to_owned();
            assert_eq!(
                accept.starts_with("text/event-stream"),
                expected,
                "{meta} {accept}"
            );
        });
    };
    let plain = tool("t", "  inputSchema: {}");
    check(&plain, &json!({}), false);
    check(&plain, &json!({"progressToken": {"not": "a token"}}), false);
    check(&plain, &json!({"progressToken": 0}), true);
    check(
        &plain,
        &json!({"io.modelcontextprotocol/logLevel": "error"}),
        true,
    );
    check(&asking_tool(""), &json!({}), true);
}

#[test]
fn a_notice_is_written_anew_so_that_nothing_else_travels_with_it() {
    on_a_core(async {
        let event = "data: {\"id\": 3, \"method\": \"notifications/progress\",\ndata:  \"result\": {}, \"params\": {\"progressToken\": \"a b\", \"progress\": 1, \"message\": \"x  y\"}}\n\n";
        let body: String = [event, RESULT, "\n\n"].concat();
        let backend = Backend::start(move |_| answer(200, "text/event-stream", &body)).await;
        let gateway = Fixture::with_backend(&asking_tool(""), &backend);
        let call = Peer::modern(json!({})).call(1, &json!({"_meta": {"progressToken": "a b"}}));
        let mut ears = Ears::of(begin(&gateway, call)).await;
        assert_eq!(
            ears.piece().await.unwrap(),
            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"a b\",\"progress\":1,\"message\":\"x  y\"}}\n\n"
        );
        assert_eq!(ears.rest().await, ["ok done"]);
    });
}

#[test]
fn a_stream_that_never_ends_is_cut_at_the_timeout() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(&asking_tool("  timeout: 300ms"), backend.address);
        let call = begin(
            &gateway,
            Peer::modern(json!({})).call(1, &json!({"_meta": {"progressToken": 7}})),
        );
        let mut turn = backend.turn().await;
        turn.stream().await;
        turn.say(progress("7", "1").trim_start_matches("data: "))
            .await;
        let heard = Ears::of(call).await.rest().await;
        assert_eq!(
            heard,
            [
                "progress 1",
                "isError The backend call failed: no complete answer within 300ms. It may still take effect; check before trying again, or ask for less."
            ]
        );
        turn.dropped().await;
        assert_eq!(in_flight(&gateway), (0, 0));
    });
}

#[test]
fn an_event_longer_than_the_answer_may_be_ends_the_call() {
    let tool = asking_tool("").replace("format: mcp", "format: mcp, maxBytes: 2000");
    let long = format!(
        "data: {{\"content\":[{{\"type\":\"text\",\"text\":\"{}\"}}]}}",
        "x".repeat(3000)
    );
    check(
        &tool,
        &json!({}),
        &[&long],
        &["isError The backend call failed: the answer is larger than 2000 bytes. Ask for less."],
    );
    check(
        &tool,
        &json!({"progressToken": 7}),
        &[&progress("7", "1"), &long],
        &[
            "progress 1",
            "isError The backend call failed: an event is longer than 2000 bytes.",
        ],
    );
}

#[test]
fn progress_without_end_reaches_a_reader_that_never_reads_in_bounded_memory_and_the_result_too() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let tool = asking_tool("").replace("format: mcp", "format: mcp, maxBytes: 65536");
        let gateway = Fixture::with_address(&tool, backend.address);
        let call = begin(
            &gateway,
            Peer::modern(json!({})).call(1, &json!({"_meta": {"progressToken": 7}})),
        );
        let mut turn = backend.turn().await;
        turn.stream().await;
        let filling = "x".repeat(50_000);
        for number in 0..200 {
            turn.say(&format!(r#"{{"method":"notifications/progress","params":{{"progressToken":7,"progress":{number},"message":"{filling}"}}}}"#)).await;
        }
        turn.say(RESULT.trim_start_matches("data: ")).await;
        let ears = Ears::of(call).await;
        // The backend's part is over before anything is read.
        idle(&gateway).await;
        turn.dropped().await;
        let mut ears = ears;
        let heard = ears.rest().await;
        assert_eq!(heard.len(), crate::proxy::stream::BUFFER + 1);
        assert_eq!(heard.last().unwrap(), "ok done");
    });
}

#[test]
fn a_reader_that_never_reads_does_not_keep_its_call_for_ever() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let yaml = super::talking::server("{clientTimeout: 200ms}") + &asking_tool("");
        let gateway = Fixture::with_address(&yaml, backend.address);
        let peer = Peer::legacy(&gateway, "2025-11-25", json!({})).await;
        let session = gateway
            .core
            .gateway
            .state
            .session(
                peer.session.as_ref().unwrap(),
                crate::context::unix_seconds(),
            )
            .unwrap();
        let call = begin(
            &gateway,
            peer.call(1, &json!({"_meta": {"progressToken": 7}})),
        );
        let mut turn = backend.turn().await;
        turn.stream().await;
        for number in 0..100 {
            turn.say(&format!(r#"{{"method":"notifications/progress","params":{{"progressToken":7,"progress":{number}}}}}"#)).await;
        }
        turn.say(RESULT.trim_start_matches("data: ")).await;
        let _never_read = Ears::of(call).await;
        soon(async {
            while !session.record().calls.is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    });
}

#[test]
fn a_stream_that_says_nothing_is_kept_alive() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(&asking_tool(""), backend.address);
        let call = begin(&gateway, Peer::modern(json!({})).call(1, &json!({})));
        let mut turn = backend.turn().await;
        turn.stream().await;
        let mut ears = Ears::of(call).await;
        tokio::time::pause();
        let before = tokio::time::Instant::now();
        assert_eq!(ears.piece().await.unwrap(), ": keep-alive\n\n");
        assert_eq!(before.elapsed().as_secs(), 15);
        drop(turn);
    });
}

#[test]
fn a_client_that_takes_no_stream_gets_none() {
    on_a_core(async {
        let result = r#"{"content":[{"type":"text","text":"ok"}]}"#;
        let backend = Backend::answering("application/vnd.mcp.result+json", result).await;
        let yaml = tool("t", "  inputSchema: {}\n  response: {format: mcp}");
        let gateway = Fixture::with_backend(&yaml, &backend);
        let mut request = modern("tools/call", json!({"name": "t", "arguments": {}}));
        let json_only = http::HeaderValue::from_static("application/json");
        request
            .headers_mut()
            .insert(http::header::ACCEPT, json_only);
        let reply = gateway.send(request).await;
        assert_eq!(reply.headers["content-type"], "application/json");
        assert_eq!(reply.content_text(), "ok");
        assert_eq!(backend.only().header("accept"), Some("*/*"));
    });
}

#[test]
fn an_unknown_method_is_told_before_a_level_that_is_none() {
    on_a_core(async {
        let gateway = Fixture::new("");
        let version = "2026-07-28";
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/logLevel": "loud",
        });
        let message =
            json!({"jsonrpc": "2.0", "id": 1, "method": "no/such", "params": {"_meta": meta}});
        let headers = [("mcp-protocol-version", version), ("mcp-method", "no/such")];
        let reply = gateway.send(post(message.to_string(), &headers)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (404, -32601));
    });
}
