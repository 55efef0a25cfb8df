//! What a build takes in, what it leaves out and why, and what it takes over from the build before.
//! YAML in; rejected objects or compiled values out.
#![allow(clippy::unwrap_used)]

mod conflicts;
mod lists;
mod plans;
mod prompts;
mod reasons;
mod reuse;
mod selection;

use std::sync::Arc;

use serde_json::{Value, json};

use super::build;
use crate::registry::{
    Registry,
    objects::{Objects, Services},
    rejected::Rejected,
};

/// Objects as a cluster hands them out, in namespace `default` where they name none. Not judged by the CRDs' rules:
/// what the build can tell by itself it must tell by itself.
fn stored(yaml: &str) -> Objects {
    let mut objects = Objects {
        services: Services {
            by_name: true,
            ..Services::default()
        },
        ..Objects::default()
    };
    for document in yaml.split("---\n").filter(|text| !text.trim().is_empty()) {
        let mut value: Value = serde_saphyr::from_str(document).unwrap();
        if value["metadata"]["namespace"].is_null() {
            value["metadata"]["namespace"] = json!("default");
        }
        match value["kind"].as_str().unwrap() {
            "MCPServer" => objects.server = Some(Arc::new(serde_json::from_value(value).unwrap())),
            "MCPTool" => objects
                .tools
                .push(Arc::new(serde_json::from_value(value).unwrap())),
            "MCPPrompt" => objects
                .prompts
                .push(Arc::new(serde_json::from_value(value).unwrap())),
            "MCPResource" => objects
                .resources
                .push(Arc::new(serde_json::from_value(value).unwrap())),
            other => panic!("{other}"),
        }
    }
    objects
}

/// One object; `spec` is YAML, indented by two.
fn object(kind: &str, metadata: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: {kind}\nmetadata: {{{metadata}}}\nspec:\n{spec}\n"
    )
}

/// A server that selects everything; `more` is YAML for its spec.
fn server(more: &str) -> String {
    object(
        "MCPServer",
        "name: main",
        &format!("  toolSelector: {{}}\n{more}"),
    )
}

/// A tool that takes any object; `more` is YAML for its spec.
fn tool(name: &str, more: &str) -> String {
    object(
        "MCPTool",
        &format!("name: {name}"),
        &format!("  service: {{name: svc, port: 8080, path: /api}}\n{more}"),
    )
}

fn registry(yaml: &str) -> Registry {
    build(&stored(yaml), None, 1)
}

/// The names of what is served, sorted, each with its kind.
fn served(registry: &Registry) -> Vec<String> {
    let tools = registry.tools.keys().map(|name| format!("tool {name}"));
    let prompts = registry.prompts.keys().map(|name| format!("prompt {name}"));
    let resources = registry
        .resources
        .values()
        .chain(&registry.templates)
        .map(|resource| format!("resource {}", resource.uri.text));
    let mut all: Vec<String> = tools.chain(prompts).chain(resources).collect();
    all.sort();
    all
}

/// Rejections in short: `KIND NAMESPACE/NAME: FIELD: MESSAGE (REASON)`.
fn rejected(registry: &Registry) -> Vec<String> {
    registry.rejected.iter().map(Rejected::to_string).collect()
}
