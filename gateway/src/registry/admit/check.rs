//! Judges a value by its structural schema: types, bounds, patterns, what is required. Says what to do
//! rather than which keyword failed; the rules in CEL are run elsewhere, and only if nothing is wrong here.

use serde_json::Value;

use super::{
    Finding, nearest, path,
    schema::{Bounds, Schema, Type, Unique},
};

/// Longer values are cut in messages.
const SHOWN: usize = 60;

/// Reports everything about `value` that breaks `schema`.
pub(super) fn check(schema: &Schema, value: &Value, at: &str, errors: &mut Vec<Finding>) {
    if value.is_null() && schema.nullable {
        return;
    }
    if let Some(message) = type_mismatch(schema.kind, value) {
        errors.push(Finding {
            path: at.to_owned(),
            message,
        });
        return;
    }
    let mut wrong = |message: String| {
        errors.push(Finding {
            path: at.to_owned(),
            message,
        })
    };
    if !schema.choices.is_empty() && !schema.choices.contains(value) {
        wrong(not_a_choice(&schema.choices, value));
        return;
    }
    match value {
        Value::String(text) => string(schema, text, &mut wrong),
        Value::Number(number) => numeric(
            schema,
            number.as_f64().unwrap_or_default(),
            value,
            &mut wrong,
        ),
        Value::Array(items) => list(schema, items, at, errors),
        Value::Object(fields) => {
            object(schema, fields, at, errors);
        }
        Value::Null | Value::Bool(_) => {}
    }
    combined(schema, value, at, errors);
}

fn type_mismatch(expected: Type, value: &Value) -> Option<String> {
    let (fits, wanted) = match expected {
        Type::Any => return None,
        Type::Object => (value.is_object(), "an object (keys and values)"),
        Type::Array => (value.is_array(), "a list"),
        Type::String => (value.is_string(), "a string"),
        Type::Integer => (value.is_i64(), "a whole number"),
        Type::Number => (value.is_number(), "a number"),
        Type::Boolean => (value.is_boolean(), "true or false"),
        Type::IntOrString => (
            value.is_i64() || value.is_string(),
            "a whole number or a string",
        ),
    };
    if fits {
        return None;
    }
    let help = match (expected, value) {
        (Type::String, Value::Bool(_) | Value::Number(_)) => {
            format!("; put it in quotes: \"{value}\"")
        }
        (Type::Integer | Type::Number, Value::String(text)) if text.parse::<f64>().is_ok() => {
            format!("; take the quotes away: {text}")
        }
        (Type::Boolean, Value::String(text)) if text == "true" || text == "false" => {
            format!("; take the quotes away: {text}")
        }
        (Type::Array, _) if !value.is_null() => {
            "; begin it with a dash, also where there is only one".to_owned()
        }
        (_, Value::Null) => "; give it a value or take the key away".to_owned(),
        _ => String::new(),
    };
    Some(format!("must be {wanted}, is {}{help}", described(value)))
}

fn not_a_choice(choices: &[Value], value: &Value) -> String {
    let names: Vec<String> = choices
        .iter()
        .map(|choice| {
            choice
                .as_str()
                .map_or_else(|| choice.to_string(), ToOwned::to_owned)
        })
        .collect();
    let near = value
        .as_str()
        .and_then(|text| nearest(text, names.iter().map(String::as_str)));
    let question = near
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default();
    format!(
        "must be one of {}, is {}{question}",
        names.join(", "),
        described(value)
    )
}

fn string(schema: &Schema, text: &str, wrong: &mut impl FnMut(String)) {
    let length = text.chars().count();
    bounded(schema.length, length, "characters long", wrong);
    // A value that is much too long says enough by that; its pattern would be judged at length.
    let judged = schema.length.most.is_none_or(|most| length <= most);
    if let Some(pattern) = schema
        .pattern
        .as_ref()
        .filter(|pattern| judged && !pattern.is_match(text))
    {
        let summary = if schema.summary.is_empty() {
            String::new()
        } else {
            format!(" ({})", schema.summary)
        };
        wrong(format!(
            "must match {pattern}, is {}{summary}",
            described(&Value::from(text))
        ));
    }
    if let Some(form) = broken_format(&schema.format, text) {
        wrong(format!(
            "must be {form}, is {}",
            described(&Value::from(text))
        ));
    }
}

fn numeric(schema: &Schema, number: f64, value: &Value, wrong: &mut impl FnMut(String)) {
    if let Some(least) = schema.minimum.filter(|least| number < *least) {
        wrong(format!("must be at least {least}, is {value}"));
    }
    if let Some(most) = schema.maximum.filter(|most| number > *most) {
        wrong(format!("must be at most {most}, is {value}"));
    }
    let fits = i32::try_from(value.as_i64().unwrap_or_default()).is_ok();
    if schema.format == "int32" && !fits {
        wrong(format!("must fit into 32 bits, is {value}"));
    }
}

fn list(schema: &Schema, items: &[Value], at: &str, errors: &mut Vec<Finding>) {
    let mut wrong = |message: String| {
        errors.push(Finding {
            path: at.to_owned(),
            message,
        })
    };
    bounded(schema.item_count, items.len(), "items long", &mut wrong);
    if schema
        .item_count
        .most
        .is_some_and(|most| items.len() > most)
    {
        return;
    }
    for (index, item) in items.iter().enumerate() {
        let here = path::item(at, index);
        if let Some(inner) = schema.items.as_deref() {
            check(inner, item, &here, errors);
        }
        if let Some(first) = items[..index]
            .iter()
            .position(|other| same(&schema.unique, other, item))
        {
            errors.push(Finding {
                path: here,
                message: repeated(&schema.unique, item, &path::item(at, first)),
            });
        }
    }
}

fn same(unique: &Unique, one: &Value, other: &Value) -> bool {
    match unique {
        Unique::No => false,
        Unique::Whole => one == other,
        Unique::Keys(keys) => keys.iter().all(|key| one.get(key) == other.get(key)),
    }
}

fn repeated(unique: &Unique, item: &Value, first: &str) -> String {
    let what = match unique {
        Unique::Keys(keys) => {
            let named: Vec<String> = keys
                .iter()
                .map(|key| format!("{key} {}", described(&item[key])))
                .collect();
            named.join(" and ")
        }
        Unique::No | Unique::Whole => "this value".to_owned(),
    };
    format!("{what} is already used by {first}; keep one of them or change it")
}

fn object(
    schema: &Schema,
    fields: &serde_json::Map<String, Value>,
    at: &str,
    errors: &mut Vec<Finding>,
) {
    let mut wrong = |message: String| {
        errors.push(Finding {
            path: at.to_owned(),
            message,
        })
    };
    bounded(
        schema.property_count,
        fields.len(),
        "keys large",
        &mut wrong,
    );
    if schema
        .property_count
        .most
        .is_some_and(|most| fields.len() > most)
    {
        return;
    }
    for name in schema
        .required
        .iter()
        .filter(|name| !fields.contains_key(*name))
    {
        let summary = schema
            .properties
            .get(name)
            .map(|inner| inner.summary.as_str())
            .unwrap_or_default();
        let summary = if summary.is_empty() {
            String::new()
        } else {
            format!(" ({summary})")
        };
        errors.push(Finding {
            path: path::child(at, name),
            message: format!("is missing; add it{summary}"),
        });
    }
    for (name, value) in fields {
        if let Some(inner) = schema.properties.get(name).or(schema.additional.as_deref()) {
            check(inner, value, &path::child(at, name), errors);
        }
    }
}

/// `allOf`, `anyOf`, `oneOf` and `not`.
fn combined(schema: &Schema, value: &Value, at: &str, errors: &mut Vec<Finding>) {
    for part in &schema.all_of {
        check(part, value, at, errors);
    }
    let passes = |part: &Schema| {
        let mut found = Vec::new();
        check(part, value, at, &mut found);
        found
    };
    let failures: Vec<Vec<Finding>> = schema.any_of.iter().map(passes).collect();
    if !failures.is_empty() && failures.iter().all(|found| !found.is_empty()) {
        // The alternative that is missed by the least is most likely the one that was meant.
        errors.extend(
            failures
                .into_iter()
                .min_by_key(Vec::len)
                .unwrap_or_default(),
        );
    }
    let matching = schema
        .one_of
        .iter()
        .filter(|part| passes(part).is_empty())
        .count();
    if !schema.one_of.is_empty() && matching != 1 {
        let message = format!(
            "must fit exactly one of {} forms, fits {matching}",
            schema.one_of.len()
        );
        errors.push(Finding {
            path: at.to_owned(),
            message,
        });
    }
    if schema
        .not
        .as_deref()
        .is_some_and(|part| passes(part).is_empty())
    {
        errors.push(Finding {
            path: at.to_owned(),
            message: "has a form that is not allowed here".to_owned(),
        });
    }
}

fn bounded(bounds: Bounds, count: usize, what: &str, wrong: &mut impl FnMut(String)) {
    if let Some(least) = bounds.least.filter(|least| count < *least) {
        if count == 0 {
            wrong("is empty; give it a value or take the key away".to_owned());
        } else {
            wrong(format!("is {count} {what}; at least {least} are needed"));
        }
    }
    if let Some(most) = bounds.most.filter(|most| count > *most) {
        wrong(format!("is {count} {what}; at most {most} are allowed"));
    }
}

/// What a string of this format must be, where it is not. Formats that the API server does not judge are not judged here.
fn broken_format(format: &str, text: &str) -> Option<&'static str> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    match format {
        "byte" if STANDARD.decode(text).is_err() => Some("base64"),
        "uri" if !text.contains(':') => Some("an absolute URI"),
        "ipv4" if text.parse::<std::net::Ipv4Addr>().is_err() => Some("an IPv4 address"),
        "ipv6" if text.parse::<std::net::Ipv6Addr>().is_err() => Some("an IPv6 address"),
        _ => None,
    }
}

/// The value, cut short, with its type where it is not plain to see.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(_) => format!("the boolean {value}"),
        Value::Number(_) => format!("the number {value}"),
        Value::String(text) if text.chars().count() > SHOWN => {
            let start: String = text.chars().take(SHOWN).collect();
            format!("{:?}…", start)
        }
        Value::String(text) => format!("{text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
