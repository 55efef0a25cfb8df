//! Bytes to messages: what each is taken for, and that no bytes are too much.

use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};

use super::{Body, Message, MessageError, parse, string};

/// What a body is taken for.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Request {
        id: &'static str,
        method: &'static str,
    },
    Notification(&'static str),
    Response,
    Batch(usize),
    NotJson,
    NotJsonRpc,
    Params(Option<&'static str>),
}

fn check(body: &'static str, expected: &Taken) {
    let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let taken = match parse(body.as_bytes()) {
        Ok(Body::One(Message::Request(request))) => Taken::Request {
            id: leak(request.id.get()),
            method: leak(&request.method),
        },
        Ok(Body::One(Message::Notification(notification))) => {
            Taken::Notification(leak(&notification.method))
        }
        Ok(Body::One(Message::Response(_))) => Taken::Response,
        Ok(Body::Batch(elements)) => Taken::Batch(elements.len()),
        Err(MessageError::NotJson(_)) => Taken::NotJson,
        Err(MessageError::NotJsonRpc(_)) => Taken::NotJsonRpc,
        Err(error @ MessageError::Params { .. }) => {
            Taken::Params(error.id().map(|id| leak(id.get())))
        }
    };
    assert_eq!(&taken, expected, "{body}");
}

#[test]
fn a_body_is_taken_for_what_its_members_say() {
    check(
        r#" {"jsonrpc":"2.0","id":1,"method":"a"} "#,
        &Taken::Request {
            id: "1",
            method: "a",
        },
    );
    check(
        r#"{"method":"\u0061","params":null,"id":"x","jsonrpc":"2.0"}"#,
        &Taken::Request {
            id: "\"x\"",
            method: "a",
        },
    );
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"a","result":1,"x":{}}"#,
        &Taken::Request {
            id: "1",
            method: "a",
        },
    );
    check(
        r#"{"jsonrpc":"2.0","method":"a"}"#,
        &Taken::Notification("a"),
    );
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
        &Taken::Response,
    );
    check(
        r#"{"jsonrpc":"2.0","id":null,"error":{}}"#,
        &Taken::Response,
    );
    check("[]", &Taken::Batch(0));
    check("\n[1, {}, []]", &Taken::Batch(3));
    check("[1,]", &Taken::NotJson);
    check(r#"["2.0",1,"a",{},null,null]"#, &Taken::Batch(6));
    check(
        r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#,
        &Taken::NotJsonRpc,
    );
    check(
        r#"{"jsonrpc":"2.0","id":7,"method":"a","params":[]}"#,
        &Taken::Params(Some("7")),
    );
    check(
        r#"{"jsonrpc":"2.0","id":[],"method":"a","params":[]}"#,
        &Taken::Params(None),
    );
    check(
        r#"{"jsonrpc":"2.0","method":"a","params":7}"#,
        &Taken::Params(None),
    );
}

#[test]
fn parameters_are_borrowed_as_they_stand() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"name":"n","arguments":{"b" : 1.0},
        "_meta":{"io.modelcontextprotocol/protocolVersion":null,"traceparent":"t","progressToken":1}}}"#;
    let Ok(Body::One(Message::Request(request))) = parse(body.as_bytes()) else {
        panic!("{body}")
    };
    let params = &request.params;
    let meta = params.meta.as_ref().unwrap();
    let texts = [
        params.name,
        params.arguments,
        params.uri,
        meta.protocol_version,
        meta.client_capabilities,
        meta.traceparent,
    ];
    assert_eq!(
        texts.map(|raw| raw.map(serde_json::value::RawValue::get)),
        [
            Some("\"n\""),
            Some(r#"{"b" : 1.0}"#),
            None,
            Some("null"),
            None,
            Some("\"t\"")
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _taken = parse(&bytes);
    }

    #[test]
    fn nothing_that_looks_like_json_makes_the_decoder_panic(
        text in "[\\[\\]{}\",:0-9.eE+\\-\\\\u nulltruefalse\"jsonrpc\"\"2.0\"idmethodparams_meta]{0,80}",
    ) {
        let _taken = parse(text.as_bytes());
    }

    #[test]
    fn a_string_is_read_as_serde_json_reads_it(text in any::<String>(), escaped in any::<bool>()) {
        let mut json = serde_json::to_string(&text).unwrap();
        if escaped {
            json = format!("\"{}\"", text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>());
        }
        let raw = serde_json::value::RawValue::from_string(json).unwrap();
        prop_assert!(string(&raw).as_deref() == Some(&text));
    }
}
