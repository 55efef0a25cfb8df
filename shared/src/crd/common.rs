//! What several kinds share: where calls go, caching, icons, and the status of tools, prompts and resources.

use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::Condition, apimachinery::pkg::util::intstr::IntOrString,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    duration::Duration,
    schema::{DNS_LABEL, conditions, plain_enum, port, rule},
};

/// Where calls go: a Service of the object's own namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRef {
    /// Name of the Service, in the namespace of this object. A single name without dots: neither another namespace nor
    /// a host outside the cluster can be reached.
    #[schemars(length(min = 1, max = 63), regex(pattern = DNS_LABEL))]
    pub name: String,
    /// Port of the Service: its number, or its name as the Service gives it.
    #[schemars(schema_with = "port")]
    pub port: IntOrString,
    /// Path of the request, beginning with a slash. `{name}` stands for the argument of that name, percent-encoded as
    /// one segment. No query: arguments that are not in the path go where `parameters` says.
    #[serde(default = "root_path")]
    #[schemars(length(min = 1, max = 1024))]
    #[schemars(transform = rule(
        r"self.matches('^/(([-A-Za-z0-9._~!$&()*+,;=:@\']|%[0-9A-Fa-f][0-9A-Fa-f]|[{][A-Za-z0-9_.-]+[}])+(/([-A-Za-z0-9._~!$&()*+,;=:@\']|%[0-9A-Fa-f][0-9A-Fa-f]|[{][A-Za-z0-9_.-]+[}])+)*/?)?$')",
        "must be a path such as /api/items/{id}: begin with one slash, no empty segment (//), no query or fragment, braces only around a name, everything else percent-encoded"))]
    #[schemars(transform = rule(
        r"!self.matches('(^|/)([.]|%2[eE])([.]|%2[eE])?(/|$)') && !self.matches('%([01][0-9A-Fa-f]|2[fF]|5[cC]|7[fF])')",
        "must not hold a . or .. segment, plain or encoded, nor an encoded slash, backslash or control character; write the path that is meant"))]
    pub path: String,
    /// Scheme of the request: http or https.
    #[serde(default)]
    pub scheme: Scheme,
}

fn root_path() -> String {
    "/".to_owned()
}

/// How a Service is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum Scheme {
    /// Plain HTTP.
    #[default]
    Http,
    /// HTTP over TLS.
    Https,
}

/// One key of a Secret of the object's own namespace.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret. It must be listed in `allowedSecrets` of the MCPServer.
    #[schemars(length(min = 1, max = 253), regex(pattern = super::schema::DNS_NAME))]
    pub name: String,
    /// Key in the Secret whose value is taken.
    #[schemars(length(min = 1, max = 253), regex(pattern = "^[-._A-Za-z0-9]+$"))]
    pub key: String,
}

/// How long an answer may be kept and given to others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cache {
    /// How long an answer stays fresh, such as 30s or 5m.
    #[schemars(transform = positive())]
    pub ttl: Duration,
    /// Who may be given a kept answer: public (everybody) or private (the same caller only).
    #[serde(default)]
    pub scope: CacheScope,
    /// Largest answer that is kept, in bytes; larger ones are passed on and not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 67_108_864))]
    pub max_bytes: Option<u64>,
    /// How long past `ttl` a kept answer may stand in when the service fails. Left out: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_if_error: Option<Duration>,
}

/// Who may be given a kept answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum CacheScope {
    /// Everybody.
    #[default]
    Public,
    /// Only the caller who asked first.
    Private,
}

/// What happens to a call while the limit's shared counter cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum OnFailure {
    /// The call goes on.
    #[default]
    Open,
    /// The call is refused.
    Closed,
}

/// A picture that clients may show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Icon {
    /// Where the picture is: an https URL, or a data URI that holds it.
    #[schemars(
        length(min = 1, max = 65_536),
        regex(pattern = "^(https://|data:image/)")
    )]
    pub src: String,
    /// Media type of the picture, such as image/png.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub mime_type: Option<String>,
    /// Sizes that the picture is made for, each such as 48x48, or any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        inner(length(max = 16), regex(pattern = "^([1-9][0-9]*x[1-9][0-9]*|any)$"))
    )]
    pub sizes: Vec<String>,
    /// Background that the picture is drawn for: light or dark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<IconTheme>,
}

/// Background that a picture is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum IconTheme {
    /// A light background.
    Light,
    /// A dark background.
    Dark,
}

/// What the servers that select this object say about it. Written by the gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectStatus {
    /// One entry for each MCPServer that selects this object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub servers: Vec<ServerEntry>,
    /// Ready sums the entries up: False if any of them refuses the object, Unknown while no server selects it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// Names of the selecting servers, with commas between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8192))]
    pub server_names: Option<String>,
    /// The metadata.generation that this status speaks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
}

/// What one server says about an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerEntry {
    /// Name of the MCPServer.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Accepted says whether the server serves the object; ResolvedRefs whether all that it refers to was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The metadata.generation that the server has judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
}

/// The rule for durations of which zero would make no sense.
pub(super) fn positive() -> impl FnMut(&mut schemars::Schema) {
    rule(
        "self.matches('[1-9]')",
        "must be longer than zero, such as 30s; leave the field out for its default",
    )
}
