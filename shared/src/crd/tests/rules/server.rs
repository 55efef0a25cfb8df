//! The rules of MCPServer.

use super::{Case, bad, check};

const NAME: &str = "metadata.name must be a DNS label of at most 52 characters";

#[test]
fn servers_are_refused_for_one_reason_at_a_time() {
    let also_good = [
        "redis: {serviceName: r, mode: sentinel, masterName: m}",
        "redis: {serviceName: r, mode: cluster, database: 0}",
        "ingress: {host: mcp.example.com, pathPrefix: /}",
        "ingress: {host: mcp.example.com, pathPrefix: /a.b/v1}",
        "autoscaling: {minReplicas: 3, maxReplicas: 3}",
        "toolSelector: {}",
        "toolSelector: {matchExpressions: [{key: a, operator: Exists}, {key: b, operator: In, values: [x]}]}",
        "podDisruptionBudget: {minAvailable: 1}",
        "config: {listTtl: 0s}",
    ];
    let cases = [
        Case {
            name: "a.b",
            spec: "{}",
            message: NAME,
        },
        Case {
            name: "1a",
            spec: "{}",
            message: NAME,
        },
        Case {
            name: "a2345678901234567890123456789012345678901234567890123",
            spec: "{}",
            message: NAME,
        },
        bad(
            "redis: {serviceName: r, mode: sentinel}",
            "masterName belongs to mode sentinel",
        ),
        bad(
            "redis: {serviceName: r, masterName: m}",
            "masterName belongs to mode sentinel",
        ),
        bad(
            "redis: {serviceName: r, mode: cluster, database: 1}",
            "database 0 only",
        ),
        bad("ingress: {host: 10.0.0.1}", "no IP address"),
        bad("ingress: {host: h, pathPrefix: mcp}", "begin with a slash"),
        bad("ingress: {host: h, pathPrefix: /mcp/}", "end without one"),
        bad(
            "ingress: {host: h, pathPrefix: /a/../b}",
            "must be a path such as /mcp",
        ),
        bad(
            "autoscaling: {minReplicas: 4, maxReplicas: 3}",
            "minReplicas is above maxReplicas",
        ),
        bad(
            "autoscaling: {maxReplicas: 1}",
            "minReplicas is above maxReplicas",
        ),
        bad(
            "toolSelector: {matchExpressions: [{key: a, operator: In}]}",
            "need at least one entry in values",
        ),
        bad(
            "toolSelector: {matchExpressions: [{key: a, operator: Exists, values: [x]}]}",
            "take none",
        ),
        bad(
            "promptSelector: {matchExpressions: [{key: a, operator: NotIn, values: []}]}",
            "need at least one entry",
        ),
        bad(
            "resourceSelector: {matchExpressions: [{key: a, operator: In}]}",
            "need at least one entry in values",
        ),
        bad(
            "podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}",
            "exclude each other",
        ),
        bad("config: {requestTimeout: 0s}", "longer than zero"),
        bad("config: {clientTimeout: 0s}", "longer than zero"),
        bad("config: {sessionTtl: 0m0s}", "longer than zero"),
        bad("rateLimit: {requests: 1, window: 0s}", "longer than zero"),
    ];
    check("MCPServer", "{}", &also_good, &cases);
}
