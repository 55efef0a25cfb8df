//! What is counted, under which names. Histograms and counters are local to a core and merged at scrape;
//! what can be read off registry and state is not counted here, but read by `scrape`.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    core::Collector,
    local::{LocalHistogram, LocalIntCounter},
    proto::MetricFamily,
};

use crate::{backend::client::BackendError, mcp::method::Method};

/// Seconds; from a tenth of a millisecond, which a fast call takes, to the longest timeout in use.
const BUCKETS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0, 30.0,
];
/// The method label of a request whose method could not be told.
const UNKNOWN: &str = "unknown";
/// The outcome labels of backend requests.
pub(crate) const BACKEND_OUTCOMES: [&str; 7] = [
    "ok",
    "resolve",
    "connect",
    "broken",
    "timeout",
    "too_large",
    "going_down",
];

/// The families that all cores share.
#[derive(Debug)]
pub struct Metrics {
    registry: prometheus::Registry,
    requests: IntCounterVec,
    request_duration: HistogramVec,
    backend_requests: IntCounterVec,
    backend_duration: Histogram,
    /// Open client connections.
    pub connections: IntGauge,
    /// Registries published since start.
    pub swaps: IntCounter,
    /// Seconds from reading a change to having it in place.
    pub swap_duration: Histogram,
}

/// One core's share, merged into [`Metrics`] by [`CoreMetrics::flush`].
#[derive(Debug)]
pub struct CoreMetrics {
    requests: Vec<(LocalIntCounter, LocalIntCounter)>,
    request_duration: Vec<LocalHistogram>,
    backend_requests: Vec<LocalIntCounter>,
    backend_duration: LocalHistogram,
}

impl Metrics {
    /// Families at zero.
    ///
    /// # Errors
    /// Where two families have one name, which a test would have found.
    pub fn new() -> Result<Self, prometheus::Error> {
        let buckets = BUCKETS.to_vec();
        let metrics = Self {
            registry: prometheus::Registry::new(),
            requests: IntCounterVec::new(
                Opts::new(
                    "mcp_gateway_requests_total",
                    "MCP requests answered, by method and outcome (ok or error).",
                ),
                &["method", "outcome"],
            )?,
            request_duration: HistogramVec::new(
                HistogramOpts::new(
                    "mcp_gateway_request_duration_seconds",
                    "Time from a request's message to its answer.",
                )
                .buckets(buckets.clone()),
                &["method"],
            )?,
            backend_requests: IntCounterVec::new(
                Opts::new(
                    "mcp_gateway_backend_requests_total",
                    "Requests to backends, by outcome.",
                ),
                &["outcome"],
            )?,
            backend_duration: Histogram::with_opts(
                HistogramOpts::new(
                    "mcp_gateway_backend_duration_seconds",
                    "Time from a backend request to its whole answer.",
                )
                .buckets(buckets.clone()),
            )?,
            connections: IntGauge::new("mcp_gateway_connections", "Open client connections.")?,
            swaps: IntCounter::new(
                "mcp_gateway_registry_swaps_total",
                "Registries put in place since start.",
            )?,
            swap_duration: Histogram::with_opts(
                HistogramOpts::new(
                    "mcp_gateway_registry_swap_duration_seconds",
                    "Time to build a registry and put it in place.",
                )
                .buckets(buckets),
            )?,
        };
        let all: [Box<dyn Collector>; 7] = [
            Box::new(metrics.requests.clone()),
            Box::new(metrics.request_duration.clone()),
            Box::new(metrics.backend_requests.clone()),
            Box::new(metrics.backend_duration.clone()),
            Box::new(metrics.connections.clone()),
            Box::new(metrics.swaps.clone()),
            Box::new(metrics.swap_duration.clone()),
        ];
        for collector in all {
            metrics.registry.register(collector)?;
        }
        Ok(metrics)
    }

    /// The families as they stand.
    #[must_use]
    pub fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    /// One core's share, at zero.
    #[must_use]
    pub fn core(&self) -> CoreMetrics {
        let methods = || {
            Method::ALL
                .iter()
                .map(|method| method.as_str())
                .chain([UNKNOWN])
        };
        let requests =
            |method, outcome| self.requests.with_label_values(&[method, outcome]).local();
        CoreMetrics {
            requests: methods()
                .map(|method| (requests(method, "ok"), requests(method, "error")))
                .collect(),
            request_duration: methods()
                .map(|name| self.request_duration.with_label_values(&[name]).local())
                .collect(),
            backend_requests: BACKEND_OUTCOMES
                .iter()
                .map(|outcome| self.backend_requests.with_label_values(&[*outcome]).local())
                .collect(),
            backend_duration: self.backend_duration.local(),
        }
    }
}

impl CoreMetrics {
    /// Counts one request; `None` where its method could not be told.
    pub fn observe(&self, method: Option<Method>, ok: bool, elapsed: Duration) {
        let index = method.map_or(Method::ALL.len(), |method| method as usize);
        let (succeeded, failed) = &self.requests[index];
        if ok {
            succeeded.inc()
        } else {
            failed.inc()
        }
        self.request_duration[index].observe(elapsed.as_secs_f64());
    }

    /// Counts one backend request.
    pub fn observe_backend(&self, outcome: Result<(), &BackendError>, elapsed: Duration) {
        let reason = outcome.map_or_else(BackendError::reason, |()| "ok");
        if let Some(index) = BACKEND_OUTCOMES
            .iter()
            .position(|outcome| *outcome == reason)
        {
            self.backend_requests[index].inc();
        }
        self.backend_duration.observe(elapsed.as_secs_f64());
    }

    /// Merges what was counted since the last time.
    pub fn flush(&self) {
        for (succeeded, failed) in &self.requests {
            succeeded.flush();
            failed.flush();
        }
        self.request_duration.iter().for_each(LocalHistogram::flush);
        self.backend_requests
            .iter()
            .for_each(LocalIntCounter::flush);
        self.backend_duration.flush();
    }
}
