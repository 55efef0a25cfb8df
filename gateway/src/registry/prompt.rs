//! Prompts: templates in which only `{{name}}` is special, compiled once, filled in per request.
//! No filters and no blocks; values are inserted verbatim.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value};
use shared::crd::MCPPrompt;

use super::{list::Entry, objects::ObjectRef, plan::RequestPlan, snapshot::Inputs};
use crate::mcp::{json, result};

/// A prompt, compiled.
#[derive(Debug)]
pub struct Prompt {
    /// The name that clients ask for.
    pub name: Arc<str>,
    /// The object it came from.
    pub object: ObjectRef,
    /// As it stands in `prompts/list`.
    pub entry: Entry,
    /// `description` of the result.
    pub description: Option<String>,
    /// The declared variables.
    pub variables: Vec<Variable>,
    /// The messages, in order; none where a backend renders them.
    pub messages: Vec<Message>,
    /// The request that asks a backend to render them.
    pub service: Option<Arc<RequestPlan>>,
    /// What it was compiled from, to tell whether it must be compiled again.
    pub inputs: Inputs<MCPPrompt>,
}

/// A declared variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether a client must give it.
    pub required: bool,
    /// What stands there if the client gives none.
    pub default: Option<String>,
    /// What `completion/complete` proposes.
    pub values: Vec<String>,
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `user` or `assistant`.
    pub role: &'static str,
    /// What it says.
    pub content: MessageContent,
}

/// The one content block of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageContent {
    /// A text with holes.
    Text(Text),
    /// A block that is the same for everybody, rendered.
    Fixed(Box<[u8]>),
    /// An embedded resource.
    Resource(ResourceBlock),
}

/// An embedded resource with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceBlock {
    /// Its URI.
    pub uri: Text,
    /// `mimeType`, if declared.
    pub mime_type: Option<String>,
    /// Its text, if it is text.
    pub text: Option<Text>,
    /// Its base64, if it is not.
    pub blob: Option<String>,
}

/// A text with `{{name}}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Variable(String),
}

impl Text {
    /// Parses a template; a `{{` that is never closed is text that somebody forgot to finish, so it is refused.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, remainder)) = after.split_once("}}") else {
                let line = text[..text.len() - after.len()].lines().count();
                return Err(format!("line {line} has a {{{{ without }}}}"));
            };
            let name = name.trim();
            if name.is_empty() || name.contains(['{', '\n']) {
                return Err(format!(
                    "{{{{{name}}}}} is not a variable; write {{{{name}}}}"
                ));
            }
            if !before.is_empty() {
                pieces.push(Piece::Literal(before.to_owned()));
            }
            pieces.push(Piece::Variable(name.to_owned()));
            rest = remainder;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The names it mentions.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }

    /// The text with every hole filled by `value`.
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Cow<'v, str>) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Cow::Borrowed(text.as_str()),
                Piece::Variable(name) => value(name),
            })
            .collect()
    }
}

impl Prompt {
    /// The `messages` array of `prompts/get`, without its brackets.
    ///
    /// # Errors
    /// Names a required variable that is missing, or one that is not a string.
    pub fn render(&self, arguments: &Map<String, Value>) -> Result<Vec<u8>, String> {
        for variable in &self.variables {
            match arguments.get(&variable.name) {
                Some(Value::String(_)) => {}
                Some(_) => return Err(format!("argument \"{}\" must be a string", variable.name)),
                None if variable.required && variable.default.is_none() => {
                    return Err(format!("argument \"{}\" is required", variable.name));
                }
                None => {}
            }
        }
        let mut out = Vec::new();
        for message in &self.messages {
            if !out.is_empty() {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"role\":");
            json::push_string(&mut out, message.role);
            out.extend_from_slice(b",\"content\":");
            match &message.content {
                MessageContent::Text(text) => {
                    result::push_text_block(
                        &mut out,
                        &text.fill(|name| self.value(name, arguments)),
                    );
                }
                MessageContent::Fixed(block) => out.extend_from_slice(block),
                MessageContent::Resource(block) => self.push_resource(&mut out, block, arguments),
            }
            out.push(b'}');
        }
        Ok(out)
    }

    fn push_resource(
        &self,
        out: &mut Vec<u8>,
        block: &ResourceBlock,
        arguments: &Map<String, Value>,
    ) {
        out.extend_from_slice(b"{\"type\":\"resource\",\"resource\":{\"uri\":");
        json::push_string(out, &block.uri.fill(|name| self.value(name, arguments)));
        let text = block
            .text
            .as_ref()
            .map(|text| text.fill(|name| self.value(name, arguments)));
        let members = [
            ("mimeType", block.mime_type.as_deref()),
            ("text", text.as_deref()),
            ("blob", block.blob.as_deref()),
        ];
        for (key, value) in members {
            if let Some(value) = value {
                out.extend_from_slice(format!(",\"{key}\":").as_bytes());
                json::push_string(out, value);
            }
        }
        out.extend_from_slice(b"}}");
    }

    /// What stands for `name`: the client's value, the default, or nothing.
    fn value<'v>(&'v self, name: &str, arguments: &'v Map<String, Value>) -> Cow<'v, str> {
        let given = arguments.get(name).and_then(Value::as_str);
        let declared = self.variables.iter().find(|variable| variable.name == name);
        Cow::Borrowed(
            given
                .or_else(|| declared?.default.as_deref())
                .unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests;
