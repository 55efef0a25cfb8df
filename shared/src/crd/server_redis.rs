//! The Redis of an MCPServer: where it is and how to speak to it. Nothing is connected here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    common::SecretKeyRef,
    schema::{DNS_LABEL, DNS_NAME, plain_enum, rule},
};

/// The Redis that the server's pods share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = rule(
    "self.mode == 'sentinel' ? has(self.masterName) : !has(self.masterName)",
    "masterName belongs to mode sentinel, which needs it; set both or neither"))]
#[schemars(transform = rule(
    "self.mode != 'cluster' || self.database == 0",
    "a Redis Cluster has database 0 only; remove database or change mode"))]
pub struct Redis {
    /// Name of the Service of Redis, in the namespace of this object.
    #[schemars(length(min = 1, max = 63), regex(pattern = DNS_LABEL))]
    pub service_name: String,
    /// Port of that Service.
    #[serde(default = "redis_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// Number of the database.
    #[serde(default)]
    #[schemars(range(min = 0, max = 65535))]
    pub database: u32,
    /// User to log in as. Left out: the default user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub username: Option<String>,
    /// Speaks TLS to Redis. `{}` checks its certificate against the system's authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<RedisTls>,
    /// Key of a Secret of the namespace that holds the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_secret_ref: Option<SecretKeyRef>,
    /// How Redis is set up: standalone, sentinel or cluster.
    #[serde(default)]
    pub mode: RedisMode,
    /// Name under which the sentinels know the master.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub master_name: Option<String>,
}

fn redis_port() -> u16 {
    6379
}

impl Default for Redis {
    fn default() -> Self {
        Self {
            service_name: String::new(),
            port: redis_port(),
            database: 0,
            username: None,
            tls: None,
            password_secret_ref: None,
            mode: RedisMode::default(),
            master_name: None,
        }
    }
}

/// How TLS to Redis is checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedisTls {
    /// Secret of the namespace whose key ca.crt holds the certificate authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub ca_secret_name: Option<String>,
}

/// How Redis is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = plain_enum)]
pub enum RedisMode {
    /// One server, or a proxy that looks like one.
    #[default]
    Standalone,
    /// Sentinels that name the master.
    Sentinel,
    /// Redis Cluster.
    Cluster,
}
