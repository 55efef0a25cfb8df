//! Looks at all files and reads those that changed. Keeps what was good where a file cannot be read or
//! does not parse, and holds bad news back while it may be half a save.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::PathBuf,
    sync::Arc,
};

use super::{
    FileSource,
    file::{FileState, Root, Stamp, display},
    scan::{Found, Listing, list},
    text,
};

/// What to do about bad news: a file that does not parse, is gone, or has nothing left in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Take it: nothing is being saved.
    Settle,
    /// Keep what was known and say that something is held back: an editor may be half-way.
    Hold,
}

/// How one look is taken, and what it has come across.
struct Look<'a> {
    mode: Mode,
    busy: &'a HashSet<PathBuf>,
    /// What could not be read at the last look.
    troubled: HashSet<PathBuf>,
    seen: HashSet<PathBuf>,
}

type Files = BTreeMap<(usize, PathBuf), FileState>;

impl FileSource {
    /// Looks at everything; files in `busy` are being written and are left alone. Returns whether
    /// anything may be different from what was there before.
    pub(super) fn refresh(&mut self, mode: Mode, busy: &HashSet<PathBuf>) -> bool {
        self.moved = !self.trouble.is_empty();
        let troubled = self.trouble.drain(..).map(|(path, _)| path).collect();
        let mut look = Look {
            mode,
            busy,
            troubled,
            seen: HashSet::new(),
        };
        self.folders.clear();
        self.links.clear();
        self.held = false;
        let mut known = std::mem::take(&mut self.files);
        let roots = std::mem::take(&mut self.roots);
        for (index, root) in roots.iter().enumerate() {
            match root {
                Root::Once { name, bytes } => self.read_once(index, name, bytes, &mut known),
                Root::Watched { given, absolute } => {
                    let listing = list(absolute, given);
                    self.read_listed(index, listing, &mut known, &mut look);
                }
            }
        }
        self.roots = roots;
        self.keep_missing(known, mode);
        if let Some(secrets) = &mut self.secrets {
            self.moved |= secrets.refresh();
        }
        self.moved || !self.trouble.is_empty()
    }

    fn read_once(&mut self, index: usize, name: &Arc<str>, bytes: &[u8], known: &mut Files) {
        let key = (index, PathBuf::new());
        let state = known.remove(&key).unwrap_or_else(|| {
            let mut state = FileState::new(Arc::clone(name));
            state.take(bytes, &self.admission, true);
            state
        });
        self.files.insert(key, state);
    }

    fn read_listed(
        &mut self,
        index: usize,
        listing: Listing,
        known: &mut Files,
        look: &mut Look<'_>,
    ) {
        for found in listing.files {
            // Two paths of the command line may lead to one file.
            if !look.seen.insert(found.absolute.clone()) {
                continue;
            }
            let key = (index, found.absolute.clone());
            if let Some(state) = self.read_file(known.remove(&key), &found, look) {
                self.files.insert(key, state);
            }
        }
        self.folders.extend(listing.folders);
        self.links.extend(listing.links);
        for (path, error) in listing.failed {
            let is_gone = error.kind() == io::ErrorKind::NotFound;
            if is_gone && look.mode == Mode::Hold && !look.troubled.contains(&path) {
                self.held = true;
                continue;
            }
            // What lies below a folder that cannot be listed cannot be judged to be gone.
            if !is_gone {
                let below: Vec<_> = known
                    .keys()
                    .filter(|(_, file)| file.starts_with(&path))
                    .cloned()
                    .collect();
                for key in below {
                    if let Some(state) = known.remove(&key) {
                        self.files.insert(key, state);
                    }
                }
            }
            self.trouble.push((path, error));
        }
    }

    /// What is known of a file after a look at it; `None` where it is gone.
    fn read_file(
        &mut self,
        before: Option<FileState>,
        found: &Found,
        look: &Look<'_>,
    ) -> Option<FileState> {
        let settle = look.mode == Mode::Settle;
        if look.busy.contains(&found.absolute) {
            self.held = true;
            return before;
        }
        let is_new = before.is_none();
        let mut state = before.unwrap_or_else(|| FileState::new(display(&found.shown)));
        // The metadata is older than what is read now: a change in between makes the next look read again.
        if state.stamp == Some(Stamp::of(&found.metadata)) {
            return Some(state);
        }
        match text::read(&found.absolute) {
            Ok(bytes) if state.holds(&bytes) => {
                state.stamp = Stamp::settled(&found.metadata);
            }
            Ok(bytes) => {
                if state.take(&bytes, &self.admission, settle) {
                    self.moved = true;
                    state.stamp = Stamp::settled(&found.metadata);
                } else {
                    self.held = true;
                    if is_new {
                        return None;
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && settle => {
                self.moved = true;
                return None;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.held = true;
                return (!is_new).then_some(state);
            }
            Err(error) => self.trouble.push((found.absolute.clone(), error)),
        }
        Some(state)
    }

    /// Files that were known and are not listed any more are gone, once that has settled.
    fn keep_missing(&mut self, missing: Files, mode: Mode) {
        if missing.is_empty() {
            return;
        }
        if mode == Mode::Hold {
            self.held = true;
            self.files.extend(missing);
        } else {
            self.moved = true;
        }
    }
}
