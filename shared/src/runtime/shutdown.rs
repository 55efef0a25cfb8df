//! From signals to one cancellation token.
//! What happens then, and in which order, is the business of whoever holds the token.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// A token that SIGTERM or SIGINT cancels, so that the process can end politely.
///
/// A second signal ends the process at once with 128 + its number, for people who press ctrl-C
/// twice. Must be called within a tokio runtime, which has to live as long as the token is needed.
///
/// # Errors
/// When the operating system refuses the signal handlers.
pub fn token() -> io::Result<CancellationToken> {
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let first = signals.next().await;
        tracing::info!(signal = first.name, "ending; a second signal ends at once");
        cancelled.cancel();
        let second = signals.next().await;
        std::process::exit(128 + second.number);
    });
    Ok(token)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

struct Received {
    name: &'static str,
    number: i32,
}

impl Signals {
    async fn next(&mut self) -> Received {
        tokio::select! {
            _ = self.terminate.recv() => {
                Received { name: "SIGTERM", number: SignalKind::terminate().as_raw_value() }
            }
            _ = self.interrupt.recv() => {
                Received { name: "SIGINT", number: SignalKind::interrupt().as_raw_value() }
            }
        }
    }
}
