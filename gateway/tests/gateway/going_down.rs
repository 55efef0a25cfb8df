//! SIGTERM under load: no call is lost, streams end with a last word, and the process goes in time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    http::{Connection, call, get, get_stream, legacy_call, listen_stream},
    http2,
    running::{Dev, eventually},
};

async fn is_draining(gateway: &Dev) -> bool {
    let ready = get(gateway.admin, "/readyz").await;
    ready.status == 503 && ready.body.contains("draining")
}

/// Calls until told to stop, on a new connection whenever an answer asks for one; counts those that asked.
async fn call_on(address: std::net::SocketAddr, stop: Arc<AtomicBool>, asked: Arc<AtomicUsize>) {
    let mut connection = Connection::open(address).await;
    while !stop.load(Ordering::Relaxed) {
        let answer = connection
            .ask(&call("search", &json!({"query": "x"})))
            .await;
        assert!(answer.status == 200 && !answer.content().1, "{answer:?}");
        if answer.header("connection") == Some("close") {
            assert!(connection.is_closed().await);
            asked.fetch_add(1, Ordering::Relaxed);
            connection = Connection::open(address).await;
        }
    }
}

/// When a stream ends, and its last words.
async fn last_words(mut stream: Connection) -> (Instant, String) {
    let mut last = String::new();
    while let Some(chunk) = stream.chunk().await {
        last = chunk;
    }
    (Instant::now(), last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_goes_down_loses_no_call() {
    let mut gateway = Dev::start(&["--drain-delay", "1500ms"]).await;
    let address = gateway.address;
    let (stop, asked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut load = JoinSet::new();
    for _ in 0..3 {
        load.spawn(call_on(address, Arc::clone(&stop), Arc::clone(&asked)));
    }
    let mut streams = JoinSet::new();
    for _ in 0..10 {
        streams.spawn(last_words(listen_stream(address).await));
        streams.spawn(last_words(get_stream(address).await));
    }
    let mut idle = Connection::open(address).await;
    let mut slow = Connection::open(address).await;
    slow.send(call("slow", &json!({"ms": 3000}))).await;
    let multiplexed = http2::connect(address).await;
    let sender = multiplexed.sender.clone();
    let slow_too =
        tokio::spawn(
            async move { http2::ask(&sender, http2::call("slow", r#"{"ms":500}"#, 0)).await },
        );
    eventually("both slow calls are on their way", async || {
        let metrics = get(gateway.admin, "/metrics").await.body;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("mcp_gateway_backend_requests_in_flight "));
        line.unwrap().parse::<usize>().unwrap() >= 2
    })
    .await;

    gateway.terminate();
    eventually("/readyz says so", || is_draining(&gateway)).await;
    let told = Instant::now();
    // HTTP/2 clients hear it at once: the connection ends with its last answer, long before the delay is over.
    assert!(slow_too.await.unwrap().1.contains("500"));
    drop(multiplexed.sender);
    multiplexed.ended.await.unwrap().unwrap();
    eventually("answers ask for another connection", || {
        std::future::ready(asked.load(Ordering::Relaxed) > 10)
    })
    .await;
    assert!(is_draining(&gateway).await);
    assert!(
        told.elapsed() < Duration::from_millis(1500),
        "this took longer than the delay"
    );
    assert!(
        streams.try_join_next().is_none(),
        "streams go on during the delay"
    );
    stop.store(true, Ordering::Relaxed);
    load.join_all().await;

    let ends = streams.join_all().await;
    let finals = ends
        .iter()
        .filter(|(_, last)| last.contains(r#""resultType":"complete""#))
        .count();
    assert_eq!(finals, 10, "{ends:?}");
    let first = ends.iter().map(|(end, _)| *end).min().unwrap();
    let last = ends.iter().map(|(end, _)| *end).max().unwrap();
    assert!(
        last - first > Duration::from_millis(700),
        "they all ended at once"
    );
    assert!(
        last - told < Duration::from_millis(1500 + 2000 + 500),
        "{:?}",
        last - told
    );

    assert!(idle.is_closed().await);
    let answer = slow.answer().await;
    assert_eq!(
        answer.content(),
        (r#"{"waited_ms":3000}"#.to_owned(), false)
    );
    assert_eq!(gateway.ended().await.code(), Some(0), "{}", gateway.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_delay_streams_end_at_once_and_calls_at_the_end_of_the_grace() {
    let mut gateway = Dev::start(&["--shutdown-grace", "400ms"]).await;
    let stream = tokio::spawn(last_words(listen_stream(gateway.address).await));
    let mut slow = Connection::open(gateway.address).await;
    slow.send(call("slow", &json!({"ms": 60_000}))).await;
    eventually("the call is on its way", async || {
        get(gateway.admin, "/metrics")
            .await
            .body
            .contains("mcp_gateway_backend_requests_in_flight 1\n")
    })
    .await;
    let told = Instant::now();
    gateway.terminate();
    let (end, last) = stream.await.unwrap();
    assert!(last.contains("complete"), "{last}");
    assert!(end - told < Duration::from_millis(400), "{:?}", end - told);
    let (text, is_error) = slow.answer().await.content();
    assert!(is_error && text.contains("shutting down"), "{text}");
    assert!(told.elapsed() >= Duration::from_millis(400));
    assert_eq!(gateway.ended().await.code(), Some(0), "{}", gateway.log());
    assert!(
        told.elapsed() < Duration::from_secs(3),
        "{:?}",
        told.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_client_has_left_is_finished_too() {
    let mut gateway = Dev::start(&[]).await;
    let metric = async |line: &str| get(gateway.admin, "/metrics").await.body.contains(line);
    let asked = Instant::now();
    let mut slow = Connection::open(gateway.address).await;
    // A legacy client that leaves has not cancelled, and this tool may do something that matters.
    slow.send(legacy_call("slow", &json!({"ms": 1500}))).await;
    let in_flight = "mcp_gateway_backend_requests_in_flight 1\n";
    eventually("the call is on its way", || metric(in_flight)).await;
    drop(slow);
    eventually("nobody waits for it", || {
        metric("mcp_gateway_connections 0\n")
    })
    .await;
    assert!(metric(in_flight).await);
    gateway.terminate();
    assert_eq!(gateway.ended().await.code(), Some(0), "{}", gateway.log());
    assert!(
        asked.elapsed() >= Duration::from_millis(1500),
        "the call was cut off"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once() {
    let mut gateway = Dev::start(&["--drain-delay", "60s"]).await;
    gateway.terminate();
    eventually("the first is heard", || is_draining(&gateway)).await;
    gateway.terminate();
    assert_eq!(gateway.ended().await.code(), Some(128 + 15));
}
