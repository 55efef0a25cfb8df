//! Lists the files that the paths of the command line stand for. Reads folders, never a file.

use std::{
    collections::HashSet,
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// One file.
#[derive(Debug)]
pub(super) struct Found {
    /// Its path from the root of the file system.
    pub(super) absolute: PathBuf,
    /// Its path as people should see it.
    pub(super) shown: PathBuf,
    /// What the file system says of it.
    pub(super) metadata: Metadata,
}

/// What was found under one path.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The files.
    pub(super) files: Vec<Found>,
    /// All folders that were listed.
    pub(super) folders: HashSet<PathBuf>,
    /// The links among the files and folders.
    pub(super) links: Vec<PathBuf>,
    /// What could not be listed.
    pub(super) failed: Vec<(PathBuf, io::Error)>,
    visited: HashSet<(u64, u64)>,
}

/// Lists `absolute`, which is shown as `given`. A path that is not there (any more) lists nothing.
pub(super) fn list(absolute: &Path, given: &Path) -> Listing {
    let mut listing = Listing::default();
    match fs::metadata(absolute) {
        Ok(metadata) if metadata.is_dir() => listing.folder(absolute, given),
        // A file that is named is read whatever its name ends in.
        Ok(metadata) if metadata.is_file() => listing.files.push(Found {
            absolute: absolute.to_owned(),
            shown: given.to_owned(),
            metadata,
        }),
        Ok(_) => {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "neither a file nor a folder");
            listing.failed.push((absolute.to_owned(), error));
        }
        Err(error) => listing.failed.push((absolute.to_owned(), error)),
    }
    listing
}

impl Listing {
    fn folder(&mut self, absolute: &Path, given: &Path) {
        if let Err(error) = self.try_folder(absolute, given) {
            self.failed.push((absolute.to_owned(), error));
        }
    }

    fn try_folder(&mut self, absolute: &Path, given: &Path) -> io::Result<()> {
        let metadata = fs::metadata(absolute)?;
        // A link may lead back up.
        if !self.visited.insert((metadata.dev(), metadata.ino())) {
            return Ok(());
        }
        self.folders.insert(absolute.to_owned());
        let mut names = Vec::new();
        for entry in fs::read_dir(absolute)? {
            let entry = entry?;
            if !is_passing(&entry.file_name().to_string_lossy()) {
                names.push((entry.file_name(), entry.file_type()?.is_symlink()));
            }
        }
        names.sort();
        for (name, is_link) in names {
            let (inner, shown) = (absolute.join(&name), given.join(&name));
            if is_link {
                self.links.push(inner.clone());
            }
            match fs::metadata(&inner) {
                Ok(metadata) if metadata.is_dir() => self.folder(&inner, &shown),
                Ok(metadata) if metadata.is_file() && is_manifest(&inner) => {
                    self.files.push(Found {
                        absolute: inner,
                        shown,
                        metadata,
                    });
                }
                Ok(_) => {}
                // A file that went away while the folder was listed is gone; a link to nothing is a mistake.
                Err(_) if !is_manifest(&inner) => {}
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound
                        && fs::symlink_metadata(&inner).is_err() => {}
                Err(error) => self.failed.push((inner, error)),
            }
        }
        Ok(())
    }
}

fn is_manifest(path: &Path) -> bool {
    matches!(
        path.extension().and_then(|ending| ending.to_str()),
        Some("yaml" | "yml" | "json")
    )
}

/// Hidden files, and what editors leave beside the file that they save.
fn is_passing(name: &str) -> bool {
    name.starts_with(['.', '#'])
        || name.ends_with(['~', '#'])
        || name.ends_with(".tmp")
        || name == "4913"
}
