//! Lists as they go out: every entry rendered once at build, per era, so that a page is a slice of one buffer.
//! Where both eras read the same bytes, and mostly they do, the bytes are there once.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use rustc_hash::FxHasher;

use crate::mcp::version::Era;

/// Most entries of a page.
const PAGE_ENTRIES: usize = 1_000;
/// Most bytes of a page, unless a single entry is larger.
const PAGE_BYTES: usize = 1 << 20;

/// One entry, rendered for both eras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// For 2026-07-28.
    modern: Box<[u8]>,
    /// For revisions up to 2025-11-25, where it differs.
    legacy: Option<Box<[u8]>>,
    /// Of both, worked out once, so that a list of thousands of unchanged entries is not hashed again.
    hash: u64,
}

/// A sorted list, rendered.
#[derive(Debug, Default)]
pub struct List {
    keys: Vec<Arc<str>>,
    modern: Rendered,
    /// Where it differs.
    legacy: Option<Rendered>,
    /// Changes exactly when the visible list changes.
    pub fingerprint: u64,
}

#[derive(Clone, Debug, Default)]
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
    pub fn new<'a>(sorted: impl Iterator<Item = (Arc<str>, &'a Entry)> + Clone) -> Self {
        let (count, bytes) = sorted.clone().fold((0, 0), |(count, bytes), (_, entry)| {
            (count + 1, bytes + entry.modern.len() + 1)
        });
        let mut list = Self {
            keys: Vec::with_capacity(count),
            modern: Rendered::with_capacity(count, bytes),
            ..Self::default()
        };
        let mut hasher = FxHasher::default();
        for (key, entry) in sorted {
            if entry.legacy.is_some() && list.legacy.is_none() {
                list.legacy = Some(list.modern.clone());
            }
            if let Some(legacy) = &mut list.legacy {
                legacy.push(entry.bytes(Era::Legacy));
            }
            list.modern.push(entry.bytes(Era::Modern));
            list.keys.push(key);
            hasher.write_u64(entry.hash);
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
        let rendered = match (era, &self.legacy) {
            (Era::Legacy, Some(legacy)) => legacy,
            (Era::Legacy, None) | (Era::Modern, _) => &self.modern,
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

impl Entry {
    /// An entry that the eras read differently, or not.
    #[must_use]
    pub fn new(legacy: Vec<u8>, modern: Vec<u8>) -> Self {
        let mut hasher = FxHasher::default();
        legacy.hash(&mut hasher);
        modern.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            legacy: (legacy != modern).then(|| legacy.into()),
            modern: modern.into(),
        }
    }

    /// An entry that every era reads.
    #[must_use]
    pub fn same(bytes: Vec<u8>) -> Self {
        Self::new(bytes.clone(), bytes)
    }

    /// The JSON that an era's clients get.
    #[must_use]
    pub fn bytes(&self, era: Era) -> &[u8] {
        match (era, &self.legacy) {
            (Era::Legacy, Some(legacy)) => legacy,
            (Era::Legacy, None) | (Era::Modern, _) => &self.modern,
        }
    }
}

impl Rendered {
    fn with_capacity(count: usize, bytes: usize) -> Self {
        Self {
            buffer: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(count),
        }
    }

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

#[cfg(test)]
mod tests;
