//! What the API server does to an object before it judges it: unknown fields are dropped (here with a
//! warning), nulls too, defaults are filled in, and numbers take the form in which they are stored.

use serde_json::{Map, Value};

use super::{Finding, nearest, path, schema::Schema};

/// At most so many known fields are listed where none is near.
const LISTED_FIELDS: usize = 12;

/// The least whole number that does not fit into 64 bits with a sign; as a floating-point number it is exact.
const PAST_64_BITS: f64 = 9_223_372_036_854_775_808.0;

/// Drops what `schema` does not know and fills in its defaults.
pub(super) fn prune(schema: &Schema, value: &mut Value, at: &str, warnings: &mut Vec<Finding>) {
    match value {
        Value::Object(fields) => object(schema, fields, at, warnings),
        Value::Array(items) => {
            if let Some(inner) = schema.items.as_deref() {
                for (index, item) in items.iter_mut().enumerate() {
                    prune(inner, item, &path::item(at, index), warnings);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn object(schema: &Schema, fields: &mut Map<String, Value>, at: &str, warnings: &mut Vec<Finding>) {
    fields.retain(|name, value| {
        if let Some(inner) = known(schema, name) {
            return inner.nullable || !value.is_null();
        }
        if !schema.preserve {
            warnings.push(unknown(schema, name, at));
        }
        schema.preserve
    });
    for (name, inner) in &schema.properties {
        if let (Some(default), false) = (&inner.default, fields.contains_key(name)) {
            fields.insert(name.clone(), default.clone());
        }
    }
    for (name, value) in fields {
        if let Some(inner) = known(schema, name) {
            prune(inner, value, &path::child(at, name), warnings);
        }
    }
}

fn known<'s>(schema: &'s Schema, name: &str) -> Option<&'s Schema> {
    schema.properties.get(name).or(schema.additional.as_deref())
}

fn unknown(schema: &Schema, name: &str, at: &str) -> Finding {
    let names = || schema.properties.keys().map(String::as_str);
    let message = match nearest(name, names()) {
        Some(near) => format!("unknown field, left out; did you mean `{near}`?"),
        None if names().next().is_some() && names().count() <= LISTED_FIELDS => {
            let all: Vec<&str> = names().collect();
            format!(
                "unknown field, left out; the fields here are {}",
                all.join(", ")
            )
        }
        None => "unknown field, left out; take it away or correct its name".to_owned(),
    };
    Finding {
        path: path::child(at, name),
        message,
    }
}

/// Gives every number the form in which the API server stores it: 1.0 is 1, and what does not fit into
/// 64 bits with a sign is a floating-point number.
pub(super) fn store_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let stored = number.as_i64().map(Value::from).or_else(|| {
                let float = number.as_f64()?;
                let whole = float.fract() == 0.0 && (-PAST_64_BITS..PAST_64_BITS).contains(&float);
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "whole, and within the bounds of i64"
                )]
                Some(if whole {
                    Value::from(float as i64)
                } else {
                    Value::from(float)
                })
            });
            if let Some(stored) = stored {
                *value = stored;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(store_numbers),
        Value::Object(fields) => fields.values_mut().for_each(store_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
