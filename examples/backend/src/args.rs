//! Flags and environment of the program, and what they start.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::server;

/// A small HTTP service with a search API, text, images, errors, slow answers, streams and answers in MCP's own form.
#[derive(Debug, clap::Parser)]
#[command(version)]
pub struct Args {
    /// Address to listen on; port 0 takes a free one, which the first line of output names
    #[arg(long, env = "BACKEND_LISTEN", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
}

impl Args {
    /// Serves until SIGTERM or ctrl-C.
    pub fn run(self) -> anyhow::Result<()> {
        let Self { listen } = self;
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        runtime.block_on(listen_and_serve(listen))
    }
}

async fn listen_and_serve(address: SocketAddr) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: pick another with --listen"))?;
    let bound = listener.local_addr().context("cannot tell the address")?;
    writeln!(std::io::stdout(), "listening on http://{bound}").context("cannot write")?;

    server::serve(listener, async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    })
    .await;
    Ok(())
}
