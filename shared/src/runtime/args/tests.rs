//! Command lines in, values or messages out.

use clap::Parser;
use clap::error::ErrorKind;
use tracing::Level;

use super::{AdminArgs, LogArgs, LogFormat};

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

fn parse(flags: &[&str]) -> Result<Program, clap::Error> {
    Program::try_parse_from([&["program"], flags].concat())
}

/// Which of the levels a module logs at, once the filter is read.
fn check_filter(filter: &str, module: &str, expected: Option<Level>) {
    let program = parse(&["--log", filter]).unwrap();
    let most = [
        Level::TRACE,
        Level::DEBUG,
        Level::INFO,
        Level::WARN,
        Level::ERROR,
    ]
    .into_iter()
    .find(|level| program.log.log_filter.would_enable(module, level));
    assert_eq!(most, expected, "{filter} for {module}");
}

#[test]
fn without_flags_info_is_logged_and_the_admin_listener_is_local() {
    let program = parse(&[]).unwrap();
    assert_eq!(program.log.log_format, LogFormat::Auto);
    assert_eq!(
        program.admin.admin_listen,
        "127.0.0.1:9090".parse().unwrap()
    );
    assert!(program.log.log_filter.would_enable("gateway", &Level::INFO));
    assert!(
        !program
            .log
            .log_filter
            .would_enable("gateway", &Level::DEBUG)
    );
}

#[test]
fn a_filter_is_a_level_and_levels_of_modules() {
    check_filter("warn", "gateway", Some(Level::WARN));
    check_filter("WARN", "gateway", Some(Level::WARN));
    check_filter("off", "gateway", None);
    check_filter(
        "info,gateway::backend=debug",
        "gateway::backend",
        Some(Level::DEBUG),
    );
    check_filter(
        "info, gateway::backend=debug",
        "gateway::server",
        Some(Level::INFO),
    );
    check_filter("gateway=trace", "hyper", None);
}

#[test]
fn a_misspelt_level_is_an_error_that_names_the_levels() {
    for filter in ["inof", "gateway=loud", "info,hyper", "", "info,"] {
        let error = parse(&["--log", filter]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ValueValidation, "{filter}");
        let text = error.to_string();
        assert!(
            text.contains("off, error, warn, info, debug or trace"),
            "{filter}: {text}"
        );
    }
}

#[test]
fn an_unknown_format_is_an_error_that_lists_the_formats() {
    let text = parse(&["--log-format", "yaml"]).unwrap_err().to_string();
    assert!(text.contains("auto, text, json"), "{text}");
}

#[test]
fn an_admin_address_takes_every_family_and_a_port() {
    for address in ["127.0.0.1:0", "[::]:9090", "0.0.0.0:80"] {
        let program = parse(&["--admin-listen", address]).unwrap();
        assert_eq!(program.admin.admin_listen, address.parse().unwrap());
    }
    for address in ["9090", "localhost", "[::]", "127.0.0.1:99999"] {
        let error = parse(&["--admin-listen", address]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ValueValidation, "{address}");
    }
}

#[test]
fn help_names_each_environment_variable() {
    let help = parse(&["--help"]).unwrap_err().to_string();
    for variable in ["MCP_LOG=", "MCP_LOG_FORMAT=", "MCP_ADMIN_LISTEN="] {
        assert!(help.contains(variable), "{variable} in {help}");
    }
}
