//! The parts of an MCPServer that shape its children: scaling, pods, budget and Service. What the operator makes of
//! them is not decided here.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        autoscaling::v2::{HorizontalPodAutoscalerBehavior, MetricSpec},
        core::v1::{
            Affinity, EnvVar, LocalObjectReference, PodSecurityContext, ResourceRequirements,
            SecurityContext, Toleration, TopologySpreadConstraint,
        },
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{self, DNS_NAME, embedded, plain_enum, rule};

/// How many pods run, by load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "self.minReplicas <= self.maxReplicas",
    "minReplicas is above maxReplicas; lower the one or raise the other"))]
pub struct Autoscaling {
    /// How many pods run at least.
    #[serde(default = "min_replicas")]
    #[schemars(range(min = 1, max = 1000))]
    pub min_replicas: i32,
    /// How many pods run at most.
    #[schemars(range(min = 1, max = 1000))]
    pub max_replicas: i32,
    /// Share of the requested CPU that pods should use on average, in percent. Left out, with no `metrics`: 80.
    #[serde(
        rename = "targetCPUUtilizationPercentage",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(range(min = 1, max = 1000))]
    pub target_cpu_utilization_percentage: Option<i32>,
    /// Further metrics to scale by, as in a HorizontalPodAutoscaler of autoscaling/v2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), transform = embedded)]
    pub metrics: Vec<MetricSpec>,
    /// How fast to scale up and down, as in a HorizontalPodAutoscaler of autoscaling/v2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub behavior: Option<HorizontalPodAutoscalerBehavior>,
}

fn min_replicas() -> i32 {
    2
}

impl Default for Autoscaling {
    fn default() -> Self {
        Self {
            min_replicas: min_replicas(),
            max_replicas: min_replicas(),
            target_cpu_utilization_percentage: None,
            metrics: Vec::new(),
            behavior: None,
        }
    }
}

/// What the gateway pods look like, beyond what the operator decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PodTemplate {
    /// Labels and annotations that the pods get besides the operator's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PodMetadata>,
    /// CPU and memory of the gateway container, as in a Pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub resources: Option<ResourceRequirements>,
    /// Labels that a node must carry to run the pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub node_selector: BTreeMap<String, String>,
    /// Taints of nodes that the pods put up with, as in a Pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), transform = embedded)]
    pub tolerations: Vec<Toleration>,
    /// Nodes and pods that the pods want to be near to or away from, as in a Pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub affinity: Option<Affinity>,
    /// How the pods spread over nodes and zones, as in a Pod. Left out: evenly, where that is possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), transform = embedded)]
    pub topology_spread_constraints: Option<Vec<TopologySpreadConstraint>>,
    /// Secrets that the image is pulled with, as in a Pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), transform = embedded)]
    pub image_pull_secrets: Vec<LocalObjectReference>,
    /// Priority class of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub priority_class_name: Option<String>,
    /// Runtime class of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub runtime_class_name: Option<String>,
    /// Security settings of the pod, as in a Pod. Left out: those of the restricted Pod Security Standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub security_context: Option<PodSecurityContext>,
    /// Security settings of the gateway container, as in a Pod. Left out: those of the restricted Pod Security Standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub container_security_context: Option<SecurityContext>,
    /// Environment variables of the gateway container, as in a Pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), transform = embedded)]
    pub env: Vec<EnvVar>,
    /// Seconds that a pod has to finish its calls before it is killed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 86_400), extend("default" = 60))]
    pub termination_grace_period_seconds: Option<i64>,
    /// Service account of the pods. Left out: one that the operator makes, with the rights that the gateway needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub service_account_name: Option<String>,
}

/// Labels and annotations of the pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PodMetadata {
    /// Labels. The operator's own cannot be changed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::annotations")]
    pub annotations: BTreeMap<String, String>,
}

/// How many pods an eviction may take away at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "!(has(self.minAvailable) && has(self.maxUnavailable))",
    "minAvailable and maxUnavailable exclude each other; keep one"))]
pub struct PodDisruptionBudget {
    /// How many pods, or what percentage, stay up at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::count_or_percentage")]
    pub min_available: Option<IntOrString>,
    /// How many pods, or what percentage, may be away. Left out, without `minAvailable`: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::count_or_percentage")]
    pub max_unavailable: Option<IntOrString>,
}

/// What the server's Service looks like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceTemplate {
    /// Type of the Service: ClusterIP, NodePort or LoadBalancer.
    #[serde(rename = "type")]
    pub type_: ServiceType,
    /// Annotations that the Service gets.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::annotations")]
    pub annotations: BTreeMap<String, String>,
    /// Labels that the Service gets besides the operator's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::labels")]
    pub labels: BTreeMap<String, String>,
}

/// Type of a Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = plain_enum)]
pub enum ServiceType {
    /// Reached from inside the cluster.
    #[default]
    ClusterIP,
    /// Reached at a port of every node, too.
    NodePort,
    /// Reached at a load balancer outside the cluster, too.
    LoadBalancer,
}
