//! HTTP/1.1 connections, good and bad: what comes over them, how much of it, and how they end.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    http::{Connection, call, get, post},
    running::{Dev, OBJECTS, eventually},
};

const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;
const PONG: &str = r#"{"jsonrpc":"2.0","id":7,"result":{}}"#;

fn ping(more: &str) -> String {
    post(PING, more)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_carries_many_requests_also_before_their_answers() {
    let gateway = Dev::start(&[]).await;
    let mut connection = Connection::open(gateway.address).await;
    for _ in 0..3 {
        assert_eq!(connection.ask(&ping("")).await.body, PONG);
    }
    let numbered = |id: usize| post(&PING.replace('7', &id.to_string()), "");
    connection
        .send((0..20).map(numbered).collect::<String>())
        .await;
    for id in 0..20 {
        assert_eq!(
            connection.answer().await.body,
            PONG.replace('7', &id.to_string())
        );
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_is_refused_with_its_reason() {
    let gateway = Dev::start(&[]).await;
    let field = |length: usize| format!("X-Long: {}\r\n", "a".repeat(length));
    let many = |count: usize| {
        (0..count)
            .map(|index| format!("X-{index}: a\r\n"))
            .collect::<String>()
    };
    let body = |length: usize| format!("{}{PING}", " ".repeat(length - PING.len()));
    let chunked = |length: usize| {
        let head = ping("").split("Content-Length").next().unwrap().to_owned();
        format!(
            "{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{}\r\n0\r\n\r\n",
            body(length)
        )
    };
    let announced = ping("").replace(
        &format!("Content-Length: {}", PING.len()),
        "Content-Length: 65537",
    );
    for (what, request, status) in [
        ("a long field", ping(&field(60_000)), 200),
        ("a field that is too long", ping(&field(140_000)), 431),
        ("a hundred fields", ping(&many(96)), 200),
        ("more than a hundred fields", ping(&many(101)), 431),
        (
            "a long path",
            format!(
                "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "a".repeat(140_000)
            ),
            431,
        ),
        ("a body of the limit", post(&body(65_536), ""), 200),
        ("a body over the limit", post(&body(65_537), ""), 413),
        (
            "a body over the limit that has not come",
            announced.split(PING).next().unwrap().to_owned(),
            413,
        ),
        ("a chunked body of the limit", chunked(65_536), 200),
        ("a chunked body over the limit", chunked(65_537), 413),
        ("no HTTP", "hello\r\n\r\n".to_owned(), 400),
        (
            "half the preface of HTTP/2, then something else",
            "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".to_owned(),
            400,
        ),
        ("two lengths", ping("Content-Length: 3\r\n"), 400),
    ] {
        let answer = Connection::open(gateway.address).await.ask(&request).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_slow_and_half_open_connections_hold_nobody_up() {
    gateway::server::raise_file_limit();
    let gateway = Dev::with_few_files(&["--cores", "1"]);
    let mut held = Vec::new();
    for begin in [
        "",
        "P",
        "PRI * HTTP/2.0\r\n\r\n",
        "POST /mcp HTTP/1.1\r\nHost: lo",
    ] {
        let mut connection = Connection::open(gateway.address).await;
        connection.send(begin).await;
        held.push(connection);
    }
    let mut idle = Vec::new();
    for _ in 0..1000 {
        idle.push(Connection::open(gateway.address).await);
    }
    eventually("all are accepted", async || {
        get(gateway.admin, "/metrics")
            .await
            .body
            .contains("mcp_gateway_connections 1004\n")
    })
    .await;
    let mut slow = Connection::open(gateway.address).await;
    let request = ping("");
    let (begin, end) = request.split_at(request.len() - 5);
    slow.send(begin).await;
    for connection in &mut idle {
        assert_eq!(connection.ask(&ping("")).await.body, PONG);
    }
    slow.send(end).await;
    assert_eq!(slow.answer().await.body, PONG);
    // Told to end, it gives none of them the time that calls have.
    let told = Instant::now();
    gateway.stop().await;
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "{:?}",
        told.elapsed()
    );
    for mut connection in held.into_iter().chain(idle) {
        assert!(connection.is_closed().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_vanishes_gives_its_place_back() {
    let gateway = Dev::start(&[]).await;
    let in_flight = async |count: usize| {
        let line = format!("mcp_gateway_backend_requests_in_flight {count}\n");
        get(gateway.admin, "/metrics").await.body.contains(&line)
    };
    let mut connection = Connection::open(gateway.address).await;
    connection.send(call("slow", &json!({"ms": 60_000}))).await;
    eventually("the call is on its way", || in_flight(1)).await;
    drop(connection);
    eventually("its place is free", || in_flight(0)).await;
    gateway.stop().await;
}

/// Sends back what it gets, as it gets it.
async fn mirror() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(|request: http::Request<hyper::body::Incoming>| async {
                Ok::<_, std::convert::Infallible>(Response::new(request.into_body().map_frame(
                    |frame| frame.map_data(|data: Bytes| Bytes::from(data.to_ascii_uppercase())),
                )))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_operation_streams_both_ways() {
    let gateway = Dev::serving(
        OBJECTS,
        &["--resolve", &format!("mirror-svc={}", mirror().await)],
    );
    let mut connection = Connection::open(gateway.address).await;
    connection
        .send("PUT /mcp/resources/mirror/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        .await;
    assert_eq!(connection.head().await.0, 200);
    assert_eq!(connection.chunk().await.as_deref(), Some("ONE"));
    // Only now is the rest sent: nothing waited for the end of either body.
    connection.send("3\r\ntwo\r\n").await;
    assert_eq!(connection.chunk().await.as_deref(), Some("TWO"));
    connection.send("0\r\n\r\n").await;
    assert_eq!(connection.chunk().await, None);
    assert_eq!(connection.ask(&ping("")).await.body, PONG);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_operation_is_answered_as_the_backend_answers() {
    let gateway = Dev::start(&[]).await;
    let found = get(gateway.address, "/mcp/resources/docs/guide").await;
    assert_eq!(
        (found.status, found.body.is_empty()),
        (200, false),
        "{found:?}"
    );
    for (path, status) in [
        ("/mcp/resources/docs/nonsense", 404),
        ("/mcp/resources", 404),
        ("/", 404),
    ] {
        assert_eq!(get(gateway.address, path).await.status, status, "{path}");
    }
    gateway.stop().await;
}
