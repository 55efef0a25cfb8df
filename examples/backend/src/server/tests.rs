//! The server over a real socket: what is only true of bytes on a connection.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

async fn start() -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(super::serve(listener, async {
        let _ = stopped.await;
    }));
    (address, stop, server)
}

/// Everything that the server sends until it closes the connection.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    String::from_utf8(received).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_on_the_wire() {
    let (address, _stop, _server) = start().await;
    let answer = exchange(
        address,
        "POST /api/search HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 16\r\n\r\n\
         {\"query\":\"mesh\"}",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"total\":1,"), "{answer}");
}

#[tokio::test]
async fn a_reset_sends_half_of_what_it_promised() {
    let (address, _stop, _server) = start().await;
    let answer = exchange(address, "GET /api/broken/reset HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(answer.contains("content-length: 20\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{\"items\":["), "{answer}");
}

#[tokio::test]
async fn a_stream_sends_its_events_and_ends() {
    let (address, _stop, _server) = start().await;
    let answer = exchange(
        address,
        "GET /api/stream HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(
        answer.contains("content-type: text/event-stream\r\n"),
        "{answer}"
    );
    assert_eq!(
        answer.matches("notifications/progress").count(),
        3,
        "{answer}"
    );
    assert!(answer.contains("\"isError\":false"), "{answer}");
}

#[tokio::test]
async fn stopping_waits_for_the_request_in_flight() {
    let (address, stop, server) = start().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /api/stream HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 16];
    stream.read_exact(&mut first).await.unwrap();
    stop.send(()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("\"isError\":false"), "{rest}");
    server.await.unwrap();
}
