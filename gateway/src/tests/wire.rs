//! What the tests of the protocol's edge share: a server with every kind of object, answers as plain values, and streams
//! read event by event. No sockets here.

use std::{pin::Pin, time::Duration};

use bytes::Bytes;
use http::{Request, header};
use http_body::Body;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::{
    fixtures::{self, Fixture, Reply, post},
    proxy::body::ResponseBody,
};

/// An answer as a value: status and body, `null` where there is none.
pub(super) type Answer = (u16, Value);

/// Status and body of a reply.
pub(super) fn answer(reply: &Reply) -> Answer {
    let body = if reply.text.is_empty() {
        Value::Null
    } else {
        reply.json()
    };
    (reply.status.as_u16(), body)
}

/// Status, code and `data` of a refusal, and whether it names a request: all that a client can act on.
pub(super) fn refusal(reply: &Reply) -> (u16, i64, Value, Value) {
    let body = reply.json();
    let message = body["error"]["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty(), "a refusal must say why: {body}");
    assert!(!reply.text.contains("\"id\":null"), "{body}");
    (
        reply.status.as_u16(),
        reply.code(),
        body.get("id").cloned().unwrap_or(Value::Null),
        body["error"].get("data").cloned().unwrap_or(Value::Null),
    )
}

/// A request with exactly these headers besides a fitting Host, Content-Type and Accept; a name may come twice.
pub(super) fn post_with(body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    with(post(body, &[]), headers)
}

/// Appends headers.
pub(super) fn with(
    mut request: Request<Full<Bytes>>,
    headers: &[(&str, &str)],
) -> Request<Full<Bytes>> {
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().append(name, value);
    }
    request
}

/// A request without a body on the endpoint.
pub(super) fn bare(method: &str, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let request = Request::builder()
        .method(method)
        .uri("/mcp")
        .header(header::HOST, "localhost:8080")
        .body(Full::new(Bytes::new()))
        .unwrap();
    with(request, headers)
}

/// An MCPServer that selects everything; `config` is the inside of its `config`, as a flow mapping.
pub(super) fn server(config: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata: {{name: main}}\nspec:\n  \
         toolSelector: {{}}\n  config: {{{config}}}\n"
    )
}

/// A tool that takes any object, unless `spec` says otherwise.
pub(super) fn tool(name: &str, spec: &str) -> String {
    if spec.contains("inputSchema") {
        return fixtures::tool(name, spec);
    }
    fixtures::tool(name, &format!("  inputSchema: {{}}\n{spec}"))
}

/// A prompt that greets; `description` is what a list shows.
pub(super) fn prompt(name: &str, description: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPPrompt\nmetadata: {{name: {name}}}\nspec:\n  \
         description: {description}\n  template: \"Hello {{{{who}}}}, in {{{{tone}}}}.\"\n  variables:\n  \
         - {{name: who, required: true}}\n  - {{name: tone, default: prose, values: [prose, Poem, polite words]}}\n"
    )
}

/// A resource whose content is in the object.
pub(super) fn inline(name: &str, text: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPResource\nmetadata: {{name: {name}}}\nspec:\n  \
         description: Read in tests.\n  content: {{uri: \"config://{name}\", mimeType: text/plain, text: \"{text}\"}}\n"
    )
}

/// A resource behind a service, with a variable in its URI.
pub(super) fn docs() -> String {
    "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPResource\nmetadata: {name: docs}\nspec:\n  \
     description: Pages.\n  uri: \"docs://{id}\"\n  operations:\n  - method: GET\n    ingressPath: \"/docs/{id}\"\n    \
     service: {name: backend-svc, port: 8080, path: \"/api/docs/{id}\"}\n    \
     variables:\n    - {name: id, values: [guide, faq, getting-started]}\n"
        .to_owned()
}

/// One object of each kind.
pub(super) fn everything() -> String {
    [
        tool("search", ""),
        prompt("hello", "A greeting."),
        inline("one", "text"),
        docs(),
    ]
    .concat()
}

/// `_meta` of a modern request.
pub(super) fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// `_meta` of a modern result.
pub(super) fn server_meta() -> Value {
    json!({"io.modelcontextprotocol/serverInfo": {"name": "mcp-gateway", "version": env!("CARGO_PKG_VERSION")}})
}

/// An open stream.
pub(super) struct Events {
    body: ResponseBody,
    opened: Instant,
    ended: bool,
}

impl Events {
    /// Opens a stream, which must be one.
    pub(super) async fn open(gateway: &Fixture, request: Request<Full<Bytes>>) -> Self {
        let (head, body) = gateway.open(request).await.into_parts();
        let shown = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            (
                head.status.as_u16(),
                shown("content-type"),
                shown("cache-control"),
                shown("x-accel-buffering")
            ),
            (
                200,
                Some("text/event-stream"),
                Some("no-cache, no-transform"),
                Some("no")
            )
        );
        Self {
            body,
            opened: Instant::now(),
            ended: false,
        }
    }

    /// What comes within so many milliseconds, with the time since the stream was opened.
    pub(super) async fn raw(&mut self, milliseconds: u64) -> Vec<(u64, String)> {
        // Lets everything run that can run now, even where there is no time to wait.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        let deadline = Instant::now() + Duration::from_millis(milliseconds);
        let mut seen = Vec::new();
        while !self.ended {
            let next = std::future::poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx));
            let Ok(frame) = timeout_at(deadline, next).await else {
                break;
            };
            let at = u64::try_from(self.opened.elapsed().as_millis()).unwrap();
            let Some(frame) = frame else {
                self.ended = true;
                seen.push((at, "end".to_owned()));
                break;
            };
            let data = frame.unwrap().into_data().unwrap();
            seen.push((at, String::from_utf8(data.to_vec()).unwrap()));
        }
        seen
    }

    /// The same, each event by its name: `comment`, `tools` for a changed list, `acknowledged`, `result`, `end`.
    pub(super) async fn names(&mut self, milliseconds: u64) -> Vec<(u64, String)> {
        let events = self.raw(milliseconds).await;
        events
            .into_iter()
            .map(|(at, text)| (at, name(&text)))
            .collect()
    }
}

/// The JSON of an event.
pub(super) fn data(event: &str) -> Value {
    let line = event.lines().find_map(|line| line.strip_prefix("data: "));
    serde_json::from_str(line.unwrap_or_else(|| panic!("no data in {event:?}"))).unwrap()
}

/// The id of an event.
pub(super) fn event_id(event: &str) -> String {
    let line = event.lines().find_map(|line| line.strip_prefix("id: "));
    line.unwrap_or_else(|| panic!("no id in {event:?}"))
        .to_owned()
}

fn name(event: &str) -> String {
    match event {
        "end" => return event.to_owned(),
        _ if event.starts_with(':') => return "comment".to_owned(),
        _ => {}
    }
    assert!(event.ends_with("\n\n"), "an event must end: {event:?}");
    let message = data(event);
    let Some(method) = message["method"].as_str() else {
        return "result".to_owned();
    };
    let short = method.strip_prefix("notifications/").unwrap();
    short
        .strip_suffix("/list_changed")
        .unwrap_or(short)
        .replace("subscriptions/", "")
}
