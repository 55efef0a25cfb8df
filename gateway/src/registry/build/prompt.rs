//! Prompts: templates parsed, undeclared names refused, fixed blocks rendered.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::json;
use shared::crd::{self, MCPPrompt, MCPPromptSpec, Reason};

use super::{Context, named, plan, reference};
use crate::{
    mcp::result::push_media_block,
    registry::{
        list::{Entry, List},
        objects::Kind,
        prompt::{Message, MessageContent, Prompt, ResourceBlock, Text, Variable},
        rejected::{Problem, Rejected},
        snapshot::Inputs,
    },
};

/// All prompts and their list.
pub(super) fn all(
    context: &Context<'_>,
    objects: Vec<&Arc<MCPPrompt>>,
    rejected: &mut Vec<Rejected>,
) -> (FxHashMap<Arc<str>, Arc<Prompt>>, List) {
    let mut compiled = Vec::with_capacity(objects.len());
    for source in objects {
        match prompt(context, source) {
            Ok(prompt) => compiled.push(prompt),
            Err(problem) => rejected.push(problem.of(reference(Kind::Prompt, &source.metadata))),
        }
    }
    named(
        compiled,
        |prompt| &prompt.name,
        |prompt| &prompt.object,
        |prompt| &prompt.entry,
        rejected,
    )
}

/// The prompt as it was compiled before, if neither the object nor what it refers to has changed.
fn prompt(context: &Context<'_>, source: &Arc<MCPPrompt>) -> Result<Arc<Prompt>, Problem> {
    let name = source.spec.name.as_deref();
    let name = name.or(source.metadata.name.as_deref()).unwrap_or_default();
    let namespace = source.metadata.namespace.as_deref().unwrap_or("default");
    let references = || plan::prompt_references(context, namespace, &source.spec);
    let previous = context
        .previous
        .and_then(|registry| registry.prompts.get(name))
        .filter(|previous| context.still_holds(&previous.inputs, source, references));
    match previous {
        Some(previous) => Ok(Arc::clone(previous)),
        None => {
            let inputs = context.inputs(source, references());
            compile(context, name, namespace, inputs).map(Arc::new)
        }
    }
}

fn compile(
    context: &Context<'_>,
    name: &str,
    namespace: &str,
    inputs: Inputs<MCPPrompt>,
) -> Result<Prompt, Problem> {
    let source = &*inputs.source;
    let spec = &source.spec;
    let mut messages = Vec::new();
    if let Some(template) = &spec.template {
        let content = MessageContent::Text(text(spec, "spec.template", template)?);
        messages.push(Message {
            role: "user",
            content,
        });
    }
    for (index, item) in spec.messages.iter().enumerate() {
        let role = match item.role {
            crd::Role::User => "user",
            crd::Role::Assistant => "assistant",
        };
        messages.push(Message {
            role,
            content: content(spec, &format!("spec.messages[{index}]"), item)?,
        });
    }
    let service = spec
        .service
        .as_ref()
        .map(|service| plan::prompt(context, namespace, service).map(Arc::new))
        .transpose()?;
    if messages.is_empty() && service.is_none() {
        return Err(Problem::new(
            Reason::InvalidSpec,
            "spec",
            "give template, messages or service",
        ));
    }
    Ok(Prompt {
        name: Arc::from(name),
        object: reference(Kind::Prompt, &source.metadata),
        entry: Entry::same(entry(name, spec)),
        description: spec.description.clone(),
        variables: spec.variables.iter().map(variable).collect(),
        messages,
        service,
        inputs,
    })
}

fn variable(variable: &crd::PromptVariable) -> Variable {
    Variable {
        name: variable.name.clone(),
        required: variable.required,
        default: variable.default.clone(),
        values: variable.values.clone(),
    }
}

fn content(
    spec: &MCPPromptSpec,
    field: &str,
    message: &crd::PromptMessage,
) -> Result<MessageContent, Problem> {
    match (
        &message.template,
        &message.image,
        &message.audio,
        &message.resource,
    ) {
        (Some(template), None, None, None) => Ok(MessageContent::Text(text(
            spec,
            &format!("{field}.template"),
            template,
        )?)),
        (None, Some(image), None, None) => Ok(MessageContent::Fixed(media("image", image))),
        (None, None, Some(audio), None) => Ok(MessageContent::Fixed(media("audio", audio))),
        (None, None, None, Some(resource)) => Ok(MessageContent::Resource(ResourceBlock {
            uri: text(spec, &format!("{field}.resource.uri"), &resource.uri)?,
            mime_type: resource.mime_type.clone(),
            text: resource
                .text
                .as_deref()
                .map(|body| text(spec, &format!("{field}.resource.text"), body))
                .transpose()?,
            blob: resource.blob.clone(),
        })),
        _ => Err(Problem::new(
            Reason::InvalidSpec,
            field,
            "give exactly one of template, image, audio and resource",
        )),
    }
}

fn media(kind: &str, media: &crd::MediaContent) -> Box<[u8]> {
    let mut block = Vec::new();
    push_media_block(&mut block, kind, &media.data, &media.mime_type);
    block.into()
}

/// A template whose every name is declared: one that is not would silently stay empty.
fn text(spec: &MCPPromptSpec, field: &str, template: &str) -> Result<Text, Problem> {
    let invalid = |message: String| Problem::new(Reason::InvalidTemplate, field, message);
    let text = Text::parse(template).map_err(invalid)?;
    let undeclared = text
        .variables()
        .find(|name| spec.variables.iter().all(|variable| variable.name != *name));
    match undeclared {
        Some(name) => Err(invalid(format!(
            "{{{{{name}}}}} is not declared; add it to spec.variables"
        ))),
        None => Ok(text),
    }
}

/// A prompt as `prompts/list` shows it.
fn entry(name: &str, spec: &MCPPromptSpec) -> Vec<u8> {
    let arguments: Vec<_> = spec
        .variables
        .iter()
        .map(|variable| {
            let mut argument = json!({"name": variable.name, "required": variable.required && variable.default.is_none()});
            if let Some(description) = &variable.description {
                argument["description"] = json!(description);
            }
            argument
        })
        .collect();
    let mut entry = json!({"name": name, "arguments": arguments});
    for (key, value) in [("title", &spec.title), ("description", &spec.description)] {
        if let Some(value) = value {
            entry[key] = json!(value);
        }
    }
    entry.to_string().into_bytes()
}
