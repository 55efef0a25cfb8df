//! `/api/slow`: an answer that takes as long as was asked for.

use std::time::Duration;

use serde_json::{Value, json};

use crate::query::parameter;
use crate::reply::{self, Reply};

const MAX_MILLISECONDS: u64 = 60_000;

pub(super) async fn answer(query: Option<&str>, body: &[u8]) -> Reply {
    match milliseconds(query, body) {
        Some(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            reply::json(&json!({"waited_ms": milliseconds}))
        }
        None => reply::bad_field(
            "ms",
            &format!("`ms` must be a whole number from 0 to {MAX_MILLISECONDS}"),
        ),
    }
}

/// The query string goes before the body.
fn milliseconds(query: Option<&str>, body: &[u8]) -> Option<u64> {
    let wanted = match parameter(query, "ms") {
        Some(text) => text.parse().ok()?,
        None => serde_json::from_slice::<Value>(body)
            .ok()?
            .get("ms")?
            .as_u64()?,
    };
    (wanted <= MAX_MILLISECONDS).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    fn check(query: Option<&str>, body: &str, expected: Option<u64>) {
        let found = milliseconds(query, body.as_bytes());
        assert_eq!(found, expected, "{query:?} {body}");
    }

    #[test]
    fn the_time_comes_from_query_or_body_and_is_bounded() {
        check(Some("ms=5"), "", Some(5));
        check(None, r#"{"ms":7}"#, Some(7));
        check(Some("ms=5"), r#"{"ms":7}"#, Some(5));
        check(Some("ms=60001"), "", None);
        check(Some("ms=-1"), "", None);
        check(None, r#"{"ms":"7"}"#, None);
        check(None, "", None);
    }
}
