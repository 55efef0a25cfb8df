//! What a legacy client sets in its session: the level of log messages, and the resources that it follows.

use std::sync::Arc;

use crate::{
    mcp::{level::Level, message::string, method::Method, result::ResultWriter},
    proxy::{decode::Call, rejection::Rejection, respond::Reply, stream},
    registry::Registry,
};

/// `logging/setLevel`; without a session there is nothing to remember it in, and nothing to hear it from.
///
/// # Errors
/// Where the level is none.
pub fn set_level(registry: &Arc<Registry>, call: &Call<'_>) -> Result<Reply, Rejection> {
    let level = call
        .params
        .level
        .and_then(string)
        .and_then(|level| Level::parse(&level))
        .ok_or_else(|| {
            let levels = "debug, info, notice, warning, error, critical, alert and emergency";
            Rejection::InvalidParams(format!("\"level\" must be one of {levels}"))
        })?;
    if let Some(session) = &call.session {
        session.record().log_level = Some(level);
    }
    Ok(empty(registry, call))
}

/// `resources/subscribe` and `resources/unsubscribe`.
///
/// # Errors
/// Where the URI is none that is served, or there is no session.
pub fn subscribe(registry: &Arc<Registry>, call: &Call<'_>) -> Result<Reply, Rejection> {
    /// Most URIs that one session follows.
    const MAX_SUBSCRIPTIONS: usize = 1_000;
    let uri = call.params.uri.and_then(string);
    let uri = uri.ok_or_else(|| {
        Rejection::InvalidParams("\"uri\" must be the URI of a resource".to_owned())
    })?;
    let session = call.session.as_ref();
    let session = session
        .ok_or_else(|| Rejection::InvalidParams("subscriptions need a session".to_owned()))?;
    let mut record = session.record();
    if call.method == Method::Unsubscribe {
        record.subscriptions.remove(&*uri);
    } else {
        let content = stream::content(registry, &uri)
            .ok_or_else(|| Rejection::ResourceNotFound(uri.to_string()))?;
        let is_new = !record.subscriptions.contains_key(&*uri);
        if is_new && record.subscriptions.len() >= MAX_SUBSCRIPTIONS {
            let message = format!(
                "a session follows at most {MAX_SUBSCRIPTIONS} resources; unsubscribe from some"
            );
            return Err(Rejection::InvalidParams(message));
        }
        record.subscriptions.insert(uri.into_owned(), content);
    }
    Ok(empty(registry, call))
}

fn empty(registry: &Registry, call: &Call<'_>) -> Reply {
    Reply::Json(ResultWriter::open(call.id, call.version, 0).close(&registry.server.meta))
}
