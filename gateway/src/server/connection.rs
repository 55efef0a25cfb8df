//! One client connection, from its first byte to its last.

use std::{
    cell::Cell,
    convert::Infallible,
    net::TcpStream as StdTcpStream,
    pin::{Pin, pin},
    rc::Rc,
    time::Duration,
};

use http::Request;
use hyper::{
    body::Incoming,
    rt::Executor,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    task::spawn_local,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    context::{Core, Permit},
    proxy,
};

/// How long a connection may lie idle, or a request's head take: longer than proxies keep idle connections,
/// so that it is they who close first.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How long the first bytes may take.
const FIRST_BYTES: Duration = Duration::from_secs(30);
/// How long a client that has not asked for anything yet may still do so when its connection has to go.
const LAST_CHANCE: Duration = Duration::from_secs(1);
/// Bytes of a request's head that is not complete yet; one that came in a single read may be up to twice as long.
const HEAD_BYTES: usize = 64 * 1024;
/// Fields of a request's head.
const HEAD_FIELDS: usize = 100;
/// What an HTTP/2 client sends first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// When connections have to go.
#[derive(Clone, Debug, Default)]
pub(super) struct Ending {
    /// Cancelled when clients shall go elsewhere with what comes next.
    pub(super) soon: CancellationToken,
    /// Cancelled when only what is under way is finished.
    pub(super) now: CancellationToken,
}

/// Serves a connection until either side closes it.
pub(super) async fn serve(
    core: Rc<Core>,
    stream: StdTcpStream,
    permits: [Permit; 2],
    ending: Ending,
) {
    core.gateway.metrics.connections.inc();
    if let Ok(stream) = TcpStream::from_std(stream) {
        let told = tokio::select! {
            told = timeout(FIRST_BYTES, is_http2(&stream)) => told.ok(),
            () = ending.now.cancelled() => None,
        };
        match told {
            Some(true) => http2(&core, stream, &ending.soon).await,
            Some(false) => http1(&core, stream, &ending.now).await,
            None => {}
        }
    }
    core.gateway.metrics.connections.dec();
    drop(permits);
}

async fn http1(core: &Rc<Core>, stream: TcpStream, closing: &CancellationToken) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_FIELDS);
    let used = Cell::new(false);
    let service = service_fn(|request| {
        used.set(true);
        answer(Rc::clone(core), request)
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            finish(connection, &used).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn http2(core: &Rc<Core>, stream: TcpStream, going: &CancellationToken) {
    let mut builder = http2::Builder::new(OnThisCore);
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_TIMEOUT)
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX));
    let used = Cell::new(false);
    let service = service_fn(|request| {
        used.set(true);
        answer(Rc::clone(core), request)
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = going.cancelled() => {
            connection.as_mut().graceful_shutdown();
            finish(connection, &used).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Waits for what is under way, but not for a request of which only a part has come.
async fn finish<C>(mut connection: Pin<&mut C>, used: &Cell<bool>) -> hyper::Result<()>
where
    C: Future<Output = hyper::Result<()>>,
{
    match timeout(LAST_CHANCE, connection.as_mut()).await {
        Ok(ended) => ended,
        Err(_) if used.get() => connection.await,
        Err(_) => Ok(()),
    }
}

async fn answer(
    core: Rc<Core>,
    request: Request<Incoming>,
) -> Result<http::Response<proxy::body::ResponseBody>, Infallible> {
    Ok(proxy::handle(core, request).await)
}

/// Whether the client begins with HTTP/2's preface. Nothing is consumed.
async fn is_http2(stream: &TcpStream) -> bool {
    let mut first = [0; PREFACE.len()];
    let mut pause = Duration::from_millis(1);
    loop {
        let Ok(count) = stream.peek(&mut first).await else {
            return false;
        };
        if count == PREFACE.len() || count == 0 || !PREFACE.starts_with(&first[..count]) {
            return count == PREFACE.len() && first == PREFACE;
        }
        // Part of the preface: peeking again at once would spin, and a client that stops here should cost nothing.
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// Runs HTTP/2's streams on the connection's own core.
#[derive(Clone, Copy, Debug)]
struct OnThisCore;

impl<F> Executor<F> for OnThisCore
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, future: F) {
        spawn_local(future);
    }
}

#[cfg(test)]
mod tests;
