//! Lists as they go out: every entry rendered once at build, per era, so that a page is a slice of one buffer.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::mcp::version::Era;

/// Most entries of a page.
const PAGE_ENTRIES: usize = 1_000;
/// Most bytes of a page, unless a single entry is larger.
const PAGE_BYTES: usize = 1 << 20;

/// One entry, rendered for both eras.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// For revisions up to 2025-11-25.
    pub legacy: Box<[u8]>,
    /// For 2026-07-28.
    pub modern: Box<[u8]>,
}

/// A sorted list, rendered.
#[derive(Debug, Default)]
pub struct List {
    keys: Vec<Box<str>>,
    legacy: Rendered,
    modern: Rendered,
    /// Changes exactly when the visible list changes.
    pub fingerprint: u64,
}

#[derive(Debug, Default)]
struct Rendered {
    /// Entries, joined by commas.
    buffer: Vec<u8>,
    /// Where each entry ends.
    ends: Vec<usize>,
}

/// Part of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// JSON values joined by commas, without brackets.
    pub entries: &'a [u8],
    /// The last key of this page, if more come after it.
    pub next: Option<&'a str>,
}

impl List {
    /// Renders the list from entries sorted by key.
    #[must_use]
    pub fn new<'a>(sorted: impl Iterator<Item = (&'a str, &'a Entry)>) -> Self {
        let mut list = Self::default();
        let mut hasher = FxHasher::default();
        for (key, entry) in sorted {
            list.keys.push(key.into());
            list.legacy.push(&entry.legacy);
            list.modern.push(&entry.modern);
            entry.modern.hash(&mut hasher);
        }
        list.fingerprint = hasher.finish();
        list
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The page after the key `after`, which itself need not exist any more.
    #[must_use]
    pub fn page(&self, era: Era, after: Option<&str>) -> Page<'_> {
        let rendered = match era {
            Era::Legacy => &self.legacy,
            Era::Modern => &self.modern,
        };
        let first = after.map_or(0, |after| self.keys.partition_point(|key| **key <= *after));
        let start = rendered.start(first);
        let past = rendered.ends[first..]
            .iter()
            .take(PAGE_ENTRIES)
            .take_while(|end| **end - start <= PAGE_BYTES)
            .count()
            .max(1)
            .min(self.len() - first);
        let last = first + past;
        let end = if past == 0 {
            start
        } else {
            rendered.ends[last - 1]
        };
        let next = (last < self.len()).then(|| &*self.keys[last - 1]);
        Page {
            entries: &rendered.buffer[start..end],
            next,
        }
    }
}

impl Rendered {
    fn push(&mut self, entry: &[u8]) {
        if !self.buffer.is_empty() {
            self.buffer.push(b',');
        }
        self.buffer.extend_from_slice(entry);
        self.ends.push(self.buffer.len());
    }

    /// Where entry `index` starts: after the comma that follows the one before it.
    fn start(&self, index: usize) -> usize {
        match index {
            0 => 0,
            _ if index < self.ends.len() => self.ends[index - 1] + 1,
            _ => self.buffer.len(),
        }
    }
}
