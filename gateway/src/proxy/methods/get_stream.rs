//! The GET stream of a legacy session: notices of changed lists, resumable on any pod.
//! An event's id names the stream and what its client knew; a stale one gets one notice per list that moved.

use std::{rc::Rc, sync::Arc};

use http::{HeaderMap, Response};
use tokio::sync::mpsc;

use crate::{
    context::{Core, Gateway, Permit},
    mcp::{
        headers::{self, LAST_EVENT_ID, Single},
        sse,
        version::Era,
    },
    proxy::{
        body::ResponseBody,
        decode, limit,
        rejection::Rejection,
        respond::Reply,
        stream::{self, BUFFER, Notice, Seen, Stream, Topics},
    },
    registry::Registry,
    state::session::Session,
};

/// Opens the stream.
#[must_use]
pub fn run(core: &Rc<Core>, registry: &Registry, headers: &HeaderMap) -> Response<ResponseBody> {
    match open(core, registry, headers) {
        Ok(reply) => reply.into_response(),
        // A client takes a 200 for a stream, so a refusal is told by its status, as in the modern era.
        Err(rejection) => rejection.into_response(None, None),
    }
}

fn open(core: &Rc<Core>, registry: &Registry, headers: &HeaderMap) -> Result<Reply, Rejection> {
    if decode::announced(headers).is_none_or(|version| version.era() == Era::Modern) {
        return Err(Rejection::HttpMethod("POST".to_owned()));
    }
    if !decode::accepts(headers, "text", "event-stream") {
        return Err(Rejection::Accept("text/event-stream"));
    }
    // Without a session there is nobody to send to; clients take a 405 for "no stream here".
    let session =
        decode::session(core, headers)?.ok_or_else(|| Rejection::HttpMethod("POST".to_owned()))?;
    let permit = limit::stream(core, registry).ok_or(Rejection::Busy)?;
    let (events, receiver) = mpsc::channel(BUFFER);
    let now = stream::seen(registry);
    let resumed = match headers::single(headers, &LAST_EVENT_ID) {
        Single::Value(id) => event_id_seen(id),
        Single::Absent | Single::Unusable => None,
    };
    let known = resumed.or(session.record().seen).unwrap_or(now);
    let stream = Stream {
        events,
        changes: core.gateway.registry.subscribe(),
        topics: Topics {
            tools: true,
            prompts: true,
            resources: true,
        },
        seen: known,
        end: session.take_stream(),
    };
    let gateway = Arc::clone(&core.gateway);
    tokio::task::spawn_local(serve(stream, session, gateway, permit));
    Ok(Reply::Events(receiver))
}

async fn serve(mut stream: Stream, session: Arc<Session>, gateway: Arc<Gateway>, permit: Permit) {
    let token = stream.end.clone();
    // A comment at once, so that the client sees the stream is open.
    if stream
        .send(bytes::Bytes::from_static(sse::KEEP_ALIVE))
        .is_ok()
    {
        let mut stream_id = [0; 8];
        // The system's randomness does not fail once the machine has booted.
        let _filled = getrandom::fill(&mut stream_id);
        let stream_id = u64::from_be_bytes(stream_id);
        let notice = |notice: Notice<'_>, seen: Seen| {
            let id = event_id(stream_id, seen);
            let params = match notice {
                Notice::List(_) => String::new(),
                Notice::Resource(uri) => format!(",\"params\":{}", serde_json::json!({"uri": uri})),
            };
            let method = notice.method();
            let message = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\"{params}}}");
            sse::event(Some(&id), message.as_bytes())
        };
        let updated =
            |registry: &Registry| stream::updated(&mut session.record().subscriptions, registry);
        let told = |seen: Seen| session.record().seen = Some(seen);
        let events = stream.events.clone();
        let pod_end = async {
            gateway.streams_end.cancelled().await;
            stream::wait_for_turn(gateway.stream_spread, &events).await;
        };
        tokio::select! {
            _ = stream.run(notice, updated, told) => {}
            () = pod_end => {}
        }
    }
    // Marks the session as being without a stream.
    token.cancel();
    drop(permit);
}

/// The stream, and what the client knows after an event, as the event's id.
fn event_id(stream: u64, [tools, prompts, resources]: Seen) -> String {
    format!("{stream:016x}-{tools:016x}-{prompts:016x}-{resources:016x}")
}

fn event_id_seen(id: &str) -> Option<Seen> {
    let mut parts = id.split('-').map(|part| u64::from_str_radix(part, 16).ok());
    let _stream = parts.next()??;
    let seen = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(seen)
}
