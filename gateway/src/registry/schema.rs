//! JSON Schemas of tools: checked and compiled once, and the form in which each era can read them.
//! Nothing is ever fetched: a `$ref` that leaves the document is an error.

use std::sync::Arc;

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value, json};

use crate::mcp::version::Era;

/// A larger schema is refused: every client would have to download it with each list.
const MAX_BYTES: usize = 1 << 20;
/// Steps that one pattern may take on one string.
const BACKTRACK_LIMIT: usize = 100_000;
/// Bytes that one compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 20;
/// Failures that an answer lists.
const MAX_FAILURES: usize = 10;
/// Characters of one failure's text: it may quote the value, which may be huge.
const MAX_FAILURE_LENGTH: usize = 300;

/// What arguments must look like.
#[derive(Clone, Debug)]
pub enum InputSchema {
    /// Any object: nothing to check.
    AnyObject,
    /// As the schema says.
    Checked(Arc<Validator>),
}

/// What answers must look like.
#[derive(Clone, Debug)]
pub struct OutputSchema {
    /// Checks the value as the backend gave it.
    pub validator: Arc<Validator>,
    /// Whether legacy clients get it as `{"result": …}`, because its root is not `type: object`.
    pub wrap_for_legacy: bool,
}

impl InputSchema {
    /// Compiles an input schema.
    ///
    /// # Errors
    /// What is wrong with it and how to mend it.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        match schema {
            Value::Object(members) => {
                let root = members.get("type");
                if root.is_some_and(|root| root != "object") {
                    return Err(
                        "the root must have type: object, for arguments always are one".to_owned(),
                    );
                }
                let trivial = members.keys().all(|key| {
                    matches!(key.as_str(), "type" | "$schema" | "title" | "description")
                });
                if trivial {
                    return Ok(Self::AnyObject);
                }
                compile(schema).map(Self::Checked)
            }
            _ => Err("it must be an object, such as {} or {\"type\": \"object\"}".to_owned()),
        }
    }

    /// Where arguments fail; empty if they do not.
    #[must_use]
    pub fn failures(&self, arguments: &Value) -> Vec<String> {
        match self {
            Self::AnyObject => Vec::new(),
            Self::Checked(validator) => failures(validator, arguments),
        }
    }
}

impl OutputSchema {
    /// Compiles an output schema.
    ///
    /// # Errors
    /// What is wrong with it and how to mend it.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        let validator = compile(schema)?;
        let wrap_for_legacy = schema.get("type").is_none_or(|root| root != "object");
        Ok(Self {
            validator,
            wrap_for_legacy,
        })
    }

    /// Where an answer fails; empty if it does not.
    #[must_use]
    pub fn failures(&self, answer: &Value) -> Vec<String> {
        failures(&self.validator, answer)
    }
}

/// The input schema as an era's clients can read it: one that they cannot makes them drop the whole list.
#[must_use]
pub fn render_input(schema: &Value, era: Era) -> Value {
    let mut members = schema.as_object().cloned().unwrap_or_default();
    members.entry("type").or_insert_with(|| json!("object"));
    if era == Era::Legacy
        && let Some(Value::Object(properties)) = members.get_mut("properties")
    {
        for property in properties.values_mut() {
            match property {
                Value::Bool(true) => *property = json!({}),
                Value::Bool(false) => *property = json!({"not": {}}),
                _ => {}
            }
        }
    }
    Value::Object(members)
}

/// The output schema as an era's clients can read it.
#[must_use]
pub fn render_output(schema: &Value, era: Era) -> Value {
    let is_object = schema.get("type").is_some_and(|root| root == "object");
    if era == Era::Modern || is_object {
        return schema.clone();
    }
    let mut inner = schema.clone();
    let mut outer = Map::new();
    // Definitions move to the new root, or `#/$defs/…` inside would point at nothing.
    for key in ["$schema", "$defs", "definitions"] {
        if let Some(value) = inner
            .as_object_mut()
            .and_then(|members| members.remove(key))
        {
            outer.insert(key.to_owned(), value);
        }
    }
    outer.insert("type".to_owned(), json!("object"));
    outer.insert("properties".to_owned(), json!({"result": inner}));
    outer.insert("required".to_owned(), json!(["result"]));
    Value::Object(outer)
}

fn compile(schema: &Value) -> Result<Arc<Validator>, String> {
    let size = schema.to_string().len();
    if size > MAX_BYTES {
        return Err(format!(
            "it is {size} bytes long; at most {MAX_BYTES} are served, shorten it or use $defs"
        ));
    }
    if let Some(reference) = endless_reference(schema) {
        return Err(format!(
            "$ref \"{reference}\" leads back to itself without going deeper into the value"
        ));
    }
    let patterns = PatternOptions::fancy_regex()
        .backtrack_limit(BACKTRACK_LIMIT)
        .size_limit(PATTERN_SIZE);
    let options = jsonschema::options()
        .offline()
        .with_pattern_options(patterns);
    options.build(schema).map(Arc::new).map_err(|error| {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() {
            String::new()
        } else {
            format!("at {place}: ")
        };
        format!("{place}{}", shortened(&error.to_string()))
    })
}

/// The references that one subschema applies to the same value, directly or through `allOf` and the like.
/// A cycle of these never ends, and the validator would run out of stack.
fn endless_reference(root: &Value) -> Option<String> {
    let mut pointers = Vec::new();
    collect_references(root, &mut pointers);
    pointers.into_iter().find(|start| {
        let mut seen = vec![start.clone()];
        let mut next = 0;
        while let Some(pointer) = seen.get(next).cloned() {
            next += 1;
            let Some(target) = root.pointer(pointer.trim_start_matches('#')) else {
                continue;
            };
            let mut reached = Vec::new();
            in_place_references(target, &mut reached);
            for reference in reached {
                if reference == *start {
                    return true;
                }
                if !seen.contains(&reference) {
                    seen.push(reference);
                }
            }
        }
        false
    })
}

/// All local references anywhere in a schema.
fn collect_references(schema: &Value, out: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref")
                && reference.starts_with('#')
                && !out.contains(reference)
            {
                out.push(reference.clone());
            }
            members
                .values()
                .for_each(|value| collect_references(value, out));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, out)),
        _ => {}
    }
}

/// The local references that apply to the very value that `schema` applies to.
fn in_place_references(schema: &Value, out: &mut Vec<String>) {
    let Value::Object(members) = schema else {
        return;
    };
    for (key, value) in members {
        match (key.as_str(), value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                out.push(reference.clone())
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(items)) => {
                items.iter().for_each(|item| in_place_references(item, out));
            }
            ("not" | "if" | "then" | "else", inner) => in_place_references(inner, out),
            ("dependentSchemas", Value::Object(inner)) => {
                inner
                    .values()
                    .for_each(|schema| in_place_references(schema, out));
            }
            _ => {}
        }
    }
}

fn failures(validator: &Validator, instance: &Value) -> Vec<String> {
    if validator.is_valid(instance) {
        return Vec::new();
    }
    let mut failures: Vec<String> = validator
        .iter_errors(instance)
        .take(MAX_FAILURES + 1)
        .map(|error| {
            let path = error.instance_path().to_string();
            let path = if path.is_empty() { "/" } else { path.as_str() };
            format!("{path}: {}", shortened(&error.to_string()))
        })
        .collect();
    if failures.len() > MAX_FAILURES {
        failures.truncate(MAX_FAILURES);
        failures.push("and more".to_owned());
    }
    failures
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_FAILURE_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
