//! What both binaries need to run as a process: flags, logs, probes, metrics endpoint, signals.
//! It knows nothing of MCP, of the resources, or of Kubernetes.

pub mod admin;
pub mod args;
pub mod readiness;
pub mod shutdown;
pub mod telemetry;
