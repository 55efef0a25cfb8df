//! The text that Prometheus scrapes: well formed, bounded, and gone with what it counted.
#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::render;
use crate::{
    app,
    context::Gateway,
    fixtures::{objects, tool},
    mcp::method::Method,
    metrics::{BACKEND_OUTCOMES, CoreMetrics},
    registry::snapshot::CallOutcome,
};

/// A family: its type, and its samples by name and labels.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: BTreeMap<String, f64>,
}

/// Reads the text format, and fails on all that Prometheus would refuse or `promtool check metrics` complain about.
fn parse(text: &str) -> BTreeMap<String, Family> {
    assert!(text.ends_with('\n'));
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(help.len() > 10 && help.ends_with('.'), "{line}");
            assert!(helped.insert(name.to_owned()), "twice: {line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helped.contains(name), "no help before {line}");
            assert!(name.starts_with("mcp_gateway_"), "{line}");
            let is_counter = kind == "counter";
            assert_eq!(name.ends_with("_total"), is_counter, "{line}");
            current = name.to_owned();
            let family = families.entry(current.clone()).or_default();
            assert!(family.kind.is_empty(), "twice: {line}");
            kind.clone_into(&mut family.kind);
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let suffix = name.strip_prefix(&current).unwrap();
            let suffixes: &[&str] = match families[&current].kind.as_str() {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(suffixes.contains(&suffix), "{line}");
            assert_eq!(series.contains('{'), series.ends_with('}'), "{line}");
            let family = families.get_mut(&current).unwrap();
            let value = value.parse().unwrap();
            let before = family.samples.insert(series.to_owned(), value);
            assert!(before.is_none(), "twice: {line}");
        }
    }
    families
}

fn gateway(yaml: &str) -> Arc<Gateway> {
    Arc::new(app::gateway(&objects(yaml, None), 2).unwrap())
}

/// What a scrape of a gateway with one core shows.
fn families(gateway: &Gateway) -> BTreeMap<String, Family> {
    let _core = gateway.metrics.core();
    parse(&render(gateway).unwrap())
}

#[test]
fn every_family_is_well_formed_and_there_from_the_start() {
    let families = families(&gateway(&tool("search", "  inputSchema: {}")));
    let kinds: Vec<(&str, &str)> = families
        .iter()
        .map(|(name, family)| {
            (
                name.trim_start_matches("mcp_gateway_"),
                family.kind.as_str(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("backend_duration_seconds", "histogram"),
            ("backend_requests_in_flight", "gauge"),
            ("backend_requests_total", "counter"),
            ("connections", "gauge"),
            ("registry_built_timestamp_seconds", "gauge"),
            ("registry_objects", "gauge"),
            ("registry_swap_duration_seconds", "histogram"),
            ("registry_swaps_total", "counter"),
            ("request_duration_seconds", "histogram"),
            ("requests_total", "counter"),
            ("sessions", "gauge"),
            ("streams", "gauge"),
            ("tool_calls_total", "counter"),
        ]
    );
}

#[test]
fn labels_are_as_many_as_methods_and_outcomes_and_no_client_can_add_one() {
    let gateway = gateway(&tool("search", "  inputSchema: {}"));
    let families = families(&gateway);
    let series = |name: &str| families[&format!("mcp_gateway_{name}")].samples.len();
    let methods = Method::ALL.len() + 1;
    assert_eq!(series("requests_total"), 2 * methods);
    // Buckets, their end, sum and count.
    assert_eq!(series("request_duration_seconds"), (16 + 1 + 2) * methods);
    assert_eq!(series("backend_requests_total"), BACKEND_OUTCOMES.len());
    assert_eq!(series("tool_calls_total"), 1);
}

#[test]
fn what_cores_counted_is_merged_when_they_flush() {
    let gateway = gateway("");
    let cores = [gateway.metrics.core(), gateway.metrics.core()];
    for core in &cores {
        core.observe(Some(Method::Ping), true, Duration::from_millis(3));
        core.observe(Some(Method::Ping), false, Duration::from_secs(60));
        core.observe(None, false, Duration::ZERO);
        core.observe_backend(Ok(()), Duration::from_millis(3));
    }
    let value = |family: &str, series: &str| {
        families(&gateway)[&format!("mcp_gateway_{family}")].samples
            [&format!("mcp_gateway_{series}")]
    };
    let ok = "requests_total{method=\"ping\",outcome=\"ok\"}";
    assert_eq!(value("requests_total", ok), 0.0);
    cores.iter().for_each(CoreMetrics::flush);
    assert_eq!(value("requests_total", ok), 2.0);
    assert_eq!(
        value(
            "requests_total",
            "requests_total{method=\"unknown\",outcome=\"error\"}"
        ),
        2.0
    );
    let bucket = |limit: &str| {
        value(
            "request_duration_seconds",
            &format!("request_duration_seconds_bucket{{method=\"ping\",le=\"{limit}\"}}"),
        )
    };
    assert_eq!(
        (
            bucket("0.0025"),
            bucket("0.005"),
            bucket("30"),
            bucket("+Inf")
        ),
        (0.0, 2.0, 2.0, 4.0)
    );
    assert_eq!(
        value(
            "backend_requests_total",
            "backend_requests_total{outcome=\"ok\"}"
        ),
        2.0
    );
    assert_eq!(
        value("backend_duration_seconds", "backend_duration_seconds_count"),
        2.0
    );
    // A second flush adds nothing.
    cores.iter().for_each(CoreMetrics::flush);
    assert_eq!(value("requests_total", ok), 2.0);
}

#[test]
fn a_tools_series_go_when_it_goes() {
    let both = tool("a", "  inputSchema: {}") + &tool("b", "  inputSchema: {}");
    let gateway = gateway(&both);
    let calls = || -> Vec<(String, f64)> {
        let mut families = families(&gateway);
        let family = families.remove("mcp_gateway_tool_calls_total");
        let samples = family.unwrap_or_default().samples.into_iter();
        samples
            .map(|(series, value)| {
                (
                    series
                        .trim_start_matches("mcp_gateway_tool_calls_total")
                        .to_owned(),
                    value,
                )
            })
            .collect()
    };
    let series = |tool: &str, outcome: &str, value: f64| {
        (format!("{{outcome=\"{outcome}\",tool=\"{tool}\"}}"), value)
    };
    let live = Arc::clone(&gateway.registry.load().tools["b"].live);
    live.count(0, CallOutcome::Ok);
    live.count(1, CallOutcome::Ok);
    live.count(1, CallOutcome::Refused);
    assert_eq!(
        calls(),
        [
            series("a", "ok", 0.0),
            series("b", "ok", 2.0),
            series("b", "refused", 1.0)
        ]
    );
    app::publish(
        &gateway,
        &objects(&tool("b", "  inputSchema: {}\n  title: T"), None),
        2,
    );
    assert_eq!(
        calls(),
        [series("b", "ok", 2.0), series("b", "refused", 1.0)]
    );
    app::publish(&gateway, &objects("", None), 2);
    assert_eq!(calls(), []);
}

#[test]
fn what_is_served_and_rejected_is_read_off_the_registry() {
    let yaml = [
        tool("a", "  inputSchema: {}"),
        tool("b", "  inputSchema: {type: array}"),
        tool("c", "  inputSchema: {type: array}"),
        tool("d", "  inputSchema: {}\n  response: {jq: env}"),
    ];
    let gateway = gateway(&yaml.concat());
    let families = families(&gateway);
    let samples = |name: &str| {
        families[&format!("mcp_gateway_registry_{name}")]
            .samples
            .clone()
    };
    let expected = |pairs: &[(&str, f64)]| -> BTreeMap<String, f64> {
        let pairs = pairs.iter();
        pairs
            .map(|(series, value)| (format!("mcp_gateway_registry_{series}"), *value))
            .collect()
    };
    assert_eq!(
        samples("objects"),
        expected(&[
            ("objects{kind=\"MCPTool\"}", 1.0),
            ("objects{kind=\"MCPPrompt\"}", 0.0),
            ("objects{kind=\"MCPResource\"}", 0.0)
        ])
    );
    assert_eq!(
        samples("rejected_objects"),
        expected(&[
            (
                "rejected_objects{kind=\"MCPTool\",reason=\"InvalidSchema\"}",
                2.0
            ),
            (
                "rejected_objects{kind=\"MCPTool\",reason=\"InvalidFilter\"}",
                1.0
            )
        ])
    );
}
