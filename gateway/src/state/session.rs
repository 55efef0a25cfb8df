//! One legacy session as this pod knows it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::{sync::oneshot, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::mcp::{level::Level, session_id::SessionId};

/// A session: what its id says, and what happened in it since.
#[derive(Debug)]
pub struct Session {
    /// What the id carries.
    pub id: SessionId,
    /// Cancelled when the session ends.
    pub ended: CancellationToken,
    record: Mutex<Record>,
}

/// The part that changes.
#[derive(Debug)]
pub struct Record {
    /// When a request last used it.
    pub last_used: Instant,
    /// Fingerprints of tools, prompts and resources that the client was last told of or listed.
    pub seen: Option<[u64; 3]>,
    /// Log messages from this level on are passed to the client.
    pub log_level: Option<Level>,
    /// URIs that the client subscribed to, and what it knows of each: a hash of the content.
    pub subscriptions: HashMap<String, u64>,
    /// Questions that the client has not answered, by their ids.
    pub pending: HashMap<String, oneshot::Sender<ClientAnswer>>,
    /// Calls that the client may cancel, by the text of their ids.
    pub calls: HashMap<String, CancellationToken>,
    /// The stream that gets this session's messages; a newer one takes its place.
    pub stream: Option<CancellationToken>,
}

/// What a client answers when it is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientAnswer {
    /// `result`
    Result(Value),
    /// `error`
    Error(Value),
}

impl Session {
    /// A fresh record for an id.
    #[must_use]
    pub fn new(id: SessionId) -> Self {
        let record = Record {
            log_level: None,
            subscriptions: HashMap::new(),
            pending: HashMap::new(),
            calls: HashMap::new(),
            last_used: Instant::now(),
            seen: None,
            stream: None,
        };
        Self {
            id,
            ended: CancellationToken::new(),
            record: Mutex::new(record),
        }
    }

    /// The record; held for a moment only, never across an await.
    pub fn record(&self) -> MutexGuard<'_, Record> {
        // A panic while holding it leaves plain values behind, every combination of which is valid.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a new stream the one that gets messages and closes the one before.
    #[must_use]
    pub fn take_stream(&self) -> CancellationToken {
        let token = self.ended.child_token();
        if let Some(older) = self.record().stream.replace(token.clone()) {
            older.cancel();
        }
        token
    }
}
