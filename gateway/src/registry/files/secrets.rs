//! Values of Secrets from a folder: one folder per Secret, in it one file per key, as Kubernetes mounts
//! them. Links are followed; names that start with a dot are the mount's own business.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// A cluster stores no larger Secrets.
const MAX_VALUE: u64 = 1 << 20;

/// Keys and values of Secrets, by name.
pub(super) type Values = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

/// The folder and what was last read from it.
#[derive(Debug)]
pub(super) struct Secrets {
    /// The folder, from the root of the file system.
    pub(super) folder: PathBuf,
    /// As of the last time that all of it could be read.
    pub(super) values: Values,
    /// All folders that were listed.
    pub(super) folders: Vec<PathBuf>,
    /// Why it cannot be read now.
    pub(super) failed: Option<(PathBuf, io::Error)>,
}

impl Secrets {
    /// Reads the folder for the first time.
    pub(super) fn open(folder: &Path) -> Result<Self, (PathBuf, io::Error)> {
        let folder = std::path::absolute(folder).map_err(|error| (folder.to_owned(), error))?;
        let (values, folders) = read(&folder)?;
        Ok(Self {
            folder,
            values,
            folders,
            failed: None,
        })
    }

    /// Reads the folder again; where that fails, the last values stay. Returns whether anything is new.
    pub(super) fn refresh(&mut self) -> bool {
        match read(&self.folder) {
            Ok((values, folders)) => {
                let moved = self.failed.take().is_some() || self.values != values;
                self.values = values;
                self.folders = folders;
                moved
            }
            Err(failed) => {
                self.failed = Some(failed);
                true
            }
        }
    }
}

fn read(folder: &Path) -> Result<(Values, Vec<PathBuf>), (PathBuf, io::Error)> {
    let mut folders = vec![folder.to_owned()];
    let mut values = Values::new();
    for (name, path) in entries(folder)? {
        if path.is_dir() {
            values.insert(name, keys(&path)?);
            folders.push(path);
        }
    }
    Ok((values, folders))
}

fn keys(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, (PathBuf, io::Error)> {
    let mut keys = BTreeMap::new();
    for (key, path) in entries(folder)? {
        if path.is_file() {
            keys.insert(key, value(&path).map_err(|error| (path, error))?);
        }
    }
    Ok(keys)
}

fn value(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_VALUE + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_VALUE {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than the 1 MiB that a Secret may hold",
        ));
    }
    Ok(bytes)
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, (PathBuf, io::Error)> {
    let failed = |error| (folder.to_owned(), error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A name that is not text is no name of a Secret or key.
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
        {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::Secrets;

    #[test]
    fn a_mounted_secret_is_read_through_its_links_and_followed_when_they_swap() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("github");
        for (version, token) in [("..1", "old"), ("..2", "new")] {
            fs::create_dir_all(secret.join(version)).unwrap();
            fs::write(secret.join(version).join("token"), token).unwrap();
        }
        symlink("..1", secret.join("..data")).unwrap();
        symlink("..data/token", secret.join("token")).unwrap();
        fs::write(folder.path().join("loose"), "no Secret").unwrap();

        let mut secrets = Secrets::open(folder.path()).unwrap();
        assert_eq!(secrets.values.keys().collect::<Vec<_>>(), ["github"]);
        assert_eq!(secrets.values["github"]["token"], b"old");

        symlink("..2", secret.join("..next")).unwrap();
        fs::rename(secret.join("..next"), secret.join("..data")).unwrap();
        assert!(secrets.refresh());
        assert_eq!(secrets.values["github"]["token"], b"new");
        assert!(!secrets.refresh());
    }

    #[test]
    fn a_folder_that_went_away_keeps_its_last_values() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("secrets");
        assert!(Secrets::open(&inner).is_err());
        fs::create_dir_all(inner.join("github")).unwrap();
        fs::write(inner.join("github/token"), "x").unwrap();
        let mut secrets = Secrets::open(&inner).unwrap();
        fs::remove_dir_all(&inner).unwrap();
        assert!(secrets.refresh());
        assert_eq!(secrets.values["github"]["token"], b"x");
        assert!(secrets.failed.is_some());
    }
}
