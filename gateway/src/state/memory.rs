//! Sessions in this process's memory.

use std::{
    collections::hash_map::Entry,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustc_hash::FxHashMap;

use super::{Nonce, SessionError, session::Session};
use crate::mcp::{
    session_id::{ClientCapabilities, Keys, MAX_AGE_SECONDS, SessionId},
    version::Version,
};

/// Most sessions that are remembered; past it the least recently used make room (their ids stay good).
const MAX_SESSIONS: usize = 100_000;

/// Sessions and the ids of ended ones.
#[derive(Debug)]
pub struct Memory {
    keys: Keys,
    records: Mutex<FxHashMap<Nonce, Slot>>,
}

#[derive(Debug)]
enum Slot {
    Live(Arc<Session>),
    /// Ended; remembered until its id would be too old anyway. Seconds since the epoch.
    Ended {
        issued: u64,
    },
}

impl Memory {
    /// Nothing in it.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            records: Mutex::default(),
        }
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn open(
        &self,
        version: Version,
        capabilities: ClientCapabilities,
        now: u64,
    ) -> (String, Arc<Session>) {
        let mut nonce = [0; 16];
        // The system's randomness does not fail once the machine has booted.
        let _filled = getrandom::fill(&mut nonce);
        let id = SessionId {
            nonce,
            issued: now,
            version,
            capabilities,
        };
        let session = Arc::new(Session::new(id));
        self.records()
            .insert(nonce, Slot::Live(Arc::clone(&session)));
        (id.encode(&self.keys), session)
    }

    pub(super) fn find(&self, text: &str, now: u64) -> Result<Arc<Session>, SessionError> {
        let id = SessionId::decode(text, &self.keys, now)?;
        match self.records().entry(id.nonce) {
            Entry::Occupied(slot) => match slot.get() {
                Slot::Ended { .. } => Err(SessionError::Ended),
                Slot::Live(session) => {
                    session.record().last_used = tokio::time::Instant::now();
                    Ok(Arc::clone(session))
                }
            },
            Entry::Vacant(slot) => {
                let session = Arc::new(Session::new(id));
                slot.insert(Slot::Live(Arc::clone(&session)));
                Ok(session)
            }
        }
    }

    pub(super) fn end(&self, session: &Session) {
        self.records().insert(
            session.id.nonce,
            Slot::Ended {
                issued: session.id.issued,
            },
        );
        session.ended.cancel();
    }

    pub(super) fn len(&self) -> usize {
        self.records()
            .values()
            .filter(|slot| matches!(slot, Slot::Live(_)))
            .count()
    }

    /// Drops idle sessions without a stream, and ended ones whose ids are too old to come back.
    pub(super) fn sweep(&self, idle: Duration, now: u64) {
        let mut records = self.records();
        let mut idle = idle;
        loop {
            records.retain(|_, slot| match slot {
                Slot::Ended { issued } => now.saturating_sub(*issued) <= MAX_AGE_SECONDS,
                Slot::Live(session) => {
                    let record = session.record();
                    let streaming = record
                        .stream
                        .as_ref()
                        .is_some_and(|stream| !stream.is_cancelled());
                    streaming || record.last_used.elapsed() < idle
                }
            });
            if records.len() <= MAX_SESSIONS || idle.is_zero() {
                return;
            }
            idle = if idle > Duration::from_secs(1) {
                idle / 2
            } else {
                Duration::ZERO
            };
        }
    }

    fn records(&self) -> MutexGuard<'_, FxHashMap<Nonce, Slot>> {
        // A panic while holding it leaves whole entries behind.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
