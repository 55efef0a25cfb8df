//! The wiring: builds the gateway, starts its threads, and takes it down again in order.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant as StdInstant},
};

use anyhow::Context as _;
use shared::runtime::{
    admin::{self, AdminState},
    readiness::{Pending, Readiness},
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    context::Gateway,
    mcp::session_id::Keys,
    metrics::Metrics,
    registry::{Handle, build::build, jq::pool::Pool, objects::Objects},
    scrape,
    server::{self, Cores, Workers},
    state::State,
};

/// Over how long streams end where there are other pods for their clients to go to.
const STREAM_SPREAD: Duration = Duration::from_secs(2);
/// How often sessions are looked through.
const SWEEP: Duration = Duration::from_secs(60);

/// Threads that run jq filters, at most: they are for shaping answers, not for computing.
const FILTER_THREADS: usize = 2;
/// Filters that may wait for a thread.
const FILTERS_WAITING: usize = 256;

/// What the command line comes to.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where probes and metrics are served.
    pub admin_listen: SocketAddr,
    /// Threads that serve requests.
    pub cores: usize,
    /// How long to go on accepting after the order to end.
    pub drain_delay: Duration,
    /// How long calls may take to finish after that.
    pub shutdown_grace: Duration,
}

/// A running gateway.
#[derive(Debug)]
pub struct App {
    settings: Settings,
    gateway: Arc<Gateway>,
    workers: Workers,
    acceptor: thread::JoinHandle<()>,
    accepting: CancellationToken,
    readiness: Readiness,
    address: SocketAddr,
    admin_address: SocketAddr,
    admin_end: CancellationToken,
}

impl App {
    /// Binds, builds the first registry, starts serving.
    ///
    /// # Errors
    /// Where a port is taken or the system gives no threads.
    pub async fn start(settings: Settings, objects: &Objects) -> anyhow::Result<Self> {
        let listener = server::bind(settings.listen).with_context(|| {
            format!(
                "cannot listen on {}; choose another address with --listen",
                settings.listen
            )
        })?;
        let address = listener.local_addr()?;
        let admin_listener = admin::bind(settings.admin_listen).await?;
        let admin_address = admin_listener.local_addr()?;
        let readiness = Readiness::new();
        let pending = readiness.register("registry");
        let mut gateway = gateway(objects, settings.cores)?;
        // Without a delay there is no load balancer either, and nobody gains from the wait.
        if !settings.drain_delay.is_zero() {
            gateway.stream_spread = STREAM_SPREAD;
        }
        let gateway = Arc::new(gateway);
        let workers = Workers::start(&gateway, settings.cores)?;
        let admin_end = CancellationToken::new();
        let state = AdminState {
            readiness: readiness.clone(),
            render_metrics: render(&gateway, &workers.cores),
        };
        tokio::spawn(admin::serve(admin_listener, state, admin_end.clone()));
        tokio::spawn(sweep(Arc::clone(&gateway), admin_end.clone()));
        let accepting = CancellationToken::new();
        let acceptor = accept(listener, workers.cores.clone(), accepting.clone(), pending)?;
        Ok(Self {
            settings,
            gateway,
            workers,
            acceptor,
            accepting,
            readiness,
            address,
            admin_address,
            admin_end,
        })
    }

    /// What requests use.
    #[must_use]
    pub fn gateway(&self) -> Arc<Gateway> {
        Arc::clone(&self.gateway)
    }

    /// Threads that serve requests.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.settings.cores
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where probes and metrics are served.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Serves until `shutdown`, then goes down: not ready, still accepting; streams end; calls finish; gone.
    ///
    /// # Errors
    /// Where the acceptor did not end as it should.
    pub async fn until(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        shutdown.cancelled().await;
        tracing::info!("going down");
        self.readiness.drain();
        self.gateway.draining.store(true, Ordering::Relaxed);
        self.workers.drain();
        sleep(self.settings.drain_delay).await;
        self.gateway.streams_end.cancel();
        self.accepting.cancel();
        self.workers
            .stop(Instant::now() + self.settings.shutdown_grace)
            .await;
        self.admin_end.cancel();
        self.acceptor
            .join()
            .map_err(|_| anyhow::anyhow!("the acceptor panicked"))
    }
}

/// Cores that this process may use.
#[must_use]
pub fn available_cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// A gateway with its first registry, and keys that live as long as the process.
///
/// # Errors
/// Where the metrics contradict themselves, which a test would have found.
pub fn gateway(objects: &Objects, cores: usize) -> anyhow::Result<Gateway> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).context("the system has no randomness")?;
    Ok(Gateway {
        registry: Handle::new(Arc::new(build(objects, None, cores))),
        state: State::in_memory(Keys {
            current: key,
            previous: None,
        }),
        metrics: Metrics::new()?,
        filters: Pool::start(cores.min(FILTER_THREADS), FILTERS_WAITING)
            .context("the system gives no threads")?,
        in_flight: Arc::default(),
        streams: Arc::default(),
        draining: false.into(),
        streams_end: CancellationToken::new(),
        stream_spread: Duration::ZERO,
    })
}

/// Builds a registry from `objects` and puts it in place.
pub fn publish(gateway: &Gateway, objects: &Objects, cores: usize) {
    let started = StdInstant::now();
    let next = build(objects, Some(&gateway.registry.load()), cores);
    gateway.registry.publish(Arc::new(next));
    gateway.metrics.swaps.inc();
    gateway
        .metrics
        .swap_duration
        .observe(started.elapsed().as_secs_f64());
}

/// Accepts on a thread of its own, so that neither a build nor a request holds new connections up.
fn accept(
    listener: tokio::net::TcpListener,
    cores: Cores,
    accepting: CancellationToken,
    pending: Pending,
) -> anyhow::Result<thread::JoinHandle<()>> {
    let listener = listener.into_std()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let body = move || {
        runtime.block_on(async {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => {
                    drop(pending);
                    cores.accept(listener, accepting).await;
                }
                Err(error) => tracing::error!(%error, "cannot accept connections"),
            }
        });
    };
    Ok(thread::Builder::new()
        .name("accept".to_owned())
        .spawn(body)?)
}

fn render(gateway: &Arc<Gateway>, cores: &Cores) -> admin::RenderMetrics {
    let (gateway, cores) = (Arc::clone(gateway), cores.clone());
    Arc::new(move || {
        let (gateway, cores) = (Arc::clone(&gateway), cores.clone());
        Box::pin(async move {
            cores.flush().await;
            scrape::render(&gateway).unwrap_or_else(|error| format!("# {error}\n"))
        })
    })
}

/// Forgets idle sessions now and then.
async fn sweep(gateway: Arc<Gateway>, end: CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            _ = tick.tick() => {
                let idle = gateway.registry.load().server.session_ttl;
                gateway.state.sweep(idle, crate::context::unix_seconds());
            }
        }
    }
}
