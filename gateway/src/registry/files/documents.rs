//! Takes the text of one file apart into its documents, each a JSON value and the line it starts at.
//! Refuses what is not YAML, says where, and bounds what anchors can blow up; knows nothing of kinds.

use std::collections::HashMap;

use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{
    self, ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag,
};

use super::scalar;

/// Nesting deeper than this is refused; the deepest useful schema has a tenth of it.
const MAX_DEPTH: usize = 100;
/// Values of one file, each use of an anchor counting as many values as it stands for.
const MAX_NODES: usize = 1_000_000;
/// Bytes of text in the values of one file, counted likewise.
const MAX_TEXT: usize = 32 << 20;

/// One document of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Document {
    /// Which document of the file it is, the empty ones counted.
    pub(super) index: usize,
    /// The line where its content starts, from 1.
    pub(super) line: usize,
    /// The document as JSON, keys sorted.
    pub(super) value: Value,
    /// What its writer may not have meant, each with its line.
    pub(super) warnings: Vec<(usize, String)>,
}

/// Why a text is not a sequence of documents.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// The line of the mistake, from 1.
    pub(super) line: usize,
    /// What is wrong, and what to do.
    pub(super) message: String,
}

/// The parser of `text`, with the bounds that hold for every file.
pub(super) fn events(text: &str) -> Parser<'_, StrInput<'_>> {
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    Parser::new_from_str_with_options(text, options)
}

/// All documents of `text` that are not empty.
pub(super) fn parse(text: &str) -> Result<Vec<Document>, Broken> {
    let mut composer = Composer::new(text);
    let mut documents = Vec::new();
    let mut index = 0;
    loop {
        match composer.next()? {
            (Event::StreamEnd, _) => return Ok(documents),
            (Event::DocumentStart(..), _) => {
                let (first, span) = composer.next()?;
                let line = span.start.line();
                // Anchors hold within their document alone.
                composer.anchors.clear();
                let value = composer.node(first, span, 0)?.value;
                let warnings = std::mem::take(&mut composer.warnings);
                if !value.is_null() {
                    documents.push(Document {
                        index,
                        line,
                        value,
                        warnings,
                    });
                }
                index += 1;
            }
            _ => {}
        }
    }
}

/// Turns the events of a text into values.
struct Composer<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    warnings: Vec<(usize, String)>,
    nodes: usize,
    text: usize,
}

/// A value, and what it costs to use it again.
#[derive(Clone)]
struct Node {
    value: Value,
    nodes: usize,
    text: usize,
    height: usize,
}

impl<'t> Composer<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            parser: events(text),
            anchors: HashMap::new(),
            warnings: Vec::new(),
            nodes: 0,
            text: 0,
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Broken> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(broken(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Broken> {
        let line = span.start.line();
        let (anchor, node) = match event {
            Event::Alias(id) => return self.alias(id, line, depth),
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, self.scalar(&text, style, tag.as_deref(), line)?)
            }
            Event::SequenceStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref(), "seq", line)?;
                (anchor, self.sequence(line, depth + 1)?)
            }
            Event::MappingStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref(), "map", line)?;
                (anchor, self.mapping(line, depth + 1)?)
            }
            _ => return Err(at(line, "a value is missing here")),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, line: usize, depth: usize) -> Result<Node, Broken> {
        let Some(node) = self.anchors.get(&id) else {
            return Err(at(
                line,
                "this alias stands inside the very anchor it names; write the value out",
            ));
        };
        let (nodes, text, height) = (node.nodes, node.text, node.height);
        // Judged before the copy is made: the copy is what would be too much.
        self.spend(nodes, text, line)?;
        self.bound_depth(depth + height, line)?;
        self.anchors
            .get(&id)
            .cloned()
            .ok_or_else(|| at(line, "this alias names no anchor"))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        line: usize,
    ) -> Result<Node, Broken> {
        self.spend(1, text.len(), line)?;
        let value = match (tag, style) {
            (Some(tag), _) => {
                let Some(suffix) = tag.core_suffix() else {
                    return Err(at(
                        line,
                        &format!("the tag {} is not known here; take it away", tag.original()),
                    ));
                };
                scalar::tagged(suffix, text).map_err(|message| at(line, &message))?
            }
            (None, ScalarStyle::Plain) => {
                let read = scalar::plain(text).map_err(|message| at(line, &message))?;
                if read.surprising {
                    let message = format!(
                        "{text} without quotes is the boolean {} to kubectl; write \"{text}\" if the word is meant",
                        read.value
                    );
                    self.warnings.push((line, message));
                }
                read.value
            }
            (None, _) => Value::from(text),
        };
        Ok(Node {
            value,
            nodes: 1,
            text: text.len(),
            height: 0,
        })
    }

    fn sequence(&mut self, line: usize, depth: usize) -> Result<Node, Broken> {
        self.spend(1, 0, line)?;
        self.bound_depth(depth, line)?;
        let mut whole = Node {
            value: Value::Null,
            nodes: 1,
            text: 0,
            height: 1,
        };
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                whole.value = Value::Array(items);
                return Ok(whole);
            }
            let item = self.node(event, span, depth)?;
            whole.add(&item);
            items.push(item.value);
        }
    }

    fn mapping(&mut self, line: usize, depth: usize) -> Result<Node, Broken> {
        self.spend(1, 0, line)?;
        self.bound_depth(depth, line)?;
        let mut whole = Node {
            value: Value::Null,
            nodes: 1,
            text: 0,
            height: 1,
        };
        let mut entries = Map::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                for source in merged {
                    merge(&mut entries, source);
                }
                whole.value = Value::Object(entries);
                return Ok(whole);
            }
            let line = span.start.line();
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, 0, None) if text == "<<");
            let key = self.node(event, span, depth)?;
            let name = key_name(key.value, line)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth)?;
            whole.add(&value);
            if merges {
                merge_sources(value.value, &mut merged, line)?;
            } else if entries.contains_key(&name) {
                return Err(at(
                    line,
                    &format!("the key {name:?} stands here a second time; keep one of them"),
                ));
            } else {
                entries.insert(name, value.value);
            }
        }
    }

    fn spend(&mut self, nodes: usize, text: usize, line: usize) -> Result<(), Broken> {
        self.nodes += nodes;
        self.text += text;
        if self.nodes > MAX_NODES || self.text > MAX_TEXT {
            let message = format!(
                "the file stands for more than {MAX_NODES} values or {} MiB of text (each use of an anchor counts); split it",
                MAX_TEXT >> 20
            );
            return Err(at(line, &message));
        }
        Ok(())
    }

    fn bound_depth(&self, depth: usize, line: usize) -> Result<(), Broken> {
        if depth > MAX_DEPTH {
            return Err(too_deep(line));
        }
        Ok(())
    }
}

impl Node {
    fn add(&mut self, inner: &Node) {
        self.nodes += inner.nodes;
        self.text += inner.text;
        self.height = self.height.max(inner.height + 1);
    }
}

/// JSON has text for keys, so other scalars become their text, as kubectl does it.
fn key_name(key: Value, line: usize) -> Result<String, Broken> {
    match key {
        Value::String(name) => Ok(name),
        Value::Bool(_) | Value::Number(_) => Ok(key.to_string()),
        Value::Null => Err(at(
            line,
            "a key is missing before the colon; write one, or \"\" for the empty key",
        )),
        Value::Array(_) | Value::Object(_) => Err(at(
            line,
            "a key must be text; this one is a list or an object (a { or [ that wants quotes?)",
        )),
    }
}

fn merge_sources(
    value: Value,
    merged: &mut Vec<Map<String, Value>>,
    line: usize,
) -> Result<(), Broken> {
    match value {
        Value::Object(map) => merged.push(map),
        Value::Array(items) => {
            for item in items {
                let Value::Object(map) = item else {
                    return Err(at(line, "<< takes an object or a list of objects"));
                };
                merged.push(map);
            }
        }
        _ => return Err(at(line, "<< takes an object or a list of objects")),
    }
    Ok(())
}

/// What is written out beats what is merged in, and an earlier source a later one.
fn merge(entries: &mut Map<String, Value>, source: Map<String, Value>) {
    for (key, value) in source {
        entries.entry(key).or_insert(value);
    }
}

fn refuse_tag(tag: Option<&Tag>, expected: &str, line: usize) -> Result<(), Broken> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(expected) => Err(at(
            line,
            &format!("the tag {} is not known here; take it away", tag.original()),
        )),
        _ => Ok(()),
    }
}

fn broken(error: &ScanError) -> Broken {
    let line = error.marker().line();
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(line);
    }
    let message = error.info();
    let help = if message.contains("tab") {
        "; indent with spaces"
    } else {
        ""
    };
    at(line, &format!("not YAML: {message}{help}"))
}

fn too_deep(line: usize) -> Broken {
    at(
        line,
        &format!("nested deeper than {MAX_DEPTH} levels; make it flatter"),
    )
}

fn at(line: usize, message: &str) -> Broken {
    Broken {
        line: line.max(1),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
