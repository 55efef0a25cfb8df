//! What the definitions themselves must be: files, sizes, names, columns, descriptions, bounds.

use serde_json::{Value, json};

use super::{EMBEDDED, each_node, nodes, project};
use crate::crd::{definition, definition_files, definitions, object_schema};

#[test]
fn the_chart_carries_what_the_types_generate() {
    let folder = project().join("charts/mcp-operator/files/crds");
    for file in definition_files().unwrap() {
        let committed = std::fs::read_to_string(folder.join(&file.name)).unwrap_or_default();
        assert!(
            committed == file.text,
            "charts/mcp-operator/files/crds/{} is not what the types generate; run `cargo run -p shared --bin crdgen`",
            file.name
        );
    }
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "mcpprompts.yaml",
            "mcpresources.yaml",
            "mcpservers.yaml",
            "mcptools.yaml"
        ]
    );
}

#[test]
fn the_yaml_reads_back_as_the_same_definition_and_stays_small() {
    for (file, definition) in definition_files().unwrap().iter().zip(definitions()) {
        let read: Value = serde_saphyr::from_str(&file.text).unwrap();
        assert_eq!(read, definition, "{}", file.name);
        // Client-side apply keeps a copy of the object in an annotation of at most 256 KiB.
        assert!(
            file.text.len() < 200_000,
            "{} has {} bytes",
            file.name,
            file.text.len()
        );
    }
}

#[test]
fn names_and_subresources_are_those_that_users_type() {
    #[track_caller]
    fn check(kind: &str, plural: &str, short: &str, subresources: &Value) {
        let definition = definition(kind).unwrap();
        assert_eq!(
            definition["metadata"]["name"],
            format!("{plural}.mcp.example.com")
        );
        let names = json!({
            "kind": kind, "plural": plural, "singular": kind.to_lowercase(), "shortNames": [short], "categories": ["mcp"],
        });
        assert_eq!(definition["spec"]["names"], names);
        assert_eq!(definition["spec"]["scope"], "Namespaced");
        let version = &definition["spec"]["versions"][0];
        assert_eq!(version["name"], "v1alpha1");
        assert_eq!(&version["subresources"], subresources);
    }
    let scale = json!({
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    });
    check(
        "MCPServer",
        "mcpservers",
        "mcpsrv",
        &json!({"status": {}, "scale": scale}),
    );
    check("MCPTool", "mcptools", "mcpt", &json!({"status": {}}));
    check("MCPPrompt", "mcpprompts", "mcpp", &json!({"status": {}}));
    check(
        "MCPResource",
        "mcpresources",
        "mcpr",
        &json!({"status": {}}),
    );
}

#[test]
fn columns_are_in_the_order_that_kubectl_prints() {
    #[track_caller]
    fn check(kind: &str, expected: &[&str]) {
        let definition = definition(kind).unwrap();
        let columns = definition["spec"]["versions"][0]["additionalPrinterColumns"]
            .as_array()
            .unwrap();
        let names: Vec<&str> = columns
            .iter()
            .map(|column| column["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{kind}");
    }
    check(
        "MCPServer",
        &[
            "Ready",
            "Replicas",
            "Tools",
            "Prompts",
            "Resources",
            "Rejected",
            "URL",
            "Age",
        ],
    );
    check(
        "MCPTool",
        &["Tool", "Service", "Servers", "Ready", "Reason", "Age"],
    );
    check(
        "MCPPrompt",
        &["Prompt", "Service", "Servers", "Ready", "Reason", "Age"],
    );
    check(
        "MCPResource",
        &["Resource", "Service", "Servers", "Ready", "Reason", "Age"],
    );
}

#[test]
fn every_field_has_a_description() {
    each_node(|kind, node| {
        let is_field = !node.path.ends_with("[]")
            && !node.path.ends_with('*')
            && !node.path.starts_with("metadata");
        let text = node.schema["description"].as_str().unwrap_or_default();
        assert!(
            !is_field || text.len() > 3,
            "{kind} {} has no description",
            node.path
        );
        // `kubectl explain` shows the text to people who know nothing of the types behind it.
        assert!(
            !text.contains("serde") && !text.contains("[`"),
            "{kind} {}: {text}",
            node.path
        );
    });
}

#[test]
fn everything_that_a_rule_can_reach_is_bounded() {
    each_node(|kind, node| {
        if node.schema["x-kubernetes-validations"].is_array() {
            let mut below = Vec::new();
            nodes(node.schema, &node.path, &mut below);
            for reached in below {
                // Embedded types have no bounds of ours; that no rule looks into them is the next test's matter.
                if !EMBEDDED.contains(&reached.path.as_str()) {
                    assert_bounded(kind, &reached.path, reached.schema);
                }
            }
        }
    });
}

fn assert_bounded(kind: &str, path: &str, schema: &Value) {
    let bound = match schema["type"].as_str() {
        Some("string") if schema["enum"].is_array() => return,
        Some("string") => "maxLength",
        Some("array") => "maxItems",
        Some("object") if schema["additionalProperties"].is_object() => "maxProperties",
        None if schema["x-kubernetes-int-or-string"] == true => "maxLength",
        Some("object" | "boolean" | "integer" | "number") => return,
        other => panic!("{kind} {path} has the type {other:?}"),
    };
    assert!(
        schema[bound].is_u64(),
        "{kind} {path} can be reached by a rule and has no {bound}"
    );
}

#[test]
fn no_rule_looks_into_an_embedded_type() {
    let server = object_schema("MCPServer").unwrap();
    for path in EMBEDDED {
        let pointer = format!("/properties/{}", path.replace('.', "/properties/"));
        assert!(
            server.pointer(&pointer).is_some(),
            "{path} is not a field of MCPServer"
        );
    }
    let last = |path: &&str| format!(".{}", path.rsplit('.').next().unwrap());
    each_node(|kind, node| {
        for rule in node.schema["x-kubernetes-validations"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let text = rule["rule"].as_str().unwrap();
            let embedded = EMBEDDED
                .iter()
                .map(last)
                .find(|name| text.contains(name.as_str()));
            assert!(
                kind != "MCPServer" || embedded.is_none(),
                "{}: `{text}` reads {embedded:?}",
                node.path
            );
        }
    });
}

#[test]
fn every_rule_says_how_to_mend_what_breaks_it() {
    each_node(|kind, node| {
        for rule in node.schema["x-kubernetes-validations"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let message = rule["message"].as_str().unwrap_or_default();
            assert!(
                message.len() > 20 && !message.contains('\n'),
                "{kind} {}: {rule}",
                node.path
            );
        }
    });
}

#[test]
fn nothing_is_nullable_and_every_pattern_is_anchored() {
    each_node(|kind, node| {
        assert!(
            node.schema["nullable"].is_null(),
            "{kind} {} is nullable",
            node.path
        );
        if let Some(pattern) = node.schema["pattern"].as_str() {
            assert!(pattern.starts_with('^'), "{kind} {}: {pattern}", node.path);
            if node.path != "spec.icons[].src" {
                assert!(pattern.ends_with('$'), "{kind} {}: {pattern}", node.path);
            }
        }
    });
}

#[test]
fn an_object_that_nobody_selects_says_so_from_the_start() {
    for kind in ["MCPTool", "MCPPrompt", "MCPResource"] {
        let status = &object_schema(kind).unwrap()["properties"]["status"]["default"];
        let condition = &status["conditions"][0];
        assert_eq!(
            (&condition["type"], &condition["status"]),
            (&json!("Ready"), &json!("Unknown")),
            "{kind}"
        );
        assert_eq!(condition["reason"], "NotSelected");
        serde_json::from_value::<crate::crd::ObjectStatus>(status.clone()).unwrap();
    }
    assert!(object_schema("MCPServer").unwrap()["properties"]["status"]["default"].is_null());
}
