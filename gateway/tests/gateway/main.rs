//! The running gateway over real sockets: the binary as users start it, real MCP clients, and bytes as they come.
//! What a request means is tested without sockets, beside the code.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod admin;
mod asking;
mod clients;
mod command_line;
mod connections;
mod examples;
mod going_down;
mod http;
mod http2;
mod reload;
mod running;
