//! OpenAPI 3.1 parameter styles: how arrays and objects are written into paths, queries, headers and cookies.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{RequestError, scalar};
use crate::registry::{
    plan::{Parameter, Style},
    template::{self, ValueError},
};

/// Everything but RFC 3986 "unreserved" is encoded, so that no value can add a parameter.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const NESTED: &str =
    "its items must be strings, numbers or booleans, because it is not part of the body";

/// The text that a path variable becomes, prefix of the style included.
pub(super) fn path(parameter: &Parameter, value: &Value) -> Result<String, RequestError> {
    let refused = |error: ValueError| RequestError::Path(parameter.name.clone(), error);
    let encode =
        |text: &str| template::encode_segment(text, parameter.allow_slash).map_err(refused);
    let pairs = pairs(&parameter.name, value)?;
    if pairs.is_empty() {
        return Err(refused(ValueError::Empty));
    }
    let (prefix, separator) = match (parameter.style, parameter.explode) {
        (Style::Label, true) => (".", "."),
        (Style::Label, false) => (".", ","),
        (Style::Matrix, true) => (";", ";"),
        (Style::Matrix, false) => (";", ","),
        _ => ("", ","),
    };
    let is_object = value.is_object();
    let mut parts = Vec::new();
    for (key, text) in &pairs {
        let text = encode(text)?;
        parts.push(match (key, parameter.style, parameter.explode) {
            (Some(key), _, true) => format!("{}={text}", encode(key)?),
            (Some(key), _, false) => format!("{},{text}", encode(key)?),
            (None, Style::Matrix, true) => format!("{}={text}", encode_component(&parameter.name)),
            (None, _, _) => text,
        });
    }
    let named =
        parameter.style == Style::Matrix && !(parameter.explode && (is_object || value.is_array()));
    let joined = parts.join(separator);
    let exploded_scalar =
        parameter.style == Style::Matrix && parameter.explode && scalar(value).is_some();
    if named && !exploded_scalar {
        return Ok(format!(
            "{prefix}{}={joined}",
            encode_component(&parameter.name)
        ));
    }
    Ok(format!("{prefix}{joined}"))
}

/// `name=value` pairs for a query string or a cookie.
pub(super) fn query(
    parameter: &Parameter,
    name: &str,
    value: &Value,
) -> Result<Vec<String>, RequestError> {
    let pairs = pairs(&parameter.name, value)?;
    let pair =
        |key: &str, text: &str| format!("{}={}", encode_component(key), encode_component(text));
    if parameter.style == Style::DeepObject && value.is_object() {
        let deep = |(key, text): &(Option<Cow<'_, str>>, Cow<'_, str>)| {
            format!(
                "{}={}",
                encode_component(&format!("{name}[{}]", key.as_deref().unwrap_or_default())),
                encode_component(text)
            )
        };
        return Ok(pairs.iter().map(deep).collect());
    }
    if parameter.explode || scalar(value).is_some() {
        return Ok(pairs
            .iter()
            .map(|(key, text)| pair(key.as_deref().unwrap_or(name), text))
            .collect());
    }
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let separator = match parameter.style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        _ => ",",
    };
    let flat: Vec<String> = pairs
        .iter()
        .flat_map(|(key, text)| {
            key.iter()
                .map(|key| encode_component(key))
                .chain([encode_component(text)])
        })
        .collect();
    Ok(vec![format!(
        "{}={}",
        encode_component(name),
        flat.join(separator)
    )])
}

/// What a query holds where nothing is said: OpenAPI's default for queries, `form` with `explode`.
pub(super) fn default_query(name: &str, value: &Value) -> Result<Vec<String>, RequestError> {
    let pairs = pairs(name, value)?;
    Ok(pairs
        .iter()
        .map(|(key, text)| {
            format!(
                "{}={}",
                encode_component(key.as_deref().unwrap_or(name)),
                encode_component(text)
            )
        })
        .collect())
}

/// The text of a header (style `simple`); `None` for a value that is not there.
pub(super) fn header(parameter: &Parameter, value: &Value) -> Result<Option<String>, RequestError> {
    let pairs = pairs(&parameter.name, value)?;
    let text = |(key, text): &(Option<Cow<'_, str>>, Cow<'_, str>)| match key {
        Some(key) if parameter.explode => format!("{key}={text}"),
        Some(key) => format!("{key},{text}"),
        None => text.clone().into_owned(),
    };
    Ok((!pairs.is_empty()).then(|| pairs.iter().map(text).collect::<Vec<_>>().join(",")))
}

/// A value as a flat list: one entry for a scalar, keyless ones for an array, keyed ones for an object.
type Pairs<'v> = Vec<(Option<Cow<'v, str>>, Cow<'v, str>)>;

fn pairs<'v>(argument: &str, value: &'v Value) -> Result<Pairs<'v>, RequestError> {
    let flat = |value: &'v Value| {
        scalar(value).ok_or_else(|| RequestError::Shape(argument.to_owned(), NESTED))
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(|item| Ok((None, flat(item)?))).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| Ok((Some(Cow::Borrowed(key.as_str())), flat(value)?)))
            .collect(),
        _ => Ok(vec![(None, flat(value)?)]),
    }
}

fn encode_component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}
