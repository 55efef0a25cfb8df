//! `/api/items` and `/api/docs`: what is listed, and looked up by id. Changes are accepted and forgotten.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::data::{self, DOCUMENTS};
use crate::reply::{self, Reply};

/// A bare array, as many services answer.
pub(super) fn items() -> Reply {
    reply::json(&data::ITEMS.as_slice())
}

pub(super) fn item(method: &Method, id: &str, body: &[u8]) -> Reply {
    let Some(item) = data::find_item(id) else {
        let message = format!(
            "there is no item `{id}`; ids are 1 to {}",
            data::ITEMS.len()
        );
        return reply::problem(StatusCode::NOT_FOUND, Some("id"), &message);
    };
    match *method {
        Method::DELETE => reply::empty(StatusCode::NO_CONTENT),
        Method::PUT => put(item.id, body),
        _ => reply::json(item),
    }
}

/// The item as it would be now.
fn put(id: usize, body: &[u8]) -> Reply {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut item)) => {
            item.insert("id".to_owned(), json!(id));
            reply::json(&item)
        }
        _ => reply::bad_field("body", "the body must be a JSON object, the new item"),
    }
}

pub(super) fn documents() -> Reply {
    let list: Vec<Value> = DOCUMENTS
        .iter()
        .map(|document| json!({"id": document.id, "title": document.title}))
        .collect();
    reply::json(&json!({"documents": list}))
}

pub(super) fn document(id: &str) -> Reply {
    match data::find_document(id) {
        Some(document) => reply::whole("text/markdown; charset=utf-8", document.markdown),
        None => {
            let known: Vec<&str> = DOCUMENTS.iter().map(|document| document.id).collect();
            let message = format!("there is no document `{id}`; try {}", known.join(", "));
            reply::problem(StatusCode::NOT_FOUND, Some("id"), &message)
        }
    }
}
