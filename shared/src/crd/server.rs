//! MCPServer: which tools, prompts and resources are served together, by how many pods, and where.
#![allow(
    clippy::duplicated_attributes,
    reason = "the columns of a kind share a type, which the lint takes for a repetition"
)]

use k8s_openapi::{
    api::apps::v1::DeploymentStrategy,
    apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector},
};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    pods::{Autoscaling, PodDisruptionBudget, PodTemplate, ServiceTemplate},
    schema::{DNS_NAME, conditions, embedded, label_selector},
    server_parts::{Ingress, ServerConfig, ServerRateLimit},
    server_redis::Redis,
};

/// Which objects the server selects, how many pods serve them, and how they are reached.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "mcp.example.com",
    version = "v1alpha1",
    kind = "MCPServer",
    namespaced,
    status = "MCPServerStatus",
    derive = "Default",
    derive = "PartialEq",
    doc = "An MCP endpoint: a set of gateway pods that serve the tools, prompts and resources of their namespace whose labels they select.",
    shortname = "mcpsrv",
    category = "mcp",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the server is up"
    ),
    printcolumn(
        name = "Replicas",
        type_ = "integer",
        json_path = ".status.replicas",
        description = "Gateway pods"
    ),
    printcolumn(
        name = "Tools",
        type_ = "integer",
        json_path = ".status.registry.tools",
        description = "Tools served"
    ),
    printcolumn(
        name = "Prompts",
        type_ = "integer",
        json_path = ".status.registry.prompts",
        description = "Prompts served"
    ),
    printcolumn(
        name = "Resources",
        type_ = "integer",
        json_path = ".status.registry.resources",
        description = "Resources served"
    ),
    printcolumn(
        name = "Rejected",
        type_ = "integer",
        json_path = ".status.registry.rejected",
        description = "Selected objects that are not served"
    ),
    printcolumn(
        name = "URL",
        type_ = "string",
        json_path = ".status.url",
        description = "Where clients connect"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since the server was created"
    )
)]
#[serde(rename_all = "camelCase", default)]
pub struct MCPServerSpec {
    /// How many gateway pods run. 0 stops the server. Not looked at while `autoscaling` is set.
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: i32,
    /// Image of the gateway. Left out: the one that belongs to the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^\S+$"))]
    pub image: Option<String>,
    /// Redis that the pods share for sessions, limits and caches. Left out: each pod keeps its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis: Option<Redis>,
    /// How the server is reached from outside the cluster. Left out: it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Ingress>,
    /// Labels of the tools, prompts and resources that are served. `{}` selects all of the namespace; left out, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "label_selector")]
    pub tool_selector: Option<LabelSelector>,
    /// Labels of the prompts that are served, where they differ from `toolSelector`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "label_selector")]
    pub prompt_selector: Option<LabelSelector>,
    /// Labels of the resources that are served, where they differ from `toolSelector`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "label_selector")]
    pub resource_selector: Option<LabelSelector>,
    /// Limits, timeouts, and what clients are told about the server.
    pub config: ServerConfig,
    /// Names of the Secrets that the selected objects may use. All others are refused to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), inner(length(min = 1, max = 253), regex(pattern = DNS_NAME)))]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub allowed_secrets: Vec<String>,
    /// Lets load decide how many pods run, by a HorizontalPodAutoscaler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,
    /// How often the server's tools may be called, all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<ServerRateLimit>,
    /// What the gateway pods look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_template: Option<PodTemplate>,
    /// How pods are replaced, as in a Deployment. Left out: one new pod at a time, none taken away before it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub strategy: Option<DeploymentStrategy>,
    /// How many pods an eviction may take away at once. Left out: one; no budget with a single pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_disruption_budget: Option<PodDisruptionBudget>,
    /// What the server's Service looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceTemplate>,
}

impl Default for MCPServerSpec {
    fn default() -> Self {
        Self {
            replicas: 2,
            image: None,
            redis: None,
            ingress: None,
            tool_selector: None,
            prompt_selector: None,
            resource_selector: None,
            config: ServerConfig::default(),
            allowed_secrets: Vec::new(),
            autoscaling: None,
            rate_limit: None,
            pod_template: None,
            strategy: None,
            pod_disruption_budget: None,
            service: None,
        }
    }
}

impl MCPServerSpec {
    /// Base path of everything that this server serves.
    #[must_use]
    pub fn path_prefix(&self) -> &str {
        self.ingress
            .as_ref()
            .map_or("/mcp", |ingress| ingress.path_prefix.as_str())
    }
}

/// How the server is doing. Written by the operator and by one of the gateway pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct MCPServerStatus {
    /// How many pods exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub replicas: Option<i32>,
    /// How many pods are ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub ready_replicas: Option<i32>,
    /// Labels of the pods, for autoscalers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub selector: Option<String>,
    /// Where clients connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub url: Option<String>,
    /// What the server serves at present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<RegistryCounts>,
    /// Ready says whether the server is up; RedisReady whether its pods reach Redis; StateShared whether sessions hold
    /// across pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The metadata.generation that this status speaks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
}

/// How many objects a server serves and refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RegistryCounts {
    /// Tools served.
    pub tools: u32,
    /// Prompts served.
    pub prompts: u32,
    /// Resources served.
    pub resources: u32,
    /// Selected objects that are not served; their own status says why.
    pub rejected: u32,
}
