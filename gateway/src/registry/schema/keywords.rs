//! Where a JSON Schema holds further schemas, and which of them judge the same value as the one that holds them.
//! Knows every draft's keywords; whatever is not listed is data.

use serde_json::{Map, Value};

/// What a schema inside a schema judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judges {
    /// The very value that the outer one judges.
    SameValue,
    /// A part of it: a member, an element, a key.
    PartOfValue,
    /// Nothing, until something refers to it.
    Nothing,
}

/// What stands under a keyword.
enum Form {
    Schema,
    List,
    Map,
}

fn forms(keyword: &str) -> Option<(Judges, &'static [Form])> {
    use Form::{List, Map, Schema};
    Some(match keyword {
        "allOf" | "anyOf" | "oneOf" => (Judges::SameValue, &[List]),
        "not" | "if" | "then" | "else" => (Judges::SameValue, &[Schema]),
        "dependentSchemas" | "dependencies" => (Judges::SameValue, &[Map]),
        "properties" | "patternProperties" => (Judges::PartOfValue, &[Map]),
        "prefixItems" => (Judges::PartOfValue, &[List]),
        "items" => (Judges::PartOfValue, &[Schema, List]),
        "additionalProperties"
        | "unevaluatedProperties"
        | "propertyNames"
        | "contains"
        | "additionalItems"
        | "unevaluatedItems" => (Judges::PartOfValue, &[Schema]),
        "$defs" | "definitions" => (Judges::Nothing, &[Map]),
        "contentSchema" => (Judges::Nothing, &[Schema]),
        _ => return None,
    })
}

/// The schemas directly inside a schema.
pub(super) fn inner(members: &Map<String, Value>) -> Vec<(Judges, &Value)> {
    let mut found = Vec::new();
    for (keyword, value) in members {
        let Some((judges, forms)) = forms(keyword) else {
            continue;
        };
        for form in forms {
            match (form, value) {
                (Form::Schema, Value::Object(_) | Value::Bool(_)) => found.push((judges, value)),
                (Form::List, Value::Array(items)) => {
                    found.extend(items.iter().map(|item| (judges, item)));
                }
                (Form::Map, Value::Object(map)) => {
                    found.extend(map.values().map(|item| (judges, item)));
                }
                _ => {}
            }
        }
    }
    found
}

/// The same, to be changed.
pub(super) fn inner_mut(members: &mut Map<String, Value>) -> Vec<&mut Value> {
    let mut found = Vec::new();
    for (keyword, value) in members.iter_mut() {
        let Some((_, forms)) = forms(keyword) else {
            continue;
        };
        let is_form = |form: fn(&Form) -> bool| forms.iter().any(form);
        if value.is_object() && is_form(|form| matches!(form, Form::Schema)) {
            found.push(value);
        } else {
            match value {
                Value::Array(items) if is_form(|form| matches!(form, Form::List)) => {
                    found.extend(items);
                }
                Value::Object(map) if is_form(|form| matches!(form, Form::Map)) => {
                    found.extend(map.values_mut());
                }
                _ => {}
            }
        }
    }
    found
}
