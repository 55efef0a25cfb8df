//! The contract between gateway and operator: the resources, the names derived from them, and the few things that
//! both binaries run. No Kubernetes client and no business logic.

pub mod crd;
pub mod names;

pub mod runtime;

#[cfg(test)]
mod tidy;
