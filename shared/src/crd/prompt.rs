//! MCPPrompt: a text with places to fill in, or a Service that renders one.
#![allow(
    clippy::duplicated_attributes,
    reason = "the columns of a kind share a type, which the lint takes for a repetition"
)]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    common::{ObjectStatus, ServiceRef},
    schema::{plain_enum, rule},
};

/// What the prompt is called, what it takes, and what it says.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "mcp.example.com",
    version = "v1alpha1",
    kind = "MCPPrompt",
    namespaced,
    status = "ObjectStatus",
    derive = "Default",
    derive = "PartialEq",
    doc = "A prompt that MCP clients can list and fill in: a template, messages, or a Service that renders it.",
    shortname = "mcpp",
    category = "mcp",
    printcolumn(
        name = "Prompt",
        type_ = "string",
        json_path = ".spec.name",
        description = "Name that clients see; empty where it is the object's own"
    ),
    printcolumn(
        name = "Service",
        type_ = "string",
        json_path = ".spec.service.name",
        description = "Service that renders the prompt, if one does"
    ),
    printcolumn(
        name = "Servers",
        type_ = "string",
        json_path = ".status.serverNames",
        description = "MCPServers that select this prompt"
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
        description = "Time since the prompt was created"
    )
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "[has(self.template), has(self.messages), has(self.service)].exists_one(there, there)",
    "a prompt takes exactly one of template, messages and service; keep one"))]
pub struct MCPPromptSpec {
    /// Name that clients get the prompt by, unique per server. Left out: the name of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9_.-]+$"))]
    pub name: Option<String>,
    /// Name for people, where clients show one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub title: Option<String>,
    /// What the prompt is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16_384))]
    pub description: Option<String>,
    /// Text of the one message, of the user. `{{name}}` stands for the variable of that name; nothing else is special.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 262_144))]
    pub template: Option<String>,
    /// The messages, instead of `template`, where one text of the user is not enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 32))]
    pub messages: Vec<PromptMessage>,
    /// What clients are asked to fill in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub variables: Vec<PromptVariable>,
    /// Service that renders the prompt, instead of `template` and `messages`. It gets a POST with name and arguments, of
    /// type application/vnd.mcp.call+json, and answers a raw prompts/get result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(transform = rule(
        "!has(self.path) || !self.path.contains('{')",
        "the path of a prompt's service takes no arguments; remove the braces, the arguments are in the body"))]
    pub service: Option<ServiceRef>,
}

/// One message of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "[has(self.template), has(self.image), has(self.audio), has(self.resource)].exists_one(there, there)",
    "a message takes exactly one of template, image, audio and resource; keep one and put the others into messages of their own"))]
pub struct PromptMessage {
    /// Who speaks: user or assistant.
    #[serde(default)]
    pub role: Role,
    /// Text. `{{name}}` stands for the variable of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 131_072))]
    pub template: Option<String>,
    /// A picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(transform = rule("self.mimeType.startsWith('image/')", "the mimeType of an image begins with image/; correct it"))]
    pub image: Option<MediaContent>,
    /// A sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(transform = rule("self.mimeType.startsWith('audio/')", "the mimeType of an audio begins with audio/; correct it"))]
    pub audio: Option<MediaContent>,
    /// A resource, with its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<EmbeddedResource>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum Role {
    /// The person at the client.
    #[default]
    User,
    /// The model.
    Assistant,
}

/// A picture or a sound, as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MediaContent {
    /// Media type, such as image/png or audio/wav.
    #[schemars(length(min = 3, max = 255))]
    pub mime_type: String,
    /// The bytes, in base64.
    #[schemars(length(min = 1, max = 1_048_576), regex(pattern = super::schema::BASE64))]
    pub data: String,
}

/// A resource that a message carries with its content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "has(self.text) != has(self.blob)",
    "a resource takes exactly one of text and blob; remove one or add one"))]
pub struct EmbeddedResource {
    /// URI of the resource. `{{name}}` stands for the variable of that name.
    #[schemars(length(min = 1, max = 2048))]
    pub uri: String,
    /// Media type of the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 255))]
    pub mime_type: Option<String>,
    /// The content as text. `{{name}}` stands for the variable of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 131_072))]
    pub text: Option<String>,
    /// The content as bytes, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1_048_576), regex(pattern = super::schema::BASE64))]
    pub blob: Option<String>,
}

/// One thing that clients are asked to fill in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "!(self.required && has(self.default))",
    "a required variable has no use for a default; remove one of the two"))]
#[schemars(transform = rule(
    "!has(self.default) || self.values.size() == 0 || self.values.exists(value, value == self.default)",
    "default is not among values; add it there or change it"))]
pub struct PromptVariable {
    /// Name, as in `{{name}}`.
    #[schemars(
        length(min = 1, max = 64),
        regex(pattern = "^[A-Za-z_][A-Za-z0-9_.-]*$")
    )]
    pub name: String,
    /// What to fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub description: Option<String>,
    /// Whether the prompt is refused without it.
    #[serde(default)]
    pub required: bool,
    /// What stands there when it is not given. Left out: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub default: Option<String>,
    /// Values that clients offer while somebody types; others are taken too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 256)), extend("default" = []))]
    pub values: Vec<String>,
}
