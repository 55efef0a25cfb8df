//! MCPResource: something to read, kept in the object itself or answered by a Service.
#![allow(
    clippy::duplicated_attributes,
    reason = "the columns of a kind share a type, which the lint takes for a repetition"
)]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    common::{Cache, Icon, ObjectStatus, ServiceRef},
    schema::{free_form, rule},
    tool_parts::HttpMethod,
};

/// What the resource is called, its URI, and where its content comes from.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "mcp.example.com",
    version = "v1alpha1",
    kind = "MCPResource",
    namespaced,
    status = "ObjectStatus",
    derive = "Default",
    derive = "PartialEq",
    doc = "A resource that MCP clients can list and read: inline content, or operations of a Service that are served over plain HTTP too.",
    shortname = "mcpr",
    category = "mcp",
    printcolumn(
        name = "Resource",
        type_ = "string",
        json_path = ".spec.name",
        description = "Name that clients see; empty where it is the object's own"
    ),
    printcolumn(
        name = "Service",
        type_ = "string",
        json_path = ".spec.operations[0].service.name",
        description = "Service of the first operation; empty for inline content"
    ),
    printcolumn(
        name = "Servers",
        type_ = "string",
        json_path = ".status.serverNames",
        description = "MCPServers that select this resource"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether all of them serve it"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        description = "Why, or why not"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since the resource was created"
    )
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "has(self.operations) != has(self.content)",
    "a resource takes exactly one of operations (a Service answers) and content (kept here); remove one or add one"))]
#[schemars(transform = rule(
    "!(has(self.uri) && has(self.content))",
    "an inline resource has its URI in content.uri; remove uri"))]
#[schemars(transform = rule(
    "!has(self.uri) || !has(self.operations) || self.operations.exists(o, o.method == 'GET')",
    "uri is read by GET, but no operation has method GET; add one or remove uri"))]
#[schemars(transform = rule(
    "!has(self.cache) || !has(self.operations) || self.operations.exists(o, o.method == 'GET')",
    "only what GET answers is kept, but no operation has method GET; add one or remove cache"))]
#[schemars(transform = rule(
    "!(has(self.cache) && has(self.content))",
    "inline content needs no cache; remove cache"))]
#[schemars(transform = rule(
    "!has(self.uri) || !has(self.operations) || self.operations.all(o, o.method != 'GET' || o.variables.all(v, self.uri.contains('{' + v.name + '}')))",
    "uri has no place for a variable of the GET operation; add {name} to uri for each of its variables"))]
pub struct MCPResourceSpec {
    /// Name of the resource. Left out: the name of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub name: Option<String>,
    /// Name for people, where clients show one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub title: Option<String>,
    /// What the resource holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16_384))]
    pub description: Option<String>,
    /// Media type of the content, where it is known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 255))]
    pub mime_type: Option<String>,
    /// Hints for clients: audience (a list of user and assistant), priority (0 to 1), lastModified (a time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "free_form")]
    pub annotations: Option<Value>,
    /// Pictures that clients may show beside the resource.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub icons: Vec<Icon>,
    /// Size of the content in bytes, where it is known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// HTTP operations of Services. GET is what clients read; all of them are served over plain HTTP, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 16))]
    #[schemars(transform = rule(
        "self.all(o, self.exists_one(p, p.method == o.method && p.ingressPath == o.ingressPath))",
        "two operations have the same method and ingressPath; change or remove one"))]
    #[schemars(transform = rule(
        "self.filter(o, o.method == 'GET').size() <= 1",
        "a resource is read by one GET operation; put the others into an MCPResource of their own"))]
    pub operations: Vec<ResourceOperation>,
    /// URI that clients read, with the variables of the GET operation as `{name}`. Left out: `resource://` followed by
    /// `ingressPath`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 2048))]
    #[schemars(transform = rule(
        "self.matches('^[A-Za-z][-A-Za-z0-9+.]*:[^ \\\\t\\\\r\\\\n]+$')",
        "must be a URI such as docs://{id}: a scheme, a colon, and no spaces"))]
    pub uri: Option<String>,
    /// Content that is kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<InlineContent>,
    /// Keeps answers of the GET operation for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
}

/// One HTTP operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "self.variables.all(v, self.ingressPath.contains('{' + v.name + '}'))",
    "a variable has no place in ingressPath; add {name} there or remove the variable"))]
pub struct ResourceOperation {
    /// Method of the request, for the client and the Service alike.
    #[serde(default = "get")]
    pub method: HttpMethod,
    /// Path below the server's `pathPrefix` at which the operation is served over plain HTTP. A segment may be or hold
    /// a variable as `{name}`.
    #[schemars(length(min = 2, max = 1024))]
    #[schemars(transform = rule(
        r"self.matches('^(/([-A-Za-z0-9._~!$&()*+,;=:@\']|%[0-9A-Fa-f][0-9A-Fa-f]|[{][A-Za-z0-9_.-]+[}])+)+$') && !self.matches('/([.]|%2[eE])([.]|%2[eE])?(/|$)') && !self.matches('%([01][0-9A-Fa-f]|2[fF]|5[cC]|7[fF])')",
        "must be a path such as /resources/docs/{id}: begin with a slash, end without one, no empty, . or .. segment, no query, braces only around a name"))]
    pub ingress_path: String,
    /// Where the operation goes.
    pub service: ServiceRef,
    /// What is known of the variables in `ingressPath`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("default" = []))]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub variables: Vec<ResourceVariable>,
}

fn get() -> HttpMethod {
    HttpMethod::Get
}

/// What is known of one variable of a path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceVariable {
    /// Name, as in `{name}`.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9_.-]+$"))]
    pub name: String,
    /// Values that clients offer while somebody types; others are taken too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 256)))]
    pub values: Vec<String>,
}

/// Content that the object itself holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "has(self.text) != has(self.blob)",
    "content takes exactly one of text and blob; remove one or add one"))]
pub struct InlineContent {
    /// URI that clients read.
    #[schemars(length(min = 3, max = 2048))]
    #[schemars(transform = rule(
        "self.matches('^[A-Za-z][-A-Za-z0-9+.]*:[^ \\\\t\\\\r\\\\n{}]+$')",
        "must be a URI such as config://template: a scheme, a colon, no spaces and no braces"))]
    pub uri: String,
    /// Media type of the content. Left out: `mimeType` of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 255))]
    pub mime_type: Option<String>,
    /// The content as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1_048_576))]
    pub text: Option<String>,
    /// The content as bytes, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1_398_104), regex(pattern = super::schema::BASE64))]
    pub blob: Option<String>,
}
