//! Attempts: how often a backend is called for one call, and what the client hears of the last.

use std::cell::Cell;

use serde_json::json;

use super::talking::{Peer, heard, in_flight};
use crate::fixtures::{Backend, Fixture, answer, on_a_core, tool};

/// How many requests a backend gets that answers with these statuses (0 closes the connection), and what is heard.
fn check(spec: &str, statuses: &'static [u16], requests: usize, expected: &str) {
    on_a_core(async {
        let next = Cell::new(0);
        let backend = Backend::start(move |_| {
            let status = statuses[next.get()];
            next.set(next.get() + 1);
            match status {
                0 => Vec::new(),
                status => answer(status, "text/plain", "words"),
            }
        })
        .await;
        let yaml = tool("t", &format!("  inputSchema: {{}}\n{spec}"));
        let gateway = Fixture::with_backend(&yaml, &backend);
        for more in [json!({}), json!({"_meta": {"progressToken": 1}})] {
            // The second round begins where the first one ended only if both took as many.
            let before = backend.received().len();
            let reply = gateway.send(Peer::modern(json!({})).call(1, &more)).await;
            let heard = heard(&reply).join(" ");
            assert!(heard.starts_with(expected), "{spec} {statuses:?} {heard}");
            assert_eq!(
                backend.received().len() - before,
                requests,
                "{spec} {statuses:?}"
            );
        }
        assert_eq!(in_flight(&gateway), (0, 0));
    });
}

#[test]
fn only_what_may_happen_twice_is_tried_again_and_only_after_failures_of_the_way() {
    const ONCE: &str = "  retries: {attempts: 3}";
    const TWICE: &str = "  annotations: {idempotentHint: true}\n  retries: {attempts: 3}";
    const GET: &str = "  method: GET\n  retries: {attempts: 2}";
    check(ONCE, &[503, 503], 1, "isError The backend answered 503");
    check(
        ONCE,
        &[0, 0],
        1,
        "isError The backend call failed: the connection broke",
    );
    check(TWICE, &[503, 502, 200, 504, 503, 200], 3, "ok words");
    check(
        TWICE,
        &[503, 503, 504, 502, 502, 504],
        3,
        "isError The backend answered 504",
    );
    check(TWICE, &[0, 0, 200, 503, 0, 200], 3, "ok words");
    check(TWICE, &[500, 500], 1, "isError The backend answered 500");
    check(TWICE, &[429, 429], 1, "isError The backend answered 429");
    check(TWICE, &[200, 200], 1, "ok words");
    check(GET, &[503, 200, 502, 200], 2, "ok words");
    check(
        "  method: GET",
        &[503, 503],
        1,
        "isError The backend answered 503",
    );
}

#[test]
fn where_there_is_no_time_for_another_attempt_the_last_answer_counts() {
    on_a_core(async {
        let backend = Backend::start(|_| answer(503, "text/plain", "words")).await;
        let spec = "  inputSchema: {}\n  method: GET\n  timeout: 300ms\n  retries: {attempts: 10}";
        let gateway = Fixture::with_backend(&tool("t", spec), &backend);
        let begun = std::time::Instant::now();
        let reply = gateway
            .send(Peer::modern(json!({})).call(1, &json!({})))
            .await;
        assert_eq!(
            heard(&reply),
            ["isError The backend answered 503 Service Unavailable.\nwords"]
        );
        assert!(begun.elapsed().as_millis() < 600, "{:?}", begun.elapsed());
        assert!(backend.received().len() < 10);
    });
}
