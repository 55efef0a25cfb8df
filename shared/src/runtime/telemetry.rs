//! Where log lines go and how they look.
//! Metrics are not here: each binary has its own families and renders them for `admin`.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::args::{LogArgs, LogFormat};

#[cfg(test)]
mod tests;

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Only one place of a process may set up logging.
    #[error("logging was set up before: call `telemetry::init` once, at the start of the process")]
    AlreadySet(#[source] tracing_subscriber::util::TryInitError),
}

/// The form of a line once it is known where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Text { colours: bool },
    Json,
}

/// Sends all log lines of the process to stderr, as the flags say.
///
/// # Errors
/// When logging was set up before.
pub fn init(args: &LogArgs) -> Result<(), TelemetryError> {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let style = style(args.log_format, io::stderr().is_terminal(), no_color);
    subscriber(args.log_filter.clone(), style, io::stderr)
        .try_init()
        .map_err(TelemetryError::AlreadySet)
}

/// Colours are for terminals alone: in a file or a pipe they are noise.
fn style(format: LogFormat, terminal: bool, no_color: bool) -> Style {
    match (format, terminal) {
        (LogFormat::Json, _) | (LogFormat::Auto, false) => Style::Json,
        (LogFormat::Text, _) | (LogFormat::Auto, true) => Style::Text {
            colours: terminal && !no_color,
        },
    }
}

fn subscriber<W>(filter: Targets, style: Style, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match style {
        Style::Json => lines.json().flatten_event(true).boxed(),
        Style::Text { colours } => lines.with_ansi(colours).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter))
}
