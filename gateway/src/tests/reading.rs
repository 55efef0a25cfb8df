//! `resources/read`: inline content, and what a Service answers.

use serde_json::{Value, json};

use crate::fixtures::{Backend, Fixture, answer, on_a_core};

fn resource(spec: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPResource\nmetadata: {{name: r}}\nspec:\n{spec}\n"
    )
}

const SERVICE: &str = "  uri: docs://{id}\n  operations:\n  - {method: GET, ingressPath: \"/docs/{id}\", service: {name: backend-svc, port: 8080, path: \"/api/{id}/raw\"}}";

#[test]
fn inline_content_is_given_as_it_stands() {
    let check = |spec: &str, expected: Value| {
        on_a_core(async {
            let gateway = Fixture::new(&resource(spec));
            let result = gateway
                .modern("resources/read", json!({"uri": "config://x"}))
                .await
                .result();
            assert_eq!(result["contents"], json!([expected]));
            let legacy = gateway
                .legacy("2025-06-18", "resources/read", json!({"uri": "config://x"}))
                .await;
            assert_eq!(legacy.result()["contents"], json!([expected]));
        });
    };
    check(
        "  content: {uri: \"config://x\", mimeType: text/yaml, text: \"a: \\\"b\\\"\\n\"}",
        json!({"uri": "config://x", "mimeType": "text/yaml", "text": "a: \"b\"\n"}),
    );
    check(
        "  content: {uri: \"config://x\", mimeType: image/png, blob: iVA=}",
        json!({"uri": "config://x", "mimeType": "image/png", "blob": "iVA="}),
    );
}

#[test]
fn variables_reach_the_backend_encoded_and_never_as_structure() {
    let check = |uri: &str, expected: Option<&str>| {
        on_a_core(async {
            let backend = Backend::answering("text/plain", "ok").await;
            let gateway = Fixture::with_backend(&resource(SERVICE), &backend);
            let reply = gateway.modern("resources/read", json!({"uri": uri})).await;
            let lines: Vec<String> = backend
                .received()
                .into_iter()
                .map(|request| request.line)
                .collect();
            assert_eq!(lines.first().map(String::as_str), expected, "{uri}");
            match expected {
                Some(_) => assert_eq!(
                    reply.result()["contents"],
                    json!([{"uri": uri, "mimeType": "text/plain", "text": "ok"}])
                ),
                None => assert_eq!(
                    reply.json()["error"]["data"],
                    json!({"uri": uri}),
                    "{reply:?}"
                ),
            }
        });
    };
    check("docs://guide", Some("GET /api/guide/raw"));
    check("docs://a%20b%3Fc", Some("GET /api/a%20b%3Fc/raw"));
    check("docs://%C3%A9", Some("GET /api/%C3%A9/raw"));
    check("docs://a%2Fb", None);
    check("docs://%2e%2e", None);
    check("docs://..", None);
    check("docs://a%5Cb", None);
    check("docs://a%0d%0ab", None);
    check("docs://%ff", None);
    check("docs://", None);
    check("docs://a/b", None);
    check("docs://a?b", None);
    check("other://a", None);
}

#[test]
fn a_services_answer_becomes_text_or_blob_or_an_error_of_the_era() {
    let read = |bytes: Vec<u8>, version: &'static str| {
        on_a_core(async {
            let backend = Backend::start(move |_| bytes.clone()).await;
            let gateway = Fixture::with_backend(&resource(SERVICE), &backend);
            let params = json!({"uri": "docs://a"});
            match version {
                "2026-07-28" => gateway.modern("resources/read", params).await.json(),
                _ => gateway
                    .legacy(version, "resources/read", params)
                    .await
                    .json(),
            }
        })
    };
    let newest = "2026-07-28";
    let contents = |bytes| read(bytes, newest)["result"]["contents"].clone();
    assert_eq!(
        contents(answer(200, "text/markdown; charset=utf-8", "# é")),
        json!([{"uri": "docs://a", "mimeType": "text/markdown", "text": "# é"}])
    );
    assert_eq!(
        contents(answer(200, "application/pdf", "%PDF")),
        json!([{"uri": "docs://a", "mimeType": "application/pdf", "blob": "JVBERg=="}])
    );
    for status in [404, 410] {
        for (version, code) in [
            (newest, -32602),
            ("2025-11-25", -32002),
            ("2025-03-26", -32002),
        ] {
            let error = read(answer(status, "text/plain", "gone"), version)["error"].clone();
            assert_eq!(
                (&error["code"], &error["data"]),
                (&json!(code), &json!({"uri": "docs://a"})),
                "{version}"
            );
        }
    }
    for version in [newest, "2025-11-25"] {
        for status in [500, 401, 302] {
            let error = read(answer(status, "text/plain", "broken"), version)["error"].clone();
            assert_eq!(error["code"], json!(-32603), "{version}");
            assert_eq!(
                (&error["data"]["status"], &error["data"]["body"]),
                (&json!(status), &json!("broken"))
            );
            assert!(
                error["message"]
                    .as_str()
                    .unwrap()
                    .contains(&status.to_string()),
                "{error}"
            );
        }
        let error = read(Vec::new(), version)["error"].clone();
        assert_eq!(error["code"], json!(-32603));
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("the connection broke"),
            "{error}"
        );
    }
}
