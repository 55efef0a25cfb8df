//! jq filters on answers: what clients get of them, and which are refused when an object is built.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    fixtures::{Backend, Fixture, objects, on_a_core, tool},
    registry::build::build,
};

/// Calls a tool whose backend answers with `body`, once plainly and once with a progress token; both must be the same.
fn check(spec: &str, content_type: &'static str, body: &'static str, expected: Value) {
    on_a_core(async {
        let backend = Backend::answering(content_type, body).await;
        let yaml = tool("shaped", &format!("  inputSchema: {{}}\n{spec}"));
        let gateway = Fixture::with_backend(&yaml, &backend);
        for meta in [json!({}), json!({"progressToken": 1})] {
            let params = json!({"name": "shaped", "arguments": {}, "_meta": meta});
            let result = gateway
                .legacy("2025-11-25", "tools/call", params)
                .await
                .result();
            assert_eq!(result, expected, "{spec} {meta}");
        }
    });
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

const ITEMS: &str =
    r#"{"items": [{"name": "a", "size": 9007199254740993}, {"name": "b", "size": 1.0}]}"#;

#[test]
fn the_answer_is_what_the_filter_makes_of_it() {
    let names = "  response: {jq: '[.items[].name]'}";
    check(names, "application/json", ITEMS, text(r#"["a","b"]"#));
    let sizes = "  response: {jq: '.items[].size'}";
    check(
        sizes,
        "application/json",
        ITEMS,
        text("[9007199254740993,1.0]"),
    );
}

#[test]
fn structured_content_is_the_filters_too() {
    let spec = "  response: {jq: '{names: [.items[].name]}'}\n  outputSchema: {type: object, required: [names]}";
    let mut expected = text(r#"{"names":["a","b"]}"#);
    expected["structuredContent"] = json!({"names": ["a", "b"]});
    check(spec, "application/json", ITEMS, expected);
}

#[test]
fn a_filter_without_a_result_is_an_error_that_says_why() {
    let wrong = "  response: {jq: '.items | .name'}";
    let spec = "  response: {jq: '.'}";
    let not_json = "The backend answered 200 OK, but the jq filter cannot read the answer";
    on_a_core(async {
        for (spec, content_type, body, beginning) in [
            (
                wrong,
                "application/json",
                ITEMS,
                "The backend answered 200 OK, but the jq filter failed: ",
            ),
            (spec, "text/plain", "no JSON", not_json),
        ] {
            let backend = Backend::answering(content_type, body).await;
            let gateway = Fixture::with_backend(
                &tool("shaped", &format!("  inputSchema: {{}}\n{spec}")),
                &backend,
            );
            let reply = gateway
                .modern("tools/call", json!({"name": "shaped"}))
                .await;
            assert_eq!(reply.result()["isError"], json!(true), "{reply:?}");
            assert!(reply.content_text().starts_with(beginning), "{reply:?}");
        }
    });
}

#[test]
fn an_answer_that_is_no_success_is_not_filtered() {
    on_a_core(async {
        let backend = Backend::start(|_| {
            crate::fixtures::answer(404, "application/json", r#"{"error":"gone"}"#)
        })
        .await;
        let gateway = Fixture::with_backend(
            &tool("shaped", "  inputSchema: {}\n  response: {jq: .items}"),
            &backend,
        );
        let reply = gateway
            .modern("tools/call", json!({"name": "shaped"}))
            .await;
        assert!(
            reply.content_text().ends_with("\n{\"error\":\"gone\"}"),
            "{reply:?}"
        );
    });
}

#[test]
fn a_filter_that_could_do_harm_leaves_its_tool_out() {
    for filter in [
        "def f: f; f",
        "env",
        "reduce .[] as $x (0; . + $x)",
        "\"x\" * 1000000000",
        ".[",
        "input",
    ] {
        let spec = format!("  inputSchema: {{}}\n  response: {{jq: '{filter}'}}");
        let registry = build(&objects(&tool("shaped", &spec), None), None, 1);
        let rejected: Vec<_> = registry
            .rejected
            .iter()
            .map(|entry| (entry.reason.as_str(), entry.field.as_str()))
            .collect();
        assert_eq!(
            rejected,
            [("InvalidFilter", "spec.response.jq")],
            "{filter}"
        );
    }
}

#[test]
fn equal_filters_are_one_program_within_a_build_and_across_builds() {
    let spec = "  inputSchema: {}\n  response: {jq: '.items[0]'}";
    let first = build(
        &objects(&format!("{}{}", tool("a", spec), tool("b", spec)), None),
        None,
        1,
    );
    let (a, b) = (
        first.tools["a"].filter.as_ref().unwrap(),
        first.tools["b"].filter.as_ref().unwrap(),
    );
    assert!(Arc::ptr_eq(a, b));
    let second = build(&objects(&tool("c", spec), None), Some(&first), 1);
    assert!(Arc::ptr_eq(second.tools["c"].filter.as_ref().unwrap(), a));
}
