//! What the tests share: a gateway over YAML, called without a socket, and a backend that records what it receives.
//! Only the backend is fake, and only in what it answers; everything of ours is real.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    net::SocketAddr,
    rc::Rc,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{LocalSet, spawn_local},
};
use tokio_util::sync::CancellationToken;

use crate::{
    app,
    backend::client::Client,
    context::{Core, Gateway},
    mcp::headers,
    proxy::{self, body::ResponseBody},
    registry::{
        files::{FileOptions, FileSource},
        objects::{Objects, Override},
    },
};

/// Runs a test on one thread, as a core does.
pub(crate) fn on_a_core<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test)
}

/// The same with a clock that moves only when everything waits; for tests without sockets.
pub(crate) fn on_a_core_with_paused_time<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test)
}

/// Objects from YAML, judged as those of files are; `backend-svc` leads to `backend`, on every port.
pub(crate) fn objects(yaml: &str, backend: Option<SocketAddr>) -> Objects {
    // Many cases share their YAML, and each judgement compiles all rules of the CRDs.
    static JUDGED: Mutex<BTreeMap<String, Objects>> = Mutex::new(BTreeMap::new());
    let known = JUDGED.lock().unwrap().get(yaml).cloned();
    let mut objects = known.unwrap_or_else(|| {
        let objects = judged(yaml);
        let mut all = JUDGED.lock().unwrap();
        all.insert(yaml.to_owned(), objects.clone());
        objects
    });
    let overrides = backend.map(|address| Override {
        service: "backend-svc".to_owned(),
        port: None,
        host: address.ip().to_string(),
        target_port: address.port(),
    });
    objects.services.overrides = overrides.into_iter().collect();
    objects
}

fn judged(yaml: &str) -> Objects {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("objects.yaml"), yaml).unwrap();
    let options = FileOptions {
        paths: vec![folder.path().to_owned()],
        ..FileOptions::default()
    };
    let loaded = FileSource::new(options).unwrap().load();
    let errors: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
    assert!(
        errors.is_empty(),
        "the test's own YAML is wrong: {errors:#?}"
    );
    loaded.objects
}

/// A tool named `name` that POSTs to `/api/NAME`; `spec` is more YAML for its spec, indented by two.
pub(crate) fn tool(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPTool\nmetadata: {{name: {name}}}\nspec:\n  \
         description: A tool of the tests.\n  service: {{name: backend-svc, port: 8080, path: /api/{name}}}\n{spec}\n"
    )
}

/// One core of a gateway.
pub(crate) struct Fixture {
    pub(crate) core: Rc<Core>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The result, if it is one.
    pub(crate) fn result(&self) -> Value {
        let answer = self.json();
        answer
            .get("result")
            .unwrap_or_else(|| panic!("no result in {answer}"))
            .clone()
    }

    /// The text of the first content block.
    pub(crate) fn content_text(&self) -> String {
        self.result()
            .pointer("/content/0/text")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// The JSON-RPC error's code.
    pub(crate) fn code(&self) -> i64 {
        self.json()
            .pointer("/error/code")
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("no error in {self:?}"))
    }
}

impl Fixture {
    /// A gateway that serves these objects.
    pub(crate) fn new(yaml: &str) -> Self {
        Self::of(&objects(yaml, None))
    }

    /// The same, with `backend-svc` being `backend`.
    pub(crate) fn with_backend(yaml: &str, backend: &Backend) -> Self {
        Self::of(&objects(yaml, Some(backend.address)))
    }

    /// A gateway that serves these objects.
    pub(crate) fn of(objects: &Objects) -> Self {
        let gateway: Arc<Gateway> = Arc::new(app::gateway(objects, 1).unwrap());
        let rejected = &gateway.registry.load().rejected;
        assert!(
            rejected.is_empty(),
            "the test's own objects are rejected: {rejected:#?}"
        );
        let metrics = gateway.metrics.core();
        let calls_end = CancellationToken::new();
        Self {
            core: Rc::new(Core {
                index: 0,
                backend: Client::new(),
                metrics,
                calls_end,
                gateway,
            }),
        }
    }

    /// Puts other objects in place, as a reload does.
    pub(crate) fn publish(&self, yaml: &str) {
        app::publish(&self.core.gateway, &objects(yaml, None), 1);
    }

    /// Sends any request; the body of the answer is not read.
    pub(crate) async fn open(&self, request: Request<Full<Bytes>>) -> http::Response<ResponseBody> {
        proxy::handle(Rc::clone(&self.core), request).await
    }

    /// Sends any request and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Reply {
        let (head, body) = self.open(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// A request of 2026-07-28, with all that it must have.
    pub(crate) async fn modern(&self, method: &str, params: Value) -> Reply {
        self.send(modern(method, params)).await
    }

    /// A legacy request without a session.
    pub(crate) async fn legacy(&self, version: &str, method: &str, params: Value) -> Reply {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = post(
            message.to_string(),
            &[(headers::PROTOCOL_VERSION.as_str(), version)],
        );
        self.send(request).await
    }

    /// Opens a legacy session; the text is its id.
    pub(crate) async fn initialize(&self, version: &str) -> String {
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        let message = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        let reply = self.send(post(message.to_string(), &[])).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        reply.headers[headers::SESSION_ID]
            .to_str()
            .unwrap()
            .to_owned()
    }
}

/// A POST on the endpoint with the usual headers; `more` may replace them.
pub(crate) fn post(body: impl Into<Bytes>, more: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut request = Request::post("/mcp")
        .header(header::HOST, "localhost:8080")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .body(Full::new(body.into()))
        .unwrap();
    for (name, value) in more {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

/// A request of 2026-07-28, with all that it must have; the id is 1.
pub(crate) fn modern(method: &str, mut params: Value) -> Request<Full<Bytes>> {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let subject = params
        .get("name")
        .or_else(|| params.get("uri"))
        .and_then(Value::as_str)
        .unwrap_or("-")
        .to_owned();
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let version = ("mcp-protocol-version", "2026-07-28");
    post(
        message.to_string(),
        &[version, ("mcp-method", method), ("mcp-name", &subject)],
    )
}

/// A request as the backend got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// `METHOD PATH?QUERY`
    pub(crate) line: String,
    /// Lower-case names, in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A backend on loopback that answers with whatever bytes the test wants, and closes where they end early.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    received: Rc<RefCell<Vec<Received>>>,
}

impl Backend {
    /// Answers every request with the bytes that `answer` makes of it; no bytes at all close the connection.
    pub(crate) async fn start(answer: impl Fn(&Received) -> Vec<u8> + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Rc::new(RefCell::new(Vec::new()));
        let (seen, answer) = (Rc::clone(&received), Rc::new(answer));
        spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (Rc::clone(&seen), Rc::clone(&answer));
                spawn_local(async move { serve(stream, &seen, &*answer).await });
            }
        });
        Self { address, received }
    }

    /// Answers every request with 200, this content type and this body.
    pub(crate) async fn answering(content_type: &'static str, body: &'static str) -> Self {
        Self::start(move |_| answer(200, content_type, body)).await
    }

    /// What has come in so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// The only request that has come in.
    pub(crate) fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:#?}");
        received[0].clone()
    }
}

/// An HTTP answer of one piece.
pub(crate) fn answer(status: u16, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

async fn serve(
    mut stream: TcpStream,
    seen: &RefCell<Vec<Received>>,
    answer: &dyn Fn(&Received) -> Vec<u8>,
) {
    let mut buffer = Vec::new();
    while let Some(received) = read(&mut stream, &mut buffer).await {
        seen.borrow_mut().push(received.clone());
        let bytes = answer(&received);
        if bytes.is_empty() || stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

pub(crate) async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Received> {
    let head_end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    buffer.drain(..head_end + 4);
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&buffer.drain(..length).collect::<Vec<_>>()).into_owned();
    Some(Received {
        line,
        headers,
        body,
    })
}

impl Fixture {
    /// A gateway with `backend-svc` at an address.
    pub(crate) fn with_address(yaml: &str, backend: SocketAddr) -> Self {
        Self::of(&objects(yaml, Some(backend)))
    }
}

/// A tool of which the test gives path and spec; `spec` is YAML, indented by two.
pub(crate) fn tool_at(name: &str, path: &str, spec: &str) -> String {
    tool(name, spec).replace(
        &format!("path: /api/{name}}}"),
        &format!("path: \"{path}\"}}"),
    )
}

/// A server on loopback that does with each connection what the test says; the number counts them from 0.
pub(crate) async fn serve_connections<F>(
    on_connection: impl Fn(usize, TcpStream) -> F + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    spawn_local(async move {
        let mut count = 0;
        while let Ok((stream, _)) = listener.accept().await {
            spawn_local(on_connection(count, stream));
            count += 1;
        }
    });
    address
}

/// Reads one request from a connection; `None` where it ends first.
pub(crate) async fn next_request(stream: &mut TcpStream) -> Option<Received> {
    read(stream, &mut Vec::new()).await
}
