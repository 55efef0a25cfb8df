//! The four resources: their fields, schemas, rules and status. Nothing but data, its parsing and its schema;
//! what an object comes to mean is decided by the gateway's build and by the operator.

mod common;
mod condition;
mod definition;
mod duration;
mod files;
mod pods;
mod prompt;

mod resource;
mod schema;
mod server;
mod server_parts;
mod server_redis;
mod tool;
mod tool_parts;

pub use common::{
    Cache, CacheScope, Icon, IconTheme, ObjectStatus, OnFailure, Scheme, SecretKeyRef, ServerEntry,
    ServiceRef,
};
pub use condition::{ConditionStatus, ConditionType, Reason, condition, set_condition};
pub use definition::{
    apply_defaults, definition, definitions, object_schema, property_name_in_rules,
};
pub use duration::{Duration, DurationError};
pub use files::{DefinitionFile, definition_files};
pub use pods::{
    Autoscaling, PodDisruptionBudget, PodMetadata, PodTemplate, ServiceTemplate, ServiceType,
};
pub use prompt::{
    EmbeddedResource, MCPPrompt, MCPPromptSpec, MediaContent, PromptMessage, PromptVariable, Role,
};
pub use resource::{
    InlineContent, MCPResource, MCPResourceSpec, ResourceOperation, ResourceVariable,
};
pub use server::{MCPServer, MCPServerSpec, MCPServerStatus, RegistryCounts};
pub use server_parts::{Ingress, ServerConfig, ServerRateLimit, ServerRateLimitPer};
pub use server_redis::{Redis, RedisMode, RedisTls};
pub use tool::{MCPTool, MCPToolSpec};
pub use tool_parts::{
    BodyFormat, Header, HeaderSource, HttpMethod, Parameter, ParameterLocation, ParameterStyle,
    ResponseFormat, ResponseMapping, Retries, ToolRateLimit, ToolRateLimitPer,
};

/// The API group of all four kinds.
pub const GROUP: &str = "mcp.example.com";

/// The one version of all four kinds.
pub const VERSION: &str = "v1alpha1";

#[cfg(test)]
mod tests;
