//! How a call becomes an HTTP request, worked out once when an object is built.
//! Plain data; `backend::request` carries it out.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, Method};

use super::{objects::Host, template::Template};

/// One HTTP request with holes for the arguments.
#[derive(Clone, Debug)]
pub struct RequestPlan {
    /// The HTTP method.
    pub method: Method,
    /// Where to connect.
    pub host: Host,
    /// `Host` header: the Service as its neighbours call it.
    pub authority: Arc<str>,
    /// The path, with variables for arguments.
    pub path: Template,
    /// Arguments that go somewhere in particular, by name.
    pub parameters: Vec<Parameter>,
    /// Where the arguments go that neither the path nor `parameters` takes.
    pub rest: Rest,
    /// How a body is written.
    pub body: BodyFormat,
    /// Headers that every call carries and no client sees.
    pub headers: HeaderMap,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Most bytes of an answer.
    pub max_response_bytes: usize,
    /// How often a call is tried in all.
    pub attempts: u32,
    /// Whether the call may be sent again when a connection breaks.
    pub idempotent: bool,
}

/// Where leftover arguments go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Into the body: POST, PUT, PATCH.
    Body,
    /// Into the query string: GET, DELETE, HEAD, OPTIONS.
    Query,
}

/// How the body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `multipart/form-data`
    Multipart,
    /// No body at all.
    None,
}

/// One argument that is placed explicitly.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The argument's name.
    pub name: String,
    /// Where it goes, and under which name.
    pub place: Place,
    /// OpenAPI `style`.
    pub style: Style,
    /// OpenAPI `explode`.
    pub explode: bool,
    /// Whether a path value may hold `/`.
    pub allow_slash: bool,
}

/// Where an argument goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A variable of the path; the name is the variable's.
    Path(String),
    /// The query string.
    Query(String),
    /// A request header.
    Header(HeaderName),
    /// A cookie.
    Cookie(String),
    /// A member of the body.
    Body(String),
}

/// OpenAPI 3.1 parameter styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `a,b` in paths and headers.
    Simple,
    /// `.a.b` in paths.
    Label,
    /// `;name=a` in paths.
    Matrix,
    /// `name=a&name=b` in queries and cookies.
    Form,
    /// `name=a b`
    SpaceDelimited,
    /// `name=a|b`
    PipeDelimited,
    /// `name[key]=a`
    DeepObject,
}

/// What the answer is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// By its content type.
    Auto,
    /// JSON, or it is an error.
    Json,
    /// Text, whatever it says it is.
    Text,
    /// A raw MCP result; the request is a raw MCP call.
    Mcp,
}
