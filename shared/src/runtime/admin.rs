//! The listener for probes and Prometheus: `/livez`, `/readyz`, `/metrics`.
//! It is not for clients, holds no state of its own, and collects no metrics: it asks for the text.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::readiness::Readiness;

mod answer;
mod connections;

#[cfg(test)]
mod tests;

/// The metrics of the process in Prometheus' text format, once they are collected.
pub type MetricsText = Pin<Box<dyn Future<Output = String> + Send>>;

/// Collects the metrics; called for each `GET` or `HEAD` of `/metrics`.
pub type RenderMetrics = Arc<dyn Fn() -> MetricsText + Send + Sync>;

/// What the three paths show.
#[derive(Clone)]
pub struct AdminState {
    /// Shown by `/readyz`.
    pub readiness: Readiness,
    /// Shown by `/metrics`.
    pub render_metrics: RenderMetrics,
}

/// Why the admin listener could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Another process listens there.
    #[error(
        "admin address {0} is in use: choose another with --admin-listen, port 0 takes any free one"
    )]
    InUse(SocketAddr),
    /// The address cannot be listened on for another reason.
    #[error(
        "cannot listen on admin address {address}: {source}; choose another with --admin-listen"
    )]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}

/// How many connections there may be, how long the head of a request and a whole connection may
/// take, and how long the last ones are waited for at the end.
#[derive(Debug, Clone, Copy)]
struct Limits {
    connections: usize,
    head: Duration,
    whole: Duration,
    end: Duration,
}

/// Probes and a few Prometheus servers never come near these; a port scanner that holds
/// connections open may, and then gives its place back within the time of a head.
const LIMITS: Limits = Limits {
    connections: 64,
    head: Duration::from_secs(5),
    whole: Duration::from_secs(30),
    end: Duration::from_secs(1),
};

/// Listens on the address. `[::]` falls back to `0.0.0.0` on machines without IPv6.
///
/// # Errors
/// When the address is in use, not this machine's, or not allowed.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, AdminError> {
    let first = TcpListener::bind(address).await;
    let bound = match first {
        Err(error) if is_any_ipv6(address) && error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
        }
        first => first,
    };
    bound.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => AdminError::InUse(address),
        _ => AdminError::Bind { address, source },
    })
}

fn is_any_ipv6(address: SocketAddr) -> bool {
    address.is_ipv6() && address.ip().is_unspecified()
}

/// Serves until the token is cancelled, then finishes the answers under way.
///
/// `/readyz` has to say `draining` while the rest of the process goes down, so the token is one
/// that is cancelled last, not the one that signals cancel.
pub async fn serve(listener: TcpListener, state: AdminState, shutdown: CancellationToken) {
    connections::serve(listener, state, shutdown, LIMITS).await;
}
