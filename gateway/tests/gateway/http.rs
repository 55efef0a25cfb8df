//! A client of HTTP/1.1 that sees every byte, and requests of both eras as text.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An open connection.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, its body read to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The text of the first content block, and whether it is an error.
    pub(crate) fn content(&self) -> (String, bool) {
        let answer = self.json();
        let text = answer
            .pointer("/result/content/0/text")
            .and_then(Value::as_str);
        let text = text
            .unwrap_or_else(|| panic!("no text in {answer}"))
            .to_owned();
        (text, answer["result"]["isError"] == true)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn ask(&mut self, request: &str) -> Answer {
        self.send(request).await;
        self.answer().await
    }

    /// The next answer, whole.
    pub(crate) async fn answer(&mut self) -> Answer {
        let (status, head) = self.head().await;
        let mut body = String::new();
        if header(&head, "transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await {
                body.push_str(&chunk);
            }
        } else {
            let length = header(&head, "content-length").map_or(0, |value| value.parse().unwrap());
            body = self.bytes(length).await;
        }
        Answer { status, head, body }
    }

    /// The head of the next answer.
    pub(crate) async fn head(&mut self) -> (u16, String) {
        let head = self.until("\r\n\r\n").await;
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head)
    }

    /// The next chunk of a body; `None` at its proper end.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let size = self.until("\r\n").await;
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let data = self.bytes(size + 2).await;
        (size > 0).then(|| data[..size].to_owned())
    }

    /// Whether the other side has closed the connection, once it has said everything.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.buffer.is_empty() && !matches!(self.stream.read_buf(&mut self.buffer).await, Ok(1..))
    }

    async fn until(&mut self, end: &str) -> String {
        loop {
            let found = self
                .buffer
                .windows(end.len())
                .position(|part| part == end.as_bytes());
            if let Some(start) = found {
                return self.bytes(start + end.len()).await;
            }
            self.more().await;
        }
    }

    async fn bytes(&mut self, count: usize) -> String {
        while self.buffer.len() < count {
            self.more().await;
        }
        String::from_utf8(self.buffer.drain(..count).collect()).unwrap()
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
        let so_far = String::from_utf8_lossy(&self.buffer);
        assert!(read > 0, "the connection was closed after {so_far:?}");
    }
}

/// `GET` of a path on a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Connection::open(address).await.ask(&request).await
}

/// A POST on the endpoint; `more` are whole header lines.
pub(crate) fn post(body: &str, more: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{more}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A request of 2026-07-28.
pub(crate) fn modern(method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let headers =
        format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\nMcp-Name: {name}\r\n");
    post(&message.to_string(), &headers)
}

/// A call of a tool by a modern client.
pub(crate) fn call(tool: &str, arguments: &Value) -> String {
    modern("tools/call", json!({"name": tool, "arguments": arguments}))
}

/// A call of a tool by a legacy client without a session.
pub(crate) fn legacy_call(tool: &str, arguments: &Value) -> String {
    let params = json!({"name": tool, "arguments": arguments});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    post(&message.to_string(), "MCP-Protocol-Version: 2025-11-25\r\n")
}

/// Opens a legacy session; the text is its id.
pub(crate) async fn initialize(address: SocketAddr) -> String {
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let message = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
    let answer = Connection::open(address)
        .await
        .ask(&post(&message.to_string(), ""))
        .await;
    answer.header("mcp-session-id").unwrap().to_owned()
}

/// Opens the GET stream of a new legacy session, and reads its first comment.
pub(crate) async fn get_stream(address: SocketAddr) -> Connection {
    let session = initialize(address).await;
    let mut stream = Connection::open(address).await;
    stream
        .send(format!(
            "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\
             MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {session}\r\n\r\n"
        ))
        .await;
    assert_eq!(stream.head().await.0, 200);
    assert!(stream.chunk().await.unwrap().starts_with(':'));
    stream
}

/// Opens a modern stream of notices, and reads its acknowledgement.
pub(crate) async fn listen_stream(address: SocketAddr) -> Connection {
    let mut stream = Connection::open(address).await;
    let params = json!({"notifications": {"toolsListChanged": true}});
    stream.send(modern("subscriptions/listen", params)).await;
    assert_eq!(stream.head().await.0, 200);
    assert!(
        stream
            .chunk()
            .await
            .unwrap()
            .contains("subscriptions/acknowledged")
    );
    stream
}
