//! Which prerequisites are still missing before traffic should come, by name.
//! It decides nothing and serves nothing: `admin` shows it as `/readyz`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(test)]
mod tests;

/// The reason that is listed once [`Readiness::drain`] was called.
pub const DRAINING: &str = "draining";

/// The prerequisites of one process. Clones share them.
///
/// A readiness with which nothing was registered is ready, so everything is registered before the
/// probe is served.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    missing: Arc<Mutex<Missing>>,
}

#[derive(Debug, Default)]
struct Missing {
    next_id: u64,
    /// Keyed by registration, so that two prerequisites may have one name, and in their order.
    names: BTreeMap<u64, String>,
    draining: bool,
}

/// A prerequisite that is not met yet; dropping it says that it is.
#[derive(Debug)]
#[must_use = "a prerequisite that is dropped at once counts as met"]
pub struct Pending {
    id: u64,
    readiness: Readiness,
}

impl Readiness {
    /// A readiness without prerequisites.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a prerequisite; the process is not ready until the guard is dropped.
    pub fn register(&self, name: impl Into<String>) -> Pending {
        let mut missing = self.lock();
        let id = missing.next_id;
        missing.next_id += 1;
        missing.names.insert(id, name.into());
        Pending {
            id,
            readiness: self.clone(),
        }
    }

    /// Makes the process not ready for good, so that no new connections are sent to it.
    pub fn drain(&self) {
        self.lock().draining = true;
    }

    /// The names of what is missing, in the order of registration; empty when ready.
    pub fn pending(&self) -> Vec<String> {
        let missing = self.lock();
        let draining = missing.draining.then(|| DRAINING.to_owned());
        missing.names.values().cloned().chain(draining).collect()
    }

    /// Whether nothing is missing.
    pub fn is_ready(&self) -> bool {
        let missing = self.lock();
        missing.names.is_empty() && !missing.draining
    }

    /// A panic elsewhere leaves the map whole, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Missing> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.readiness.lock().names.remove(&self.id);
    }
}
