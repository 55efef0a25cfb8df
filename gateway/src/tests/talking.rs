//! What the tests of longer calls share: a backend whose every word is the test's, and a client that hears event by
//! event. Holds no test itself.

use std::{net::SocketAddr, rc::Rc, sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{JoinHandle, spawn_local, yield_now},
};

use crate::{
    fixtures::{Fixture, Received, answer, post, read, tool},
    proxy::{self, body::ResponseBody},
};

/// A tool `t` of format mcp; `spec` is more YAML.
pub(super) fn asking_tool(spec: &str) -> String {
    tool(
        "t",
        &format!("  inputSchema: {{}}\n  response: {{format: mcp}}\n{spec}"),
    )
}

/// A server that selects everything, with this config.
pub(super) fn server(config: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata: {{name: main}}\nspec:\n  toolSelector: {{}}\n  config: {config}\n"
    )
}

/// A prompt `p` that a backend renders.
pub(super) const PROMPT: &str = "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPPrompt\nmetadata: {name: p}\nspec:\n  description: Rendered elsewhere.\n  service: {name: backend-svc, port: 8080, path: /render}\n";

/// A backend that says what the test says; every connection serves one request.
pub(super) struct Talker {
    pub(super) address: SocketAddr,
    turns: mpsc::UnboundedReceiver<Turn>,
}

/// A request that waits for its answer.
pub(super) struct Turn {
    pub(super) received: Received,
    stream: TcpStream,
}

impl Talker {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, turns) = mpsc::unbounded_channel();
        spawn_local(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let sender = sender.clone();
                spawn_local(async move {
                    if let Some(received) = read(&mut stream, &mut Vec::new()).await {
                        drop(sender.send(Turn { received, stream }));
                    }
                });
            }
        });
        Self { address, turns }
    }

    /// The next request.
    pub(super) async fn turn(&mut self) -> Turn {
        soon(self.turns.recv()).await.unwrap()
    }

    /// Whether no request waits.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.turns.try_recv().is_err()
    }
}

impl Turn {
    /// The body of the request.
    pub(super) fn body(&self) -> Value {
        serde_json::from_str(&self.received.body).unwrap()
    }

    /// Answers in one piece.
    pub(super) async fn answer(mut self, content_type: &str, body: &str) {
        let bytes = answer(200, content_type, body);
        self.stream.write_all(&bytes).await.unwrap();
        self.hung_up().await;
    }

    /// Begins a stream of events.
    pub(super) async fn stream(&mut self) {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        self.stream.write_all(head.as_bytes()).await.unwrap();
    }

    /// Says an event.
    pub(super) async fn say(&mut self, data: &str) {
        let event = format!("data: {data}\n\n");
        soon(self.stream.write_all(event.as_bytes())).await.unwrap();
    }

    /// Waits until the gateway has closed the connection, or ends it after an answer.
    pub(super) async fn hung_up(mut self) {
        let shut = self.stream.shutdown().await;
        if shut.is_ok() {
            soon(async { while let Ok(1..) = self.stream.read(&mut [0; 64]).await {} }).await;
        }
    }

    /// Waits until the gateway has closed the connection, without ending it from here.
    pub(super) async fn dropped(mut self) {
        soon(async { while let Ok(1..) = self.stream.read(&mut [0; 64]).await {} }).await;
    }
}

/// A client of some revision.
pub(super) struct Peer {
    version: &'static str,
    pub(super) session: Option<String>,
    capabilities: Value,
}

impl Peer {
    pub(super) fn modern(capabilities: Value) -> Self {
        Self {
            version: "2026-07-28",
            session: None,
            capabilities,
        }
    }

    /// A legacy client without a session.
    pub(super) fn without_session(version: &'static str) -> Self {
        Self {
            version,
            session: None,
            capabilities: json!({}),
        }
    }

    /// A legacy client with a session.
    pub(super) async fn legacy(
        gateway: &Fixture,
        version: &'static str,
        capabilities: Value,
    ) -> Self {
        let params = json!({"protocolVersion": version, "capabilities": capabilities, "clientInfo": {"name": "t", "version": "1"}});
        let message = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        let reply = gateway.send(post(message.to_string(), &[])).await;
        let session = reply.headers["mcp-session-id"].to_str().unwrap().to_owned();
        Self {
            version,
            session: Some(session),
            capabilities,
        }
    }

    /// A request with all that its revision wants.
    pub(super) fn request(&self, id: u32, method: &str, mut params: Value) -> Request<Full<Bytes>> {
        let subject = params["name"].as_str().unwrap_or("-").to_owned();
        if self.version == "2026-07-28" {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(self.version);
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
                self.capabilities.clone();
        }
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let mut request = self.message(&message);
        request
            .headers_mut()
            .insert("mcp-method", method.parse().unwrap());
        request
            .headers_mut()
            .insert("mcp-name", subject.parse().unwrap());
        request
    }

    /// Any message of this client.
    pub(super) fn message(&self, message: &Value) -> Request<Full<Bytes>> {
        let version = ("mcp-protocol-version", self.version);
        match &self.session {
            Some(session) => post(message.to_string(), &[version, ("mcp-session-id", session)]),
            None => post(message.to_string(), &[version]),
        }
    }

    /// A call of the tool `t`.
    pub(super) fn call(&self, id: u32, more: &Value) -> Request<Full<Bytes>> {
        let mut params = json!({"name": "t", "arguments": {}});
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        self.request(id, "tools/call", params)
    }

    /// The answer to something that the server asked.
    pub(super) fn answer(&self, question: &Value, result: &Value) -> Request<Full<Bytes>> {
        self.message(&json!({"jsonrpc": "2.0", "id": question["id"], "result": result}))
    }
}

/// Sends a request; dropping what it returns is no hang-up, aborting it is.
pub(super) fn begin(
    gateway: &Fixture,
    request: Request<Full<Bytes>>,
) -> JoinHandle<http::Response<ResponseBody>> {
    spawn_local(proxy::handle(Rc::clone(&gateway.core), request))
}

/// An answer that is heard event by event.
pub(super) struct Ears(ResponseBody);

impl Ears {
    /// Waits for the head, which must announce events.
    pub(super) async fn of(call: JoinHandle<http::Response<ResponseBody>>) -> Self {
        let response = soon(call).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body())
    }

    /// The next piece, as it is.
    pub(super) async fn piece(&mut self) -> Option<String> {
        let data = self.0.frame().await?.unwrap().into_data().unwrap();
        Some(String::from_utf8(data.to_vec()).unwrap())
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            let piece = soon(self.piece()).await?;
            if let Some(data) = piece.strip_prefix("event: message\ndata: ") {
                return Some(serde_json::from_str(data.trim_end()).unwrap());
            }
        }
    }

    /// All that is left, in short.
    pub(super) async fn rest(&mut self) -> Vec<String> {
        let mut heard = Vec::new();
        while let Some(message) = self.next().await {
            heard.push(short(&message));
        }
        heard
    }
}

/// All messages of an answer, JSON or stream, in short.
pub(super) fn heard(reply: &crate::fixtures::Reply) -> Vec<String> {
    if reply.headers["content-type"] == "application/json" {
        return vec![short(&reply.json())];
    }
    let data = reply.text.split("\n\n").filter(|event| !event.is_empty());
    data.map(|event| {
        let data = event.strip_prefix("event: message\ndata: ").unwrap();
        short(&serde_json::from_str(data).unwrap())
    })
    .collect()
}

/// A message in a few words.
pub(super) fn short(message: &Value) -> String {
    let params = &message["params"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(method) = message["method"].as_str() {
        return match method {
            "notifications/progress" => format!("progress {}", params["progress"]),
            "notifications/message" => format!("log {}", params["data"]),
            _ => format!("{method} {params}"),
        };
    }
    if message["error"].is_object() {
        return format!(
            "{} {}",
            message["error"]["code"],
            text(&message["error"]["message"])
        );
    }
    let result = &message["result"];
    match &result["isError"] {
        Value::Bool(true) => format!("isError {}", text(&result["content"][0]["text"])),
        _ if result["resultType"] == "input_required" => {
            format!("asks {}", result["inputRequests"])
        }
        _ => format!("ok {}", text(&result["content"][0]["text"])),
    }
}

/// Waits, but not for ever: a test that hangs says nothing.
pub(super) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("it did not happen in 20 s")
}

/// Calls in flight: of the pod, and of the tool `t`.
pub(super) fn in_flight(gateway: &Fixture) -> (usize, usize) {
    let registry = gateway.core.gateway.registry.load();
    let tool = registry
        .tools
        .get("t")
        .map_or(0, |tool| tool.live.in_flight.load(Ordering::Relaxed));
    (gateway.core.gateway.in_flight.load(Ordering::Relaxed), tool)
}

/// Waits until no call is in flight.
pub(super) async fn idle(gateway: &Fixture) {
    soon(async {
        while in_flight(gateway) != (0, 0) {
            yield_now().await;
        }
    })
    .await;
}
