//! Which folders must be watched so that no change of the files goes unnoticed, and which names in them
//! matter. Links are watched where they stand and where they lead.

use std::{
    collections::{BTreeMap, HashSet},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use super::{FileSource, file::Root};

/// So many links in a row are followed.
const MAX_LINKS: usize = 8;

/// What matters in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    /// Every name in it.
    All,
    /// These names.
    Names(HashSet<OsString>),
}

/// The folders to watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Points(pub(super) BTreeMap<PathBuf, Interest>);

impl Points {
    /// Whether something that happened to `path` may matter.
    pub(super) fn concern(&self, path: &Path) -> bool {
        if self.0.contains_key(path) {
            return true;
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return false;
        };
        match self.0.get(folder) {
            Some(Interest::All) => true,
            Some(Interest::Names(names)) => names.contains(name),
            None => false,
        }
    }

    fn all(&mut self, folder: &Path) {
        self.0.insert(folder.to_owned(), Interest::All);
    }

    /// Watches for `path` itself: its name in its folder, every link on the way to it and, where something
    /// on the way is missing, its name in the last folder that is there.
    fn way_to(&mut self, path: &Path, links: usize) {
        let mut here = PathBuf::new();
        for part in path.components() {
            let folder = here.clone();
            here.push(part);
            let found = fs::symlink_metadata(&here);
            let is_link = found.as_ref().is_ok_and(fs::Metadata::is_symlink);
            if !(is_link || found.is_err() || here == path) {
                continue;
            }
            if let Some(name) = here.file_name() {
                let interest = self
                    .0
                    .entry(folder.clone())
                    .or_insert_with(|| Interest::Names(HashSet::new()));
                if let Interest::Names(names) = interest {
                    names.insert(name.to_owned());
                }
            }
            if found.is_err() {
                return;
            }
            if let (true, Ok(target)) = (is_link && links < MAX_LINKS, fs::read_link(&here)) {
                self.way_to(&plain(&folder.join(target)), links + 1);
            }
        }
    }
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

impl FileSource {
    /// The folders to watch, as of the last look.
    pub(super) fn points(&self) -> Points {
        let mut points = Points::default();
        for root in &self.roots {
            if let Root::Watched { absolute, .. } = root {
                points.way_to(absolute, 0);
            }
        }
        for link in &self.links {
            points.way_to(link, 0);
        }
        if let Some(secrets) = &self.secrets {
            points.way_to(&secrets.folder, 0);
            secrets.folders.iter().for_each(|folder| points.all(folder));
        }
        self.folders.iter().for_each(|folder| points.all(folder));
        points
    }
}
