//! Field paths as findings name them: `spec.parameters[0].in`, `metadata.labels["a.b/c"]`.
//! Building and taking apart, and nothing else: what lies at a path is not looked up here.

use std::fmt::Write as _;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A key of an object.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// The path of `key` inside the object at `path`.
#[must_use]
pub fn child(path: &str, key: &str) -> String {
    let mut whole = String::with_capacity(path.len() + key.len() + 5);
    whole.push_str(path);
    if !key.is_empty() && key.chars().all(is_plain) {
        if !path.is_empty() {
            whole.push('.');
        }
        whole.push_str(key);
    } else {
        // Writing to a String cannot fail.
        let _ = write!(whole, "[{}]", serde_json::Value::from(key));
    }
    whole
}

/// The path of the item at `index` inside the list at `path`.
#[must_use]
pub fn item(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// The path `inner`, which starts at the object that `outer` names.
#[must_use]
pub fn join(outer: &str, inner: &str) -> String {
    match (outer.is_empty(), inner.is_empty()) {
        (true, _) => inner.to_owned(),
        (_, true) => outer.to_owned(),
        _ if inner.starts_with('[') => format!("{outer}{inner}"),
        _ => format!("{outer}.{inner}"),
    }
}

/// Takes a path apart; what is not of its form is read as keys as well as it goes.
#[must_use]
pub fn segments(path: &str) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('[') {
            let end = bracket_end(inside);
            let content = &inside[..end];
            found.push(match content.parse() {
                Ok(index) => Segment::Index(index),
                Err(_) => Segment::Key(
                    serde_json::from_str(content).unwrap_or_else(|_| content.to_owned()),
                ),
            });
            rest = inside.get(end + 1..).unwrap_or_default();
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            found.push(Segment::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    found
}

/// Where the closing bracket is, one inside a quoted key not counting.
fn bracket_end(inside: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in inside.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return at,
            _ => {}
        }
    }
    inside.len()
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '$')
}

#[cfg(test)]
mod tests {
    use super::{Segment, child, item, join, segments};

    #[test]
    fn a_path_is_taken_apart_as_it_was_put_together() {
        let labels = child(&child("", "metadata"), "labels");
        let path = child(&labels, "a.b/c]\"d");
        assert_eq!(path, r#"metadata.labels["a.b/c]\"d"]"#);
        let keys = ["metadata", "labels", "a.b/c]\"d"].map(|key| Segment::Key(key.to_owned()));
        assert_eq!(segments(&path), keys);

        let path = child(&item(&child("", "items"), 3), "in");
        assert_eq!(path, "items[3].in");
        assert_eq!(
            segments(&path),
            [
                Segment::Key("items".to_owned()),
                Segment::Index(3),
                Segment::Key("in".to_owned())
            ]
        );
    }

    #[test]
    fn odd_paths_are_read_without_a_panic() {
        for path in ["", ".", "[", "[\"", "a[", "a[b]", "a..b", "ä[\"ö", "[]"] {
            let _ = segments(path);
        }
        assert_eq!(join("items[0]", "spec.name"), "items[0].spec.name");
        assert_eq!(join("", "spec"), "spec");
        assert_eq!(join("spec", ""), "spec");
        assert_eq!(join("spec", "[\"a.b\"]"), "spec[\"a.b\"]");
    }
}
