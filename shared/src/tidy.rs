//! Rules of the repository that no compiler checks: each source file explains itself and is compiled, stays readable in
//! one sitting, and imports only what its place in the design allows. Text is compared, nothing is parsed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod directions;
mod text;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The packages of the workspace, by folder.
const PACKAGES: [&str; 5] = ["shared", "gateway", "operator", "e2e", "examples/backend"];

/// The most lines that a file may have.
const LONGEST_FILE: usize = 500;

/// One source file.
struct Source {
    /// Its path from the folder of the project, with slashes.
    path: String,
    /// Its text.
    text: String,
}

impl Source {
    /// Its lines of code with their numbers; comments are left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self
            .text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Whether it is compiled for tests alone, by its name.
    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs")
            || self.path.contains("/tests/")
            || self.path.ends_with("fixtures.rs")
    }
}

/// The folder of the whole project.
fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// All Rust files of the packages, sorted by path.
fn sources() -> Vec<Source> {
    let project = project();
    let mut paths = Vec::new();
    for package in PACKAGES {
        let before = paths.len();
        for folder in ["src", "tests", "benches", "build.rs"] {
            files_below(&project.join(package).join(folder), &mut paths);
        }
        assert!(
            paths.len() > before,
            "package {package} has no source file; is its folder in PACKAGES still right?"
        );
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    let source = |path: &PathBuf| Source {
        path: relative(&project, path),
        text: fs::read_to_string(path).unwrap(),
    };
    paths.iter().map(source).collect()
}

/// All files in a folder and the folders in it; none where there is no such folder.
fn files_below(folder: &Path, out: &mut Vec<PathBuf>) {
    if folder.is_file() {
        out.push(folder.to_owned());
    }
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("target" | "node_modules" | ".venv" | ".git") => {}
            _ if path.is_dir() => files_below(&path, out),
            _ => out.push(path),
        }
    }
}

fn relative(project: &Path, path: &Path) -> String {
    path.strip_prefix(project)
        .unwrap()
        .to_str()
        .unwrap()
        .replace('\\', "/")
}

/// Fails with everything that is wrong, one to a line.
#[track_caller]
fn none_of(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} rules of the repository are broken:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_workspace_member_is_looked_at() {
    let manifest = fs::read_to_string(project().join("Cargo.toml")).unwrap();
    let members = manifest
        .lines()
        .find(|line| line.starts_with("members"))
        .unwrap();
    let named: BTreeSet<&str> = members.split('"').skip(1).step_by(2).collect();
    assert_eq!(named, BTreeSet::from(PACKAGES));
}

#[test]
fn every_file_begins_by_saying_what_it_is_for() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            wrong.push(format!(
                "{}: the first line must be a `//!` comment saying what it is for",
                source.path
            ));
        }
    }
    none_of(&wrong);
}

#[test]
fn no_file_is_too_long_to_hold_in_mind() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!(
                "{} has {lines} lines; split it below {LONGEST_FILE}",
                source.path
            ));
        }
    }
    none_of(&wrong);
}

#[test]
fn every_file_is_compiled() {
    let sources = sources();
    let mut wrong = Vec::new();
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&Source> = sources
        .iter()
        .filter(|source| is_root(&source.path))
        .collect();
    while let Some(source) = open.pop() {
        if !reached.insert(&source.path) {
            continue;
        }
        let folder = folder_of_modules(&source.path);
        for module in source.code().filter_map(|(_, line)| declared_module(line)) {
            let path = format!("{folder}/{module}.rs");
            match sources.iter().find(|other| other.path == path) {
                Some(found) => open.push(found),
                None => wrong.push(format!(
                    "{}: `mod {module};` but there is no {path}",
                    source.path
                )),
            }
        }
    }
    let lost = sources
        .iter()
        .filter(|source| !reached.contains(source.path.as_str()));
    wrong.extend(
        lost.map(|source| format!("{} is in no `mod`; declare it or delete it", source.path)),
    );
    none_of(&wrong);
}

/// Files where a crate begins: libraries, binaries, and the tests and benchmarks beside `src`.
fn is_root(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap();
    match folder.rsplit('/').next().unwrap() {
        "src" => matches!(name, "lib.rs" | "main.rs"),
        "bin" => folder.ends_with("src/bin"),
        "tests" | "benches" => PACKAGES.iter().any(|package| {
            folder == format!("{package}/tests") || folder == format!("{package}/benches")
        }),
        // A test of several files has its own folder beside `src`.
        _ if PACKAGES.contains(&folder) => name == "build.rs",
        _ => name == "main.rs" && !folder.contains("/src"),
    }
}

/// Where the modules that a file declares are.
fn folder_of_modules(path: &str) -> String {
    if is_root(path) {
        path.rsplit_once('/').unwrap().0.to_owned()
    } else {
        path.strip_suffix(".rs").unwrap().to_owned()
    }
}

/// The name in `mod name;`, whatever its visibility.
fn declared_module(line: &str) -> Option<&str> {
    let rest = line.trim().strip_suffix(';')?;
    let name = match rest.split_once("mod ") {
        Some(("", name)) => name,
        Some((visibility, name)) if visibility.starts_with("pub") && visibility.ends_with(' ') => {
            name
        }
        _ => return None,
    };
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_')
        .then_some(name)
}
