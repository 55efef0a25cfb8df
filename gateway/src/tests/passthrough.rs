//! Plain HTTP on a resource's operations, below the endpoint.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

use crate::{
    fixtures::{Backend, Fixture, Reply, on_a_core, serve_connections},
    proxy,
};

const RESOURCE: &str = "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPResource\nmetadata: {name: r}\nspec:\n  uri: docs://{id}\n  operations:\n  \
    - {method: GET, ingressPath: \"/docs/{id}\", service: {name: backend-svc, port: 8080, path: \"/api/{id}\"}}\n  \
    - {method: PUT, ingressPath: \"/docs/{id}\", service: {name: backend-svc, port: 8080, path: \"/api/{id}\"}}\n  \
    - {method: HEAD, ingressPath: \"/docs/{id}\", service: {name: backend-svc, port: 8080, path: \"/api/{id}\"}}\n";

fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &'static str,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::from(body)).unwrap()
}

async fn send(backend: &Backend, request: Request<Full<Bytes>>) -> Reply {
    Fixture::with_backend(RESOURCE, backend).send(request).await
}

#[test]
fn only_paths_and_methods_of_operations_are_served() {
    let check = |method: &str, path: &str, status: u16, allow: Option<&str>| {
        on_a_core(async {
            let backend = Backend::answering("text/plain", "ok").await;
            let reply = send(&backend, request(method, path, &[], "")).await;
            assert_eq!(reply.status.as_u16(), status, "{method} {path}");
            let allowed = reply
                .headers
                .get(header::ALLOW)
                .map(|allow| allow.to_str().unwrap());
            assert_eq!(allowed, allow, "{method} {path}");
            assert_eq!(
                backend.received().len(),
                usize::from(status == 200),
                "{method} {path}"
            );
        });
    };
    check("GET", "/mcp/docs/a", 200, None);
    check("HEAD", "/mcp/docs/a", 200, None);
    check("PUT", "/mcp/docs/a", 200, None);
    check("POST", "/mcp/docs/a", 405, Some("GET, PUT, HEAD"));
    check("DELETE", "/mcp/docs/a", 405, Some("GET, PUT, HEAD"));
    check("GET", "/mcp/docs", 404, None);
    check("GET", "/mcp/docs/a/b", 404, None);
    check("GET", "/mcp/other", 404, None);
    check("GET", "/docs/a", 404, None);
    check("GET", "/mcp/docs/a%2Fb", 400, None);
    check("GET", "/mcp/docs/%2e%2e", 400, None);
    check("GET", "/mcp/docs/..", 400, None);
    check("GET", "/mcp/docs/a%0d%0aX:y", 400, None);
}

#[test]
fn the_backend_gets_the_query_and_the_listed_headers_and_no_credentials() {
    on_a_core(async {
        let backend = Backend::answering("text/plain", "ok").await;
        let sent = [
            ("accept", "text/plain"),
            ("accept-language", "en"),
            ("if-none-match", "\"1\""),
            ("range", "bytes=0-1"),
            ("content-type", "text/csv"),
            ("content-language", "en"),
            ("traceparent", "00-1-2-01"),
            ("authorization", "Bearer x"),
            ("proxy-authorization", "x"),
            ("cookie", "a=b"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-other", "y"),
            ("mcp-session-id", "s"),
            ("referer", "r"),
            ("user-agent", "client"),
            ("x-request-id", "forged"),
        ];
        send(
            &backend,
            request("PUT", "/mcp/docs/a%20b?q=%2e%2e&x=/../y", &sent, "id,name"),
        )
        .await;
        let received = backend.only();
        assert_eq!(
            (received.line.as_str(), received.body.as_str()),
            ("PUT /api/a%20b?q=%2e%2e&x=/../y", "id,name")
        );
        let mut names: Vec<&str> = received
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "accept",
                "accept-language",
                "content-language",
                "content-length",
                "content-type",
                "host",
                "if-none-match",
                "range",
                "traceparent",
                "user-agent",
                "x-request-id"
            ]
        );
        assert_eq!(received.header("host"), Some("backend-svc:8080"));
        assert!(
            received
                .header("user-agent")
                .unwrap()
                .starts_with("mcp-gateway/")
        );
        assert_ne!(received.header("x-request-id"), Some("forged"));
    });
}

#[test]
fn the_answer_passes_without_cookies_and_what_belongs_to_the_connection() {
    on_a_core(async {
        let backend = Backend::start(|_| {
            b"HTTP/1.1 418 X\r\nContent-Type: text/plain\r\nETag: \"1\"\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\
              Keep-Alive: timeout=9\r\nConnection: keep-alive\r\nX-Own: y\r\nAccess-Control-Allow-Origin: *\r\n\
              Access-Control-Allow-Credentials: true\r\nContent-Length: 3\r\n\r\ntea"
                .to_vec()
        })
        .await;
        let reply = send(&backend, request("GET", "/mcp/docs/a", &[], "")).await;
        assert_eq!(
            (reply.status, reply.text.as_str()),
            (StatusCode::IM_A_TEAPOT, "tea")
        );
        let mut names: Vec<&str> = reply.headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "content-type", "etag", "x-own"]);
    });
}

#[test]
fn redirects_are_the_clients_to_follow() {
    on_a_core(async {
        let backend = Backend::start(|_| {
            b"HTTP/1.1 307 X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_vec()
        })
        .await;
        let reply = send(&backend, request("GET", "/mcp/docs/a", &[], "")).await;
        assert_eq!(reply.status, StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(reply.headers[header::LOCATION], "/elsewhere");
        assert_eq!(backend.received().len(), 1);
    });
}

#[test]
fn head_has_the_length_and_no_body() {
    on_a_core(async {
        let backend =
            Backend::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".to_vec()).await;
        let reply = send(&backend, request("HEAD", "/mcp/docs/a", &[], "")).await;
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, ""));
        assert_eq!(reply.headers[header::CONTENT_LENGTH], "5");
    });
}

#[test]
fn failures_are_plain_http_errors() {
    on_a_core(async {
        let closing = Backend::start(|_| Vec::new()).await;
        let reply = send(&closing, request("GET", "/mcp/docs/a", &[], "")).await;
        assert_eq!(reply.status, StatusCode::BAD_GATEWAY);
        assert!(reply.text.contains("the connection broke"), "{reply:?}");
        assert_eq!(closing.received().len(), 1);
    });
}

#[test]
fn bodies_stream_in_both_directions() {
    on_a_core(async {
        // An echo that answers each piece as it comes, so that neither side could wait for an end.
        let address = serve_connections(|_, mut stream| async move {
            let mut buffer = Vec::new();
            while !buffer.windows(4).any(|four| four == b"\r\n\r\n") {
                stream.read_buf(&mut buffer).await.unwrap();
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                .await
                .unwrap();
            let head = buffer
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
                .unwrap()
                + 4;
            let mut piece = buffer.split_off(head);
            loop {
                if !piece.is_empty() {
                    stream
                        .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
                        .await
                        .unwrap();
                    stream.write_all(&piece).await.unwrap();
                    stream.write_all(b"\r\n").await.unwrap();
                    if piece.ends_with(b"0\r\n\r\n") {
                        stream.write_all(b"0\r\n\r\n").await.unwrap();
                        return;
                    }
                }
                piece.clear();
                if stream.read_buf(&mut piece).await.unwrap() == 0 {
                    return;
                }
            }
        })
        .await;
        let gateway = Fixture::with_address(RESOURCE, address);
        let (pieces, receiver) = mpsc::channel::<Result<Frame<Bytes>, Infallible>>(1);
        let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        let request = Request::put("/mcp/docs/a")
            .header(header::HOST, "localhost")
            .body(StreamBody::new(Box::pin(stream)))
            .unwrap();
        pieces
            .send(Ok(Frame::data(Bytes::from_static(b"first"))))
            .await
            .unwrap();
        let mut response = proxy::handle(std::rc::Rc::clone(&gateway.core), request).await;
        assert_eq!(response.status(), 200);
        let mut heard = Vec::new();
        while !heard.windows(5).any(|five| five == b"first") {
            heard.extend_from_slice(
                &response
                    .frame()
                    .await
                    .unwrap()
                    .unwrap()
                    .into_data()
                    .unwrap(),
            );
        }
        pieces
            .send(Ok(Frame::data(Bytes::from_static(b"second"))))
            .await
            .unwrap();
        while !heard.windows(6).any(|six| six == b"second") {
            heard.extend_from_slice(
                &response
                    .frame()
                    .await
                    .unwrap()
                    .unwrap()
                    .into_data()
                    .unwrap(),
            );
        }
        drop(pieces);
        response.into_body().collect().await.unwrap();
        assert_eq!(
            gateway
                .core
                .gateway
                .in_flight
                .load(std::sync::atomic::Ordering::Relaxed),
            0
        );
    });
}

#[test]
fn a_body_over_the_limit_is_refused_announced_or_not() {
    let server = "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata: {name: main}\nspec: {toolSelector: {}, config: {maxRequestBytes: 1024}}\n";
    on_a_core(async {
        let backend = Backend::answering("text/plain", "ok").await;
        let gateway = Fixture::with_backend(&format!("{server}{RESOURCE}"), &backend);
        let long: &'static str = Box::leak("x".repeat(1025).into_boxed_str());
        let announced = gateway.send(request("PUT", "/mcp/docs/a", &[], long)).await;
        assert_eq!(announced.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(backend.received(), []);
        let pieces = [600, 600]
            .map(|length| Ok::<_, Infallible>(Frame::data(Bytes::from("x".repeat(length)))));
        let body = StreamBody::new(futures_util::stream::iter(pieces));
        let chunked = Request::put("/mcp/docs/a")
            .header(header::HOST, "localhost")
            .body(body)
            .unwrap();
        let response = proxy::handle(std::rc::Rc::clone(&gateway.core), chunked).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    });
}
