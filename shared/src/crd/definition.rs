//! The CustomResourceDefinitions: what the derives generate, made fit for an API server, and the reading of an object as
//! an API server would (nulls dropped, defaults filled in) before its rules are evaluated.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use super::{MCPPrompt, MCPResource, MCPServer, MCPTool};

/// The kinds, in the order in which their definitions are given.
const KINDS: [&str; 4] = ["MCPServer", "MCPTool", "MCPPrompt", "MCPResource"];

/// The four definitions as JSON, in the order server, tool, prompt, resource.
#[must_use]
pub fn definitions() -> Vec<Value> {
    KINDS.into_iter().filter_map(definition).collect()
}

/// The definition of one kind (`MCPTool`), if it is one of ours.
#[must_use]
pub fn definition(kind: &str) -> Option<Value> {
    let definition = match kind {
        "MCPServer" => MCPServer::crd(),
        "MCPTool" => MCPTool::crd(),
        "MCPPrompt" => MCPPrompt::crd(),
        "MCPResource" => MCPResource::crd(),
        _ => return None,
    };
    Some(finished(definition))
}

/// The `openAPIV3Schema` of one kind (`MCPTool`), if it is one of ours.
#[must_use]
pub fn object_schema(kind: &str) -> Option<Value> {
    let mut definition = definition(kind)?;
    Some(definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].take())
}

/// Makes an object look as an API server would show it to the rules of a schema: `null` is dropped where a schema
/// governs, and defaults are filled in. Unknown fields and free-form JSON stay as they are.
pub fn apply_defaults(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(properties) = schema["properties"].as_object() {
                default_properties(properties, object);
            }
            if schema["additionalProperties"].is_object() {
                object
                    .values_mut()
                    .for_each(|item| apply_defaults(&schema["additionalProperties"], item));
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| apply_defaults(&schema["items"], item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn default_properties(properties: &Map<String, Value>, object: &mut Map<String, Value>) {
    for (name, schema) in properties {
        if object.get(name).is_some_and(Value::is_null) {
            object.remove(name);
        }
        if let Some(default) = schema.get("default").filter(|_| !object.contains_key(name)) {
            object.insert(name.clone(), default.clone());
        }
        if let Some(value) = object.get_mut(name) {
            apply_defaults(schema, value);
        }
    }
}

/// The name by which a rule reaches a property: words of the language stand between double underscores.
#[must_use]
pub fn property_name_in_rules(name: &str) -> String {
    const RESERVED: [&str; 21] = [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    ];
    if RESERVED.contains(&name) {
        format!("__{name}__")
    } else {
        name.to_owned()
    }
}

/// What the derives leave to do: nothing is nullable (an absent field is the only way of saying nothing), formats are
/// those that an API server knows, descriptions are running text, and the root has its rules and its status its default.
fn finished(definition: CustomResourceDefinition) -> Value {
    let mut value = serde_json::to_value(definition).unwrap_or_default();
    let kind = value["spec"]["names"]["kind"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let schema = &mut value["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    finish(schema);
    schema["properties"]["metadata"] = json!({
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 253}},
    });
    if let Some(status) = schema["properties"]["status"]
        .as_object_mut()
        .filter(|_| kind != "MCPServer")
    {
        status.insert("default".to_owned(), not_selected());
    }
    if let Some((rule, message)) = root_rule(&kind) {
        schema["x-kubernetes-validations"] = json!([{"rule": rule, "message": message}]);
    }
    value
}

/// What the status of an object says until a server selects it.
fn not_selected() -> Value {
    json!({
        "conditions": [{
            "type": "Ready",
            "status": "Unknown",
            "reason": "NotSelected",
            "message": "no MCPServer of this namespace selects these labels",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        }],
    })
}

fn root_rule(kind: &str) -> Option<(&'static str, &'static str)> {
    match kind {
        "MCPServer" => Some((
            "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 52",
            "metadata.name must be a DNS label of at most 52 characters (lower-case letters, digits and dashes, a letter first), because every child is named after it; choose another name",
        )),
        "MCPTool" | "MCPPrompt" => Some((
            "has(self.spec.name) || self.metadata.name.size() <= 64",
            "metadata.name is longer than the 64 characters that clients take; set spec.name to a shorter name",
        )),
        _ => None,
    }
}

fn finish(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.remove("nullable").is_some()
        && let Some(values) = object.get_mut("enum").and_then(Value::as_array_mut)
    {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::String(format)) = object.get_mut("format") {
        match format.as_str() {
            "uint8" | "uint16" | "uint32" | "int8" | "int16" => *format = "int32".to_owned(),
            "uint" | "uint64" | "int" => *format = "int64".to_owned(),
            _ => {}
        }
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = running_text(text);
    }
    for (keyword, value) in object.iter_mut() {
        match keyword.as_str() {
            "minimum" | "maximum" => *value = whole(value),
            "properties" => value
                .as_object_mut()
                .into_iter()
                .flatten()
                .for_each(|(_, property)| finish(property)),
            "items" | "additionalProperties" => finish(value),
            _ => {}
        }
    }
}

/// A bound as the integer that it is: the types of the API hold bounds as floating-point numbers.
fn whole(number: &Value) -> Value {
    // All bounds are far below 2^53, so their text is exact.
    let text = number.to_string();
    text.strip_suffix(".0")
        .and_then(|digits| digits.parse::<i64>().ok())
        .map_or_else(|| number.clone(), Value::from)
}

/// One line per paragraph.
fn running_text(text: &str) -> String {
    text.split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n\n")
}
