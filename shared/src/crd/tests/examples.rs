//! The committed examples conform to schema and rules, lose nothing in our types, and show every field.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use k8s_openapi::api::apps::v1::Deployment;
use serde_json::Value;

use super::{EMBEDDED, KINDS, each_node, evaluate::violations, project};
use crate::crd::{MCPPrompt, MCPResource, MCPServer, MCPTool, apply_defaults, object_schema};

/// Every YAML file below `examples`, with its documents.
fn files() -> Vec<(PathBuf, Vec<Value>)> {
    let mut out = Vec::new();
    collect(&project().join("examples"), &mut out);
    assert!(
        out.len() >= 12,
        "only {} example files were found",
        out.len()
    );
    out
}

fn collect(folder: &Path, out: &mut Vec<(PathBuf, Vec<Value>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, out);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let text = fs::read_to_string(&path).unwrap();
            let documents = serde_saphyr::from_multiple(&text)
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            out.push((path, documents));
        }
    }
}

/// Every object of ours among the examples.
fn objects() -> Vec<(PathBuf, Value)> {
    let ours = |object: &Value| object["apiVersion"] == "mcp.example.com/v1alpha1";
    files()
        .into_iter()
        .flat_map(|(path, all)| all.into_iter().filter(ours).map(move |o| (path.clone(), o)))
        .collect()
}

#[test]
fn examples_conform_to_the_schema_of_their_kind() {
    for kind in KINDS {
        let schema = object_schema(kind).unwrap();
        let validator = jsonschema::draft4::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let of_kind: Vec<_> = objects()
            .into_iter()
            .filter(|(_, object)| object["kind"] == kind)
            .collect();
        assert!(of_kind.len() >= 2, "{kind} has too few examples");
        for (path, object) in of_kind {
            let errors: Vec<String> = validator
                .iter_errors(&object)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
        }
    }
}

#[test]
fn examples_break_no_rule() {
    for (path, object) in objects() {
        assert_eq!(violations(&object), [], "{}", path.display());
    }
}

#[test]
fn examples_lose_nothing_in_our_types() {
    for (path, object) in objects() {
        let schema = object_schema(object["kind"].as_str().unwrap()).unwrap();
        let mut read = match object["kind"].as_str().unwrap() {
            "MCPServer" => round_trip::<MCPServer>(&object),
            "MCPTool" => round_trip::<MCPTool>(&object),
            "MCPPrompt" => round_trip::<MCPPrompt>(&object),
            "MCPResource" => round_trip::<MCPResource>(&object),
            kind => panic!("{}: unknown kind {kind}", path.display()),
        };
        let mut expected = object;
        apply_defaults(&schema, &mut expected);
        apply_defaults(&schema, &mut read);
        assert_eq!(read, expected, "{}", path.display());
    }
}

fn round_trip<T: serde::de::DeserializeOwned + serde::Serialize>(object: &Value) -> Value {
    let typed: T = serde_json::from_value(object.clone()).unwrap();
    serde_json::to_value(typed).unwrap()
}

#[test]
fn the_files_of_fields_show_every_field() {
    let mut shown = BTreeSet::new();
    for (path, object) in objects() {
        if path
            .parent()
            .is_some_and(|folder| folder.ends_with("fields"))
        {
            let kind = object["kind"].as_str().unwrap();
            paths(
                &object_schema(kind).unwrap(),
                &object,
                &format!("{kind} "),
                "",
                &mut shown,
            );
        }
    }
    let mut missing = Vec::new();
    each_node(|kind, node| {
        if node.path.starts_with("spec.") && !shown.contains(&format!("{kind} {}", node.path)) {
            missing.push(format!("{kind} {}", node.path));
        }
    });
    assert_eq!(
        missing,
        Vec::<String>::new(),
        "examples/fields does not show these fields; add them there"
    );
}

/// The paths of a value, written as a walk over the schema writes them.
fn paths(schema: &Value, value: &Value, kind: &str, path: &str, out: &mut BTreeSet<String>) {
    out.insert(format!("{kind}{path}"));
    if EMBEDDED.contains(&path)
        || path == "metadata"
        || schema["x-kubernetes-preserve-unknown-fields"] == true
    {
        return;
    }
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if schema["additionalProperties"].is_object() {
                    paths(
                        &schema["additionalProperties"],
                        value,
                        kind,
                        &below("*"),
                        out,
                    );
                } else {
                    let known = !schema["properties"][name].is_null() || path.is_empty();
                    assert!(known, "{kind}{} is no field", below(name));
                    paths(&schema["properties"][name], value, kind, &below(name), out);
                }
            }
        }
        Value::Array(items) => {
            items
                .iter()
                .for_each(|item| paths(&schema["items"], item, kind, &format!("{path}[]"), out));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_quick_start_is_what_its_text_promises() {
    let quickstart: Vec<(PathBuf, Vec<Value>)> = files()
        .into_iter()
        .filter(|(path, _)| {
            path.parent()
                .is_some_and(|folder| folder.ends_with("quickstart"))
        })
        .collect();
    let all: Vec<&Value> = quickstart.iter().flat_map(|(_, objects)| objects).collect();
    let find = |kind: &str, name: &str| {
        all.iter()
            .find(|o| o["kind"] == kind && o["metadata"]["name"] == name)
            .unwrap()
    };
    let service = find("Service", "backend-svc");
    serde_json::from_value::<Deployment>(Value::clone(find("Deployment", "backend-svc"))).unwrap();
    let ports: Vec<&Value> = service["spec"]["ports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|port| &port["port"])
        .collect();
    assert_eq!(ports, [8080]);
    assert!(
        all.iter()
            .all(|o| o["kind"] == "Namespace" || o["metadata"]["namespace"] == "mcp-system")
    );
    let server = find("MCPServer", "main");
    assert_eq!(server["spec"]["redis"]["serviceName"], "mcp-redis");
    let label = &server["spec"]["toolSelector"]["matchLabels"]["mcp-server"];
    assert_eq!(
        &find("MCPTool", "github-search")["metadata"]["labels"]["mcp-server"],
        label
    );
    assert!(find("MCPTool", "get-item")["metadata"]["labels"].is_null());
}
