//! Connections: one acceptor, one single-threaded runtime per core, each connection on the core with the fewest.
//! Speaks HTTP/1.1 and, told by its preface, HTTP/2 without TLS; what a request means is `proxy`'s question.

mod connection;

use std::{
    io,
    net::{SocketAddr, TcpStream},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::TcpListener,
    runtime,
    sync::{mpsc, oneshot},
    task::{LocalSet, spawn_local},
    time::{Instant, interval, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

use self::connection::Ending;
use crate::{
    backend::client::Client,
    context::{Core, Gateway, Permit},
};

/// How often idle backend connections are looked through.
const SWEEP: Duration = Duration::from_secs(5);
/// Connections per pod; beyond it the kernel's queue holds them back.
const MAX_CONNECTIONS: usize = 50_000;
/// How long to wait before accepting again where no connection could be taken.
const PAUSE: Duration = Duration::from_millis(10);

/// The cores' threads, and the means to end them.
#[derive(Debug)]
pub struct Workers {
    /// The way to reach them.
    pub cores: Cores,
    gateway: Arc<Gateway>,
    threads: Vec<JoinHandle<()>>,
    ending: Ending,
    calls_end: CancellationToken,
}

/// The way to reach every core; cheap to clone.
#[derive(Clone, Debug)]
pub struct Cores {
    each: Arc<[CoreHandle]>,
    connections: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct CoreHandle {
    commands: mpsc::UnboundedSender<Command>,
    connections: Arc<AtomicUsize>,
}

/// What a core is asked for.
#[derive(Debug)]
enum Command {
    /// Serve this connection.
    Connection(TcpStream, [Permit; 2]),
    /// Merge the histograms and say so.
    Flush(oneshot::Sender<()>),
    /// End.
    Stop,
}

impl Workers {
    /// Starts one thread per core.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub fn start(gateway: &Arc<Gateway>, cores: usize) -> io::Result<Self> {
        let ending = Ending::default();
        let calls_end = CancellationToken::new();
        let mut each = Vec::new();
        let mut threads = Vec::new();
        for index in 0..cores {
            let (commands, receiver) = mpsc::unbounded_channel();
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let (gateway, ending, calls_end) =
                (Arc::clone(gateway), ending.clone(), calls_end.clone());
            let body = move || {
                let work = work(index, gateway, receiver, ending, calls_end);
                LocalSet::new().block_on(&runtime, work);
            };
            threads.push(
                thread::Builder::new()
                    .name(format!("core-{index}"))
                    .spawn(body)?,
            );
            each.push(CoreHandle {
                commands,
                connections: Arc::default(),
            });
        }
        let cores = Cores {
            each: each.into(),
            connections: Arc::default(),
        };
        Ok(Self {
            cores,
            gateway: Arc::clone(gateway),
            threads,
            ending,
            calls_end,
        })
    }

    /// Asks HTTP/2 clients to bring their next requests elsewhere; what arrives nevertheless is served. Those of
    /// HTTP/1.1 are asked by each answer.
    pub fn drain(&self) {
        self.ending.soon.cancel();
    }

    /// Lets connections finish what is on its way and close, until `deadline`; then calls still running are answered
    /// with an error, and two seconds later everything ends.
    pub async fn stop(self, deadline: Instant) {
        self.ending.soon.cancel();
        self.ending.now.cancel();
        let idle = async {
            let mut tick = interval(Duration::from_millis(10));
            // A call whose client has left may still be on its way.
            let in_flight = || self.gateway.in_flight.load(Ordering::Relaxed);
            while self.cores.connections() > 0 || in_flight() > 0 {
                tick.tick().await;
            }
        };
        tokio::pin!(idle);
        if timeout_at(deadline, &mut idle).await.is_err() {
            self.calls_end.cancel();
            let _late = timeout_at(deadline + Duration::from_secs(2), idle).await;
        }
        self.cores
            .each
            .iter()
            .for_each(|core| drop(core.commands.send(Command::Stop)));
        for thread in self.threads {
            // A core that panicked has nothing left to wait for.
            let _panicked = thread.join();
        }
    }
}

impl Cores {
    /// Accepts until `shutdown`, handing each connection to the core with the fewest.
    pub async fn accept(&self, listener: TcpListener, shutdown: CancellationToken) {
        let mut failing = false;
        loop {
            let accept = async {
                while self.connections() >= MAX_CONNECTIONS {
                    sleep(PAUSE).await;
                }
                listener.accept().await
            };
            let accepted = tokio::select! {
                () = shutdown.cancelled() => return,
                accepted = accept => accepted,
            };
            let assigned = accepted.and_then(|(stream, _)| {
                stream.set_nodelay(true)?;
                self.assign(stream.into_std()?);
                Ok(())
            });
            if let Err(error) = &assigned {
                // Out of file descriptors, most likely: said once, and without a pause this would spin.
                if !failing {
                    tracing::warn!(%error, "cannot accept connections; is the limit of open files too low?");
                }
                sleep(PAUSE).await;
            }
            failing = assigned.is_err();
        }
    }

    fn assign(&self, stream: TcpStream) {
        let Some(core) = self
            .each
            .iter()
            .min_by_key(|core| core.connections.load(Ordering::Relaxed))
        else {
            return;
        };
        let counts = [&self.connections, &core.connections];
        let [Some(total), Some(own)] = counts.map(|count| Permit::take(count, usize::MAX)) else {
            return;
        };
        // A core that is gone cannot serve; dropping the connection is all that is left.
        let _gone = core
            .commands
            .send(Command::Connection(stream, [total, own]));
    }

    /// Has every core merge its histograms.
    pub async fn flush(&self) {
        for core in self.each.iter() {
            let (done, flushed) = oneshot::channel();
            if core.commands.send(Command::Flush(done)).is_ok() {
                let _gone = flushed.await;
            }
        }
    }

    /// Open client connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// One core's life.
async fn work(
    index: usize,
    gateway: Arc<Gateway>,
    mut commands: mpsc::UnboundedReceiver<Command>,
    ending: Ending,
    calls_end: CancellationToken,
) {
    let core = Rc::new(Core {
        index,
        backend: Client::new(),
        metrics: gateway.metrics.core(),
        gateway,
        calls_end: own(calls_end),
    });
    let mut sweep = interval(SWEEP);
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Connection(stream, permits)) => {
                    spawn_local(connection::serve(Rc::clone(&core), stream, permits, ending.clone()));
                }
                Some(Command::Flush(done)) => {
                    core.metrics.flush();
                    let _gone = done.send(());
                }
                Some(Command::Stop) | None => return,
            },
            _ = sweep.tick() => core.backend.sweep(),
        }
    }
}

/// A token of this core's own: every call waits on it, and cores should not meet in one lock.
fn own(shared: CancellationToken) -> CancellationToken {
    let own = CancellationToken::new();
    let forwarded = own.clone();
    spawn_local(async move {
        shared.cancelled().await;
        forwarded.cancel();
    });
    own
}

/// Lets the process open as many files as it may: shells and container runtimes start it with 1,024, and every stream
/// is one.
pub fn raise_file_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// Binds the clients' listener; where a machine has no IPv6, `[::]` falls back to `0.0.0.0`.
///
/// # Errors
/// Where the address is taken or not this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listen = |address: SocketAddr| {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            None,
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(1024)?;
        TcpListener::from_std(socket.into())
    };
    listen(address).or_else(|error| match address {
        SocketAddr::V6(v6)
            if v6.ip().is_unspecified() && error.kind() != io::ErrorKind::AddrInUse =>
        {
            listen(SocketAddr::from(([0, 0, 0, 0], v6.port())))
        }
        _ => Err(error),
    })
}

#[cfg(test)]
mod tests;
