//! Evaluates the rules of a schema on a value, as an API server would. For the tests of the rules alone.

use std::collections::HashMap;

use cel::{Context, Program, Value as Cel, objects::Key};
use serde_json::Value;

use crate::crd::{apply_defaults, object_schema, property_name_in_rules};

/// A rule that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Violation {
    /// Where the value is.
    pub(super) path: String,
    /// The rule as written.
    pub(super) rule: String,
    /// What it says about the value.
    pub(super) message: String,
}

/// The rules that an object of ours breaks.
pub(super) fn violations(object: &Value) -> Vec<Violation> {
    let schema = object_schema(object["kind"].as_str().unwrap()).unwrap();
    let mut object = object.clone();
    apply_defaults(&schema, &mut object);
    let mut out = Vec::new();
    walk(&schema, &object, "", &mut out);
    out
}

fn walk(schema: &Value, value: &Value, path: &str, out: &mut Vec<Violation>) {
    for rule in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let text = rule["rule"].as_str().unwrap();
        match run(text, schema, value) {
            Cel::Bool(true) => {}
            Cel::Bool(false) => out.push(Violation {
                path: path.to_owned(),
                rule: text.to_owned(),
                message: message(rule, schema, value),
            }),
            other => panic!("{path}: `{text}` gives {other:?}"),
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(below) = value.get(name) {
            walk(property, below, &format!("{path}.{name}"), out);
        }
    }
    if schema["items"].is_object() {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            walk(&schema["items"], item, &format!("{path}[{index}]"), out);
        }
    }
}

fn message(rule: &Value, schema: &Value, value: &Value) -> String {
    match rule.get("messageExpression") {
        Some(expression) => match run(expression.as_str().unwrap(), schema, value) {
            Cel::String(text) => text.to_string(),
            other => panic!("{expression} gives {other:?}"),
        },
        None => rule["message"].as_str().unwrap().to_owned(),
    }
}

fn run(expression: &str, schema: &Value, value: &Value) -> Cel {
    let program =
        Program::compile(expression).unwrap_or_else(|error| panic!("`{expression}`: {error}"));
    let mut context = Context::default();
    context.add_variable_from_value("self", to_cel(schema, value));
    program
        .execute(&context)
        .unwrap_or_else(|error| panic!("`{expression}` on {value}: {error}"))
}

fn to_cel(schema: &Value, value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(value) => Cel::Bool(*value),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Cel::Float(number.as_f64().unwrap()), Cel::Int),
        Value::String(text) => Cel::String(text.clone().into()),
        Value::Array(items) => Cel::List(
            items
                .iter()
                .map(|item| to_cel(&schema["items"], item))
                .collect::<Vec<_>>()
                .into(),
        ),
        Value::Object(object) => {
            let entry = |(name, value): (&String, &Value)| {
                let property = &schema["properties"][name];
                let key = if property.is_null() {
                    name.clone()
                } else {
                    property_name_in_rules(name)
                };
                (Key::String(key.into()), to_cel(property, value))
            };
            Cel::from(object.iter().map(entry).collect::<HashMap<Key, Cel>>())
        }
    }
}
