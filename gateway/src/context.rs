//! What a request may use: shared by all cores, and of its own core.
//! Built once by `app`; all fields are public, and nothing is global.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio_util::sync::CancellationToken;

use crate::{
    backend::client::Client,
    metrics::{CoreMetrics, Metrics},
    registry::{self, jq::pool::Pool},
    state::State,
};

/// Shared by all cores.
#[derive(Debug)]
pub struct Gateway {
    /// What is served.
    pub registry: registry::Handle,
    /// What outlives a request.
    pub state: State,
    /// What is counted.
    pub metrics: Metrics,
    /// Runs the filters of tools that have one.
    pub filters: Pool,
    /// Backend calls in flight on this pod.
    pub in_flight: Arc<AtomicUsize>,
    /// Open listen and GET streams on this pod.
    pub streams: Arc<AtomicUsize>,
    /// Set when the pod begins to go down: answers ask clients to close their connections.
    pub draining: AtomicBool,
    /// Cancelled when open streams shall end.
    pub streams_end: CancellationToken,
    /// Time over which they end, so that their clients do not all come back in one moment.
    pub stream_spread: Duration,
}

/// One core's part; never leaves its thread.
#[derive(Debug)]
pub struct Core {
    /// Which core this is, from 0.
    pub index: usize,
    /// Shared by all cores.
    pub gateway: Arc<Gateway>,
    /// Connections to backends.
    pub backend: Rc<Client>,
    /// This core's histograms.
    pub metrics: CoreMetrics,
    /// Cancelled when calls still running shall be answered with an error, because the pod must go.
    pub calls_end: CancellationToken,
}

impl Gateway {
    /// Whether the pod is going down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// One of a bounded number; gives its place back when dropped.
#[derive(Debug)]
pub struct Permit(Arc<AtomicUsize>);

impl Permit {
    /// Takes a place among `limit`, if one is free.
    #[must_use]
    pub fn take(count: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        // The guard is made first, so that a place over the limit is given back in either case.
        let permit = Self(Arc::clone(count));
        (count.fetch_add(1, Ordering::Relaxed) < limit).then_some(permit)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Seconds since the epoch, as session ids carry them.
#[must_use]
pub fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
