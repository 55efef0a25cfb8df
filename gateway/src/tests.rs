//! In-process tests of whole requests, one file per subject.

mod answers;
mod batches;
mod busy;
mod calls;
mod dry_run;
mod edge;
mod failures;
mod ladder;
mod listen;
mod lists;
mod malformed;
mod mapping;
mod passthrough;
mod pool;
mod prompts;
mod properties;
mod reading;
mod sessions;
mod streams;
mod wire;
