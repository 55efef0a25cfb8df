//! The rules of MCPResource.

use super::{bad, check};

const GOOD: &str = "{operations: [{method: GET, ingressPath: '/docs/{id}', service: {name: a, port: 1, path: '/{id}'}}]}";
const INGRESS_PATH: &str = "must be a path such as /resources/docs/{id}";

#[test]
fn resources_are_refused_for_one_reason_at_a_time() {
    let also_good = [
        "{operations: null, content: {uri: 'config://template', text: a}}",
        "{operations: null, content: {uri: 'config://template', blob: AA==}}",
        "uri: docs://{id}",
        "{cache: {ttl: 1s}}",
        "{operations: [{method: POST, ingressPath: /docs, service: {name: a, port: 1}}, {method: GET, ingressPath: /docs, service: {name: a, port: 1}}]}",
    ];
    let operations = |text: &str| -> &'static str { format!("operations: {text}").leak() };
    let at = |path: &str| {
        operations(&format!(
            "[{{ingressPath: {path}, service: {{name: a, port: 1}}}}]"
        ))
    };
    let to = |path: &str| {
        operations(&format!(
            "[{{ingressPath: /a, service: {{name: a, port: 1, path: {path}}}}}]"
        ))
    };
    let cases = [
        bad("operations: null", "exactly one of operations"),
        bad(
            "content: {uri: 'config://template', text: a}",
            "exactly one of operations",
        ),
        bad(
            "{operations: null, uri: 'a:b', content: {uri: 'a:b', text: a}}",
            "has its URI in content.uri",
        ),
        bad(
            "{operations: null, cache: {ttl: 1s}, content: {uri: 'a:b', text: a}}",
            "needs no cache",
        ),
        bad(
            "{operations: null, content: {uri: 'a:b'}}",
            "exactly one of text and blob",
        ),
        bad(
            "{operations: null, content: {uri: 'a:b', text: a, blob: AA==}}",
            "exactly one of text and blob",
        ),
        bad(
            "{operations: null, content: {uri: template, text: a}}",
            "must be a URI such as config://template",
        ),
        bad(
            "{operations: null, content: {uri: 'a:{b}', text: a}}",
            "no braces",
        ),
        bad("uri: docs", "must be a URI such as docs://{id}"),
        bad("uri: 'docs: a'", "no spaces"),
        bad(
            "{uri: 'a:b', operations: [{method: PUT, ingressPath: /a, service: {name: a, port: 1}}]}",
            "uri is read by GET",
        ),
        bad(
            "{cache: {ttl: 1s}, operations: [{method: PUT, ingressPath: /a, service: {name: a, port: 1}}]}",
            "only what GET answers is kept",
        ),
        bad("cache: {ttl: 0s}", "longer than zero"),
        bad(
            "{uri: 'docs://x', operations: [{ingressPath: '/a/{id}', variables: [{name: id}], service: {name: a, port: 1}}]}",
            "add {name} to uri",
        ),
        bad(
            operations(
                "[{ingressPath: '/a', variables: [{name: id}], service: {name: a, port: 1}}]",
            ),
            "add {name} there or remove the variable",
        ),
        bad(
            operations(
                "[{method: PUT, ingressPath: /a, service: {name: a, port: 1}}, {method: PUT, ingressPath: /a, service: {name: b, port: 1}}]",
            ),
            "the same method and ingressPath",
        ),
        bad(
            operations(
                "[{ingressPath: /a, service: {name: a, port: 1}}, {ingressPath: /b, service: {name: a, port: 1}}]",
            ),
            "read by one GET operation",
        ),
        bad(at("docs"), INGRESS_PATH),
        bad(at("/docs/"), INGRESS_PATH),
        bad(at("/docs//a"), INGRESS_PATH),
        bad(at("/docs/../a"), INGRESS_PATH),
        bad(at("/docs/%2e%2e"), INGRESS_PATH),
        bad(at("/docs%2Fa"), INGRESS_PATH),
        bad(at("'/docs/{id'"), INGRESS_PATH),
        bad(at("'/docs?a'"), INGRESS_PATH),
        bad(to("a"), "must be a path such as /api/items/{id}"),
        bad(to("/a/.."), "must not hold a . or .. segment"),
    ];
    check("MCPResource", GOOD, &also_good, &cases);
}
