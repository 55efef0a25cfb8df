//! The wire: JSON-RPC messages, protocol revisions, error codes, results, events.
//! Pure functions over bytes; no I/O, and no knowledge of registry or backends.

pub mod arguments;
pub mod cursor;
pub mod error;
pub mod events;
pub mod headers;
pub mod json;
pub mod level;
pub mod message;
pub mod method;
pub mod request_state;
pub mod result;
pub mod session_id;
pub mod sse;
pub mod version;
