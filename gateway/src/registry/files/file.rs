//! What `-f` names, and what is known of each file found there: its last good objects and whether it may
//! have changed since. When to look is decided elsewhere.

use std::{
    collections::HashMap,
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    documents::{Broken, parse},
    entry::{Entry, Fingerprint, Reader, fingerprint},
    report::{Place, Report, Severity},
    text,
};
use crate::registry::admit::Admission;

/// A file that changed so recently may change again without its times changing: the clock of a file
/// system ticks some milliseconds apart.
const CLOCK_TICK: Duration = Duration::from_millis(50);

/// One path of the command line.
#[derive(Debug)]
pub(super) enum Root {
    /// The standard input or a pipe: it gives its content once.
    Once {
        /// Its name for people.
        name: Arc<str>,
        /// What it gave.
        bytes: Vec<u8>,
    },
    /// A file or folder that can be read again.
    Watched {
        /// As it was given.
        given: PathBuf,
        /// From the root of the file system, links left as they are.
        absolute: PathBuf,
    },
}

impl Root {
    /// Reads what can be read only once, and makes sure that the rest is there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::Once {
                name: Arc::from("stdin"),
                bytes: text::read_from(io::stdin().lock())?,
            });
        }
        let metadata = fs::metadata(path)?;
        if metadata.is_file() || metadata.is_dir() {
            return Ok(Self::Watched {
                given: path.to_owned(),
                absolute: std::path::absolute(path)?,
            });
        }
        Ok(Self::Once {
            name: display(path),
            bytes: text::read(path)?,
        })
    }
}

/// A path for people: as it was given, without a `./` that nobody wrote.
pub(super) fn display(path: &Path) -> Arc<str> {
    Arc::from(path.strip_prefix("./").unwrap_or(path).to_string_lossy())
}

/// What tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp, or `None` if the file changed too recently for its times to tell.
    pub(super) fn settled(metadata: &Metadata) -> Option<Self> {
        let changed = u64::try_from(metadata.ctime()).ok()?;
        let nanos = u32::try_from(metadata.ctime_nsec()).ok()?;
        let changed_at = SystemTime::UNIX_EPOCH + Duration::new(changed, nanos);
        let age = SystemTime::now().duration_since(changed_at).ok()?;
        (age > CLOCK_TICK).then(|| Self::of(metadata))
    }

    /// The stamp of this moment.
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// One file.
#[derive(Debug)]
pub(super) struct FileState {
    /// Its name for people.
    pub(super) name: Arc<str>,
    /// When its bytes were read; `None` where they must be read again.
    pub(super) stamp: Option<Stamp>,
    /// Of what was read last, whether it was good or not.
    pub(super) fingerprint: Option<Fingerprint>,
    /// Its objects, as of the last time that it was good.
    pub(super) entries: Vec<Entry>,
    /// Why it is not good now.
    pub(super) broken: Option<Report>,
}

impl FileState {
    /// A file of which nothing is known yet.
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            stamp: None,
            fingerprint: None,
            entries: Vec::new(),
            broken: None,
        }
    }

    /// Whether this is what was read last.
    pub(super) fn holds(&self, bytes: &[u8]) -> bool {
        self.fingerprint == Some(fingerprint(bytes))
    }

    /// Takes over what was read. Returns whether it was taken: bad news (text that does not parse, a file
    /// with nothing left in it) is taken only where `settle` says that it is not half a save.
    pub(super) fn take(&mut self, bytes: &[u8], admission: &Admission, settle: bool) -> bool {
        match self.read(bytes, admission) {
            Ok(entries) if entries.is_empty() && !self.entries.is_empty() && !settle => {
                return false;
            }
            Ok(entries) => {
                self.entries = entries;
                self.broken = None;
            }
            Err(_) if !settle => return false,
            Err(broken) => self.broken = Some(self.report(&broken)),
        }
        self.fingerprint = Some(fingerprint(bytes));
        true
    }

    fn read(&self, bytes: &[u8], admission: &Admission) -> Result<Vec<Entry>, Broken> {
        let decoded = text::decode(bytes)?;
        let documents = parse(decoded)?;
        let text: Arc<str> = Arc::from(decoded);
        let before: HashMap<_, _> = self
            .entries
            .iter()
            .map(|entry| (entry.fingerprint, entry.clone()))
            .collect();
        let reader = Reader {
            admission,
            file: &self.name,
            text: &text,
            before,
        };
        let mut entries = Vec::new();
        for document in documents {
            reader.read(document, &mut entries);
        }
        Ok(entries)
    }

    fn report(&self, broken: &Broken) -> Report {
        let kept = if self.entries.is_empty() {
            ""
        } else {
            " (its objects stay as they were)"
        };
        let place = Place::new(&self.name, &Arc::from(""), 0, broken.line, "");
        Report {
            place: Some(place),
            ..Report::general(Severity::Error, &format!("{}{kept}", broken.message))
        }
    }
}
