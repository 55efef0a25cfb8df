//! Messages that are not answered: a client's notifications, and its answers to what it was asked.

use std::rc::Rc;

use http::{HeaderMap, Response};
use serde_json::Value;

use crate::{
    context::Core,
    mcp::message::{self, Notification},
    proxy::{body::ResponseBody, decode, respond::Reply},
    state::session::ClientAnswer,
};

/// Takes a notification; an unknown one is none of our business.
#[must_use]
pub fn run(
    core: &Rc<Core>,
    headers: &HeaderMap,
    notification: &Notification<'_>,
) -> Response<ResponseBody> {
    let session = match decode::unanswered(core, headers) {
        Ok(session) => session,
        Err(rejection) => return rejection.into_response(None, None),
    };
    // Without a session it could hit a stranger's call: many clients count their ids from 0.
    if let (Some(session), "notifications/cancelled", Some(id)) = (
        session,
        &*notification.method,
        notification.params.request_id,
    ) && let Some(call) = session.record().calls.get(id.get())
    {
        call.cancel();
    }
    Reply::Accepted.into_response()
}

/// Takes an answer; one to a question that is not open in this very session means nothing.
#[must_use]
pub fn answer(
    core: &Rc<Core>,
    headers: &HeaderMap,
    response: &message::Response<'_>,
) -> Response<ResponseBody> {
    let session = match decode::unanswered(core, headers) {
        Ok(session) => session,
        Err(rejection) => return rejection.into_response(None, None),
    };
    let question = session.and_then(|session| {
        let id = message::string(response.id?)?;
        session.record().pending.remove(&*id)
    });
    if let Some(question) = question {
        let value = |raw: &serde_json::value::RawValue| {
            serde_json::from_str(raw.get()).unwrap_or(Value::Null)
        };
        let answer = match (response.result, response.error) {
            (Some(result), None) => ClientAnswer::Result(value(result)),
            (_, error) => ClientAnswer::Error(error.map(value).unwrap_or_default()),
        };
        // The call has ended meanwhile; nobody needs the answer any more.
        let _late = question.send(answer);
    }
    Reply::Accepted.into_response()
}
