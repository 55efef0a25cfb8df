//! The rules of MCPTool.

use super::{Case, bad, check};

const GOOD: &str = "{service: {name: a, port: 1, path: /items}, inputSchema: {}}";
const PATH: &str = "must be a path such as /api/items/{id}";
const DOTS: &str = "must not hold a . or .. segment";

#[test]
fn tools_are_refused_for_one_reason_at_a_time() {
    let also_good = [
        "{inputSchema: null, inputSchemaText: '{}'}",
        "service: {name: a, port: 1}",
        "service: {name: a, port: 1, path: /}",
        "service: {name: a, port: http, path: \"/a/b.c/{id}/x-{n}/%20/@me,(1)'!\"}",
        "service: {name: a, port: 1, path: /a/.../b}",
        "{service: {name: a, port: 1, path: '/{id}'}, parameters: [{name: id, in: path, style: label, allowSlash: true}]}",
        "{method: GET, body: none}",
        "{method: DELETE, body: json}",
        "{parameters: [{name: a, in: query, style: deepObject}, {name: b, in: header, style: simple}, {name: c, in: cookie, style: form}]}",
        "parameters: [{name: 'a b', in: header, as: X-A}, {name: query, in: body, as: q}]",
        "headers: [{name: A, value: b}, {name: Authorization, valueFrom: {secretKeyRef: {name: a, key: b}}}]",
        "response: {format: json, jq: .a}",
        "response: {format: mcp}",
    ];
    let mut cases = fields();
    cases.extend(service_paths());
    cases.extend(parameters());
    check("MCPTool", GOOD, &also_good, &cases);
}

fn fields() -> Vec<Case> {
    let long = "a2345678901234567890123456789012345678901234567890123456789012345";
    vec![
        Case {
            name: long,
            spec: "{}",
            message: "set spec.name",
        },
        bad(
            "inputSchemaText: '{}'",
            "exactly one of inputSchema and inputSchemaText",
        ),
        bad(
            "inputSchema: null",
            "write inputSchema: {} for a tool that takes any object",
        ),
        bad(
            "{method: GET, body: json}",
            "a GET or HEAD request has no body; remove body",
        ),
        bad(
            "{body: none, parameters: [{name: a, in: body}]}",
            "body is none",
        ),
        bad(
            "{method: GET, parameters: [{name: a, in: body}]}",
            "send the parameter in query",
        ),
        bad("{method: PUT, response: {format: mcp}}", "set method: POST"),
        bad(
            "{response: {format: mcp}, body: json}",
            "remove parameters and body",
        ),
        bad(
            "{response: {format: mcp}, parameters: [{name: a, in: query}]}",
            "remove parameters and body",
        ),
        bad("response: {format: text, jq: .a}", "jq works on JSON only"),
        bad("timeout: 0s", "longer than zero"),
        bad("cache: {ttl: 0s}", "longer than zero"),
        bad("rateLimit: {requests: 1, window: 0s}", "longer than zero"),
        bad("headers: [{name: A}]", "exactly one of value and valueFrom"),
        bad(
            "headers: [{name: A, value: b, valueFrom: {secretKeyRef: {name: a, key: b}}}]",
            "exactly one of value",
        ),
        bad("headers: [{name: HOST, value: a}]", "set by the gateway"),
        bad(
            "headers: [{name: content-length, value: '1'}]",
            "set by the gateway",
        ),
    ]
}

fn service_paths() -> Vec<Case> {
    vec![
        bad("service: {name: a, port: 1, path: a}", PATH),
        bad("service: {name: a, port: 1, path: /a//b}", PATH),
        bad("service: {name: a, port: 1, path: //a}", PATH),
        bad("service: {name: a, port: 1, path: '/a?b=c'}", PATH),
        bad("service: {name: a, port: 1, path: '/a#b'}", PATH),
        bad("service: {name: a, port: 1, path: '/a b'}", PATH),
        bad(r#"service: {name: a, port: 1, path: "/a\n"}"#, PATH),
        bad(r#"service: {name: a, port: 1, path: "/a\0b"}"#, PATH),
        bad(r"service: {name: a, port: 1, path: '/a\b'}", PATH),
        bad("service: {name: a, port: 1, path: '/{id'}", PATH),
        bad("service: {name: a, port: 1, path: '/{}'}", PATH),
        bad("service: {name: a, port: 1, path: '/a%zz'}", PATH),
        bad("service: {name: a, port: 1, path: /ä}", PATH),
        bad("service: {name: a, port: 1, path: /a/../b}", DOTS),
        bad("service: {name: a, port: 1, path: /a/.}", DOTS),
        bad("service: {name: a, port: 1, path: /%2e%2E/a}", DOTS),
        bad("service: {name: a, port: 1, path: /.%2e}", DOTS),
        bad("service: {name: a, port: 1, path: /a%2Fb}", DOTS),
        bad("service: {name: a, port: 1, path: /a%5cb}", DOTS),
        bad("service: {name: a, port: 1, path: /a%00}", DOTS),
    ]
}

fn parameters() -> Vec<Case> {
    vec![
        bad(
            "parameters: [{name: a, in: query}, {name: a, in: header}]",
            "two parameters have the same name",
        ),
        bad(
            "parameters: [{name: a, in: path}]",
            "add {name} to service.path",
        ),
        bad(
            "{service: {name: a, port: 1, path: '/{id}'}, parameters: [{name: id, in: query}]}",
            "set in: path or remove {name}",
        ),
        bad(
            "parameters: [{name: a, in: query, style: simple}]",
            "style does not fit",
        ),
        bad(
            "parameters: [{name: a, in: header, style: form}]",
            "style does not fit",
        ),
        bad(
            "parameters: [{name: a, in: cookie, style: simple}]",
            "style does not fit",
        ),
        bad(
            "parameters: [{name: a, in: body, style: form}]",
            "leave it out in body",
        ),
        bad(
            "{service: {name: a, port: 1, path: '/{id}'}, parameters: [{name: id, in: path, style: form}]}",
            "style does not fit",
        ),
        bad(
            "parameters: [{name: a, in: query, allowSlash: true}]",
            "allowSlash has a meaning in path only",
        ),
        bad(
            "parameters: [{name: a, in: body, explode: true}]",
            "explode has no meaning in body",
        ),
        bad(
            "{service: {name: a, port: 1, path: '/{id}'}, parameters: [{name: id, in: path, as: key}]}",
            "remove `as`",
        ),
        bad(
            "parameters: [{name: 'a b', in: header}]",
            "`a b` cannot be the name of a header",
        ),
        bad(
            "parameters: [{name: a, in: header, as: 'x:'}]",
            "`x:` cannot be the name of a header",
        ),
        bad(
            "parameters: [{name: a, in: header, as: HoSt}]",
            "may not set Host",
        ),
        bad(
            "parameters: [{name: content-type, in: header}]",
            "may not set Host, Cookie",
        ),
        bad(
            "parameters: [{name: 'a;b', in: cookie}]",
            "the cookie's name",
        ),
    ]
}
