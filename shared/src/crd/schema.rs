//! Pieces of schema that a derive cannot say: rules, bounded maps, free-form JSON, and embedded types of Kubernetes
//! without their descriptions. Nothing here knows a kind.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// One DNS label, as a Service or a Secret's volume needs it.
pub(crate) const DNS_LABEL: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

/// A DNS name: labels with dots between.
pub(crate) const DNS_NAME: &str =
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// Bytes in base64, line breaks allowed as YAML block texts have them.
pub(crate) const BASE64: &str = r"^[A-Za-z0-9+/\s]*={0,2}\s*$";

/// The key of a label or an annotation.
const LABEL_KEY: &str =
    r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$";

/// The value of a label.
const LABEL_VALUE: &str = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$";

/// A CEL rule with a message that says how to mend what breaks it.
pub(crate) fn rule(rule: &'static str, message: &'static str) -> impl FnMut(&mut Schema) {
    move |schema| push_rule(schema, json!({"rule": rule, "message": message}))
}

/// As [`rule`], with a message computed from the value; `message` is what older clients and failures of it show.
pub(crate) fn rule_telling(
    rule: &'static str,
    message: &'static str,
    message_expression: &'static str,
) -> impl FnMut(&mut Schema) {
    move |schema| {
        push_rule(
            schema,
            json!({"rule": rule, "message": message, "messageExpression": message_expression}),
        );
    }
}

fn push_rule(schema: &mut Schema, rule: Value) {
    let rules = schema
        .ensure_object()
        .entry("x-kubernetes-validations")
        .or_insert_with(|| json!([]));
    if let Some(rules) = rules.as_array_mut() {
        rules.push(rule);
    }
}

/// A closed set of words without a description, which would take the place of the one that its field has.
pub(crate) fn plain_enum(schema: &mut Schema) {
    let words: Vec<Value> = match schema.get("oneOf").and_then(Value::as_array) {
        Some(variants) => variants
            .iter()
            .map(|variant| variant["const"].clone())
            .collect(),
        None => return,
    };
    *schema = json_schema!({"type": "string", "enum": words});
}

/// Drops the descriptions inside an embedded type of Kubernetes, which `kubectl explain` of its own kind shows anyway;
/// with them a CRD outgrows what client-side `kubectl apply` can store.
pub(crate) fn embedded(schema: &mut Schema) {
    if let Some(object) = schema.as_object_mut() {
        object.values_mut().for_each(drop_descriptions);
    }
}

fn drop_descriptions(value: &mut Value) {
    match value {
        Value::Object(object) => {
            // A property may itself be called `description`; only the keyword's value is a string.
            if object.get("description").is_some_and(Value::is_string) {
                object.remove("description");
            }
            object.values_mut().for_each(drop_descriptions);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_descriptions),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Any JSON object, kept as the same value and replaced as a whole.
pub(crate) fn free_form(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
        "x-kubernetes-map-type": "atomic",
    })
}

/// A port of a Service: its number or its name.
pub(crate) fn port(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "minimum": 1,
        "maximum": 65535,
        "maxLength": 63,
        "pattern": DNS_LABEL,
    })
}

/// A count or a percentage of pods.
pub(crate) fn count_or_percentage(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "minimum": 0,
        "maxLength": 4,
        "pattern": "^(100|[1-9]?[0-9])%$",
    })
}

/// Labels of an object.
pub(crate) fn labels(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 64,
        "additionalProperties": {"type": "string", "maxLength": 63, "pattern": LABEL_VALUE},
    })
}

/// Annotations of an object.
pub(crate) fn annotations(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 64,
        "additionalProperties": {"type": "string", "maxLength": 16384},
    })
}

/// A label selector, bounded, whose expressions are judged when the object is written.
pub(crate) fn label_selector(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "x-kubernetes-map-type": "atomic",
        "properties": {
            "matchLabels": {
                "type": "object",
                "description": "Labels that an object must carry, each with exactly this value.",
                "maxProperties": 32,
                "additionalProperties": {"type": "string", "maxLength": 63, "pattern": LABEL_VALUE},
            },
            "matchExpressions": {
                "type": "array",
                "description": "Requirements on labels; an object must meet all of them.",
                "maxItems": 32,
                "x-kubernetes-list-type": "atomic",
                "items": {
                    "type": "object",
                    "required": ["key", "operator"],
                    "properties": {
                        "key": {
                            "type": "string",
                            "description": "The label that the requirement is about.",
                            "maxLength": 317,
                            "pattern": LABEL_KEY,
                        },
                        "operator": {
                            "type": "string",
                            "description": "How the label relates to the values: In, NotIn, Exists or DoesNotExist.",
                            "enum": ["In", "NotIn", "Exists", "DoesNotExist"],
                        },
                        "values": {
                            "type": "array",
                            "description": "Values to compare with; given with In and NotIn, left out with Exists and DoesNotExist.",
                            "maxItems": 64,
                            "x-kubernetes-list-type": "atomic",
                            "items": {"type": "string", "maxLength": 63, "pattern": LABEL_VALUE},
                        },
                    },
                    "x-kubernetes-validations": [{
                        "rule": "self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0 : !has(self.values) || self.values.size() == 0",
                        "message": "operators In and NotIn need at least one entry in values; Exists and DoesNotExist take none",
                    }],
                },
            },
        },
    })
}

/// Conditions, keyed by type.
pub(crate) fn conditions(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 16,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": {
                    "type": "string",
                    "description": "What the condition is about.",
                    "maxLength": 316,
                },
                "status": {
                    "type": "string",
                    "description": "Whether it holds: True, False or Unknown.",
                    "enum": ["True", "False", "Unknown"],
                },
                "reason": {
                    "type": "string",
                    "description": "Why, in one word that programs can compare.",
                    "maxLength": 1024,
                },
                "message": {
                    "type": "string",
                    "description": "Why, in words, and what to do about it.",
                    "maxLength": 32768,
                },
                "observedGeneration": {
                    "type": "integer",
                    "format": "int64",
                    "description": "The metadata.generation that the condition speaks about.",
                    "minimum": 0,
                },
                "lastTransitionTime": {
                    "type": "string",
                    "format": "date-time",
                    "description": "When the status last went from one value to another.",
                    "maxLength": 64,
                },
            },
        },
    })
}
