//! In-process tests of whole requests, one file per subject.

mod answers;
mod busy;
mod calls;
mod dry_run;
mod failures;
mod mapping;
mod passthrough;
mod pool;
mod properties;
mod reading;
