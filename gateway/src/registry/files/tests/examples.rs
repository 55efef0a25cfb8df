//! The examples of the repository: a finding about one of them is a mistake in it, or in here.

use std::path::Path;

use crate::registry::files::{FileOptions, FileSource, Loaded, Severity};

fn load(folder: &str, server: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(folder);
    let loaded = FileSource::new(FileOptions {
        paths: vec![path],
        server: Some(server.to_owned()),
        ..FileOptions::default()
    })
    .unwrap()
    .load();
    let told: Vec<String> = loaded
        .findings
        .iter()
        .filter(|report| report.severity != Severity::Note)
        .map(ToString::to_string)
        .collect();
    assert_eq!(told, [""; 0]);
    loaded
}

#[test]
fn the_quick_start_loads_without_a_finding() {
    let loaded = load("quickstart", "main");
    let server = loaded.objects.server.unwrap();
    assert_eq!(server.metadata.name.as_deref(), Some("main"));
    assert!(loaded.objects.tools.len() >= 2);
    assert!(!loaded.objects.prompts.is_empty() && loaded.objects.resources.len() >= 2);
    assert!(!loaded.objects.services.known.is_empty());
}

#[test]
fn every_field_spelled_out_loads_without_a_finding() {
    let loaded = load("fields", "every-field");
    assert!(loaded.objects.server.is_some());
    assert!(!loaded.objects.tools.is_empty());
    assert!(!loaded.objects.prompts.is_empty());
    assert!(!loaded.objects.resources.is_empty());
}
