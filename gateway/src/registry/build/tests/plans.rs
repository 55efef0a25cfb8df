//! Where calls go and with what: Services, ports, overrides, limits, and the server's settings.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::{build, object, registry, rejected, server, stored, tool};
use crate::registry::objects::{Host, Override, Service};

/// What is known of Services, and what a tool's reference comes to: `HOST:PORT as AUTHORITY`, or the rejection.
fn check(service: &str, by_name: bool, overrides: &[(&str, Option<&str>)], expected: &str) {
    let mut objects = stored(&object(
        "MCPTool",
        "name: t",
        &format!("  service: {{{service}}}"),
    ));
    objects.services.by_name = by_name;
    let entry = |(service, port): &(&str, Option<&str>)| Override {
        service: (*service).to_owned(),
        port: port.map(str::to_owned),
        host: "127.0.0.1".to_owned(),
        target_port: 9,
    };
    objects.services.overrides = overrides.iter().map(entry).collect();
    let known = |name: &str, host: &str, external_name| {
        let ports = vec![("http".to_owned(), 8080), (String::new(), 80)];
        let service = Service {
            host: host.to_owned(),
            ports,
            external_name,
        };
        (("default".to_owned(), name.to_owned()), service)
    };
    objects.services.known = [
        known("address", "10.0.0.1", false),
        known("six", "fd00::1", false),
        known("headless", "headless.default.svc.cluster.local.", false),
        known("outside", "example.com", true),
    ]
    .into();
    let registry = build(&objects, None, 1);
    let found = match registry.tools.get("t") {
        Some(tool) => {
            let host = match &tool.request.host {
                Host::Address(address) => address.to_string(),
                Host::Name(name, port) => format!("{name} {port}"),
            };
            format!("{host} as {}", tool.request.authority)
        }
        None => rejected(&registry).concat(),
    };
    assert_eq!(found, expected);
}

#[test]
fn a_known_service_is_reached_by_its_address_and_a_port_it_has() {
    check(
        "name: address, port: 8080",
        false,
        &[],
        "10.0.0.1:8080 as address:8080",
    );
    check(
        "name: address, port: http",
        false,
        &[],
        "10.0.0.1:8080 as address:8080",
    );
    check(
        "name: address, port: 80",
        false,
        &[],
        "10.0.0.1:80 as address",
    );
    check("name: six, port: 80", false, &[], "[fd00::1]:80 as six");
    check(
        "name: headless, port: http",
        false,
        &[],
        "headless.default.svc.cluster.local. 8080 as headless:8080",
    );
    for port in ["81", "https"] {
        check(
            &format!("name: address, port: {port}"),
            true,
            &[],
            &format!(
                "MCPTool default/t: spec.service.port: Service address has no port {port}; it has http (8080), 80 (PortNotFound)"
            ),
        );
    }
    check(
        "name: outside, port: 80",
        true,
        &[],
        "MCPTool default/t: spec.service.name: Service outside is of type ExternalName, through which any host could be reached; use one with pods (UnsupportedService)",
    );
}

#[test]
fn an_unknown_service_is_reached_by_name_from_files_and_not_in_a_cluster() {
    check("name: new, port: 81", true, &[], "new 81 as new:81");
    check(
        "name: new, port: http",
        true,
        &[],
        "MCPTool default/t: spec.service.port: Service new is not among the files, so its port \"http\" has no number; add the Service, or --resolve new:http=HOST:PORT (ServiceNotFound)",
    );
    for port in ["81", "http"] {
        check(
            &format!("name: new, port: {port}"),
            false,
            &[],
            "MCPTool default/t: spec.service.name: there is no Service new in namespace default; create it, or mend the name (ServiceNotFound)",
        );
    }
}

#[test]
fn an_override_beats_what_is_known_but_not_what_is_refused() {
    let any = [("address", None)];
    check(
        "name: address, port: 8080",
        false,
        &any,
        "127.0.0.1:9 as address:8080",
    );
    check(
        "name: address, port: http",
        false,
        &any,
        "127.0.0.1:9 as address:8080",
    );
    check(
        "name: address, port: 80",
        false,
        &[("address", Some("80"))],
        "127.0.0.1:9 as address",
    );
    check(
        "name: address, port: http",
        false,
        &[("address", Some("8080"))],
        "127.0.0.1:9 as address:8080",
    );
    check(
        "name: address, port: 80",
        false,
        &[("address", Some("8080"))],
        "10.0.0.1:80 as address",
    );
    check(
        "name: address, port: 80",
        false,
        &[("other", None)],
        "10.0.0.1:80 as address",
    );
    check(
        "name: new, port: http",
        true,
        &[("new", Some("http"))],
        "127.0.0.1:9 as new",
    );
    check(
        "name: new, port: 81",
        false,
        &[("new", None)],
        "127.0.0.1:9 as new:81",
    );
    check(
        "name: outside, port: 80",
        true,
        &[("outside", None)],
        "MCPTool default/t: spec.service.name: Service outside is of type ExternalName, through which any host could be reached; use one with pods (UnsupportedService)",
    );
}

#[test]
fn a_tool_stays_under_the_limits_of_its_server() {
    let check = |more: &str, timeout: Duration, bytes: usize, concurrent: usize| {
        let server = server(
            "  config: {requestTimeout: 10s, maxResponseBytes: 1000, maxConcurrentRequests: 9}",
        );
        let registry = registry(&[server, tool("t", more)].concat());
        let tool = &registry.tools["t"];
        assert_eq!(
            (
                tool.request.timeout,
                tool.request.max_response_bytes,
                tool.max_concurrent_requests
            ),
            (timeout, bytes, concurrent)
        );
    };
    let seconds = Duration::from_secs;
    check("", seconds(10), 1000, 4);
    check(
        "  timeout: 3s\n  response: {maxBytes: 10}\n  maxConcurrentRequests: 7",
        seconds(3),
        10,
        7,
    );
    check(
        "  timeout: 1m\n  response: {maxBytes: 5000}",
        seconds(10),
        1000,
        4,
    );
}

#[test]
fn a_call_may_be_repeated_if_its_method_or_a_hint_says_so() {
    let check = |more: &str, expected: bool| {
        assert_eq!(
            registry(&tool("t", more)).tools["t"].request.idempotent,
            expected,
            "{more}"
        );
    };
    check("", false);
    check("  method: PUT", false);
    check("  method: GET", true);
    check("  method: HEAD", true);
    check("  annotations: {readOnlyHint: true}", true);
    check("  annotations: {idempotentHint: true}", true);
    check("  annotations: {idempotentHint: false}", false);
}

#[test]
fn a_parameter_in_the_path_is_found_by_its_own_name() {
    let yaml = tool(
        "t",
        "  parameters: [{name: id, in: path, as: key, style: matrix}]",
    )
    .replace("path: /api", "path: \"/api/{id}\"");
    assert_eq!(rejected(&registry(&yaml)), Vec::<String>::new());
}

#[test]
fn a_setting_that_does_not_parse_is_reported_and_replaced_by_its_default() {
    let bad = registry(&server(
        "  config: {requestTimeout: soon, sessionTtl: -1s, listTtl: \"\", maxStreams: 7}",
    ));
    let message = |field: &str, value: &str| {
        format!(
            "MCPServer default/main: spec.config.{field}: `{value}` is not a duration; write a number and a unit for each part, such as 500ms, 30s or 1m30s (InvalidValue)"
        )
    };
    assert_eq!(
        rejected(&bad),
        [
            message("requestTimeout", "soon"),
            message("sessionTtl", "-1s"),
            message("listTtl", "")
        ]
    );
    let good = registry(&server("  config: {maxStreams: 7}"));
    assert_eq!(bad.server, good.server);
    assert_eq!(bad.server.request_timeout, Duration::from_secs(30));
    assert_eq!(bad.server.list_cache.ttl_ms, 5_000);
    assert_eq!(bad.server.max_streams, 7);
}

#[test]
fn a_server_answers_to_its_ingress_its_service_and_what_is_configured() {
    let ingress = "  ingress: {host: mcp.example.com, pathPrefix: /tools/}\n  config: {allowedHosts: [inner.example.com]}";
    let served = registry(&server(ingress));
    assert_eq!(served.server.path_prefix, "/tools");
    let allowed = [
        "mcp.example.com",
        "MCP.Example.com",
        "inner.example.com",
        "main",
        "main.default",
        "main.default.svc",
        "main.default.svc.cluster.local",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "10.1.2.3",
    ];
    for host in allowed {
        assert!(served.server.allows_host(host), "{host}");
    }
    for host in [
        "example.com",
        "x.mcp.example.com",
        "main.other",
        "localhost.example.com",
        "",
    ] {
        assert!(!served.server.allows_host(host), "{host}");
    }
    assert_eq!(registry(&server("")).server.path_prefix, "/mcp");
    let root = registry(&server("  ingress: {host: a.example.com, pathPrefix: /}"));
    assert_eq!(root.server.path_prefix, "");
}
