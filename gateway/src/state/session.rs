//! One legacy session as this pod knows it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::mcp::session_id::SessionId;

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
    /// The stream that gets this session's messages; a newer one takes its place.
    pub stream: Option<CancellationToken>,
}

impl Session {
    /// A fresh record for an id.
    #[must_use]
    pub fn new(id: SessionId) -> Self {
        let record = Record {
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
