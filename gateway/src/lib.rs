//! The gateway: MCP over streamable HTTP in front, plain HTTP services behind.
//!
//! Read [`proxy::handle`] first: a request's whole way stands there. It decides nothing about
//! workloads; that is the operator's job.

pub mod app;
pub mod args;
pub mod backend;
pub mod commands;
pub mod context;
pub mod mcp;
pub mod metrics;
pub mod proxy;
pub mod registry;
pub mod scrape;
pub mod server;
pub mod state;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
