//! Tests of the resources: what the definitions say, what their rules refuse, and that the examples conform.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod definitions;
mod evaluate;
mod examples;
mod parsing;
mod rules;

use std::path::PathBuf;

use serde_json::Value;

use super::object_schema;

/// The four kinds.
const KINDS: [&str; 4] = ["MCPServer", "MCPTool", "MCPPrompt", "MCPResource"];

/// Types of Kubernetes that are embedded without the descriptions and bounds of our own fields, by kind and path.
const EMBEDDED: [&str; 11] = [
    "spec.autoscaling.metrics",
    "spec.autoscaling.behavior",
    "spec.strategy",
    "spec.podTemplate.resources",
    "spec.podTemplate.tolerations",
    "spec.podTemplate.affinity",
    "spec.podTemplate.topologySpreadConstraints",
    "spec.podTemplate.imagePullSecrets",
    "spec.podTemplate.securityContext",
    "spec.podTemplate.containerSecurityContext",
    "spec.podTemplate.env",
];

/// The folder of the whole project.
fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One step of a walk over a schema.
struct Node<'a> {
    /// Where it is: names with dots, `[]` for the items of a list, `*` for the values of a map.
    path: String,
    /// The schema there.
    schema: &'a Value,
}

/// All nodes of a schema outside the embedded types of Kubernetes, whose roots are included.
fn nodes<'a>(schema: &'a Value, path: &str, out: &mut Vec<Node<'a>>) {
    out.push(Node {
        path: path.to_owned(),
        schema,
    });
    if EMBEDDED.contains(&path) {
        return;
    }
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        nodes(property, &below(name), out);
    }
    if schema["items"].is_object() {
        nodes(&schema["items"], &format!("{path}[]"), out);
    }
    if schema["additionalProperties"].is_object() {
        nodes(&schema["additionalProperties"], &below("*"), out);
    }
}

/// Calls `check` with each node of each kind.
fn each_node(mut check: impl FnMut(&str, &Node<'_>)) {
    for kind in KINDS {
        let schema = object_schema(kind).unwrap();
        let mut all = Vec::new();
        nodes(&schema, "", &mut all);
        all.iter().for_each(|node| check(kind, node));
    }
}
