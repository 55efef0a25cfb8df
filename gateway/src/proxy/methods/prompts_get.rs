//! `prompts/get`: a template filled in, or a backend asked to render it.

use std::{rc::Rc, sync::Arc};

use bytes::Bytes;
use serde_json::Map;

use crate::{
    backend::request,
    context::Core,
    mcp::{arguments::Arguments, message::string, result::ResultWriter},
    proxy::{
        authorize, converse::Conversation, decode::Call, identify::Caller, judge::Subject, limit,
        rejection::Rejection, respond::Reply, running::Running,
    },
    registry::{Registry, plan::RequestPlan, prompt::Prompt},
};

/// Answers with the prompt's messages.
///
/// # Errors
/// Where there is no such prompt, or an argument is missing or no string.
pub async fn run(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    call: &Call<'_>,
    caller: &Caller,
) -> Result<Reply, Rejection> {
    let name = call.params.name.and_then(string);
    let name = name.ok_or_else(|| {
        Rejection::InvalidParams("\"name\" must be the name of a prompt".to_owned())
    })?;
    let prompt = registry.prompts.get(&*name);
    let prompt =
        prompt.ok_or_else(|| Rejection::InvalidParams(format!("Unknown prompt: {name}")))?;
    let arguments = Arguments::parse(call.params.arguments).map_err(Rejection::InvalidParams)?;
    let none = Map::new();
    let messages = prompt
        .render(arguments.members().unwrap_or(&none))
        .map_err(Rejection::InvalidParams)?;
    if let Some(plan) = &prompt.service {
        return rendered(core, registry, call, caller, (prompt, plan), arguments.text).await;
    }
    let mut writer = ResultWriter::open(call.id, call.version, messages.len());
    if let Some(description) = &prompt.description {
        writer.text("description", description);
    }
    let member = writer.member("messages");
    member.push(b'[');
    member.extend_from_slice(&messages);
    member.push(b']');
    Ok(Reply::Json(writer.close(&registry.server.meta)))
}

/// A prompt that a backend renders.
async fn rendered(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    call: &Call<'_>,
    caller: &Caller,
    (prompt, plan): (&Arc<Prompt>, &Arc<RequestPlan>),
    arguments: &str,
) -> Result<Reply, Rejection> {
    let permit = limit::admit(core, registry, None, authorize::grant(caller))
        .map_err(|_| Rejection::Busy)?;
    let subject = Subject::Prompt(Arc::clone(prompt), Arc::clone(plan));
    let conversation = Conversation::new(core, registry, call, caller, subject, arguments);
    let state = conversation.unwrapped(call.params.request_state);
    let state = state.map_err(|message| Rejection::InvalidParams(message.to_owned()))?;
    let responses = call.params.input_responses.map(|raw| raw.get());
    let body: Bytes = conversation.body(responses, state.as_deref());
    let outgoing = request::build(plan, "", Vec::new);
    let mut outgoing = outgoing.map_err(|error| Rejection::InvalidParams(error.to_string()))?;
    outgoing.body = body;
    request::stamp(
        &mut outgoing.headers,
        &core.backend.request_id(),
        call.trace(),
    );
    Ok(conversation
        .run(outgoing, permit, Running::begin(call))
        .await)
}
