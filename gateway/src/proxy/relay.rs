//! A backend's event stream, event by event: notices that the client asked for, and last the result.
//! Pure; any other stream of events is text.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{answer::Received, converse::Wants, raw_result::RESULT_TYPE};
use crate::mcp::{
    events::{Event, EventReader},
    json::minified,
    level::Level,
    message::string,
};

/// Reads a backend's events.
#[derive(Debug)]
pub struct Relay {
    reader: EventReader,
    wants: Wants,
    /// The last progress that was passed on: it must grow.
    progress: f64,
    /// What came so far, while it may still turn out to be text.
    raw: Option<Vec<u8>>,
    limit: usize,
}

/// What an event means.
#[derive(Debug)]
pub enum Heard {
    /// A message for the client.
    Notice(String),
    /// The end.
    Result(Received),
}

#[derive(Deserialize)]
struct Notice<'a> {
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<Details<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    #[serde(borrow)]
    progress_token: Option<&'a RawValue>,
    progress: Option<f64>,
    #[serde(borrow)]
    level: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Relay {
    /// For a client that wants this, and results of at most `limit` bytes.
    #[must_use]
    pub fn new(wants: Wants, limit: usize) -> Self {
        Self {
            reader: EventReader::new(limit),
            wants,
            progress: f64::NEG_INFINITY,
            raw: Some(Vec::new()),
            limit,
        }
    }

    /// Reads more of the stream.
    ///
    /// # Errors
    /// Where it is longer than allowed.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<Vec<Heard>, String> {
        if let Some(raw) = &mut self.raw {
            raw.extend_from_slice(bytes);
            if raw.len() > self.limit {
                return Err(format!(
                    "The backend call failed: the answer is larger than {} bytes. Ask for less.",
                    self.limit
                ));
            }
        }
        let mut events = Vec::new();
        self.reader
            .read(bytes, &mut events)
            .map_err(|error| format!("The backend call failed: {error}."))?;
        let mut heard = Vec::new();
        for event in &events {
            match self.meaning(event) {
                Some(Meaning::Notice) => {
                    self.raw = None;
                    heard.extend(self.wanted(event).map(Heard::Notice));
                }
                Some(Meaning::Result) => {
                    heard.push(Heard::Result(received(
                        RESULT_TYPE,
                        event.data.clone().into_bytes(),
                    )));
                    return Ok(heard);
                }
                // Not ours: the whole stream is text, unless it had begun as ours.
                None => {}
            }
        }
        Ok(heard)
    }

    /// The stream has ended without a result.
    ///
    /// # Errors
    /// Where it had begun as one that would have a result.
    pub fn end(self) -> Result<Received, String> {
        match self.raw {
            Some(raw) => Ok(received("text/event-stream", raw)),
            None => Err(
                "The backend's stream ended without a result. It may or may not have taken effect."
                    .to_owned(),
            ),
        }
    }

    fn meaning(&self, event: &Event) -> Option<Meaning> {
        let data = event.data.trim_start();
        let notice = serde_json::from_str::<Notice<'_>>(data)
            .ok()
            .filter(|_| data.starts_with('{'))?;
        match notice.method.and_then(string).as_deref() {
            Some("notifications/progress" | "notifications/message") => Some(Meaning::Notice),
            Some(_) => None,
            None if is_result(data) => Some(Meaning::Result),
            None => None,
        }
    }

    /// The message, if the client asked for it.
    fn wanted(&mut self, event: &Event) -> Option<String> {
        let notice: Notice<'_> = serde_json::from_str(&event.data).ok()?;
        let params = notice.params?;
        match notice.method.and_then(string).as_deref() {
            Some("notifications/progress") => {
                let same = params.progress_token?.get() == self.wants.progress.as_ref()?.get();
                let progress = params
                    .progress
                    .filter(|progress| same && *progress > self.progress)?;
                self.progress = progress;
            }
            _ => {
                let level = params
                    .level
                    .and_then(string)
                    .and_then(|level| Level::parse(&level))?;
                if level < self.wants.level? || params.data.is_none() {
                    return None;
                }
            }
        }
        Some(minified(&event.data))
    }
}

enum Meaning {
    Notice,
    Result,
}

/// Whether an object is a result of MCP: it has one of the members that such results have.
fn is_result(text: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Members<'a> {
        #[serde(borrow)]
        content: Option<&'a RawValue>,
        #[serde(borrow)]
        messages: Option<&'a RawValue>,
        #[serde(borrow)]
        contents: Option<&'a RawValue>,
        #[serde(borrow)]
        result_type: Option<&'a RawValue>,
    }
    serde_json::from_str::<Members<'_>>(text).is_ok_and(|members| {
        members.content.is_some()
            || members.messages.is_some()
            || members.contents.is_some()
            || members.result_type.is_some()
    })
}

fn received(content_type: &str, body: Vec<u8>) -> Received {
    Received {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        content_type: content_type.to_owned(),
        body: Bytes::from(body),
    }
}
