//! What our types take from JSON, and what durations and conditions become.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};

use super::KINDS;
use crate::crd::{
    ConditionStatus, ConditionType, Duration, MCPPromptSpec, MCPResourceSpec, MCPServerSpec,
    MCPTool, MCPToolSpec, Reason, apply_defaults, condition, object_schema, set_condition,
};

#[test]
fn durations_are_read_as_go_reads_them() {
    #[track_caller]
    fn check(text: &str, millis: Option<f64>) {
        let parsed = Duration::new(text)
            .parse()
            .ok()
            .map(|duration| duration.as_secs_f64() * 1000.0);
        assert_eq!(parsed, millis, "{text}");
    }
    check("30s", Some(30_000.0));
    check("1m30s", Some(90_000.0));
    check("500ms", Some(500.0));
    check("1.5h", Some(5_400_000.0));
    check("2h45m10.25s", Some(9_910_250.0));
    check("250us", Some(0.25));
    check("250µs", Some(0.25));
    check("0s", Some(0.0));
    check("1000000h", Some(3_600_000_000_000.0));
    for bad in [
        "",
        "30",
        "s",
        "-1s",
        "1 s",
        "1s ",
        "1.s",
        ".5s",
        "1..5s",
        "1d",
        "1e3s",
        "1000001h",
        "9999999999999999s",
    ] {
        check(bad, None);
    }
}

#[test]
fn a_bad_duration_parses_as_part_of_an_object_and_says_how_to_write_it() {
    let spec: MCPServerSpec =
        serde_json::from_value(json!({"config": {"requestTimeout": "30 seconds"}})).unwrap();
    let error = spec.config.request_timeout.parse().unwrap_err().to_string();
    assert!(
        error.contains("`30 seconds`") && error.contains("1m30s"),
        "{error}"
    );
}

#[test]
fn the_pattern_of_durations_takes_what_the_parser_takes() {
    let schema = object_schema("MCPTool").unwrap();
    let validator =
        jsonschema::validator_for(&schema["properties"]["spec"]["properties"]["timeout"]).unwrap();
    for text in [
        "30s",
        "1m30s",
        "1.5h",
        "250µs",
        "",
        "30",
        "1.s",
        ".5s",
        "1d",
        "-1s",
        "9999999999999999s",
    ] {
        assert_eq!(
            validator.is_valid(&json!(text)),
            Duration::new(text).parse().is_ok(),
            "{text}"
        );
    }
}

#[test]
fn fields_of_a_newer_version_are_passed_over() {
    let tool: MCPTool = serde_json::from_value(json!({
        "apiVersion": "mcp.example.com/v1alpha1",
        "kind": "MCPTool",
        "metadata": {"name": "newer", "futureField": 1},
        "futureField": {},
        "spec": {"service": {"name": "a", "port": 1, "futureField": []}, "inputSchema": {}, "futureField": "x"},
        "status": {"futureField": true},
    }))
    .unwrap();
    assert_eq!(tool.spec.service.name, "a");
}

#[test]
fn the_defaults_of_the_types_are_those_of_the_schema() {
    #[track_caller]
    fn check<T: serde::de::DeserializeOwned + serde::Serialize>(kind: &str, spec: &Value) {
        let schema = &object_schema(kind).unwrap()["properties"]["spec"];
        let typed: T = serde_json::from_value(spec.clone()).unwrap();
        // Compared before the schema fills anything in: a default that only the schema has would not show afterwards.
        let mut by_type = serde_json::to_value(typed).unwrap();
        let mut by_schema = spec.clone();
        apply_defaults(schema, &mut by_schema);
        drop_empty_lists(&mut by_schema);
        drop_empty_lists(&mut by_type);
        assert_eq!(by_type, by_schema, "{kind}");
    }
    check::<MCPServerSpec>("MCPServer", &json!({}));
    check::<MCPServerSpec>(
        "MCPServer",
        &json!({
            "redis": {"serviceName": "r"}, "ingress": {"host": "h"}, "autoscaling": {"maxReplicas": 3},
            "rateLimit": {"requests": 1, "window": "1s"}, "service": {}, "config": {"title": "t"},
        }),
    );
    check::<MCPToolSpec>(
        "MCPTool",
        &json!({
            "service": {"name": "a", "port": 1}, "inputSchema": {}, "parameters": [{"name": "a", "in": "query"}],
            "cache": {"ttl": "1s"}, "rateLimit": {"requests": 1, "window": "1s"},
        }),
    );
    check::<MCPPromptSpec>(
        "MCPPrompt",
        &json!({"messages": [{"template": "x"}], "variables": [{"name": "a"}]}),
    );
    check::<MCPResourceSpec>(
        "MCPResource",
        &json!({"operations": [{"ingressPath": "/a", "service": {"name": "a", "port": "http"}}]}),
    );
}

/// An empty list and an absent one are the same to our types, which write neither.
fn drop_empty_lists(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
            object.values_mut().for_each(drop_empty_lists);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_empty_lists),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn defaults_drop_null_where_a_schema_governs_and_keep_it_in_free_form_json() {
    let mut tool = json!({
        "spec": {"title": null, "method": null, "headers": null, "inputSchema": {"default": null}, "unknown": null},
    });
    apply_defaults(&object_schema("MCPTool").unwrap(), &mut tool);
    assert!(tool["spec"].get("title").is_none() && tool["spec"].get("headers").is_none());
    assert_eq!(tool["spec"]["method"], "POST");
    assert_eq!(tool["spec"]["inputSchema"], json!({"default": null}));
    assert!(tool["spec"].get("unknown").is_some());
}

#[test]
fn free_form_json_is_kept_as_the_same_value() {
    for kind in KINDS {
        let schema = object_schema(kind).unwrap();
        for field in ["inputSchema", "outputSchema", "annotations"] {
            let node = &schema["properties"]["spec"]["properties"][field];
            if node.is_object() {
                assert_eq!(
                    node["x-kubernetes-preserve-unknown-fields"], true,
                    "{kind} {field}"
                );
                assert_eq!(node["x-kubernetes-map-type"], "atomic", "{kind} {field}");
            }
        }
    }
    let schema = json!({"type": "object", "$defs": {"x": true}, "properties": {"n": {"maximum": 1.5, "default": null}}});
    let spec = json!({"service": {"name": "a", "port": 1}, "inputSchema": schema});
    let typed: MCPToolSpec = serde_json::from_value(spec).unwrap();
    assert_eq!(typed.input_schema, Some(schema));
}

#[test]
fn hints_are_read_from_annotations() {
    let spec = MCPToolSpec {
        annotations: Some(json!({"readOnlyHint": true, "x": 1})),
        ..MCPToolSpec::default()
    };
    assert_eq!(
        (
            spec.hint("readOnlyHint"),
            spec.hint("x"),
            spec.hint("idempotentHint")
        ),
        (Some(true), None, None)
    );
}

#[test]
fn a_transition_time_moves_only_with_the_status() {
    let time = |text: &str| serde_json::from_value::<Time>(json!(text)).unwrap();
    let (early, late) = (time("2026-01-01T00:00:00Z"), time("2026-01-02T00:00:00Z"));
    let ready = |status, reason, now: &Time| {
        condition(
            ConditionType::Ready,
            status,
            reason,
            "m",
            Some(1),
            now.clone(),
        )
    };
    let mut conditions = Vec::new();
    set_condition(
        &mut conditions,
        ready(ConditionStatus::False, Reason::InvalidSchema, &early),
    );
    set_condition(
        &mut conditions,
        ready(ConditionStatus::False, Reason::NameConflict, &late),
    );
    assert_eq!(
        conditions,
        [ready(ConditionStatus::False, Reason::NameConflict, &early)]
    );
    set_condition(
        &mut conditions,
        ready(ConditionStatus::True, Reason::Ready, &late),
    );
    assert_eq!(
        conditions,
        [ready(ConditionStatus::True, Reason::Ready, &late)]
    );
}

#[test]
fn reasons_have_names_of_their_own() {
    let mut names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Reason::ALL.len());
    assert!(
        names
            .iter()
            .all(|name| name.chars().all(|c| c.is_ascii_alphanumeric()))
    );
}
