//! What is served: one immutable snapshot, swapped whole whenever the objects change.
//! Knows nothing of HTTP or backends; everything above borrows from what it loads here, once per request.

pub mod admit;
pub mod build;
pub mod files;
pub mod jq;
pub mod list;
pub mod mirrored;
pub mod objects;
pub mod plan;
pub mod prompt;
pub mod rejected;
pub mod schema;
pub mod select;
pub mod snapshot;
pub mod template;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

pub use snapshot::Registry;

/// The current registry, and a bell that rings when another takes its place.
#[derive(Debug)]
pub struct Handle {
    current: ArcSwap<Registry>,
    published: watch::Sender<Arc<Registry>>,
}

impl Handle {
    /// Starts with `first`.
    #[must_use]
    pub fn new(first: Arc<Registry>) -> Self {
        Self {
            current: ArcSwap::new(Arc::clone(&first)),
            published: watch::Sender::new(first),
        }
    }

    /// The registry of this moment; a request calls it once and keeps what it got.
    #[must_use]
    pub fn load(&self) -> Arc<Registry> {
        self.current.load_full()
    }

    /// Puts `next` in place and tells every open stream.
    pub fn publish(&self, next: Arc<Registry>) {
        self.current.store(Arc::clone(&next));
        self.published.send_replace(next);
    }

    /// Sees every registry from now on (the latest one, where several came at once).
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Registry>> {
        self.published.subscribe()
    }
}
