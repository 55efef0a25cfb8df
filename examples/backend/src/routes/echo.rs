//! `/api/echo` and everything below it: the request as it came, nothing decoded.

use bytes::Bytes;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use crate::reply::{self, Reply};

pub(super) fn answer(parts: &Parts, body: &Bytes) -> Reply {
    reply::json(&json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": parts.uri.query(),
        "headers": headers(parts),
        "body": String::from_utf8_lossy(body),
    }))
}

/// A name that came several times has its values in one, as RFC 9110 lets them be joined.
fn headers(parts: &Parts) -> Map<String, Value> {
    parts
        .headers
        .keys()
        .map(|name| {
            let values: Vec<_> = parts
                .headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            (name.as_str().to_owned(), Value::String(values.join(", ")))
        })
        .collect()
}
