//! The operator: turns an `MCPServer` into the workload that runs its gateway, and nothing else.
//!
//! It never renders configuration: gateway pods read the resources themselves. For now this is
//! only the package's place in the workspace; it holds no code and builds no binary.
