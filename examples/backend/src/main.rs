//! The program around the library: flags in, exit code out.

use clap::Parser;

fn main() -> anyhow::Result<()> {
    example_backend::Args::parse().run()
}
