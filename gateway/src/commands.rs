//! What the commands do: each one a short line over the file source, the build and the request path.

pub mod call;
pub mod check;
pub mod dev;
pub mod summary;

use std::io::Write;

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
