//! The watches of the operating system on the folders that matter. They hold on to a folder, not to its
//! name, so they are set anew where another folder has come to bear the name. Judges no file.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::mpsc::Sender,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind},
};

use super::points::Points;

/// What the worker is told.
#[derive(Debug)]
pub(super) enum Signal {
    /// Something happened to these paths.
    Event(Event),
    /// Something happened, and nothing says to what.
    Somewhere,
    /// The work is over.
    Stop,
}

/// What an event means for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Somebody writes, and has not closed the file yet.
    Writing,
    /// The file is closed, or has other rights.
    Written,
    /// A name came, went or changed.
    Renamed,
}

/// What an event means; `None` where it means nothing, as reading does.
pub(super) fn change(kind: &EventKind) -> Option<Change> {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Change::Written),
        EventKind::Access(_) => None,
        EventKind::Modify(ModifyKind::Data(_)) => Some(Change::Writing),
        EventKind::Modify(ModifyKind::Metadata(_)) => Some(Change::Written),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => Some(Change::Renamed),
    }
}

/// The folders being watched.
#[derive(Debug)]
pub(super) struct Watches {
    watcher: Option<RecommendedWatcher>,
    current: HashMap<PathBuf, (u64, u64)>,
    points: Points,
    complained: bool,
}

impl Watches {
    /// Watches nothing yet; what happens later is told to `signals`.
    pub(super) fn new(signals: Sender<Signal>) -> Self {
        let tell = move |event: notify::Result<Event>| {
            let signal = match event {
                Ok(event) if event.need_rescan() => Signal::Somewhere,
                Ok(event) if change(&event.kind).is_none() => return,
                Ok(event) => Signal::Event(event),
                Err(_) => Signal::Somewhere,
            };
            // The worker may be gone already; then nobody wants to know.
            let _ = signals.send(signal);
        };
        let mut watches = Self {
            watcher: None,
            current: HashMap::new(),
            points: Points::default(),
            complained: false,
        };
        match notify::recommended_watcher(tell) {
            Ok(watcher) => watches.watcher = Some(watcher),
            Err(error) => watches.complain(&error),
        }
        watches
    }

    /// Whether something that happened to `path` may matter.
    pub(super) fn concern(&self, path: &Path) -> bool {
        self.points.concern(path)
    }

    /// The folder at `path`, and all below, may not be the ones that are being watched any more.
    pub(super) fn lose(&mut self, path: &Path) {
        self.current.retain(|folder, _| !folder.starts_with(path));
    }

    /// Watches exactly `points`. Returns whether a watch is new: what happened before it may have gone unnoticed.
    pub(super) fn follow(&mut self, points: Points) -> bool {
        let mut is_new = false;
        let gone: Vec<PathBuf> = self
            .current
            .keys()
            .filter(|folder| !points.0.contains_key(*folder))
            .cloned()
            .collect();
        for folder in gone {
            self.unwatch(&folder);
        }
        for folder in points.0.keys() {
            let Ok(metadata) = fs::metadata(folder) else {
                continue;
            };
            let identity = (metadata.dev(), metadata.ino());
            if self.current.get(folder) != Some(&identity) {
                self.unwatch(folder);
                is_new |= self.watch(folder, identity);
            }
        }
        self.points = points;
        is_new
    }

    fn watch(&mut self, folder: &Path, identity: (u64, u64)) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.current.insert(folder.to_owned(), identity);
                true
            }
            Err(error) => {
                // A folder that has just gone is no reason to complain.
                if folder.exists() {
                    self.complain(&error);
                }
                false
            }
        }
    }

    fn unwatch(&mut self, folder: &Path) {
        self.current.remove(folder);
        if let Some(watcher) = &mut self.watcher {
            // It may have gone together with its folder.
            let _ = watcher.unwatch(folder);
        }
    }

    fn complain(&mut self, error: &notify::Error) {
        if !std::mem::replace(&mut self.complained, true) {
            tracing::warn!(%error, "changes of files are noticed only every two seconds; raise fs.inotify.max_user_watches and max_user_instances");
        }
    }
}
