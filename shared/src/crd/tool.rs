//! MCPTool: an HTTP operation of a Service, as a tool that clients can call.
#![allow(
    clippy::duplicated_attributes,
    reason = "the columns of a kind share a type, which the lint takes for a repetition"
)]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    common::{Cache, Icon, ObjectStatus, ServiceRef, positive},
    duration::Duration,
    schema::{free_form, rule},
    tool_parts::{
        BodyFormat, Header, HttpMethod, Parameter, ResponseMapping, Retries, ToolRateLimit,
    },
};

/// What the tool is called, what it takes, and the HTTP request that a call becomes.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "mcp.example.com",
    version = "v1alpha1",
    kind = "MCPTool",
    namespaced,
    status = "ObjectStatus",
    derive = "Default",
    derive = "PartialEq",
    doc = "A tool that MCP clients can list and call; each call becomes one HTTP request to a Service of the namespace.",
    shortname = "mcpt",
    category = "mcp",
    printcolumn(
        name = "Tool",
        type_ = "string",
        json_path = ".spec.name",
        description = "Name that clients see; empty where it is the object's own"
    ),
    printcolumn(
        name = "Service",
        type_ = "string",
        json_path = ".spec.service.name",
        description = "Service that calls go to"
    ),
    printcolumn(
        name = "Servers",
        type_ = "string",
        json_path = ".status.serverNames",
        description = "MCPServers that select this tool"
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
        description = "Time since the tool was created"
    )
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "has(self.inputSchema) != has(self.inputSchemaText)",
    "a tool takes exactly one of inputSchema and inputSchemaText; write inputSchema: {} for a tool that takes any object"))]
#[schemars(transform = rule(
    "!has(self.body) || self.body == 'none' || self.method in ['POST', 'PUT', 'PATCH', 'DELETE']",
    "a GET or HEAD request has no body; remove body or change method"))]
#[schemars(transform = rule(
    "!has(self.body) || self.body != 'none' || !self.parameters.exists(p, p.__in__ == 'body')",
    "body is none, but a parameter goes into the body; change one of them"))]
#[schemars(transform = rule(
    "!self.parameters.exists(p, p.__in__ == 'body') || self.method in ['POST', 'PUT', 'PATCH', 'DELETE']",
    "a GET or HEAD request has no body; send the parameter in query or header, or change method"))]
#[schemars(transform = rule(
    "self.parameters.all(p, p.__in__ != 'path' || self.service.path.contains('{' + p.name + '}'))",
    "a parameter in path has no place; add {name} to service.path"))]
#[schemars(transform = rule(
    "self.parameters.all(p, p.__in__ == 'path' || !self.service.path.contains('{' + p.name + '}'))",
    "a parameter has a place in service.path but says another `in`; set in: path or remove {name} from the path"))]
#[schemars(transform = rule(
    "self.response.format != 'mcp' || self.method == 'POST'",
    "response.format mcp is always asked for by POST; set method: POST"))]
#[schemars(transform = rule(
    "self.response.format != 'mcp' || (self.parameters.size() == 0 && !has(self.body))",
    "with response.format mcp the service gets the whole call; remove parameters and body"))]
pub struct MCPToolSpec {
    /// Name that clients call the tool by, unique per server. Left out: the name of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9_.-]+$"))]
    pub name: Option<String>,
    /// Name for people, where clients show one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub title: Option<String>,
    /// What the tool does and when to use it, written for the model that chooses among tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16_384))]
    pub description: Option<String>,
    /// Where calls go.
    pub service: ServiceRef,
    /// Method of the request. With POST, PUT and PATCH arguments become a JSON body, else a query string.
    #[serde(default)]
    pub method: HttpMethod,
    /// JSON Schema of the arguments, kept as it is. `{}` means any object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "free_form")]
    pub input_schema: Option<Value>,
    /// JSON Schema of the arguments as JSON text, instead of `inputSchema`, where every character counts (numbers past
    /// 64 bits, 1.0 as opposed to 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 1_048_576))]
    pub input_schema_text: Option<String>,
    /// JSON Schema of the result. With it, answers are checked and given as structured content too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "free_form")]
    pub output_schema: Option<Value>,
    /// Hints for clients: readOnlyHint, destructiveHint, idempotentHint, openWorldHint (true or false each), and title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "free_form")]
    pub annotations: Option<Value>,
    /// Pictures that clients may show beside the tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub icons: Vec<Icon>,
    /// Where single arguments go, only for those of which the default is not wanted: arguments named in `service.path`
    /// go there, the others into the JSON body (POST, PUT, PATCH) or the query (GET, HEAD, DELETE).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("default" = []))]
    #[schemars(transform = rule(
        "self.all(p, self.exists_one(q, q.name == p.name))",
        "two parameters have the same name; each argument goes to one place, remove one"))]
    pub parameters: Vec<Parameter>,
    /// Headers with constant values that every request carries and clients never see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub headers: Vec<Header>,
    /// How the arguments that go into the body are written: json, form, multipart or none. Left out: json where the
    /// method takes a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyFormat>,
    /// How the service's answer becomes the tool's result.
    #[serde(default)]
    pub response: ResponseMapping,
    /// How long one call may take, such as 10s; never longer than the server's `requestTimeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(transform = positive())]
    pub timeout: Option<Duration>,
    /// When a failed call is tried again. A request that may have reached the service is repeated only if the method is
    /// GET or HEAD, or annotations say readOnlyHint or idempotentHint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<Retries>,
    /// Keeps answers for a while. Only for tools whose annotations say readOnlyHint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// How often the tool may be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<ToolRateLimit>,
    /// Capabilities that a client must have declared to call the tool, such as sampling or elicitation.url.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        inner(
            length(min = 1, max = 64),
            regex(pattern = "^[a-z][A-Za-z0-9]*([.][a-z][A-Za-z0-9]*)*$")
        )
    )]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub required_client_capabilities: Vec<String>,
    /// How many calls of this tool each gateway pod has in flight at most. Left out: half of what the server allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_concurrent_requests: Option<u32>,
}

impl MCPToolSpec {
    /// What the annotations say of a hint, if they say anything.
    #[must_use]
    pub fn hint(&self, name: &str) -> Option<bool> {
        self.annotations.as_ref()?.get(name)?.as_bool()
    }
}
