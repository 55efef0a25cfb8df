//! How many calls may be on their way to backends at once: of the whole pod, and of each tool.

use std::{rc::Rc, sync::Arc};

use super::authorize::Granted;
use crate::{
    context::{Core, Permit},
    registry::{Registry, snapshot::Tool},
};

/// Seconds after which a refused client is told to come again.
pub const RETRY_AFTER_SECONDS: u64 = 1;

/// Leave to send one request to a backend; [`super::exchange::send`] takes nothing less.
#[derive(Debug)]
pub struct Admitted {
    _pod: Permit,
    _tool: Option<Permit>,
}

/// All places are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Takes a place for one call, of a tool if it is one.
///
/// # Errors
/// Where the pod or the tool has as many calls in flight as it may.
pub fn admit(
    core: &Rc<Core>,
    registry: &Registry,
    tool: Option<&Tool>,
    _: Granted,
) -> Result<Admitted, Busy> {
    let pod = Permit::take(
        &core.gateway.in_flight,
        registry.server.max_concurrent_requests,
    )
    .ok_or(Busy)?;
    let tool = match tool {
        Some(tool) => {
            Some(Permit::take(&tool.live.in_flight, tool.max_concurrent_requests).ok_or(Busy)?)
        }
        None => None,
    };
    Ok(Admitted {
        _pod: pod,
        _tool: tool,
    })
}

/// A place for a stream, if one is free.
#[must_use]
pub fn stream(core: &Rc<Core>, registry: &Registry) -> Option<Permit> {
    Permit::take(
        &Arc::clone(&core.gateway.streams),
        registry.server.max_streams,
    )
}
