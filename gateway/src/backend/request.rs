//! From a plan and values to one HTTP request. Pure: no argument can change the host, the shape of the path,
//! or add a header or a line; whatever could is refused with a sentence that names the argument.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header, uri::PathAndQuery};
use serde_json::Value;
use thiserror::Error;

use self::{style::Form, value::Flat};

use crate::registry::{
    plan::{BodyFormat, Parameter, Place, RequestPlan, Rest},
    template::{Part, ValueError},
};

mod form;
mod style;
mod value;

/// Names us to backends.
pub const USER_AGENT: &str = concat!("mcp-gateway/", env!("CARGO_PKG_VERSION"));

/// Most bytes of path and query: what a URI of the `http` crate can hold.
const MAX_TARGET: usize = u16::MAX as usize - 1;
/// Most bytes of a header that arguments make.
const MAX_HEADER: usize = 8192;

/// A request, ready to be sent to the plan's host.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: Method,
    /// Path and query.
    pub path_and_query: PathAndQuery,
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
    #[error(
        "argument \"{0}\": its items must be strings, numbers or booleans, for only a JSON body holds more"
    )]
    Shape(String),
    /// All values together are more than a URI holds.
    #[error(
        "the arguments make the path and query longer than {MAX_TARGET} bytes, which no service takes; send less"
    )]
    TooLong,
}

/// Trace context of the caller (W3C), passed on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trace<'a> {
    /// `traceparent`
    pub parent: Option<&'a str>,
    /// `tracestate`
    pub state: Option<&'a str>,
}

/// One argument: its name, and its JSON text as it came.
pub type Argument<'a> = (Cow<'a, str>, &'a str);

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
    let (path_and_query, body) =
        if untouched && plan.rest == Rest::Body && plan.body == BodyFormat::Json {
            headers.insert(header::CONTENT_TYPE, form::JSON);
            let body = Bytes::copy_from_slice(whole.as_bytes());
            (plan.path.text.clone(), body)
        } else {
            placed(plan, &split(), &mut headers)?
        };
    if path_and_query.len() > MAX_TARGET {
        return Err(RequestError::TooLong);
    }
    Ok(Outgoing {
        method: plan.method.clone(),
        path_and_query: PathAndQuery::try_from(path_and_query)
            .map_err(|_| RequestError::TooLong)?,
        headers,
        body,
    })
}

/// Builds the request for a resource's operation, whose variables stand in the path and nowhere else.
///
/// # Errors
/// Names the variable that cannot stand in the path.
pub fn build_from_variables(
    plan: &RequestPlan,
    variables: &[(&str, String)],
) -> Result<Outgoing, RequestError> {
    let used = |name: &str| plan.path.variables().any(|variable| variable == name);
    let texts: Vec<(&str, String)> = variables
        .iter()
        .filter(|(name, _)| used(name))
        .map(|(name, value)| (*name, Value::from(value.as_str()).to_string()))
        .collect();
    let arguments: Vec<Argument<'_>> = texts
        .iter()
        .map(|(name, text)| (Cow::Borrowed(*name), text.as_str()))
        .collect();
    build(plan, "", || arguments)
}

/// Path with query, and body, of arguments that part ways; headers and cookies go into `headers`.
fn placed(
    plan: &RequestPlan,
    arguments: &[Argument<'_>],
    headers: &mut HeaderMap,
) -> Result<(String, Bytes), RequestError> {
    let mut pieces = Pieces::default();
    let mut target = path(plan, arguments)?;
    for argument in arguments {
        place(plan, argument, &mut pieces, headers)?;
    }
    if !pieces.cookies.is_empty() {
        add_cookies(headers, &pieces.cookies)?;
    }
    let (content_type, body) = form::body(plan, &pieces.body)?;
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if !pieces.query.is_empty() {
        target.push('?');
        target.push_str(&pieces.query.join("&"));
    }
    Ok((target, body))
}

/// Adds what every request carries: who asks, an id to find it again, the caller's trace.
/// What the tool itself puts into these headers stays.
pub fn stamp(headers: &mut HeaderMap, request_id: &str, trace: Trace<'_>) {
    let carried = [
        (header::USER_AGENT, Some(USER_AGENT)),
        (HeaderName::from_static("x-request-id"), Some(request_id)),
        (HeaderName::from_static("traceparent"), trace.parent),
        (HeaderName::from_static("tracestate"), trace.state),
    ];
    for (name, value) in carried {
        let value = value.filter(|value| value.len() <= MAX_HEADER);
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.entry(name).or_insert(value);
        }
    }
}

/// Where the parts of a request gather while arguments are placed.
#[derive(Default)]
struct Pieces<'a> {
    query: Vec<String>,
    cookies: Vec<String>,
    body: Vec<form::Member<'a>>,
}

/// Expands the path. Values are encoded segment by segment, so that the number of segments never changes.
fn path(plan: &RequestPlan, arguments: &[Argument<'_>]) -> Result<String, RequestError> {
    let mut path = String::with_capacity(plan.path.text.len() + 32);
    for part in &plan.path.parts {
        match part {
            Part::Literal(text) => path.push_str(text),
            Part::Variable(variable) => {
                let parameter = plan.parameters.iter().find(
                    |parameter| matches!(&parameter.place, Place::Path(place) if place == variable),
                );
                let name = parameter.map_or(variable.as_str(), |parameter| parameter.name.as_str());
                let refused = |error| RequestError::Path(name.to_owned(), error);
                let argument = arguments.iter().find(|(argument, _)| argument == name);
                let (_, text) = argument.ok_or_else(|| refused(ValueError::Absent))?;
                let (form, allow_slash) = parameter.map_or((Form::PATH, false), |parameter| {
                    (form_of(parameter), parameter.allow_slash)
                });
                let value = flat(name, text)?;
                path.push_str(&style::path(form, allow_slash, variable, &value).map_err(refused)?);
            }
        }
    }
    Ok(path)
}

/// Puts one argument where the plan wants it; those of the path are there already.
fn place<'a>(
    plan: &RequestPlan,
    (argument, text): &Argument<'a>,
    pieces: &mut Pieces<'a>,
    headers: &mut HeaderMap,
) -> Result<(), RequestError> {
    let parameter = plan
        .parameters
        .iter()
        .find(|parameter| parameter.name == *argument);
    let Some(parameter) = parameter else {
        if plan.path.variables().any(|variable| variable == argument) {
            return Ok(());
        }
        match plan.rest {
            Rest::Body => pieces.body.push(form::Member {
                name: argument.clone(),
                text,
            }),
            Rest::Query => {
                pieces
                    .query
                    .extend(style::pairs(Form::QUERY, argument, &flat(argument, text)?));
            }
        }
        return Ok(());
    };
    let form = form_of(parameter);
    match &parameter.place {
        Place::Path(_) => {}
        Place::Query(name) => {
            pieces
                .query
                .extend(style::pairs(form, name, &flat(argument, text)?));
        }
        Place::Cookie(name) => {
            pieces
                .cookies
                .extend(style::pairs(form, name, &flat(argument, text)?));
        }
        Place::Header(name) => {
            if let Some(text) = style::header(form, &flat(argument, text)?) {
                headers.insert(name, header_value(argument, &text)?);
            }
        }
        Place::Body(name) => pieces.body.push(form::Member {
            name: Cow::Owned(name.clone()),
            text,
        }),
    }
    Ok(())
}

fn form_of(parameter: &Parameter) -> Form {
    Form {
        style: parameter.style,
        explode: parameter.explode,
    }
}

fn flat<'a>(argument: &str, text: &'a str) -> Result<Flat<'a>, RequestError> {
    Flat::read(text).ok_or_else(|| RequestError::Shape(argument.to_owned()))
}

/// Cookies from arguments, behind those that the tool always sends.
fn add_cookies(headers: &mut HeaderMap, cookies: &[String]) -> Result<(), RequestError> {
    let mut value = cookies.join("; ").into_bytes();
    let refused = || RequestError::Header("cookie".to_owned());
    if value.len() > MAX_HEADER {
        return Err(refused());
    }
    let constant = headers.remove(header::COOKIE);
    if let Some(constant) = &constant {
        value = [constant.as_bytes(), &value].join(b"; ".as_slice());
    }
    let mut value = HeaderValue::from_bytes(&value).map_err(|_| refused())?;
    value.set_sensitive(constant.is_some_and(|constant| constant.is_sensitive()));
    headers.insert(header::COOKIE, value);
    Ok(())
}

/// A header's value; nothing that could end the line gets through.
fn header_value(argument: &str, text: &str) -> Result<HeaderValue, RequestError> {
    let refused = || RequestError::Header(argument.to_owned());
    if text.len() > MAX_HEADER || text.chars().any(char::is_control) {
        return Err(refused());
    }
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| refused())
}
