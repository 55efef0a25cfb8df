//! Streams of one client: what changed, told once a second at most, and a comment now and then.
//! Bounded: a reader that does not keep up loses its stream and resumes.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use rustc_hash::FxHasher;
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    mcp::sse,
    registry::{Registry, snapshot::Content},
};

/// Events that wait for a slow reader.
pub const BUFFER: usize = 64;
/// Least time between two notices of one stream.
const QUIET: Duration = Duration::from_secs(1);
/// Time between comments.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);

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

/// What a resource's content looks like; `None` where there is no such resource. Content behind a Service always looks
/// the same: only its backend could tell.
#[must_use]
pub fn content(registry: &Registry, uri: &str) -> Option<u64> {
    let (resource, _) = registry.resource(uri)?;
    Some(match &resource.content {
        Content::Inline(rendered) => {
            let mut hasher = FxHasher::default();
            rendered.hash(&mut hasher);
            hasher.finish()
        }
        Content::Service { .. } => 0,
    })
}

/// The followed URIs whose content has changed; what is known of them is brought up to date.
pub fn updated(followed: &mut HashMap<String, u64>, registry: &Registry) -> Vec<String> {
    let mut updated = Vec::new();
    for (uri, known) in followed {
        let now = content(registry, uri).unwrap_or_default();
        if std::mem::replace(known, now) != now {
            updated.push(uri.clone());
        }
    }
    updated
}

/// Something that a stream tells its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice<'a> {
    /// The list of that name has changed: `tools`, `prompts` or `resources`.
    List(&'static str),
    /// The content of the resource with that URI has changed.
    Resource(&'a str),
}

impl Notice<'_> {
    /// The notification's method.
    #[must_use]
    pub fn method(&self) -> String {
        match self {
            Self::List(list) => format!("notifications/{list}/list_changed"),
            Self::Resource(_) => "notifications/resources/updated".to_owned(),
        }
    }
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

/// Waits a random part of the time over which a pod's streams end; less where the client leaves.
pub async fn wait_for_turn(spread: Duration, events: &mpsc::Sender<Bytes>) {
    // Without randomness they all end at once, which is still an end.
    let part = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX);
    tokio::select! {
        () = sleep(spread.mul_f64(part)) => {}
        () = events.closed() => {}
    }
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
    /// Serves the stream until it ends. `notice` writes one notification, after which the client knows the lists that it
    /// is given; `updated` yields the followed resources that differ in a new registry; `told` hears what the client
    /// knows from then on. Lists are told of once a second at most, resources as they change.
    pub async fn run(
        &mut self,
        notice: impl Fn(Notice<'_>, Seen) -> Bytes,
        mut updated: impl FnMut(&Registry) -> Vec<String>,
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
                changed = self.changes.changed() => {
                    if changed.is_err() {
                        return Ended::Told;
                    }
                    pending = true;
                    let resources = updated(&self.changes.borrow_and_update());
                    if resources.iter().try_for_each(|uri| self.send(notice(Notice::Resource(uri), self.seen))).is_err() {
                        return Ended::Gone;
                    }
                }
                () = sleep_until(quiet_until), if pending => {
                    pending = false;
                    let now = seen(&self.changes.borrow());
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
        notice: impl Fn(Notice<'_>, Seen) -> Bytes,
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
                self.send(notice(Notice::List(list), self.seen))?;
                told = true;
            }
        }
        Ok(told)
    }
}
