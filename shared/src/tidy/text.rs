//! Text that may not be committed: left-overs of debugging, and paths of one machine.

use std::fs;

use super::{files_below, none_of, project, relative, sources};

/// Folders and files at the top that hold committed text. `target` and hidden folders of tools are not among them.
const COMMITTED: [&str; 22] = [
    "shared",
    "gateway",
    "operator",
    "e2e",
    "examples",
    "charts",
    ".ci",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
    ".dockerignore",
];

#[test]
fn nothing_is_left_over_from_debugging() {
    // Written in two parts, so that this file does not hold what it looks for.
    let left_over = [
        concat!("db", "g!("),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.code() {
            let found = left_over.iter().filter(|text| line.contains(*text));
            wrong.extend(
                found.map(|text| {
                    format!("{}:{number}: `{text}` is left over; remove it", source.path)
                }),
            );
        }
    }
    none_of(&wrong);
}

#[test]
fn no_committed_text_names_a_path_of_one_machine() {
    let paths = [
        concat!("/wor", "k/"),
        concat!("/hom", "e/"),
        concat!("/roo", "t/"),
        concat!("/Use", "rs/"),
    ];
    let project = project();
    let mut files = Vec::new();
    COMMITTED
        .iter()
        .for_each(|name| files_below(&project.join(name), &mut files));
    assert!(files.len() > 50, "only {} files were found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        // Files that are no text hold no path either.
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            for path in paths {
                let at = |start: usize| line[..start].chars().next_back();
                let found = line
                    .match_indices(path)
                    .any(|(start, _)| at(start).is_none_or(|before| " \"'`=(:".contains(before)));
                if found {
                    let place = relative(&project, &file);
                    wrong.push(format!(
                        "{place}:{}: `{path}` is a path of one machine; make it relative",
                        index + 1
                    ));
                }
            }
        }
    }
    none_of(&wrong);
}
