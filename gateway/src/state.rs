//! What outlives a request: sessions of the legacy era. Domain verbs only; where it is kept is decided here.

pub mod memory;
pub mod session;

use std::sync::Arc;

use crate::mcp::session_id::{ClientCapabilities, Keys, SessionId, SessionIdError};
use crate::mcp::version::Version;
use memory::Memory;
use session::Session;

/// Where state is kept.
#[derive(Debug)]
pub enum State {
    /// In this process: `dev`, and servers without Redis.
    Memory(Memory),
}

impl State {
    /// State in memory, with keys that live as long as the process.
    #[must_use]
    pub fn in_memory(keys: Keys) -> Self {
        Self::Memory(Memory::new(keys))
    }

    /// Begins a session; the text is its id for `Mcp-Session-Id`. `now` is in seconds since the epoch.
    #[must_use]
    pub fn open_session(
        &self,
        version: Version,
        capabilities: ClientCapabilities,
        now: u64,
    ) -> (String, Arc<Session>) {
        match self {
            Self::Memory(memory) => memory.open(version, capabilities, now),
        }
    }

    /// The session that an id names; a genuine id without a record gets a fresh one.
    ///
    /// # Errors
    /// Where the id is forged or too old, or its session was ended.
    pub fn session(&self, id: &str, now: u64) -> Result<Arc<Session>, SessionError> {
        match self {
            Self::Memory(memory) => memory.find(id, now),
        }
    }

    /// Ends a session and its streams; its id is good for nothing from now on.
    pub fn end_session(&self, session: &Session) {
        match self {
            Self::Memory(memory) => memory.end(session),
        }
    }

    /// The keys of this pod.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        match self {
            Self::Memory(memory) => memory.keys(),
        }
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        match self {
            Self::Memory(memory) => memory.len(),
        }
    }

    /// Forgets what is past its time; called now and then.
    pub fn sweep(&self, idle: std::time::Duration, now: u64) {
        match self {
            Self::Memory(memory) => memory.sweep(idle, now),
        }
    }
}

/// Why a session cannot be had; the client begins a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The id itself is no good.
    #[error(transparent)]
    Id(#[from] SessionIdError),
    /// It was ended by DELETE.
    #[error("the session has ended")]
    Ended,
}

/// The identity of a session's record.
pub type Nonce = [u8; 16];

impl From<&SessionId> for Nonce {
    fn from(id: &SessionId) -> Self {
        id.nonce
    }
}
