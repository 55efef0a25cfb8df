//! OpenAPI 3.1 parameter styles: how arrays and objects are written into paths, queries, headers and cookies.
//! Every value is encoded on its own, so that only the style's own separators stand between them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::value::Flat;
use crate::registry::{
    plan::Style,
    template::{ValueError, encode_segment},
};

/// Everything but RFC 3986 "unreserved" is encoded, so that no value can add a parameter.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A style and whether it is exploded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// OpenAPI `style`.
    pub(super) style: Style,
    /// OpenAPI `explode`.
    pub(super) explode: bool,
}

impl Form {
    /// What OpenAPI takes for a path where nothing is said.
    pub(super) const PATH: Self = Self {
        style: Style::Simple,
        explode: false,
    };
    /// What OpenAPI takes for a query where nothing is said.
    pub(super) const QUERY: Self = Self {
        style: Style::Form,
        explode: true,
    };
}

/// The text that a path variable becomes, prefix of the style included.
///
/// Label without explode is joined by commas, as RFC 6570 (3.2.5) and OpenAPI 3.1.1 have it; the table of 3.1.0 has dots.
pub(super) fn path(
    form: Form,
    allow_slash: bool,
    name: &str,
    value: &Flat<'_>,
) -> Result<String, ValueError> {
    let encode = |text: &str| encode_segment(text, allow_slash);
    let items: Vec<String> = match value {
        Flat::Absent => return Err(ValueError::Absent),
        Flat::One(text) => vec![encode(text)?],
        Flat::List(texts) => texts
            .iter()
            .map(|text| encode(text))
            .collect::<Result<_, _>>()?,
        Flat::Named(members) => {
            let equals = if form.explode { '=' } else { ',' };
            let member = |key: &str, text: &str| {
                Ok(format!(
                    "{}{equals}{}",
                    encode_segment(key, false)?,
                    encode(text)?
                ))
            };
            members
                .iter()
                .map(|(key, text)| member(key, text))
                .collect::<Result<_, _>>()?
        }
    };
    if items.is_empty() {
        return Err(ValueError::Empty);
    }
    let name = encode_component(name);
    Ok(match (form.style, form.explode) {
        (Style::Label, true) => format!(".{}", items.join(".")),
        (Style::Label, false) => format!(".{}", items.join(",")),
        (Style::Matrix, true) if matches!(value, Flat::Named(_)) => format!(";{}", items.join(";")),
        (Style::Matrix, true) => items.iter().map(|item| format!(";{name}={item}")).collect(),
        (Style::Matrix, false) => format!(";{name}={}", items.join(",")),
        _ => items.join(","),
    })
}

/// `name=value` pairs for a query string, a form or a cookie; none for a value that is not there.
pub(super) fn pairs(form: Form, name: &str, value: &Flat<'_>) -> Vec<String> {
    let pair =
        |key: &str, text: &str| format!("{}={}", encode_component(key), encode_component(text));
    let texts: Vec<&str> = match value {
        Flat::Absent => return Vec::new(),
        Flat::One(text) => return vec![pair(name, text)],
        Flat::List(texts) if form.explode => {
            return texts.iter().map(|text| pair(name, text)).collect();
        }
        Flat::Named(members) if form.style == Style::DeepObject => {
            let deep = members
                .iter()
                .map(|(key, text)| pair(&format!("{name}[{key}]"), text));
            return deep.collect();
        }
        Flat::Named(members) if form.explode => {
            return members.iter().map(|(key, text)| pair(key, text)).collect();
        }
        Flat::List(texts) => texts.iter().map(|text| &**text).collect(),
        Flat::Named(members) => members
            .iter()
            .flat_map(|(key, text)| [&**key, &**text])
            .collect(),
    };
    if texts.is_empty() {
        return Vec::new();
    }
    let separator = match form.style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        _ => ",",
    };
    let texts: Vec<String> = texts.into_iter().map(encode_component).collect();
    vec![format!(
        "{}={}",
        encode_component(name),
        texts.join(separator)
    )]
}

/// The text of a header (style `simple`); `None` for a value that is not there.
pub(super) fn header(form: Form, value: &Flat<'_>) -> Option<String> {
    let equals = if form.explode { '=' } else { ',' };
    let items: Vec<String> = match value {
        Flat::Absent => return None,
        Flat::One(text) => return Some(text.clone().into_owned()),
        Flat::List(texts) => texts.iter().map(|text| text.clone().into_owned()).collect(),
        Flat::Named(members) => members
            .iter()
            .map(|(key, text)| format!("{key}{equals}{text}"))
            .collect(),
    };
    (!items.is_empty()).then(|| items.join(","))
}

fn encode_component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

#[cfg(test)]
mod tests;
