//! The form in which each era's clients can read a schema. One that they cannot makes them drop the whole list.

use serde_json::{Map, Value, json};

use super::keywords;
use crate::mcp::version::Era;

/// The input schema as an era's clients can read it.
#[must_use]
pub fn render_input(schema: &Value, era: Era) -> Value {
    let mut members = schema.as_object().cloned().unwrap_or_default();
    members.entry("type").or_insert_with(|| json!("object"));
    if era == Era::Legacy {
        spell_out_booleans(&mut members);
    }
    Value::Object(members)
}

/// The output schema as an era's clients can read it.
#[must_use]
pub fn render_output(schema: &Value, era: Era) -> Value {
    if era == Era::Modern {
        return schema.clone();
    }
    let mut members = match schema {
        Value::Object(members) if members.get("type").is_some_and(|root| root == "object") => {
            members.clone()
        }
        other => wrapped(other.clone()),
    };
    spell_out_booleans(&mut members);
    Value::Object(members)
}

/// Legacy clients take objects only where a property's schema belongs.
fn spell_out_booleans(members: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = members.get_mut("properties") else {
        return;
    };
    for property in properties.values_mut() {
        match property {
            Value::Bool(true) => *property = json!({}),
            Value::Bool(false) => *property = json!({"not": {}}),
            _ => {}
        }
    }
}

/// The schema of `{"result": …}`, where `…` is what `inner` describes.
fn wrapped(mut inner: Value) -> Map<String, Value> {
    let mut outer = Map::new();
    if let Value::Object(members) = &mut inner {
        let mut up = |keyword: &str| {
            if let Some(value) = members.remove(keyword) {
                outer.insert(keyword.to_owned(), value);
            }
        };
        up("$schema");
        // A schema with an identifier of its own is what its references start from, wherever it stands. Without one
        // they start from the new root: definitions move there, and the rest is found under its new path.
        if !schema_has_identifier(&inner) {
            up_definitions(&mut inner, &mut outer);
            redirect(&mut inner);
            for definitions in outer.values_mut() {
                if let Value::Object(definitions) = definitions {
                    definitions.values_mut().for_each(redirect);
                }
            }
        }
    }
    outer.insert("type".to_owned(), json!("object"));
    outer.insert("properties".to_owned(), json!({"result": inner}));
    outer.insert("required".to_owned(), json!(["result"]));
    outer
}

fn schema_has_identifier(schema: &Value) -> bool {
    schema
        .get("$id")
        .and_then(Value::as_str)
        .is_some_and(|identifier| !identifier.starts_with('#'))
}

fn up_definitions(inner: &mut Value, outer: &mut Map<String, Value>) {
    for keyword in ["$defs", "definitions"] {
        let moved = inner
            .as_object_mut()
            .and_then(|members| members.remove(keyword));
        if let Some(definitions) = moved {
            outer.insert(keyword.to_owned(), definitions);
        }
    }
}

/// Makes the local references of a schema start from one level further out.
fn redirect(schema: &mut Value) {
    if schema_has_identifier(schema) {
        return;
    }
    let Value::Object(members) = schema else {
        return;
    };
    for keyword in ["$ref", "$dynamicRef"] {
        if let Some(Value::String(reference)) = members.get_mut(keyword)
            && let Some(pointer) = reference.strip_prefix('#')
            && (pointer.is_empty() || pointer.starts_with('/'))
            && !pointer.starts_with("/$defs/")
            && !pointer.starts_with("/definitions/")
        {
            *reference = format!("#/properties/result{pointer}");
        }
    }
    keywords::inner_mut(members).into_iter().for_each(redirect);
}
