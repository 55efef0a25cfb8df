//! Each rule refuses a bad object with a message that tells how to mend it, and passes the object once mended.

mod prompt;
mod resource;
mod server;
mod tool;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{each_node, evaluate::violations};

/// One object that breaks a rule: what is changed in a good one, and part of the message.
struct Case {
    /// `metadata.name`.
    name: &'static str,
    /// Fields of `spec` in YAML, in place of those of the good object.
    spec: &'static str,
    /// Part of the message that is expected.
    message: &'static str,
}

/// A case under the name of the good object.
const fn bad(spec: &'static str, message: &'static str) -> Case {
    Case {
        name: "good",
        spec,
        message,
    }
}

/// An object of a kind: the fields of `good`, those of `changes` in their place. `null` takes a field away.
fn object(kind: &str, name: &str, good: &str, changes: &str) -> Value {
    let mut spec: Value = serde_saphyr::from_str(good).unwrap();
    let changes: Value = serde_saphyr::from_str(changes).unwrap();
    for (field, value) in changes.as_object().unwrap() {
        spec[field] = value.clone();
    }
    let spec = spec
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .filter(|(_, value)| !value.is_null());
    serde_json::json!({
        "apiVersion": "mcp.example.com/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec.collect::<serde_json::Map<_, _>>(),
    })
}

/// Every case breaks exactly one rule, with the message, in the one place; together they break every rule of the kind.
#[track_caller]
fn check(kind: &str, good: &str, also_good: &[&str], cases: &[Case]) {
    for changes in std::iter::once(&"{}").chain(also_good) {
        assert_eq!(
            violations(&object(kind, "good", good, changes)),
            [],
            "{changes}"
        );
    }
    let mut broken = BTreeSet::new();
    for case in cases {
        let found = violations(&object(kind, case.name, good, case.spec));
        let messages: Vec<&str> = found
            .iter()
            .map(|violation| violation.message.as_str())
            .collect();
        assert_eq!(
            found.len(),
            1,
            "`{}` breaks {messages:?}, not one rule",
            case.spec
        );
        assert!(
            messages[0].contains(case.message),
            "`{}` says `{}`",
            case.spec,
            messages[0]
        );
        broken.extend(
            found
                .into_iter()
                .map(|violation| (schema_path(&violation.path), violation.rule)),
        );
    }
    let mut all = BTreeSet::new();
    each_node(|of, node| {
        for rule in node.schema["x-kubernetes-validations"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|_| of == kind)
        {
            all.insert((node.path.clone(), rule["rule"].as_str().unwrap().to_owned()));
        }
    });
    let untried: Vec<_> = all.difference(&broken).collect();
    assert!(
        untried.is_empty(),
        "no case breaks these rules: {untried:#?}"
    );
}

/// `.spec.parameters[3].name` as the walk over a schema writes it.
fn schema_path(path: &str) -> String {
    let mut out = String::new();
    for part in path.trim_start_matches('.').split('[') {
        match part.split_once(']') {
            Some((_, rest)) => out.extend(["[]", rest]),
            None => out.push_str(part),
        }
    }
    out
}
