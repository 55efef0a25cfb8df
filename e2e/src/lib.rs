//! Everything that is tested from outside: real clients, benchmarks, and later a real cluster.
//!
//! It knows the binaries, the wire and the resources, never a crate of the product but `shared`.
//! For now it holds no Rust code: `clients/` and `bench/` are run by scripts.
