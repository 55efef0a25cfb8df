//! Flags that every binary has, to be flattened into its own clap tree.
//! Nothing here acts on them: `telemetry` and `admin` do.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use tracing_subscriber::filter::Targets;

#[cfg(test)]
mod tests;

/// What is logged, and in which form. Logs go to stderr.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logging")]
pub struct LogArgs {
    /// What to log: a level (off, error, warn, info, debug, trace), and levels of single modules
    /// after it, as in `info,gateway::backend=debug`.
    #[arg(
        long = "log",
        env = "MCP_LOG",
        value_name = "FILTER",
        default_value = "info",
        value_parser = parse_filter
    )]
    pub log_filter: Targets,

    /// How a log line looks: `text` for people, `json` for collectors, `auto` for text on a
    /// terminal and JSON everywhere else.
    #[arg(
        long,
        env = "MCP_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value_t = LogFormat::Auto
    )]
    pub log_format: LogFormat,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON everywhere else
    Auto,
    /// One line for people, in colours on a terminal unless NO_COLOR is set
    Text,
    /// One JSON object a line
    Json,
}

/// Where probes and metrics are served.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Administration")]
pub struct AdminArgs {
    /// Where `/livez`, `/readyz` and `/metrics` are served, apart from clients. `[::]:9090` listens
    /// on every address of the machine, which probes and Prometheus need in a pod; port 0 takes any
    /// free port.
    #[arg(
        long,
        env = "MCP_ADMIN_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:9090",
        value_parser = parse_address
    )]
    pub admin_listen: SocketAddr,
}

/// Reads an address to listen on. Names are not looked up: it would be a guess which of their addresses is meant.
///
/// # Errors
/// What to write instead.
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "write an IP address and a port, such as 127.0.0.1:8080 or [::]:8080".to_owned()
    })
}

/// Reads a log filter more strictly than tracing does, to which a misspelt level is the name of a
/// module: `inof` would switch off every line of the program without a word.
fn parse_filter(text: &str) -> Result<Targets, String> {
    for directive in text.split(',').map(str::trim) {
        let level = directive
            .rsplit_once('=')
            .map_or(directive, |(_, level)| level);
        if !is_level(level) {
            return Err(format!(
                "`{level}` is no level; write off, error, warn, info, debug or trace, \
                 alone or after a module as in `gateway=debug`"
            ));
        }
    }
    text.parse::<Targets>().map_err(|error| error.to_string())
}

fn is_level(text: &str) -> bool {
    ["off", "error", "warn", "info", "debug", "trace"]
        .iter()
        .any(|level| text.eq_ignore_ascii_case(level))
}
