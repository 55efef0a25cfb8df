//! `DELETE` on the endpoint: a legacy client ends its session.

use std::rc::Rc;

use http::{HeaderMap, Response, StatusCode};

use crate::{
    context::Core,
    mcp::version::{Era, Version},
    proxy::{body::ResponseBody, decode, rejection::Rejection},
};

/// Ends the session, its streams included.
#[must_use]
pub fn run(core: &Rc<Core>, headers: &HeaderMap) -> Response<ResponseBody> {
    let refused =
        |rejection: Rejection| rejection.into_response(None, Some(Version::NEWEST_LEGACY));
    if decode::announced(headers).is_none_or(|version| version.era() == Era::Modern) {
        return refused(Rejection::HttpMethod("POST".to_owned()));
    }
    match decode::session(core, headers) {
        Err(rejection) => refused(rejection),
        Ok(None) => refused(Rejection::InvalidRequest(
            "Mcp-Session-Id must name the session to end".to_owned(),
        )),
        Ok(Some(session)) => {
            core.gateway.state.end_session(&session);
            let mut response = Response::new(ResponseBody::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
    }
}
