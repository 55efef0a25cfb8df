//! The command line: one tree of commands, each flag with its environment variable and a text that teaches.
//! Values are parsed here; what they come to is worked out by `commands` and `app`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use serde_json::{Map, Value};
use shared::runtime::args::{AdminArgs, LogArgs, parse_address};

use crate::registry::{files::FileOptions, objects::Override};

/// An MCP gateway: serves tools, prompts and resources from YAML, and calls plain HTTP services for them.
#[derive(Debug, Parser)]
#[command(name = "mcp-gateway", version, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve YAML files, and serve them anew whenever they change. Needs no cluster.
    Dev(Box<DevArgs>),
    /// Judge YAML files as the cluster would, without serving. Exits with 1 if anything is rejected.
    Check(CheckArgs),
    /// Call a tool: show the HTTP request that the call becomes, or send it and show the MCP result.
    Call(CallArgs),
    /// Get a prompt and show its messages.
    Prompt(PromptArgs),
    /// Read a resource and show its contents.
    Read(ReadArgs),
}

/// Which YAML, and how its references are resolved.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Input")]
pub struct SourceArgs {
    /// File or folder with YAML or JSON manifests; `-` is the standard input. Can be given more than once.
    #[arg(short = 'f', long = "file", env = "MCP_FILES", value_name = "PATH", required = true, num_args = 1.., value_delimiter = ',')]
    pub files: Vec<PathBuf>,

    /// The MCPServer to be, as NAME or NAMESPACE/NAME, where the files hold several. Without any MCPServer in the
    /// files, everything in them is served.
    #[arg(long, env = "MCP_SERVER", value_name = "NAME")]
    pub server: Option<String>,

    /// Where a Service is really reached, such as backend-svc:8080=127.0.0.1:8081. Can be given more than once.
    #[arg(
        long,
        env = "MCP_RESOLVE",
        value_name = "SERVICE[:PORT]=HOST:PORT",
        value_delimiter = ','
    )]
    pub resolve: Vec<Override>,

    /// Folder with the Secrets that headers take values from: one folder for each Secret, in it one file for each key.
    #[arg(long, env = "MCP_SECRETS", value_name = "DIR")]
    pub secrets: Option<PathBuf>,
}

/// `mcp-gateway dev`
#[derive(Debug, ClapArgs)]
pub struct DevArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// Where MCP clients connect. Port 0 takes any free port; `[::]:8080` listens on every address of the machine.
    #[arg(
        long,
        env = "MCP_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8080",
        value_parser = parse_address
    )]
    pub(crate) listen: SocketAddr,

    /// How many cores serve requests. Left out: all that the process may use.
    #[arg(long, env = "MCP_CORES", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) cores: Option<u16>,

    /// How long the process goes on accepting after it was told to end, so that load balancers notice: 500ms, 5s.
    #[arg(long, env = "MCP_DRAIN_DELAY", value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub(crate) drain_delay: Duration,

    /// How long calls on their way may take to finish after that; then they are answered with an error.
    #[arg(long, env = "MCP_SHUTDOWN_GRACE", value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(crate) shutdown_grace: Duration,

    #[command(flatten)]
    pub(crate) admin: AdminArgs,

    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// `mcp-gateway check`
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// How the verdicts are written.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

/// How verdicts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A table for people
    Table,
    /// JSON for programs
    Json,
}

/// `mcp-gateway call`
#[derive(Debug, ClapArgs)]
pub struct CallArgs {
    /// Name of the tool.
    pub(crate) tool: String,

    /// The arguments, as a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = json_object)]
    pub(crate) args: String,

    /// Only show the HTTP request; the backend is not called.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// `mcp-gateway prompt`
#[derive(Debug, ClapArgs)]
pub struct PromptArgs {
    /// Name of the prompt.
    pub(crate) name: String,

    /// The arguments, as a JSON object of strings.
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = json_object)]
    pub(crate) args: String,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// `mcp-gateway read`
#[derive(Debug, ClapArgs)]
pub struct ReadArgs {
    /// URI of the resource.
    pub(crate) uri: String,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

impl SourceArgs {
    /// As the file source takes them.
    #[must_use]
    pub fn options(&self) -> FileOptions {
        FileOptions {
            paths: self.files.clone(),
            secrets_dir: self.secrets.clone(),
            overrides: self.resolve.clone(),
            server: self.server.clone(),
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("write a number and its unit, such as 500ms or 5s: {error}"))
}

/// Checks that a text is a JSON object and keeps it as it was typed.
fn json_object(text: &str) -> Result<String, String> {
    serde_json::from_str::<Map<String, Value>>(text)
        .map(|_| text.to_owned())
        .map_err(|error| {
            format!("write a JSON object, such as {{\"query\": \"kubernetes\"}}: {error}")
        })
}
