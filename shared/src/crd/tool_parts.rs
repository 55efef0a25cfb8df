//! The parts of an MCPTool: how a call becomes an HTTP request, and how its answer becomes a result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    common::{OnFailure, SecretKeyRef, positive},
    duration::Duration,
    schema::{plain_enum, rule, rule_telling},
};

/// The method of an HTTP request.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(transform = plain_enum)]
pub enum HttpMethod {
    /// GET: arguments go into the query.
    Get,
    /// HEAD: as GET, without a body in the answer.
    Head,
    /// POST: arguments go into the body.
    #[default]
    Post,
    /// PUT: arguments go into the body.
    Put,
    /// PATCH: arguments go into the body.
    Patch,
    /// DELETE: arguments go into the query.
    Delete,
}

impl HttpMethod {
    /// The method as it stands in a request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Where one argument goes, when the default is not wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "!has(self.style) || (self.__in__ == 'path' ? self.style in ['simple', 'label', 'matrix'] : self.__in__ == 'query' ? self.style in ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'] : self.__in__ == 'header' ? self.style == 'simple' : self.__in__ == 'cookie' ? self.style == 'form' : false)",
    "style does not fit: use simple, label or matrix in path; form, spaceDelimited, pipeDelimited or deepObject in query; simple in header; form in cookie; leave it out in body"))]
#[schemars(transform = rule(
    "!self.allowSlash || self.__in__ == 'path'",
    "allowSlash has a meaning in path only; remove it"))]
#[schemars(transform = rule(
    "self.__in__ != 'body' || !has(self.explode)",
    "explode has no meaning in body; remove it"))]
#[schemars(transform = rule(
    "self.__in__ != 'path' || !has(self.__as__) || self.__as__ == self.name",
    "an argument in path takes the place of its own {name} in service.path; remove `as`"))]
#[schemars(transform = rule_telling(
    "self.__in__ != 'header' || (has(self.__as__) ? self.__as__ : self.name).matches('^[-!#$%&*+.^_|~0-9A-Za-z]+$')",
    "the header's name holds a character that no header name may hold; set `as` to a name of letters, digits and dashes",
    "'`' + (has(self.__as__) ? self.__as__ : self.name) + '` cannot be the name of a header; set `as` to a name of letters, digits and dashes'"))]
#[schemars(transform = rule(
    "self.__in__ != 'header' || !(has(self.__as__) ? self.__as__ : self.name).matches('(?i)^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-.*|cookie|authorization|expect|http2-settings|forwarded|x-forwarded-.*)$')",
    "an argument may not set Host, Cookie, Authorization, Content-*, Proxy-*, Forwarded or a connection header; set `as` to another header"))]
#[schemars(transform = rule(
    "self.__in__ != 'cookie' || (has(self.__as__) ? self.__as__ : self.name).matches('^[-!#$%&*+.^_|~0-9A-Za-z]+$')",
    "the cookie's name holds a character that no cookie name may hold; set `as` to a name of letters, digits and dashes"))]
pub struct Parameter {
    /// Name of the argument, as in `inputSchema`.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Where it goes: path, query, header, cookie or body.
    #[serde(rename = "in")]
    pub in_: ParameterLocation,
    /// Name that the service expects, if it is another one.
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub as_: Option<String>,
    /// How arrays and objects are written, as in OpenAPI: simple, label or matrix in path; form, spaceDelimited,
    /// pipeDelimited or deepObject in query; simple in header; form in cookie. Left out: simple in path and header,
    /// form in query and cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<ParameterStyle>,
    /// Whether each element of an array or object is written by itself, as in OpenAPI. Left out: true with style form,
    /// else false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explode: Option<bool>,
    /// Lets the value span several path segments by holding slashes. Dot segments stay refused.
    #[serde(default)]
    pub allow_slash: bool,
}

/// Where an argument goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum ParameterLocation {
    /// In place of `{name}` in the path.
    Path,
    /// Into the query string.
    #[default]
    Query,
    /// Into a header.
    Header,
    /// Into a cookie.
    Cookie,
    /// Into the body.
    Body,
}

/// How arrays and objects are written outside a body, as in OpenAPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = plain_enum)]
pub enum ParameterStyle {
    /// `a,b` (path, header).
    Simple,
    /// `.a.b` (path).
    Label,
    /// `;x=a;x=b` (path).
    Matrix,
    /// `x=a&x=b` (query, cookie).
    Form,
    /// `x=a%20b` (query).
    SpaceDelimited,
    /// `x=a|b` (query).
    PipeDelimited,
    /// `x[k]=v` (query).
    DeepObject,
}

/// A header with a constant value, which clients never see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "has(self.value) != has(self.valueFrom)",
    "a header takes exactly one of value and valueFrom; remove one or add one"))]
pub struct Header {
    /// Name of the header. Host and the headers that govern the connection or the body are the gateway's own.
    #[schemars(
        length(min = 1, max = 128),
        regex(pattern = "^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")
    )]
    #[schemars(transform = rule(
        "!self.matches('(?i)^(host|connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|content-length|content-type|content-encoding|expect|http2-settings)$')",
        "Host, Content-Type, Content-Length and connection headers are set by the gateway; remove this one"))]
    pub name: String,
    /// The value, in the open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 8192),
        regex(pattern = r"^([\x21-\x7E]([\x20-\x7E\t]*[\x21-\x7E])?)?$")
    )]
    pub value: Option<String>,
    /// Where the value is taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_from: Option<HeaderSource>,
}

/// Where a header's value is taken from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeaderSource {
    /// A key of a Secret in the namespace of this object. The MCPServer must list the Secret in `allowedSecrets`.
    pub secret_key_ref: SecretKeyRef,
}

/// How the arguments that go into the body are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum BodyFormat {
    /// One JSON object.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data`.
    Multipart,
    /// No body.
    None,
}

/// How the service's answer becomes the tool's result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "!has(self.jq) || self.format in ['auto', 'json']",
    "jq works on JSON only; set format to json or auto, or remove jq"))]
pub struct ResponseMapping {
    /// How to read the answer: auto (by its Content-Type), json, text, or mcp (the service answers a raw MCP result).
    #[serde(default)]
    pub format: ResponseFormat,
    /// A jq filter that turns a JSON answer into what the client gets, such as .items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub jq: Option<String>,
    /// Largest answer taken, in bytes; a larger one is an error and never cut off. Left out: what the server's config
    /// says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub max_bytes: Option<u64>,
}

/// How to read a service's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum ResponseFormat {
    /// By its Content-Type.
    #[default]
    Auto,
    /// As JSON, whatever its Content-Type.
    Json,
    /// As text, whatever its Content-Type.
    Text,
    /// As a raw MCP result.
    Mcp,
}

/// When a failed call is tried again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Retries {
    /// How often a call is tried in all, the first time included.
    #[schemars(range(min = 1, max = 10))]
    pub attempts: u32,
}

/// How often a tool may be called.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolRateLimit {
    /// How many calls one window allows; also how many may come at once.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: u32,
    /// Time over which the calls are counted.
    #[schemars(transform = positive())]
    pub window: Duration,
    /// What is counted together: tool (all calls of this tool), client (those of one address) or session.
    #[serde(default)]
    pub per: ToolRateLimitPer,
    /// What happens while Redis cannot be reached: open (the call goes on) or closed (it is refused).
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// What a tool's limit counts together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum ToolRateLimitPer {
    /// All calls of the tool.
    #[default]
    Tool,
    /// The calls of one client address.
    Client,
    /// The calls of one session.
    Session,
}
