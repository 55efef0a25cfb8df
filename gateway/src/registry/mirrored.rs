//! `x-mcp-header` (2026-07-28, streamable HTTP): arguments that modern clients repeat in `Mcp-Param-*` headers, so that
//! intermediaries can route by them. Found and judged at build; compared with the headers at each call.

use http::HeaderName;
use serde_json::{Number, Value};

/// One argument that is repeated in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// Where the value is: names of properties, from the root.
    pub path: Vec<String>,
    /// `mcp-param-…`
    pub header: HeaderName,
}

/// Finds all of a schema's.
///
/// # Errors
/// Where one breaks the protocol's rules: clients would drop the tool from their list.
pub fn find(schema: &Value) -> Result<Vec<Mirrored>, String> {
    let mut found = Vec::new();
    let mut path = Vec::new();
    collect(schema, &mut path, true, &mut found)?;
    for (index, mirrored) in found.iter().enumerate() {
        if found[..index]
            .iter()
            .any(|other| other.header == mirrored.header)
        {
            return Err(format!(
                "x-mcp-header gives {} twice; header names do not tell case apart",
                mirrored.header
            ));
        }
    }
    Ok(found)
}

/// Walks a schema. `reachable` holds as long as only `properties` led here from the root.
fn collect(
    schema: &Value,
    path: &mut Vec<String>,
    reachable: bool,
    found: &mut Vec<Mirrored>,
) -> Result<(), String> {
    let Value::Object(members) = schema else {
        if let Value::Array(items) = schema {
            return items
                .iter()
                .try_for_each(|item| collect(item, path, false, found));
        }
        return Ok(());
    };
    if let Some(name) = members.get("x-mcp-header") {
        found.push(mirrored(name, schema, path, reachable)?);
    }
    for (key, value) in members {
        match value {
            Value::Object(properties) if key == "properties" => {
                for (name, property) in properties {
                    path.push(name.clone());
                    collect(property, path, reachable, found)?;
                    path.pop();
                }
            }
            // Values, not schemas: what looks like the keyword there is only data.
            _ if matches!(key.as_str(), "const" | "enum" | "default" | "examples") => {}
            _ => collect(value, path, false, found)?,
        }
    }
    Ok(())
}

fn mirrored(
    name: &Value,
    schema: &Value,
    path: &[String],
    reachable: bool,
) -> Result<Mirrored, String> {
    let place = format!("x-mcp-header at {}", path.join("."));
    let name = name
        .as_str()
        .ok_or_else(|| format!("{place} must be a string"))?;
    if name.is_empty() {
        return Err(format!("{place}: \"\" is no header name"));
    }
    if path.is_empty() || !reachable {
        return Err(format!(
            "{place} must be on a property that is reached through `properties` alone"
        ));
    }
    if !matches!(
        schema.get("type").and_then(Value::as_str),
        Some("string" | "integer" | "boolean")
    ) {
        return Err(format!(
            "{place} needs a property of type string, integer or boolean"
        ));
    }
    let header = HeaderName::from_bytes(format!("mcp-param-{name}").as_bytes());
    let header = header.map_err(|_| format!("{place}: \"{name}\" is no header name"))?;
    Ok(Mirrored {
        path: path.to_vec(),
        header,
    })
}

impl Mirrored {
    /// The argument's value, if it is there and not null.
    #[must_use]
    pub fn value<'a>(&self, arguments: &'a Value) -> Option<&'a Value> {
        let value = self
            .path
            .iter()
            .try_fold(arguments, |value, name| value.get(name))?;
        (!value.is_null()).then_some(value)
    }

    /// Whether a header's text says the same as the argument; integers are compared as numbers.
    #[must_use]
    pub fn same(value: &Value, text: &str) -> bool {
        match value {
            Value::String(string) => string == text,
            Value::Bool(flag) => text == if *flag { "true" } else { "false" },
            Value::Number(number) => {
                text == number.to_string()
                    || text
                        .parse::<i64>()
                        .is_ok_and(|parsed| integer(number) == Some(parsed))
            }
            _ => false,
        }
    }
}

/// The integer that a number is; to a schema 7.0 is one as well.
fn integer(number: &Number) -> Option<i64> {
    let whole = |number: f64| number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let number = number.as_f64().filter(|number| whole(*number))?;
        format!("{number:.0}").parse().ok()
    })
}

#[cfg(test)]
mod tests;
