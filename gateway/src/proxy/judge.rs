//! What a backend's whole answer means for a call: a final message, or questions to put to a legacy client.
//! Pure; who asks and who sends is `converse`'s business.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    answer::{self, Received, Recipient},
    raw_result::{self, InputRequired, RESULT_TYPE, Raw},
    rejection::Rejection,
};
use crate::{
    mcp::version::Era,
    registry::{
        plan::{RequestPlan, ResponseFormat},
        prompt::Prompt,
        snapshot::{CallOutcome, Tool},
    },
};

/// What is called.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A tool.
    Tool(Arc<Tool>),
    /// A prompt that a backend renders, and the request that asks for it.
    Prompt(Arc<Prompt>, Arc<RequestPlan>),
}

/// The meaning of an answer.
#[derive(Debug)]
pub enum Judged {
    /// The JSON-RPC message that ends the call.
    Final(Vec<u8>, CallOutcome),
    /// Questions for a legacy client.
    Ask(InputRequired),
}

/// What judging may look at besides the answer.
#[allow(missing_debug_implementations, reason = "it holds a closure")]
pub struct Asking<'a> {
    /// What the client declared.
    pub capabilities: &'a Value,
    /// Why a legacy client cannot be asked; `None` where it can.
    pub obstacle: Option<&'static str>,
    /// Wraps a backend's state for a modern client.
    pub wrap: &'a dyn Fn(&str) -> String,
}

impl Subject {
    /// The request that it becomes.
    #[must_use]
    pub fn plan(&self) -> &RequestPlan {
        match self {
            Self::Tool(tool) => &tool.request,
            Self::Prompt(_, plan) => plan,
        }
    }

    /// The name that the client used.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Tool(tool) => &tool.name,
            Self::Prompt(prompt, _) => &prompt.name,
        }
    }

    /// What a wrapped state belongs to.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::Tool(tool) => format!("{} {}", tool.object, tool.uid),
            Self::Prompt(prompt, _) => prompt.object.to_string(),
        }
    }

    /// Whether the backend speaks MCP back.
    #[must_use]
    pub fn is_mcp(&self) -> bool {
        match self {
            Self::Tool(tool) => tool.format == ResponseFormat::Mcp,
            Self::Prompt(..) => true,
        }
    }

    /// Whether legacy clients were told of a schema around structured content that is no object.
    fn wraps_for_legacy(&self) -> bool {
        match self {
            Self::Tool(tool) => tool
                .output
                .as_ref()
                .is_some_and(|output| output.wrap_for_legacy),
            Self::Prompt(..) => false,
        }
    }

    /// The member that every complete result has.
    fn required(&self) -> &'static str {
        match self {
            Self::Tool(_) => "content",
            Self::Prompt(..) => "messages",
        }
    }

    /// The message for a call that failed: a result that a model can read, or an error where the method has none.
    #[must_use]
    pub fn failure(&self, to: Recipient<'_>, message: &str) -> Vec<u8> {
        self.failure_of(to, message, None)
    }

    /// The same for an answer that was no success; `data` is its status and body.
    fn failure_of(&self, to: Recipient<'_>, message: &str, data: Option<Value>) -> Vec<u8> {
        match self {
            Self::Tool(_) => answer::tool_error(to, message),
            Self::Prompt(..) => {
                let rejection = Rejection::Backend {
                    message: message.to_owned(),
                    data,
                };
                rejection.body(Some(to.id), to.version.era())
            }
        }
    }
}

/// Judges a whole answer.
#[must_use]
pub fn judge(
    subject: &Subject,
    to: Recipient<'_>,
    received: &Received,
    asking: &Asking<'_>,
) -> Judged {
    let failed =
        |message: &str| Judged::Final(subject.failure(to, message), CallOutcome::ToolError);
    let is_raw = received.content_type == RESULT_TYPE || subject.is_mcp();
    if let Some(message) = answer::error_text(received) {
        let body = String::from_utf8_lossy(&received.body);
        let body: String = body.chars().take(1024).collect();
        let data = json!({"status": received.status.as_u16(), "body": body});
        let message = subject.failure_of(to, &message, Some(data));
        return Judged::Final(message, CallOutcome::ToolError);
    }
    if !is_raw {
        return match subject {
            Subject::Tool(tool) => {
                let (message, outcome) = answer::tool_result(tool, to, received);
                Judged::Final(message, outcome)
            }
            Subject::Prompt(..) => failed("The backend's answer is no MCP result."),
        };
    }
    let text = match std::str::from_utf8(&received.body) {
        Ok(text) => text,
        Err(_) => return failed("The backend's MCP result cannot be used: it is not UTF-8."),
    };
    match raw_result::parse(text) {
        Err(message) => failed(&message),
        Ok(Raw::Complete(members)) => {
            match raw_result::relay(to, &members, subject.required(), subject.wraps_for_legacy()) {
                Ok(message) => {
                    let is_error = members
                        .iter()
                        .any(|(name, value)| name == "isError" && value.trim() == "true");
                    Judged::Final(
                        message,
                        if is_error {
                            CallOutcome::ToolError
                        } else {
                            CallOutcome::Ok
                        },
                    )
                }
                Err(message) => failed(&message),
            }
        }
        Ok(Raw::InputRequired(_)) if !subject.is_mcp() => {
            failed("The backend asks for input, which needs response.format: mcp on the MCPTool.")
        }
        Ok(Raw::InputRequired(wanted)) => {
            match wanted.askable(|name| can(asking.capabilities, name)) {
                Err(message) => failed(&message),
                Ok(wanted) if to.version.era() == Era::Modern => {
                    let state = wanted.request_state.as_deref().map(asking.wrap);
                    Judged::Final(wanted.as_result(to, state.as_deref()), CallOutcome::Ok)
                }
                Ok(wanted) => match asking.obstacle {
                    Some(obstacle) => failed(&format!(
                        "This call needs to ask the client, which is not possible: {obstacle}."
                    )),
                    None => Judged::Ask(wanted),
                },
            }
        }
    }
}

/// Whether `ClientCapabilities` has a capability; parts of one are written with a dot, as in `elicitation.url`.
#[must_use]
pub fn can(capabilities: &Value, name: &str) -> bool {
    let pointer = format!("/{}", name.replace('.', "/"));
    match (name, capabilities.get("elicitation")) {
        // Without saying which, a client means forms (2025-11-25, elicitation capabilities).
        ("elicitation.form", Some(Value::Object(modes))) => {
            modes.is_empty() || modes.contains_key("form")
        }
        _ => capabilities
            .pointer(&pointer)
            .is_some_and(|value| *value != Value::Bool(false)),
    }
}
