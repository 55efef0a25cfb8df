//! Follows the files: loads again within a tenth of a second of a save, and sits still otherwise.
//! Reading and parsing run on a thread of their own; only what came of it reaches the async side.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::{
    FileSource, Loaded,
    load::Mode,
    pace::{Pace, Reason},
    watches::{Change, Signal, Watches, change},
};

/// A file that somebody has kept open for writing so long is read nevertheless.
const LONGEST_WRITE: Duration = Duration::from_secs(3);
/// One look is repeated so often at most, where new folders keep appearing.
const MAX_LOOKS: usize = 4;

/// Calls `on_load` whenever the objects or the findings have changed, until `shutdown`.
pub async fn watch(
    source: FileSource,
    mut on_load: impl FnMut(Loaded),
    shutdown: CancellationToken,
) {
    let (loads, mut incoming) = tokio::sync::mpsc::channel(4);
    let (signals, inbox) = mpsc::channel();
    let stop = StopOnDrop(signals.clone());
    let worker =
        tokio::task::spawn_blocking(move || Worker::new(source, signals, loads).run(&inbox));
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            loaded = incoming.recv() => match loaded {
                Some(loaded) => on_load(loaded),
                None => break,
            },
        }
    }
    drop(stop);
    drop(incoming);
    if let Err(error) = worker.await {
        tracing::error!(%error, "the files are not watched any more");
    }
}

/// Ends the worker, also where the future that waits for it is dropped.
struct StopOnDrop(Sender<Signal>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        // A worker that is gone needs no stopping.
        let _ = self.0.send(Signal::Stop);
    }
}

struct Worker {
    source: FileSource,
    watches: Watches,
    pace: Pace,
    /// Files that somebody is writing, and since when.
    writing: HashMap<PathBuf, Instant>,
    loads: tokio::sync::mpsc::Sender<Loaded>,
}

impl Worker {
    fn new(
        source: FileSource,
        signals: Sender<Signal>,
        loads: tokio::sync::mpsc::Sender<Loaded>,
    ) -> Self {
        Self {
            source,
            watches: Watches::new(signals),
            pace: Pace::new(Instant::now()),
            writing: HashMap::new(),
            loads,
        }
    }

    fn run(mut self, inbox: &Receiver<Signal>) {
        // What changed between the first load and the first watch.
        if !self.look(Reason::Changed) {
            return;
        }
        loop {
            let (at, reason) = self.pace.next();
            let wait = at.saturating_duration_since(Instant::now());
            let signal = if wait.is_zero() {
                Err(RecvTimeoutError::Timeout)
            } else {
                inbox.recv_timeout(wait)
            };
            match signal {
                Ok(Signal::Event(event)) => self.note(&event),
                Ok(Signal::Somewhere) => self.pace.changed(Instant::now()),
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    if !self.look(reason) {
                        return;
                    }
                }
            }
        }
    }

    fn note(&mut self, event: &notify::Event) {
        let Some(change) = change(&event.kind) else {
            return;
        };
        let now = Instant::now();
        for path in &event.paths {
            match change {
                Change::Writing => {
                    self.writing.entry(path.clone()).or_insert(now);
                }
                Change::Written => {
                    self.writing.remove(path);
                }
                Change::Renamed => {
                    self.writing.remove(path);
                    self.watches.lose(path);
                }
            }
            if self.watches.concern(path) {
                self.pace.changed(now);
            }
        }
    }

    /// Looks at the files and hands on what is new. Returns whether anybody still wants it.
    fn look(&mut self, reason: Reason) -> bool {
        let began = Instant::now();
        let mode = match reason {
            Reason::Settled => Mode::Settle,
            Reason::Changed | Reason::Safety => Mode::Hold,
        };
        if mode == Mode::Settle {
            self.pace.settled();
        }
        self.writing
            .retain(|_, since| began - *since < LONGEST_WRITE);
        let busy: HashSet<PathBuf> = self.writing.keys().cloned().collect();
        let mut moved = false;
        for _ in 0..MAX_LOOKS {
            moved |= self.source.refresh(mode, &busy);
            if !self.watches.follow(self.source.points()) {
                break;
            }
        }
        self.pace.looked(began, Instant::now(), self.source.held);
        if !moved && !self.source.fresh {
            return true;
        }
        let loaded = self.source.take_loaded();
        if loaded.changed || loaded.findings_changed {
            return self.loads.blocking_send(loaded).is_ok();
        }
        true
    }
}

#[cfg(test)]
mod tests;
