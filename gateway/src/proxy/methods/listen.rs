//! `subscriptions/listen` (2026-07-28): one stream of notices, each tagged with the id of the request that asked.

use std::{collections::HashMap, rc::Rc, time::Duration};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::sync::mpsc;

use crate::{
    context::{Core, Permit},
    mcp::{message::object, sse},
    proxy::{
        decode::Call,
        limit,
        rejection::Rejection,
        respond::Reply,
        stream::{self, BUFFER, Ended, Notice, Stream, Topics},
    },
    registry::Registry,
};

/// Most resources that one stream follows.
const MAX_FOLLOWED: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Filter {
    tools_list_changed: bool,
    prompts_list_changed: bool,
    resources_list_changed: bool,
    resource_subscriptions: Vec<String>,
}

/// Opens the stream.
///
/// # Errors
/// Where `notifications` is missing, or there are as many streams as there may be.
pub fn run(core: &Rc<Core>, registry: &Registry, call: &Call<'_>) -> Result<Reply, Rejection> {
    let filter = call.params.notifications.and_then(object::<Filter>);
    let filter = filter.ok_or_else(|| {
        Rejection::InvalidParams(
            "\"notifications\" must be an object, such as {\"toolsListChanged\": true}".to_owned(),
        )
    })?;
    let permit = limit::stream(core, registry).ok_or(Rejection::Busy)?;
    let topics = Topics {
        tools: filter.tools_list_changed,
        prompts: filter.prompts_list_changed,
        resources: filter.resources_list_changed,
    };
    let (events, receiver) = mpsc::channel(BUFFER);
    let stream = Stream {
        events,
        changes: core.gateway.registry.subscribe(),
        topics,
        seen: stream::seen(registry),
        end: core.gateway.streams_end.clone(),
    };
    let followed = followed(registry, filter.resource_subscriptions);
    let (id, spread) = (call.id.to_owned(), core.gateway.stream_spread);
    tokio::task::spawn_local(serve(stream, followed, id, spread, permit));
    Ok(Reply::Events(receiver))
}

/// The followed resources and what they look like now; unknown ones are not honoured.
fn followed(registry: &Registry, uris: Vec<String>) -> HashMap<String, u64> {
    let known = uris
        .into_iter()
        .take(MAX_FOLLOWED)
        .filter_map(|uri| Some((stream::content(registry, &uri)?, uri)));
    known.map(|(content, uri)| (uri, content)).collect()
}

async fn serve(
    mut stream: Stream,
    mut followed: HashMap<String, u64>,
    id: Box<RawValue>,
    spread: Duration,
    permit: Permit,
) {
    let wanted = [
        ("toolsListChanged", stream.topics.tools),
        ("promptsListChanged", stream.topics.prompts),
        ("resourcesListChanged", stream.topics.resources),
    ];
    let mut honoured: serde_json::Map<String, Value> = wanted
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(name, _)| (name.to_owned(), json!(true)))
        .collect();
    if !followed.is_empty() {
        let mut uris: Vec<&String> = followed.keys().collect();
        uris.sort();
        honoured.insert("resourceSubscriptions".to_owned(), json!(uris));
    }
    let honoured = Value::Object(honoured);
    let acknowledged = message(
        "notifications/subscriptions/acknowledged",
        &id,
        Some(("notifications", &honoured)),
    );
    if stream.send(acknowledged).is_ok() {
        let notice = |notice: Notice<'_>, _| match notice {
            Notice::List(_) => message(&notice.method(), &id, None),
            Notice::Resource(uri) => message(&notice.method(), &id, Some(("uri", &json!(uri)))),
        };
        let updated = |registry: &Registry| stream::updated(&mut followed, registry);
        if stream.run(notice, updated, |_| {}).await == Ended::Told {
            stream::wait_for_turn(spread, &stream.events).await;
            // The last word; a client that does not read it has lost nothing.
            let _unread = stream.send(last(&id));
        }
    }
    drop(permit);
}

/// The id keeps its type: a number stays a number.
fn message(method: &str, id: &RawValue, member: Option<(&str, &Value)>) -> Bytes {
    let member = member.map_or_else(String::new, |(name, value)| format!(",\"{name}\":{value}"));
    let meta = format!(
        "\"_meta\":{{\"io.modelcontextprotocol/subscriptionId\":{}}}",
        id.get()
    );
    let message =
        format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{{{meta}{member}}}}}");
    sse::event(None, message.as_bytes())
}

fn last(id: &RawValue) -> Bytes {
    let id = id.get();
    let meta = format!("\"_meta\":{{\"io.modelcontextprotocol/subscriptionId\":{id}}}");
    let result = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"resultType\":\"complete\",{meta}}}}}"
    );
    sse::event(None, result.as_bytes())
}
