//! In-process tests of whole requests, one file per subject.

mod calls;
