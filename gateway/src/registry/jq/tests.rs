//! Filters in, results out; what may not be said, and what may not be spent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accepted;
mod bounds;
mod generated;
mod refused;

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;

use super::pool::Pool;
use super::{FilterError, Program, Programs, RunError};

/// Far more than any filter here needs on a busy machine; what ends by it has run without end.
const PATIENCE: Duration = Duration::from_secs(60);
const MAX_OUTPUT: usize = 1 << 20;

fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| Pool::start(2, 64).unwrap())
}

fn run_within(
    filter: &str,
    input: &str,
    within: Duration,
    most: usize,
) -> Result<String, RunError> {
    let program = Program::compile(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let input = Bytes::copy_from_slice(input.as_bytes());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let answer = runtime.block_on(pool().run(program.into(), input, within, most));
    answer.map(|bytes| String::from_utf8(bytes).unwrap())
}

fn run(filter: &str, input: &str) -> Result<String, RunError> {
    run_within(filter, input, PATIENCE, MAX_OUTPUT)
}

#[track_caller]
fn check(filter: &str, input: &str, expected: &str) {
    let start: String = input.chars().take(200).collect();
    assert_eq!(
        run(filter, input).as_deref(),
        Ok(expected),
        "{filter} on {start}"
    );
}

#[test]
fn equal_texts_share_one_program_while_somebody_holds_it() {
    let mut programs = Programs::default();
    let first = programs.get(".a").unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &programs.get(".a").unwrap()));
    assert!(!std::sync::Arc::ptr_eq(
        &first,
        &programs.get(".b").unwrap()
    ));
    drop(first);
    programs.get(".c").unwrap();
    assert!(
        programs.by_text.keys().all(|text| text == ".c"),
        "{programs:?}"
    );
}

#[test]
fn programs_cross_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Program>();
    shared::<Programs>();
    shared::<Pool>();
}
