//! Backends that cannot be reached or break off: each becomes words for the model, never a protocol error.

use std::time::Duration;

use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::fixtures::{Fixture, next_request, on_a_core, serve_connections, tool};

/// What a connection does after it has read the request.
#[derive(Clone, Copy, Debug)]
enum Then {
    Close,
    Reset,
    Say(&'static str),
    SayAndReset(&'static str),
    SayAndWait(&'static str),
}

async fn act(mut stream: TcpStream, then: Then) {
    if next_request(&mut stream).await.is_none() {
        return;
    }
    let (text, reset, wait) = match then {
        Then::Close => ("", false, false),
        Then::Reset => ("", true, false),
        Then::Say(text) => (text, false, false),
        Then::SayAndReset(text) => (text, true, false),
        Then::SayAndWait(text) => (text, false, true),
    };
    stream.write_all(text.as_bytes()).await.unwrap();
    if reset {
        stream.set_zero_linger().unwrap();
    }
    if wait {
        std::future::pending::<()>().await;
    }
}

/// The words of a failed call, the same in both eras.
async fn words(gateway: &Fixture) -> String {
    let params = json!({"name": "t", "arguments": {"a": 1}});
    let modern = gateway.modern("tools/call", params.clone()).await;
    let legacy = gateway.legacy("2025-11-25", "tools/call", params).await;
    for reply in [&modern, &legacy] {
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.result()["isError"], json!(true), "{reply:?}");
    }
    assert_eq!(modern.content_text(), legacy.content_text());
    let in_flight = &gateway.core.gateway.in_flight;
    assert_eq!(
        in_flight.load(std::sync::atomic::Ordering::Relaxed),
        0,
        "a place is still taken"
    );
    modern.content_text()
}

const REACH: &str = "The service is not reachable; try again later.";
const BROKEN: &str = "It may or may not have taken effect; check before trying again.";
const SLOW: &str = "It may still take effect; check before trying again, or ask for less.";

#[test]
fn a_call_that_gets_no_answer_says_why_and_what_to_do() {
    let check = |then: Then, expected: &[&str]| {
        on_a_core(async {
            let address = serve_connections(move |_, stream| act(stream, then)).await;
            let yaml = tool("t", "  inputSchema: {}\n  timeout: 100ms");
            let text = words(&Fixture::with_address(&yaml, address)).await;
            for word in expected {
                assert!(text.contains(word), "{then:?}: {word:?} is not in {text:?}");
            }
        });
    };
    let broke = "the connection broke before the answer was complete";
    check(Then::Close, &[broke, BROKEN]);
    check(Then::Reset, &[broke, BROKEN]);
    check(Then::Say("HTTP/1.1 200 OK\r\nContent-Le"), &[broke, BROKEN]);
    check(
        Then::Say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        &[broke, BROKEN],
    );
    check(
        Then::SayAndReset("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        &[broke, BROKEN],
    );
    check(
        Then::Say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
        &[broke, BROKEN],
    );
    check(
        Then::Say("SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        &["what the service answered is not HTTP", BROKEN],
    );
    check(
        Then::Say("HTTP/1.1 200 OK\r\nbad header\r\n\r\n"),
        &["what the service answered is not HTTP"],
    );
    let slow = "no complete answer within 100ms";
    check(Then::SayAndWait(""), &[slow, SLOW]);
    check(
        Then::SayAndWait("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        &[slow, SLOW],
    );
}

#[test]
fn a_service_that_refuses_connections_is_named() {
    on_a_core(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let text = words(&Fixture::with_address(
            &tool("t", "  inputSchema: {}"),
            address,
        ))
        .await;
        let expected = format!("cannot connect to {address}: Connection refused");
        assert!(text.contains(&expected) && text.contains(REACH), "{text}");
    });
}

#[test]
fn a_name_that_does_not_resolve_is_named() {
    on_a_core(async {
        let yaml = tool("t", "  inputSchema: {}").replace("backend-svc", "no-such-service");
        let text = words(&Fixture::new(&yaml)).await;
        assert!(
            text.contains("the name no-such-service does not resolve") && text.contains(REACH),
            "{text}"
        );
    });
}

#[test]
fn calls_still_running_when_the_pod_must_go_are_told_so() {
    on_a_core(async {
        let address = serve_connections(|_, stream| act(stream, Then::SayAndWait(""))).await;
        let gateway = Fixture::with_address(&tool("t", "  inputSchema: {}"), address);
        gateway.core.calls_end.cancel();
        let text = words(&gateway).await;
        assert!(
            text.contains("the gateway is shutting down") && text.contains(BROKEN),
            "{text}"
        );
    });
}

#[test]
fn a_tools_timeout_never_exceeds_the_servers() {
    let server = "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata: {name: main}\nspec: {toolSelector: {}, config: {requestTimeout: 2s}}\n";
    let check = |own: &str, expected: Duration| {
        on_a_core(async {
            let gateway = Fixture::new(&format!(
                "{server}{}",
                tool("t", &format!("  inputSchema: {{}}\n{own}"))
            ));
            let registry = gateway.core.gateway.registry.load();
            assert_eq!(registry.tools["t"].request.timeout, expected, "{own}");
        });
    };
    check("", Duration::from_secs(2));
    check("  timeout: 1s", Duration::from_secs(1));
    check("  timeout: 1m", Duration::from_secs(2));
}
