//! Objects from YAML and JSON files: read, judged as the API server would judge them, and read again when
//! they change. A file that does not parse keeps its last good objects. What the objects come to mean
//! together (names that clash, schemas that do not compile) is not judged here but in the build.

mod assemble;
mod choose;
mod documents;
mod entry;
mod file;
mod lines;
mod load;
mod pace;
mod points;
mod report;
mod resolve;
mod scalar;
mod scan;
mod secrets;
mod servers;
mod service;
mod text;
mod watch;
mod watches;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io,
    path::PathBuf,
};

use thiserror::Error;

pub use self::{
    choose::ChoiceError,
    report::{Place, Report, Severity},
    resolve::OverrideError,
    watch::watch,
};
use self::{
    file::{FileState, Root},
    load::Mode,
    secrets::Secrets,
};
use super::{
    admit::{Admission, SchemaError},
    objects::{ObjectRef, Objects, Override},
};

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct FileOptions {
    /// Files, folders (read with all folders in them), and `-` for the standard input.
    pub paths: Vec<PathBuf>,
    /// A folder with one folder per Secret, in it one file per key.
    pub secrets_dir: Option<PathBuf>,
    /// What `--resolve` says.
    pub overrides: Vec<Override>,
    /// The MCPServer to be: `NAME` or `NAMESPACE/NAME`.
    pub server: Option<String>,
}

/// Why a source cannot start. Once it has started, the same is a [`Report`] and nothing is lost.
#[derive(Debug, Error)]
pub enum SourceError {
    /// There is nothing to read.
    #[error("nothing to read: give at least one file or folder with -f (- is the standard input)")]
    NoPaths,
    /// A file or folder cannot be read.
    #[error("cannot read {}: {error}; check the path and its permissions", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is not clear which MCPServer to be.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The program's own schemas are broken.
    #[error("the program's own schemas are broken: {0}")]
    Schema(#[from] SchemaError),
}

/// What the files say at one moment.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// All objects that are fit to be built; those that did not change are the same `Arc`s as before.
    pub objects: Objects,
    /// Where each of them stands.
    pub places: HashMap<ObjectRef, Place>,
    /// What is wrong or odd, in the order of the files.
    pub findings: Vec<Report>,
    /// Whether the objects, Services or Secrets differ from those of the last load.
    pub changed: bool,
    /// Whether the findings differ from those of the last load.
    pub findings_changed: bool,
}

/// Files and folders, and what was last read from them.
#[derive(Debug)]
pub struct FileSource {
    options: FileOptions,
    admission: Admission,
    roots: Vec<Root>,
    files: BTreeMap<(usize, PathBuf), FileState>,
    secrets: Option<Secrets>,
    /// Folders and files that could not be read or listed.
    trouble: Vec<(PathBuf, io::Error)>,
    folders: HashSet<PathBuf>,
    links: Vec<PathBuf>,
    /// Whether the look that is under way found something new.
    moved: bool,
    /// Whether bad news about a file waits to be confirmed.
    held: bool,
    last: Loaded,
    /// Whether `last` was never given out.
    fresh: bool,
}

impl FileSource {
    /// Reads everything once.
    ///
    /// # Errors
    /// When a path cannot be read, or it is not clear which MCPServer to be. An object that is wrong is
    /// no error here; it is among the findings.
    pub fn new(options: FileOptions) -> Result<Self, SourceError> {
        let mut source = Self::open(options)?;
        let (loaded, choice) = source.assemble();
        choice?;
        source.last = loaded;
        Ok(source)
    }

    /// Reads everything once, whichever MCPServers there are.
    fn open(options: FileOptions) -> Result<Self, SourceError> {
        if options.paths.is_empty() {
            return Err(SourceError::NoPaths);
        }
        let admission = Admission::new()?;
        let unreadable = |path: &PathBuf| {
            let path = path.clone();
            move |error| SourceError::Unreadable { path, error }
        };
        let mut roots = Vec::new();
        for path in &options.paths {
            roots.push(Root::open(path).map_err(unreadable(path))?);
        }
        let secrets = match &options.secrets_dir {
            Some(folder) => Some(
                Secrets::open(folder)
                    .map_err(|(path, error)| SourceError::Unreadable { path, error })?,
            ),
            None => None,
        };
        let mut source = Self {
            options,
            admission,
            roots,
            files: BTreeMap::new(),
            secrets,
            trouble: Vec::new(),
            folders: HashSet::new(),
            links: Vec::new(),
            moved: false,
            held: false,
            last: Loaded::default(),
            fresh: true,
        };
        source.refresh(Mode::Settle, &HashSet::new());
        if !source.trouble.is_empty() {
            let (path, error) = source.trouble.swap_remove(0);
            return Err(SourceError::Unreadable { path, error });
        }
        Ok(source)
    }

    /// What the files say now. Files are read again only where they changed.
    pub fn load(&mut self) -> Loaded {
        self.refresh(Mode::Settle, &HashSet::new());
        self.take_loaded()
    }

    /// What was last read, compared with what was last given out.
    fn take_loaded(&mut self) -> Loaded {
        let (mut loaded, choice) = self.assemble();
        if let Err(error) = choice {
            loaded
                .findings
                .push(Report::general(Severity::Error, &error.to_string()));
        }
        let first = std::mem::take(&mut self.fresh);
        loaded.changed = first || assemble::differs(&loaded.objects, &self.last.objects);
        loaded.findings_changed = first || loaded.findings != self.last.findings;
        self.last = loaded.clone();
        loaded
    }
}

#[cfg(test)]
mod tests;
