//! `tools/call`: arguments checked, request built, backend called, answer turned into a result.

use std::{rc::Rc, sync::Arc};

use http::HeaderMap;
use serde_json::{Value, json};

use crate::{
    backend::{
        client::BackendError,
        request::{self, Outgoing, RequestError},
    },
    context::Core,
    mcp::{
        arguments::Arguments,
        headers::{self, Single},
        message::string,
        version::{Era, Version},
    },
    proxy::{
        answer::{self, Received, Recipient},
        authorize,
        converse::Conversation,
        decode::Call,
        exchange,
        identify::Caller,
        judge::{self, Asking, Judged, Subject},
        limit::{self, Admitted, RETRY_AFTER_SECONDS},
        raw_result::RESULT_TYPE,
        rejection::Rejection,
        respond::Reply,
        running::Running,
    },
    registry::{
        Registry,
        mirrored::Mirrored,
        plan::ResponseFormat,
        snapshot::{CallOutcome, Tool},
    },
};

/// Carries out the call.
///
/// # Errors
/// Where there is no such tool, or the parameters are not what the protocol wants.
pub async fn run(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    call: &Call<'_>,
    caller: &Caller,
) -> Result<Reply, Rejection> {
    let name = call.params.name.and_then(string);
    let name = name.ok_or_else(|| {
        Rejection::InvalidParams("\"name\" must be the name of a tool".to_owned())
    })?;
    let tool = registry
        .tools
        .get(&*name)
        .ok_or_else(|| Rejection::InvalidParams(format!("Unknown tool: {name}")))?;
    let to = Recipient {
        id: call.id,
        version: call.version,
        server_meta: &registry.server.meta,
    };
    let arguments = Arguments::parse(call.params.arguments).map_err(Rejection::InvalidParams)?;
    check_mirrored(tool, call, &arguments.value)?;
    check_capabilities(tool, call)?;
    let granted = authorize::grant(caller);
    let mut outgoing = match outgoing(tool, &arguments) {
        Ok(outgoing) => outgoing,
        Err(failures) => return invalid_arguments(core, tool, to, &failures),
    };
    request::stamp(
        &mut outgoing.headers,
        &core.backend.request_id(),
        call.trace(),
    );
    let Ok(permit) = limit::admit(core, registry, Some(tool), granted) else {
        tool.live.count(core.index, CallOutcome::Refused);
        return refused(to);
    };
    let running = Running::begin(call);
    let wants = call.wants();
    if tool.format == ResponseFormat::Mcp || wants.progress.is_some() || wants.level.is_some() {
        let subject = Subject::Tool(Arc::clone(tool));
        let conversation = Conversation::new(core, registry, call, caller, subject, arguments.text);
        return converse(conversation, call, tool, outgoing, permit, running).await;
    }
    let received = match answered(core, tool, call, outgoing, permit, running).await {
        Some(received) => received,
        // The client said that it does not want the answer any more, so there is none.
        None => return Ok(Reply::Accepted),
    };
    let (result, outcome) = match received {
        Ok(received) if received.content_type == RESULT_TYPE => relayed(tool, to, &received),
        Ok(received) => match exchange::filtered(core, tool, received).await {
            Ok(received) => answer::tool_result(tool, to, &received),
            Err(message) => (answer::tool_error(to, &message), CallOutcome::ToolError),
        },
        Err(error) => (
            answer::tool_error(to, &answer::failure_text(&error)),
            CallOutcome::BackendFailed,
        ),
    };
    tool.live.count(core.index, outcome);
    Ok(Reply::Json(result))
}

/// A call whose client listens meanwhile, or whose backend may ask back.
async fn converse(
    conversation: Conversation,
    call: &Call<'_>,
    tool: &Tool,
    mut outgoing: Outgoing,
    permit: Admitted,
    running: Option<Running>,
) -> Result<Reply, Rejection> {
    if tool.format == ResponseFormat::Mcp {
        let state = conversation.unwrapped(call.params.request_state);
        let state = state.map_err(|message| Rejection::InvalidParams(message.to_owned()))?;
        let responses = call.params.input_responses.map(|raw| raw.get());
        outgoing.body = conversation.body(responses, state.as_deref());
    }
    Ok(conversation.run(outgoing, permit, running).await)
}

/// The backend's answer; `None` where the client cancelled the call.
async fn answered(
    core: &Rc<Core>,
    tool: &Arc<Tool>,
    call: &Call<'_>,
    outgoing: Outgoing,
    permit: Admitted,
    running: Option<Running>,
) -> Option<Result<Received, BackendError>> {
    if call.version.era() == Era::Modern || tool.request.idempotent {
        return tokio::select! {
            biased;
            received = exchange::send(core, &tool.request, &outgoing, permit) => Some(received),
            () = call.cancelled.cancelled() => None,
        };
    }
    // A legacy client that hangs up has not cancelled: what may not be done twice runs to its end without it.
    let (core, tool, cancelled) = (Rc::clone(core), Arc::clone(tool), call.cancelled.clone());
    let detached = tokio::task::spawn_local(async move {
        // It can be cancelled as long as it runs, with a client or without.
        let _running = running;
        tokio::select! {
            biased;
            received = exchange::send(&core, &tool.request, &outgoing, permit) => Some(received),
            () = cancelled.cancelled() => None,
        }
    });
    detached.await.ok().flatten()
}

/// A raw result from a backend whose tool does not have that format.
fn relayed(tool: &Arc<Tool>, to: Recipient<'_>, received: &Received) -> (Vec<u8>, CallOutcome) {
    let asking = Asking {
        capabilities: &Value::Null,
        obstacle: None,
        wrap: &|state| state.to_owned(),
    };
    match judge::judge(&Subject::Tool(Arc::clone(tool)), to, received, &asking) {
        Judged::Final(message, outcome) => (message, outcome),
        Judged::Ask(_) => (
            answer::tool_error(to, "The backend asks for input."),
            CallOutcome::ToolError,
        ),
    }
}

/// The request that valid arguments become, or what is wrong with them.
///
/// # Errors
/// A line for each failing path.
pub fn outgoing(tool: &Tool, arguments: &Arguments<'_>) -> Result<Outgoing, Vec<String>> {
    let failures = tool.input.failures(&arguments.value);
    if !failures.is_empty() {
        return Err(failures);
    }
    request::build(&tool.request, arguments.text, || arguments.raw_members())
        .map_err(|error: RequestError| vec![error.to_string()])
}

/// In the modern era an error, of which every SDK shows the words; in the legacy era a result, since some SDKs end the
/// session at an HTTP error, and a model can act on what it reads.
fn refused(to: Recipient<'_>) -> Result<Reply, Rejection> {
    if to.version.era() == Era::Modern {
        return Err(Rejection::Busy);
    }
    let message = format!("The server is busy. Try again in {RETRY_AFTER_SECONDS} s.");
    Ok(Reply::Refused(answer::tool_error(to, &message)))
}

/// From 2025-11-25 on the model gets to read what is wrong; before, it is a protocol error.
fn invalid_arguments(
    core: &Rc<Core>,
    tool: &Tool,
    to: Recipient<'_>,
    failures: &[String],
) -> Result<Reply, Rejection> {
    tool.live.count(core.index, CallOutcome::ToolError);
    let message = format!(
        "The arguments do not fit the tool's inputSchema:\n- {}",
        failures.join("\n- ")
    );
    if to.version < Version::V20251125 {
        return Err(Rejection::InvalidParams(message));
    }
    Ok(Reply::Json(answer::tool_error(to, &message)))
}

/// What the tool needs its client to be able to do.
fn check_capabilities(tool: &Tool, call: &Call<'_>) -> Result<(), Rejection> {
    if tool.required_capabilities.is_empty() {
        return Ok(());
    }
    let declared = call.capabilities();
    let missing = || {
        tool.required_capabilities
            .iter()
            .filter(|name| !judge::can(&declared, name))
    };
    if missing().next().is_none() {
        return Ok(());
    }
    if call.version.era() == Era::Legacy {
        let names: Vec<&str> = missing().map(String::as_str).collect();
        let message = format!(
            "this tool needs a client with the capabilities {}",
            names.join(", ")
        );
        return Err(Rejection::InvalidParams(message));
    }
    let mut required = json!({});
    for name in missing() {
        // Dots lead into the object: `elicitation.url` is {"elicitation": {"url": {}}}.
        let mut place = &mut required;
        for part in name.split('.') {
            place = &mut place[part];
            if place.is_null() {
                *place = json!({});
            }
        }
    }
    Err(Rejection::MissingCapability(required))
}

/// `Mcp-Param-*` must say what the arguments say, or an intermediary would have routed by something else.
fn check_mirrored(tool: &Tool, call: &Call<'_>, arguments: &Value) -> Result<(), Rejection> {
    if call.version.era() == Era::Legacy {
        return Ok(());
    }
    tool.mirrored
        .iter()
        .try_for_each(|mirrored| one_mirrored(mirrored, call.headers, arguments))
}

fn one_mirrored(
    mirrored: &Mirrored,
    headers: &HeaderMap,
    arguments: &Value,
) -> Result<(), Rejection> {
    let name = &mirrored.header;
    let path = mirrored.path.join(".");
    let mismatch = |what: &str| {
        Err(Rejection::HeaderMismatch(format!(
            "{name} {what} argument \"{path}\""
        )))
    };
    match (mirrored.value(arguments), headers::single(headers, name)) {
        (None, Single::Absent) => Ok(()),
        (None, _) => mismatch("is there without"),
        (Some(_), Single::Absent) => mismatch("is missing beside"),
        (Some(_), Single::Unusable) => mismatch("must be there once, in ASCII, beside"),
        (Some(value), Single::Value(text)) => match headers::decoded(text) {
            Some(decoded) if Mirrored::same(value, &decoded) => Ok(()),
            Some(_) => mismatch("contradicts"),
            None => mismatch("is not proper base64 beside"),
        },
    }
}
