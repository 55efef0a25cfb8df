use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;

use super::{FileOptions, FileSource, Loaded, Severity};
use crate::registry::objects::{Kind, ObjectRef, Service};

/// A folder of manifests, and a source that reads it.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, text) in files {
            bench.write(name, text);
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn options(&self) -> FileOptions {
        FileOptions {
            paths: vec![self.folder.path().to_owned()],
            ..FileOptions::default()
        }
    }

    fn source(&self) -> FileSource {
        FileSource::new(self.options()).unwrap()
    }

    fn load(&self) -> Loaded {
        self.source().load()
    }

    /// The findings, the folder's own path left out.
    fn told(&self, loaded: &Loaded) -> Vec<String> {
        let folder = format!("{}/", self.folder.path().display());
        loaded
            .findings
            .iter()
            .map(|report| report.to_string().replace(&folder, ""))
            .collect()
    }
}

/// A tool that nothing is wrong with.
fn tool(name: &str) -> String {
    format!(
        "apiVersion: mcp.example.com/v1alpha1\nkind: MCPTool\nmetadata:\n  name: {name}\nspec:\n  service: {{name: backend, port: 80}}\n  inputSchema: {{}}\n"
    )
}

fn server(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  toolSelector: {{}}\n"
    )
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded
        .objects
        .tools
        .iter()
        .map(|tool| tool.metadata.name.as_deref().unwrap())
        .collect()
}

/// What a single file is told.
fn check(text: &str, expected: &[&str]) {
    let bench = Bench::new(&[("a.yaml", text)]);
    assert_eq!(bench.told(&bench.load()), expected);
}

#[test]
fn folders_are_read_with_all_folders_in_them_but_without_what_editors_leave() {
    let bench = Bench::new(&[]);
    for name in ["b.yaml", "a.yml", "deep/er/c.json"] {
        let tool = tool(&name.replace(['/', '.'], "-"));
        bench.write(name, tool);
    }
    for name in [
        ".a.yaml",
        ".a.yaml.swp",
        "a.yaml~",
        "#a.yaml#",
        "4913",
        "a.yaml.tmp",
        "notes.txt",
        ".git/x.yaml",
    ] {
        bench.write(name, "not: [yaml");
    }
    let loaded = bench.load();
    assert_eq!(names(&loaded), ["a-yml", "b-yaml", "deep-er-c-json"]);
    assert_eq!(bench.told(&loaded), [""; 0]);
}

#[test]
fn a_file_that_is_named_is_read_whatever_it_is_called_and_only_once() {
    let bench = Bench::new(&[("manifest", &tool("search"))]);
    let paths = vec![bench.path("manifest"), bench.path("manifest")];
    let loaded = FileSource::new(FileOptions {
        paths,
        ..FileOptions::default()
    })
    .unwrap()
    .load();
    assert_eq!(names(&loaded), ["search"]);
    assert_eq!(loaded.findings, []);
}

#[test]
fn folders_that_link_to_each_other_are_read_once() {
    let bench = Bench::new(&[("a/a.yaml", &tool("search"))]);
    symlink("..", bench.path("a/up")).unwrap();
    assert_eq!(names(&bench.load()), ["search"]);
}

#[test]
fn lists_hold_objects_whose_findings_have_lines_of_their_own() {
    let item = |text: &str| format!("- {}", text.replace('\n', "\n  "));
    let text = format!(
        "apiVersion: v1\nkind: List\nitems:\n{}\n{}\n",
        item(&tool("one")),
        item(&tool("two").replace("port: 80", "port: 0"))
    );
    let bench = Bench::new(&[("a.yaml", &text)]);
    let loaded = bench.load();
    assert_eq!(names(&loaded), ["one"]);
    assert_eq!(
        bench.told(&loaded),
        ["a.yaml:17: MCPTool default/two: spec.service.port: must be at least 1, is 0"]
    );
}

#[test]
fn findings_name_the_file_the_line_the_object_and_the_field() {
    check(
        &format!("---\n# a comment\n---\n{}  timeout: soon\n", tool("search")),
        &[
            "a.yaml:11: MCPTool default/search: spec.timeout: must match ^([0-9]{1,15}(\\.[0-9]{1,15})?(ns|us|µs|ms|s|m|h))+$, is \"soon\" (How long one call may take, such as 10s; never longer than the server's `requestTimeout`)",
        ],
    );
    check(
        &format!("{}  descripton: x\n", tool("search")),
        &[
            "a.yaml:8: MCPTool default/search: spec.descripton: unknown field, left out; did you mean `description`?",
        ],
    );
    check(
        &tool("search").replace(", port: 80", ""),
        &[
            "a.yaml:6: MCPTool default/search: spec.service.port: is missing; add it (Port of the Service: its number, or its name as the Service gives it)",
        ],
    );
}

#[test]
fn what_is_no_object_of_ours_is_refused_or_skipped_with_one_line() {
    let typed = |version: &str, kind: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n")
    };
    check(
        &typed("mcp.example.com/v1alpha1", "MCPTol"),
        &[
            "a.yaml:2: kind: mcp.example.com has no kind \"MCPTol\"; its kinds are MCPServer, MCPTool, MCPPrompt and MCPResource; did you mean MCPTool?",
        ],
    );
    check(
        &typed("mcp.example.com/v1", "MCPTool"),
        &[
            "a.yaml:1: apiVersion: mcp.example.com/v1 is not known here; write mcp.example.com/v1alpha1",
        ],
    );
    check(
        &typed("v1", "MCPTool"),
        &["a.yaml:1: apiVersion: a MCPTool belongs to mcp.example.com/v1alpha1; write that"],
    );
    check(
        &typed("apps/v1", "Deployment"),
        &["a.yaml:1: Deployment x skipped: not of mcp.example.com"],
    );
    check(
        &typed("kagent.dev/v1", "MCPServer"),
        &["a.yaml:1: MCPServer x skipped: not of mcp.example.com"],
    );
    check(
        &typed("v1", "Secret"),
        &[
            "a.yaml:1: Secret x skipped: values of Secrets are read from the folder that --secrets names",
        ],
    );
    check(
        "kind: MCPTool\n",
        &["a.yaml:1: apiVersion: is missing; add apiVersion: mcp.example.com/v1alpha1"],
    );
    check(
        "- a\n- b\n",
        &[
            "a.yaml:1: a document must be an object with apiVersion, kind and metadata; this one is something else",
        ],
    );
}

#[test]
fn services_are_known_by_namespace_and_name() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: backend}\nspec:\n  ports: [{name: http, port: 80}]\n";
    let twice = format!("{text}---\n{text}");
    let bench = Bench::new(&[("a.yaml", &twice)]);
    let loaded = bench.load();
    let backend = Service {
        host: "backend".to_owned(),
        ports: vec![("http".to_owned(), 80)],
        external_name: false,
    };
    let key = ("default".to_owned(), "backend".to_owned());
    assert_eq!(
        loaded
            .objects
            .services
            .known
            .into_iter()
            .collect::<Vec<_>>(),
        [(key, backend)]
    );
    assert!(loaded.objects.services.by_name);
}

#[test]
fn of_two_objects_with_one_name_the_first_stays_and_the_second_is_told_where() {
    let bench = Bench::new(&[
        ("a.yaml", &tool("search")),
        (
            "b.yaml",
            &format!("{}---\n{}", tool("other"), tool("search")),
        ),
    ]);
    let loaded = bench.load();
    assert_eq!(names(&loaded), ["search", "other"]);
    let folder = format!("{}/", bench.folder.path().display());
    assert_eq!(
        bench
            .told(&loaded)
            .iter()
            .map(|told| told.replace(&folder, ""))
            .collect::<Vec<_>>(),
        [
            "b.yaml:12: MCPTool default/search: metadata.name: this name is already used at a.yaml:1; left out, give one of the two another name"
        ]
    );
}

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

#[test]
fn the_server_to_be_is_chosen_and_sees_its_own_namespace() {
    let elsewhere = tool("far").replace("name: far", "name: far\n  namespace: b");
    let bench = Bench::new(&[(
        "a.yaml",
        &format!(
            "{}---\n{}---\n{}",
            server("main", "default"),
            tool("near"),
            elsewhere
        ),
    )]);
    let loaded = bench.load();
    assert_eq!(
        loaded
            .objects
            .server
            .as_ref()
            .unwrap()
            .metadata
            .name
            .as_deref(),
        Some("main")
    );
    assert_eq!(names(&loaded), ["near"]);
    assert_eq!(
        bench.told(&loaded),
        [
            "a.yaml:21: MCPTool b/far: metadata.namespace: of another namespace than the server default/main, so not served"
        ]
    );

    bench.write("b.yaml", server("other", "b"));
    let refused = FileSource::new(bench.options()).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the files hold several MCPServers: b/other, default/main; choose one with --server"
    );
    let options = FileOptions {
        server: Some("other".to_owned()),
        ..bench.options()
    };
    assert_eq!(names(&FileSource::new(options).unwrap().load()), ["far"]);
    let options = FileOptions {
        server: Some("mian".to_owned()),
        ..bench.options()
    };
    let refused = FileSource::new(options).unwrap_err().to_string();
    assert_eq!(
        refused,
        "there is no MCPServer mian in the files; they hold b/other, default/main"
    );
}

#[test]
fn without_a_server_everything_is_there() {
    let loaded = Bench::new(&[("a.yaml", &tool("a"))]).load();
    assert!(loaded.objects.server.is_none());
    assert_eq!(names(&loaded), ["a"]);
}

#[test]
fn a_server_that_becomes_wrong_or_unclear_stays_as_it_was() {
    let bench = Bench::new(&[("a.yaml", &server("main", "default"))]);
    let mut source = bench.source();
    let before = source.load().objects.server.unwrap();

    bench.write(
        "a.yaml",
        server("main", "default").replace("toolSelector: {}", "replicas: -1"),
    );
    let loaded = source.load();
    assert!(Arc::ptr_eq(
        loaded.objects.server.as_ref().unwrap(),
        &before
    ));
    assert_eq!(
        bench.told(&loaded),
        ["a.yaml:7: MCPServer default/main: spec.replicas: must be at least 0, is -1"]
    );

    bench.write(
        "a.yaml",
        format!(
            "{}---\n{}",
            server("main", "default"),
            server("other", "default")
        ),
    );
    let loaded = source.load();
    assert!(Arc::ptr_eq(
        loaded.objects.server.as_ref().unwrap(),
        &before
    ));
    assert_eq!(
        bench.told(&loaded),
        [
            "the files hold several MCPServers: default/main, default/other; choose one with --server"
        ]
    );
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
    let properties: String = (0..100_000)
        .map(|index| format!("      property{index}: {{type: string, minLength: 1}}\n"))
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
