//! In-process tests of whole requests, one file per subject.

mod asking;
mod calls;
mod cancelling;
mod following;
mod mirrored;
mod raw_results;
mod retries;
mod rounds;
mod streaming;
mod talking;
