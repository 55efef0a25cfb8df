//! Batches, which only 2025-03-26 has: each element answered on its own, the answers in one array.

use std::{rc::Rc, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::notification;
use crate::{
    context::Core,
    mcp::{
        error,
        headers::{self, Single},
        message::{self, Message, MessageError, Request},
        sse,
        version::{Era, Version},
    },
    proxy::{
        body::ResponseBody,
        decode, identify,
        rejection::Rejection,
        respond::{Reply, json},
    },
    registry::Registry,
};

/// Most elements of a batch.
const MAX_ELEMENTS: usize = 100;

/// Answers a batch.
pub async fn run(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    headers: &HeaderMap,
    elements: &[&RawValue],
) -> Response<ResponseBody> {
    let refused =
        |message: &str| Rejection::InvalidRequest(message.to_owned()).into_response(None, None);
    let header = headers::single(headers, &headers::PROTOCOL_VERSION);
    if !matches!(header, Single::Absent) && header != Single::Value(Version::V20250326.as_str()) {
        return refused("batches exist only in revision 2025-03-26; send one message at a time");
    }
    if elements.is_empty() || elements.len() > MAX_ELEMENTS {
        return refused("a batch must have 1 to 100 elements");
    }
    if let Err(rejection) = decode::session(core, headers) {
        return rejection.into_response(None, Some(Version::V20250326));
    }
    // All are read before any is carried out, so that a refused batch has done nothing.
    let messages: Vec<Result<Message<'_>, MessageError>> = elements
        .iter()
        .map(|element| message::parse_one(element.get()))
        .collect();
    if messages.iter().flatten().any(is_modern) {
        return refused("a batch may not hold messages of 2026-07-28; send one at a time");
    }
    let mut answers: Vec<Vec<u8>> = Vec::new();
    for message in messages {
        match message {
            Ok(Message::Request(request)) => {
                answers.push(answer(core, registry, headers, &request).await)
            }
            // Neither is answered, and a bad session shows in the requests beside them.
            Ok(Message::Notification(notification)) => {
                drop(notification::run(core, headers, &notification))
            }
            Ok(Message::Response(response)) => drop(notification::answer(core, headers, &response)),
            Err(error) => {
                let id = error.id().map(ToOwned::to_owned);
                answers.push(Rejection::from(error).body(id.as_deref(), Era::Legacy));
            }
        }
    }
    if answers.is_empty() {
        return Reply::Accepted.into_response();
    }
    json(
        StatusCode::OK,
        [b"[".as_slice(), &answers.join(&b','), b"]"].concat(),
    )
}

fn is_modern(message: &Message<'_>) -> bool {
    message
        .meta()
        .is_some_and(|meta| meta.protocol_version.is_some())
}

async fn answer(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    headers: &HeaderMap,
    request: &Request<'_>,
) -> Vec<u8> {
    if request.method == "initialize" {
        return error::body(
            Some(request.id),
            error::INVALID_REQUEST,
            "initialize may not be in a batch",
            None,
        );
    }
    let answered = match decode::call(core, headers, request) {
        Ok(mut call) => {
            // A batch has one answer and no stream, so nobody can be asked back on it.
            call.session = None;
            super::run(core, registry, &call, &identify::caller(call.headers)).await
        }
        Err(rejection) => Err(rejection),
    };
    match answered {
        Ok(Reply::Json(body) | Reply::Opened(body, _) | Reply::Refused(body)) => body,
        Ok(Reply::Events(events)) => last(events).await,
        Ok(Reply::Accepted) => error::body(
            Some(request.id),
            error::INVALID_REQUEST,
            "this method cannot be in a batch",
            None,
        ),
        Err(rejection) => rejection.body(Some(request.id), Era::Legacy),
    }
}

/// The result at the end of a stream; what came before it has no place in a batch.
async fn last(mut events: mpsc::Receiver<Bytes>) -> Vec<u8> {
    let mut last = Bytes::new();
    while let Some(event) = events.recv().await {
        last = event;
    }
    sse::data(&last).to_vec()
}
