//! The gateway's binary: an allocator, the command line, and nothing else.

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    gateway::commands::run(gateway::args::Args::parse())
}
