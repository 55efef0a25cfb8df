//! The parts of an MCPServer that clients notice: entry from outside, limits, timeouts, and what they are told.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    common::{OnFailure, positive},
    duration::Duration,
    schema::{self, DNS_NAME, plain_enum, rule},
};

/// How the server is reached from outside the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ingress {
    /// Host name that clients use.
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    #[schemars(transform = rule("!self.matches('^[0-9.]+$')", "must be a host name; an Ingress takes no IP address"))]
    pub host: String,
    /// Secret of type kubernetes.io/tls for that host. Left out: no TLS at the Ingress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub tls_secret_name: Option<String>,
    /// Base path of everything that this server serves.
    #[serde(default = "path_prefix")]
    #[schemars(length(min = 1, max = 256))]
    #[schemars(transform = rule(
        r"self == '/' || (self.matches('^(/[-A-Za-z0-9._~]+)+$') && !self.matches('/[.][.]?(/|$)'))",
        "must be a path such as /mcp: begin with a slash, end without one, letters, digits, dashes, dots and underscores only"))]
    pub path_prefix: String,
    /// Class of the Ingress. Left out: the cluster's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub class_name: Option<String>,
    /// Annotations that the Ingress gets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "schema::annotations")]
    pub annotations: BTreeMap<String, String>,
}

fn path_prefix() -> String {
    "/mcp".to_owned()
}

impl Default for Ingress {
    fn default() -> Self {
        Self {
            host: String::new(),
            tls_secret_name: None,
            path_prefix: path_prefix(),
            class_name: None,
            annotations: BTreeMap::new(),
        }
    }
}

/// Limits, timeouts, and what clients are told about the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ServerConfig {
    /// How long one call may take at most, all attempts together.
    #[schemars(transform = positive())]
    pub request_timeout: Duration,
    /// How many calls each gateway pod has in flight to Services at most; further ones are refused with Retry-After.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_concurrent_requests: u32,
    /// Origins (scheme, host and port) of browser pages that may use the server, besides the server's own host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 64),
        inner(length(max = 512), regex(pattern = r"^[a-z][a-z0-9+.-]*://[^/?#\s]+$"))
    )]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub allowed_origins: Vec<String>,
    /// Host names that clients may use, besides the Ingress's host, the Service's names, localhost and IP addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253), regex(pattern = DNS_NAME)))]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub allowed_hosts: Vec<String>,
    /// Address ranges (such as 10.0.0.0/8) of proxies whose X-Forwarded-For is believed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 64), regex(pattern = CIDR)))]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub trusted_proxies: Vec<String>,
    /// Largest request taken from a client, in bytes.
    #[schemars(range(min = 1024, max = 1_073_741_824))]
    pub max_request_bytes: u64,
    /// Largest answer taken from a Service, in bytes, where a tool says nothing else.
    #[schemars(range(min = 1024, max = 1_073_741_824))]
    pub max_response_bytes: u64,
    /// How many streams of notifications each gateway pod keeps open at most.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_streams: u32,
    /// How long the server waits for a client that it has asked something in the middle of a call.
    #[schemars(transform = positive())]
    pub client_timeout: Duration,
    /// How long a session may lie idle before what is kept about it is dropped.
    #[schemars(transform = positive())]
    pub session_ttl: Duration,
    /// How long clients may keep a list (of tools, prompts or resources) before they ask again.
    pub list_ttl: Duration,
    /// What clients tell their model about this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65_536))]
    pub instructions: Option<String>,
    /// Name of the server for people. Left out: the name of this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub title: Option<String>,
}

/// An IPv4 or IPv6 address with a prefix length, by its looks.
const CIDR: &str = r"^(([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])|[0-9a-fA-F:]*:[0-9a-fA-F:.]*/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))$";

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            request_timeout: Duration::new("30s"),
            max_concurrent_requests: 1000,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            max_request_bytes: 4 * 1024 * 1024,
            max_response_bytes: 10 * 1024 * 1024,
            max_streams: 10_000,
            client_timeout: Duration::new("5m"),
            session_ttl: Duration::new("24h"),
            list_ttl: Duration::new("5s"),
            instructions: None,
            title: None,
        }
    }
}

/// How often the server's tools may be called, all together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerRateLimit {
    /// How many calls one window allows; also how many may come at once.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: u32,
    /// Time over which the calls are counted.
    #[schemars(transform = positive())]
    pub window: Duration,
    /// What is counted together: client (the calls of one address), session, or server (all of them).
    #[serde(default)]
    pub per: ServerRateLimitPer,
    /// What happens while Redis cannot be reached: open (the call goes on) or closed (it is refused).
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// What a server's limit counts together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum ServerRateLimitPer {
    /// The calls of one client address.
    #[default]
    Client,
    /// The calls of one session.
    Session,
    /// All calls.
    Server,
}
