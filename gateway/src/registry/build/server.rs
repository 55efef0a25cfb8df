//! The server's own settings, from its MCPServer or from defaults.
//! A value that does not parse is reported and replaced by its default: a mistake must not take the server down.

use std::time::Duration;

use serde_json::json;
use shared::crd::{self, MCPServer, Reason};

use crate::{
    mcp::result::CacheHint,
    registry::{objects::Kind, rejected::Problem, snapshot::Server},
};

/// Compiles the settings.
pub(super) fn compile(object: Option<&MCPServer>) -> (Server, Vec<Problem>) {
    let default = MCPServer::new("mcp-gateway", crd::MCPServerSpec::default());
    let named = object.map(|object| super::reference(Kind::Server, &object.metadata));
    let object = object.unwrap_or(&default);
    let spec = &object.spec;
    let config = &spec.config;
    let mut problems = Vec::new();
    if named.is_some() && spec.tool_selector.is_none() {
        let message = "it is absent, so the server selects nothing; write {} to select everything";
        problems.push(Problem::new(
            Reason::NoSelector,
            "spec.toolSelector",
            message,
        ));
    }
    let fallback = crd::ServerConfig::default();
    let mut duration = |field: &str, value: &crd::Duration, fallback: &crd::Duration| {
        value.parse().unwrap_or_else(|error| {
            problems.push(Problem::new(
                Reason::InvalidValue,
                format!("spec.config.{field}"),
                error,
            ));
            fallback.parse().unwrap_or(Duration::from_secs(30))
        })
    };
    let request_timeout = duration(
        "requestTimeout",
        &config.request_timeout,
        &fallback.request_timeout,
    );
    let session_ttl = duration("sessionTtl", &config.session_ttl, &fallback.session_ttl);
    let client_timeout = duration(
        "clientTimeout",
        &config.client_timeout,
        &fallback.client_timeout,
    );
    let list_ttl = duration("listTtl", &config.list_ttl, &fallback.list_ttl);
    let name = object.metadata.name.clone().unwrap_or_default();
    let namespace = object
        .metadata
        .namespace
        .clone()
        .unwrap_or_else(|| "default".to_owned());
    let mut info = json!({"name": name, "version": env!("CARGO_PKG_VERSION")});
    if let Some(title) = &config.title {
        info["title"] = json!(title);
    }
    let server = Server {
        object: named,
        allowed_hosts: allowed_hosts(object, &name, &namespace),
        path_prefix: spec.path_prefix().trim_end_matches('/').to_owned(),
        allowed_origins: config.allowed_origins.clone(),
        instructions: config.instructions.clone(),
        meta: json!({"io.modelcontextprotocol/serverInfo": info})
            .to_string()
            .into_bytes()
            .into(),
        info: info.to_string().into(),
        list_cache: CacheHint {
            ttl_ms: u64::try_from(list_ttl.as_millis()).unwrap_or(u64::MAX),
            public: true,
        },
        max_request_bytes: usize::try_from(config.max_request_bytes).unwrap_or(usize::MAX),
        max_concurrent_requests: config.max_concurrent_requests as usize,
        max_streams: config.max_streams as usize,
        client_timeout,
        session_ttl,
        request_timeout,
        max_response_bytes: usize::try_from(config.max_response_bytes).unwrap_or(usize::MAX),
        allowed_secrets: spec.allowed_secrets.clone(),
        name,
        namespace,
    };
    (server, problems)
}

/// The Ingress' host, the configured ones, and the names of the server's own Service.
fn allowed_hosts(object: &MCPServer, name: &str, namespace: &str) -> Vec<String> {
    let ingress = object
        .spec
        .ingress
        .iter()
        .map(|ingress| ingress.host.clone());
    let service =
        ["", ".svc", ".svc.cluster.local"].map(|suffix| format!("{name}.{namespace}{suffix}"));
    let configured = object.spec.config.allowed_hosts.iter().cloned();
    ingress
        .chain(configured)
        .chain([name.to_owned()])
        .chain(service)
        .collect()
}
