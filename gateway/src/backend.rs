//! Calls to Services: the request that a plan and values become, the connections it goes over, the answer.
//! Knows nothing of MCP results; `proxy::respond` turns answers into those.

pub mod client;
pub mod request;
pub mod response;
