//! `tools/call`: arguments checked, request built, backend called, answer turned into a result.

use std::rc::Rc;

use serde_json::{Value, json};

use super::call;
use crate::{
    backend::request::{self, Outgoing, RequestError},
    context::Core,
    mcp::{
        arguments::Arguments,
        message::string,
        version::{Era, Version},
    },
    proxy::{
        answer::{self, Recipient},
        authorize,
        decode::Call,
        identify::Caller,
        limit::{self, RETRY_AFTER_SECONDS},
        rejection::Rejection,
        respond::Reply,
    },
    registry::{
        Registry,
        snapshot::{CallOutcome, Tool},
    },
};

/// Carries out the call.
///
/// # Errors
/// Where there is no such tool, or the parameters are not what the protocol wants.
pub async fn run(
    core: &Rc<Core>,
    registry: &Registry,
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
    check_capabilities(tool, call)?;
    let arguments = Arguments::parse(call.params.arguments).map_err(Rejection::InvalidParams)?;
    let granted = authorize::grant(caller);
    let outgoing = match outgoing(tool, &arguments) {
        Ok(outgoing) => outgoing,
        Err(failures) => return invalid_arguments(core, tool, to, &failures),
    };
    let Ok(permit) = limit::admit(core, registry, Some(tool), granted) else {
        tool.live.count(core.index, CallOutcome::Refused);
        let message = format!("The server is busy. Try again in {RETRY_AFTER_SECONDS} s.");
        return Ok(Reply::Refused(
            answer::tool_error(to, &message),
            call.version.era(),
        ));
    };
    let (result, outcome) =
        match call::send(core, &tool.request, outgoing, call.trace(), permit).await {
            Ok(received) => answer::tool_result(tool, to, &received),
            Err(error) => (
                answer::tool_error(to, &answer::failure_text(&error)),
                CallOutcome::BackendFailed,
            ),
        };
    tool.live.count(core.index, outcome);
    Ok(Reply::Json(result))
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
    let missing: Vec<&String> = tool
        .required_capabilities
        .iter()
        .filter(|name| !call.can(name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    match call.version.era() {
        Era::Modern => Err(Rejection::MissingCapability(nested(&missing))),
        Era::Legacy => Err(Rejection::InvalidParams(format!(
            "this tool needs a client with the capabilities {}",
            missing.into_iter().cloned().collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// Names such as `elicitation.url` as a `ClientCapabilities` object.
fn nested(names: &[&String]) -> Value {
    let mut capabilities = json!({});
    for name in names {
        let mut inner = &mut capabilities;
        for key in name.split('.') {
            inner = &mut inner[key];
            if inner.is_null() {
                *inner = json!({});
            }
        }
    }
    capabilities
}
