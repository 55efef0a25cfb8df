//! Sending one request to a backend, with its time limit; tools, resources and nothing else come through here.

use std::rc::Rc;

use tokio::time::{Instant, timeout_at};

use crate::{
    backend::{
        client::BackendError,
        request::{self, Outgoing, Trace},
    },
    context::Core,
    proxy::{
        answer::{MAX_ERROR_BODY, Received},
        limit::Admitted,
    },
    registry::plan::RequestPlan,
};

/// Sends a request and reads the answer; the permit is held until it is there.
///
/// # Errors
/// Where there is no complete answer in time.
pub async fn send(
    core: &Rc<Core>,
    plan: &RequestPlan,
    mut outgoing: Outgoing,
    trace: Trace<'_>,
    permit: Admitted,
) -> Result<Received, BackendError> {
    request::stamp(&mut outgoing.headers, &core.backend.request_id(), trace);
    let started = Instant::now();
    let exchange = async {
        let answer = core.backend.send(plan, &outgoing).await?;
        let (status, content_type) = (answer.status, answer.content_type());
        let headers = answer.headers;
        let limit = plan.max_response_bytes;
        let body = if status.is_success() {
            answer.body.collect(limit).await?
        } else {
            // An error is told by its status and its first lines, however much there is.
            answer.body.beginning(limit.min(MAX_ERROR_BODY)).await?
        };
        Ok(Received {
            status,
            headers,
            content_type,
            body,
        })
    };
    let received = tokio::select! {
        biased;
        received = timeout_at(started + plan.timeout, exchange) => {
            received.unwrap_or(Err(BackendError::Timeout(plan.timeout)))
        }
        () = core.calls_end.cancelled() => Err(BackendError::GoingDown),
    };
    core.metrics
        .observe_backend(received.as_ref().map(|_| ()), started.elapsed());
    drop(permit);
    received
}
