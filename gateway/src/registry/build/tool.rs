//! Tools: compiled, or taken over from the previous registry where nothing they depend on has changed.

use std::{borrow::Cow, sync::Arc};

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use shared::crd::{self, MCPTool, MCPToolSpec, Reason};

use super::{Context, named, plan, reference};
use crate::{
    mcp::{json::minified, version::Era},
    registry::{
        jq::Program,
        list::{Entry, List},
        mirrored,
        objects::Kind,
        plan::ResponseFormat,
        rejected::{Problem, Rejected},
        schema::{self, InputSchema, OutputSchema},
        snapshot::{Inputs, Tool, ToolLive},
    },
};

/// All tools and their list.
pub(super) fn all(
    context: &Context<'_>,
    objects: Vec<&Arc<MCPTool>>,
    rejected: &mut Vec<Rejected>,
) -> (FxHashMap<Arc<str>, Arc<Tool>>, List) {
    let mut compiled = Vec::with_capacity(objects.len());
    for source in objects {
        match tool(context, source) {
            Ok(tool) => compiled.push(tool),
            Err(problem) => rejected.push(problem.of(reference(Kind::Tool, &source.metadata))),
        }
    }
    named(
        compiled,
        |tool| &tool.name,
        |tool| &tool.object,
        |tool| &tool.entry,
        rejected,
    )
}

fn tool(context: &Context<'_>, source: &Arc<MCPTool>) -> Result<Arc<Tool>, Problem> {
    let name = source
        .spec
        .name
        .as_deref()
        .or(source.metadata.name.as_deref())
        .unwrap_or_default();
    let namespace = source.metadata.namespace.as_deref().unwrap_or("default");
    let references = || plan::tool_references(context, namespace, &source.spec);
    let previous = context
        .previous
        .and_then(|registry| registry.tools.get(name));
    match previous {
        Some(previous) if context.still_holds(&previous.inputs, source, references) => {
            Ok(Arc::clone(previous))
        }
        _ => {
            let live = previous.map_or_else(
                || Arc::new(ToolLive::new(context.cores)),
                |tool| Arc::clone(&tool.live),
            );
            let inputs = context.inputs(source, references());
            compile(context, name, namespace, inputs, live).map(Arc::new)
        }
    }
}

fn compile(
    context: &Context<'_>,
    name: &str,
    namespace: &str,
    inputs: Inputs<MCPTool>,
    live: Arc<ToolLive>,
) -> Result<Tool, Problem> {
    let spec = &inputs.source.spec;
    check_name(name)?;
    check_cache(spec)?;
    let (schema, text) = input_schema(spec)?;
    let input = InputSchema::compile(&schema)
        .map_err(|message| Problem::new(Reason::InvalidSchema, schema_field(spec), message))?;
    let output = spec
        .output_schema
        .as_ref()
        .map(OutputSchema::compile)
        .transpose();
    let output = output
        .map_err(|message| Problem::new(Reason::InvalidSchema, "spec.outputSchema", message))?;
    let half = (context.server.max_concurrent_requests / 2).max(1);
    Ok(Tool {
        name: Arc::from(name),
        object: reference(Kind::Tool, &inputs.source.metadata),
        entry: Entry::new(
            entry(name, spec, &schema, text, Era::Legacy)?,
            entry(name, spec, &schema, text, Era::Modern)?,
        ),
        input,
        output,
        request: plan::tool(context, namespace, spec)?,
        format: format(spec),
        filter: filter(context, spec)?,
        uid: inputs.source.metadata.uid.clone().unwrap_or_default(),
        mirrored: mirrored::find(&schema)
            .map_err(|message| Problem::new(Reason::InvalidSchema, schema_field(spec), message))?,
        max_concurrent_requests: spec
            .max_concurrent_requests
            .map_or(half, |limit| limit as usize),
        required_capabilities: spec.required_client_capabilities.clone(),
        live,
        inputs,
    })
}

/// 2025-11-25 says up to 128 characters, the conformance suite 64; both hold with 64.
fn check_name(name: &str) -> Result<(), Problem> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if (1..=64).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    let message =
        format!("\"{name}\" cannot be a tool's name; use 1 to 64 letters, digits, _, . and -");
    Err(Problem::new(Reason::InvalidValue, "spec.name", message))
}

/// A call that changes something must reach the backend every time.
fn check_cache(spec: &MCPToolSpec) -> Result<(), Problem> {
    if spec.cache.is_some() && spec.hint("readOnlyHint") != Some(true) {
        let message =
            "only a read-only tool can be cached; set annotations.readOnlyHint: true if it is one";
        return Err(Problem::new(Reason::InvalidCache, "spec.cache", message));
    }
    Ok(())
}

fn format(spec: &MCPToolSpec) -> ResponseFormat {
    match spec.response.format {
        crd::ResponseFormat::Auto => ResponseFormat::Auto,
        crd::ResponseFormat::Json => ResponseFormat::Json,
        crd::ResponseFormat::Text => ResponseFormat::Text,
        crd::ResponseFormat::Mcp => ResponseFormat::Mcp,
    }
}

/// The filter, shared with every tool that has the same: compiling takes a millisecond, and much memory.
fn filter(context: &Context<'_>, spec: &MCPToolSpec) -> Result<Option<Arc<Program>>, Problem> {
    let Some(text) = &spec.response.jq else {
        return Ok(None);
    };
    let invalid = |reason, message: &str| Err(Problem::new(reason, "spec.response.jq", message));
    if spec.response.format == crd::ResponseFormat::Mcp {
        return invalid(
            Reason::InvalidFilter,
            "an MCP result is relayed as it is; remove the filter",
        );
    }
    let mut tools = context
        .previous
        .iter()
        .flat_map(|registry| registry.tools.values());
    let shared = tools.find_map(|tool| tool.filter.as_ref().filter(|filter| filter.text() == text));
    match shared {
        Some(filter) => Ok(Some(Arc::clone(filter))),
        None => match context.programs.borrow_mut().get(text) {
            Ok(filter) => Ok(Some(filter)),
            Err(error) => invalid(Reason::InvalidFilter, &error.to_string()),
        },
    }
}

fn schema_field(spec: &MCPToolSpec) -> &'static str {
    if spec.input_schema_text.is_some() {
        "spec.inputSchemaText"
    } else {
        "spec.inputSchema"
    }
}

/// The input schema as a value, and its exact text where that was asked for.
fn input_schema(spec: &MCPToolSpec) -> Result<(Cow<'_, Value>, Option<&str>), Problem> {
    match (&spec.input_schema_text, &spec.input_schema) {
        (Some(text), _) => {
            let value = serde_json::from_str(text).map_err(|error| {
                Problem::new(
                    Reason::InvalidSchema,
                    "spec.inputSchemaText",
                    format!("it is not JSON: {error}"),
                )
            })?;
            Ok((Cow::Owned(value), Some(text)))
        }
        (None, Some(schema)) => Ok((Cow::Borrowed(schema), None)),
        (None, None) => Ok((Cow::Owned(json!({})), None)),
    }
}

/// A tool as `tools/list` shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    input_schema: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    icons: &'a [crd::Icon],
}

fn entry(
    name: &str,
    spec: &MCPToolSpec,
    schema: &Value,
    text: Option<&str>,
    era: Era,
) -> Result<Vec<u8>, Problem> {
    let rendered = schema::render_input(schema, era);
    let exact = text.filter(|_| rendered == *schema).map(minified);
    let unreadable =
        |error: serde_json::Error| Problem::new(Reason::InvalidSchema, schema_field(spec), error);
    let listed = Listed {
        name,
        title: spec.title.as_deref(),
        description: spec.description.as_deref(),
        input_schema: RawValue::from_string(exact.unwrap_or_else(|| rendered.to_string()))
            .map_err(unreadable)?,
        output_schema: spec
            .output_schema
            .as_ref()
            .map(|schema| schema::render_output(schema, era)),
        annotations: spec.annotations.as_ref(),
        icons: &spec.icons,
    };
    serde_json::to_vec(&listed).map_err(unreadable)
}
