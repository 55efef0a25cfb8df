//! Connections to backends: when one is used again, and when a request may be sent twice.

use std::{cell::Cell, rc::Rc, time::Duration};

use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::fixtures::{Fixture, answer, next_request, on_a_core, serve_connections, tool};

/// What a backend counted.
#[derive(Clone, Default)]
struct Counted {
    connections: Rc<Cell<usize>>,
    requests: Rc<Cell<usize>>,
}

/// Answers `answers` requests on a connection, then reads one more and closes without a word.
async fn serve(mut stream: TcpStream, counted: Counted, answers: usize, headers: &'static str) {
    counted.connections.set(counted.connections.get() + 1);
    for number in 0.. {
        if next_request(&mut stream).await.is_none() {
            return;
        }
        counted.requests.set(counted.requests.get() + 1);
        if number == answers {
            return;
        }
        let bytes = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 2\r\n\r\nok");
        stream.write_all(bytes.as_bytes()).await.unwrap();
    }
}

async fn call(gateway: &Fixture) -> bool {
    let reply = gateway
        .modern("tools/call", json!({"name": "t", "arguments": {}}))
        .await;
    reply.content_text() == "ok"
}

/// Lets the clock pass over a pause in which nothing is on its way.
async fn later(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[test]
fn an_idle_connection_is_used_again_until_it_has_been_idle_for_too_long() {
    let check = |headers: &'static str, idle: u64, connections: usize| {
        on_a_core(async {
            let counted = Counted::default();
            let counting = counted.clone();
            let address =
                serve_connections(move |_, stream| serve(stream, counting.clone(), 9, headers))
                    .await;
            let gateway = Fixture::with_address(&tool("t", "  inputSchema: {}"), address);
            assert!(call(&gateway).await);
            later(Duration::from_millis(idle)).await;
            assert!(call(&gateway).await);
            assert_eq!(
                counted.connections.get(),
                connections,
                "{headers:?} after {idle} ms"
            );
        });
    };
    check("", 0, 1);
    check("", 3_000, 1);
    check("", 4_000, 2);
    check("Keep-Alive: timeout=20\r\n", 18_000, 1);
    check("Keep-Alive: timeout=20\r\n", 19_000, 2);
    check("Keep-Alive: timeout=2\r\n", 1_000, 2);
    check("Keep-Alive: timeout=18446744073709551615\r\n", 10_000, 1);
    check("Connection: close\r\n", 0, 2);
    check("Keep-Alive: timeout=1000\r\n", 76_000, 2);
}

#[test]
fn a_request_is_sent_twice_only_where_that_can_have_no_effect() {
    let check = |spec: &str, succeeds: bool, requests: usize| {
        on_a_core(async {
            let counted = Counted::default();
            let counting = counted.clone();
            // Each connection answers once, so the second call is read on a reused one and gets no answer there.
            let address =
                serve_connections(move |_, stream| serve(stream, counting.clone(), 1, "")).await;
            let gateway =
                Fixture::with_address(&tool("t", &format!("  inputSchema: {{}}\n{spec}")), address);
            assert!(call(&gateway).await, "{spec}");
            assert_eq!(call(&gateway).await, succeeds, "{spec}");
            assert_eq!(counted.requests.get(), requests, "{spec}");
        });
    };
    check("", false, 2);
    check("  method: DELETE", false, 2);
    check("  method: PUT", false, 2);
    check("  annotations: {readOnlyHint: false}", false, 2);
    check("  annotations: {readOnlyHint: true}", true, 3);
    check("  annotations: {idempotentHint: true}", true, 3);
    check("  method: GET", true, 3);
    check(
        "  method: GET\n  annotations: {readOnlyHint: false}",
        true,
        3,
    );
}

#[test]
fn a_new_connection_that_breaks_is_not_tried_again() {
    on_a_core(async {
        let counted = Counted::default();
        let counting = counted.clone();
        let address =
            serve_connections(move |_, stream| serve(stream, counting.clone(), 0, "")).await;
        let gateway =
            Fixture::with_address(&tool("t", "  method: GET\n  inputSchema: {}"), address);
        assert!(!call(&gateway).await);
        assert_eq!((counted.connections.get(), counted.requests.get()), (1, 1));
    });
}

#[test]
fn a_connection_that_its_server_closed_meanwhile_costs_no_call() {
    on_a_core(async {
        let counted = Counted::default();
        let counting = counted.clone();
        let address = serve_connections(move |_, mut stream| {
            let counted = counting.clone();
            async move {
                next_request(&mut stream).await.unwrap();
                counted.requests.set(counted.requests.get() + 1);
                stream
                    .write_all(&answer(200, "text/plain", "ok"))
                    .await
                    .unwrap();
            }
        })
        .await;
        let gateway = Fixture::with_address(&tool("t", "  inputSchema: {}"), address);
        for _ in 0..20 {
            assert!(call(&gateway).await);
        }
        assert_eq!(counted.requests.get(), 20);
    });
}

#[test]
fn swept_connections_are_closed() {
    on_a_core(async {
        let ended = Rc::new(tokio::sync::Notify::new());
        let ending = Rc::clone(&ended);
        let address = serve_connections(move |_, stream| {
            let ending = Rc::clone(&ending);
            async move {
                serve(stream, Counted::default(), 9, "").await;
                ending.notify_one();
            }
        })
        .await;
        let gateway = Fixture::with_address(&tool("t", "  inputSchema: {}"), address);
        assert!(call(&gateway).await);
        later(Duration::from_secs(4)).await;
        gateway.core.backend.sweep();
        ended.notified().await;
    });
}
