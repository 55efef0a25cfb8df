//! Every reason for which a build leaves an object out, with the field and the words that say how to mend it.
#![allow(clippy::unwrap_used)]

use super::{object, registry, rejected, served, server, tool};

/// One object among others that are fine: it alone is left out.
fn check(broken: &str, expected: &str) {
    let fine = tool("fine", "");
    let registry = registry(&[broken, &fine].concat());
    assert_eq!(rejected(&registry), [expected], "{broken}");
    assert_eq!(served(&registry), ["tool fine"], "{broken}");
}

fn check_tool(more: &str, expected: &str) {
    check(&tool("t", more), &format!("MCPTool default/t: {expected}"));
}

fn check_service(service: &str, expected: &str) {
    let spec = format!("  service: {{{service}}}");
    check(
        &object("MCPTool", "name: t", &spec),
        &format!("MCPTool default/t: {expected}"),
    );
}

fn check_prompt(spec: &str, expected: &str) {
    check(
        &object("MCPPrompt", "name: p", spec),
        &format!("MCPPrompt default/p: {expected}"),
    );
}

fn check_resource(spec: &str, expected: &str) {
    check(
        &object("MCPResource", "name: r", spec),
        &format!("MCPResource default/r: {expected}"),
    );
}

#[test]
fn names_of_tools() {
    let long = "a".repeat(65);
    for name in ["a b", "", "é", "a/b", &long] {
        check_tool(
            &format!("  name: \"{name}\""),
            &format!(
                "spec.name: \"{name}\" cannot be a tool's name; use 1 to 64 letters, digits, _, . and - (InvalidValue)"
            ),
        );
    }
}

#[test]
fn schemas() {
    check_tool(
        "  inputSchema: {properties: {a: {type: strnig}}}",
        "spec.inputSchema: at /properties/a/type: \"strnig\" is not valid under any of the schemas listed in the 'anyOf' keyword (InvalidSchema)",
    );
    check_tool(
        "  inputSchemaText: '{\"type\":\"array\"}'",
        "spec.inputSchemaText: the root must have type: object, for arguments always are one (InvalidSchema)",
    );
    check_tool(
        "  inputSchemaText: '{\"type\":'",
        "spec.inputSchemaText: it is not JSON: EOF while parsing a value at line 1 column 8 (InvalidSchema)",
    );
    check_tool(
        "  inputSchemaText: '{} {}'",
        "spec.inputSchemaText: it is not JSON: trailing characters at line 1 column 4 (InvalidSchema)",
    );
    check_tool(
        "  outputSchema: {minimum: low}",
        "spec.outputSchema: at /minimum: \"low\" is not of type \"number\" (InvalidSchema)",
    );
    check_tool(
        "  outputSchema: {allOf: [{$ref: '#'}]}",
        "spec.outputSchema: $ref \"#\" leads back to itself without going deeper into the value, so it never ends; put it under properties or items (InvalidSchema)",
    );
}

#[test]
fn paths_and_templates() {
    check_service(
        "name: svc, port: 80, path: /a/../b",
        "spec.service.path: \"/a/../b\" holds a dot segment, which servers read differently; write the plain path (InvalidPath)",
    );
    check_service(
        "name: svc, port: 80, path: '/a/{id'",
        "spec.service.path: \"/a/{id\" has an unclosed or stray brace; write {name} (InvalidPath)",
    );
    let operation = |path: &str, service: &str| {
        format!(
            "  operations: [{{ingressPath: \"{path}\", service: {{name: svc, port: 80, path: \"{service}\"}}}}]"
        )
    };
    check_resource(
        &operation("/a//b", "/"),
        "spec.operations[0].ingressPath: \"/a//b\" holds //, which servers read differently; write the plain path (InvalidPath)",
    );
    check_resource(
        &operation("/a", "b"),
        "spec.operations[0].service.path: \"b\" must begin with / (InvalidPath)",
    );
    check_resource(
        &operation("/a/{id}", "/b/{name}"),
        "spec.operations[0].ingressPath: service.path takes {name}, which /a/{id} does not give (InvalidTemplate)",
    );
    check_resource(
        &format!("  uri: \"a:{{b}}\"\n{}", operation("/a/{id}", "/b/{id}")),
        "spec.uri: service.path takes {id}, which the URI a:{b} does not give (InvalidTemplate)",
    );
    check_resource(
        &format!("  uri: \"a:{{id\"\n{}", operation("/a/{id}", "/b/{id}")),
        "spec.uri: \"a:{id\" has an unclosed or stray brace; write {name} (InvalidTemplate)",
    );
    check_resource(
        "  content: {uri: \"a:{b}\", text: x}",
        "spec.content.uri: inline content has no variables; remove the braces (InvalidTemplate)",
    );
}

#[test]
fn services_of_prompts() {
    check_prompt(
        "  service: {name: svc, port: 80, path: \"/a/{b}\"}",
        "spec.service.path: a prompt's arguments travel in the body; remove the braces from the path (InvalidPath)",
    );
    check_prompt(
        "  service: {name: svc, port: http}",
        "spec.service.port: Service svc is not among the files, so its port \"http\" has no number; add the Service, or --resolve svc:http=HOST:PORT (ServiceNotFound)",
    );
}

#[test]
fn templates_of_prompts() {
    check_prompt(
        "  template: \"Hello {{name\"",
        "spec.template: line 1 has a {{ without }} (InvalidTemplate)",
    );
    check_prompt(
        "  template: \"Hello {{name}}\"",
        "spec.template: {{name}} is not declared; add it to spec.variables (InvalidTemplate)",
    );
    check_prompt(
        "  messages: [{template: \"{{a}}\"}, {resource: {uri: \"{{b}}\", text: x}}]\n  variables: [{name: a}]",
        "spec.messages[1].resource.uri: {{b}} is not declared; add it to spec.variables (InvalidTemplate)",
    );
    check_prompt(
        "  messages: [{resource: {uri: a, text: \"{{c}}\"}}]",
        "spec.messages[0].resource.text: {{c}} is not declared; add it to spec.variables (InvalidTemplate)",
    );
}

#[test]
fn parameters() {
    let parameter = |text: &str| format!("  parameters: [{{name: ok, in: query}}, {{{text}}}]");
    let invalid = |text: &str| format!("spec.parameters[1]: {text} (InvalidParameter)");
    check_tool(
        &parameter("name: a, in: path"),
        &invalid("service.path has no {a}; add it there, or choose another `in`"),
    );
    check_tool(
        &parameter("name: a, in: query, style: matrix"),
        &invalid("this style does not go with this `in`; see the OpenAPI table of styles"),
    );
    check_tool(
        &parameter("name: a, in: header, as: \"a b\""),
        &invalid("\"a b\" is no header name"),
    );
    for header in [
        "Host",
        "Connection",
        "Keep-Alive",
        "TE",
        "Transfer-Encoding",
        "Upgrade",
        "Trailer",
        "Proxy-Authorization",
        "Cookie",
        "Authorization",
        "Content-Length",
        "content-type",
    ] {
        let lower = header.to_lowercase();
        check_tool(
            &parameter(&format!("name: a, in: header, as: {header}")),
            &invalid(&format!(
                "an argument may not set {lower}, which belongs to the connection, the body or the caller"
            )),
        );
    }
    check_tool(
        &format!(
            "{}\n  headers: [{{name: x-team, value: a}}]",
            parameter("name: a, in: header, as: X-Team")
        ),
        &invalid("x-team is one of the constant headers"),
    );
}

#[test]
fn headers_and_secrets() {
    let header = |text: &str| format!("  headers: [{{name: ok, value: a}}, {{{text}}}]");
    check_tool(
        &header("name: \"a b\", value: x"),
        "spec.headers[1]: the name is no header name (InvalidHeader)",
    );
    check_tool(
        &header("name: a, value: \"x\\ny\""),
        "spec.headers[1]: the value holds a control character, which no header can carry (InvalidHeader)",
    );
    check_tool(
        &header("name: a"),
        "spec.headers[1]: give either value or valueFrom (InvalidHeader)",
    );
    let secret = header("name: a, valueFrom: {secretKeyRef: {name: token, key: k}}");
    let field = "spec.headers[1].valueFrom.secretKeyRef";
    check_tool(
        &secret,
        &format!(
            "{field}: Secret token may not be used; add it to spec.allowedSecrets of MCPServer mcp-gateway (SecretNotAllowed)"
        ),
    );
    check(
        &[server("  allowedSecrets: [token]"), tool("t", &secret)].concat(),
        &format!(
            "MCPTool default/t: {field}: there is no key k in a Secret token; create it (SecretNotFound)"
        ),
    );
}

#[test]
fn values() {
    check_tool(
        "  timeout: soon",
        "spec.timeout: `soon` is not a duration; write a number and a unit for each part, such as 500ms, 30s or 1m30s (InvalidValue)",
    );
    check_resource(
        "  content: {uri: \"no uri\", text: x}",
        "spec.content.uri: \"no uri\" is no URI; begin with a scheme, as in docs://{id} (InvalidValue)",
    );
    check_resource(
        "  content: {uri: \"a:b\", blob: \"???\"}",
        "spec.content.blob: it is not base64: Invalid symbol 63, offset 0. (InvalidContent)",
    );
    check_resource(
        "  cache: {ttl: long}\n  content: {uri: \"a:b\", text: x}",
        "spec.cache.ttl: `long` is not a duration; write a number and a unit for each part, such as 500ms, 30s or 1m30s (InvalidValue)",
    );
}

#[test]
fn contradictions() {
    check_prompt(
        "  title: T",
        "spec: give template, messages or service (InvalidSpec)",
    );
    check_prompt(
        "  messages: [{role: user}]",
        "spec.messages[0]: give exactly one of template, image, audio and resource (InvalidSpec)",
    );
    let both = "spec: give exactly one of operations and content (InvalidSpec)";
    check_resource("  title: T", both);
    check_resource(
        "  content: {uri: \"a:b\", text: x}\n  operations: [{ingressPath: /a, service: {name: svc, port: 80}}]",
        both,
    );
    for content in ["", ", text: a, blob: YQ=="] {
        check_resource(
            &format!("  content: {{uri: \"a:b\"{content}}}"),
            "spec.content: give exactly one of text and blob (InvalidSpec)",
        );
    }
}

#[test]
fn caches() {
    let message = "spec.cache: only a read-only tool can be cached; set annotations.readOnlyHint: true if it is one (InvalidCache)";
    check_tool("  cache: {ttl: 5s}", message);
    check_tool(
        "  cache: {ttl: 5s}\n  annotations: {readOnlyHint: false}",
        message,
    );
    check_resource(
        "  cache: {ttl: 5s}\n  operations: [{method: PUT, ingressPath: /a, service: {name: svc, port: 80}}]",
        "spec.cache: only what GET answers can be kept; add a GET operation, or remove cache (InvalidCache)",
    );
}

#[test]
fn what_cannot_be_combined_or_done() {
    check_tool(
        "  response: {jq: ., format: mcp}",
        "spec.response.jq: an MCP result is relayed as it is; remove the filter (InvalidFilter)",
    );
    check_service(
        "name: svc, port: 443, scheme: https",
        "spec.service.scheme: calls go over plain HTTP only, so far; name a port that speaks it (UnsupportedService)",
    );
}
