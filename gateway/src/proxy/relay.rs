//! A backend's event stream, event by event: notices that the client asked for, and last the result.
//! Pure; any other stream of events is text.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{answer::Received, decode::Wants, raw_result::RESULT_TYPE};
use crate::mcp::{
    events::{Event, EventReader},
    json::minified,
    level::Level,
    message::string,
};

/// Reads a backend's events.
#[derive(Debug)]
pub struct Relay<'a> {
    reader: EventReader,
    wants: Wants,
    /// The last progress that was passed on: it must grow, over all rounds of a call.
    progress: &'a mut f64,
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
    params: Option<&'a RawValue>,
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

impl<'a> Relay<'a> {
    /// For a client that wants this, and results of at most `limit` bytes.
    #[must_use]
    pub fn new(wants: Wants, limit: usize, progress: &'a mut f64) -> Self {
        Self {
            reader: EventReader::new(limit),
            wants,
            progress,
            raw: Some(Vec::new()),
            limit,
        }
    }

    /// Reads more of the stream and appends what it means.
    ///
    /// # Errors
    /// Where it is longer than allowed; what was appended came before that.
    pub fn hear(&mut self, bytes: &[u8], heard: &mut Vec<Heard>) -> Result<(), String> {
        let mut events = Vec::new();
        let read = self.reader.read(bytes, &mut events);
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
                    return Ok(());
                }
                // Not ours: the whole stream is text, unless it had begun as ours.
                None => {}
            }
        }
        if let Some(raw) = &mut self.raw {
            raw.extend_from_slice(bytes);
            if raw.len() > self.limit {
                return Err(format!(
                    "The backend call failed: the answer is larger than {} bytes. Ask for less.",
                    self.limit
                ));
            }
        }
        read.map_err(|error| format!("The backend call failed: {error}."))
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
        let params: Details<'_> = serde_json::from_str(notice.params?.get()).ok()?;
        let method = notice.method.and_then(string)?;
        match &*method {
            "notifications/progress" => {
                let same = is_same(params.progress_token?, self.wants.progress.as_ref()?);
                let progress = params
                    .progress
                    .filter(|progress| same && *progress > *self.progress)?;
                *self.progress = progress;
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
        // Written anew: with an id, say, the client would take it for a request.
        let params = minified(notice.params?.get());
        Some(format!(
            "{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{params}}}"
        ))
    }
}

enum Meaning {
    Notice,
    Result,
}

/// Whether two tokens are the same value; backends may escape characters that clients do not, and the other way round.
fn is_same(one: &RawValue, other: &RawValue) -> bool {
    let value = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
    one.get() == other.get() || value(one) == value(other)
}

/// Whether an object is a result of MCP: it has one of the members that such results have, of the right kind.
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
        let begins = |member: Option<&RawValue>, with| {
            member.is_some_and(|member| member.get().starts_with(with))
        };
        begins(members.content, '[')
            || begins(members.messages, '[')
            || begins(members.contents, '[')
            || begins(members.result_type, '"')
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
