//! The structural schema of one kind, compiled once from its CRD: what the checks need, in a form that
//! is quick to walk. Reads the schema only; the checks are in the files beside this one.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    path,
    rules::{Rule, Rules},
};

/// A CRD that this program cannot judge objects by; a mistake in the program, never in an object.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// The CRD has no schema where one belongs.
    #[error("the CRD of {0} has no schema")]
    Missing(&'static str),
    /// A pattern is not a regular expression.
    #[error("the pattern at {path} in the schema: {error}")]
    Pattern {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        error: regex::Error,
    },
    /// A rule is not CEL.
    #[error("the rule at {path} in the schema: {message}")]
    Rule {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        message: String,
    },
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// An object.
    Object,
    /// A list.
    Array,
    /// A string.
    String,
    /// A number without a fraction.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A whole number or a string.
    IntOrString,
    /// The schema does not say.
    Any,
}

/// How the items of a list are told apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unique {
    /// They are not.
    No,
    /// By their whole value.
    Whole,
    /// By these fields.
    Keys(Vec<String>),
}

/// One node of a schema.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) kind: Type,
    pub(super) nullable: bool,
    /// Whether unknown fields stay.
    pub(super) preserve: bool,
    /// First sentence of the description.
    pub(super) summary: String,
    pub(super) default: Option<Value>,
    pub(super) properties: BTreeMap<String, Schema>,
    pub(super) additional: Option<Box<Schema>>,
    pub(super) items: Option<Box<Schema>>,
    pub(super) required: Vec<String>,
    pub(super) choices: Vec<Value>,
    pub(super) pattern: Option<Regex>,
    pub(super) format: String,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) length: Bounds,
    pub(super) item_count: Bounds,
    pub(super) property_count: Bounds,
    pub(super) unique: Unique,
    pub(super) all_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) one_of: Vec<Schema>,
    pub(super) not: Option<Box<Schema>>,
    pub(super) rules: Vec<Rule>,
}

/// The least and the greatest count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
}

impl Schema {
    /// Compiles the schema `source`, which stands at `at`.
    pub(super) fn compile(source: &Value, at: &str, language: &Rules) -> Result<Self, SchemaError> {
        let list = |keyword: &str| each(source, keyword, at, language);
        let one = |keyword: &str| single(source, keyword, at, language);
        Ok(Self {
            kind: type_of(source),
            nullable: flag(source, "nullable"),
            preserve: flag(source, "x-kubernetes-preserve-unknown-fields"),
            summary: summary(source),
            default: source.get("default").cloned(),
            properties: properties(source, at, language)?,
            additional: one("additionalProperties")?,
            items: one("items")?,
            required: strings(source, "required"),
            choices: source
                .get("enum")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
            pattern: pattern(source, at)?,
            format: source
                .get("format")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            minimum: source.get("minimum").and_then(Value::as_f64),
            maximum: source.get("maximum").and_then(Value::as_f64),
            length: bounds(source, "minLength", "maxLength"),
            item_count: bounds(source, "minItems", "maxItems"),
            property_count: bounds(source, "minProperties", "maxProperties"),
            unique: unique(source),
            all_of: list("allOf")?,
            any_of: list("anyOf")?,
            one_of: list("oneOf")?,
            not: one("not")?,
            rules: language.compile(source, at)?,
        })
    }
}

fn properties(
    source: &Value,
    at: &str,
    language: &Rules,
) -> Result<BTreeMap<String, Schema>, SchemaError> {
    let none = Map::new();
    let found = source
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    found
        .iter()
        .map(|(name, inner)| {
            Ok((
                name.clone(),
                Schema::compile(inner, &path::child(at, name), language)?,
            ))
        })
        .collect()
}

fn single(
    source: &Value,
    keyword: &str,
    at: &str,
    language: &Rules,
) -> Result<Option<Box<Schema>>, SchemaError> {
    match source.get(keyword) {
        Some(inner @ Value::Object(_)) => Ok(Some(Box::new(Schema::compile(
            inner,
            &format!("{at}[]"),
            language,
        )?))),
        _ => Ok(None),
    }
}

fn each(
    source: &Value,
    keyword: &str,
    at: &str,
    language: &Rules,
) -> Result<Vec<Schema>, SchemaError> {
    // An int-or-string says the same a second time by `anyOf`, which the API server accepts nowhere else.
    if keyword == "anyOf" && flag(source, "x-kubernetes-int-or-string") {
        return Ok(Vec::new());
    }
    let found = source
        .get(keyword)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    found
        .iter()
        .map(|inner| Schema::compile(inner, at, language))
        .collect()
}

fn type_of(source: &Value) -> Type {
    if flag(source, "x-kubernetes-int-or-string") {
        return Type::IntOrString;
    }
    match source.get("type").and_then(Value::as_str) {
        Some("object") => Type::Object,
        Some("array") => Type::Array,
        Some("string") => Type::String,
        Some("integer") => Type::Integer,
        Some("number") => Type::Number,
        Some("boolean") => Type::Boolean,
        _ => Type::Any,
    }
}

fn pattern(source: &Value, at: &str) -> Result<Option<Regex>, SchemaError> {
    let Some(text) = source.get("pattern").and_then(Value::as_str) else {
        return Ok(None);
    };
    Regex::new(text)
        .map(Some)
        .map_err(|error| SchemaError::Pattern {
            path: at.to_owned(),
            error,
        })
}

fn unique(source: &Value) -> Unique {
    match source.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("map") => Unique::Keys(strings(source, "x-kubernetes-list-map-keys")),
        Some("set") => Unique::Whole,
        _ if flag(source, "uniqueItems") => Unique::Whole,
        _ => Unique::No,
    }
}

fn bounds(source: &Value, least: &str, most: &str) -> Bounds {
    let count = |keyword: &str| {
        source
            .get(keyword)
            .and_then(Value::as_u64)
            .and_then(|n| usize::try_from(n).ok())
    };
    Bounds {
        least: count(least),
        most: count(most),
    }
}

fn flag(source: &Value, keyword: &str) -> bool {
    source.get(keyword).and_then(Value::as_bool) == Some(true)
}

fn strings(source: &Value, keyword: &str) -> Vec<String> {
    let found = source
        .get(keyword)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    found
        .iter()
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}

/// The first sentence of the description, without its full stop.
fn summary(source: &Value) -> String {
    let text = source
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let line = text.replace('\n', " ");
    let first = line.split(". ").next().unwrap_or_default();
    first.trim().trim_end_matches('.').to_owned()
}
