//! Accepts connections and serves each until it ends or the server is told to stop.
//!
//! What is answered is decided in `routes`.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};

use crate::routes;

/// How long requests in flight may go on after the server was told to stop.
const TIME_TO_FINISH: Duration = Duration::from_secs(5);

/// Serves the listener until `stop` completes, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => serve_connection(stream, &connections),
            // Out of file descriptors, mostly: others have to close before accepting makes sense.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(TIME_TO_FINISH, connections.shutdown()).await;
}

fn serve_connection(stream: TcpStream, connections: &GracefulShutdown) {
    // A failure here means that the peer is gone already, which the next read will find out.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(|request| async { Ok::<_, Infallible>(routes::answer(request).await) }),
        );
    // A client that hangs up ends its connection with an error that is no news to anybody.
    tokio::spawn(connections.watch(connection));
}

#[cfg(test)]
mod tests;
