//! The little HTTP service that the examples call: a search API and one route for every kind of
//! answer, good and bad, that a backend can give.
//!
//! All data is in memory and nothing changes it. It knows nothing of the gateway.

mod args;
mod data;
mod query;
mod reply;
mod routes;
mod server;

pub use args::Args;
pub use server::serve;
