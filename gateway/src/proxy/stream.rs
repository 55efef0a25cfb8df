//! Streams of one client: what changed, told once a second at most, and a comment now and then.
//! Bounded: a reader that does not keep up loses its stream and resumes.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{mcp::sse, registry::Registry};

/// Events that wait for a slow reader.
pub const BUFFER: usize = 64;
/// Least time between two notices of one stream.
const QUIET: Duration = Duration::from_secs(1);
/// Time between comments.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a stream wants to hear of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    /// `notifications/tools/list_changed`
    pub tools: bool,
    /// `notifications/prompts/list_changed`
    pub prompts: bool,
    /// `notifications/resources/list_changed`
    pub resources: bool,
}

/// Fingerprints of the three lists.
pub type Seen = [u64; 3];

/// What the lists look like in a registry.
#[must_use]
pub fn seen(registry: &Registry) -> Seen {
    let resources =
        registry.resource_list.fingerprint.rotate_left(1) ^ registry.template_list.fingerprint;
    [
        registry.tool_list.fingerprint,
        registry.prompt_list.fingerprint,
        resources,
    ]
}

/// One stream's connection to its client.
#[derive(Debug)]
pub struct Stream {
    /// Where its events go.
    pub events: mpsc::Sender<Bytes>,
    /// Rings when the registry changes.
    pub changes: watch::Receiver<Arc<Registry>>,
    /// What it wants to hear of.
    pub topics: Topics,
    /// What its client knows; compared with every registry.
    pub seen: Seen,
    /// Ends it: the session is over, or the pod goes down.
    pub end: CancellationToken,
}

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its token was cancelled; there may be a last word.
    Told,
    /// The client left, or does not read.
    Gone,
}

impl Stream {
    /// Serves the stream until it ends. `notice` writes one `list_changed` for the list of that name, after which
    /// the client knows what it is given; `told` hears what the client knows from then on.
    pub async fn run(
        &mut self,
        notice: impl Fn(&str, Seen) -> Bytes,
        told: impl Fn(Seen),
    ) -> Ended {
        let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut quiet_until = Instant::now();
        // What it has missed before it opened counts as a change.
        self.changes.mark_changed();
        let mut pending = false;
        loop {
            tokio::select! {
                biased;
                () = self.end.cancelled() => return Ended::Told,
                () = self.events.closed() => return Ended::Gone,
                changed = self.changes.changed() => match changed {
                    Ok(()) => pending = true,
                    Err(_) => return Ended::Told,
                },
                () = sleep_until(quiet_until), if pending => {
                    pending = false;
                    let now = seen(&self.changes.borrow_and_update());
                    match self.tell(now, &notice) {
                        Ok(true) => {
                            quiet_until = Instant::now() + QUIET;
                            told(now);
                        }
                        Ok(false) => {}
                        Err(_) => return Ended::Gone,
                    }
                }
                _ = keep_alive.tick() => {
                    if self.send(Bytes::from_static(sse::KEEP_ALIVE)).is_err() {
                        return Ended::Gone;
                    }
                }
            }
        }
    }

    /// Sends an event, unless the reader is too far behind.
    ///
    /// # Errors
    /// Where the client left or does not read.
    pub fn send(&self, event: Bytes) -> Result<(), TrySendError<Bytes>> {
        self.events.try_send(event)
    }

    /// Tells of every list that moved and is wanted; says whether there was one.
    fn tell(
        &mut self,
        now: Seen,
        notice: impl Fn(&str, Seen) -> Bytes,
    ) -> Result<bool, TrySendError<Bytes>> {
        let mut told = false;
        let wanted = [
            self.topics.tools,
            self.topics.prompts,
            self.topics.resources,
        ];
        for (index, list) in ["tools", "prompts", "resources"].into_iter().enumerate() {
            if now[index] == self.seen[index] {
                continue;
            }
            self.seen[index] = now[index];
            if wanted[index] {
                self.send(notice(list, self.seen))?;
                told = true;
            }
        }
        Ok(told)
    }
}
