//! The listener for probes and Prometheus, beside a gateway that is used.

use serde_json::json;

use crate::{
    http::{Connection, call, get, initialize, listen_stream},
    running::{Dev, eventually},
};

/// The value of one series.
async fn value(gateway: &Dev, series: &str) -> f64 {
    let text = get(gateway.admin, "/metrics").await.body;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(f64::NAN, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_metrics_tell_what_happens() {
    let gateway = Dev::start(&["--cores", "2"]).await;
    for path in ["/livez", "/readyz"] {
        assert_eq!(get(gateway.admin, path).await.status, 200, "{path}");
    }
    let calls = "mcp_gateway_tool_calls_total{outcome=\"ok\",tool=\"search\"}";
    assert_eq!(value(&gateway, calls).await, 0.0);
    assert_eq!(
        value(&gateway, "mcp_gateway_registry_objects{kind=\"MCPTool\"}").await,
        3.0
    );

    // More connections than cores, so that the sums are of all cores.
    let mut connections = Vec::new();
    for _ in 0..4 {
        let mut connection = Connection::open(gateway.address).await;
        let answer = connection
            .ask(&call("search", &json!({"query": "x"})))
            .await;
        assert!(!answer.content().1, "{answer:?}");
        connections.push(connection);
    }
    let answer = connections[0].ask(&call("fail", &json!({}))).await;
    assert!(answer.content().1, "{answer:?}");
    initialize(gateway.address).await;
    connections.push(listen_stream(gateway.address).await);

    for (series, expected) in [
        (calls, 4.0),
        (
            "mcp_gateway_tool_calls_total{outcome=\"tool_error\",tool=\"fail\"}",
            1.0,
        ),
        (
            "mcp_gateway_requests_total{method=\"tools/call\",outcome=\"ok\"}",
            5.0,
        ),
        (
            "mcp_gateway_requests_total{method=\"initialize\",outcome=\"ok\"}",
            1.0,
        ),
        (
            "mcp_gateway_request_duration_seconds_count{method=\"tools/call\"}",
            5.0,
        ),
        ("mcp_gateway_backend_requests_total{outcome=\"ok\"}", 5.0),
        ("mcp_gateway_backend_duration_seconds_count", 5.0),
        ("mcp_gateway_backend_requests_in_flight", 0.0),
        ("mcp_gateway_sessions", 1.0),
        ("mcp_gateway_streams", 1.0),
    ] {
        assert_eq!(value(&gateway, series).await, expected, "{series}");
    }
    let swaps = value(&gateway, "mcp_gateway_registry_swaps_total").await;
    gateway.save("objects.yaml", "# nothing left\n");
    eventually("the files are read again", async || {
        value(&gateway, "mcp_gateway_registry_swaps_total").await == swaps + 1.0
    })
    .await;
    assert!(
        value(&gateway, calls).await.is_nan(),
        "a tool's series go with it"
    );
    drop(connections);
    eventually("streams and connections are gone", async || {
        value(&gateway, "mcp_gateway_streams").await == 0.0
            && value(&gateway, "mcp_gateway_connections").await == 0.0
    })
    .await;
    gateway.stop().await;
}
