//! `prompts/get`, `completion/complete` and `resources/read`: what is filled in, proposed, found and not found.

use serde_json::{Value, json};

use super::wire::{docs, everything, inline, prompt, refusal, server_meta};
use crate::fixtures::{Backend, Fixture, answer, on_a_core};

const ERAS: [&str; 2] = ["2026-07-28", "2025-11-25"];

async fn ask(
    gateway: &Fixture,
    version: &str,
    method: &str,
    params: Value,
) -> crate::fixtures::Reply {
    match version {
        "2026-07-28" => gateway.modern(method, params).await,
        _ => gateway.legacy(version, method, params).await,
    }
}

/// A result as an era has it.
fn result_of(version: &str, mut result: Value) -> Value {
    if version == "2026-07-28" {
        result["resultType"] = json!("complete");
        result["_meta"] = server_meta();
    }
    result
}

#[test]
fn a_prompt_is_filled_in_with_arguments_and_defaults() {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let check = async |arguments: Value, text: &str| {
            for version in ERAS {
                let params = json!({"name": "hello", "arguments": arguments});
                let reply = ask(&gateway, version, "prompts/get", params).await;
                let message = json!({"role": "user", "content": {"type": "text", "text": text}});
                let expected = json!({"description": "A greeting.", "messages": [message]});
                assert_eq!(reply.result(), result_of(version, expected));
            }
        };
        check(json!({"who": "Ada"}), "Hello Ada, in prose.").await;
        check(
            json!({"who": "Ada", "tone": "verse"}),
            "Hello Ada, in verse.",
        )
        .await;
        check(json!({"who": "", "tone": ""}), "Hello , in .").await;
        check(json!({"who": "{{tone}}"}), "Hello {{tone}}, in prose.").await;
        check(
            json!({"who": "\"\\\n\u{0}\u{2028}é"}),
            "Hello \"\\\n\u{0}\u{2028}é, in prose.",
        )
        .await;
        check(
            json!({"who": "Ada", "nobody": "asked"}),
            "Hello Ada, in prose.",
        )
        .await;
    });
}

#[test]
fn a_prompt_that_cannot_be_filled_in_says_why() {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let check = async |params: Value, word: &str| {
            for version in ERAS {
                let reply = ask(&gateway, version, "prompts/get", params.clone()).await;
                assert_eq!(
                    refusal(&reply),
                    (200, -32602, json!(1), Value::Null),
                    "{version} {params}"
                );
                assert!(reply.text.contains(word), "{word} in {}", reply.text);
            }
        };
        check(json!({"name": "hello"}), "who").await;
        check(json!({"name": "hello", "arguments": {}}), "who").await;
        check(json!({"name": "hello", "arguments": null}), "who").await;
        check(
            json!({"name": "hello", "arguments": {"tone": "verse"}}),
            "who",
        )
        .await;
        for wrong in [
            json!(7),
            json!(null),
            json!(true),
            json!(["Ada"]),
            json!({"a": 1}),
        ] {
            check(json!({"name": "hello", "arguments": {"who": wrong}}), "who").await;
            check(
                json!({"name": "hello", "arguments": {"who": "Ada", "tone": wrong}}),
                "tone",
            )
            .await;
        }
        check(json!({"name": "hello", "arguments": []}), "arguments").await;
        check(json!({"name": "hello", "arguments": "Ada"}), "arguments").await;
        check(json!({"name": "nobody"}), "Unknown prompt: nobody").await;
        check(json!({"name": "Hello"}), "Unknown prompt: Hello").await;
        check(json!({"name": ""}), "Unknown prompt").await;
        check(json!({}), "name").await;
        check(json!({"name": 7}), "name").await;
    });
}

#[test]
fn completion_proposes_the_values_that_begin_with_what_was_typed() {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let check = async |reference: Value, argument: &str, typed: &str, values: &[&str]| {
            for version in ERAS {
                let params =
                    json!({"ref": reference, "argument": {"name": argument, "value": typed}});
                let reply = ask(&gateway, version, "completion/complete", params).await;
                let completion = json!({"values": values, "total": values.len(), "hasMore": false});
                assert_eq!(
                    reply.result(),
                    result_of(version, json!({"completion": completion}))
                );
            }
        };
        let hello = || json!({"type": "ref/prompt", "name": "hello", "title": "unused"});
        check(hello(), "tone", "", &["prose", "Poem", "polite words"]).await;
        check(hello(), "tone", "p", &["prose", "Poem", "polite words"]).await;
        check(hello(), "tone", "PO", &["Poem", "polite words"]).await;
        check(hello(), "tone", "polite ", &["polite words"]).await;
        check(hello(), "tone", "rose", &[]).await;
        check(hello(), "who", "", &[]).await;
        check(hello(), "nobody", "", &[]).await;
        let pages = || json!({"type": "ref/resource", "uri": "docs://{id}"});
        check(pages(), "id", "g", &["guide", "getting-started"]).await;
        check(pages(), "other", "", &[]).await;
        check(
            json!({"type": "ref/resource", "uri": "config://one"}),
            "id",
            "",
            &[],
        )
        .await;
    });
}

#[test]
fn completion_shows_all_values_that_a_variable_may_have() {
    on_a_core(async {
        let values: Vec<String> = (0..100).map(|number| format!("v{number:03}")).collect();
        let yaml =
            prompt("hello", "x").replace("[prose, Poem, polite words]", &format!("{values:?}"));
        let gateway = Fixture::new(&yaml.replace("default: prose", "default: v000"));
        let check = async |typed: &str, expected: &[String]| {
            let reference = json!({"type": "ref/prompt", "name": "hello"});
            let params = json!({"ref": reference, "argument": {"name": "tone", "value": typed}});
            let reply = gateway
                .legacy("2025-11-25", "completion/complete", params)
                .await;
            let completion = json!({"values": expected, "total": expected.len(), "hasMore": false});
            assert_eq!(reply.result(), json!({"completion": completion}));
        };
        check("v", &values).await;
        check("V00", &values[..10]).await;
    });
}

#[test]
fn a_completion_of_what_is_not_there_is_refused() {
    on_a_core(async {
        let gateway = Fixture::new(&everything());
        let argument = || json!({"name": "id", "value": ""});
        let check = async |params: Value| {
            for version in ERAS {
                let reply = ask(&gateway, version, "completion/complete", params.clone()).await;
                assert_eq!(
                    refusal(&reply),
                    (200, -32602, json!(1), Value::Null),
                    "{version} {params}"
                );
            }
        };
        check(json!({"ref": {"type": "ref/prompt", "name": "nobody"}, "argument": argument()}))
            .await;
        check(json!({"ref": {"type": "ref/tool", "name": "search"}, "argument": argument()})).await;
        check(json!({"ref": {"type": "ref/prompt"}, "argument": argument()})).await;
        check(json!({"ref": ["ref/prompt", "hello"], "argument": argument()})).await;
        check(json!({"ref": "hello", "argument": argument()})).await;
        check(json!({"argument": argument()})).await;
        let hello = || json!({"type": "ref/prompt", "name": "hello"});
        for wrong in [
            json!(null),
            json!("tone"),
            json!(["tone", ""]),
            json!({"name": "tone"}),
            json!({"name": "tone", "value": 7}),
        ] {
            check(json!({"ref": hello(), "argument": wrong})).await;
        }
        check(json!({"ref": hello()})).await;
        let unknown = || json!({"ref": {"type": "ref/resource", "uri": "docs://none/{id}"}, "argument": argument()});
        let data = json!({"uri": "docs://none/{id}"});
        let reply = gateway.modern("completion/complete", unknown()).await;
        assert_eq!(refusal(&reply), (200, -32602, json!(1), data.clone()));
        let reply = gateway
            .legacy("2025-11-25", "completion/complete", unknown())
            .await;
        assert_eq!(refusal(&reply), (200, -32002, json!(1), data));
    });
}

#[test]
fn a_resource_that_is_not_there_has_the_code_of_its_era() {
    on_a_core(async {
        let backend = Backend::start(|_| answer(404, "text/plain", "no such page")).await;
        let gateway = Fixture::with_backend(&everything(), &backend);
        for uri in [
            "config://two",
            "CONFIG://one",
            "config://one/",
            "docs://",
            "docs://a/b",
            "docs://missing",
            "",
            "not a uri",
        ] {
            let data = || json!({"uri": uri});
            let reply = gateway.modern("resources/read", json!({"uri": uri})).await;
            assert_eq!(refusal(&reply), (200, -32602, json!(1), data()), "{uri}");
            for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
                let reply = gateway
                    .legacy(version, "resources/read", json!({"uri": uri}))
                    .await;
                assert_eq!(
                    refusal(&reply),
                    (200, -32002, json!(1), data()),
                    "{uri} {version}"
                );
            }
        }
        assert_eq!(
            backend.received().len(),
            5,
            "only docs://missing is for the backend to know"
        );
        for wrong in [json!({}), json!({"uri": 7}), json!({"uri": null})] {
            let reply = gateway.modern("resources/read", wrong.clone()).await;
            assert_eq!(
                refusal(&reply),
                (200, -32602, json!(1), Value::Null),
                "{wrong}"
            );
        }
    });
}

#[test]
fn a_resource_is_read_with_what_its_era_has_around_it() {
    on_a_core(async {
        let backend = Backend::answering("text/markdown; charset=utf-8", "# Guide").await;
        let cached = docs()
            .replace("{name: docs}", "{name: kept}")
            .replace("docs://", "kept://")
            .replace("ingressPath: \"/docs", "ingressPath: \"/kept")
            .replace("spec:\n", "spec:\n  cache: {ttl: 60s, scope: private}\n");
        let gateway =
            Fixture::with_backend(&[docs(), inline("one", "text"), cached].concat(), &backend);
        let check = async |uri: &str, content: Value, ttl: u64| {
            for version in ERAS {
                let reply = ask(&gateway, version, "resources/read", json!({"uri": uri})).await;
                let mut expected = result_of(version, json!({"contents": [content]}));
                if version == "2026-07-28" {
                    expected["ttlMs"] = json!(ttl);
                    expected["cacheScope"] = json!("private");
                }
                assert_eq!(reply.result(), expected);
            }
        };
        let text = |uri: &str| json!({"uri": uri, "mimeType": "text/plain", "text": "text"});
        check("config://one", text("config://one"), 0).await;
        let page = |uri: &str| json!({"uri": uri, "mimeType": "text/markdown", "text": "# Guide"});
        check("docs://guide", page("docs://guide"), 0).await;
        check("kept://guide", page("kept://guide"), 60_000).await;
        assert_eq!(backend.received()[0].line, "GET /api/docs/guide");
    });
}
