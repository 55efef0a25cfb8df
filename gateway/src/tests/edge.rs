//! Before any message is read: Host, Origin, CORS, HTTP method, Content-Type, Accept, size.

use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use serde_json::{Value, json};

use super::wire::{bare, refusal, server, with};
use crate::fixtures::{Fixture, modern, on_a_core, post};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

fn open_to_others() -> Fixture {
    Fixture::new(&server(
        "allowedHosts: [gateway.example.com], allowedOrigins: ['https://ide.example.com']",
    ))
}

/// A ping with exactly these headers besides what a POST must have.
fn ping(headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut request = post(PING, &[]);
    request.headers_mut().remove(header::HOST);
    with(request, headers)
}

#[test]
fn host_must_be_there_once_and_be_ours() {
    let check = |headers: &[(&str, &str)], expected: u16| {
        on_a_core(async {
            let reply = open_to_others().send(ping(headers)).await;
            assert_eq!(reply.status.as_u16(), expected, "{headers:?}: {reply:?}");
            if expected == 403 {
                assert_eq!(refusal(&reply), (403, -32600, Value::Null, Value::Null));
            }
        });
    };
    for fine in [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:8080",
        "10.1.2.3:443",
        "[::1]",
        "[::1]:8080",
        "[2001:DB8::1]:8080",
        "gateway.example.com",
        "GateWay.Example.COM:8443",
    ] {
        check(&[("host", fine)], 200);
    }
    for foreign in [
        "",
        "evil.example.com",
        "localhost.evil.example.com",
        "evil.example.com:8080",
        "gateway.example.com.evil.example.com",
        "127.0.0.1.evil.example.com",
        "localhost@evil.example.com",
        "::1",
        "[localhost]",
        "[::1].evil.example.com",
        "localhöst",
    ] {
        check(&[("host", foreign)], 403);
    }
    check(&[], 403);
    check(&[("host", "localhost"), ("host", "localhost")], 403);
    check(&[("host", "localhost"), ("host", "evil.example.com")], 403);
}

#[test]
fn a_request_by_http2_is_judged_by_its_authority_and_gets_the_same_cors_headers() {
    let check = |uri: &str, origin: &str, expected: (u16, Option<&str>)| {
        on_a_core(async {
            let mut request = post(PING, &[]);
            request.headers_mut().remove(header::HOST);
            *request.uri_mut() = uri.parse().unwrap();
            let reply = open_to_others()
                .send(with(request, &[("origin", origin)]))
                .await;
            let allowed = reply.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            let allowed = allowed.map(|value| value.to_str().unwrap());
            assert_eq!((reply.status.as_u16(), allowed), expected, "{uri} {origin}");
        });
    };
    let same = "http://localhost:3000";
    check("http://localhost:8080/mcp", same, (200, Some(same)));
    check(
        "http://localhost:8080/mcp",
        "http://other.example.com",
        (403, None),
    );
    check(
        "http://evil.example.com/mcp",
        "http://evil.example.com",
        (403, None),
    );
}

#[test]
fn origin_if_there_must_be_of_the_same_host_or_listed() {
    let check = |host: &str, origins: &[&str], expected: u16| {
        on_a_core(async {
            let mut headers = vec![("host", host)];
            headers.extend(origins.iter().map(|origin| ("origin", *origin)));
            let reply = open_to_others().send(ping(&headers)).await;
            assert_eq!(reply.status.as_u16(), expected, "{headers:?}: {reply:?}");
            let allowed = reply.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            let allowed = allowed.map(|value| value.to_str().unwrap());
            let hoped = if expected == 200 {
                origins.first().copied()
            } else {
                None
            };
            assert_eq!(allowed, hoped, "{headers:?}");
            let vary = reply.headers.get(header::VARY).is_some();
            assert_eq!(
                vary,
                !origins.is_empty(),
                "an answer by Origin must say so: {reply:?}"
            );
        });
    };
    check("localhost:8080", &[], 200);
    for fine in [
        "http://localhost",
        "http://localhost:3000",
        "https://LOCALHOST:8080",
        "https://ide.example.com",
        "HTTPS://IDE.example.com",
    ] {
        check("localhost:8080", &[fine], 200);
    }
    check("[::1]:8080", &["http://[::1]:3000"], 200);
    check("gateway.example.com", &["https://gateway.example.com"], 200);
    for foreign in [
        "null",
        "",
        "localhost",
        "localhost:8080",
        "http://evil.example.com",
        "http://localhost.evil.example.com",
        "http://localhost@evil.example.com",
        "https://ide.example.com:8443",
        "http://ide.example.com",
        "http://127.0.0.1:8080",
        "http://gateway.example.com",
        "not an origin",
        "http://löcalhost",
    ] {
        check("localhost:8080", &[foreign], 403);
    }
    check(
        "localhost",
        &["http://localhost", "http://evil.example.com"],
        403,
    );
    check(
        "localhost",
        &["http://evil.example.com", "http://localhost"],
        403,
    );
}

#[test]
fn a_refused_origin_is_told_without_an_id() {
    on_a_core(async {
        let request = with(
            modern("tools/list", json!({})),
            &[("origin", "http://evil.example.com")],
        );
        let reply = open_to_others().send(request).await;
        assert_eq!(refusal(&reply), (403, -32600, Value::Null, Value::Null));
    });
}

#[test]
fn a_preflight_is_answered_with_what_mcp_needs() {
    on_a_core(async {
        let asked = "content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-param-region, \
                     mcp-session-id, last-event-id, authorization";
        let request = bare(
            "OPTIONS",
            &[
                ("origin", "https://ide.example.com"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", asked),
            ],
        );
        let reply = open_to_others().send(request).await;
        let shown = |name: &str| reply.headers[name].to_str().unwrap().to_owned();
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (204, ""));
        assert_eq!(
            shown("access-control-allow-origin"),
            "https://ide.example.com"
        );
        assert_eq!(shown("access-control-allow-headers"), asked);
        for method in ["GET", "POST", "DELETE"] {
            assert!(shown("access-control-allow-methods").contains(method));
        }
        assert_eq!(shown("vary"), "Origin");
    });
}

#[test]
fn a_preflight_does_not_admit_headers_that_are_not_ours() {
    on_a_core(async {
        let request = bare(
            "OPTIONS",
            &[
                ("origin", "https://ide.example.com"),
                ("access-control-request-method", "POST"),
                (
                    "access-control-request-headers",
                    "mcp-method, x-forwarded-for",
                ),
            ],
        );
        let reply = open_to_others().send(request).await;
        assert_eq!(
            reply.headers["access-control-allow-headers"],
            "Accept, Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id"
        );
    });
}

#[test]
fn a_preflight_of_a_foreign_page_gets_nothing() {
    on_a_core(async {
        let request = bare(
            "OPTIONS",
            &[
                ("origin", "http://evil.example.com"),
                ("access-control-request-method", "POST"),
            ],
        );
        let reply = open_to_others().send(request).await;
        let cors = reply
            .headers
            .keys()
            .filter(|name| name.as_str().starts_with("access-control"));
        assert_eq!((reply.status.as_u16(), cors.count()), (403, 0), "{reply:?}");
    });
}

#[test]
fn a_page_may_read_the_headers_that_it_needs() {
    on_a_core(async {
        let reply = open_to_others()
            .send(with(
                post(PING, &[]),
                &[("origin", "http://localhost:3000")],
            ))
            .await;
        assert_eq!(
            reply.headers["access-control-expose-headers"],
            "Mcp-Session-Id, Retry-After"
        );
    });
}

#[test]
fn a_method_that_the_endpoint_does_not_have_is_told_which_it_has() {
    on_a_core(async {
        for method in ["PUT", "PATCH", "HEAD", "TRACE", "BREW"] {
            let reply = open_to_others().send(bare(method, &[])).await;
            assert_eq!(
                refusal(&reply),
                (405, -32600, Value::Null, Value::Null),
                "{method}"
            );
            assert_eq!(
                reply.headers[header::ALLOW],
                "POST, GET, DELETE, OPTIONS",
                "{method}"
            );
        }
    });
}

#[test]
fn the_endpoint_is_the_prefix_with_or_without_a_slash_and_nothing_beside_it() {
    let check = |path: &str, expected: u16| {
        on_a_core(async {
            let mut request = post(PING, &[]);
            *request.uri_mut() = path.parse().unwrap();
            let reply = open_to_others().send(request).await;
            assert_eq!(reply.status.as_u16(), expected, "{path}: {reply:?}");
        });
    };
    check("/mcp", 200);
    check("/mcp/", 200);
    check("/mcp?x=1", 200);
    check("/", 404);
    check("/mc", 404);
    check("/mcpx", 404);
    check("/MCP", 404);
    check("/mcp/nothing", 404);
}

#[test]
fn content_type_must_be_json() {
    let check = |values: &[&str], expected: u16| {
        on_a_core(async {
            let mut request = post(PING, &[]);
            request.headers_mut().remove(header::CONTENT_TYPE);
            let headers: Vec<_> = values
                .iter()
                .map(|value| ("content-type", *value))
                .collect();
            let reply = open_to_others().send(with(request, &headers)).await;
            assert_eq!(reply.status.as_u16(), expected, "{values:?}: {reply:?}");
            if expected == 415 {
                assert_eq!(refusal(&reply), (415, -32600, Value::Null, Value::Null));
            }
        });
    };
    for fine in [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        " application/json ;x=y",
    ] {
        check(&[fine], 200);
    }
    for wrong in [
        "",
        "text/plain",
        "application/jsonp",
        "application/json-rpc",
        "application/x-www-form-urlencoded",
        "json",
    ] {
        check(&[wrong], 415);
    }
    check(&[], 415);
    check(&["text/plain", "application/json"], 415);
    check(&["application/json", "text/plain"], 415);
}

#[test]
fn accept_must_admit_a_form_of_answer_that_we_have() {
    let check = |values: &[&str], expected: u16| {
        on_a_core(async {
            let mut request = post(PING, &[]);
            request.headers_mut().remove(header::ACCEPT);
            let headers: Vec<_> = values.iter().map(|value| ("accept", *value)).collect();
            let reply = open_to_others().send(with(request, &headers)).await;
            assert_eq!(reply.status.as_u16(), expected, "{values:?}: {reply:?}");
            if expected == 406 {
                assert_eq!(refusal(&reply), (406, -32600, Value::Null, Value::Null));
            }
        });
    };
    check(&[], 200);
    for fine in [
        "application/json, text/event-stream",
        "text/event-stream, application/json",
        "application/json",
        "APPLICATION/JSON",
        "*/*",
        "application/*;q=0.5",
        "text/html, */*;q=0.1",
        "application/json;q=0, text/event-stream",
    ] {
        check(&[fine], 200);
    }
    check(&["text/html", "application/json"], 200);
    for wrong in [
        "",
        "text/html",
        "application/xml, image/*",
        "application/json;q=0",
        "application/json; q=0.000",
        "json",
    ] {
        check(&[wrong], 406);
    }
}

#[test]
fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    on_a_core(async {
        let gateway = Fixture::new(&server("maxRequestBytes: 1024"));
        let padded = |length: usize| format!("{PING}{}", " ".repeat(length - PING.len()));
        let announced = [("content-length", "1025")];
        let cases = [
            (post(padded(1024), &[]), 200),
            (post(padded(1025), &[]), 413),
            (with(post(PING, &[]), &announced), 413),
        ];
        for (request, expected) in cases {
            let reply = gateway.send(request).await;
            assert_eq!(reply.status.as_u16(), expected, "{reply:?}");
            if expected == 413 {
                assert_eq!(refusal(&reply), (413, -32600, Value::Null, Value::Null));
            }
        }
    });
}

#[test]
fn the_outermost_mistake_is_the_one_that_is_told() {
    let check = |headers: &[(&str, &str)], body: &str, expected: u16| {
        on_a_core(async {
            let reply = open_to_others().send(post(body.to_owned(), headers)).await;
            assert_eq!(reply.status.as_u16(), expected, "{reply:?}");
        });
    };
    let host = ("host", "evil.example.com");
    let origin = ("origin", "http://evil.example.com");
    let kind = ("content-type", "text/plain");
    let accept = ("accept", "text/html");
    check(&[host, origin, kind, accept], "{", 403);
    check(&[origin, kind, accept], "{", 403);
    check(&[kind, accept], "{", 415);
    check(&[accept], "{", 406);
    check(&[], "{", 400);
}
