//! Each kind of finding, and what admission leaves alone.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Admission, Admitted, Finding, nearest};
use crate::registry::objects::Kind;

mod rules;

static ADMISSION: LazyLock<Admission> = LazyLock::new(|| Admission::new().unwrap());

/// A tool that nothing is wrong with, and `changes` (JSON merge patch) to it.
fn tool(changes: Value) -> Value {
    let mut object = json!({
        "apiVersion": "mcp.example.com/v1alpha1",
        "kind": "MCPTool",
        "metadata": {"name": "search", "namespace": "default"},
        "spec": {"service": {"name": "backend", "port": 8080, "path": "/search"}, "inputSchema": {"type": "object"}},
    });
    patch(&mut object, changes);
    object
}

fn patch(target: &mut Value, changes: Value) {
    match (target, changes) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                if change.is_null() {
                    fields.remove(&name);
                } else {
                    patch(fields.entry(name).or_insert(Value::Null), change);
                }
            }
        }
        (target, change) => *target = change,
    }
}

fn admit(changes: Value) -> Admitted {
    ADMISSION.admit(Kind::Tool, tool(changes))
}

fn told(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{}: {}", finding.path, finding.message))
        .collect()
}

fn check_errors(changes: Value, expected: &[&str]) {
    assert_eq!(told(&admit(changes).errors), expected);
}

fn check_warnings(changes: Value, expected: &[&str]) {
    let admitted = admit(changes);
    assert_eq!(told(&admitted.warnings), expected);
    assert_eq!(told(&admitted.errors), [""; 0]);
}

#[test]
fn a_good_object_gets_its_defaults_and_nothing_else() {
    let admitted = admit(json!({}));
    assert_eq!(
        (told(&admitted.errors), told(&admitted.warnings)),
        (vec![], vec![])
    );
    assert_eq!(admitted.object["spec"]["method"], "POST");
    assert_eq!(admitted.object["spec"]["service"]["scheme"], "http");
    assert_eq!(admitted.object["spec"]["parameters"], json!([]));
    assert_eq!(admitted.object["spec"]["response"]["format"], "auto");
    assert_eq!(admitted.object.get("status"), None);
}

#[test]
fn wrong_types_say_what_to_do() {
    check_errors(
        json!({"spec": {"description": 5}}),
        &["spec.description: must be a string, is the number 5; put it in quotes: \"5\""],
    );
    check_errors(
        json!({"spec": {"service": {"port": [1]}}}),
        &["spec.service.port: must be a whole number or a string, is a list"],
    );
    check_errors(
        json!({"spec": {"maxConcurrentRequests": "5"}}),
        &["spec.maxConcurrentRequests: must be a whole number, is \"5\"; take the quotes away: 5"],
    );
    check_errors(
        json!({"spec": {"parameters": {"name": "a"}}}),
        &[
            "spec.parameters: must be a list, is an object; begin it with a dash, also where there is only one",
        ],
    );
    check_errors(
        json!({"spec": "x"}),
        &["spec: must be an object (keys and values), is \"x\""],
    );
}

#[test]
fn values_outside_their_bounds_say_the_bounds() {
    check_errors(
        json!({"spec": {"service": {"port": 0}}}),
        &["spec.service.port: must be at least 1, is 0"],
    );
    check_errors(
        json!({"spec": {"service": {"port": 70000}}}),
        &["spec.service.port: must be at most 65535, is 70000"],
    );
    check_errors(
        json!({"spec": {"title": "x".repeat(257)}}),
        &["spec.title: is 257 characters long; at most 256 are allowed"],
    );
    check_errors(
        json!({"spec": {"title": ""}}),
        &["spec.title: is empty; give it a value or take the key away"],
    );
    let errors =
        admit(json!({"spec": {"parameters": vec![json!({"name": "x", "in": "query"}); 65]}}))
            .errors;
    assert_eq!(
        told(&errors),
        ["spec.parameters: is 65 items long; at most 64 are allowed"]
    );
}

#[test]
fn a_wrong_choice_or_pattern_says_what_fits() {
    check_errors(
        json!({"spec": {"parameters": [{"name": "q", "in": "querry"}]}}),
        &[
            "spec.parameters[0].in: must be one of path, query, header, cookie, body, is \"querry\"; did you mean query?",
        ],
    );
    let errors = told(&admit(json!({"spec": {"name": "two words"}})).errors);
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].starts_with(
            "spec.name: must match ^[A-Za-z0-9_.-]+$, is \"two words\" (Name that clients"
        ),
        "{errors:?}"
    );
}

#[test]
fn what_is_missing_is_named_with_what_it_is_for() {
    let errors = told(&admit(json!({"spec": {"service": {"port": null}}})).errors);
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].starts_with("spec.service.port: is missing; add it (Port of the Service"),
        "{errors:?}"
    );
    check_errors(
        json!({"spec": {"headers": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}}),
        &[
            "spec.headers[1]: name \"a\" is already used by spec.headers[0]; keep one of them or change it",
        ],
    );
}

#[test]
fn an_unknown_field_is_left_out_with_the_nearest_name() {
    check_warnings(
        json!({"spec": {"descripton": "x"}}),
        &["spec.descripton: unknown field, left out; did you mean `description`?"],
    );
    check_warnings(
        json!({"spec": {"service": {"hostname": "x"}}}),
        &[
            "spec.service.hostname: unknown field, left out; the fields here are name, path, port, scheme",
        ],
    );
    check_warnings(
        json!({"Spec": {}}),
        &["Spec: unknown field, left out; did you mean `spec`?"],
    );
    assert_eq!(
        admit(json!({"spec": {"descripton": "x"}})).object["spec"].get("descripton"),
        None
    );
}

#[test]
fn free_form_json_is_kept_as_it_is() {
    let schema = json!({"type": "object", "x-mine": [null, 1.5, {"default": null}], "properties": {"b": {}, "a": {}}});
    let admitted = admit(json!({"spec": {"inputSchema": schema}}));
    assert_eq!(admitted.warnings, []);
    assert_eq!(admitted.object["spec"]["inputSchema"], schema);
}

#[test]
fn numbers_are_stored_as_a_cluster_stores_them() {
    let schema =
        json!({"minimum": 1.0, "maximum": 18_446_744_073_709_551_615_u64, "multipleOf": 0.5});
    let admitted = admit(json!({"spec": {"inputSchema": schema}}));
    let text = admitted.object["spec"]["inputSchema"].to_string();
    assert_eq!(
        text,
        r#"{"maximum":1.8446744073709552e+19,"minimum":1,"multipleOf":0.5,"type":"object"}"#
    );
}

#[test]
fn a_rule_is_told_with_its_message_at_its_field() {
    for (changes, expected) in [
        (
            json!({"spec": {"inputSchemaText": "{}"}}),
            "spec: a tool takes exactly one of inputSchema and inputSchemaText; write inputSchema: {} for a tool that takes any object",
        ),
        (
            json!({"spec": {"method": "GET", "body": "json"}}),
            "spec: a GET or HEAD request has no body; remove body or change method",
        ),
        (
            json!({"spec": {"parameters": [{"name": "id", "in": "path"}]}}),
            "spec: a parameter in path has no place; add {name} to service.path",
        ),
        (
            json!({"spec": {"parameters": [{"name": "id", "in": "query"}, {"name": "id", "in": "query"}]}}),
            "spec.parameters: two parameters have the same name; each argument goes to one place, remove one",
        ),
        (
            json!({"spec": {"timeout": "0s"}}),
            "spec.timeout: must be longer than zero, such as 30s; leave the field out for its default",
        ),
    ] {
        let errors = told(&admit(changes).errors);
        assert!(
            errors.iter().any(|error| error == expected),
            "{errors:?} lacks {expected}"
        );
    }
}

#[test]
fn paths_that_could_lead_elsewhere_break_a_rule() {
    for path in [
        "/a/../b",
        "//a",
        "/a//b",
        "/%2e%2e/b",
        "/a\u{0}b",
        "/a\nb",
        "a",
        "/a?b=c",
        "/a/{b",
        "/a#b",
        "/%2fetc",
    ] {
        let errors = admit(json!({"spec": {"service": {"path": path}}})).errors;
        assert!(!errors.is_empty(), "{path:?} was let through");
        assert!(
            errors.iter().all(|error| error.path == "spec.service.path"),
            "{errors:?}"
        );
    }
}

#[test]
fn a_root_rule_sees_the_name_of_the_object() {
    let server = json!({
        "apiVersion": "mcp.example.com/v1alpha1", "kind": "MCPServer",
        "metadata": {"name": "x".repeat(53)}, "spec": {},
    });
    let errors = told(&ADMISSION.admit(Kind::Server, server).errors);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].contains("DNS label of at most 52 characters"),
        "{errors:?}"
    );
}

#[test]
fn rules_run_only_on_what_the_schema_has_bounded() {
    let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
    let errors = admit(json!({"spec": {"parameters": deep, "body": "none"}})).errors;
    assert!(
        errors
            .iter()
            .all(|error| error.path.starts_with("spec.parameters")),
        "{errors:?}"
    );
}

#[test]
fn an_object_too_large_for_a_cluster_is_refused_at_once() {
    let errors = told(
        &admit(json!({"spec": {"inputSchema": {"description": "x".repeat(5_000_000)}}})).errors,
    );
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].contains("a cluster stores at most 1572864, make it smaller"),
        "{errors:?}"
    );
}

#[test]
fn metadata_is_judged_as_every_object_of_a_cluster() {
    for (metadata, path) in [
        (json!({"name": null}), "metadata.name"),
        (json!({"name": "Search"}), "metadata.name"),
        (json!({"name": "-a"}), "metadata.name"),
        (json!({"name": 5}), "metadata.name"),
        (json!({"name": "a".repeat(254)}), "metadata.name"),
        (json!({"namespace": "a.b"}), "metadata.namespace"),
        (
            json!({"labels": {"mcp-server": true}}),
            "metadata.labels.mcp-server",
        ),
        (json!({"labels": {"a b": "x"}}), "metadata.labels[\"a b\"]"),
        (json!({"labels": {"a": "x y"}}), "metadata.labels.a"),
        (json!({"labels": ["a"]}), "metadata.labels"),
        (
            json!({"annotations": {"UPPER.com/x": "x"}}),
            "metadata.annotations[\"UPPER.com/x\"]",
        ),
    ] {
        let errors = admit(json!({"metadata": metadata})).errors;
        assert_eq!(
            errors
                .iter()
                .map(|error| error.path.as_str())
                .collect::<Vec<_>>(),
            [path],
            "{metadata}"
        );
    }
    check_errors(
        json!({"metadata": {"labels": {"app.kubernetes.io/name": "x"}, "annotations": {"a.b/c": "x y\n"}}}),
        &[],
    );
    check_errors(
        json!({"metadata": null}),
        &["metadata: is missing; add metadata with a name"],
    );
    check_warnings(
        json!({"metadata": {"label": {}}}),
        &["metadata.label: unknown field, left out; did you mean `labels`?"],
    );
}

#[test]
fn the_nearest_name_is_near() {
    let names = ["description", "service", "method"];
    assert_eq!(
        nearest("Description", names.into_iter()),
        Some("description")
    );
    assert_eq!(nearest("sevrice", names.into_iter()), Some("service"));
    assert_eq!(nearest("colour", names.into_iter()), None);
    assert_eq!(nearest(&"service".repeat(100), names.into_iter()), None);
}
