//! From a plan and values to one HTTP request. Pure: no argument can change the host, the shape of the path,
//! or add a header or a line; whatever could is refused with a sentence that names the argument.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use thiserror::Error;

use crate::registry::{
    plan::{BodyFormat, Parameter, Place, RequestPlan, Rest},
    template::{self, Part, ValueError},
};

mod form;
pub mod style;

/// Names us to backends.
pub const USER_AGENT: &str = concat!("mcp-gateway/", env!("CARGO_PKG_VERSION"));

/// A request, ready to be sent to the plan's host.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: Method,
    /// Path and query.
    pub path_and_query: String,
    /// All headers but `Host` and `Content-Length`.
    pub headers: HeaderMap,
    /// The body, if there is one.
    pub body: Bytes,
}

/// Why arguments cannot become a request.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RequestError {
    /// A value cannot stand in the path.
    #[error("argument \"{0}\": {1}")]
    Path(String, ValueError),
    /// A value cannot stand in a header.
    #[error(
        "argument \"{0}\": it goes into a header, so it must not hold control characters or be longer than 8 KiB"
    )]
    Header(String),
    /// A value has a form that its place cannot express.
    #[error("argument \"{0}\": {1}")]
    Shape(String, &'static str),
}

/// Trace context of the caller (W3C), passed on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trace<'a> {
    /// `traceparent`
    pub parent: Option<&'a str>,
    /// `tracestate`
    pub state: Option<&'a str>,
}

/// One argument: its value, and its text as it came (`null` and absent ones are not listed).
#[derive(Clone, Debug)]
pub struct Argument<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value.
    pub value: &'a Value,
    /// Its JSON text.
    pub text: &'a str,
}

/// Builds the request for a call.
///
/// `whole` is the text of the arguments object, spliced as the body where all of it goes there;
/// `split` yields the single arguments, and is called only where they part ways.
///
/// # Errors
/// Names the argument that cannot go where the plan puts it.
pub fn build<'a>(
    plan: &RequestPlan,
    whole: &str,
    split: impl FnOnce() -> Vec<Argument<'a>>,
) -> Result<Outgoing, RequestError> {
    let mut headers = plan.headers.clone();
    let untouched = plan.path.is_literal() && plan.parameters.is_empty();
    if untouched && plan.rest == Rest::Body && plan.body == BodyFormat::Json {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let body = Bytes::copy_from_slice(whole.as_bytes());
        return Ok(Outgoing {
            method: plan.method.clone(),
            path_and_query: plan.path.text.clone(),
            headers,
            body,
        });
    }
    let arguments = split();
    let mut pieces = Pieces::default();
    let path = path(plan, &arguments)?;
    for argument in &arguments {
        place(plan, argument, &mut pieces, &mut headers)?;
    }
    if !pieces.cookies.is_empty() {
        let value = HeaderValue::from_str(&pieces.cookies.join("; "));
        headers.insert(
            header::COOKIE,
            value.map_err(|_| RequestError::Header("cookie".to_owned()))?,
        );
    }
    let (content_type, body) = form::body(plan, &pieces.body)?;
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    let separator = if pieces.query.is_empty() { "" } else { "?" };
    let path_and_query = format!("{path}{separator}{}", pieces.query.join("&"));
    Ok(Outgoing {
        method: plan.method.clone(),
        path_and_query,
        headers,
        body,
    })
}

/// Adds what every request carries: who asks, an id to find it again, the caller's trace.
pub fn stamp(headers: &mut HeaderMap, request_id: &str, trace: Trace<'_>) {
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let traced = [("traceparent", trace.parent), ("tracestate", trace.state)];
    for (name, value) in traced
        .into_iter()
        .chain([("x-request-id", Some(request_id))])
    {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Where the parts of a request gather while arguments are placed.
#[derive(Default)]
struct Pieces<'a> {
    query: Vec<String>,
    cookies: Vec<String>,
    body: Vec<(Cow<'a, str>, &'a Value, &'a str)>,
}

/// Expands the path. Values are encoded segment by segment, so that the number of segments never changes.
fn path(plan: &RequestPlan, arguments: &[Argument<'_>]) -> Result<String, RequestError> {
    let mut path = String::with_capacity(plan.path.text.len() + 32);
    for part in &plan.path.parts {
        match part {
            Part::Literal(text) => path.push_str(text),
            Part::Variable(variable) => {
                let parameter = plan
                    .parameters
                    .iter()
                    .find(|parameter| parameter.place == Place::Path(variable.clone()));
                let name = parameter.map_or(variable.as_str(), |parameter| parameter.name.as_str());
                let argument = arguments
                    .iter()
                    .find(|argument| argument.name == name && !argument.value.is_null());
                let Some(argument) = argument else {
                    return Err(RequestError::Path(name.to_owned(), ValueError::Absent));
                };
                path.push_str(&path_value(parameter, argument)?);
            }
        }
    }
    Ok(path)
}

fn path_value(
    parameter: Option<&Parameter>,
    argument: &Argument<'_>,
) -> Result<String, RequestError> {
    let name = || argument.name.clone().into_owned();
    match (scalar(argument.value), parameter) {
        (Some(text), None) => template::encode_segment(&text, false)
            .map_err(|error| RequestError::Path(name(), error)),
        (None, None) => Err(RequestError::Shape(
            name(),
            "it is part of the path, so it must be a string, number or boolean",
        )),
        (_, Some(parameter)) => style::path(parameter, argument.value),
    }
}

/// Puts one argument where the plan wants it; those of the path are there already.
fn place<'a>(
    plan: &RequestPlan,
    argument: &Argument<'a>,
    pieces: &mut Pieces<'a>,
    headers: &mut HeaderMap,
) -> Result<(), RequestError> {
    let parameter = plan
        .parameters
        .iter()
        .find(|parameter| parameter.name == argument.name);
    match parameter.map(|parameter| (&parameter.place, parameter)) {
        Some((Place::Path(_), _)) => {}
        Some((Place::Query(name), parameter)) => {
            pieces
                .query
                .extend(style::query(parameter, name, argument.value)?)
        }
        Some((Place::Cookie(name), parameter)) => {
            pieces
                .cookies
                .extend(style::query(parameter, name, argument.value)?)
        }
        Some((Place::Header(name), parameter)) => {
            if let Some(text) = style::header(parameter, argument.value)? {
                headers.insert(name, header_value(&argument.name, &text)?);
            }
        }
        Some((Place::Body(name), _)) => {
            pieces
                .body
                .push((Cow::Owned(name.clone()), argument.value, argument.text));
        }
        None if plan
            .path
            .variables()
            .any(|variable| variable == argument.name) => {}
        None => match plan.rest {
            Rest::Body => pieces
                .body
                .push((argument.name.clone(), argument.value, argument.text)),
            Rest::Query => pieces
                .query
                .extend(style::default_query(&argument.name, argument.value)?),
        },
    }
    Ok(())
}

/// A header's value; nothing that could end the line gets through.
fn header_value(argument: &str, text: &str) -> Result<HeaderValue, RequestError> {
    let refused = || RequestError::Header(argument.to_owned());
    if text.len() > 8192 || text.chars().any(char::is_control) {
        return Err(refused());
    }
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| refused())
}

/// The text of a string, number or boolean; `None` for anything else.
#[must_use]
pub fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
