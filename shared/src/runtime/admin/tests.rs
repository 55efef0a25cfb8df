//! Requests over real sockets in, whole responses out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{AdminError, AdminState, LIMITS, Limits, RenderMetrics, bind, connections, serve};
use crate::runtime::readiness::Readiness;

struct Admin {
    address: SocketAddr,
    readiness: Readiness,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

async fn start(limits: Limits) -> Admin {
    start_with(
        limits,
        Arc::new(|| Box::pin(async { "calls_total 7\n".to_owned() })),
    )
    .await
}

async fn start_with(limits: Limits, render_metrics: RenderMetrics) -> Admin {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (readiness, shutdown) = (Readiness::new(), CancellationToken::new());
    let state = AdminState {
        readiness: readiness.clone(),
        render_metrics,
    };
    let task = tokio::spawn(connections::serve(
        listener,
        state,
        shutdown.clone(),
        limits,
    ));
    Admin {
        address,
        readiness,
        shutdown,
        task,
    }
}

/// Sends the text as it is and reads until the server closes.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

/// Status, content type and body of the response to a request without a body.
async fn ask(address: SocketAddr, method: &str, path: &str) -> (u16, String, String) {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: admin\r\n\r\n");
    let response = exchange(address, &request).await;
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let content_type = header(head, "content-type").unwrap_or_default();
    (status, content_type, body.to_owned())
}

fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.to_owned())
        .next()
}

async fn check(admin: &Admin, request: (&str, &str), expected: (u16, &str, &str)) {
    let (method, path) = request;
    let (status, content_type, body) = ask(admin.address, method, path).await;
    assert_eq!(
        (status, content_type.as_str(), body.as_str()),
        expected,
        "{method} {path}"
    );
}

const TEXT: &str = "text/plain; charset=utf-8";
const PATHS: &str = "this listener serves GET and HEAD of /livez, /readyz and /metrics\n";

#[tokio::test]
async fn each_path_answers_get_and_head() {
    let admin = start(LIMITS).await;
    let metrics = "text/plain; version=0.0.4; charset=utf-8";
    check(&admin, ("GET", "/livez"), (200, TEXT, "ok\n")).await;
    check(&admin, ("GET", "/readyz"), (200, TEXT, "ready\n")).await;
    check(&admin, ("GET", "/readyz?verbose"), (200, TEXT, "ready\n")).await;
    check(
        &admin,
        ("GET", "/metrics"),
        (200, metrics, "calls_total 7\n"),
    )
    .await;
    check(&admin, ("HEAD", "/livez"), (200, TEXT, "")).await;
    check(&admin, ("HEAD", "/metrics"), (200, metrics, "")).await;
}

#[tokio::test]
async fn a_head_answer_has_the_length_of_the_get_answer() {
    let admin = start(LIMITS).await;
    let response = exchange(
        admin.address,
        "HEAD /metrics HTTP/1.1\r\nHost: admin\r\n\r\n",
    )
    .await;
    assert_eq!(header(&response, "content-length").unwrap(), "14");
}

#[tokio::test]
async fn anything_else_is_refused_with_the_paths_there_are() {
    let admin = start(LIMITS).await;
    check(&admin, ("GET", "/"), (404, TEXT, PATHS)).await;
    check(&admin, ("GET", "/healthz"), (404, TEXT, PATHS)).await;
    check(&admin, ("GET", "/metrics/"), (404, TEXT, PATHS)).await;
    check(&admin, ("POST", "/mcp"), (404, TEXT, PATHS)).await;
    check(&admin, ("POST", "/metrics"), (405, TEXT, PATHS)).await;
    check(&admin, ("DELETE", "/livez"), (405, TEXT, PATHS)).await;
    let response = exchange(admin.address, "PUT /livez HTTP/1.1\r\nHost: admin\r\n\r\n").await;
    assert_eq!(header(&response, "allow").unwrap(), "GET, HEAD");
}

#[tokio::test]
async fn readyz_names_each_thing_that_is_missing() {
    let admin = start(LIMITS).await;
    let registry = admin.readiness.register("registry");
    let listener = admin.readiness.register("listener");
    let both = "not ready: registry\nnot ready: listener\n";
    check(&admin, ("GET", "/readyz"), (503, TEXT, both)).await;
    check(&admin, ("GET", "/livez"), (200, TEXT, "ok\n")).await;
    drop(registry);
    check(&admin, ("HEAD", "/readyz"), (503, TEXT, "")).await;
    drop(listener);
    check(&admin, ("GET", "/readyz"), (200, TEXT, "ready\n")).await;
    admin.readiness.drain();
    check(
        &admin,
        ("GET", "/readyz"),
        (503, TEXT, "not ready: draining\n"),
    )
    .await;
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let admin = start(Limits {
        head: Duration::from_millis(20),
        ..LIMITS
    })
    .await;
    assert_eq!(
        exchange(admin.address, "GET /livez HTTP/1.1\r\nHost:").await,
        ""
    );
}

#[tokio::test]
async fn a_connection_past_the_bound_waits_for_a_place() {
    let admin = start(Limits {
        connections: 1,
        ..LIMITS
    })
    .await;
    let holder = TcpStream::connect(admin.address).await.unwrap();
    let mut waiting = Box::pin(ask(admin.address, "GET", "/livez"));
    let early = tokio::time::timeout(Duration::from_millis(50), &mut waiting).await;
    assert!(
        early.is_err(),
        "answered although the only place is taken: {early:?}"
    );
    drop(holder);
    assert_eq!(waiting.await.0, 200);
}

#[tokio::test]
async fn a_request_that_panics_ends_its_own_connection_alone() {
    let broken: RenderMetrics = Arc::new(|| Box::pin(async { panic!("a metric is broken") }));
    let admin = start_with(LIMITS, broken).await;
    let request = "GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n";
    assert_eq!(exchange(admin.address, request).await, "");
    check(&admin, ("GET", "/livez"), (200, TEXT, "ok\n")).await;
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let limits = Limits {
        whole: Duration::from_millis(20),
        ..LIMITS
    };
    let admin = start_with(limits, Arc::new(|| Box::pin(std::future::pending()))).await;
    let request = "GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n";
    assert_eq!(exchange(admin.address, request).await, "");
}

#[tokio::test]
async fn a_server_whose_token_is_cancelled_already_ends_at_once() {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let state = AdminState {
        readiness: Readiness::new(),
        render_metrics: Arc::new(|| Box::pin(async { String::new() })),
    };
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    serve(listener, state, shutdown).await;
}

#[tokio::test]
async fn after_the_token_is_cancelled_the_server_ends_and_its_port_is_free() {
    let admin = start(LIMITS).await;
    check(&admin, ("GET", "/livez"), (200, TEXT, "ok\n")).await;
    admin.shutdown.cancel();
    admin.task.await.unwrap();
    assert!(TcpStream::connect(admin.address).await.is_err());
    assert!(bind(admin.address).await.is_ok());
}

#[tokio::test]
async fn a_peer_that_sends_nothing_does_not_hold_up_the_end() {
    let limits = Limits {
        end: Duration::from_millis(20),
        ..LIMITS
    };
    let admin = start(limits).await;
    let _holder = TcpStream::connect(admin.address).await.unwrap();
    check(&admin, ("GET", "/livez"), (200, TEXT, "ok\n")).await;
    admin.shutdown.cancel();
    let ended = tokio::time::timeout(LIMITS.head, admin.task).await;
    assert!(ended.is_ok(), "still waiting for the peer");
}

#[tokio::test]
async fn an_address_in_use_is_told_with_the_flag_that_mends_it() {
    let taken = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let error = bind(taken.local_addr().unwrap()).await.unwrap_err();
    assert!(matches!(error, AdminError::InUse(_)), "{error}");
    assert!(error.to_string().contains("--admin-listen"), "{error}");
}

#[tokio::test]
async fn an_address_of_another_machine_is_told() {
    let error = bind("192.0.2.1:9090".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, AdminError::Bind { .. }), "{error}");
    assert!(error.to_string().contains("192.0.2.1:9090"), "{error}");
}

#[tokio::test]
async fn every_address_is_listened_on_with_or_without_ipv6() {
    let listener = bind("[::]:0".parse().unwrap()).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
}
