//! How long a client may keep a connection without using it. The clock moves by itself when everything waits.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use super::*;
use crate::fixtures::{Fixture, on_a_core_with_paused_time};

/// Sends `bytes` and nothing more: after how many seconds the connection is closed, and the status that it was
/// closed with.
async fn closed(bytes: &str) -> (u64, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let server = listener.accept().await.unwrap().0.into_std().unwrap();
    client.write_all(bytes.as_bytes()).await.unwrap();
    let permits = [(); 2].map(|()| Permit::take(&std::sync::Arc::default(), 1).unwrap());
    let core = Rc::clone(&Fixture::new("").core);
    let start = Instant::now();
    spawn_local(serve(core, server, permits, Ending::default()));
    let mut answer = String::new();
    // It is a reset where bytes were left unread.
    let _reset = client.read_to_string(&mut answer).await;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    (start.elapsed().as_secs(), status.to_owned())
}

#[test]
fn a_connection_that_is_not_used_is_closed() {
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let cases = [
        ("", 30, ""),
        ("PRI * HTTP/2.0\r\n\r\nS", 30, ""),
        ("POST /mcp HTTP/1.1\r\nHos", 75, ""),
        (
            &format!("{head}Content-Length: {}\r\n\r\n{ping}", ping.len()),
            75,
            "200",
        ),
        (
            &format!("{head}Content-Length: 99\r\n\r\n{ping}"),
            30,
            "408",
        ),
    ];
    for (bytes, seconds, status) in cases {
        let found = on_a_core_with_paused_time(closed(bytes));
        assert_eq!(found, (seconds, status.to_owned()), "{bytes}");
    }
}
