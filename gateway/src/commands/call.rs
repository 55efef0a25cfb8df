//! `call`, `prompt` and `read`: one request through the very path that clients take, or only the HTTP request it becomes.

use std::{rc::Rc, sync::Arc};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json, value::RawValue};
use tokio::task::LocalSet;
use tokio_util::sync::CancellationToken;

use super::{print, summary};
use crate::{
    app,
    args::{CallArgs, PromptArgs, ReadArgs, SourceArgs},
    backend::{
        client::Client,
        request::{self, Outgoing, Trace},
    },
    context::Core,
    mcp::{arguments::Arguments, headers, version::Version},
    proxy::{
        self,
        methods::tools_call,
        raw_result::{self, CallContext},
    },
    registry::{
        Registry,
        build::build,
        files::{FileSource, Loaded},
        objects::Kind,
        plan::{RequestPlan, ResponseFormat},
        snapshot::Tool,
    },
};

/// Stands for the id that each request gets.
pub(crate) const NEW_ID: &str = "(new for every request)";

/// Calls a tool; `false` if the result is an error.
///
/// # Errors
/// Where there is no such tool, or the files cannot be read.
pub fn run(args: &CallArgs) -> anyhow::Result<bool> {
    let loaded = FileSource::new(args.source.options())?.load();
    if !args.dry_run {
        return send(
            &loaded,
            "tools/call",
            &args.tool,
            &named(&args.tool, &args.args)?,
        );
    }
    let registry = build(&loaded.objects, None, 1);
    let tool = registry
        .tools
        .get(args.tool.as_str())
        .with_context(|| unknown(&registry, &loaded, &args.tool))?;
    print(&dry_run(tool, &args.args)?)?;
    Ok(true)
}

/// The HTTP request that a call becomes, as text.
///
/// # Errors
/// Where the arguments are not what the tool takes.
pub(crate) fn dry_run(tool: &Tool, arguments: &str) -> anyhow::Result<String> {
    let raw: Box<RawValue> = RawValue::from_string(arguments.to_owned())?;
    let arguments = Arguments::parse(Some(&raw)).map_err(anyhow::Error::msg)?;
    let mut outgoing = match tools_call::outgoing(tool, &arguments) {
        Ok(outgoing) => outgoing,
        Err(failures) => bail!(
            "the arguments do not fit the tool's inputSchema:\n- {}",
            failures.join("\n- ")
        ),
    };
    request::stamp(&mut outgoing.headers, NEW_ID, Trace::default());
    if tool.format == ResponseFormat::Mcp {
        // What a client without capabilities has the gateway say.
        let context = CallContext {
            input_responses: None,
            request_state: None,
            progress_token: None,
            log_level: None,
            client_capabilities: "{}",
            version: Version::V20260728.as_str(),
        };
        raw_result::call_headers(&mut outgoing.headers);
        outgoing.body = raw_result::call_body(&tool.name, arguments.text, &context).into();
    }
    Ok(shown(&tool.request, &outgoing))
}

/// Gets a prompt; `false` if that is an error.
///
/// # Errors
/// Where the files cannot be read.
pub fn prompt(args: &PromptArgs) -> anyhow::Result<bool> {
    send(
        &load(&args.source)?,
        "prompts/get",
        &args.name,
        &named(&args.name, &args.args)?,
    )
}

/// Reads a resource; `false` if that is an error.
///
/// # Errors
/// Where the files cannot be read.
pub fn read(args: &ReadArgs) -> anyhow::Result<bool> {
    send(
        &load(&args.source)?,
        "resources/read",
        &args.uri,
        &format!("\"uri\":{}", json!(args.uri)),
    )
}

fn load(source: &SourceArgs) -> anyhow::Result<Loaded> {
    Ok(FileSource::new(source.options())?.load())
}

/// `name` and `arguments` as members of `params`; the arguments stay as they are spelled.
fn named(name: &str, arguments: &str) -> anyhow::Result<String> {
    let arguments: &RawValue = serde_json::from_str(arguments)?;
    Ok(format!(
        "\"name\":{},\"arguments\":{arguments}",
        json!(name)
    ))
}

/// Sends a request of the newest revision through the gateway and prints its result.
fn send(loaded: &Loaded, method: &str, subject: &str, params: &str) -> anyhow::Result<bool> {
    let version = Version::V20260728.as_str();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let message = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":{{{params},\"_meta\":{meta}}}}}"
    );
    let gateway = Arc::new(app::gateway(&loaded.objects, 1)?);
    let path = gateway.registry.load().server.path_prefix.clone();
    let request = Request::post(if path.is_empty() { "/" } else { &path })
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(headers::PROTOCOL_VERSION, version)
        .header(headers::METHOD, method)
        .header(headers::NAME, encoded(subject))
        .body(Full::new(Bytes::from(message)))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let core = Core {
        index: 0,
        backend: Client::new(),
        metrics: gateway.metrics.core(),
        calls_end: CancellationToken::new(),
        gateway,
    };
    let exchange = async {
        let response = proxy::handle(Rc::new(core), request).await;
        response
            .into_body()
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!(error))
    };
    let body = LocalSet::new().block_on(&runtime, exchange)?.to_bytes();
    let answer: Value = serde_json::from_slice(last_message(&body))?;
    let shown = answer
        .get("result")
        .or_else(|| answer.get("error"))
        .unwrap_or(&answer);
    print(&serde_json::to_string_pretty(shown)?)?;
    Ok(answer.get("error").is_none() && shown.get("isError") != Some(&json!(true)))
}

/// The answer in a body: all of it, or what comes last in a stream of events, as backends that stream make the gateway
/// answer. No line of JSON begins as a line of an event does.
fn last_message(body: &[u8]) -> &[u8] {
    let mut lines = body.rsplit(|byte| *byte == b'\n');
    lines
        .find_map(|line| line.strip_prefix(b"data: "))
        .unwrap_or(body)
}

/// A name as `Mcp-Name` carries it: as it is where it is plain ASCII, in base64 otherwise.
fn encoded(subject: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    if subject.bytes().all(|byte| byte.is_ascii_graphic()) && !subject.starts_with("=?") {
        return subject.to_owned();
    }
    format!("=?base64?{}?=", BASE64_STANDARD.encode(subject))
}

/// The request as it goes over the wire, values from Secrets masked.
fn shown(plan: &RequestPlan, outgoing: &Outgoing) -> String {
    let mut lines = vec![format!(
        "{} http://{}{}",
        outgoing.method, plan.authority, outgoing.path_and_query
    )];
    lines.extend(shown_headers(&outgoing.headers));
    if !outgoing.body.is_empty() {
        lines.push(String::new());
        lines.push(String::from_utf8_lossy(&outgoing.body).into_owned());
    }
    lines.join("\n")
}

fn shown_headers(headers: &HeaderMap) -> Vec<String> {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| match value.is_sensitive() {
            true => format!("{name}: ****"),
            false => format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())),
        })
        .collect();
    lines.sort();
    lines
}

/// Why there is no such tool: rejected, not selected, or misspelt.
fn unknown(registry: &Registry, loaded: &Loaded, name: &str) -> String {
    let rejected = registry
        .rejected
        .iter()
        .find(|entry| entry.object.kind == Kind::Tool && entry.object.name == name);
    if let Some(entry) = rejected {
        return format!("the tool is rejected: {}", summary::located(entry, loaded));
    }
    let mut names: Vec<&str> = registry.tools.keys().map(|name| &**name).collect();
    names.sort_by_key(|known| strsim::levenshtein(known, name));
    names.truncate(5);
    match names.is_empty() {
        true => format!("there is no tool {name}; the server selects none"),
        false => format!("there is no tool {name}; there are {}", names.join(", ")),
    }
}
