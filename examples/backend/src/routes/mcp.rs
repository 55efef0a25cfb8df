//! `/api/mcp/…`: what a Service does that speaks MCP itself (`response.format: mcp`): it gets the whole call as JSON and
//! answers a raw MCP result. What each of them says is in a file of its own; nothing is kept between two calls.

mod delete;
mod prompt;
mod report;
mod roots;
mod summary;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::reply::{self, Reply};

/// A call of type `application/vnd.mcp.call+json`, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    #[serde(default)]
    arguments: Value,
    /// The client's answers to what an earlier result asked, by the keys of its `inputRequests`.
    #[serde(default)]
    input_responses: Value,
    /// What that result gave along.
    request_state: Option<String>,
}

pub(super) fn answer(what: &str, body: &[u8]) -> Reply {
    let call: Call = match serde_json::from_slice(body) {
        Ok(call) => call,
        Err(error) => return reply::bad_field("body", &format!("the body is no call: {error}")),
    };
    let result = match what {
        "delete" => delete::answer(&call),
        "prompt" => prompt::answer(&call),
        "report" => report::answer(&call),
        "roots" => roots::answer(&call),
        "summary" => summary::answer(&call),
        _ => {
            let message =
                format!("there is no `{what}`; try delete, prompt, report, roots or summary");
            return reply::problem(StatusCode::NOT_FOUND, Some("what"), &message);
        }
    };
    reply::whole("application/vnd.mcp.result+json", result.to_string())
}

/// The result of a tool that has one sentence to say.
fn text(sentence: &str) -> Value {
    json!({"content": [{"type": "text", "text": sentence}], "isError": false})
}

/// A result that asks the client first; the same call then comes again with `inputResponses`.
fn ask(key: &str, method: &str, params: &Value) -> Value {
    json!({
        "resultType": "input_required",
        "inputRequests": {key: {"method": method, "params": params}},
    })
}
