//! The checks that the API server makes on `metadata` of every object, whatever its kind.
//! Which names are taken is not known here.

use serde_json::{Map, Value};

use super::{Finding, nearest, path};

/// The API server's limit for all annotations of an object.
const MAX_ANNOTATIONS: usize = 256 << 10;

/// The fields that somebody who writes a file may set, and those that a server has set.
const FIELDS: [&str; 14] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "uid",
];

/// Judges `metadata`, and takes away what only a server writes and nothing here reads.
pub(super) fn check(object: &mut Value, errors: &mut Vec<Finding>, warnings: &mut Vec<Finding>) {
    let Some(Value::Object(metadata)) = object.get_mut("metadata") else {
        errors.push(finding("metadata", "is missing; add metadata with a name"));
        return;
    };
    metadata.retain(|name, _| {
        let known = FIELDS.contains(&name.as_str());
        if !known {
            let near = nearest(name, FIELDS.into_iter())
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            warnings.push(Finding {
                path: path::child("metadata", name),
                message: format!("unknown field, left out{near}"),
            });
        }
        known && name != "managedFields"
    });
    name(metadata, errors);
    match metadata.get("namespace") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) if text.len() <= 63 && is_dns_label(text) => {}
        Some(_) => errors.push(finding(
            "metadata.namespace",
            "must be a name of at most 63 lower-case letters, digits and dashes, such as mcp-system",
        )),
    }
    pairs(metadata, "labels", errors);
    pairs(metadata, "annotations", errors);
}

fn name(metadata: &Map<String, Value>, errors: &mut Vec<Finding>) {
    match metadata.get("name") {
        None | Some(Value::Null) => errors.push(finding(
            "metadata.name",
            "is missing; give the object a name",
        )),
        Some(Value::String(text)) if text.len() <= 253 && is_dns_subdomain(text) => {}
        Some(Value::String(text)) => {
            let message = format!(
                "{text:?} is no name for an object; write at most 253 lower-case letters, digits, dashes and dots, a letter or digit first and last"
            );
            errors.push(Finding {
                path: "metadata.name".to_owned(),
                message,
            });
        }
        Some(other) => {
            let message = format!("must be a string; put it in quotes: \"{other}\"");
            errors.push(Finding {
                path: "metadata.name".to_owned(),
                message,
            });
        }
    }
}

/// `labels` or `annotations`: both are text by key, and labels are narrow.
fn pairs(metadata: &mut Map<String, Value>, field: &str, errors: &mut Vec<Finding>) {
    let at = path::child("metadata", field);
    let Some(found) = metadata.get(field).filter(|found| !found.is_null()) else {
        return;
    };
    let Value::Object(found) = found else {
        errors.push(finding(
            &at,
            "must be an object of keys and texts, such as mcp-server: main",
        ));
        return;
    };
    let mut size = 0;
    for (key, value) in found {
        let here = path::child(&at, key);
        if let Some(problem) = key_problem(key) {
            errors.push(Finding {
                path: here.clone(),
                message: problem,
            });
        }
        match value {
            Value::String(text) if field == "labels" && !is_label_value(text) => {
                let message = format!(
                    "{text:?} is no value for a label; write at most 63 letters, digits, dashes, dots and underscores, a letter or digit first and last"
                );
                errors.push(Finding {
                    path: here,
                    message,
                });
            }
            Value::String(text) => size += key.len() + text.len(),
            other => {
                let message = format!("must be a string; put it in quotes: \"{other}\"");
                errors.push(Finding {
                    path: here,
                    message,
                });
            }
        }
    }
    if size > MAX_ANNOTATIONS {
        errors.push(finding(
            &at,
            "is larger than the 256 KiB that an object may carry; make it smaller",
        ));
    }
}

/// What is wrong with the key of a label or annotation: an optional DNS prefix, a slash, and a name.
fn key_problem(key: &str) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let prefix_fits = prefix.is_none_or(|prefix| prefix.len() <= 253 && is_dns_subdomain(prefix));
    let name_fits = !name.is_empty() && is_label_value(name);
    (!(prefix_fits && name_fits)).then(|| {
        "is no key for a label or annotation; write a name of at most 63 letters, digits, dashes, dots and underscores, with a domain and a slash before it if wanted".to_owned()
    })
}

fn is_label_value(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_dns_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

fn is_dns_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

fn finding(path: &str, message: &str) -> Finding {
    Finding {
        path: path.to_owned(),
        message: message.to_owned(),
    }
}
