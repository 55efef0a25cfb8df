//! What changes after the first load, and what cannot be read.

use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc};

use super::{Bench, names, tool};
use crate::registry::{
    files::{FileOptions, FileSource, Severity},
    objects::{Kind, ObjectRef},
};

#[test]
fn a_file_that_does_not_parse_keeps_its_last_good_objects() {
    for broken in ["kind: [", "a: 1\na: 2\n", "a: \0", "\u{1}", "- - - -\t-\nx"] {
        let bench = Bench::new(&[("a.yaml", &tool("a")), ("b.yaml", &tool("b"))]);
        let mut source = bench.source();
        source.load();
        bench.write("a.yaml", broken);
        let loaded = source.load();
        assert_eq!(names(&loaded), ["a", "b"], "{broken:?}");
        assert!(!loaded.changed && loaded.findings_changed);
        let told = bench.told(&loaded);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with("a.yaml:") && told[0].ends_with("(its objects stay as they were)"),
            "{told:?}"
        );

        bench.write("a.yaml", tool("c"));
        let loaded = source.load();
        assert_eq!((names(&loaded), loaded.findings.len()), (vec!["c", "b"], 0));
    }
}

#[test]
fn an_object_that_is_refused_is_left_out_and_others_of_the_file_stay() {
    let bench = Bench::new(&[("a.yaml", &format!("{}---\n{}", tool("one"), tool("two")))]);
    let mut source = bench.source();
    source.load();
    bench.write(
        "a.yaml",
        format!(
            "{}---\n{}",
            tool("one").replace("port: 80", "port: -1"),
            tool("two")
        ),
    );
    let loaded = source.load();
    assert_eq!(names(&loaded), ["two"]);
    assert_eq!(
        loaded.findings[0].object.as_ref().unwrap().to_string(),
        "MCPTool default/one"
    );
    assert_eq!(loaded.findings[0].severity, Severity::Error);
}

#[test]
fn a_file_that_is_gone_or_emptied_takes_its_objects_with_it() {
    let bench = Bench::new(&[("a.yaml", &tool("a")), ("b.yaml", &tool("b"))]);
    let mut source = bench.source();
    fs::remove_file(bench.path("a.yaml")).unwrap();
    assert_eq!(names(&source.load()), ["b"]);
    bench.write("b.yaml", "");
    let loaded = source.load();
    assert_eq!(names(&loaded), [""; 0]);
    assert_eq!(bench.told(&loaded), [""; 0]);
}

#[test]
fn objects_that_did_not_change_are_the_same_arcs() {
    let bench = Bench::new(&[
        ("a.yaml", &format!("{}---\n{}", tool("one"), tool("two"))),
        ("b.yaml", &tool("b")),
    ]);
    let mut source = bench.source();
    let before = source.load();
    assert!(before.changed);
    let same = source.load();
    assert!(!same.changed && !same.findings_changed);

    bench.write(
        "a.yaml",
        format!(
            "# moved\n{}---\n{}",
            tool("one"),
            tool("two").replace("80", "81")
        ),
    );
    let after = source.load();
    assert!(after.changed);
    let kept: Vec<bool> = before
        .objects
        .tools
        .iter()
        .zip(&after.objects.tools)
        .map(|(before, after)| Arc::ptr_eq(before, after))
        .collect();
    assert_eq!(kept, [true, false, true]);
    let one = ObjectRef {
        kind: Kind::Tool,
        namespace: "default".to_owned(),
        name: "one".to_owned(),
    };
    assert_eq!((before.places[&one].line, after.places[&one].line), (1, 2));
    assert_eq!(after.places[&one].at("spec.service.port").line, 7);
}

#[test]
fn writes_in_quick_succession_are_all_seen() {
    let bench = Bench::new(&[("a.yaml", &tool("t0"))]);
    let mut source = bench.source();
    for round in 1..10 {
        bench.write("a.yaml", tool(&format!("t{round}")));
        assert_eq!(names(&source.load()), [format!("t{round}")]);
    }
}

fn check_unreadable(path: &Path) {
    let options = FileOptions {
        paths: vec![path.to_owned()],
        ..FileOptions::default()
    };
    let refused = FileSource::new(options).unwrap_err().to_string();
    assert!(
        refused.starts_with("cannot read ")
            && refused.ends_with("; check the path and its permissions"),
        "{refused}"
    );
    assert!(
        refused.contains(path.file_name().unwrap().to_str().unwrap()),
        "{refused}"
    );
}

#[test]
fn what_cannot_be_read_at_the_start_is_named() {
    let bench = Bench::new(&[("a.yaml", "")]);
    check_unreadable(&bench.path("missing"));
    check_unreadable(&bench.path("a.yaml/below"));
    symlink("loop.yaml", bench.path("loop.yaml")).unwrap();
    check_unreadable(&bench.path("loop.yaml"));
    let refused = FileSource::new(bench.options()).unwrap_err().to_string();
    assert!(refused.contains("loop.yaml"), "{refused}");
    let refused = FileSource::new(FileOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("give at least one file or folder with -f"),
        "{refused}"
    );
}

#[test]
fn what_cannot_be_read_later_is_told_and_its_objects_stay() {
    let bench = Bench::new(&[("a.yaml", &tool("a")), ("b.yaml", &tool("b"))]);
    let mut source = bench.source();
    // A link in a circle cannot be read by anybody, not even by root.
    fs::remove_file(bench.path("a.yaml")).unwrap();
    symlink("a.yaml", bench.path("a.yaml")).unwrap();
    let loaded = source.load();
    assert_eq!(names(&loaded), ["a", "b"]);
    let told = bench.told(&loaded);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("cannot read a.yaml: ")
            && told[0].contains("what it held before stays"),
        "{told:?}"
    );

    fs::remove_dir_all(bench.folder.path()).unwrap();
    let loaded = source.load();
    assert_eq!(names(&loaded), [""; 0]);
    assert!(
        bench.told(&loaded)[0].contains("is gone, and its objects with it"),
        "{:?}",
        bench.told(&loaded)
    );
    bench.write("a.yaml", tool("back"));
    let loaded = source.load();
    assert_eq!((names(&loaded), loaded.findings.len()), (vec!["back"], 0));
}

#[test]
fn a_five_megabyte_schema_is_refused_with_a_word_on_size() {
    let properties: String = (0..5_000)
        .map(|index| {
            format!(
                "      property{index}: {{description: {}}}\n",
                "x".repeat(1000)
            )
        })
        .collect();
    let text = tool("search").replace(
        "inputSchema: {}",
        &format!("inputSchema:\n    properties:\n{properties}"),
    );
    assert!(text.len() > 5_000_000);
    let bench = Bench::new(&[("a.yaml", &text)]);
    let loaded = bench.load();
    assert_eq!(names(&loaded), [""; 0]);
    let told = bench.told(&loaded);
    assert!(
        told[0].contains("a cluster stores at most 1572864, make it smaller"),
        "{told:?}"
    );
}

#[test]
fn secrets_are_read_beside_the_objects() {
    let bench = Bench::new(&[
        ("objects/a.yaml", &tool("a")),
        ("secrets/github/token", "x"),
    ]);
    let options = FileOptions {
        paths: vec![bench.path("objects")],
        secrets_dir: Some(bench.path("secrets")),
        ..FileOptions::default()
    };
    let mut source = FileSource::new(options.clone()).unwrap();
    assert_eq!(source.load().objects.secrets["github"]["token"], b"x");
    bench.write("secrets/github/token", "y");
    let loaded = source.load();
    assert!(loaded.changed);
    assert_eq!(loaded.objects.secrets["github"]["token"], b"y");

    let missing = FileOptions {
        secrets_dir: Some(bench.path("missing")),
        ..options
    };
    assert!(
        FileSource::new(missing)
            .unwrap_err()
            .to_string()
            .contains("missing")
    );
}

#[test]
fn a_pipe_is_read_once_and_kept() {
    let bench = Bench::new(&[]);
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, tool("piped").as_bytes()).unwrap();
    drop(writer);
    let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
    let path = bench.path("pipe");
    symlink(format!("/proc/self/fd/{number}"), &path).unwrap();
    let mut source = FileSource::new(FileOptions {
        paths: vec![path],
        ..FileOptions::default()
    })
    .unwrap();
    assert_eq!(names(&source.load()), ["piped"]);
    assert_eq!(names(&source.load()), ["piped"]);
}
