//! Bodies that are no message, or one that nobody may send: what is told, and that it names the request where it can.

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use serde_json::{Value, json};

use super::wire::{everything, post_with, refusal};
use crate::fixtures::{Fixture, on_a_core, post};

const LEGACY: [(&str, &str); 1] = [("mcp-protocol-version", "2025-11-25")];
const MODERN: [(&str, &str); 2] = [
    ("mcp-protocol-version", "2026-07-28"),
    ("mcp-method", "tools/list"),
];

/// Sends `body` with the headers of either era; both must get `expected`: status, code and id.
fn check(body: &[u8], expected: (u16, i64, Value)) {
    check_of(&LEGACY, body, expected.clone());
    check_of(&MODERN, body, expected);
}

fn check_of(headers: &[(&str, &str)], body: &[u8], (status, code, id): (u16, i64, Value)) {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let reply = gateway.send(post_with(body.to_vec(), headers)).await;
        let shown = String::from_utf8_lossy(body);
        assert_eq!(
            refusal(&reply),
            (status, code, id, Value::Null),
            "{headers:?} {shown}"
        );
    });
}

#[test]
fn what_is_not_json_is_a_parse_error_without_an_id() {
    let bodies: [&[u8]; 17] = [
        b"",
        b" \r\n",
        b"{",
        b"}",
        b"null!",
        b"not json",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}}",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}{}",
        b"{'jsonrpc':'2.0'}",
        b"{\"jsonrpc\":\"2.0\",\"id\":01,\"method\":\"ping\"}",
        b"{\"jsonrpc\":\"2.0\",\"id\":NaN,\"method\":\"ping\"}",
        b"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"arguments\":{\"a\":\"\xc3\x28\"}}}",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"nobody reads this\":\"\xff\"}",
        b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
        b"\xff\xfe{\x00}\x00",
    ];
    for body in bodies {
        check(body, (400, -32700, Value::Null));
    }
    check(
        b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
        (400, -32700, Value::Null),
    );
    check(
        &[b"{\"a\":".repeat(100_000), b"1".to_vec()].concat(),
        (400, -32700, Value::Null),
    );
}

#[test]
fn json_that_is_no_message_is_an_invalid_request_without_an_id() {
    let messages = [
        "null",
        "1",
        "\"ping\"",
        "true",
        "{}",
        r#"{"id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#,
        r#"{"jsonrpc":null,"id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":null}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":["ping"]}"#,
    ];
    for message in messages {
        check(message.as_bytes(), (400, -32600, Value::Null));
    }
}

#[test]
fn an_id_is_a_string_or_a_number_and_nothing_else() {
    for id in ["null", "true", "false", "[]", "[1]", "{}", r#"{"id":1}"#] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list"}}"#);
        check(message.as_bytes(), (400, -32600, Value::Null));
    }
}

#[test]
fn an_id_comes_back_as_it_was_written() {
    let ids = [
        "0",
        "-1",
        "1.50",
        "1e3",
        "9007199254740993",
        "123456789012345678901234567890",
        r#""""#,
        r#""a\u00e9\"\\""#,
        r#""null""#,
    ];
    for id in ids {
        on_a_core(async {
            let gateway = Fixture::new("");
            let ping = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
            let reply = gateway.send(post(ping, &[])).await;
            assert_eq!(
                reply.text,
                format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)
            );
            let unknown = format!(r#"{{"jsonrpc":"2.0","method":"no/such","id":{id}}}"#);
            let reply = gateway.send(post(unknown, &[])).await;
            let begin = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":"#);
            assert!(reply.text.starts_with(&begin), "{}", reply.text);
        });
    }
}

#[test]
fn a_key_of_the_envelope_that_is_there_twice_is_an_invalid_request() {
    let messages = [
        r#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"\u0069d":2,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{},"params":{}}"#,
    ];
    for message in messages {
        check(message.as_bytes(), (400, -32600, Value::Null));
    }
}

#[test]
fn params_that_cannot_be_read_are_invalid_params_in_band_and_lack_the_metadata_in_the_modern_era() {
    let params = [
        "[]",
        "[1, 2]",
        "[null, null, null, null, null, null, null, null, null, null, null, null, null]",
        "[[null, null, null, null], \"search\", null, {}, null, null, null, null, null, null, null, null]",
        "\"text\"",
        "7",
        "true",
        r#"{"_meta": 5}"#,
        r#"{"_meta": []}"#,
        r#"{"_meta": ["2026-07-28", {}, null, null]}"#,
        r#"{"name": "a", "name": "b"}"#,
        r#"{"arguments": {}, "arguments": {"a": 1}}"#,
        r#"{"_meta": {}, "_meta": {}}"#,
    ];
    for params in params {
        let message =
            format!(r#"{{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{params}}}"#);
        check_of(&LEGACY, message.as_bytes(), (200, -32602, json!("a")));
        check_of(&[], message.as_bytes(), (200, -32602, json!("a")));
        check_of(&MODERN, message.as_bytes(), (400, -32602, json!("a")));
    }
}

/// `search` called with arguments that stand in the message just so.
fn call(arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"search","arguments":{arguments},"_meta":{{
        "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    )
}

#[test]
fn arguments_that_two_readers_could_take_differently_or_choke_on_are_invalid_params() {
    let many = format!("{{\"a\":[{}0]}}", "0,".repeat(100_000));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let cases = [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":{"b":[{"c":1,"c":1}]}}"#,
        "[]",
        "\"text\"",
        "1",
        "false",
        r#"{"a":1e999}"#,
        r#"{"a":"\ud800"}"#,
        &many,
        &deep,
    ];
    for arguments in cases {
        on_a_core(async {
            let gateway = Fixture::new(&everything());
            let headers = [
                ("mcp-protocol-version", "2026-07-28"),
                ("mcp-method", "tools/call"),
                ("mcp-name", "search"),
            ];
            let reply = gateway.send(post_with(call(arguments), &headers)).await;
            let shown: String = arguments.chars().take(60).collect();
            assert_eq!(
                refusal(&reply),
                (200, -32602, json!(1), Value::Null),
                "{shown}"
            );
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_goes_unanswered_and_no_refusal_names_a_null_id(
        body in prop::collection::vec(any::<u8>(), 0..64),
        like_json in "[\\[\\]{}\",:0-9nulltrefasjopcmhd. \\\\]{0,48}",
        cut in 0_usize..160,
        byte in any::<u8>(),
    ) {
        let mut broken = call(r#"{"a":[1,{"b":"c"}]}"#).into_bytes();
        let at = cut % broken.len();
        broken[at] = byte;
        on_a_core(async {
            let gateway = Fixture::new("");
            for body in [body, like_json.into_bytes(), broken] {
                let reply = gateway.send(post(body, &[])).await;
                assert!([200, 202, 400].contains(&reply.status.as_u16()), "{reply:?}");
                assert!(!reply.text.contains("\"id\":null"), "{reply:?}");
            }
        });
    }
}
