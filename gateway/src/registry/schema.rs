//! JSON Schemas of tools: checked and compiled once, within bounds that keep one schema from harming the others.
//! Nothing is ever fetched: a `$ref` that leaves the document is an error.

mod keywords;
mod references;
mod render;

use std::sync::Arc;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use self::references::Effort;
pub use self::render::{render_input, render_output};

/// A larger schema is refused: every client would have to download it with each list.
const MAX_BYTES: usize = 1 << 20;
/// Levels of nesting that a schema may have; as many as the JSON reader takes.
const MAX_DEPTH: usize = 128;
/// Visits of schemas to values that listing the failures may take.
const MAX_EFFORT: u64 = 1 << 16;
/// Schemas on the way from the root to the deepest failure, each of which takes part of the stack.
const MAX_STACK: usize = 1_000;
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
    Checked(Arc<Checker>),
}

/// What answers must look like.
#[derive(Clone, Debug)]
pub struct OutputSchema {
    /// Checks the value as the backend gave it.
    checker: Arc<Checker>,
    /// Whether legacy clients get it as `{"result": …}`, because its root is not `type: object`.
    pub wrap_for_legacy: bool,
}

/// A schema that judges values.
#[derive(Debug)]
pub struct Checker {
    validator: Validator,
    effort: Effort,
}

impl InputSchema {
    /// Compiles an input schema.
    ///
    /// # Errors
    /// What is wrong with it and how to mend it.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        let Value::Object(members) = schema else {
            return Err("it must be an object, such as {} or {\"type\": \"object\"}".to_owned());
        };
        if members.get("type").is_some_and(|root| root != "object") {
            return Err("the root must have type: object, for arguments always are one".to_owned());
        }
        if members.keys().all(|key| key == "type") {
            return Ok(Self::AnyObject);
        }
        Checker::compile(schema).map(|checker| Self::Checked(Arc::new(checker)))
    }

    /// Where arguments fail; empty if they do not.
    #[must_use]
    pub fn failures(&self, arguments: &Value) -> Vec<String> {
        match self {
            Self::AnyObject => Vec::new(),
            Self::Checked(checker) => checker.failures(arguments),
        }
    }
}

impl OutputSchema {
    /// Compiles an output schema.
    ///
    /// # Errors
    /// What is wrong with it and how to mend it.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        Ok(Self {
            checker: Arc::new(Checker::compile(schema)?),
            wrap_for_legacy: schema.get("type").is_none_or(|root| root != "object"),
        })
    }

    /// Where an answer fails; empty if it does not.
    #[must_use]
    pub fn failures(&self, answer: &Value) -> Vec<String> {
        self.checker.failures(answer)
    }
}

impl Checker {
    fn compile(schema: &Value) -> Result<Self, String> {
        if is_deeper(schema, MAX_DEPTH) {
            return Err(format!(
                "it is nested more than {MAX_DEPTH} levels deep; use $defs"
            ));
        }
        let size = schema.to_string().len();
        if size > MAX_BYTES {
            return Err(format!(
                "it is {size} bytes long; at most {MAX_BYTES} are served, shorten it or use $defs"
            ));
        }
        let effort = references::survey(schema)?;
        let patterns = PatternOptions::fancy_regex()
            .backtrack_limit(BACKTRACK_LIMIT)
            .size_limit(PATTERN_SIZE);
        let options = jsonschema::options()
            .offline()
            .with_pattern_options(patterns);
        let validator = options.build(schema).map_err(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() {
                String::new()
            } else {
                format!("at {place}: ")
            };
            format!("{place}{}", shortened(&error.to_string()))
        })?;
        Ok(Self { validator, effort })
    }

    fn failures(&self, instance: &Value) -> Vec<String> {
        if self.validator.is_valid(instance) {
            return Vec::new();
        }
        if !self.can_explain(instance) {
            return vec![
                "/: it does not fit the schema, and is nested too deeply to tell where".to_owned(),
            ];
        }
        let mut failures: Vec<String> = self
            .validator
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

    /// Telling whether a value fits takes little, but the validator collects every failure of every alternative: in a
    /// schema that refers to itself from two alternatives that doubles with each level of the value.
    fn can_explain(&self, instance: &Value) -> bool {
        let Effort {
            chain,
            per_level,
            whole,
        } = self.effort;
        let depth = depth(instance);
        let visits = || per_level.checked_pow(u32::try_from(depth).ok()?);
        chain * depth <= MAX_STACK
            && (whole <= MAX_EFFORT || visits().is_some_and(|visits| visits <= MAX_EFFORT))
    }
}

/// Levels of a value, 1 for a scalar.
fn depth(value: &Value) -> usize {
    let inside = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => None,
    };
    1 + inside.unwrap_or(0)
}

/// Whether a value nests deeper than `most`; looks no deeper than that.
fn is_deeper(value: &Value, most: usize) -> bool {
    let inside = |inner: &Value| most == 0 || is_deeper(inner, most - 1);
    match value {
        Value::Array(items) => items.iter().any(inside),
        Value::Object(members) => members.values().any(inside),
        _ => false,
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_FAILURE_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
