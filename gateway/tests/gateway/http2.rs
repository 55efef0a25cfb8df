//! HTTP/2 without TLS, by prior knowledge: the same answers over one connection, many at a time.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, task::JoinHandle};

use crate::running::Dev;

/// An open connection, and the task that ends with it.
pub(crate) struct Http2 {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    pub(crate) ended: JoinHandle<hyper::Result<()>>,
}

pub(crate) async fn connect(address: SocketAddr) -> Http2 {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) = http2::handshake(TokioExecutor::new(), stream)
        .await
        .unwrap();
    Http2 {
        sender,
        ended: tokio::spawn(connection),
    }
}

/// A call without a session, of the revision before 2026-07-28.
pub(crate) fn call(tool: &str, arguments: &str, padding: usize) -> Request<Full<Bytes>> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    );
    Request::post("http://localhost/mcp")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .header("x-padding", "a".repeat(padding))
        .body(Full::new(body.into()))
        .unwrap()
}

/// Sends a request and reads its answer.
pub(crate) async fn ask(
    sender: &SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> (StatusCode, String) {
    let response = sender.clone().send_request(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_share_a_connection() {
    let gateway = Dev::start(&[]).await;
    let connection = connect(gateway.address).await;
    let slow = ask(&connection.sender, call("slow", r#"{"ms":300}"#, 0));
    let quick = async {
        for _ in 0..50 {
            let (status, body) =
                ask(&connection.sender, call("search", r#"{"query":"x"}"#, 0)).await;
            assert_eq!(status, StatusCode::OK);
            assert!(
                body.contains(r#""id":"x""#) && body.contains("total"),
                "{body}"
            );
        }
    };
    let ((status, body), ()) = tokio::join!(slow, quick);
    assert!(status == StatusCode::OK && body.contains("300"), "{body}");
    let (status, _) = ask(
        &connection.sender,
        call("search", r#"{"query":"x"}"#, 66_000),
    )
    .await;
    assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    drop(connection.sender);
    gateway.stop().await;
}
