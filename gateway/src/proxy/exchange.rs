//! Sending one request to a backend, with its time limit; tools, prompts, resources and nothing else come through here.

use std::{rc::Rc, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    backend::{client::BackendError, request::Outgoing, response::Answer},
    context::Core,
    proxy::{
        answer::{MAX_ERROR_BODY, Received, error_text},
        limit::Admitted,
        raw_result::RESULT_TYPE,
    },
    registry::{plan::RequestPlan, snapshot::Tool},
};

/// An answer whose body has not been read; the permit is held until that is done.
#[derive(Debug)]
pub struct Opened {
    /// The answer.
    pub answer: Answer,
    /// The call's place.
    pub permit: Admitted,
    /// When the request was sent.
    pub started: Instant,
    /// When the answer must be complete.
    pub deadline: Instant,
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// Where there is no complete answer in time.
pub async fn send(
    core: &Rc<Core>,
    plan: &RequestPlan,
    outgoing: &Outgoing,
    permit: Admitted,
) -> Result<Received, BackendError> {
    collect(core, plan, open(core, plan, outgoing, permit).await?).await
}

/// Sends a request and waits for the head of the answer.
///
/// # Errors
/// Where there is none in time.
pub async fn open(
    core: &Rc<Core>,
    plan: &RequestPlan,
    outgoing: &Outgoing,
    permit: Admitted,
) -> Result<Opened, BackendError> {
    let started = Instant::now();
    let deadline = started + plan.timeout;
    let mut attempt = 1;
    let answer = loop {
        let answer = within(core, plan, deadline, core.backend.send(plan, outgoing)).await;
        if attempt >= plan.attempts || !is_worth_another(plan, &answer) {
            break answer;
        }
        let pause = pause(attempt);
        if Instant::now() + pause >= deadline {
            break answer;
        }
        // Whatever this attempt left behind ends here, and its connection with it.
        drop(answer);
        sleep(pause).await;
        attempt += 1;
    };
    if let Err(error) = &answer {
        core.metrics.observe_backend(Err(error), started.elapsed());
    }
    Ok(Opened {
        answer: answer?,
        permit,
        started,
        deadline,
    })
}

/// A request that never arrived may always be tried again, one that did only where twice is the same as once.
fn is_worth_another(plan: &RequestPlan, answer: &Result<Answer, BackendError>) -> bool {
    match answer {
        Err(BackendError::Resolve { .. } | BackendError::Connect { .. }) => true,
        Err(BackendError::Broken(_)) => plan.idempotent,
        Err(BackendError::Timeout(_) | BackendError::TooLarge(_) | BackendError::GoingDown) => {
            false
        }
        Ok(answer) => plan.idempotent && matches!(answer.status.as_u16(), 502..=504),
    }
}

/// Full jitter under a bound that doubles from 50 ms to 2 s, so that clients who failed together do not come back together.
fn pause(attempt: u32) -> Duration {
    let bound = 50_u64.saturating_mul(1 << (attempt - 1).min(6)).min(2_000);
    let mut random = [0; 8];
    // Without randomness there is no pause, which is only less polite.
    let _filled = getrandom::fill(&mut random);
    Duration::from_millis(u64::from_le_bytes(random) % bound)
}

/// Reads the body of an answer, and gives the call's place back.
///
/// # Errors
/// Where it is not complete in time, or too large.
pub async fn collect(
    core: &Rc<Core>,
    plan: &RequestPlan,
    opened: Opened,
) -> Result<Received, BackendError> {
    let Opened {
        answer,
        permit,
        started,
        deadline,
    } = opened;
    let (status, content_type) = (answer.status, answer.content_type());
    let headers = answer.headers;
    let limit = plan.max_response_bytes;
    let reading = async {
        match status.is_success() {
            true => answer.body.collect(limit).await,
            // An error is told by its status and its first lines, however much there is.
            false => answer.body.beginning(limit.min(MAX_ERROR_BODY)).await,
        }
    };
    let body = within(core, plan, deadline, reading).await;
    core.metrics
        .observe_backend(body.as_ref().map(|_| ()), started.elapsed());
    drop(permit);
    Ok(Received {
        status,
        headers,
        content_type,
        body: body?,
    })
}

/// Bounds a step by the call's deadline, and by the process' end.
async fn within<T>(
    core: &Rc<Core>,
    plan: &RequestPlan,
    deadline: Instant,
    step: impl Future<Output = Result<T, BackendError>>,
) -> Result<T, BackendError> {
    tokio::select! {
        biased;
        done = timeout_at(deadline, step) => done.unwrap_or(Err(BackendError::Timeout(plan.timeout))),
        () = core.calls_end.cancelled() => Err(BackendError::GoingDown),
    }
}

/// How long a filter may take.
const FILTER_TIME: Duration = Duration::from_secs(1);

/// The answer as the tool's filter shapes it; an answer that is no success, or an MCP result, stays as it is.
///
/// # Errors
/// Why the filter has no result, for the model to read.
pub async fn filtered(
    core: &Rc<Core>,
    tool: &Tool,
    mut received: Received,
) -> Result<Received, String> {
    let Some(filter) = &tool.filter else {
        return Ok(received);
    };
    if error_text(&received).is_some() || received.content_type == RESULT_TYPE {
        return Ok(received);
    }
    let (limit, within) = (
        tool.request.max_response_bytes,
        FILTER_TIME.min(tool.request.timeout),
    );
    let shaped = core
        .gateway
        .filters
        .run(Arc::clone(filter), received.body, within, limit)
        .await;
    received.body = Bytes::from(
        shaped
            .map_err(|error| format!("The backend answered {}, but {error}.", received.status))?,
    );
    received.content_type = "application/json".to_owned();
    Ok(received)
}
