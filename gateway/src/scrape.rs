//! What a scrape yields: the counted families, and those that are read off the registry and the state at that moment,
//! so that these cannot drift.

use std::sync::atomic::Ordering;

use prometheus::{
    Encoder, IntCounterVec, IntGauge, IntGaugeVec, Opts, TextEncoder, core::Collector,
    proto::MetricFamily,
};

use crate::{
    context::Gateway,
    registry::{Registry, objects::Kind, snapshot::CallOutcome},
};

/// All families in the text format, once every core has flushed.
///
/// # Errors
/// Where a family cannot be written, which a test would have found.
pub fn render(gateway: &Gateway) -> Result<String, prometheus::Error> {
    let mut families = gateway.metrics.gather();
    families.extend(of_registry(&gateway.registry.load())?);
    families.extend(of_state(gateway)?);
    families.retain(|family| !family.get_metric().is_empty());
    families.sort_by(|left, right| left.name().cmp(right.name()));
    let mut text = Vec::new();
    TextEncoder::new().encode(&families, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A tool's series are there exactly as long as the tool is.
fn of_registry(registry: &Registry) -> Result<Vec<MetricFamily>, prometheus::Error> {
    let objects = IntGaugeVec::new(
        Opts::new("mcp_gateway_registry_objects", "Objects served, by kind."),
        &["kind"],
    )?;
    for kind in [Kind::Tool, Kind::Prompt, Kind::Resource] {
        objects
            .with_label_values(&[kind.as_str()])
            .set(as_gauge(registry.count(kind)));
    }
    let rejected = IntGaugeVec::new(
        Opts::new(
            "mcp_gateway_registry_rejected_objects",
            "Selected objects that are not served, by kind and reason.",
        ),
        &["kind", "reason"],
    )?;
    for object in &registry.rejected {
        rejected
            .with_label_values(&[object.object.kind.as_str(), object.reason.as_str()])
            .inc();
    }
    let built = IntGauge::new(
        "mcp_gateway_registry_built_timestamp_seconds",
        "When the registry in place was built.",
    )?;
    let since = registry
        .built
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    built.set(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let calls = IntCounterVec::new(
        Opts::new(
            "mcp_gateway_tool_calls_total",
            "Calls of a tool, by outcome.",
        ),
        &["tool", "outcome"],
    )?;
    for tool in registry.tools.values() {
        for outcome in CallOutcome::ALL {
            let total = tool.live.total(outcome);
            if total > 0 || outcome == CallOutcome::Ok {
                calls
                    .with_label_values(&[&*tool.name, outcome.as_str()])
                    .inc_by(total);
            }
        }
    }
    Ok([
        objects.collect(),
        rejected.collect(),
        built.collect(),
        calls.collect(),
    ]
    .concat())
}

fn of_state(gateway: &Gateway) -> Result<Vec<MetricFamily>, prometheus::Error> {
    let gauge = |name: &str, help: &str, value: usize| {
        let gauge = IntGauge::new(name, help)?;
        gauge.set(as_gauge(value));
        Ok::<_, prometheus::Error>(gauge.collect())
    };
    let in_flight = gateway.in_flight.load(Ordering::Relaxed);
    let streams = gateway.streams.load(Ordering::Relaxed);
    Ok([
        gauge(
            "mcp_gateway_backend_requests_in_flight",
            "Backend requests in flight.",
            in_flight,
        )?,
        gauge(
            "mcp_gateway_streams",
            "Open listen and GET streams.",
            streams,
        )?,
        gauge(
            "mcp_gateway_sessions",
            "Legacy sessions that this pod remembers.",
            gateway.state.sessions(),
        )?,
    ]
    .concat())
}

fn as_gauge(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
