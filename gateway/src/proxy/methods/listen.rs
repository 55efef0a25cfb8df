//! `subscriptions/listen` (2026-07-28): one stream of notices, each tagged with the id of the request that asked.

use std::rc::Rc;

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
        stream::{self, BUFFER, Ended, Stream, Topics},
    },
    registry::Registry,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Filter {
    tools_list_changed: bool,
    prompts_list_changed: bool,
    resources_list_changed: bool,
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
    tokio::task::spawn_local(serve(stream, call.id.to_owned(), permit));
    Ok(Reply::Events(receiver))
}

async fn serve(mut stream: Stream, id: Box<RawValue>, permit: Permit) {
    let wanted = [
        ("toolsListChanged", stream.topics.tools),
        ("promptsListChanged", stream.topics.prompts),
        ("resourcesListChanged", stream.topics.resources),
    ];
    let honoured: serde_json::Map<String, Value> = wanted
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(name, _)| (name.to_owned(), json!(true)))
        .collect();
    let acknowledged = message(
        "notifications/subscriptions/acknowledged",
        &id,
        Some(&Value::Object(honoured)),
    );
    if stream.send(acknowledged).is_ok() {
        let notice =
            |list: &str, _| message(&format!("notifications/{list}/list_changed"), &id, None);
        if stream.run(notice, |_| {}).await == Ended::Told {
            // The last word; a client that does not read it has lost nothing.
            let _unread = stream.send(last(&id));
        }
    }
    drop(permit);
}

/// The id keeps its type: a number stays a number.
fn message(method: &str, id: &RawValue, honoured: Option<&Value>) -> Bytes {
    let honoured = honoured.map_or_else(String::new, |honoured| {
        format!(",\"notifications\":{honoured}")
    });
    let meta = format!(
        "\"_meta\":{{\"io.modelcontextprotocol/subscriptionId\":{}}}",
        id.get()
    );
    sse::event(
        None,
        format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{{{meta}{honoured}}}}}")
            .as_bytes(),
    )
}

fn last(id: &RawValue) -> Bytes {
    let id = id.get();
    let meta = format!("\"_meta\":{{\"io.modelcontextprotocol/subscriptionId\":{id}}}");
    let result = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"resultType\":\"complete\",{meta}}}}}"
    );
    sse::event(None, result.as_bytes())
}
