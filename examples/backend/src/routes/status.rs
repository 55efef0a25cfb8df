//! `/api/error/{status}`: the failure that was asked for.

use hyper::StatusCode;

use crate::reply::{self, Reply};

pub(super) fn answer(status: &str) -> Reply {
    match status.parse().map(StatusCode::from_u16) {
        Ok(Ok(status)) if status.is_client_error() || status.is_server_error() => {
            reply::problem(status, None, &format!("failing with {status}, as asked"))
        }
        _ => reply::bad_field("status", "`status` must be a number from 400 to 599"),
    }
}
