//! In-process tests of whole requests, one file per subject.

mod batches;
mod calls;
mod edge;
mod ladder;
mod listen;
mod lists;
mod malformed;
mod prompts;
mod sessions;
mod streams;
mod wire;
