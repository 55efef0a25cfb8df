//! `/api/search`: the items whose name or topics hold every word of the query. Nothing is ranked.
//!
//! The benchmark calls this route, so it allocates for the answer and little else.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::data::{ITEMS, Item};
use crate::query::parameter;
use crate::reply::{self, Reply};

const DEFAULT_LIMIT: usize = 3;

/// The body as it came: what its members hold is judged one by one, to name the one at fault.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    #[serde(borrow)]
    limit: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Serialize)]
struct Found<'a> {
    query: &'a str,
    total: usize,
    items: &'a [&'static Item],
}

pub(super) fn by_body(body: &[u8]) -> Reply {
    let Ok(request) = serde_json::from_slice::<Request<'_>>(body) else {
        return reply::bad_field("body", "the body must be a JSON object with a `query`");
    };
    let Some(query) = request.query else {
        return missing_query();
    };
    let Ok(Text(query)) = serde_json::from_str(query.get()) else {
        return reply::bad_field("query", "`query` must be a string");
    };
    match request.limit.map(|limit| limit.get().parse()) {
        None => search(&query, DEFAULT_LIMIT),
        Some(Ok(limit)) => search(&query, limit),
        Some(Err(_)) => bad_limit(),
    }
}

pub(super) fn by_query(query: Option<&str>) -> Reply {
    let Some(text) = parameter(query, "query") else {
        return missing_query();
    };
    match parameter(query, "limit").map(|limit| limit.parse()) {
        None => search(&text, DEFAULT_LIMIT),
        Some(Ok(limit)) => search(&text, limit),
        Some(Err(_)) => bad_limit(),
    }
}

fn missing_query() -> Reply {
    reply::bad_field("query", "`query` is missing: say what to search for")
}

fn bad_limit() -> Reply {
    reply::bad_field("limit", "`limit` must be a whole number from 0")
}

fn search(query: &str, limit: usize) -> Reply {
    let wanted = query.to_lowercase();
    let found: Vec<&Item> = ITEMS
        .iter()
        .filter(|item| {
            wanted
                .split_whitespace()
                .all(|word| item.words.contains(word))
        })
        .collect();
    reply::json(&Found {
        query,
        total: found.len(),
        items: &found[..limit.min(found.len())],
    })
}
