//! `call --dry-run` shows the request that the backend then really receives.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{
    commands::call::{NEW_ID, dry_run},
    fixtures::{Backend, Fixture, Received, on_a_core, tool, tool_at},
    registry::{
        files::{FileOptions, FileSource},
        objects::{Objects, Override},
    },
};

/// What was received, written as the dry run writes it. Length and Host follow from the rest.
fn as_shown(received: &Received, masked: &[&str]) -> String {
    let (method, target) = received.line.split_once(' ').unwrap();
    let host = received.header("host").unwrap();
    let shown = |name: &str, value: &str| match name {
        "x-request-id" => NEW_ID.to_owned(),
        _ if masked.contains(&name) => "****".to_owned(),
        _ => value.to_owned(),
    };
    let headers = received
        .headers
        .iter()
        .filter(|(name, _)| !["host", "content-length"].contains(&name.as_str()));
    let mut lines: Vec<String> = headers
        .map(|(name, value)| format!("{name}: {}", shown(name, value)))
        .collect();
    lines.sort();
    lines.insert(0, format!("{method} http://{host}{target}"));
    if !received.body.is_empty() {
        lines.extend([String::new(), received.body.clone()]);
    }
    without_boundary(&lines.join("\n"))
}

/// The boundary of a multipart body is new for every request.
fn without_boundary(text: &str) -> String {
    match text.split_once("boundary=") {
        Some((_, rest)) => text.replace(rest.lines().next().unwrap(), "BOUNDARY"),
        None => text.to_owned(),
    }
}

async fn check(
    gateway: &Fixture,
    backend: &Backend,
    name: &str,
    arguments: &Value,
    masked: &[&str],
) {
    let registry = gateway.core.gateway.registry.load();
    let shown = dry_run(&registry.tools[name], &arguments.to_string()).unwrap();
    let before = backend.received().len();
    let reply = gateway
        .modern("tools/call", json!({"name": name, "arguments": arguments}))
        .await;
    assert_eq!(reply.content_text(), "ok", "{reply:?}");
    let received = backend.received();
    assert_eq!(received.len(), before + 1);
    assert_eq!(
        without_boundary(&shown),
        as_shown(&received[before], masked),
        "{name}"
    );
}

#[test]
fn every_tool_of_the_quick_start_is_shown_as_it_is_sent() {
    on_a_core(async {
        let backend = Backend::answering("text/plain", "ok").await;
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart");
        let to_backend = Override {
            service: "backend-svc".to_owned(),
            port: None,
            host: backend.address.ip().to_string(),
            target_port: backend.address.port(),
        };
        let options = FileOptions {
            paths: vec![folder],
            overrides: vec![to_backend],
            ..FileOptions::default()
        };
        // Without its server every tool is selected, the one that lacks the label too.
        let objects = Objects {
            server: None,
            ..FileSource::new(options).unwrap().load().objects
        };
        let gateway = Fixture::of(&objects);
        let registry = gateway.core.gateway.registry.load();
        let mut names: Vec<&str> = registry.tools.keys().map(|name| &**name).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["get-item", "github-search"],
            "give the new tool arguments below"
        );
        check(&gateway, &backend, "get-item", &json!({"id": "a b?"}), &[]).await;
        check(
            &gateway,
            &backend,
            "github-search",
            &json!({"query": "é \"x\"\n", "limit": 3}),
            &[],
        )
        .await;
    });
}

#[test]
fn every_way_to_map_arguments_is_shown_as_it_is_sent() {
    let parameters = "  parameters:\n  - {name: id, in: path, style: matrix, explode: true}\n  - {name: q, in: query, style: pipeDelimited}\n  \
        - {name: d, in: query, style: deepObject}\n  - {name: h, in: header, as: X-Thing}\n  - {name: c, in: cookie}\n";
    let spec = |more: &str| format!("  inputSchema: {{}}\n{parameters}{more}");
    let secret = "  headers:\n  - {name: X-Version, value: \"2\"}\n  - {name: X-Token, valueFrom: {secretKeyRef: {name: api, key: token}}}";
    let tools = [
        tool("post", "  inputSchema: {}"),
        tool("get", "  inputSchema: {}\n  method: GET"),
        tool("delete", "  inputSchema: {}\n  method: DELETE"),
        tool_at("json", "/a/{id}", &spec("  method: PUT\n  body: json")),
        tool_at("form", "/a/{id}", &spec("  body: form")),
        tool_at("multipart", "/a/{id}", &spec("  body: multipart")),
        tool_at("none", "/a/{id}", &spec("  body: none")),
        tool_at("secret", "/a/{id}", &spec(secret)),
    ];
    let server = "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata: {name: main}\nspec: {toolSelector: {}, allowedSecrets: [api]}\n";
    on_a_core(async {
        let backend = Backend::answering("text/plain", "ok").await;
        let mut objects = crate::fixtures::objects(
            &format!("{server}{}", tools.concat()),
            Some(backend.address),
        );
        let token = [("token".to_owned(), b"s3cret".to_vec())];
        objects.secrets.insert("api".to_owned(), token.into());
        let gateway = Fixture::of(&objects);
        let arguments = json!({"id": ["a", "b"], "q": [1, 2.5], "d": {"k": "v w"}, "h": "é", "c": "; x", "rest": "r\r\n--x", "more": [true]});
        let registry = gateway.core.gateway.registry.load();
        assert_eq!(registry.tools.len(), tools.len());
        for name in registry.tools.keys() {
            let flat = json!({"a": 1, "b": ["x y", "&"], "c": {"d": "e"}});
            let arguments = if ["post", "get", "delete"].contains(&&**name) {
                &flat
            } else {
                &arguments
            };
            check(&gateway, &backend, name, arguments, &["x-token"]).await;
        }
        let last = backend.received();
        assert!(
            last.iter()
                .any(|request| request.header("x-token") == Some("s3cret"))
        );
    });
}

#[test]
fn a_call_to_a_backend_that_speaks_mcp_back_is_shown_as_it_is_sent() {
    on_a_core(async {
        let result = r#"{"content":[{"type":"text","text":"ok"}]}"#;
        let backend = Backend::answering("application/vnd.mcp.result+json", result).await;
        let yaml = tool("raw", "  inputSchema: {}\n  response: {format: mcp}");
        let gateway = Fixture::with_backend(&yaml, &backend);
        check(&gateway, &backend, "raw", &json!({"a": 1}), &[]).await;
        assert_eq!(
            backend.only().header("content-type"),
            Some("application/vnd.mcp.call+json")
        );
    });
}
