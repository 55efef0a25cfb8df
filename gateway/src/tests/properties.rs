//! No argument, of whatever type and size, changes where a request goes or what it consists of.
//! What comes out is read by another URL parser than ours, and by the other end of a real connection.

use std::collections::BTreeSet;

use proptest::{
    prelude::{BoxedStrategy, Just, ProptestConfig, Strategy, any, prop_oneof, proptest},
    strategy::ValueTree,
    test_runner::TestRunner,
};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    backend::request::Outgoing,
    fixtures::{Backend, Fixture, on_a_core, tool_at},
    mcp::arguments::Arguments,
    proxy::methods::tools_call,
    registry::{Registry, objects::Objects},
};

/// Texts that have broken such code before.
const HOSTILE: [&str; 31] = [
    "",
    ".",
    "..",
    "/",
    "//",
    "//evil.example",
    "a/../../b",
    "%2e%2e",
    "%2E%2e%2F",
    "%252e",
    "a%2Fb",
    "\\",
    "..\\",
    "a\\..\\b",
    "?x=1",
    "#f",
    "&admin=1",
    "a=b",
    ";admin=1",
    "@evil.example",
    "http://evil.example/",
    "\r\n",
    "\r\nEvil: 1",
    "\nEvil: 1",
    "a\rb",
    "\0",
    "\u{85}",
    "\u{2028}",
    "é",
    "[]",
    "]=",
];

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        6 => proptest::sample::select(HOSTILE.to_vec()).prop_map(ToOwned::to_owned),
        2 => "[a-z]{1,8}",
        2 => ".{0,20}",
        1 => any::<String>(),
        1 => Just("x".repeat(9_000)),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        8 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ];
    let members = |inner: BoxedStrategy<Value>| {
        proptest::collection::vec((text(), inner), 0..4)
            .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
    };
    let flat = prop_oneof![
        6 => leaf.clone(),
        2 => proptest::collection::vec(leaf.clone(), 0..4).prop_map(Value::from),
        2 => members(leaf.boxed()),
    ];
    prop_oneof![30 => flat.clone(), 1 => members(flat.boxed())].boxed()
}

/// The names of all arguments that the tools below place.
const NAMES: [&str; 12] = [
    "p", "label", "matrix", "slash", "q", "flat", "deep", "h", "h2", "c", "b", "rest",
];

fn arguments() -> BoxedStrategy<Value> {
    let each: Vec<BoxedStrategy<Value>> = NAMES.iter().map(|_| value()).collect();
    // Most values of paths and headers are refused, so they are plain ones at times and the rest is seen too.
    let plain: [&[&str]; 3] = [
        &[],
        &["h", "h2"],
        &["p", "label", "matrix", "slash", "h", "h2"],
    ];
    (each, proptest::sample::select(plain.to_vec()))
        .prop_map(|(values, plain)| {
            let mut members: Map<String, Value> = NAMES
                .iter()
                .map(|name| (*name).to_owned())
                .zip(values)
                .collect();
            for name in plain {
                members.insert((*name).to_owned(), json!("plain"));
            }
            Value::Object(members)
        })
        .boxed()
}

const PARAMETERS: &str = "  inputSchema: {}\n  parameters:\n  - {name: label, in: path, style: label, explode: true}\n  \
    - {name: matrix, in: path, style: matrix, explode: true}\n  - {name: slash, in: path, allowSlash: true}\n  - {name: q, in: query}\n  \
    - {name: flat, in: query, explode: false}\n  - {name: deep, in: query, style: deepObject}\n  - {name: h, in: header, as: X-One}\n  \
    - {name: h2, in: header, as: X-Two, explode: true}\n  - {name: c, in: cookie, explode: false}\n";

const PATH: &str = "/a/{p}/{label}/x{matrix}/s/{slash}/end";

fn tools() -> String {
    let body = |format: &str| format!("{PARAMETERS}  - {{name: b, in: body}}\n  body: {format}");
    [
        tool_at("json", PATH, &body("json")),
        tool_at("form", PATH, &body("form")),
        tool_at("multipart", PATH, &body("multipart")),
        tool_at("get", PATH, &format!("{PARAMETERS}  method: GET")),
        tool_at("plain", "/a/b", "  inputSchema: {}\n  method: GET"),
        tool_at("body", "/a/b", "  inputSchema: {}"),
    ]
    .concat()
}

/// The names that a query may have: those of the parameters, and the keys of objects that are exploded.
fn query_names(tool: &str, arguments: &Value) -> BTreeSet<String> {
    let placed: &[&str] = match tool {
        "get" => &["q", "flat", "deep", "b", "rest"],
        "plain" => &NAMES,
        "body" => &[],
        _ => &["q", "flat", "deep"],
    };
    let mut names = BTreeSet::new();
    for name in placed {
        match &arguments[*name] {
            Value::Object(members) if *name == "deep" && tool != "plain" => {
                names.extend(members.keys().map(|key| format!("deep[{key}]")));
            }
            Value::Object(members) if *name != "flat" || tool == "plain" => {
                names.extend(members.keys().cloned())
            }
            _ => {
                names.insert((*name).to_owned());
            }
        }
    }
    names
}

/// The values that `allowSlash` lets through make segments of their own.
fn slashes(outgoing: &Outgoing, tool: &str) -> usize {
    let path = outgoing.path_and_query.path();
    match tool {
        "plain" | "body" => 0,
        _ => path
            .split("/s/")
            .nth(1)
            .map_or(0, |rest| rest.matches('/').count() - 1),
    }
}

fn check(tool: &str, outgoing: &Outgoing, arguments: &Value) {
    let url = format!("http://backend-svc:8080{}", outgoing.path_and_query);
    let url = Url::parse(&url).unwrap();
    assert_eq!(
        (url.host_str(), url.port(), url.username(), url.fragment()),
        (Some("backend-svc"), Some(8080), "", None)
    );
    let segments: Vec<&str> = url.path_segments().unwrap().collect();
    match tool {
        "plain" | "body" => assert_eq!(segments, ["a", "b"]),
        _ => {
            assert_eq!(segments.len(), 7 + slashes(outgoing, tool), "{url}");
            assert_eq!(
                (segments[0], segments[4], segments[segments.len() - 1]),
                ("a", "s", "end"),
                "{url}"
            );
        }
    }
    assert_eq!(
        url.path(),
        outgoing.path_and_query.path(),
        "another parser reads another path"
    );
    let allowed = query_names(tool, arguments);
    for (name, _) in url.query_pairs() {
        assert!(
            allowed.contains(&*name),
            "{name:?} is none of {allowed:?} in {url}"
        );
    }
    for (name, value) in &outgoing.headers {
        assert!(
            ["content-type", "cookie", "x-one", "x-two"].contains(&name.as_str()),
            "{name}"
        );
        assert!(
            !value
                .as_bytes()
                .iter()
                .any(|byte| *byte < 0x20 || *byte == 0x7f),
            "{name}: {value:?}"
        );
    }
    if let Some(cookie) = outgoing.headers.get("cookie") {
        assert_eq!(
            cookie.to_str().unwrap().matches(';').count(),
            0,
            "{cookie:?}"
        );
        assert!(cookie.to_str().unwrap().starts_with("c="), "{cookie:?}");
    }
    match tool {
        "json" | "body" => {
            let body: Value = serde_json::from_slice(&outgoing.body).unwrap();
            let names: Vec<&str> = match tool {
                "body" => NAMES.to_vec(),
                _ => vec!["b", "rest"],
            };
            for name in &names {
                // Numbers are compared as text: what a float reads as is not the question here.
                assert_eq!(body[*name].to_string(), arguments[*name].to_string());
            }
            assert_eq!(body.as_object().unwrap().len(), names.len());
        }
        "multipart" => {
            let body = String::from_utf8(outgoing.body.to_vec()).unwrap();
            let boundary = outgoing.headers["content-type"]
                .to_str()
                .unwrap()
                .split("boundary=")
                .nth(1)
                .unwrap();
            let present = ["b", "rest"]
                .iter()
                .filter(|name| !arguments[**name].is_null())
                .count();
            assert_eq!(body.matches(boundary).count(), present + 1);
        }
        "form" => {
            let names = ["b", "rest"]
                .into_iter()
                .flat_map(|name| match &arguments[name] {
                    Value::Object(members) => members.keys().cloned().collect(),
                    _ => vec![name.to_owned()],
                });
            let names: BTreeSet<String> = names.collect();
            for (name, _) in url::form_urlencoded::parse(&outgoing.body) {
                assert!(names.contains(&*name), "{name:?} is none of {names:?}");
            }
        }
        _ => assert!(outgoing.body.is_empty()),
    }
}

fn outgoing(registry: &Registry, tool: &str, arguments: &Value) -> Option<Outgoing> {
    let text = serde_json::value::to_raw_value(arguments).unwrap();
    let arguments = Arguments::parse(Some(&text)).unwrap();
    tools_call::outgoing(&registry.tools[tool], &arguments).ok()
}

thread_local! {
    static REGISTRY: Registry = {
        let objects: Objects = crate::fixtures::objects(&tools(), None);
        crate::registry::build::build(&objects, None, 1)
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_argument_changes_what_a_request_consists_of(arguments in arguments()) {
        REGISTRY.with(|registry| {
            for tool in registry.tools.keys() {
                if let Some(outgoing) = outgoing(registry, tool, &arguments) {
                    check(tool, &outgoing, &arguments);
                }
            }
        });
    }
}

#[test]
fn enough_of_the_generated_arguments_are_accepted_to_prove_anything() {
    let mut runner = TestRunner::deterministic();
    REGISTRY.with(|registry| {
        for tool in registry.tools.keys() {
            let accepted = (0..300).filter(|_| {
                let arguments = arguments().new_tree(&mut runner).unwrap().current();
                outgoing(registry, tool, &arguments).is_some()
            });
            let accepted = accepted.count();
            assert!(accepted >= 5, "{tool}: only {accepted} of 300");
        }
    });
}

#[test]
fn the_backend_sees_one_request_with_the_headers_that_it_should() {
    let mut runner = TestRunner::deterministic();
    on_a_core(async {
        let backend = Backend::answering("text/plain", "ok").await;
        let gateway = Fixture::with_backend(&tools(), &backend);
        let mut calls = 0;
        for _ in 0..150 {
            let arguments = arguments().new_tree(&mut runner).unwrap().current();
            let hostile = HOSTILE[calls % HOSTILE.len()];
            for tool in ["json", "form", "get", "plain", "body"] {
                let meta = json!({
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "traceparent": hostile, "tracestate": format!("a=1{hostile}"),
                });
                let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
                let message =
                    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
                let headers = [
                    ("mcp-protocol-version", "2026-07-28"),
                    ("mcp-method", "tools/call"),
                    ("mcp-name", tool),
                ];
                let reply = gateway
                    .send(crate::fixtures::post(message.to_string(), &headers))
                    .await;
                calls += usize::from(reply.content_text() == "ok");
            }
        }
        let received = backend.received();
        assert!(calls > 100, "only {calls} calls were accepted");
        assert_eq!(
            received.len(),
            calls,
            "a call became more or less than one request"
        );
        let known = [
            "host",
            "user-agent",
            "x-request-id",
            "traceparent",
            "tracestate",
            "content-type",
            "content-length",
            "cookie",
            "x-one",
            "x-two",
        ];
        for request in received {
            let (method, target) = request.line.split_once(' ').unwrap();
            assert!(["GET", "POST"].contains(&method), "{request:?}");
            assert!(target.starts_with("/a/"), "{request:?}");
            let mut seen = BTreeSet::new();
            for (name, _) in &request.headers {
                assert!(known.contains(&name.as_str()), "{name} in {request:?}");
                assert!(seen.insert(name), "{name} is there twice in {request:?}");
            }
            assert_eq!(request.header("host"), Some("backend-svc:8080"));
        }
    });
}
