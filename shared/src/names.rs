//! Names that both binaries derive from an MCPServer: children, labels, ports. Pure; what the children hold is the
//! operator's business.

use std::collections::BTreeMap;

/// `app.kubernetes.io/name` of everything that belongs to a gateway.
pub const APP_NAME: &str = "mcp-gateway";

/// Label that tells what an object is.
pub const LABEL_NAME: &str = "app.kubernetes.io/name";

/// Label that tells whose it is: the name of the MCPServer.
pub const LABEL_INSTANCE: &str = "app.kubernetes.io/instance";

/// Port on which pods and Service speak MCP.
pub const MCP_PORT: u16 = 8080;

/// Port on which pods answer probes and Prometheus.
pub const ADMIN_PORT: u16 = 9090;

/// Base path of a server that says nothing else.
pub const DEFAULT_PATH_PREFIX: &str = "/mcp";

/// The most characters that the name of an MCPServer may have, so that every child's name is a DNS label.
pub const LONGEST_SERVER_NAME: usize = 52;

/// Labels by which Deployment and Service find the pods of a server. They never change.
#[must_use]
pub fn selector_labels(server: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        (LABEL_NAME.to_owned(), APP_NAME.to_owned()),
        (LABEL_INSTANCE.to_owned(), server.to_owned()),
    ])
}

/// The same labels as one text, as `kubectl -l` and the scale subresource take them.
#[must_use]
pub fn selector_text(server: &str) -> String {
    selector_labels(server)
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(",")
}

/// Secret with the keys that sign the session ids of a server.
#[must_use]
pub fn keys_secret(server: &str) -> String {
    format!("{server}-keys")
}

/// Lease whose holder writes the status of what a server selects.
#[must_use]
pub fn lease(server: &str) -> String {
    format!("{server}-status")
}

/// Field manager under which the gateway of a server writes status.
#[must_use]
pub fn status_field_manager(server: &str) -> String {
    format!("mcp-gateway/{server}")
}

/// Names under which the Service of a server is known inside the cluster, the shortest first.
#[must_use]
pub fn service_dns_names(server: &str, namespace: &str, cluster_domain: &str) -> [String; 4] {
    [
        server.to_owned(),
        format!("{server}.{namespace}"),
        format!("{server}.{namespace}.svc"),
        format!("{server}.{namespace}.svc.{cluster_domain}"),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{LONGEST_SERVER_NAME, keys_secret, lease, selector_text, service_dns_names};

    #[test]
    fn children_of_the_longest_name_are_dns_labels() {
        let server = "a".repeat(LONGEST_SERVER_NAME);
        for name in [keys_secret(&server), lease(&server)] {
            assert!(name.len() <= 63, "{name} has {} characters", name.len());
        }
    }

    #[test]
    fn pods_are_found_by_two_labels() {
        assert_eq!(
            selector_text("main"),
            "app.kubernetes.io/instance=main,app.kubernetes.io/name=mcp-gateway"
        );
    }

    #[test]
    fn a_service_is_known_by_shorter_and_longer_names() {
        let names = service_dns_names("main", "mcp-system", "cluster.local");
        assert_eq!(
            names,
            [
                "main",
                "main.mcp-system",
                "main.mcp-system.svc",
                "main.mcp-system.svc.cluster.local"
            ]
        );
    }
}
