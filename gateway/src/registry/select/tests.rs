//! Selectors as Kubernetes reads them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::matches;

fn check(selector: Value, selected: &[&str], others: &[&str]) {
    let selector = serde_json::from_value(selector).unwrap();
    let labels = |text: &str| -> BTreeMap<String, String> {
        text.split_terminator(',')
            .map(|label| label.split_once('=').unwrap())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    };
    for text in selected {
        assert!(matches(&selector, &labels(text)), "{selector:?} {text}");
    }
    for text in others {
        assert!(!matches(&selector, &labels(text)), "{selector:?} {text}");
    }
}

fn expression(operator: &str, values: &[&str]) -> Value {
    json!({"matchExpressions": [{"key": "stage", "operator": operator, "values": values}]})
}

#[test]
fn an_empty_selector_selects_everything() {
    check(json!({}), &["", "a=b"], &[]);
    check(
        json!({"matchLabels": {}, "matchExpressions": []}),
        &["", "a=b"],
        &[],
    );
}

#[test]
fn all_labels_must_be_there_with_their_values() {
    check(
        json!({"matchLabels": {"a": "1", "b": "2"}}),
        &["a=1,b=2", "a=1,b=2,c=3"],
        &["", "a=1", "a=1,b=1", "A=1,b=2"],
    );
}

#[test]
fn each_operator_reads_absent_labels_its_own_way() {
    check(
        expression("In", &["stable", "beta"]),
        &["stage=stable", "stage=beta,x=y"],
        &["", "stage=draft", "other=stable"],
    );
    check(
        expression("NotIn", &["draft"]),
        &["", "stage=stable", "other=draft"],
        &["stage=draft"],
    );
    check(
        expression("Exists", &[]),
        &["stage=stable", "stage="],
        &["", "other=stable"],
    );
    check(
        expression("DoesNotExist", &[]),
        &["", "other=stable"],
        &["stage=stable", "stage="],
    );
    check(expression("exists", &[]), &[], &["", "stage=stable"]);
}

#[test]
fn labels_and_expressions_must_all_hold() {
    check(
        json!({
            "matchLabels": {"a": "1"},
            "matchExpressions": [{"key": "stage", "operator": "Exists"}, {"key": "stage", "operator": "NotIn", "values": ["draft"]}],
        }),
        &["a=1,stage=stable"],
        &["a=1", "stage=stable", "a=1,stage=draft"],
    );
}
