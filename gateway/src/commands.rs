//! What the commands do: each one a short line over the file source, the build and the request path.

pub mod call;
pub mod check;
pub mod dev;
pub mod summary;

use std::{io::Write, process::ExitCode};

use crate::args::{Args, Command};

/// Carries out the command.
#[must_use]
pub fn run(args: Args) -> ExitCode {
    let done = match args.command {
        Command::Dev(args) => dev::run(*args).map(|()| true),
        Command::Check(args) => check::run(&args),
        Command::Call(args) => call::run(&args),
        Command::Prompt(args) => call::prompt(&args),
        Command::Read(args) => call::read(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Says on stderr why a command failed, with everything that led to it.
pub fn complain(error: &anyhow::Error) {
    let mut stderr = anstream::stderr();
    // Where stderr is closed there is nobody to tell.
    let _closed = writeln!(stderr, "error: {error:#}");
}

/// Writes a result on stdout.
///
/// # Errors
/// Where stdout is closed.
pub fn print(text: &str) -> std::io::Result<()> {
    let mut stdout = anstream::stdout();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}
