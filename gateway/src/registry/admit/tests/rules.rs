//! Rules of prompts, resources and servers: what breaks one is told its very message, at its field.

use serde_json::{Value, json};

use super::{ADMISSION, told};
use crate::registry::objects::Kind;

fn check(kind: Kind, spec: Value, expected: &str) {
    let object = json!({
        "apiVersion": "mcp.example.com/v1alpha1",
        "kind": kind.as_str(),
        "metadata": {"name": "x", "namespace": "default"},
        "spec": spec,
    });
    let errors = told(&ADMISSION.admit(kind, object).errors);
    assert!(
        errors.iter().any(|error| error == expected),
        "{errors:?} lacks {expected}"
    );
}

#[test]
fn prompts() {
    for (spec, expected) in [
        (
            json!({}),
            "spec: a prompt takes exactly one of template, messages and service; keep one",
        ),
        (
            json!({"template": "x", "service": {"name": "a", "port": 80}}),
            "spec: a prompt takes exactly one of template, messages and service; keep one",
        ),
        (
            json!({"messages": [{"role": "user"}]}),
            "spec.messages[0]: a message takes exactly one of template, image, audio and resource; keep one and put the others into messages of their own",
        ),
        (
            json!({"template": "x", "variables": [{"name": "a", "required": true, "default": "b"}]}),
            "spec.variables[0]: a required variable has no use for a default; remove one of the two",
        ),
        (
            json!({"template": "x", "variables": [{"name": "a", "values": ["b"], "default": "c"}]}),
            "spec.variables[0]: default is not among values; add it there or change it",
        ),
    ] {
        check(Kind::Prompt, spec, expected);
    }
}

#[test]
fn resources() {
    let operation = |method: &str, path: &str| json!({"method": method, "ingressPath": path, "service": {"name": "a", "port": 80}});
    for (spec, expected) in [
        (
            json!({}),
            "spec: a resource takes exactly one of operations (a Service answers) and content (kept here); remove one or add one",
        ),
        (
            json!({"content": {"uri": "a://b"}}),
            "spec.content: content takes exactly one of text and blob; remove one or add one",
        ),
        (
            json!({"uri": "a://b", "content": {"uri": "a://b", "text": "x"}}),
            "spec: an inline resource has its URI in content.uri; remove uri",
        ),
        (
            json!({"uri": "a://b", "operations": [operation("POST", "/a")]}),
            "spec: uri is read by GET, but no operation has method GET; add one or remove uri",
        ),
        (
            json!({"operations": [operation("GET", "/a"), operation("GET", "/b")]}),
            "spec.operations: a resource is read by one GET operation; put the others into an MCPResource of their own",
        ),
        (
            json!({"operations": [operation("POST", "/a"), operation("POST", "/a")]}),
            "spec.operations: two operations have the same method and ingressPath; change or remove one",
        ),
        (
            json!({"uri": "no uri", "operations": [operation("GET", "/a")]}),
            "spec.uri: must be a URI such as docs://{id}: a scheme, a colon, and no spaces",
        ),
    ] {
        check(Kind::Resource, spec, expected);
    }
}

#[test]
fn servers() {
    for (spec, expected) in [
        (
            json!({"ingress": {"host": "10.0.0.1"}}),
            "spec.ingress.host: must be a host name; an Ingress takes no IP address",
        ),
        (
            json!({"ingress": {"host": "a.b", "pathPrefix": "/a/../b"}}),
            "spec.ingress.pathPrefix: must be a path such as /mcp: begin with a slash, end without one, letters, digits, dashes, dots and underscores only",
        ),
        (
            json!({"toolSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}),
            "spec.toolSelector.matchExpressions[0]: operators In and NotIn need at least one entry in values; Exists and DoesNotExist take none",
        ),
    ] {
        check(Kind::Server, spec, expected);
    }
}
